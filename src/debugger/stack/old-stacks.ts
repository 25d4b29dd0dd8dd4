/** Stacks that Go has copied elsewhere, which leaves pointers and frames behind that nobody is to use: seen at runtime.copystack(*g, newsize). */
import { grouped } from '../../host/grouped.js';
import type { GoRuntime } from '../../runtime/goroutine.js';

export interface OldStack {
  /** `goroutine 19's stack until t=671,015`. */
  readonly name: string;
  readonly lo: bigint;
  readonly hi: bigint;
}

/** The oldest are forgotten when there are this many. */
const MOST = 4096;

/** The latest first. */
export class OldStacks {
  readonly #list: OldStack[] = [];

  /** At the first instruction of copystack. */
  copied(go: GoRuntime, g: bigint, t: number): void {
    if (!go.readable(g)) return;
    const { id, stackLo: lo, stackHi: hi } = go.goroutine(g);
    if (lo === 0n || (this.#list[0]?.lo === lo && this.#list[0].hi === hi)) return;
    this.#list.unshift({ name: `goroutine ${id}'s stack until t=${grouped(t)}`, lo, hi });
    if (this.#list.length > MOST) this.#list.pop();
  }

  at(address: bigint): OldStack | undefined {
    return this.#list.find(({ lo, hi }) => address >= lo && address < hi);
  }
}

export const oldStacks = (): OldStacks => new OldStacks();
