/** What is looked at before each RET: that it goes back to where its call came from, and hands back what the caller may ask for. */
import { EDGE } from '../../cpu/layout.js';
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import type { GoStack } from '../../runtime/goroutine.js';
import { leadsTo } from '../code/jumps.js';
import { isLost } from '../stack/recorded.js';
import { type CRules, handsOver } from './checks-c.js';
import { type GoRules, handWritten } from './checks-go.js';
import type { RaceRules } from './checks-race.js';
import type { VectorRules } from './checks-vector.js';
import type { Violation } from './rules.js';
import type { EdgeRule, Scrutiny } from './scrutiny.js';

/** How far RSP may be from the return address to be taken for a mistake in counting. */
const NEAR = 1n << 16n;
/** What the engine looks at. */
const OF_C = EDGE.saved | EDGE.forwards;
const OF_GO = EDGE.frame | EDGE.closed;
const OF_ASSEMBLY = EDGE.saved | EDGE.forwards | EDGE.closed;

export class ReturnRules {
  constructor(
    private readonly scrutiny: Scrutiny,
    private readonly go: GoRules,
    private readonly c: CRules,
    private readonly race: RaceRules,
    private readonly vectors: VectorRules,
  ) {}

  at(func: Func | undefined, pc: bigint): EdgeRule {
    const { scrutiny, go, c, race, vectors } = this;
    const { process, images } = scrutiny.target;
    // What a file has without a name is C's, a static function of a library. Code of no file was made at run time.
    const inC = func === undefined ? images.at(pc) !== undefined : func.language === 'c';
    const compiled = func !== undefined && !inC && !handWritten(func);
    const name = scrutiny.codeName(func, pc);
    const wide = func === undefined || vectors.uses(func);
    const check = (): Violation | undefined => {
      const intact = process.cpu.intactReturn();
      if (intact === undefined) {
        const astray = this.#astray(func, name, pc, inC || compiled);
        if (astray !== undefined) return astray;
      }
      if (inC) return c.returned(name) ?? scrutiny.direction(`${name} is about to return`);
      const to = intact ?? scrutiny.word(scrutiny.sp);
      if (to === undefined) return undefined;
      const frame = race.returned(name, intact) ?? (intact === undefined ? undefined : go.frameAtReturn(func, name, intact));
      if (frame !== undefined || compiled) return frame;
      return (
        c.returned(name) ??
        (go.owed(func) ? go.handedOver(func, name, to) : undefined) ??
        scrutiny.direction(`${name} is about to return`) ??
        (wide ? vectors.returned(name, to) : undefined)
      );
    };
    const flags = inC ? OF_C : func === undefined ? undefined : compiled ? OF_GO : OF_ASSEMBLY | go.flagsOf(func) | (wide ? EDGE.clean : 0);
    return { check, test: flags === undefined || handsOver(name) !== undefined ? undefined : { kind: 'returns', flags } };
  }

  /** RSP is not where the call of this function has put the return address, or that is not there any more. */
  #astray(func: Func | undefined, name: string, pc: bigint, counted: boolean): Violation | undefined {
    const { scrutiny } = this;
    const { sp, target } = scrutiny;
    const last = scrutiny.lastCall();
    if (last === undefined) return undefined;
    if (last.slot === sp) {
      if (last.now === undefined || !this.#isOf(func, pc, last.target)) return undefined;
      if (func !== undefined && !isLost(target.walkTarget, last, func, this.#stackOf(sp)?.kind === 'goroutine')) return undefined;
      const what = `${name} is about to return to ${scrutiny.place(last.now)}: its return address at ${hex(sp)} was ${hex(last.returnAddress)} (${scrutiny.place(last.returnAddress)})`;
      return { rule: 'return-address', what, wrote: sp };
    }
    const off = last.slot - sp;
    // Compilers count right, and C's own switches of stacks return as they like.
    if (counted || off >= NEAR || off <= -NEAR || !this.#isOf(func, pc, last.target)) return undefined;
    if (target.process.cpu.calls(sp, 1)[0]?.slot === sp) return undefined;
    // Go has moved the stack meanwhile, not far.
    const stack = this.#stackOf(sp);
    if (stack !== undefined && (last.slot < stack.lo || last.slot >= stack.hi)) return undefined;
    const where = off > 0n ? `${off} bytes below` : `${-off} bytes above`;
    return {
      rule: 'stack-pointer',
      what: `${name} is about to return with RSP = ${hex(sp)}, ${where} its return address, which its call has put at ${hex(last.slot)}`,
    };
  }

  /** Whether a recorded call is that of the function: it went there, and not to a label that code calls to know where it is. */
  #isOf(func: Func | undefined, pc: bigint, called: bigint): boolean {
    const { target } = this.scrutiny;
    const to = target.images.functionAt(called);
    if (func === undefined) return to === undefined && target.memory.mappingAt(called)?.start === target.memory.mappingAt(pc)?.start;
    return to?.entry === called && leadsTo(target, called, func);
  }

  #stackOf(sp: bigint): GoStack | undefined {
    const { target, registers } = this.scrutiny;
    return target.go?.stackOf(sp, target.go.currentG(registers.fsBase));
  }
}
