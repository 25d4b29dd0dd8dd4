/**
 * The check behind a call that gives up: bounds, division, nil, a flag of the runtime. Of the frame that has made the call it is the last conditional
 * jump before it; what that has compared is what went wrong.
 */
import { GPR_NAMES, type GprName } from '../../cpu/api.js';
import { isGpr } from '../../cpu/effects/instruction.js';
import { effectsIn } from '../code/decode.js';
import { disassembleAt } from '../code/disassemble.js';
import { heldIn } from '../lens/held.js';
import { lastAt } from '../run/backwards.js';
import type { Trail } from '../run/origin.js';
import { placeOf } from '../run/place.js';
import type { ToldLink } from '../show/origin-text.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { Journey } from '../timeline/history.js';
import type { ValueSpot } from '../timeline/origin.js';
import { type Inquiry, isOwn, type Reason, saying } from './inquiry.js';
import { ofTrail, trailReasons } from './trail.js';

/** Functions that end something whatever they are told: the check was made further out. Of Go, of packages that it lends such functions, and of C. */
const RAISES =
  /^(?:runtime\.(?:fatalpanic|gopanic|throw|fatal|fatalthrow|panic\w*|goPanic\w*|sigpanic\w*)|(?:internal\/)?(?:runtime\/)?\w+\.(?:fatal|throw|panic\w*))$/;

/** Instructions that are looked at for the jump. */
const SPANS = [512, 8192, 65_536];
/** Jumps that may be passed by: those that ask whether the garbage collector wants to know of writes. */
const PASSED = 4;
const BREATH = 5000;

/** The frame that has called what raises a panic or a fatal error: the first that may have asked something before. */
export const raiserOf = (frames: readonly LogicalFrame[]): LogicalFrame | undefined =>
  frames.find(({ name, inlined, physical }) => !inlined && !physical.exact && !RAISES.test(name));

/** The CALL that ends at an address. */
function callEndingAt({ target }: Inquiry, address: bigint): bigint | undefined {
  for (const length of [5n, 2n, 3n, 6n, 7n, 4n, 8n]) {
    const effects = effectsIn(target.memory, address - length);
    if (effects?.flow.kind === 'call' && BigInt(effects.length) === length) return address - length;
  }
  return undefined;
}

/** When a frame, of a moment that the machine stands at, made the call that it has not come back from. */
export function* callOf(q: Inquiry, frame: LogicalFrame): Journey<number | undefined> {
  const { session, history } = q;
  const call = frame.physical.exact ? undefined : callEndingAt(q, frame.physical.pc);
  if (call === undefined) return undefined;
  const { t } = session.target.process;
  const place = placeOf(session, frame.physical.sp);
  return yield* lastAt(session, history, t, [call], () => {
    session.selection = { goroutine: undefined, frame: 0 };
    const now = placeOf(session, session.target.process.current.registers.get('rsp'));
    return now.stack === place.stack && now.depth === place.depth;
  });
}

/** Conditional jumps that a frame's own code came by before `t`, newest first. */
function* jumpsBefore(q: Inquiry, t: number, isIn: (rsp: bigint, pc: bigint) => boolean): Journey<readonly number[]> {
  const { history, target } = q;
  const { process } = target;
  const { tid } = process.current;
  for (const span of SPANS) {
    const from = Math.max(history.start, t - span);
    yield* history.seek(from);
    const found: number[] = [];
    for (let breath = BREATH; process.t < t; breath--) {
      if (breath === 0) {
        breath = BREATH;
        yield;
      }
      const { current } = process;
      const before = process.t;
      if (
        current.tid === tid &&
        isIn(current.registers.get('rsp'), current.registers.rip) &&
        effectsIn(process.memory, current.registers.rip)?.flow.kind === 'branch'
      )
        found.push(before);
      const stop = history.step();
      if (process.t === before && stop.kind !== 'budget') break;
    }
    if (found.length > 0 || from === history.start) return found.reverse();
  }
  return [];
}

