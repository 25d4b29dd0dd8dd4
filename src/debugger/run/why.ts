/**
 * `why`: what led to this stop, told from the run itself: the operand that was at fault, where its value came from, on which stack and for whom, and what
 * is known of such a case. Each sentence is of something that was looked at.
 */

import { GPR_NAMES } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import type { Func, Type } from '../../image/api.js';
import { fieldOffset, racectxOffset } from '../../runtime/layout.js';
import { NIL_CONTEXT_REPORTS } from '../../runtime/race/known.js';
import { raceParameters } from '../../runtime/race/signatures.js';
import { effectsIn } from '../code/decode.js';
import { describeCode } from '../code/describe.js';
import { disassembleAt } from '../code/disassemble.js';
import { instrumented } from '../code/instrumented.js';
import { addressRegisters, explainFault, type Faulted } from '../code/operands.js';
import { CommandError } from '../errors.js';
import { callable } from '../lens/signature.js';
import type { Session } from '../session/session.js';
import type { Stop } from '../session/stop.js';
import { isUserCode, ownFrame } from '../show/goroutine-text.js';
import { linkText, type ToldLink } from '../show/origin-text.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { Target } from '../target.js';
import type { Journey, Timeline } from '../timeline/history.js';
import type { ValueSpot } from '../timeline/origin.js';
import { underlying } from '../values/types.js';
import { entryOf } from './backwards.js';
import { type Trail, trailOf } from './origin.js';

/** A sentence, or a link of an origin, which has a number for `goto`. */
export type Reason = { readonly text: string } | { readonly link: ToldLink };

/** What is looked at while the program stands where it stopped. */
interface Scene {
  readonly stop: Stop;
  readonly faulted: Faulted | undefined;
  readonly frames: readonly LogicalFrame[];
  readonly tid: number;
  readonly t: number;
}

const FRAMES = 64;
/** Links of an origin that are told: the first ones, and the last. */
const TOLD = 5;
/** Addresses that a nil pointer and a field lead to. */
const NIL = 1n << 16n;

export function sceneOf(session: Session): Scene {
  const { stop, target } = session;
  const { stack } = session;
  if (stop.reason !== 'signal' && stop.reason !== 'ending' && stop.reason !== 'abi')
    throw new CommandError(
      'nothing has gone wrong here that could be explained: why is for faults, panics and what Go throws; origin for any value',
    );
  return { stop, faulted: target.faulted, frames: stack.frames(FRAMES), tid: session.thread.tid, t: target.process.t };
}

/** The whole of it. */
export function* reasons(session: Session, history: Timeline<Stop>, scene: Scene): Journey<readonly Reason[]> {
  const { stop, faulted } = scene;
  if (stop.reason === 'ending') return yield* ofEnding(session, history, scene, stop);
  if (stop.reason !== 'signal' || faulted === undefined) return yield* ofOther(session, history, scene);
  return yield* ofFault(session, history, scene, faulted);
}

const say = (text: string): Reason => ({ text });

// ---- faults ----------------------------------------------------------------------------------------------------------------------------------

