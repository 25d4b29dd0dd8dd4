/**
 * `abi check on`: looks at every edge of a call while the program runs, each RET among them. What must hold of Go code is looked at where it is
 * entered, since calls, jumps and the scheduler all come by there; what a function owes its caller, where it returns.
 */

import type { EdgeKind, EdgeWatcher, Observer } from '../../cpu/api.js';
import type { Func } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import type { Target } from '../target.js';
import { CRules } from './checks-c.js';
import { GoRules, isAssembled } from './checks-go.js';
import { RaceRules } from './checks-race.js';
import { ReturnRules } from './checks-return.js';
import { handlerEntry } from './checks-signal.js';
import { VectorRules } from './checks-vector.js';
import { RULES, type Violation } from './rules.js';
import { type EdgeCheck, type EdgeRule, Scrutiny } from './scrutiny.js';

interface Rules {
  readonly at: Scrutiny;
  readonly go: GoRules;
  readonly c: CRules;
  readonly race: RaceRules;
  readonly returns: ReturnRules;
  readonly vectors: VectorRules;
}

export class CallChecks implements Observer {
  readonly edges: EdgeWatcher = {
    site: (pc, kind) => this.#site(pc, kind),
    test: site => this.#sites[site - 1]!.test,
    reached: site => this.#reached(site),
  };
  on = false;
  /** Stops so far, for `abi check`. */
  stops = 0;
  violation: Violation | undefined;
  /** What is watched. */
  #watched: Target | undefined;
  /** What the sites were made with. */
  #images: Images | undefined;
  #rules: Rules | undefined;
  #leave: (() => void) | undefined;
  #sites: (EdgeRule & { readonly pc: bigint })[] = [];
  /** Where and when it stopped last: going on from there is what the user wants. */
  #passed: { readonly pc: bigint; readonly t: number } | undefined;

  /** Before the program goes on. */
  arm(target: Target): void {
    const wanted = this.on ? target : undefined;
    if (wanted === this.#watched) return;
    this.#leave?.();
    this.#watched = wanted;
    this.#sites = [];
    this.#passed = undefined;
    if (wanted !== undefined) this.#learn();
    this.#leave = wanted?.process.observe(this);
  }

  get #target(): Target {
    return this.#watched!;
  }

  #learn(): Rules {
    const at = new Scrutiny(this.#target);
    at.facts.clear();
    this.#images = this.#target.images;
    const go = new GoRules(at);
    const c = new CRules(at);
    const race = new RaceRules(at);
    const vectors = new VectorRules(at);
    this.#rules = { at, go, c, race, vectors, returns: new ReturnRules(at, go, c, race, vectors) };
    return this.#rules;
  }

  #site(pc: bigint, kind: EdgeKind): number {
    const { images } = this.#target;
    // A library has been mapped since the last stop.
    const rules = images === this.#images ? this.#rules! : this.#learn();
    const rule = this.#ruleAt(rules, images.functionAt(pc), pc, kind);
    return rule === undefined ? 0 : this.#sites.push({ pc, ...rule });
  }

  #ruleAt({ at, go, c, race, returns, vectors }: Rules, func: Func | undefined, pc: bigint, kind: EdgeKind): EdgeRule | undefined {
    switch (kind) {
      case 'entry':
        return both(handlerEntry(at, func, pc), this.#entered(go, race, func, pc));
      case 'call':
        return func === undefined || (func.language === 'go' && !isAssembled(func))
          ? undefined
          : both(vectors.call(func, pc), c.call(func, pc));
      case 'return':
        return returns.at(func, pc);
      case 'jump':
        return func === undefined ? { check: this.#jump(at, go, pc) } : undefined;
      case 'stack':
        return undefined;
    }
  }

  #entered(go: GoRules, race: RaceRules, func: Func | undefined, pc: bigint): EdgeRule | undefined {
    if (func?.entry !== pc || func.language === 'c') return undefined;
    if (func.abi === 'ABIInternal' && func.language === 'go') return go.entry(func);
    return func.asm ? go.assembly(race.way(func)) : undefined;
  }

  /** Code that no table has may go back to Go code by a jump. */
  #jump(at: Scrutiny, go: GoRules, pc: bigint): EdgeCheck {
    const { images } = this.#target;
    const { now } = at.going(pc);
    return () => {
      const to = now();
      if (to === undefined || !go.isGo(to + 1n) || images.functionAt(to)?.entry === to) return undefined;
      return go.handedOver(undefined, at.codeName(undefined, pc), to);
    };
  }

  #reached(number: number): boolean {
    const site = this.#sites[number - 1]!;
    const violation = site.check();
    if (violation === undefined || (this.#passed?.pc === site.pc && this.#passed.t === this.#target.process.t)) return true;
    this.violation = violation;
    return false;
  }

  /** The violation that the CPU has stopped for. */
  takeStop(): Violation {
    const { process } = this.#target;
    this.#passed = { pc: process.current.registers.rip, t: process.t };
    this.stops++;
    return this.violation!;
  }
}

/** What may be asked first, and what else must hold. */
function both(first: EdgeCheck | undefined, other: EdgeRule | undefined): EdgeRule | undefined {
  if (first === undefined || other === undefined) return first === undefined ? other : { check: first };
  return { check: () => first() ?? other.check() };
}

/** One line: what and what `more` is known of it, which rule of which document, and the likely cause. */
export function violationText({ rule, what }: Violation, more = ''): string {
  const { source, cause } = RULES[rule];
  return `${what}${more}. ${source}. Likely cause: ${cause}.`;
}
