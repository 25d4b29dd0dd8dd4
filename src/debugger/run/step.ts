/**
 * Stepping. By instruction: exactly one of the current thread, however often others run in between; the schedule is the one that
 * `continue` would have had. By line: breakpoints on the function's other lines, on its return and, for `step`, on the line's calls, all
 * of them good only in the same goroutine and frame, so that a loop on one line runs at full speed.
 */

import { unwindRegister } from '../../abi/registers.js';
import type { Func, InlineFrame } from '../../image/api.js';
import { isOfLoops } from '../../runtime/range-bodies.js';
import { effectsIn, instructionsIn } from '../code/decode.js';
import { CommandError } from '../errors.js';
import type { Session } from '../session/session.js';
import type { Stop } from '../session/stop.js';
import { ownFrame } from '../show/goroutine-text.js';
import { placesIn } from '../stack/entering.js';
import type { LogicalFrame, PhysicalFrame } from '../stack/frame.js';
import { lookupPc } from '../stack/frame.js';
import { armStep, arrived, dropSignal, type Goal, interrupted, judge, resume } from './control.js';
import { coroutineGoals, type Goals, isCoroutineCode, startedGoroutine } from './other-goroutine.js';
import { atOrOutside, placeOf, type StepPlace } from './place.js';
import { loopFamily, ownerOf } from './range-loops.js';
import { lookAtScopes } from './watch-scopes.js';

/** Frames whose return counts as an end of the step: a panic may leave several at once. */
const RETURNS = 64;

/** Frames of a waiting goroutine that are looked at for the user's. */
const WAITING_FRAMES = 64;

/** `stepi N`. */
export async function stepInstructions(session: Session, count: number): Promise<Stop> {
  return (await repeated(session, count, () => oneInstruction(session))) ?? atInstruction(session, { reason: 'step' });
}

/** Steps `count` times, with keys let in between; a stop when something else happened. */
async function repeated(session: Session, count: number, step: () => Promise<Stop | undefined>): Promise<Stop | undefined> {
  for (let done = 0; done < count; done++) {
    if (await interrupted(session)) return finished(session, { reason: 'interrupted' });
    const stop = await step();
    if (stop !== undefined) return stop;
  }
  return undefined;
}

/** `nexti N`: calls are run to their return. */
export async function nextInstructions(session: Session, count: number): Promise<Stop> {
  return (await repeated(session, count, () => nextInstruction(session))) ?? atInstruction(session, { reason: 'next' });
}

/** Who goes by instructions is in an inlined call as soon as its code begins. */
function atInstruction(session: Session, stop: Stop): Stop {
  const at = finished(session, stop);
  session.enter(0);
  return at;
}

async function nextInstruction(session: Session): Promise<Stop | undefined> {
  const { rip } = session.thread.registers;
  const effects = effectsIn(session.target.memory, rip);
  if (effects?.flow.kind !== 'call' && effects?.flow.kind !== 'syscall') return oneInstruction(session);
  const next = rip + BigInt(effects.length);
  const here = placeOf(session, session.thread.registers.get('rsp'));
  const goals: Goals = new Map();
  addGoal(goals, next, () => atOrOutside(currentPlace(session), here));
  const stop = await resume(session, { at: goals, reached: { reason: 'next' } });
  return stop.reason === 'next' ? undefined : stop;
}

/** One instruction of the current thread; a stop when something else happened. */
async function oneInstruction(session: Session): Promise<Stop | undefined> {
  const { process } = session.target;
  session.goOnInThread();
  const thread = session.thread;
  if (session.driver.remaining <= 0) return finished(session, { reason: 'limit' });
  armStep(session);
  dropSignal(session);
  const { t } = process;
  let event = session.driver.run(1, true);
  while (event.kind === 'input' && process.t === t) {
    await session.awaitInput(event);
    if (await interrupted(session)) return finished(session, { reason: 'interrupted' });
    event = session.driver.run(1, true);
  }
  session.target.changed();
  const stop = event.kind === 'breakpoint' ? undefined : (judge(session, event, undefined) ?? lookAtScopes(session));
  if (stop !== undefined) return finished(session, stop);
  if (session.stop.reason === 'signal') session.stop = { reason: 'step' };
  if (process.current.tid === thread.tid && thread.state !== 'waiting') return undefined;
  if (thread.state === 'exited') return finished(session, { reason: 'step' });
  // Others run until this thread goes on.
  const goals: Goals = new Map([[thread.registers.rip, () => process.current.tid === thread.tid]]);
  const later = await resume(session, { at: goals, reached: { reason: 'step' } });
  return later.reason === 'step' ? undefined : later;
}

