/**
 * `why`: what led to this stop, told from the run itself: the operand that was at fault, where its value came from, on which stack and for whom, and what
 * is known of such a case. Each sentence is of something that was looked at.
 */
import { CommandError } from '../errors.js';
import { raceHere } from '../memory/race.js';
import type { Session } from '../session/session.js';
import type { Stop } from '../session/stop.js';
import { isUserCode } from '../show/goroutine-text.js';
import { linkText, type ToldLink } from '../show/origin-text.js';
import type { Journey, Timeline } from '../timeline/history.js';
import { ofAbort } from './abort.js';
import { ofDataRace, raceOf } from './data-race.js';
import { ofEnding } from './ending.js';
import { ofFault } from './fault.js';
import { FRAMES, Inquiry, type Reason, type StopScene, saying } from './inquiry.js';
import { switched } from './stack.js';

export type { Reason } from './inquiry.js';

/** Lines that are told. */
const MOST_LINES = 12;

export function sceneOf(session: Session): StopScene {
  const { stop, target } = session;
  const { stack } = session;
  const explained = stop.reason === 'signal' || stop.reason === 'ending' || stop.reason === 'abi' || raceHere(target) !== undefined;
  if (!explained)
    throw new CommandError(
      'nothing has gone wrong here that could be explained: why is for faults, panics, what Go throws and data races; origin for any value',
    );
  return { stop, faulted: target.faulted, frames: stack.frames(FRAMES), tid: session.thread.tid, t: target.process.t };
}

/** The whole of it, in so many lines as one reads at once. */
export function* reasons(session: Session, history: Timeline<Stop>, scene: StopScene): Journey<readonly Reason[]> {
  return few(yield* all(new Inquiry(session, history, scene)));
}

function* all(q: Inquiry): Journey<readonly Reason[]> {
  const { stop, faulted } = q.scene;
  if (stop.reason === 'breakpoint') return yield* ofDataRace(q, raceOf(q));
  if (stop.reason === 'ending') return yield* ofEnding(q, stop);
  if (stop.reason !== 'signal' || faulted === undefined) return yield* ofOther(q);
  return yield* ofFault(q, faulted);
}

/** Lets links go that lie between others, those of the longest ways first. */
function few(told: readonly Reason[]): readonly Reason[] {
  const list = [...told];
  const isLink = (index: number): boolean => list[index] !== undefined && 'link' in list[index];
  while (list.length > MOST_LINES) {
    const middle = list.findIndex((_, index) => isLink(index - 1) && isLink(index) && isLink(index + 1));
    list.splice(middle < 0 ? MOST_LINES - 1 : middle, 1);
  }
  return list;
}

function* ofOther(q: Inquiry): Journey<readonly Reason[]> {
  const { scene, history } = q;
  const { stop } = scene;
  if (stop.reason !== 'signal') return [saying('what is known of this stop, it has said')];
  const { sender, name } = stop.signal;
  const itself = sender !== undefined && sender === q.target.process.pid;
  const told = [
    saying(
      `${name}${itself ? ', which the program has sent to itself' : sender === undefined ? '' : `, sent by process ${sender}`}: no instruction has faulted`,
    ),
  ];
  yield* history.seek(Math.min(scene.t, history.branch.reached));
  if (itself) return [...told, ...(yield* ofAbort(q))];
  const by = scene.frames.find(isUserCode);
  return by === undefined ? told : [...told, saying(`innermost of the program's own is ${q.where(by)}`), ...switched(q, scene.frames)];
}

/** As lines; `mark` gives a link its number. */
export function reasonLines(reasons: readonly Reason[], mark: (link: ToldLink) => number): readonly string[] {
  return reasons.map(reason => ('text' in reason ? reason.text : `  [${mark(reason.link)}] ${linkText(reason.link)}`));
}
