/** What C may ask for, of its callees and of its callers (AMD64 psABI): whoever calls it, and whatever it calls. */
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import { needsRaceContext } from '../../runtime/race/signatures.js';
import { effectsIn } from '../code/decode.js';
import { departure } from '../code/departure.js';
import type { Violation } from './rules.js';
import type { EdgeCheck, Scrutiny } from './scrutiny.js';

/** What a function that follows C's convention must hand back: RBX, RBP, R12 to R15. */
const SAVED = [3, 5, 12, 13, 14, 15] as const;
const RDI = 7;
/** Go's own assembly that sets a register for its caller, which is assembly of Go's too: runtime/cgo's crosscall1 wants g in R14. */
const HANDS_OVER: ReadonlyMap<string, number> = new Map([['setg_gcc', 14]]);
/** Slots of returned or abandoned calls are forgotten when there are this many. */
const MOST_SLOTS = 100_000;

interface Saved {
  readonly returnAddress: bigint;
  readonly values: readonly bigint[];
}

export class CRules {
  /** Callee-saved registers at the unreturned calls of C and from C, by the slot of the return address. */
  readonly #saved = new Map<number, Saved>();

  constructor(private readonly at: Scrutiny) {}

  /** At a CALL: undefined when it can have nothing to do with C. */
  call(caller: Func, pc: bigint): EdgeCheck | undefined {
    const { target } = this.at;
    const { images, process } = target;
    const effects = effectsIn(process.memory, pc);
    const fromC = caller.language === 'c';
    const check = (to: bigint | undefined): Violation | undefined => {
      const func = to === undefined ? undefined : images.functionAt(to);
      if (func?.language === 'c' && func.entry === to) return this.#enter(caller, func, pc);
      // The convention of a call is its caller's: assembly that C calls must keep what C wants kept.
      if (fromC) this.#keep(pc);
      return undefined;
    };
    const direct = departure(process.memory, effects, { get: () => undefined })?.target;
    if (direct === undefined) return () => check(departure(process.memory, effects, process.cpu.registers)?.target);
    return fromC || images.functionAt(direct)?.language === 'c' ? () => check(direct) : undefined;
  }

  #keep(pc: bigint): void {
    const { registers, sp } = this.at;
    if (this.#saved.size > MOST_SLOTS) this.#saved.clear();
    this.#saved.set(Number(sp) - 8, { returnAddress: this.at.behind(pc), values: SAVED.map(index => registers.gpr(index)) });
  }

  #enter(caller: Func, callee: Func, pc: bigint): Violation | undefined {
    const { registers, sp } = this.at;
    this.#keep(pc);
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
    const { registers, sp } = this.at;
    const slot = Number(sp);
    const saved = this.#saved.get(slot);
    if (saved === undefined) return undefined;
    this.#saved.delete(slot);
    // What lies in the slot was put there by that call, or the slot is another's by now.
    if (this.at.word(sp) !== saved.returnAddress) return undefined;
    const given = HANDS_OVER.get(name.replace(/<>$/, ''));
    const wrong = SAVED.findIndex((index, place) => index !== given && registers.gpr(index) !== saved.values[place]);
    return wrong < 0 ? undefined : this.at.changed('callee-saved', SAVED[wrong]!, saved.values[wrong]!, name, saved.returnAddress);
  }
}