function finished(session: Session, stop: Stop): Stop {
  arrived(session, stop);
  return stop;
}

function currentPlace(session: Session): StepPlace {
  return placeOf(session, session.thread.registers.get('rsp'));
}

function addGoal(goals: Goals, address: bigint, holds: () => boolean): void {
  const before = goals.get(address);
  goals.set(address, before === undefined ? holds : () => before() || holds());
}

/** `next N` and `step N`. */
export async function stepLines(session: Session, count: number, into: boolean, follow = false): Promise<Stop> {
  let stop: Stop = { reason: into ? 'step' : 'next' };
  const other = await repeated(session, count, async () => {
    stop = into ? await stepInto(session, follow) : await nextLine(session);
    return stop.reason === 'step' || stop.reason === 'next' ? undefined : stop;
  });
  return other ?? stop;
}

/** The frame whose line is stepped on from: of a goroutine that waits, the user's, and not the runtime's in which it does. */
function lineFrame(session: Session): LogicalFrame {
  const { goroutine } = session.selection;
  const frames = session.frames(1);
  if (goroutine === undefined || session.target.threadOf(goroutine) !== undefined) return frames[0]!;
  return ownFrame(session.frames(WAITING_FRAMES)) ?? frames[0]!;
}

/** Whether execution stands in front of an inlined call, still on the line of the frame that was stepped on from. */
function sameLine(session: Session, { name, file, line }: LogicalFrame): boolean {
  if (session.target.enteringAt(session.thread) === 0) return false;
  const now = session.frames(1)[0]!;
  return now.name === name && now.file === file && now.line === line;
}

/** `step` in front of an inlined call: into it, which moves nothing. */
function enterInlined(session: Session, stop: Stop): Stop {
  const count = session.target.enteringAt(session.thread);
  if (count === 0) return stop;
  const entered = finished(session, { reason: 'step' });
  session.enter(count - 1);
  return entered;
}

async function nextLine(session: Session): Promise<Stop> {
  return resume(session, { at: lineGoals(session, lineFrame(session), false), reached: { reason: 'next' } });
}

/** `follow`: to the user's code on other goroutines that the line starts or switches to. */
async function stepInto(session: Session, follow: boolean): Promise<Stop> {
  let frame = lineFrame(session);
  if (session.selection.goroutine === undefined && session.target.enteringAt(session.thread) > 0)
    return enterInlined(session, { reason: 'step' });
  const from = frame;
  const between = isCoroutineCode(frame.name);
  for (;;) {
    const stop = await stepFrom(session, frame, follow);
    if (stop !== 'wrapper' && stop.reason === 'step' && sameLine(session, from)) return enterInlined(session, stop);
    if (stop !== 'wrapper' && (!follow || between || stop.reason !== 'step')) return stop;
    frame = session.frames(1)[0]!;
    if (stop === 'wrapper') continue;
    if (!isCoroutineCode(frame.name)) return stop;
    if (await interrupted(session)) return finished(session, { reason: 'interrupted' });
  }
}

