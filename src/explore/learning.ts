/** Which accesses to memory concern one goroutine alone, as far as a run shows. */
export class AccessesSeen {
  /** Who accessed an address; -1: several. */
  private readonly by = new Map<bigint, number>();
  private readonly at = new Map<bigint, Set<bigint>>();

  access(who: number, pc: bigint, address: bigint): void {
    const granule = address >> 3n;
    const before = this.by.get(granule);
    if (before === undefined) this.by.set(granule, who);
    else if (before !== who) this.by.set(granule, SEVERAL);
    const there = this.at.get(pc);
    if (there === undefined) this.at.set(pc, new Set([granule]));
    else there.add(granule);
  }

  /** Instructions all of whose accesses were to what nobody else accessed. */
  get private(): ReadonlySet<bigint> {
    const alone = (granules: ReadonlySet<bigint>) => [...granules].every(granule => this.by.get(granule) !== SEVERAL);
    return new Set([...this.at].filter(([, granules]) => alone(granules)).map(([pc]) => pc));
  }
}

const SEVERAL = -1;
