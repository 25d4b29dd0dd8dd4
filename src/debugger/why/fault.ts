/** Faults of the processor: the operand, where its value came from, and what is known of the memory that it lies in. */
import { isGpr, valueWith } from '../../cpu/effects/instruction.js';
import { effectsIn } from '../code/decode.js';
import { disassembleAt } from '../code/disassemble.js';
import { addressRegisters, explainFault, type Faulted } from '../code/operands.js';
import { heldIn } from '../lens/held.js';
import type { Trail } from '../run/origin.js';
import type { Journey } from '../timeline/history.js';
import type { ValueSpot } from '../timeline/origin.js';
import { blockReasons, freedOnTheWay, isHeap, unwritten } from './heap.js';
import { type Inquiry, type Reason, registerSpot, saying } from './inquiry.js';
import { unmapped } from './memory.js';
import { raceReasons } from './race.js';
import { clobbered, leftOvers, misaligned, overflow, switched } from './stack.js';
import { ofTrail } from './trail.js';
import { staleG, torn } from './words.js';

/** Addresses that a nil pointer and a field lead to. */
const NIL = 1n << 16n;

export function* ofFault(q: Inquiry, faulted: Faulted): Journey<readonly Reason[]> {
  const { target, scene } = q;
  const { rip, fault } = faulted;
  const text = disassembleAt(target, q.session.settings.flavor, rip)?.text.replace(/\s+[#;] .*/, '') ?? 'the instruction';
  const who = fault.access === 'exec' ? 'the program' : `${text} in ${q.place(rip)}`;
  const frame = scene.frames[0]?.physical;
  const holder = (name: Parameters<typeof heldIn>[2]) => (frame?.pc === rip ? heldIn(target, frame, name) : undefined);
  const told: Reason[] = [saying(`${who} ${explainFault(target, faulted, holder)}`)];
  told.push(...switched(q, scene.frames));
  const used = overflow(q, faulted);
  if (used.length > 0) return [...told, ...used];
  told.push(...(yield* staleG(q)));
  const gone = fault.cause?.kind === 'target';
  if (gone || (fault.access === 'exec' && fault.from !== undefined)) {
    const trail = yield* targetTrail(q, gone ? scene.t : scene.t - 1, gone ? rip : fault.from!);
    if (trail !== undefined) told.push(...(yield* ofTrail(q, trail)), ...(yield* leftOvers(q, trail)), ...(yield* freedOnTheWay(q, trail)));
    return told;
  }
  const spot = operandAtFault(q, faulted);
  if (spot === undefined) return [...told, ...misaligned(q, faulted)];
  yield* q.at(scene.t);
  const trail = yield* q.trail(spot);
  told.push(...(yield* ofTrail(q, trail)));
  const race = yield* raceReasons(q, trail);
  if (race.length > 0) return [...told, ...race];
  // What the memory or the registers on the way were, is said once: the first that is known.
  for (const look of [clobbered, leftOvers, freedOnTheWay, torn, unwritten]) {
    const more = yield* look(q, trail);
    if (more.length > 0) return [...told, ...more];
  }
  if (fault.vector === '#PF' && fault.address >= NIL && !fault.mapped) {
    const block = isHeap(q, fault.address) ? [] : yield* blockReasons(q, fault.address, scene.t);
    told.push(...(block.length > 0 ? block : yield* unmapped(q, fault.address)));
  }
  return told;
}

/** What the operand is made of whose value is at fault: the register that is nil, or none of several; of a divisor, itself. */
function operandAtFault({ target, scene }: Inquiry, faulted: Faulted): ValueSpot | undefined {
  const { tid } = scene;
  const { fault, rip, registers } = faulted;
  if (fault.vector === '#DE') {
    const effects = effectsIn(target.memory, rip);
    const [access] = effects?.accesses ?? [];
    const at = access && valueWith(access.address, registers);
    if (at !== undefined) return { kind: 'memory', address: at, bytes: access!.bytes };
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
  return chosen === undefined || chosen === 'rsp' ? undefined : registerSpot(chosen, tid);
}

/** Where the address came from that a jump, call or return went to. */
function* targetTrail(q: Inquiry, t: number, from: bigint): Journey<Trail | undefined> {
  yield* q.at(t);
  const { process } = q.target;
  const { registers, tid } = process.current;
  const effects = registers.rip === from ? effectsIn(process.memory, from) : undefined;
  const { flow } = effects ?? {};
  if (flow === undefined || !('target' in flow) || typeof flow.target === 'bigint') return undefined;
  const { target } = flow;
  if (target.kind === 'register' && isGpr(target.register)) return yield* q.trail(registerSpot(target.register, tid));
  if (target.kind !== 'memory') return undefined;
  const at = valueWith(effects!.accesses[target.access]!.address, registers);
  return at === undefined ? undefined : yield* q.trail({ kind: 'memory', address: at, bytes: 8 });
}