/** On from a frame's line, whatever other functions that calls; `wrapper`: in one, which is to be stepped through as well. */
async function stepFrom(session: Session, frame: LogicalFrame, follow: boolean): Promise<Stop | 'wrapper'> {
  const lines = lineGoals(session, frame, true);
  const calls = callsOfLine(session, frame);
  const here = framePlace(session, frame.physical);
  const goals: Goals = new Map([...lines, ...calls.map(call => [call, () => sameFrame(session, here)] as const)]);
  for (;;) {
    const already = calls.includes(session.thread.registers.rip);
    const stop = already ? ({ reason: 'step' } as const) : await resume(session, { at: goals, reached: { reason: 'step' } });
    if (stop.reason !== 'step' || !calls.includes(session.thread.registers.rip)) return stop;
    const entered = await oneInstruction(session);
    if (entered !== undefined) return entered;
    const callee = session.frames(1)[0]!;
    if (callee.physical.func?.wrapper) return 'wrapper';
    if (worthEntering(callee, frame)) return toBody(session, callee);
    const coroutine = follow ? coroutineGoals(session, callee) : undefined;
    if (coroutine !== undefined) return toOther(session, coroutine);
    const started = follow ? startedGoroutine(session, callee) : undefined;
    // Not a function to look at: out of it again, and on with the same line, unless its call was the last of that. A panic does not come back.
    const out = await runOut(session, callee.physical, lines);
    if (out.reason !== 'finish') return out;
    if (started !== undefined) return toOther(session, started());
    if (lines.get(session.thread.registers.rip)?.()) return finished(session, { reason: 'step' });
  }
}

/** Runs until another goroutine is where it goes on, or enters its function. */
async function toOther(session: Session, goals: Goals): Promise<Stop | 'wrapper'> {
  const stop = await resume(session, { at: goals, reached: { reason: 'step' } });
  const frame = stop.reason === 'step' ? session.frames(1)[0]! : undefined;
  const { func } = frame?.physical ?? {};
  if (frame === undefined || func?.entry !== session.thread.registers.rip) return stop;
  return func.wrapper ? 'wrapper' : toBody(session, frame);
}

/** Behind the prologue of a function that was just entered. A stack check there may move the stack first. */
async function toBody(session: Session, callee: LogicalFrame): Promise<Stop> {
  const func = callee.physical.func!;
  const body = session.target.images.at(func.entry)?.afterPrologue(func) ?? func.entry;
  const { stack } = currentPlace(session);
  if (body === session.thread.registers.rip) return finished(session, { reason: 'step' });
  return resume(session, { at: new Map([[body, () => currentPlace(session).stack === stack]]), reached: { reason: 'step' } });
}

/** Functions with lines are entered; what the compiler calls on its own account (`runtime.growslice`) only from within the runtime. */
function worthEntering(callee: LogicalFrame, from: LogicalFrame): boolean {
  if (callee.line === undefined || callee.physical.func === undefined) return false;
  const hidden = /^runtime\.[^A-Z]/.test(callee.physical.func.name) || /^(race|gcWriteBarrier)/.test(callee.physical.func.name);
  return !hidden || /^runtime\./.test(from.name) || /^race/.test(from.name);
}

/** Other lines of the function, in this very frame, and the return to any frame further out. */
function lineGoals(session: Session, frame: LogicalFrame, into: boolean): Goals {
  const { outer: own, bodies } = into ? { outer: frame, bodies: [] } : loopFamily(session, frame);
  const { physical } = own;
  const { func } = physical;
  const { images } = session.target;
  const goals: Goals = new Map();
  returnGoals(session, goals, physical);
  if (func === undefined || frame.line === undefined) return goals;
  const here = framePlace(session, physical);
  const inline = images.inlineFrames(lookupPc(physical));
  const depth =
    inline.length -
    Math.max(
      0,
      inline.findIndex(({ name }) => name === own.name),
    );
  const ofLoop = (pc: bigint): boolean => isOfLoops(images.inlineFrames(pc)[0], own);
  for (const { pc, file, line, entering, frames } of placesIn(images, func)) {
    if (line === frame.line && file === frame.file && !(into && entering > 0)) continue;
    if (!into && insideInlineCall(frames(), depth, own) && !ofLoop(pc)) continue;
    goals.set(pc, () => sameFrame(session, here));
  }
  for (const body of bodies) {
    const from = images.afterPrologue(body);
    for (const { pc, file, line } of images.statementsIn(from, body.end)) {
      if ((line !== frame.line || file !== frame.file) && ofLoop(pc)) goals.set(pc, () => inLoopOf(session, body, here));
    }
  }
  return goals;
}

