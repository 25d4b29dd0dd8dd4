/** Races that a session's run has come by, and what ordered the goroutines of one: found out by running the program again up to this moment. */
import { CommandError } from '../errors.js';
import { type RaceView, raceHere, raceView } from '../memory/race.js';
import { SecondOpinion } from '../memory/race-opinion.js';
import { OrderRecorder, type OrderStep } from '../memory/race-order.js';
import { type RaceStory, RaceWitness, storyOf } from '../memory/race-story.js';
import type { Session } from './session.js';

/** Instructions that are run again for somebody who asks for it: some seconds. */
const MOST = 1_000_000_000;

/** What is known of the races of one moment; kept with the target, as that is another after a restart. */
interface Known {
  t: number;
  branch: number | undefined;
  stories: readonly RaceStory[] | undefined;
  /** What was asked for last: a race, or two threads that need have none. */
  shown: RaceStory | undefined;
  pair: readonly [number, number] | undefined;
  readonly orders: Map<string, readonly OrderStep[] | undefined>;
}

const nothing = (): Known => ({ t: -1, branch: undefined, stories: undefined, shown: undefined, pair: undefined, orders: new Map() });

function knownOf(session: Session): Known {
  const known = session.target.lasting(nothing);
  const { t } = session.target.process;
  const branch = session.history?.branch.id;
  if (known.t !== t || known.branch !== branch) {
    known.t = t;
    known.branch = branch;
    known.stories = undefined;
    known.shown = undefined;
    known.pair = undefined;
    known.orders.clear();
  }
  return known;
}

/** The race that the program stands at, or else one that was reported: the last, or by its number, from 1. Throws CommandError. */
export function raceStory(session: Session, number: number | undefined, column: number): RaceStory {
  const { target } = session;
  const known = knownOf(session);
  const here = number === undefined && !session.exited ? raceHere(target) : undefined;
  known.pair = undefined;
  if (here !== undefined) return (known.shown = storyOf(raceView(target), here));
  known.stories ??= witnessed(session);
  const story = number === undefined ? known.stories.at(-1) : known.stories[number - 1];
  if (story !== undefined) return (known.shown = story);
  const count = known.stories.length;
  throw new CommandError(
    count === 0 ? 'no race was reported so far; break race stops at the next' : `no race ${number}: ${count} were reported so far`,
    column,
  );
}

/** The race that the program stands at or that was asked for, and what has ordered its two, if that was asked for; nothing is run for it. */
export function knownRace(session: Session): { readonly story: RaceStory; readonly steps: readonly OrderStep[] | undefined } | undefined {
  const { orders, pair } = knownOf(session);
  const story = pair === undefined ? knownStory(session) : undefined;
  return story && { story, steps: orders.get(`${story.now.tid} ${story.before.tid}`) };
}

function knownStory(session: Session): RaceStory | undefined {
  const { target } = session;
  const { shown } = knownOf(session);
  const here = shown === undefined && !session.exited ? raceHere(target) : undefined;
  return shown ?? (here && storyOf(raceView(target), here));
}

/** The race that is known of, when it is between these two; then it is what was asked for last. */
export function raceBetween(session: Session, one: number, two: number): RaceStory | undefined {
  const story = knownStory(session);
  const tids = [story?.now.tid, story?.before.tid];
  if (one === two || !tids.includes(one) || !tids.includes(two)) return undefined;
  knownOf(session).pair = undefined;
  return story;
}

/** The order of two threads, asked for without a race of theirs. */
export function orderAlone(session: Session, view: RaceView, tids: readonly [number, number]): readonly OrderStep[] | undefined {
  const known = knownOf(session);
  known.pair = tids;
  return orderOf(session, view, tids);
}

/** The two threads that were asked about last, with their order. */
export function knownPair(
  session: Session,
): { readonly tids: readonly [number, number]; readonly steps: readonly OrderStep[] } | undefined {
  const { pair, orders } = knownOf(session);
  const steps = pair && orders.get(pair.join(' '));
  return pair && steps && { tids: pair, steps };
}

/** FastTrack on the run up to this moment. Throws CommandError. */
export function secondOpinion(session: Session, column: number): SecondOpinion {
  raceView(session.target);
  const { images } = session.target;
  const opinion = session.past.watched(MOST, process => new SecondOpinion(process, () => images));
  if (opinion instanceof SecondOpinion) return opinion;
  throw new CommandError(opinion === 'far' ? 'the run is too long to be run again' : 'the program has not run yet', column);
}

function witnessed(session: Session): readonly RaceStory[] {
  // Runs are equal: what is mapped now is there, or will be.
  const { images } = session.target;
  const witness = session.past.watched(MOST, process => new RaceWitness(process, () => images));
  if (witness === 'far') throw new CommandError('the run is too long to be run again: break race, restart, and ask at the stop');
  if (witness !== undefined) return witness.printed();
  if (session.target.process.fromCore)
    throw new CommandError('a core file has no past: race threads, race history and shadow tell what its race detector remembers');
  return [];
}

/** What has ordered two threads up to this moment; undefined: that cannot be told. */
export function orderOf(session: Session, view: RaceView, tids: readonly [number, number]): readonly OrderStep[] | undefined {
  const { orders } = knownOf(session);
  const key = tids.join(' ');
  if (!orders.has(key)) {
    const recorder = session.past.watched(
      MOST,
      process => new OrderRecorder({ process, images: session.target.images }, view.inside.state, tids),
    );
    orders.set(key, recorder === 'far' ? undefined : recorder?.steps);
  }
  return orders.get(key);
}
