/** Who looks at the running machine: any number, and each is asked only about what it named. */
import type { Access, AccessWatcher, EdgeKind, EdgeTest, EdgeWatcher, Observer, Watch } from './api.js';

/** Who is to be asked in front of an instruction, by number, and what the engine looks at before. */
export interface EdgeQuestion {
  readonly number: number;
  readonly test: EdgeTest | undefined;
}

export class Observers {
  private readonly all: Observer[] = [];
  private edgeWatchers: readonly Observer[] = [];
  private accessWatchers: readonly Observer[] = [];
  /** What a number in an `edge` op asks; numbers begin at 1 and are not used again, since code that holds them may still be there. */
  private readonly sites: { readonly observer: Observer; readonly site: number }[] = [];
  /** Who wanted the last stop. */
  stopper: Observer | undefined;

  add(observer: Observer): void {
    this.all.push(observer);
    this.sort();
  }

  remove(observer: Observer): void {
    const at = this.all.indexOf(observer);
    if (at >= 0) this.all.splice(at, 1);
    this.sort();
  }

  private sort(): void {
    this.edgeWatchers = this.all.filter(each => each.edges !== undefined);
    this.accessWatchers = this.all.filter(each => each.accesses !== undefined);
  }

  get watchInstructions(): boolean {
    return this.edgeWatchers.some(each => each.edges!.instructions === true);
  }

  get watchEdges(): boolean {
    return this.edgeWatchers.length > 0;
  }

  /** Ranges that any of them watches. */
  ranges(): Watch[] {
    return this.accessWatchers.flatMap(each => each.accesses!.ranges);
  }

  /** The sites of those who want to be asked in front of the instruction at an address. */
  sitesAt(pc: bigint, kind: EdgeKind): EdgeQuestion[] {
    const questions: EdgeQuestion[] = [];
    for (const observer of this.edgeWatchers) {
      const edges = observer.edges as EdgeWatcher;
      if (kind === 'instruction' && edges.instructions !== true) continue;
      const site = edges.site(pc, kind);
      if (site !== 0) questions.push({ number: this.sites.push({ observer, site }), test: edges.test?.(site) });
    }
    return questions;
  }

  /** Asks the one whose site it is. False: it wants a stop. */
  reached(number: number): boolean {
    const { observer, site } = this.sites[number - 1]!;
    if (!this.edgeWatchers.includes(observer) || (observer.edges as EdgeWatcher).reached(site)) return true;
    this.stopper = observer;
    return false;
  }

  /** Tells of an instruction's accesses those whose ranges they touch, all of them. False: one wants a stop. */
  accessed(accesses: readonly Access[]): boolean {
    let goOn = true;
    for (const observer of this.accessWatchers) {
      const watcher = observer.accesses as AccessWatcher;
      for (const access of accesses) {
        if (!watcher.ranges.some(range => touches(range, access)) || watcher.accessed(access)) continue;
        this.stopper = observer;
        goOn = false;
      }
    }
    return goOn;
  }
}

/** Whether an access is one of those that a watch waits for. */
export function touches(watch: Watch, { address, size, access }: Access): boolean {
  return (
    address < watch.address + BigInt(watch.length) &&
    watch.address < address + BigInt(size) &&
    (watch.access === 'access' || watch.access === access)
  );
}
