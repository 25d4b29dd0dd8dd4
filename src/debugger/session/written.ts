/** What the program has written, the newest of it, on each of the ways that its run has taken. */
import type { OutputRecord } from '../../linux/output.js';

/** Writes that are kept at least of each way. */
const MOST = 1 << 12;

/** A way: another one leads off it at some moment. */
interface Way {
  readonly id: number;
  readonly from: { readonly branch: number } | undefined;
}

export class Written {
  readonly #records = new Map<number, OutputRecord[]>();

  /** `ways`: all that there are, once the program has run. `way`: the number of the one that is taken. */
  constructor(
    private readonly ways: () => readonly Way[],
    private readonly way: () => number,
  ) {}

  /** What has been written behind all that this way has. */
  add(record: OutputRecord): void {
    const way = this.way();
    // One that leads off another has what that has up to there.
    const records = this.#records.get(way) ?? [...this.#before(record.at)];
    this.#records.set(way, records);
    if (records.push(record) >= 2 * MOST) records.splice(0, MOST);
  }

  /** What had been written on this way when it was so many bytes. */
  text(bytes: number): string {
    const decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
    return this.#before(bytes)
      .map(record => decoders[record.descriptor].decode(record.bytes, { stream: true }))
      .join('');
  }

  #before(bytes: number): readonly OutputRecord[] {
    for (let id: number | undefined = this.way(); id !== undefined; ) {
      const records = this.#records.get(id);
      if (records !== undefined) return records.filter(({ at }) => at < bytes);
      id = this.ways().find(each => each.id === id)?.from?.branch;
    }
    return [];
  }
}
