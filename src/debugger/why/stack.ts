/** What the stack says of a fault: whose it is, whether it is used up or out of step, and what lies on it from before. */
import { SYSTEM_V } from '../../abi/convention.js';
import { GPR_NAMES } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import type { Faulted } from '../code/operands.js';
import { callable } from '../lens/signature.js';
import type { Trail } from '../run/origin.js';
import type { ToldLink } from '../show/origin-text.js';
import { type LogicalFrame, lookupPc } from '../stack/frame.js';
import type { Journey } from '../timeline/history.js';
import { type Inquiry, type Reason, saying } from './inquiry.js';

/** How far below a stack's end an access may be that is an overflow of it. */
const NEAR = 1n << 16n;

/** For whom it ran, and who changed the stack. */
export function switched(q: Inquiry, frames: readonly LogicalFrame[]): readonly Reason[] {
  const at = frames.findIndex(({ physical }) => physical.seam !== undefined);
  const seam = frames[at]?.physical.seam;
  if (at < 1 || seam === undefined) return [];
  const by = frames[at - 1]!;
  const from = frames[at]!;
  return [
    saying(
      `it runs on ${seam.inner} for ${seam.outer}: ${q.place(by.physical.pc)} has changed the stack, called by ${q.place(from.physical.pc)}`,
    ),
  ];
}

/** A stack that is used up, by functions that call each other. */
export function overflow(q: Inquiry, { fault, registers }: Faulted): readonly Reason[] {
  const { frames } = q.scene;
  const [innermost] = frames;
  const stack = innermost?.physical.stack;
  if (stack === undefined || fault.vector !== '#PF') return [];
  const rsp = registers.get('rsp')!;
  const below = stack.lo - fault.address;
  if (fault.access === 'exec' || below <= 0n || below > NEAR || rsp - stack.lo > NEAR) return [];
  const counts = new Map<string, number>();
  for (const { name } of frames) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [name, count] = [...counts].sort((one, other) => other[1] - one[1])[0]!;
  return [
    saying(
      `the ${stack.name} stack is used up (${hex(stack.lo)} to ${hex(stack.hi)})${count > 4 ? `: ${count} of its innermost ${frames.length} frames are of ${name}` : ''}`,
    ),
  ];
}

/** Of a stack that must be aligned: the outermost call that was made with it out of step. */
export function misaligned(q: Inquiry, { fault }: Faulted): readonly Reason[] {
  if (fault.cause?.kind !== 'misaligned') return [];
  const { frames } = q.scene;
  const odd = frames.findLast(
    ({ physical, inlined }) => !inlined && physical.func?.language === 'c' && physical.cfa !== undefined && physical.cfa % 16n !== 0n,
  );
  if (odd === undefined) return [saying('each C frame was called with an aligned RSP: the misalignment is of the operand itself')];
  const caller = frames.find(({ index, physical }) => index > odd.index && physical !== odd.physical);
  const by = caller === undefined ? '' : ` by ${q.place(lookupPc(caller.physical))}`;
  return [
    saying(
      `${odd.name} was called${by} with RSP = ${hex(odd.physical.cfa! - 8n)}: the System V ABI wants RSP + 8 to be a multiple of 16 at a function's entry`,
    ),
  ];
}

// ---- what was there before -------------------------------------------------------------------------------------------------------------------

/** Of a way that goes through a stack: a word that was read in a frame that never wrote it, or that belonged to no frame any more. */
export function* leftOvers(q: Inquiry, { links }: Trail): Journey<readonly Reason[]> {
  for (const [index, link] of links.entries()) {
    const [slot] = link.from;
    const writer = links[index + 1];
    if (slot?.kind !== 'memory' || link.how !== 'moved') continue;
    yield* q.at(link.t);
    const found = yield* leftOver(q, slot.address, writer);
    if (found !== undefined) return [saying(found)];
  }
  return [];
}

function* leftOver(q: Inquiry, address: bigint, writer: ToldLink | undefined): Journey<string | undefined> {
  const { current } = q.target.process;
  const rsp = current.registers.get('rsp');
  const frames = q.frames();
  const [innermost] = frames;
  const stack = innermost?.physical.stack;
  if (stack === undefined || address < stack.lo || address >= stack.hi) return undefined;
  const wrote = writer === undefined ? 'nobody has written it' : `${writer.function.replace(/\+\d+$/, '')} has left it there`;
  const redZone = innermost?.physical.func?.language === 'c' ? SYSTEM_V.redZone : 0;
  if (address < rsp - BigInt(redZone))
    return `${hex(address)} lies below the stack then: the frame that it was in has returned, and ${wrote}`;
  const owner = frames.find(({ inlined, physical }) => !inlined && physical.cfa !== undefined && address < physical.cfa - 8n);
  const { func } = owner?.physical ?? {};
  // Go's compiler reads nothing that it has not written.
  if (owner === undefined || func === undefined || (func.language === 'go' && !func.asm)) return undefined;
  // What lies on the stack above its frame was handed over.
  if (owner.physical.stack.name !== stack.name) return undefined;
  const entered = yield* q.entry(owner);
  if (entered === undefined || (writer !== undefined && writer.t >= entered)) return undefined;
  return `${hex(address)} is in the frame of ${owner.name}, which has not written it since it was called: ${wrote}`;
}

// ---- registers that a function must give back ------------------------------------------------------------------------------------------------

/**
 * A register that the code at fault expects to be kept over its calls, written last by a function that has returned: what it had at that one's entry was
 * not given back.
 */
export function* clobbered(q: Inquiry, trail: Trail): Journey<readonly Reason[]> {
  const [link] = trail.links;
  const [top] = q.scene.frames;
  if (link?.into.kind !== 'register' || top?.physical.func === undefined) return [];
  const name = link.into.register;
  const gpr = GPR_NAMES.find(each => each === name);
  const { convention } = callable(q.target.images, top.physical.func);
  if (gpr === undefined || !convention.calleeSaved.includes(gpr)) return [];
  yield* q.at(link.t);
  const [writer] = q.frames(1);
  const { func } = writer?.physical ?? {};
  if (writer === undefined || func === undefined || func === top.physical.func) return [];
  // It is there still, and has not been asked to give anything back.
  if (q.scene.frames.some(({ physical }) => physical.cfa === writer.physical.cfa && physical.func === func)) return [];
  const entered = yield* q.entry(writer);
  if (entered === undefined) return [];
  yield* q.at(entered);
  const before = q.target.process.current.registers.get(gpr);
  if (before === link.value) return [];
  return [
    saying(
      `${writer.name} was called with ${gpr} = ${hex(before)} and has returned without it: ${gpr} is the caller's in ${convention.id}`,
    ),
  ];
}
