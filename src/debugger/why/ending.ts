/** What Go's runtime ends a program with: panics and fatal errors, back to the check that failed and what it looked at. */
import { GPR_NAMES } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import type { Func, Type } from '../../image/api.js';
import { fieldOffset } from '../../runtime/layout.js';
import { callable } from '../lens/signature.js';
import type { Ending, Stop } from '../session/stop.js';
import { ownFrame } from '../show/goroutine-text.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { Target } from '../target.js';
import type { Journey } from '../timeline/history.js';
import type { ValueSpot } from '../timeline/origin.js';
import { underlying } from '../values/types.js';
import { checkOf, raiserOf } from './check.js';
import { ofFault } from './fault.js';
import { unwritten } from './heap.js';
import { type Inquiry, type Reason, registerSpot, type StopScene, saying } from './inquiry.js';
import { switched } from './stack.js';
import { ofTrail } from './trail.js';
import { staleG } from './words.js';

const TITLES: Readonly<Record<Ending['kind'], string>> = {
  panic: 'panic',
  throw: 'fatal error',
  deadlock: 'fatal error',
  recursion: 'large stack',
};

/** Characters of a panic's value that are told. */
const MOST_TEXT = 160;

export function* ofEnding(q: Inquiry, { ending }: Stop & { reason: 'ending' }): Journey<readonly Reason[]> {
  const { scene, history } = q;
  const { frames } = scene;
  const told: Reason[] = [saying(`${TITLES[ending.kind]}: ${ending.message}`), ...detailsOf(ending).map(saying)];
  const user = ownFrame(frames);
  if (user === undefined || ending.kind === 'deadlock') return told;
  const fault = frames.some(({ name }) => name === 'runtime.sigpanic') ? history.marks.signals.findLast(({ t }) => t < scene.t) : undefined;
  if (fault?.signal !== undefined && fault.stop.reason === 'signal' && fault.stop.signal.fault !== undefined) {
    if (yield* history.seekSignal(fault.t, fault.signal)) {
      q.looked();
      const { registers, tid } = q.target.process.current;
      const faulted = {
        fault: fault.stop.signal.fault,
        tid,
        rip: registers.rip,
        registers: new Map(GPR_NAMES.map(each => [each, registers.get(each)])),
      };
      const there: StopScene = { stop: fault.stop, faulted, frames: q.frames(), tid, t: fault.t };
      return [told[0]!, ...(yield* ofFault(q.about(there), faulted))];
    }
  }
  told.push(saying(`it was asked for in ${q.where(user)}${whoseText(q)}`), ...(ending.kind === 'recursion' ? [] : switched(q, frames)));
  if (ending.kind === 'recursion') return told;
  if (ending.kind === 'throw') told.push(...(yield* staleG(q)));
  const argument = yield* argumentOf(q, user);
  if (argument?.sure === true) return [...told, ...argument.reasons];
  const raiser = raiserOf(frames);
  if (raiser !== undefined && raiser.index <= physicalIndex(frames, user)) {
    yield* q.at(scene.t);
    const named = /\[:?(-?\d+)/.exec(ending.message)?.[1];
    const check = yield* checkOf(q, raiser, named === undefined ? undefined : BigInt(named));
    if (check !== undefined) return [...told, ...check.reasons];
  }
  return argument === undefined ? told : [...told, ...argument.reasons];
}

const whoseText = ({ target }: Inquiry): string => {
  const goroutine = target.goroutineOf(target.process.current);
  return goroutine === undefined ? '' : `, goroutine ${goroutine.id}`;
};

/** The frame that has the code of a logical one. */
const physicalIndex = (frames: readonly LogicalFrame[], { physical }: LogicalFrame): number =>
  frames.findLast(each => each.physical === physical)!.index;

const detailsOf = ({ details }: Ending): readonly string[] =>
  details.map(each => (each.length > MOST_TEXT ? `${each.slice(0, MOST_TEXT)}...` : each));

interface Refused {
  /** It is what was refused for, beyond doubt. */
  readonly sure: boolean;
  readonly reasons: readonly Reason[];
}

/** The argument that a call of the runtime was refused for, where one can be told. */
function* argumentOf(q: Inquiry, user: LogicalFrame): Journey<Refused | undefined> {
  const called = q.scene.frames.findLast(
    ({ index, physical, inlined }) => index < user.index && !inlined && physical !== user.physical && hasParameters(q, physical.func),
  );
  if (called === undefined) return undefined;
  yield* q.at(q.scene.t);
  const frame = q.frames()[called.index];
  const entered = frame && (yield* q.entry(frame));
  if (entered === undefined) return undefined;
  yield* q.at(entered);
  const argument = argumentAtFault(q, called.physical.func!);
  if (argument === undefined) return undefined;
  const value = argument.value === 0n ? (argument.pointer ? 'nil' : '0') : argument.text;
  const trail = yield* q.trail(argument.spot);
  return {
    sure: argument.sure,
    reasons: [
      saying(`${called.name} was called with ${argument.name} = ${value}`),
      ...(yield* ofTrail(q, trail)),
      ...(yield* unwritten(q, trail)),
    ],
  };
}

const hasParameters = ({ target }: Inquiry, func: Func | undefined): boolean =>
  func !== undefined && func.language !== 'c' && (callable(target.images, func).signature?.params.length ?? 0) > 0;

/** Of a call that Go refuses, the argument that it is refused for: what is nil, else the first number. */
function argumentAtFault({ target }: Inquiry, func: Func) {
  const { signature } = callable(target.images, func);
  const { registers, tid } = target.process.current;
  const found = (signature?.params ?? []).flatMap(({ name, type }, index) => {
    const where = signature!.places.params[index]!;
    const part = where.in === 'registers' ? where.parts[0] : undefined;
    if (part === undefined || !/^(?:r[a-z0-9]+)$/.test(part.register)) return [];
    const value = registers.get(part.register as 'rax');
    const kind = type === undefined ? 'uint' : underlying(type).kind;
    const pointer = ['pointer', 'unsafe-pointer', 'map', 'chan', 'func'].includes(kind);
    const spot = registerSpot(part.register, tid);
    const closed = type === undefined ? undefined : closedField(target, type, value);
    const text = kind === 'int' ? `${BigInt.asIntN(64, value)}` : hex(value);
    const negative = kind === 'int' && BigInt.asIntN(64, value) < 0n;
    return [{ name, value, negative, pointer, spot, text, number: kind === 'int' || kind === 'uint', closed }];
  });
  const channel = found.find(({ closed }) => closed !== undefined);
  if (channel?.closed !== undefined) return { ...channel, sure: true, text: `${channel.text}, which is closed`, spot: channel.closed };
  const nil = found.find(({ pointer, value }) => pointer && value === 0n);
  if (nil !== undefined) return { ...nil, sure: true };
  const number = found.find(each => each.number && !/pc$/.test(each.name));
  // A size that is negative cannot be meant.
  return number && { ...number, sure: func.name.startsWith('runtime.') && number.negative };
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
