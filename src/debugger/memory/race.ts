/** The race detector of the program that is looked at, and which goroutine each of its threads is. */

import type { Goroutine } from '../../runtime/goroutine.js';
import { racectxOffset } from '../../runtime/layout.js';
import { findRaceState, type RaceState } from '../../runtime/race/inside/find.js';
import { RaceInside, type RaceThread } from '../../runtime/race/inside/inside.js';
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
