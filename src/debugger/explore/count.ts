/** What is known of a search so far. */

/** As many runs without a new order, and a tenth of all, and it is said that nothing new comes. */
const STALE = 200;

/** What is counted of a run. */
interface CountedRun {
  readonly run: number;
  readonly order: string;
  readonly cut?: true;
  readonly failure?: unknown;
}

const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** `now`: milliseconds. */
export class SearchCount<Run extends CountedRun> {
  runs = 0;
  /** Those without an end within the limit. */
  cut = 0;
  /** The first by number that has failed. */
  failed: Run | undefined;
  private readonly started: number;
  private readonly orders = new Set<string>();
  private lastNew = 0;
  /** Called when it has changed. */
  changed: () => void = () => {};

  constructor(private readonly now: () => number) {
    this.started = now();
  }

  add(line: Run): void {
    this.runs++;
    if (line.cut === true) this.cut++;
    if (!this.orders.has(line.order)) {
      this.orders.add(line.order);
      this.lastNew = this.runs;
    }
    if (line.failure !== undefined && (this.failed === undefined || line.run < this.failed.run)) this.failed = line;
    this.changed();
  }

  get different(): number {
    return this.orders.size;
  }

  /** Nothing new has come for long: undefined while it has. */
  get stale(): string | undefined {
    const without = this.runs - this.lastNew;
    return without >= STALE && without * 10 >= this.runs ? `the last ${without} runs had no new order` : undefined;
  }

  /** Of a search that has found nothing, what is to be known of it: absent where there is nothing. */
  get remarks(): readonly string[] {
    const cut = this.cut === 0 ? [] : [`${this.cut} of them had no end within --limit, so nothing is known of how they would have ended`];
    return [...cut, ...(this.stale === undefined ? [] : [this.stale])];
  }

  get seconds(): number {
    return (this.now() - this.started) / 1000;
  }

  /** `137 runs, 41 different orders, 0:09`. */
  text(): string {
    return `${this.#counts()}, ${clock(Math.round(this.seconds))}`;
  }

  /** The same while it goes on, with how fast that is, what was found, and whether nothing new comes. */
  progress(): string {
    const { failed, seconds, stale } = this;
    const best = failed === undefined ? '' : `; run ${failed.run} fails, those before it go on`;
    return `${this.#counts()}${this.#rate(' runs/s')}, ${clock(Math.round(seconds))}${best}${stale === undefined ? '' : ` (${stale})`}`;
  }

  /** The same in few columns: `137 of 500 runs, 41 orders, 15/s, 0:09`. */
  short(of: number): string {
    return `${this.runs} of ${of} runs, ${this.different} orders${this.#rate('/s')}, ${clock(Math.round(this.seconds))}`;
  }

  /** Not of the first second. */
  #rate(unit: string): string {
    const { runs, seconds } = this;
    return seconds < 1 ? '' : `, ${(runs / seconds).toFixed(runs < 10 * seconds ? 1 : 0)}${unit}`;
  }

  #counts(): string {
    return `${this.runs} run${this.runs === 1 ? '' : 's'}, ${this.different} different order${this.different === 1 ? '' : 's'}`;
  }
}
