/** Vector clocks with an entry for each thread there ever was. */

/** What clocks have cost. */
export class ClockCost {
  operations = 0;
  entries = 0;
}

export class PreciseClock {
  constructor(
    private readonly cost: ClockCost,
    readonly epochs: number[] = [],
  ) {}

  get(tid: number): number {
    return this.epochs[tid] ?? 0;
  }

  set(tid: number, epoch: number): void {
    while (this.epochs.length < tid) this.epochs.push(0);
    this.epochs[tid] = epoch;
  }

  join(other: PreciseClock): void {
    this.#count(other);
    const { epochs } = this;
    for (let tid = 0; tid < other.epochs.length; tid++) {
      const epoch = other.epochs[tid]!;
      if (tid >= epochs.length) epochs.push(epoch);
      else if (epoch > epochs[tid]!) epochs[tid] = epoch;
    }
  }

  copy(): PreciseClock {
    this.#count(this);
    return new PreciseClock(this.cost, [...this.epochs]);
  }

  toString(): string {
    return this.epochs.map((epoch, tid) => (epoch === 0 ? '' : ` ${tid}:${epoch}`)).join('');
  }

  #count(other: PreciseClock): void {
    this.cost.operations++;
    this.cost.entries += other.epochs.length;
  }
}