/** Whether the body of a loop in which execution stands is one of that very call of a function. */
function inLoopOf(session: Session, body: Func, place: StepPlace | undefined): boolean {
  session.target.changed();
  const owner = ownerOf(session, body);
  const here = owner && framePlace(session, owner.physical);
  return place !== undefined && here?.stack === place.stack && here.depth === place.depth;
}

/** True when frames at a pc are of a call that is inlined into the frame, which `next` runs through. */
const insideInlineCall = (inline: readonly InlineFrame[], depth: number, frame: LogicalFrame): boolean =>
  inline.length > depth && inline[inline.length - depth]?.name === frame.name;

function framePlace(session: Session, physical: PhysicalFrame): StepPlace | undefined {
  return physical.cfa === undefined ? undefined : placeOf(session, physical.cfa - 8n);
}

/** Whether execution stands in the frame that `place` was taken of, and not in a recursive call or another goroutine. */
function sameFrame(session: Session, place: StepPlace | undefined): boolean {
  if (place === undefined) return true;
  const cfa = currentCfa(session);
  if (cfa === undefined) return true;
  const here = placeOf(session, cfa - 8n);
  return here.stack === place.stack && here.depth === place.depth;
}

/** The innermost frame's CFA: from the tables when they are to be trusted, which costs no walk. */
export function currentCfa(session: Session): bigint | undefined {
  const { registers } = session.thread;
  const func = session.target.images.functionAt(registers.rip);
  const row = func === undefined || func.spWrite ? undefined : session.target.images.unwindAt(registers.rip);
  if (row !== undefined && 'register' in row.cfa) {
    const name = unwindRegister(row.cfa.register);
    if (name === 'rsp' || name === 'rbp') return registers.get(name) + BigInt(row.cfa.offset);
  }
  session.target.changed();
  return session.frames(1)[0]?.physical.cfa;
}

/**
 * Returns from `from`, or from the innermost frame, and from those further out. Where the runtime has called the user's code, a deferred function for
 * one, it goes back to the user's frame that is behind the runtime's: where that goes on, which after a panic that was recovered is anywhere in it.
 */
function returnGoals(session: Session, goals: Goals, from?: PhysicalFrame): void {
  const frames = [...new Set(session.frames(RETURNS).map(({ physical }) => physical))];
  const [own, ...outer] = frames.slice(Math.max(0, from === undefined ? 0 : frames.indexOf(from)));
  if (own === undefined) return;
  const skips = !isRuntime(own);
  for (const [index, physical] of [own, ...outer].entries()) {
    const caller = outer[index];
    const within = skips && caller !== undefined && isRuntime(caller) && outer.slice(index + 1).some(each => !isRuntime(each));
    if (!within && physical.returnAddress !== undefined && physical.cfa !== undefined) {
      const place = placeOf(session, physical.cfa);
      addGoal(goals, physical.returnAddress, () => atOrOutside(currentPlace(session), place));
    }
    if (skips && isRuntime(physical) && caller?.func !== undefined && !isRuntime(caller)) {
      const place = framePlace(session, caller);
      const { entry, end } = caller.func;
      for (const { pc } of session.target.images.statementsIn(entry, end)) addGoal(goals, pc, () => sameFrame(session, place));
    }
  }
}

/** Whether a frame is of Go's runtime, which calls code of others: deferred functions above all. */
const isRuntime = ({ func }: PhysicalFrame): boolean => func !== undefined && func.language !== 'c' && func.name.startsWith('runtime.');

/** Addresses of the CALL instructions that belong to the frame's line. */
function callsOfLine(session: Session, frame: LogicalFrame): readonly bigint[] {
  const { func } = frame.physical;
  if (func === undefined || frame.line === undefined) return [];
  const found: bigint[] = [];
  for (const instruction of instructionsIn(session.target.memory, func.entry, func.end)) {
    if (instruction.flow !== 'call') continue;
    const line = session.target.images.lineAt(instruction.address);
    if (line?.line === frame.line && line.file === frame.file) found.push(instruction.address);
  }
  return found;
}

