/** Lets the program run until something worth a stop. */

import type { WatchHit } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import { told } from '../../host/told.js';
import type { ProcessStop, SignalInfo } from '../../linux/api.js';
import { sameArguments } from '../evaluate/instances.js';
import { raceHere } from '../memory/race.js';
import {
  type Breakpoint,
  type CatchKind,
  type Catchpoint,
  type CodeBreakpoint,
  countHit,
  ENDINGS,
  type Watchpoint,
} from '../session/breakpoints.js';
import { holds } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { plainStop, type Stop, type WatchChange } from '../session/stop.js';
import { firstChange } from '../session/watches.js';
import { instanceOf } from '../stack/generics.js';
import { endingAddresses, endingHere, selectCulprit, selectOwnFrame } from './ending.js';
import { traceLine } from './trace.js';
import { isMoving, lookAtScopes, scopeAddresses, staleScope } from './watch-scopes.js';
import { lookAtWatchpoint, watchesOf } from './watched.js';

/** Where a stepping command wants to stop, besides the user's breakpoints. */
export interface Goal {
  /** Looked at when execution arrives there: false lets it go on. */
  readonly at: ReadonlyMap<bigint, () => boolean>;
  readonly reached: Stop;
}

/** Runs to the next stop and makes it the session's. `goal` adds addresses of a stepping command. */
export async function resume(session: Session, goal?: Goal): Promise<Stop> {
  const stop = await run(session, goal);
  forget(session, stop);
  arrived(session, stop);
  return stop;
}

/** Makes a stop the session's. */
export function arrived(session: Session, stop: Stop): void {
  session.stopped(stop);
  if (stop.reason === 'ending') selectCulprit(session, stop.ending);
  else if (stop.reason === 'breakpoint' && raceHere(session.target) !== undefined) selectOwnFrame(session);
}

async function run(session: Session, goal: Goal | undefined): Promise<Stop> {
  session.goOnInThread();
  let armed = arm(session, goal);
  dropSignal(session);
  session.pace.begin();
  let pass = true;
  for (;;) {
    if (session.driver.remaining <= 0) return { reason: 'limit' };
    // Something else to stop for was asked for meanwhile.
    if (armed !== session.stops) armed = arm(session, goal);
    const event = session.pace.slice(session.settings.number('step-slice'), (budget, enough) => session.driver.run(budget, pass, enough));
    session.target.changed();
    pass = event.kind === 'breakpoint';
    const stop = judge(session, event, goal);
    if (stop !== undefined) return stop;
    if (event.kind === 'input') await session.awaitInput(event);
    if (await interrupted(session)) return { reason: 'interrupted' };
  }
}

/** Lets keys in when it is time. True: the user wants the program to stop. */
export async function interrupted(session: Session): Promise<boolean> {
  await session.pace.rest();
  return session.takeInterrupt();
}

/** A signal that is not to be passed on is dropped when the program goes on from it. */
export function dropSignal(session: Session): void {
  const { stop } = session;
  if (stop.reason === 'signal' && !session.signals.of(stop.signal.signal).pass) suppress(session, stop.signal);
}

function suppress(session: Session, { name }: SignalInfo): void {
  session.target.process.suppressSignal();
  session.history?.changed(`${name} is not passed on`);
}

/** Gives the CPU and the kernel what to stop for, and says of which number that is (`Session.stops`). */
export function arm(session: Session, goal: Goal | undefined): number {
  const { addresses } = session.breakpoints;
  session.target.process.cpu.setBreakpoints([
    ...addresses,
    ...endingAddresses(session),
    ...scopeAddresses(session),
    ...(goal?.at.keys() ?? []),
  ]);
  return armStep(session);
}

