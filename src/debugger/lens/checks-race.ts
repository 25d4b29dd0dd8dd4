/** What the race runtime's own call stack asks of code: each racefuncenter has its racefuncexit before its function returns (race_amd64.s). */
import type { CallRecord } from '../../cpu/api.js';
import type { Func } from '../../image/api.js';
import type { Violation } from './rules.js';
import type { EdgeCheck, Scrutiny } from './scrutiny.js';

/** Calls whose functions never returned, for a panic or a moved stack, are forgotten when there are this many. */
const MOST_OPEN = 100_000;

interface Entered {
  readonly returnAddress: bigint;
  /** Where the call went. */
  readonly called: bigint;
  /** Behind the calls of racefuncenter without their racefuncexit: one in each function that the call has come to by jumps. */
  readonly behind: bigint[];
}

export class RaceRules {
  /** Calls that are on the race runtime's stack, by the slot of their return address. */
  readonly #open = new Map<number, Entered>();

  constructor(private readonly at: Scrutiny) {}

  /** At the first instruction of what code calls to tell of a call and its end; undefined: the function is neither. */
  entry({ name }: Func): EdgeCheck | undefined {
    const enters = name === 'runtime.racefuncenter';
    if (!enters && name !== 'runtime.racefuncexit') return undefined;
    return () => {
      const [own, call] = this.at.target.process.cpu.calls(this.at.sp, 2);
      // From the wrapper for the other convention: that was looked at.
      if (own === undefined || this.#functionOf(own.returnAddress)?.name === name) return undefined;
      if (!enters) this.#exit(own, call);
      else if (call !== undefined) this.#enter(own, call);
      return undefined;
    };
  }

  #functionOf = (behind: bigint): Func | undefined => this.at.target.images.functionAt(behind - 1n);

  #enter({ returnAddress: behind }: CallRecord, { slot, returnAddress, target }: CallRecord): void {
    const known = this.#open.get(Number(slot));
    if (known?.called === target && known.returnAddress === returnAddress) {
      // What the same function has left there was ended by a panic.
      this.#leave(known, behind);
      known.behind.push(behind);
      return;
    }
    if (this.#open.size > MOST_OPEN) this.#open.clear();
    this.#open.set(Number(slot), { returnAddress, called: target, behind: [behind] });
  }

  #exit({ returnAddress: behind }: CallRecord, call: CallRecord | undefined): void {
    const func = this.#functionOf(behind);
    const slot = call && Number(call.slot);
    // Records of parked stacks may be lost: then it is the last that the function has entered.
    const key =
      slot !== undefined && this.#open.has(slot)
        ? slot
        : [...this.#open].findLast(([, each]) => each.behind.some(from => this.#functionOf(from) === func))?.[0];
    const known = key === undefined ? undefined : this.#open.get(key);
    if (known === undefined) return;
    this.#leave(known, behind);
    if (known.behind.length === 0) this.#open.delete(key!);
  }

  #leave({ behind }: Entered, from: bigint): void {
    const func = this.#functionOf(from);
    const index = behind.findIndex(each => this.#functionOf(each) === func);
    if (index >= 0) behind.length = index;
  }

  /** At a RET to where its call came from (undefined: it goes elsewhere), which may be that of a function that was jumped to. */
  returned(name: string, intact: bigint | undefined): Violation | undefined {
    if (this.#open.size === 0) return undefined;
    const { at } = this;
    const slot = Number(at.sp);
    const entered = this.#open.get(slot);
    if (entered === undefined) return undefined;
    this.#open.delete(slot);
    // A stack that was copied has left the call here, and another's lies in its place by now.
    if (intact !== entered.returnAddress) return undefined;
    const last = at.lastCall();
    if (last?.slot !== at.sp || last.target !== entered.called || last.returnAddress !== entered.returnAddress) return undefined;
    const [behind] = entered.behind;
    const by =
      this.#functionOf(behind!)?.name === name ? '' : `, to which ${at.target.images.functionAt(entered.called)?.name} has jumped,`;
    return {
      rule: 'race-stack',
      what: `${name}${by} is about to return to ${at.place(entered.returnAddress)}: the call of racefuncenter before ${at.place(behind!)} has no racefuncexit`,
    };
  }
}
