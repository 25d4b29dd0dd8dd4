/** The guest's time while it can only wait: it goes on with the host's. */
export class HostPace {
  /** Since when the guest waits, and how much of its time has passed since. */
  #waits: { readonly since: number; passed: number } | undefined;

  /** `now`: milliseconds of the host's time. */
  constructor(private readonly now: () => number) {}

  /** The guest goes on by itself. */
  end(): void {
    this.#waits = undefined;
  }

  /** Whether so many ns have passed besides those that have already. */
  passed(ns: number): boolean {
    const waits = (this.#waits ??= { since: this.now(), passed: 0 });
    if (this.until(ns) > 0) return false;
    waits.passed += ns;
    return true;
  }

  /** Milliseconds until so much more of the guest's time has passed: fewer when it is behind the host's. */
  until(ns: number): number {
    const { since, passed } = this.#waits ?? { since: this.now(), passed: 0 };
    return Math.max(0, since + (passed + ns) / 1e6 - this.now());
  }
}