/** As `arm`, for a single instruction: which address it comes to stops nobody. */
export function armStep(session: Session): number {
  const { breakpoints, target } = session;
  const { process } = target;
  process.cpu.setWatches(breakpoints.watchpoints.filter(each => !isMoving(session, each)).flatMap(watchesOf));
  session.registerWatches.arm(process, breakpoints.registerWatchpoints);
  process.catch = breakpoints.catch(catchable(session));
  process.follow = {
    fork: session.settings.text('follow-fork-mode') === 'child' ? 'child' : 'parent',
    detach: session.settings.text('detach-on-fork') === 'on',
  };
  session.checks.arm(target);
  return session.stops;
}

/** What a stop of the process is to the user; undefined: nothing, go on. */
export function judge(session: Session, event: ProcessStop, goal: Goal | undefined): Stop | undefined {
  switch (event.kind) {
    case 'budget':
      return undefined;
    case 'breakpoint':
      return atAddress(session, goal);
    case 'watchpoint':
      return watchHits(session, event.hits);
    case 'syscall':
      return isCaught(session, 'syscall', event.number) ? plainStop(event) : undefined;
    case 'thread':
      return isCaught(session, 'thread') ? plainStop(event) : undefined;
    case 'process':
      return event.event === 'exited' || isCaught(session, event.event) ? plainStop(event) : undefined;
    case 'signal':
      return signalStop(session, event.signal);
    case 'observer':
      if (event.observer === session.registerWatches) return registerHit(session, goal);
      return { reason: 'abi', violation: session.checks.takeStop() };
    default:
      return plainStop(event);
  }
}

/** Signals to hear of: what `handle` says, and the fatal ones beside any that are caught. */
function catchable(session: Session): ReadonlySet<number> | undefined {
  const { reported } = session.signals;
  const caught = session.breakpoints.all.some(each => each.kind === 'catch' && each.enabled && each.event === 'signal');
  return reported ?? (caught ? new Set(session.signals.fatal) : undefined);
}

/** Counts the event for all catchpoints that it belongs to. True when one of them stops for it. */
function isCaught(session: Session, event: CatchKind, number?: number): boolean {
  session.lookAtThread();
  const hits = session.breakpoints.caught(event, number).flatMap(each => breakpointHit(session, each) ?? []);
  for (const { problem } of hits) if (problem !== undefined) session.events.emit('message', { text: problem });
  return hits.length > 0;
}

function signalStop(session: Session, signal: SignalInfo): Stop | undefined {
  const caught = isCaught(session, 'signal', signal.signal);
  const { stop, print, pass } = session.signals.of(signal.signal);
  if (caught || stop) return { reason: 'signal', signal };
  if (print) session.events.emit('message', { text: `${signal.name}${signal.address === undefined ? '' : ` at ${hex(signal.address)}`}` });
  if (!pass) suppress(session, signal);
  return undefined;
}

function atAddress(session: Session, goal: Goal | undefined): Stop | undefined {
  const pc = session.thread.registers.rip;
  const wanted = goal?.at.get(pc);
  session.lookAtThread();
  const ended = lookAtScopes(session);
  for (const breakpoint of session.breakpoints.at(pc)) {
    const stop = breakpointHit(session, breakpoint);
    if (stop !== undefined) return stop;
  }
  return ended ?? endingStop(session) ?? (wanted?.() ? goal!.reached : undefined);
}

/** Go's runtime is about to end the program, in a way that is stopped at. */
function endingStop(session: Session): Stop | undefined {
  if (session.breakpoints.endings(...ENDINGS).length === 0) return undefined;
  session.target.changed();
  const ending = endingHere(session);
  if (ending === undefined) return undefined;
  for (const breakpoint of session.breakpoints.endings(ending.kind)) {
    const stop = breakpointHit(session, breakpoint);
    if (stop !== undefined) return { ...stop, reason: 'ending', ending };
  }
  return undefined;
}

