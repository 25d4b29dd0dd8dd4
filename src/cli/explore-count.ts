/** What is known of a search so far. */
import type { RunLine } from './explore-lines.js';

/** As many runs without a new order, and a tenth of all, and it is said that nothing new comes. */
const STALE = 200;

export class SearchCount {
  runs = 0;
  /** The first by number that has failed. */
  failed: RunLine | undefined;
  private readonly orders = new Set<string>();
  private lastNew = 0;
  /** Called when it has changed. */
  changed: () => void = () => {};

  constructor(private readonly started = performance.now()) {}

  add(line: RunLine): void {
    this.runs++;
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

  get seconds(): number {
    return (performance.now() - this.started) / 1000;
  }

  /** `137 runs, 41 different orders, 15 runs/s, 0:09`. */
  text(): string {
    const seconds = Math.round(this.seconds);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    return `${this.runs} run${this.runs === 1 ? '' : 's'}, ${this.different} different order${this.different === 1 ? '' : 's'}, ${time}`;
  }
}
