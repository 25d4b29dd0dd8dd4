/** The race detector of the program that is looked at, and which goroutine each of its threads is. */

import type { Registers } from '../../cpu/api.js';
import type { Images } from '../../image/images.js';
import type { Goroutine } from '../../runtime/goroutine.js';
import { racectxOffset } from '../../runtime/layout.js';
import { findRaceState, type RaceState } from '../../runtime/race/inside/find.js';
import { RaceInside, type RaceThread, type ShadowCell } from '../../runtime/race/inside/inside.js';
import { shadowedAddress } from '../../runtime/race/layout.js';
import { CommandError } from '../errors.js';
import type { Target } from '../target.js';

/** A race detector at a stop. */
export interface RaceView {
  readonly target: Target;
  readonly inside: RaceInside;
  /** The goroutine whose racectx a ThreadState is; undefined: none has it now. */
  goroutineOf(thread: RaceThread): Goroutine | undefined;
  threadOf(goroutine: Goroutine): RaceThread | undefined;
}

/** A race that the detector has found and not told of yet. */
export interface RaceAtHand {
  /** Who made the access that found it. */
  readonly thread: RaceThread;
  readonly granule: number;
  /** Its access, which has not happened yet, and the one before. */
  readonly now: ShadowCell;
  readonly before: ShadowCell;
}

/** Where the real detector, and the model of a bundled program, come by with each race that they find: thread, first cell, both cells. */
const REPORTING = ['_ZN6__tsan10ReportRaceEPNS_11ThreadStateEPNS_9RawShadowENS_6ShadowES4_m', '__tsan_report_race'];

export const reportingAddresses = (images: Images): readonly bigint[] => [
  ...new Set(
    REPORTING.flatMap(name => [
      ...images.symbolsNamed(name).map(({ address }) => address),
      ...images.functionsNamed(name).map(({ entry }) => entry),
    ]),
  ),
];

/**
 * Which of the races that a detector finds it also reports. Of a real one the count goes up behind the place where it is stopped at, of r14's model,
 * which does all in one, in front of it.
 */
export class ReportedRaces {
  #count = 0;
  #last: (() => void) | undefined;

  constructor(private readonly model: boolean) {}

  /** A race was found when so many had been reported; `mark` is called when it is reported. */
  found(count: number, mark: () => void): void {
    const more = count > this.#count;
    this.#count = count;
    if (this.model) {
      if (more) mark();
      return;
    }
    if (more) this.#last?.();
    this.#last = mark;
  }

  /** How many have been reported in the end. */
  end(count: number): void {
    if (!this.model && count > this.#count) this.#last?.();
    this.#count = count;
  }
}

export const isModel = ({ images }: Target): boolean => images.go?.bundled === true;

/** The race of the call that a thread with these registers is at the beginning of. */
export function raceAtHand({ inside }: RaceView, registers: Registers): RaceAtHand | undefined {
  const [state, cells, now, before] = (['rdi', 'rsi', 'rdx', 'rcx'] as const).map(name => Number(registers.get(name)));
  const thread = inside.threadAt(state!);
  if (thread === undefined) return undefined;
  return { thread, granule: shadowedAddress(cells!), now: inside.decode(now! % 2 ** 32), before: inside.decode(before! % 2 ** 32) };
}

/** The race that the current thread of a target is about to tell of. Asked for at each stop: it looks no further than the function there. */
export function raceHere(target: Target): RaceAtHand | undefined {
  const { registers } = target.process.current;
  const func = target.images.functionAt(registers.rip);
  if (func === undefined || func.entry !== registers.rip || !(REPORTING.includes(func.linkName) || REPORTING.includes(func.name)))
    return undefined;
  const view = target.derived(makeView);
  return typeof view === 'string' ? undefined : raceAtHand(view, registers);
}

const states = (): { found?: RaceState } => ({});

/** Looked for once a process: its state stays where it is. Throws CommandError with the reason when there is none to look at. */
export function raceView(target: Target): RaceView {
  const view = target.derived(makeView);
  if (typeof view === 'string') throw new CommandError(view);
  return view;
}

function makeView(target: Target): RaceView | string {
  const image = target.images.goImage;
  const known = target.lasting(states);
  const state = known.found ?? findRaceState(image, target.memory);
  if (typeof state === 'string') return state;
  known.found = state;
  const inside = new RaceInside(state, target.memory);
  const offset = BigInt(racectxOffset(name => image!.typeNamed(name), image!.go!.version));
  let goroutines: Map<number, Goroutine> | undefined;
  const contextOf = (goroutine: Goroutine): number => Number(target.memory.readU64(goroutine.address + offset));
  return {
    target,
    inside,
    goroutineOf: ({ state: pointer }) => {
      goroutines ??= new Map((target.go?.goroutines() ?? []).map(each => [contextOf(each), each]));
      return pointer === 0 ? undefined : goroutines.get(pointer);
    },
    threadOf: goroutine => inside.threadAt(contextOf(goroutine)),
  };
}