function breakpointHit(
  session: Session,
  breakpoint: CodeBreakpoint | Catchpoint,
): { readonly reason: 'breakpoint'; readonly breakpoint: Breakpoint; readonly problem?: string } | undefined {
  if (isAnothers(session, breakpoint)) return undefined;
  if (breakpoint.kind === 'break' && breakpoint.instance !== undefined && !isInstance(session, breakpoint.instance)) return undefined;
  const problem = conditionFails(session, breakpoint.condition);
  if (problem === false) return undefined;
  if (!countHit(breakpoint, session.goroutine?.id)) return undefined;
  if (breakpoint.trace) {
    session.events.emit('message', { text: traceLine(session, breakpoint) });
    return undefined;
  }
  return { reason: 'breakpoint', breakpoint, ...(typeof problem === 'string' ? { problem } : {}) };
}

/** Whether only hits of another thread or goroutine count. */
const isAnothers = (session: Session, { thread, goroutine }: Breakpoint): boolean =>
  (thread !== undefined && thread !== session.target.threadNumber(session.thread)) ||
  (goroutine !== undefined && goroutine !== session.goroutine?.id);

/** Whether the generic code that is stopped in was called with those type arguments, as far as that can be told. */
function isInstance(session: Session, wanted: readonly string[]): boolean {
  session.target.changed();
  const args = instanceOf(session.target.walkTarget, session.frames(1)[0]!);
  return args === undefined || sameArguments(args, wanted);
}

/** False: it does not hold. A text: it cannot be told, which stops, so that the user sees it. */
function conditionFails(session: Session, condition: string | undefined): false | string | undefined {
  if (condition === undefined) return undefined;
  session.target.changed();
  try {
    return holds(session.context(), condition) ? undefined : false;
  } catch (error) {
    return `cannot tell whether ${condition} holds: ${told(error).message}`;
  }
}

/** An instruction that will change a watched register: it runs, whichever way the run is gone, and those that want to stop are told. */
function registerHit(session: Session, goal: Goal | undefined): Stop | undefined {
  const { registerWatches: registers, target } = session;
  const { process } = target;
  const { tid } = process.current;
  const event = registers.changedBefore ? undefined : registers.pass(() => session.driver.rerun(1, true));
  target.changed();
  session.lookAtThread();
  const met = registers.changes(tid).filter(({ breakpoint }) => {
    if (isAnothers(session, breakpoint)) return false;
    const problem = conditionFails(session, breakpoint.condition);
    return problem !== false && countHit(breakpoint, session.goroutine?.id);
  });
  const other = event && judge(session, event, goal);
  return met.length > 0 ? { reason: 'register', changes: met } : other;
}

/** Every watchpoint that the access met counts it; all that want to stop are told. */
function watchHits(session: Session, hits: readonly WatchHit[]): Stop | undefined {
  session.lookAtThread();
  session.target.changed();
  const changes: WatchChange[] = [];
  for (const hit of hits) {
    const breakpoint = session.breakpoints.watchpoints.find(each => watchesOf(each).includes(hit.watch));
    const stale = breakpoint && staleScope(session, breakpoint);
    if (stale !== undefined) return stale;
    const change = breakpoint && watchHit(session, breakpoint, hit);
    if (change !== undefined) changes.push(change);
  }
  const [first, ...also] = changes;
  return first && { reason: 'watchpoint', ...first, also };
}

function watchHit(session: Session, breakpoint: Watchpoint, hit: WatchHit): WatchChange | undefined {
  const { watch, last: before } = breakpoint;
  const after = lookAtWatchpoint(session, breakpoint);
  breakpoint.last = after;
  const changed = firstChange(before, after);
  if ((breakpoint.onlyChanges && changed === undefined) || isAnothers(session, breakpoint)) return undefined;
  const problem = conditionFails(session, breakpoint.condition);
  if (problem === false || !countHit(breakpoint, session.goroutine?.id)) return undefined;
  const met = hit.address < watch.address ? watch.address : hit.address;
  const address = changed === undefined || breakpoint.expression !== undefined ? met : watch.address + BigInt(changed);
  return { breakpoint, address, access: hit.access, before: before.text, after: after.text };
}

/** Temporary breakpoints are gone after their first stop. */
function forget(session: Session, stop: Stop): void {
  if ('breakpoint' in stop && stop.breakpoint.temporary) session.breakpoints.remove(stop.breakpoint);
}