export interface Check {
  readonly reasons: readonly Reason[];
  /** The way of what was compared leads through the program's own code. */
  readonly own: boolean;
}

/** What a frame, of a moment that the machine stands at, has asked before its call. `wanted`: a number that the message names. */
export function* checkOf(q: Inquiry, frame: LogicalFrame, wanted?: bigint): Journey<Check | undefined> {
  const called = yield* callOf(q, frame);
  if (called === undefined) return undefined;
  yield* q.at(called);
  const { process } = q.target;
  const { tid, registers } = process.current;
  const sp = registers.get('rsp');
  const { func, cfa } = frame.physical;
  // Of code without a table, what runs with RSP as it is at the call.
  const isIn =
    func === undefined || cfa === undefined
      ? (rsp: bigint) => rsp === sp
      : (rsp: bigint, pc: bigint) => pc >= func.entry && pc < func.end && rsp >= sp && rsp - sp < cfa - frame.physical.sp;
  const jumps = yield* jumpsBefore(q, called, isIn);
  for (const jump of jumps.slice(0, PASSED)) {
    yield* q.at(jump);
    const flags: ValueSpot = { kind: 'register', register: 'flags', offset: 0, bytes: 8, tid };
    const { links } = yield* q.trail(flags, 1);
    const [compared] = links;
    if (compared === undefined || isHousekeeping(q, compared)) continue;
    yield* q.at(compared.t);
    const named = compared.from.find(spot => wanted !== undefined && valueHere(q, spot) === BigInt.asUintN(64, wanted));
    const text = disassembleAt(q.target, q.session.settings.flavor, compared.pc)?.text.replace(/\s+[#;] .*/, '') ?? 'the instruction';
    const values = valuesText(q, compared.pc, compared.from);
    const head = saying(`the check is ${text} in ${q.place(compared.pc)}${values === '' ? '' : `: ${values}`}`);
    let first: Trail | undefined;
    for (const spot of named === undefined ? compared.from : [named]) {
      yield* q.at(compared.t);
      const trail = yield* q.trail(spot);
      if (trail.links.some(({ pc }) => isOwn(q, q.target.images.functionAt(pc))))
        return { reasons: [head, ...(yield* ofTrail(q, trail))], own: true };
      first ??= trail;
    }
    return { reasons: [head, ...(first === undefined ? [] : trailReasons(first))], own: false };
  }
  return undefined;
}

/** Whether the stack has room, and whether the garbage collector wants to hear of writes, is asked everywhere. */
const isHousekeeping = ({ target }: Inquiry, { from }: ToldLink): boolean =>
  from.some(spot =>
    spot.kind === 'register' ? spot.register === 'rsp' : target.images.symbolAt(spot.address)?.symbol.name === 'runtime.writeBarrier',
  );

function valueHere({ target }: Inquiry, spot: ValueSpot): bigint | undefined {
  if (spot.kind === 'register') return isGprSpot(spot) ? target.process.current.registers.get(spot.register as GprName) : undefined;
  if (spot.bytes > 8 || !target.memory.allows(spot.address, spot.bytes, 'read')) return undefined;
  return target.memory.read(spot.address, spot.bytes).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

const isGprSpot = (spot: ValueSpot): boolean => spot.kind === 'register' && spot.register !== 'flags' && isGpr(spot.register);

/** `rcx = 8 = i, rbx = 3`: what was compared, small numbers as such. */
function valuesText(q: Inquiry, pc: bigint, spots: readonly ValueSpot[]): string {
  const [frame] = q.frames(1);
  const told = GPR_NAMES.filter(name => name !== 'rsp' && spots.some(spot => spot.kind === 'register' && spot.register === name)).map(
    name => {
      const value = BigInt.asIntN(64, q.target.process.current.registers.get(name));
      const held = frame?.physical.pc === pc ? heldIn(q.target, frame.physical, name) : undefined;
      return `${name} = ${value > -4096n && value < 65_536n ? value : `0x${BigInt.asUintN(64, value).toString(16)}`}${held === undefined ? '' : ` = ${held}`}`;
    },
  );
  return told.join(', ');
}
