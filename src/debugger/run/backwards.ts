/**
 * The ways back. Each ends at a moment that the run has passed, where it stands as it stood then. What stops it on the way is what would have stopped
 * it on the way there; the place where it stands does not count.
 */
import type { ProcessObserver, ProcessStop } from '../../linux/api.js';
import { instructionsIn } from '../code/decode.js';
import { CommandError } from '../errors.js';
import type { Breakpoint } from '../session/breakpoints.js';
import type { Session } from '../session/session.js';
import { plainStop, type Stop } from '../session/stop.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { Journey, RunBranch, Timeline } from '../timeline/history.js';
import type { Mark, Moment } from '../timeline/marks.js';
import { arm, arrived, interrupted, judge } from './control.js';
import { placeOf, type StepPlace } from './place.js';
import { currentCfa } from './step.js';
import { lookAtWatchpoint } from './watched.js';

type Past = Timeline<Stop>;

/** Instructions that are run at once of what has not been run yet. */
const AHEAD = 1_000_000;
/** Times that the program may ask for input in vain. */
const MOST_ASKED = 4;

/** Goes elsewhere in the run, and makes what the way ends with the session's stop. Ctrl-C brings it back to where it stood: then that is what is returned. */
export async function travel(session: Session, way: (history: Past) => Journey<Stop>): Promise<Stop> {
  const history = await session.remember();
  const { checks, stop: before } = session;
  const { process } = session.target;
  session.goElsewhere();
  session.takeInterrupt();
  const { t } = process;
  const { branch } = history;
  const here = process.save();
  const { on } = checks;
  checks.on = false;
  checks.arm(session.target);
  session.registerWatches.arm(process, []);
  let stop: Stop;
  try {
    const journey = way(history);
    for (let step = journey.next(); ; step = journey.next()) {
      if (step.done) {
        stop = step.value;
        break;
      }
      if (await interrupted(session)) {
        history.branch = branch;
        process.restore(here);
        stop = { reason: 'interrupted' };
        break;
      }
    }
  } catch (error) {
    history.branch = branch;
    process.restore(here);
    session.stopped(before);
    throw error;
  } finally {
    checks.on = on;
    session.stopsChanged();
  }
  session.driver.remaining += t - process.t;
  lookAtWatches(session);
  arrived(session, stop.reason === 'interrupted' && process.t === t ? before : stop);
  return stop;
}

/** Looks at other moments of the run, and comes back to where it stood. Undefined: Ctrl-C has ended it before. */
export async function excursion<T>(session: Session, way: (history: Past) => Journey<T>): Promise<T | undefined> {
  const history = await session.remember();
  const comeBack = session.away(history);
  session.takeInterrupt();
  session.selection = { goroutine: undefined, frame: 0 };
  // Of a program that has ended, too, there is something to look at then.
  session.stop = { reason: 'moment' };
  session.target.faulted = undefined;
  try {
    const journey = way(history);
    for (let step = journey.next(); ; step = journey.next()) {
      if (step.done) return step.value;
      if (await interrupted(session)) return undefined;
    }
  } finally {
    comeBack();
    lookAtWatches(session);
  }
}

/** What is watched is compared from now on with what is there now. */
function lookAtWatches(session: Session): void {
  session.target.changed();
  for (const each of session.breakpoints.watchpoints) each.last = lookAtWatchpoint(session, each);
  session.registerWatches.look(session.target.process, session.breakpoints.registerWatchpoints);
}

// ---- to a moment -----------------------------------------------------------------------------------------------------------------------------

/** To a moment that was passed: at the branch's end, as it was left; elsewhere a stop of its own. */
function* toMoment(history: Past, { t, signal }: Moment, stop: Stop = { reason: 'moment' }): Journey<Stop> {
  const { end } = history.branch;
  if (end !== undefined && t === end.t && (signal === undefined) === (end.note.reason !== 'signal'))
    return (yield* history.toEnd()) ?? stop;
  if (signal === undefined) yield* history.seek(t);
  else if (!(yield* history.seekSignal(t, signal))) return { reason: 'moment' };
  return stop;
}

/** To a mark, in its branch, with the stop that was there. */
export function* toMark(history: Past, mark: Mark<Stop>): Journey<Stop> {
  history.branch = history.branches.find(({ id }) => id === mark.branch)!;
  return yield* toMoment(history, mark, mark.stop);
}

/** To the end of a branch, as it was left. */
export function* toBranch(history: Past, branch: RunBranch<Stop>): Journey<Stop> {
  history.branch = branch;
  return yield* toEnd(history);
}

