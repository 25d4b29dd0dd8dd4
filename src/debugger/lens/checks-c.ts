/** What C may ask for, of its callees and of its callers (AMD64 psABI): whoever calls it, and whatever it calls. */
import type { EdgeTest, Effects } from '../../cpu/api.js';
import { EDGE } from '../../cpu/layout.js';
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import { needsRaceContext } from '../../runtime/race/signatures.js';
import type { Violation } from './rules.js';
import type { EdgeRule, Scrutiny } from './scrutiny.js';

const RDI = 7;
/** Go's own assembly that sets a register for its caller, which is assembly of Go's too: runtime/cgo's crosscall1 wants g in R14. */
const HANDS_OVER: ReadonlyMap<string, number> = new Map([['setg_gcc', 14]]);
export class CRules {
  constructor(private readonly at: Scrutiny) {}

  /** At a CALL: undefined when it can have nothing to do with C. */
  call(caller: Func, pc: bigint): EdgeRule | undefined {
    const { target, facts } = this.at;
    const { images } = target;
    const { effects, direct, now } = this.at.going(pc);
    const returnAddress = this.at.behind(pc);
    const fromC = caller.language === 'c';
    const calleeAt = (to: bigint | undefined): Func | undefined => {
      const func = to === undefined ? undefined : images.functionAt(to);
      return func?.language === 'c' && func.entry === to ? func : undefined;
    };
    const check = (to: bigint | undefined): Violation | undefined => {
      const callee = calleeAt(to);
      if (callee !== undefined) return this.#enter(caller, callee, returnAddress);
      // The convention of a call is its caller's: assembly that C calls must keep what C wants kept.
      if (fromC) this.#keep(returnAddress);
      return undefined;
    };
    const test = (flags: number): EdgeTest => ({ kind: 'calls', flags: fromC ? flags : flags | EDGE.aligned, returnAddress });
    if (direct !== undefined) {
      const callee = calleeAt(direct);
      if (!fromC && images.functionAt(direct)?.language !== 'c') return undefined;
      const needs = callee !== undefined && needsRaceContext(callee.name);
      return { check: () => check(direct), test: fromC || callee !== undefined ? test(needs ? EDGE.argument : 0) : undefined };
    }
    const checkGone = (): Violation | undefined => {
      const to = now();
      const callee = calleeAt(to);
      if (to !== undefined) facts.tellCallee(to, callee !== undefined, callee !== undefined && needsRaceContext(callee.name));
      return check(to);
    };
    if (fromC) return { check: checkGone, test: test(0) };
    return { check: checkGone, test: throughRegister(effects) ? test(EDGE.byTarget) : undefined };
  }

  /** In front of a CALL: what its callee is to keep. */
  #keep(returnAddress: bigint): void {
    this.at.facts.save(this.at.sp - 8n, returnAddress, true);
  }

  #enter(caller: Func, callee: Func, returnAddress: bigint): Violation | undefined {
    const { registers, sp } = this.at;
    this.#keep(returnAddress);
    // A C compiler may know of a function of its own file that it needs no alignment.
    if (caller.language !== 'c' && sp % 16n !== 0n) {
      return {
        rule: 'alignment',
        what: `RSP = ${hex(sp)} is ${sp % 16n} more than a multiple of 16: ${caller.name} is about to call ${callee.name}`,
      };
    }
    if (needsRaceContext(callee.name) && registers.gpr(RDI) === 0n) {
      return { rule: 'race-context', what: `${caller.name} is about to call ${callee.name} with thr = nil${this.#runningAs()}` };
    }
    return this.at.direction(`${caller.name} is about to call ${callee.name}`);
  }

  #runningAs(): string {
    const g = this.at.target.go?.currentG(this.at.registers.fsBase) ?? 0n;
    return g === 0n ? '' : `, g = ${this.at.gName(g)}`;
  }

  /** At a RET of whatever C has called, or of C: what it has not kept. */
  returned(name: string): Violation | undefined {
    const { registers, sp, facts } = this.at;
    // What lies in the slot was put there by that call, or the slot is another's by now.
    const returnAddress = this.at.word(sp) ?? 0n;
    const saved = facts.saved(sp, returnAddress);
    if (saved === undefined || saved.size === 1) return undefined;
    facts.forget(sp);
    const given = handsOver(name);
    const wrong = [...saved].find(([index, value]) => index !== given && registers.gpr(index) !== value);
    return wrong && this.at.changed('callee-saved', ...wrong, name, returnAddress);
  }
}

/** The register that a function of Go's own assembly sets for its caller. */
export const handsOver = (name: string): number | undefined => HANDS_OVER.get(name.replace(/<>$/, ''));

/** Whether an instruction goes to the address in a general register. */
function throughRegister(effects: Effects | undefined): boolean {
  const target = effects?.flow.kind === 'call' ? effects.flow.target : undefined;
  return target?.kind === 'register';
}
