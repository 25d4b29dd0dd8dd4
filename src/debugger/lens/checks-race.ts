/** What the race runtime's own call stack asks of code: each racefuncenter has its racefuncexit before its function returns (race_amd64.s). */
import type { CallRecord, OpenedCall } from '../../cpu/api.js';
import { EDGE } from '../../cpu/layout.js';
import type { Func } from '../../image/api.js';
import type { Violation } from './rules.js';
import type { Scrutiny } from './scrutiny.js';

const R14 = 14;
/** Calls whose functions never returned, for a panic or a moved stack, are forgotten when there are this many. */
const MOST_OPEN = 100_000;

/** In the engine's facts, in place of a function: more than one has opened the call. */
const MANY = 0xffff_ffff;

/** What a function does to the race runtime's stack: its flag of EDGE, and what is done where the engine is in doubt. */
export interface RaceWay {
  readonly flag: number;
  readonly entered: () => void;
}

interface Entered extends Pick<OpenedCall, 'returnAddress' | 'target' | 'owner'> {
  /** Behind the calls of racefuncenter without their racefuncexit: one in each function that the call has come to by jumps. */
  readonly behind: bigint[];
}

export class RaceRules {
  /** Of calls that more than one function has opened, by the slot of their return address; those of one are among the engine's facts. */
  readonly #many = new Map<bigint, Entered>();

  constructor(private readonly at: Scrutiny) {}

  /** Of the functions that code calls to tell of a call and its end; undefined: the function is neither. */
  way({ name }: Func): RaceWay | undefined {
    const enters = name === 'runtime.racefuncenter';
    if (!enters && name !== 'runtime.racefuncexit') return undefined;
    const entered = (): void => {
      const [own, call] = this.at.target.process.cpu.calls(this.at.sp, 2);
      // From the wrapper for the other convention: that was looked at. Records of stacks that were used long ago may be lost.
      if (own === undefined || call === undefined || this.#functionOf(own.returnAddress)?.name === name) return;
      if (enters) this.#enter(own, call);
      else this.#exit(own, call);
    };
    return { flag: enters ? EDGE.opens : EDGE.closes, entered };
  }

  #functionOf = (behind: bigint): Func | undefined => this.at.target.images.functionAt(behind - 1n);

  #known(slot: bigint): Entered | undefined {
    const opened = this.at.facts.opened(slot);
    if (opened?.func === MANY) return this.#many.get(slot);
    return opened && { ...opened, behind: [opened.behind] };
  }

  #keep(slot: bigint, known: Entered): void {
    const { facts } = this.at;
    const [behind, ...others] = known.behind;
    this.#many.delete(slot);
    if (behind === undefined) {
      facts.close(slot);
      return;
    }
    if (others.length > 0) {
      if (this.#many.size > MOST_OPEN) this.#many.clear();
      this.#many.set(slot, known);
    }
    facts.open(slot, { ...known, behind, func: others.length > 0 ? MANY : openerNumber(this.#functionOf(behind)) });
  }

  #enter({ returnAddress: behind }: CallRecord, { slot, returnAddress, target }: CallRecord): void {
    let known = this.#known(slot);
    // What the same function has left there was ended by a panic.
    if (known?.target === target && known.returnAddress === returnAddress) this.#leave(known, behind);
    else known = { returnAddress, target, owner: this.at.registers.gpr(R14), behind: [] };
    known.behind.push(behind);
    this.#keep(slot, known);
  }

  #exit({ returnAddress: behind }: CallRecord, { slot }: CallRecord): void {
    const known = this.#known(slot);
    if (known === undefined) return;
    this.#leave(known, behind);
    this.#keep(slot, known);
  }

  #leave({ behind }: Entered, from: bigint): void {
    const func = this.#functionOf(from);
    const index = behind.findIndex(each => this.#functionOf(each) === func);
    if (index >= 0) behind.length = index;
  }

  /** At a RET to where its call came from (undefined: it goes elsewhere), which may be that of a function that was jumped to. */
  returned(name: string, intact: bigint | undefined): Violation | undefined {
    const { at } = this;
    const entered = this.#known(at.sp);
    if (entered === undefined) return undefined;
    this.#keep(at.sp, { ...entered, behind: [] });
    // A stack that was copied has left the call here, and another's lies in its place by now.
    if (intact !== entered.returnAddress || at.registers.gpr(R14) !== entered.owner) return undefined;
    const last = at.lastCall();
    if (last?.slot !== at.sp || last.target !== entered.target || last.returnAddress !== entered.returnAddress) return undefined;
    const [behind] = entered.behind;
    const by =
      this.#functionOf(behind!)?.name === name ? '' : `, to which ${at.target.images.functionAt(entered.target)?.name} has jumped,`;
    return {
      rule: 'race-stack',
      what: `${name}${by} is about to return to ${at.place(entered.returnAddress)}: the call of racefuncenter before ${at.place(behind!)} has no racefuncexit`,
    };
  }
}

/** Number of a function that opens and closes calls, for the engine; 0: it is none, but a wrapper of what does so. */
export function openerNumber(func: Func | undefined): number {
  if (func === undefined || func.name === 'runtime.racefuncenter' || func.name === 'runtime.racefuncexit') return 0;
  return Number(BigInt.asUintN(32, func.entry));
}