export function* toEnd(history: Past): Journey<Stop> {
  const { end, reached } = history.branch;
  if (end !== undefined) return (yield* history.toEnd())!;
  yield* history.seek(reached);
  return { reason: 'moment', edge: 'end' };
}

/** To a moment that was passed, or is still to come: then the program runs there, and nothing but its end stops it. */
export function* toTime(session: Session, history: Past, t: number): Journey<Stop> {
  const { reached } = history.branch;
  if (t <= reached) return yield* toMoment(history, { t });
  const stop = yield* toEnd(history);
  const { process } = history;
  if (stop.reason === 'exited') return stop;
  for (let asked = 0; process.t < t; ) {
    const before = process.t;
    history.quiet();
    const event = session.driver.run(Math.min(AHEAD, t - before), true);
    if (event.kind === 'exited' || event.kind === 'deadlock' || event.kind === 'unsupported' || event.kind === 'memory-limit')
      return plainStop(event)!;
    asked = process.t === before ? asked + 1 : 0;
    if (asked > MOST_ASKED || session.driver.remaining <= 0) return { reason: 'moment', edge: 'end' };
    yield;
  }
  return { reason: 'moment' };
}

export function* toStart(history: Past): Journey<Stop> {
  yield* history.seek(history.start);
  return { reason: 'moment', edge: 'start' };
}

// ---- by instruction --------------------------------------------------------------------------------------------------------------------------

/** `reverse-stepi N`: in front of the last instruction of this thread, whatever others ran since. */
export function* stepsBack(session: Session, history: Past, count: number): Journey<Stop> {
  const { process } = session.target;
  const { tid } = process.current;
  const { end } = history.branch;
  for (let left = count; left > 0; ) {
    // Who has ended the program is no more.
    const { t } = process;
    const alone = process.threads.length <= 1 || (end?.note.reason === 'exited' && t >= end.t);
    const by = alone ? left : 1;
    const to = alone ? t - by : yield* lastOf(session, history, tid, t);
    if (to === undefined || to < history.start) return yield* toStart(history);
    yield* history.seek(to);
    left -= by;
  }
  return { reason: 'step' };
}

/** When the last instruction that a thread ran before `t` was about to; undefined: it ran none. */
function* lastOf(session: Session, history: Past, tid: number, t: number): Journey<number | undefined> {
  const { process } = session.target;
  if (t <= history.start) return undefined;
  yield* history.seek(t - 1);
  if (process.current.tid === tid) return t - 1;
  return yield* history.backwards(t - 1, function* (piece) {
    let since = process.current.tid === tid ? piece.start : undefined;
    let last: number | undefined;
    const ran = (): void => {
      if (since !== undefined && process.t > since) last = process.t - 1;
    };
    const observer: ProcessObserver = {
      threadSwitched: next => {
        ran();
        since = next === tid ? process.t : undefined;
      },
    };
    const leave = process.observe(observer);
    try {
      yield* piece.run(() => undefined);
    } finally {
      leave();
    }
    ran();
    return last;
  });
}

/** `reverse-nexti`: calls are gone back over. */
export function* nextsBack(session: Session, history: Past, count: number): Journey<Stop> {
  for (let done = 0; done < count; done++) {
    const { process } = session.target;
    const { t } = process;
    const { rip } = process.current.registers;
    const here = placeHere(session);
    const stop = yield* stepsBack(session, history, 1);
    if (stop.reason === 'moment') return stop;
    const now = placeHere(session);
    if (now.stack !== here.stack || now.depth <= here.depth) continue;
    const call = callBefore(session, rip);
    if (call === undefined) continue;
    const made = yield* lastAt(session, history, t, [call], () => same(placeHere(session), here));
    if (made !== undefined) yield* history.seek(made);
  }
  return { reason: 'next' };
}

/** The CALL that returns to an address. */
function callBefore({ target }: Session, address: bigint): bigint | undefined {
  const func = target.images.functionAt(address - 1n);
  if (func === undefined) return undefined;
  for (const each of instructionsIn(target.memory, func.entry, func.end)) {
    if (each.address + BigInt(each.length) === address) return each.flow === 'call' ? each.address : undefined;
  }
  return undefined;
}

/** Where the thread stands that runs next. */
function placeHere(session: Session): StepPlace {
  session.selection = { goroutine: undefined, frame: 0 };
  return placeOf(session, session.target.process.current.registers.get('rsp'));
}

const same = (one: StepPlace, other: StepPlace): boolean => one.stack === other.stack && one.depth === other.depth;

