/** A race as it was found: both accesses, what each goroutine knew of the other, and what of that is missing. */
import type { Process } from '../../linux/api.js';
import { type RaceThread, replayCall, type ShadowCell } from '../../runtime/race/inside/inside.js';
import { Target } from '../target.js';
import { isModel, type RaceAtHand, type RaceView, ReportedRaces, raceAtHand, raceView, reportingAddresses } from './race.js';
import { RaceCalls } from './race-calls.js';

export interface RacingAccess {
  readonly tid: number;
  /** r14's number of the goroutine; undefined: it has ended. */
  readonly goroutine: number | undefined;
  readonly cell: ShadowCell;
  readonly address: number;
  /** Return addresses, outermost first, the access's own last; undefined: the trace no longer reaches back so far. */
  readonly stack: readonly number[] | undefined;
  /** Up to which of the other's epochs it knew; undefined: it has ended, and its clock is gone. */
  readonly knows: number | undefined;
}

export interface RaceStory {
  readonly t: number;
  readonly granule: number;
  /** The four cells of the word, as they are since the race was found. */
  readonly cells: readonly ShadowCell[];
  readonly now: RacingAccess;
  readonly before: RacingAccess;
  /** Where the earlier thread's epoch of its access was ended, by a release; undefined: it was not, or the trace does not tell. */
  readonly released: readonly number[] | undefined;
}

/** The detector drops a race whose earlier stack it cannot find again. */
export const isDropped = ({ before }: RaceStory): boolean => before.stack === undefined;

export function storyOf(view: RaceView, { thread, granule, now, before }: RaceAtHand): RaceStory {
  const { inside, target } = view;
  const current = inside.stackOf(thread);
  const other = before.tid === undefined ? undefined : inside.thread(before.tid);
  const knowledge = (of: RaceThread | undefined, sid: number): number | undefined => {
    const clock = of && inside.clockOf(of);
    return clock?.[sid];
  };
  const id = (of: RaceThread | undefined): number | undefined => {
    const goroutine = of && view.goroutineOf(of);
    return goroutine && Number(goroutine.id);
  };
  return {
    t: target.process.t,
    granule,
    cells: inside.cells(granule) ?? [],
    now: {
      tid: thread.tid,
      goroutine: id(thread),
      cell: now,
      address: granule + now.offset,
      stack: current && [...current.frames, ...(current.pc === 0 ? [] : [current.pc])],
      knows: knowledge(thread, before.sid),
    },
    before: {
      tid: before.tid ?? -1,
      goroutine: id(other),
      cell: before,
      address: granule + before.offset,
      stack: inside.restore(before, granule)?.stack,
      knows: knowledge(other, now.sid),
    },
    released: other && releaseOf(view, other, before),
  };
}

/** Where the thread ended the epoch of a cell. */
function releaseOf({ inside }: RaceView, thread: RaceThread, { sid, epoch }: ShadowCell): readonly number[] | undefined {
  const stack: number[] = [];
  for (const event of inside.events(thread)) {
    if (event.kind === 'time' && event.sid === sid && event.epoch === epoch + 1) return [...stack];
    replayCall(stack, event);
  }
  return undefined;
}

/** Of races at the same places so many are looked at. */
const MOST_ALIKE = 4;
const MOST_STORIES = 1000;

/** Watches a run for the races that its detector finds. */
export class RaceWitness extends RaceCalls {
  readonly #printed: RaceStory[] = [];
  readonly #target: Target;
  readonly #reported: ReportedRaces;

  constructor(process: Process, images: ConstructorParameters<typeof Target>[1]) {
    const target = new Target(process, images);
    const reported = new ReportedRaces(isModel(target));
    const alike = new Map<string, number>();
    const printed: RaceStory[] = [];
    const see = (): undefined => {
      target.changed();
      const view = raceView(target);
      const found = raceAtHand(view, process.cpu.registers);
      if (found === undefined) return undefined;
      const key = `${view.inside.stackOf(found.thread)?.pc} ${found.before.tid} ${found.now.mask} ${found.before.mask}`;
      const count = (alike.get(key) ?? 0) + 1;
      alike.set(key, count);
      const story = count <= MOST_ALIKE ? storyOf(view, found) : undefined;
      reported.found(view.inside.reported, () => {
        if (story !== undefined && printed.length < MOST_STORIES) printed.push(story);
      });
      return undefined;
    };
    super(target, new Map(), new Set(), new Map(reportingAddresses(target.images).map(address => [address, see])));
    this.#target = target;
    this.#reported = reported;
    this.#printed = printed;
  }

  /** Those that were printed, in the order of their reports. */
  printed(): readonly RaceStory[] {
    this.#target.changed();
    this.#reported.end(raceView(this.#target).inside.reported);
    return this.#printed;
  }
}