function* ofFault(session: Session, history: Timeline<Stop>, scene: Scene, faulted: Faulted): Journey<readonly Reason[]> {
  const { target } = session;
  const { rip, fault } = faulted;
  const text = disassembleAt(target, session.settings.flavor, rip)?.text.replace(/\s+[#;] .*/, '') ?? 'the instruction';
  const who = fault.access === 'exec' ? 'the program' : `${text} in ${place(session, rip)}`;
  const told: Reason[] = [say(`${who} ${explainFault(target, faulted)}`)];
  told.push(...switched(session, scene));
  told.push(...overflow(scene, faulted));
  const gone = fault.cause?.kind === 'target';
  if (gone || (fault.access === 'exec' && fault.from !== undefined)) {
    const trail = yield* targetTrail(session, history, gone ? scene.t : scene.t - 1, gone ? rip : fault.from!);
    if (trail !== undefined) told.push(...trailReasons(trail));
    return told;
  }
  const spot = operandAtFault(session, scene, faulted);
  if (spot === undefined) return [...told, ...(yield* misaligned(session, scene, faulted))];
  yield* history.seek(scene.t);
  const trail = yield* trailOf(session, history, spot);
  told.push(...trailReasons(trail));
  told.push(...(yield* raceReasons(session, history, scene, trail)));
  return told;
}

/** The register of the operand whose value is at fault: the one that is nil, or none of several. */
function operandAtFault({ target }: Session, { tid }: Scene, faulted: Faulted): ValueSpot | undefined {
  const { fault, rip, registers } = faulted;
  const register = (name: string): ValueSpot => ({ kind: 'register', register: name as 'rax', offset: 0, bytes: 8, tid });
  if (fault.vector === '#DE') {
    const effects = effectsIn(target.memory, rip);
    const divisor = effects?.reads.find(each => each.register !== 'rax' && each.register !== 'rdx');
    return divisor && { kind: 'register', register: divisor.register, offset: divisor.offset, bytes: divisor.bytes, tid };
  }
  if (fault.cause?.kind === 'misaligned') return undefined;
  const address = fault.cause?.kind === 'non-canonical' ? fault.cause.address : fault.address;
  const names = addressRegisters(target, { ...faulted, fault: { ...fault, address } });
  // Of a base that leads somewhere and an index, the index; of a base that leads nowhere, that.
  const nowhere =
    names.find(name => registers.get(name)! < NIL) ?? names.find(name => !target.memory.allows(registers.get(name)!, 1, 'read'));
  const chosen = names.length === 2 && nowhere !== names[0] ? names[1] : (nowhere ?? names[0]);
  return chosen === undefined || chosen === 'rsp' ? undefined : register(chosen);
}

/** Where the address came from that a jump, call or return went to. */
function* targetTrail(session: Session, history: Timeline<Stop>, t: number, from: bigint): Journey<Trail | undefined> {
  const { process } = session.target;
  yield* history.seek(t);
  session.target.changed();
  const { registers, tid } = process.current;
  const flow = registers.rip === from ? effectsIn(process.memory, from)?.flow : undefined;
  if (flow === undefined || !('target' in flow) || typeof flow.target === 'bigint') return undefined;
  const { target } = flow;
  if (target.kind === 'register')
    return yield* trailOf(session, history, { kind: 'register', register: target.register, offset: 0, bytes: 8, tid });
  const slot = flow.kind === 'return' ? registers.get('rsp') : undefined;
  return slot === undefined ? undefined : yield* trailOf(session, history, { kind: 'memory', address: slot, bytes: 8 });
}

// ---- the stack -------------------------------------------------------------------------------------------------------------------------------

/** For whom it ran, and who changed the stack. */
function switched(session: Session, { frames }: Scene): readonly Reason[] {
  const at = frames.findIndex(({ physical }) => physical.seam !== undefined);
  const seam = frames[at]?.physical.seam;
  if (at < 1 || seam === undefined) return [];
  const by = frames[at - 1]!;
  const from = frames[at]!;
  return [
    say(
      `it runs on ${seam.inner} for ${seam.outer}: ${place(session, by.physical.pc)} has changed the stack, called by ${place(session, from.physical.pc)}`,
    ),
  ];
}

/** A stack that is used up, by functions that call each other. */
function overflow({ frames }: Scene, { fault, registers }: Faulted): readonly Reason[] {
  const [innermost] = frames;
  const stack = innermost?.physical.stack;
  if (stack === undefined || fault.vector !== '#PF') return [];
  const rsp = registers.get('rsp')!;
  const below = stack.lo - fault.address;
  if (fault.access === 'exec' || below <= 0n || below > NIL || rsp - stack.lo > NIL) return [];
  const counts = new Map<string, number>();
  for (const { name } of frames) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [name, count] = [...counts].sort((one, other) => other[1] - one[1])[0]!;
  return [
    say(
      `the ${stack.name} stack is used up (${hex(stack.lo)} to ${hex(stack.hi)})${count > 4 ? `: ${count} of its innermost ${frames.length} frames are of ${name}` : ''}`,
    ),
  ];
}

/** Of a stack that must be aligned: the outermost call that was made with it out of step. */
function* misaligned(session: Session, { frames }: Scene, { fault }: Faulted): Journey<readonly Reason[]> {
  if (fault.cause?.kind !== 'misaligned') return [];
  const odd = frames.findLast(
    ({ physical, inlined }) => !inlined && physical.func?.language === 'c' && physical.cfa !== undefined && physical.cfa % 16n !== 0n,
  );
  if (odd === undefined) return [say('each C frame was called with an aligned RSP: the misalignment is of the operand itself')];
  const caller = frames.find(({ index, physical }) => index > odd.index && physical !== odd.physical);
  const by = caller === undefined ? '' : ` by ${place(session, caller.physical.pc)}`;
  return [
    say(
      `${odd.name} was called${by} with RSP = ${hex(odd.physical.cfa! - 8n)}: the System V ABI wants RSP + 8 to be a multiple of 16 at a function's entry`,
    ),
  ];
}

// ---- what Go says ----------------------------------------------------------------------------------------------------------------------------

function* ofEnding(
  session: Session,
  history: Timeline<Stop>,
  scene: Scene,
  { ending }: Stop & { reason: 'ending' },
): Journey<readonly Reason[]> {
  const { frames } = scene;
  const told: Reason[] = [say(`${ending.kind === 'panic' ? 'panic' : 'fatal error'}: ${ending.message}`), ...ending.details.map(say)];
  const user = ownFrame(frames);
  if (user === undefined || ending.kind === 'deadlock') return told;
  const fault = frames.some(({ name }) => name === 'runtime.sigpanic') ? history.marks.signals.findLast(({ t }) => t < scene.t) : undefined;
  if (fault?.signal !== undefined && fault.stop.reason === 'signal' && fault.stop.signal.fault !== undefined) {
    if (yield* history.seekSignal(fault.t, fault.signal)) {
      session.target.changed();
      const { process } = session.target;
      const { registers, tid } = process.current;
      const faulted = {
        fault: fault.stop.signal.fault,
        tid,
        rip: registers.rip,
        registers: new Map(GPR_NAMES.map(each => [each, registers.get(each)])),
      };
      const there: Scene = { stop: fault.stop, faulted, frames: session.target.stack().frames(FRAMES), tid, t: fault.t };
      return [told[0]!, ...(yield* ofFault(session, history, there, faulted))];
    }
  }
  told.push(
    say(`it was asked for in ${user.name}${user.line === undefined ? '' : ` at ${user.file!.split('/').at(-1)}:${user.line}`}`),
    ...switched(session, scene),
  );
  const called = frames.findLast(
    ({ index, physical, inlined }) => index < user.index && !inlined && physical !== user.physical && hasParameters(session, physical.func),
  );
  if (called === undefined) return told;
  yield* history.seek(scene.t);
  session.target.changed();
  session.selection = { goroutine: undefined, frame: 0 };
  const frame = session.target.stack().frames(FRAMES)[called.index];
  const entered = frame && (yield* entryOf(session, history, frame));
  if (entered === undefined) return told;
  yield* history.seek(entered);
  session.target.changed();
  const argument = argumentAtFault(session, called.physical.func!);
  if (argument === undefined) return told;
  told.push(
    say(`${called.name} was called with ${argument.name} = ${argument.value === 0n ? (argument.pointer ? 'nil' : '0') : argument.text}`),
  );
  const trail = yield* trailOf(session, history, argument.spot);
  told.push(...trailReasons(trail));
  return told;
}

const hasParameters = ({ target }: Session, func: Func | undefined): boolean =>
  func !== undefined && func.language !== 'c' && (callable(target.images, func).signature?.params.length ?? 0) > 0;

/** Of a call that Go refuses, the argument that it is refused for: what is nil, else the first number. */
function argumentAtFault({ target }: Session, func: Func) {
  const { signature } = callable(target.images, func);
  const { registers, tid } = target.process.current;
  const found = (signature?.params ?? []).flatMap(({ name, type }, index) => {
    const where = signature!.places.params[index]!;
    const part = where.in === 'registers' ? where.parts[0] : undefined;
    if (part === undefined || !/^(?:r[a-z0-9]+)$/.test(part.register)) return [];
    const value = registers.get(part.register as 'rax');
    const kind = type === undefined ? 'uint' : underlying(type).kind;
    const pointer = ['pointer', 'unsafe-pointer', 'map', 'chan', 'func'].includes(kind);
    const spot: ValueSpot = { kind: 'register', register: part.register as 'rax', offset: 0, bytes: 8, tid };
    const closed = type === undefined ? undefined : closedField(target, type, value);
    const text = kind === 'int' ? `${BigInt.asIntN(64, value)}` : hex(value);
    return [{ name, value, pointer, spot, text, number: kind === 'int' || kind === 'uint', closed }];
  });
  const channel = found.find(({ closed }) => closed !== undefined);
  if (channel?.closed !== undefined) return { ...channel, text: `${channel.text}, which is closed`, spot: channel.closed };
  return found.find(({ pointer, value }) => pointer && value === 0n) ?? found.find(({ number, name }) => number && !/pc$/.test(name));
}

/** Where a channel notes that it is closed, if it is. */
function closedField({ memory }: Target, type: Type, address: bigint): ValueSpot | undefined {
  const pointer = underlying(type);
  if (pointer.kind !== 'pointer' || !/\bhchan$/.test(pointer.elem.name)) return undefined;
  const offset = fieldOffset(pointer.elem, 'closed');
  if (offset === undefined || !memory.allows(address + BigInt(offset), 4, 'read')) return undefined;
  const at = address + BigInt(offset);
  return memory.readU32(at) === 0 ? undefined : { kind: 'memory', address: at, bytes: 4 };
}

function* ofOther(session: Session, history: Timeline<Stop>, scene: Scene): Journey<readonly Reason[]> {
  const { stop } = scene;
  yield* history.seek(Math.min(scene.t, history.branch.reached));
  if (stop.reason === 'signal') {
    const { sender, name } = stop.signal;
    const told = [say(`${name}${sender === undefined ? '' : `, sent by process ${sender}`}: no instruction has faulted`)];
    const by = scene.frames.find(isUserCode);
    return by === undefined
      ? told
      : [
          ...told,
          say(`innermost of the program's own is ${by.name}${by.line === undefined ? '' : ` at ${by.file!.split('/').at(-1)}:${by.line}`}`),
          ...switched(session, scene),
        ];
  }
  return [say('what is known of this stop, it has said')];
}

// ---- the race detector -----------------------------------------------------------------------------------------------------------------------

/** The race runtime was called for a g that has no context: whose code asked for it, why it runs there, and what Go itself does in such places. */
function* raceReasons(session: Session, history: Timeline<Stop>, scene: Scene, trail: Trail): Journey<readonly Reason[]> {
  const { target } = session;
  const { images } = target;
  const { frames, tid, t } = scene;
  if (
    frames[0] === undefined ||
    raceParameters(frames[0].name) === undefined ||
    !trail.links.some(({ wrote, sources }) => [wrote, ...sources].some(each => each.includes('.racectx')))
  )
    return [];
  yield* history.seek(t);
  target.changed();
  const told: Reason[] = [];
  // On the stack that has no context; what lies behind the change of stack has its own.
  const seam = frames.findIndex(({ physical }) => physical.seam !== undefined);
  const inside = seam < 0 ? frames : frames.slice(0, seam);
  const asked = inside.find(
    ({ physical, name }) =>
      physical.func !== undefined &&
      physical.func.language !== 'c' &&
      !physical.func.asm &&
      !physical.func.wrapper &&
      !/^(?:runtime\.)?race/.test(name),
  );
  const culprit = inside.find(({ physical, inlined }) => !inlined && physical.func !== undefined && instrumented(target, physical.func));
  if (culprit !== undefined) {
    const by = frames.find(({ index, physical }) => index > culprit.index && physical !== culprit.physical);
    const plain =
      by?.physical.func !== undefined && !instrumented(target, by.physical.func) ? `; ${by.name}, which has called it, is not` : '';
    told.push(say(`${culprit.name} is built with -race${asked === culprit ? ', and calls the race detector itself' : ''}${plain}`));
  }
  if (asked !== undefined && asked.physical !== culprit?.physical)
    told.push(say(`${asked.name} asks the race detector by hand, whatever its caller is built with`));
  const r14 = yield* trailOf(session, history, { kind: 'register', register: 'r14', offset: 0, bytes: 8, tid });
  const loaded = r14.links.find(
    link => /^runtime\.(?:systemstack|mcall|morestack|asmcgocall|cgocallback|gogo)\b/.test(link.function) && !/^rax|^rbx/.test(link.wrote),
  );
  if (loaded !== undefined) told.push(say('that g is in R14 since'), { link: loaded });
  yield* history.seek(t);
  target.changed();
  told.push(...ofGo(session));
  const byHand = asked !== undefined && asked !== culprit;
  const own = culprit ?? inside.find(each => each.index > (asked?.index ?? 0) && isUserCode(each));
  const name = own?.name ?? asked?.name ?? 'the function';
  told.push(
    say(
      byHand
        ? `mends: call ${name} on the goroutine, before the change of stack; //go:norace on it is not enough, as ${asked.name} shows`
        : `mends: call ${name} on the goroutine, before the change of stack; or //go:norace on it, if nothing that it calls (maps, channels, locks) asks the race detector`,
    ),
  );
  if (images.goImage !== undefined) told.push(say(`reports like this one: ${NIL_CONTEXT_REPORTS.join(', ')}`));
  return told;
}

/** What racegostart does on the same stack: it takes the context of the goroutine that the thread works for. */
function ofGo({ target }: Session): readonly Reason[] {
  const { go, images, memory, process } = target;
  const machine = go?.machineOf(target.threadG(process.current));
  if (go === undefined || machine === undefined || !go.readable(machine.curg) || images.functionsNamed('runtime.racegostart').length === 0)
    return [];
  const offset = BigInt(racectxOffset(name => images.typeNamed(name), images.go?.version ?? ''));
  const context = memory.readU64(machine.curg + offset);
  if (context === 0n) return [];
  return [
    say(
      `runtime.racegostart, on g0 as well, takes the context of m.curg: that is goroutine ${go.goroutine(machine.curg).id}, with racectx = ${hex(context)}`,
    ),
  ];
}

// ---- words -----------------------------------------------------------------------------------------------------------------------------------

const place = ({ target }: Session, pc: bigint): string => {
  const line = target.images.lineAt(pc);
  return `${describeCode(target.images, pc)}${line === undefined ? '' : ` (${line.file.split('/').at(-1)}:${line.line})`}`;
};

/** The links that matter most: where it was loaded, and where it was made. */
function trailReasons({ links, source, end }: Trail): readonly Reason[] {
  const shown = links.length <= TOLD ? links : [...links.slice(0, 2), ...links.slice(2 - TOLD)];
  const reasons: Reason[] = shown.map(link => ({ link }));
  if (links.length > TOLD) reasons.splice(2, 0, say(`${links.length - TOLD} more links, which origin tells`));
  return source.kind === 'constant' && links.length > 0 ? reasons : [...reasons, say(end)];
}

/** As lines; `mark` gives a link its number. */
export function reasonLines(reasons: readonly Reason[], mark: (link: ToldLink) => number): readonly string[] {
  return reasons.map(reason => ('text' in reason ? reason.text : `  [${mark(reason.link)}] ${linkText(reason.link)}`));
}