/** When execution came last before `t` to one of some addresses, with `holds`. */
export function lastAt(
  session: Session,
  history: Past,
  t: number,
  addresses: readonly bigint[],
  holds: () => boolean,
): Journey<number | undefined> {
  const { process } = session.target;
  return history.backwards(t, function* (piece) {
    let last: number | undefined;
    process.cpu.setBreakpoints(addresses);
    yield* piece.run(stop => {
      session.target.changed();
      if (stop.kind === 'breakpoint' && process.t < piece.end && holds()) last = process.t;
    });
    return last;
  });
}

// ---- by call and by line ---------------------------------------------------------------------------------------------------------------------

/** `reverse-finish`: to the call of the selected frame, which has not been made. */
export function* callBack(session: Session, history: Past, frame: LogicalFrame): Journey<Stop> {
  const { tid } = session.target.process.current;
  const entered = yield* entryOf(session, history, frame);
  if (entered === undefined) throw new CommandError('this frame was not entered by a call in the history that there is');
  const before = yield* lastOf(session, history, tid, entered);
  yield* history.seek(before ?? entered);
  return { reason: 'finish' };
}

/** When the function of a frame was entered for it. */
export function* entryOf(session: Session, history: Past, frame: LogicalFrame): Journey<number | undefined> {
  const { func, cfa } = frame.physical;
  if (func === undefined || cfa === undefined) throw new CommandError('where this frame begins is not known');
  const place = placeOf(session, cfa - 8n);
  const { t, current } = session.target.process;
  if (current.registers.rip === func.entry && same(placeHere(session), place)) return t;
  return yield* lastAt(session, history, t, [func.entry], () => same(placeHere(session), place));
}

/** A coming by of a line's beginning in some frame. */
interface Visit {
  readonly t: number;
  readonly line: string;
}

/** `reverse-next` and, with `into`, `reverse-step`: to where the run came to the source line before. */
export function* linesBack(session: Session, history: Past, count: number, into: boolean): Journey<Stop> {
  for (let done = 0; done < count; done++) {
    const stop = yield* lineBack(session, history, into);
    if (stop !== undefined) return stop;
  }
  return { reason: into ? 'step' : 'next' };
}

function* lineBack(session: Session, history: Past, into: boolean): Journey<Stop | undefined> {
  const { process } = session.target;
  const { t } = process;
  const { tid } = process.current;
  const [frame] = framesHere(session, 1);
  if (frame?.line === undefined) return yield* unlessStart(stepsBack(session, history, 1));
  const before = yield* lineBegin(session, history, frame, t);
  if (into) {
    const returned = yield* returnInto(session, history, frame, before ?? history.start, t);
    if (returned !== undefined) {
      yield* history.seek(returned);
      const [callee] = framesHere(session, 1);
      const begin = callee === undefined ? undefined : yield* lineBegin(session, history, callee, returned + 1);
      yield* history.seek(begin ?? returned);
      return undefined;
    }
  }
  if (before !== undefined) {
    yield* history.seek(before);
    return undefined;
  }
  // The frame's first line: back to the one that called it.
  yield* history.seek(t);
  const entered = yield* entryOf(session, history, framesHere(session, 1)[0]!);
  const call = entered === undefined ? undefined : yield* lastOf(session, history, tid, entered);
  if (call === undefined) return yield* toStart(history);
  yield* history.seek(call);
  const [caller] = framesHere(session, 1);
  const begin = caller?.line === undefined ? undefined : yield* lineBegin(session, history, caller, call + 1);
  yield* history.seek(begin ?? call);
  return undefined;
}

function* unlessStart(way: Journey<Stop>): Journey<Stop | undefined> {
  const stop = yield* way;
  return stop.reason === 'moment' ? stop : undefined;
}

function framesHere(session: Session, count: number): readonly LogicalFrame[] {
  session.target.changed();
  session.selection = { goroutine: undefined, frame: 0 };
  return session.target.stack().frames(count);
}

/**
 * When the run came to a source line in this very frame, last before `t`: to its first instruction, however often it came by others of the line since.
 * Undefined: it came to none since the frame began.
 */
function* lineBegin(session: Session, history: Past, { physical }: LogicalFrame, t: number): Journey<number | undefined> {
  const { func, cfa } = physical;
  if (func === undefined || cfa === undefined) return undefined;
  const { images, process } = session.target;
  const place = placeOf(session, cfa - 8n);
  const lines = new Map<bigint, string>();
  for (const { pc, file, line } of images.statementsIn(func.entry, func.end)) lines.set(pc, `${file}:${line}`);
  lines.set(func.entry, '');
  let later: Visit[] = [];
  const begin = yield* history.backwards(t, function* (piece) {
    const visits: Visit[] = [];
    process.cpu.setBreakpoints(lines.keys());
    yield* piece.run(stop => {
      if (stop.kind !== 'breakpoint' || process.t >= piece.end) return;
      const { rip } = process.current.registers;
      session.target.changed();
      if (rip === func.entry) {
        if (same(placeHere(session), place)) visits.push({ t: process.t, line: '' });
      } else if (inFrame(session, place)) visits.push({ t: process.t, line: lines.get(rip)! });
    });
    const entry = visits.findLastIndex(({ line }) => line === '');
    later = [...visits.slice(entry + 1), ...later];
    const line = later.at(-1)?.line;
    const other = later.findLastIndex(each => each.line !== line);
    return other >= 0 || entry >= 0 ? { t: later[other + 1]?.t } : undefined;
  });
  return begin?.t;
}

