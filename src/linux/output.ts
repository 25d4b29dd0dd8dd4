/** What the guest writes to its standard streams, in order. */

/** One write. */
export interface OutputRecord {
  /** When: instructions retired. */
  readonly t: number;
  /** 1 or 2: standard output or error, whatever descriptor the guest wrote to. */
  readonly descriptor: 1 | 2;
  /** Bytes written to both streams before: the place of this write, the same each time that the run comes by here. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Announces each write. Of what was written it keeps only how much it was: whoever listens keeps what it wants. */
export class OutputLog {
  /** Bytes so far, on both streams: what had been written at this moment of the run. */
  written = 0;

  constructor(
    private readonly now: () => number,
    private readonly announce: (record: OutputRecord) => void,
  ) {}

  save(): number {
    return this.written;
  }

  restore(written: number): void {
    this.written = written;
  }

  write(descriptor: 1 | 2, bytes: Uint8Array): void {
    const at = this.written;
    this.written += bytes.length;
    this.announce({ t: this.now(), descriptor, at, bytes });
  }
}

/**
 * For a listener that shows the output of one process: a run that has gone back and comes by the same place again tells it nothing twice. `way`: which of
 * several ways the run takes, each of which may write something else there.
 */
export function onceOnly(show: (record: OutputRecord) => void, way: () => number = () => 1): (record: OutputRecord) => void {
  const shown = new Map<number, number>();
  return record => {
    if (record.at < (shown.get(way()) ?? 0)) return;
    shown.set(way(), record.at + record.bytes.length);
    show(record);
  };
}