/** `finish`, `stepout`: until the selected frame returns to its caller. */
export async function finishFrame(session: Session): Promise<Stop> {
  const { frame } = session;
  if (frame.inlined) return leaveInlined(session, frame);
  return runToReturn(session, frame.physical);
}

async function runToReturn(session: Session, physical: PhysicalFrame): Promise<Stop> {
  if (physical.returnAddress === undefined || physical.cfa === undefined) {
    // Its return leads to another stack, or nowhere: the next frame out tells where.
    const frames = session.frames();
    const outer = frames.find(
      each => each.index > 0 && each.physical !== physical && frames.some(inner => inner.physical === physical && inner.index < each.index),
    );
    if (outer === undefined) throw new CommandError('this is the outermost frame: it returns to nobody');
    const place = placeOf(session, outer.physical.sp);
    const goal: Goal = {
      at: new Map([[outer.physical.pc, () => atOrOutside(currentPlace(session), place)]]),
      reached: { reason: 'finish' },
    };
    return resume(session, goal);
  }
  const place = placeOf(session, physical.cfa);
  return resume(session, {
    at: new Map([[physical.returnAddress, () => atOrOutside(currentPlace(session), place)]]),
    reached: { reason: 'finish' },
  });
}

/** As `runToReturn`, or to a goal: what was called may leave by a panic. */
async function runOut(session: Session, { returnAddress, cfa }: PhysicalFrame, goals: Goals): Promise<Stop> {
  if (returnAddress === undefined || cfa === undefined) return resume(session, { at: goals, reached: { reason: 'step' } });
  const place = placeOf(session, cfa);
  const returned = (): boolean => atOrOutside(currentPlace(session), place);
  const at: Goals = new Map(goals);
  addGoal(at, returnAddress, returned);
  const stop = await resume(session, { at, reached: { reason: 'step' } });
  return stop.reason === 'step' && session.thread.registers.rip === returnAddress && returned() ? { reason: 'finish' } : stop;
}

async function leaveInlined(session: Session, frame: LogicalFrame): Promise<Stop> {
  const { func } = frame.physical;
  const image = session.target.images.at(frame.physical.pc);
  const goals: Goals = new Map();
  returnGoals(session, goals);
  if (func !== undefined && image !== undefined) {
    const depth = session.target.images.inlineFrames(lookupPc(frame.physical)).length;
    const here = framePlace(session, frame.physical);
    for (const { pc } of image.statementsIn(func.entry, func.end)) {
      if (session.target.images.inlineFrames(pc).length < depth) goals.set(pc, () => sameFrame(session, here));
    }
  }
  return resume(session, { at: goals, reached: { reason: 'finish' } });
}

/** `until`: like `next`, but never back to an earlier line of the function. */
export async function untilNext(session: Session): Promise<Stop> {
  const frame = session.frames(1)[0]!;
  const goals = lineGoals(session, frame, false);
  const { func, pc } = frame.physical;
  for (const address of goals.keys()) {
    if (func !== undefined && address >= func.entry && address <= pc) goals.delete(address);
  }
  return resume(session, { at: goals, reached: { reason: 'until' } });
}

/** `advance LOC`, `until LOC`: until a location, or the return of the selected frame. `continue LOC` leaves the frame out. */
export async function runTo(session: Session, addresses: readonly bigint[], reason: 'until' | 'advance', orReturn: boolean): Promise<Stop> {
  const goals: Goals = new Map(addresses.map(address => [address, () => true] as const));
  const { physical } = session.frame;
  if (orReturn && physical.returnAddress !== undefined && physical.cfa !== undefined) {
    const place = placeOf(session, physical.cfa);
    addGoal(goals, physical.returnAddress, () => atOrOutside(currentPlace(session), place));
  }
  return resume(session, { at: goals, reached: { reason } });
}