/** Whether execution stands in the frame whose return address is at `place`. */
function inFrame(session: Session, place: StepPlace): boolean {
  session.selection = { goroutine: undefined, frame: 0 };
  const cfa = currentCfa(session);
  return cfa === undefined || same(placeOf(session, cfa - 8n), place);
}

/** The last return into a frame, between two moments, from a function that is worth looking at: when its RET was about to run. */
function* returnInto(session: Session, history: Past, frame: LogicalFrame, from: number, t: number): Journey<number | undefined> {
  const { target } = session;
  const { func, cfa } = frame.physical;
  if (func === undefined || cfa === undefined) return undefined;
  const { tid } = target.process.current;
  const place = placeOf(session, cfa - 8n);
  const behind: bigint[] = [];
  for (const each of instructionsIn(target.memory, func.entry, func.end)) {
    if (each.flow === 'call') behind.push(each.address + BigInt(each.length));
  }
  for (let until = t; ; ) {
    const came = yield* lastAt(session, history, until, behind, () => inFrame(session, place));
    if (came === undefined || came <= from) return undefined;
    const ret = yield* lastOf(session, history, tid, came);
    if (ret === undefined) return undefined;
    yield* history.seek(ret);
    const [callee] = framesHere(session, 1);
    if (callee?.physical.func !== func && callee?.line !== undefined && isWorth(callee, frame)) return ret;
    until = came;
  }
}

/** As forwards: what the compiler calls on its own account only from within the runtime. */
const isWorth = (callee: LogicalFrame, from: LogicalFrame): boolean =>
  callee.physical.func?.wrapper !== true && (!/^(?:runtime\.[^A-Z]|race)/.test(callee.name) || /^(?:runtime\.|race)/.test(from.name));

// ---- to what would have stopped it -----------------------------------------------------------------------------------------------------------

/** `reverse-continue`: to the last place before this one where something would have stopped the run. */
export function* continueBack(session: Session, history: Past): Journey<Stop> {
  const { process } = session.target;
  const { t } = process;
  const restore = asIfNotSeen(session.breakpoints.all);
  let found: { readonly moment: Moment; readonly stop: Stop } | undefined;
  try {
    found = yield* history.backwards(t, function* (piece) {
      let last: { readonly moment: Moment; readonly stop: Stop } | undefined;
      lookAtWatches(session);
      arm(session, undefined);
      yield* piece.run(event => {
        session.target.changed();
        const stop = counts(event, process.t, piece.end) ? judge(session, event, undefined) : undefined;
        // A register's change is seen behind its instruction, which may have led to where it stands.
        if (stop === undefined || stop.reason === 'exited' || (piece.last && process.t >= piece.end)) return;
        last = { moment: { t: process.t, signal: stop.reason === 'signal' ? stop.signal.signal : undefined }, stop };
      });
      return last;
    });
  } finally {
    restore();
    session.registerWatches.arm(process, []);
  }
  if (found === undefined) return yield* toStart(history);
  return yield* toMoment(history, found.moment, found.stop);
}

/** Breakpoints stop in front of an instruction, which is the next piece's when it stands at the end. */
const counts = (event: ProcessStop, t: number, end: number): boolean => event.kind !== 'breakpoint' || t < end;

/** Lets breakpoints be looked at without a trace: nothing counts, nothing is printed. Gives back what puts them right again. */
function asIfNotSeen(all: readonly Breakpoint[]): () => void {
  const before = all.map(each => ({
    each,
    state: { enabled: each.enabled, hits: each.hits, ignore: each.ignore, hitCondition: each.hitCondition },
    counts: new Map(each.goroutineHits),
  }));
  for (const each of all) {
    each.ignore = 0;
    each.hitCondition = undefined;
    if (each.trace) each.enabled = false;
  }
  return () => {
    for (const { each, state, counts } of before) {
      Object.assign(each, state);
      each.goroutineHits.clear();
      for (const [id, count] of counts) each.goroutineHits.set(id, count);
    }
  };
}
