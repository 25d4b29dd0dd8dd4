/** Stacks that Go has copied elsewhere, which leaves pointers and frames behind that nobody is to use: seen at runtime.copystack(*g, newsize). */
import type { AddressSpace } from '../../cpu/api.js';
import { grouped } from '../../host/grouped.js';
import { G_SIZE, type GoRuntime } from '../../runtime/goroutine.js';

export interface OldStack {
  /** `goroutine 19's stack until t=671,015`. */
  readonly name: string;
  readonly lo: bigint;
  readonly hi: bigint;
}

/** What was there at the copy. Nearly none is ever asked for: what its g says is read then, for that takes Go's types. */
interface Copied {
  readonly g: DataView;
  readonly t: number;
}

/** The oldest are forgotten when there are this many. */
const MOST = 4096;

/** The latest first. */
export class OldStacks {
  readonly #list: Copied[] = [];

  /** At the first instruction of copystack. */
  copied(memory: AddressSpace, g: bigint, t: number): void {
    if (!memory.allows(g, G_SIZE, 'read') || this.#list.some(each => each.t === t)) return;
    const bytes = memory.read(g, G_SIZE).slice();
    this.#list.unshift({ g: new DataView(bytes.buffer), t });
    if (this.#list.length > MOST) this.#list.pop();
  }

  at(address: bigint, go: GoRuntime | undefined): OldStack | undefined {
    if (go === undefined) return undefined;
    const { stackLo, stackHi, goid } = go.layout.g;
    const word = ({ g }: Copied, offset: number) => g.getBigUint64(offset, true);
    const found = this.#list.find(each => address >= word(each, stackLo) && address < word(each, stackHi));
    return (
      found && {
        name: `goroutine ${word(found, goid)}'s stack until t=${grouped(found.t)}`,
        lo: word(found, stackLo),
        hi: word(found, stackHi),
      }
    );
  }
}

export const oldStacks = (): OldStacks => new OldStacks();
