/** What assembly owes code that knows of no upper halves of YMM registers: they are zero where it hands over to that (VZEROUPPER). */
import { effectsOf } from '../../cpu/effects/describe.js';
import { isConstant } from '../../cpu/effects/value.js';
import type { Func } from '../../image/api.js';
import { instructionsIn, readable } from '../code/decode.js';
import { handWritten, isAssembled } from './checks-go.js';
import type { Violation } from './rules.js';
import type { EdgeCheck, Scrutiny } from './scrutiny.js';

const REGISTERS = Array.from({ length: 16 }, (_, index) => index);
/** Where the upper half of a YMM register begins, in bytes. */
const UPPER_BYTES = 16;

/** The first byte of every instruction that computes with 256 bits (Intel SDM, vol. 2, 2.3). */
const VEX = [0xc4, 0xc5];

export class VectorRules {
  readonly #users = new Map<Func, boolean>();
  /** The upper halves that were told of last: whoever comes by with the same is not to blame. */
  #told = '';

  constructor(private readonly at: Scrutiny) {}

  /** Whether a function is assembly that computes with 256 bits, itself or in a subroutine. */
  uses(func: Func): boolean {
    const known = this.#users.get(func);
    if (known !== undefined) return known;
    // A subroutine may call it again.
    this.#users.set(func, false);
    const uses = handWritten(func) && (this.#writesUpper(func) || this.#subroutines(func).some(each => this.uses(each)));
    this.#users.set(func, uses);
    return uses;
  }

  #subroutines({ entry, end }: Func): readonly Func[] {
    const { memory, images } = this.at.target;
    return [...instructionsIn(memory, entry, end)].flatMap(({ flow, target }) => {
      const func = target === undefined || (flow !== 'call' && flow !== 'jump') ? undefined : images.functionAt(target);
      return func === undefined || func.entry === entry ? [] : [func];
    });
  }

  #writesUpper({ entry, end }: Func): boolean {
    const code = readable(this.at.target.memory, entry, Number(end - entry));
    // What an instruction does costs much to tell, and most functions have none with a VEX prefix.
    if (!VEX.some(prefix => code.includes(prefix))) return false;
    for (const { writes } of effectsOf(code, entry))
      if (writes.some(({ register, offset, value }) => register.startsWith('ymm') && offset >= UPPER_BYTES && !isConstant(value)))
        return true;
    return false;
  }

  /** At a CALL of such a function: what it calls finds them clear, unless that is assembly too. */
  call(caller: Func, pc: bigint): EdgeCheck | undefined {
    if (!this.uses(caller)) return undefined;
    const { images } = this.at.target;
    const { direct, now } = this.at.going(pc);
    const known = direct === undefined ? undefined : images.functionAt(direct);
    if (known !== undefined && !this.#isOwed(known)) return undefined;
    return () => {
      const to = now();
      const callee = to === undefined ? undefined : images.functionAt(to);
      return callee === undefined ? undefined : this.#handsOver(callee, `${caller.name} is about to call ${callee.name}`);
    };
  }

  /** At a RET. */
  returned(name: string, to: bigint): Violation | undefined {
    const caller = this.at.target.images.functionAt(to - 1n);
    return caller && this.#handsOver(caller, `${name} is about to return to ${this.at.place(to)}`);
  }

  /** Go code, or C: assembly agrees with its own subroutines as it likes. What r14 has assembled stands for Go code under Go's convention. */
  #isOwed(func: Func): boolean {
    return !handWritten(func) || (isAssembled(func) && func.abi === 'ABIInternal' && !this.uses(func));
  }

  #handsOver(next: Func, when: string): Violation | undefined {
    if (!this.#isOwed(next)) return undefined;
    const { registers } = this.at;
    const halves = REGISTERS.map(index => registers.ymmHigh(index));
    const inUse = REGISTERS.filter(index => halves[index] !== 0n).map(index => `Y${index}`);
    const now = halves.join();
    if (inUse.length === 0 || now === this.#told) return undefined;
    this.#told = now;
    const last = inUse.pop();
    const which = inUse.length === 0 ? `upper half of ${last} is` : `upper halves of ${inUse.join(', ')} and ${last} are`;
    return { rule: 'upper-halves', what: `the ${which} not zero: ${when}` };
  }
}
