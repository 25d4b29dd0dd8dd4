/**
 * The true call stack. For each frame the caller is found by what is surest: the CPU's own record of unreturned calls for C and hand-made
 * assembly, unwind tables for compiled Go code (whose stacks Go may have moved), the word at RSP on a function's first instruction, and
 * last a guess from RBP, marked as such. Where execution changed stacks the walk follows (see switches.ts).
 */
import { UCONTEXT } from '../../abi/registers.js';
import { type CallRecord, GPR_NAMES } from '../../cpu/api.js';
import type { Func, How, UnwindRow } from '../../image/api.js';
import { signalName } from '../../linux/abi/signals.js';
import { jumpWays, leadsTo } from '../code/jumps.js';
import { peek } from '../code/peek.js';
import { unchangedSinceEntry } from '../code/unchanged.js';
import { wayOut } from '../code/way-out.js';
import type { Cursor, FrameRegister, KnownValue, LogicalFrame, Overwritten, PhysicalFrame, Seam, StackName } from './frame.js';
import { lookupPc } from './frame.js';
import { instantiated } from './generics.js';
import { recordOf } from './recorded.js';
import { type Resume, type Switched, switchBehind } from './switches.js';
import { callerValues, cfaOf } from './unwind.js';
import { rememberingCalls, stackNamed, type WalkStart, type WalkTarget } from './walk-target.js';

interface Caller {
  readonly cfa: bigint;
  readonly returnAddress: bigint;
  readonly how: How;
  /** Where the CALL went, when the CPU saw it. */
  readonly target?: bigint;
  readonly row?: UnwindRow;
  readonly overwritten?: Overwritten;
}

/** Frames that a walk never passes: a cycle in corrupt memory must end. */
const MOST_FRAMES = 100_000;

/** Walks from `start` outwards. Lazy: taking ten frames of a deep stack costs ten steps. */
function* walkPhysical(base: WalkTarget, start: WalkStart): Generator<PhysicalFrame> {
  const target = rememberingCalls(withSignalFrames(base, start));
  // Where a C-to-Go callback left the goroutine's own frames: the asmcgocall further out goes on from there.
  const parked: Resume[] = [];
  let cursor: Cursor | undefined = startCursor(start);
  let lastSp = -1n;
  // The record of calls knows stacks by where they are used: below the first frame that the walk finds on one.
  let innermost = start.sp - 8n;
  for (let count = 0; cursor !== undefined && count < MOST_FRAMES; count++) {
    const func = target.images.functionAt(cursor.exact ? cursor.pc : cursor.pc - 1n);
    const stack = stackNamed(target, cursor.sp, cursor.g);
    const known: Switched | undefined = func && switchBehind(target, cursor, func, stack, parked);
    // Behind an mcall whose goroutine was let go lies what the scheduler's stack held before: nothing that called it.
    const last: boolean = known !== undefined || (func?.funcID === 'mcall' && stack.kind === 'g0');
    const sure: Caller | undefined = last ? undefined : findCaller(target, cursor, func, stack);
    const moved: Switched | undefined =
      known ??
      (last || sure !== undefined
        ? undefined
        : (stackLeft(target, cursor, func, stack, innermost) ?? leftByItself(target, cursor, func, stack)));
    const caller: Caller | undefined = moved !== undefined || last ? undefined : (sure ?? guessCaller(target, cursor, func, stack));
    yield finish(target, start, cursor, func, stack, caller, moved);
    if (moved !== undefined) {
      cursor = moved.cursor;
      innermost = cursor.sp - 8n;
      lastSp = -1n;
      continue;
    }
    if (caller === undefined || (lastSp >= 0n && caller.cfa <= lastSp)) return;
    lastSp = caller.cfa;
    cursor = interrupted(target, start, cursor, caller, stack) ?? returned(target, cursor, func, caller);
    if (cursor?.seam !== undefined) innermost = cursor.sp - 8n;
  }
}

/** A signal handler's return slot was written by the kernel, not by a CALL; it counts as one all the same. */
function withSignalFrames(target: WalkTarget, start: WalkStart): WalkTarget {
  if (start.signalFrames.length === 0) return target;
  const entered = start.signalFrames
    .filter(({ frame }) => target.memory.allows(frame, 8, 'read'))
    .map(({ frame }) => ({ slot: frame, returnAddress: target.memory.readU64(frame), target: 0n }));
  const calls: WalkTarget['calls'] = (sp, stack, most) =>
    [...target.calls(sp, stack, most), ...entered.filter(record => record.slot >= sp)].sort((a, b) => (a.slot < b.slot ? -1 : 1));
  return { ...target, calls, memory: target.memory };
}

function startCursor(start: WalkStart): Cursor {
  const values = new Map<FrameRegister, KnownValue>();
  if (start.live !== undefined) {
    for (const name of GPR_NAMES) values.set(name, { value: start.live.get(name), how: 'exact' });
  }
  values.set('rip', { value: start.pc, how: 'exact' });
  values.set('rsp', { value: start.sp, how: 'exact' });
  values.set('rbp', { value: start.bp, how: 'exact' });
  return { pc: start.pc, exact: start.exact, sp: start.sp, values, live: start.live, g: start.g, how: 'exact', seam: undefined };
}

function finish(
  target: WalkTarget,
  start: WalkStart,
  cursor: Cursor,
  func: Func | undefined,
  stack: StackName,
  caller: Caller | undefined,
  moved: Switched | undefined,
): PhysicalFrame {
  const called = moved?.called ?? caller?.target ?? 0n;
  const jumped = called !== 0n && func !== undefined && !(called >= func.entry && called < func.end);
  const jumper = jumped ? target.images.functionAt(called) : undefined;
  const ways = jumper === undefined || func === undefined ? [] : jumpWays(target, jumper, func);
  return {
    pc: cursor.pc,
    exact: cursor.exact,
    sp: cursor.sp,
    registers: { live: cursor.live, bases: start.live, get: name => registerOf(cursor, func, name) },
    func,
    stack,
    g: cursor.g,
    how: cursor.how,
    // Stepping compares places on the stack that is in use, which the innermost frame's must be on.
    cfa: caller?.cfa ?? (cursor.live === undefined ? moved?.cfa : undefined),
    returnAddress: caller?.returnAddress,
    jumpedFrom: jumper?.linkName,
    jumpedThrough: ways.length === 1 ? ways[0]!.slice(1).map(({ linkName }) => linkName) : [],
    overwritten: cursor.overwritten,
    seam: cursor.seam,
  };
}

/** Go code keeps g in R14 wherever a call can be made, so it is known in every frame of Go code. */
function registerOf(cursor: Cursor, func: Func | undefined, name: FrameRegister): KnownValue | undefined {
  const known = cursor.values.get(name);
  if (known === undefined && name === 'r14' && cursor.g !== 0n && func !== undefined && func.language !== 'c') {
    return { value: cursor.g, how: 'inferred' };
  }
  return known;
}

/** The caller on the same stack, where something tells it. */
function findCaller(target: WalkTarget, cursor: Cursor, func: Func | undefined, stack: StackName): Caller | undefined {
  const astray = cursor.live === undefined ? undefined : returnedAstray(target, cursor);
  if (astray !== undefined) return astray;
  const row = target.images.unwindAt(cursor.exact ? cursor.pc : cursor.pc - 1n);
  const byTable = row === undefined ? undefined : fromTable(target, cursor, row);
  const record = recordOf(target, cursor.sp, func, stack, byTable?.cfa, isTabled(func));
  if (isTabled(func) && byTable !== undefined && !func!.topFrame) {
    if (record !== undefined && record.slot === byTable.cfa - 8n) return { ...byTable, ...callOf(record) };
    return believable(target, byTable) ? byTable : undefined;
  }
  if (record !== undefined) {
    const found = callOf(record);
    return row === undefined || byTable?.cfa !== found.cfa ? found : { ...found, row };
  }
  if (func?.topFrame) return undefined;
  if (cursor.exact && func !== undefined && cursor.pc === func.entry) return fromSlot(target, cursor.sp, 'exact');
  return byTable !== undefined && !func?.spWrite && believable(target, byTable) ? byTable : undefined;
}

/** Hand-made assembly that changes RSP in ways its table does not follow (racecall's ANDQ) is marked SPWRITE. */
const isTabled = (func: Func | undefined): boolean => func !== undefined && func.language !== 'c' && !func.spWrite;

/** Where nothing tells the caller, and the stack was not changed. */
const guessCaller = (target: WalkTarget, cursor: Cursor, func: Func | undefined, stack: StackName): Caller | undefined =>
  func?.spWrite ? fromWayOut(target, cursor, func) : isTabled(func) ? undefined : fromFramePointer(target, cursor, stack);

/** Where code that changes RSP itself will return to. */
function fromWayOut(target: WalkTarget, cursor: Cursor, func: Func): Caller | undefined {
  const { pc, values } = cursor;
  if (func.topFrame) return undefined;
  const slot = wayOut(target.memory, pc, name => values.get(name)?.value) ?? alignedSlot(target, cursor, func);
  return slot === undefined ? undefined : fromSlot(target, slot, 'inferred');
}

/**
 * Code that has rounded RSP down to a multiple of 16 before a call, and keeps what it was in a register that is lost: it was that, or 8 more. One of the two
 * holds the address behind a call that leads to it.
 */
function alignedSlot({ images, memory }: WalkTarget, { exact, sp }: Cursor, func: Func): bigint | undefined {
  if (exact || (sp & 15n) !== 0n) return undefined;
  const led = [sp, sp + 8n].filter(slot => {
    const behind = peek(memory, slot);
    if (behind === undefined || !memory.allows(behind - 5n, 5, 'exec') || memory.readU8(behind - 5n) !== CALL_REL32) return false;
    return leadsTo({ images, memory }, BigInt.asUintN(64, behind + BigInt.asIntN(32, BigInt(memory.readU32(behind - 4n)))), func);
  });
  return led.length === 1 ? led[0] : undefined;
}

const CALL_REL32 = 0xe8;

const callOf = ({ slot, returnAddress, target, now }: CallRecord): Caller => ({
  cfa: slot + 8n,
  returnAddress,
  how: 'emulated',
  target,
  ...(now === undefined ? {} : { overwritten: { slot, now } }),
});

/** A RET that has just gone elsewhere than the CALL had come from, since its slot was overwritten: the caller waits for it still. */
function returnedAstray(target: WalkTarget, { pc, sp }: Cursor): Caller | undefined {
  const record = target.returned();
  if (record === undefined || record.slot !== sp - 8n || record.returnAddress === pc || record.now !== pc) return undefined;
  return { cfa: sp, returnAddress: record.returnAddress, how: 'emulated', overwritten: { slot: record.slot, now: pc } };
}

/**
 * Code that runs on another stack than it was called on, and has no caller there, has changed stacks itself: on the one that it left, its own
 * call is the innermost that has not returned.
 */
function stackLeft(target: WalkTarget, cursor: Cursor, func: Func | undefined, stack: StackName, innermost: bigint): Switched | undefined {
  if (func?.topFrame) return undefined;
  const record = target.leftFor(innermost);
  if (record === undefined || (record.slot >= cursor.sp && record.slot < stack.hi)) return undefined;
  const outer = stackNamed(target, record.slot, cursor.g);
  const seam: Seam = { what: 'stack switch', inner: stack.name, outer: outer.name };
  const next = returned(target, cursor, func, callOf(record));
  return next && { cursor: { ...next, seam }, called: record.target };
}

/** The same, where it has changed to another stack and nobody has seen its call. */
function leftByItself(target: WalkTarget, cursor: Cursor, func: Func | undefined, stack: StackName): Switched | undefined {
  const caller = func?.spWrite ? fromWayOut(target, cursor, func) : undefined;
  if (caller === undefined || (caller.cfa > stack.lo && caller.cfa <= stack.hi)) return undefined;
  const next = returned(target, cursor, func, caller);
  const outer = stackNamed(target, caller.cfa, cursor.g);
  const seam: Seam = { what: 'stack switch', inner: stack.name, outer: outer.name };
  return next && { cursor: { ...next, seam } };
}

function fromTable(target: WalkTarget, cursor: Cursor, row: UnwindRow): Caller | undefined {
  // The outermost function of a C program marks its return address as undefined.
  if (row.registers.get(16) === 'undefined') return undefined;
  const cfa = cfaOf(row, cursor.values, target.evaluate);
  const returnAddress = cfa === undefined ? undefined : peek(target.memory, cfa - 8n);
  return cfa === undefined || returnAddress === undefined ? undefined : { cfa, returnAddress, how: row.how, row };
}

function fromSlot(target: WalkTarget, slot: bigint, how: How): Caller | undefined {
  const returnAddress = peek(target.memory, slot);
  if (returnAddress === undefined) return undefined;
  const caller = { cfa: slot + 8n, returnAddress, how };
  return believable(target, caller) ? caller : undefined;
}

function fromFramePointer(target: WalkTarget, cursor: Cursor, stack: StackName): Caller | undefined {
  const bp = cursor.values.get('rbp')?.value;
  if (bp === undefined || bp < cursor.sp || bp >= stack.hi) return undefined;
  return fromSlot(target, bp + 8n, 'inferred');
}

function believable(target: WalkTarget, caller: Caller): boolean {
  return caller.returnAddress !== 0n && target.memory.allows(caller.returnAddress - 1n, 1, 'exec');
}

/** The frame that a CALL of it led here. */
function returned(target: WalkTarget, cursor: Cursor, func: Func | undefined, caller: Caller): Cursor | undefined {
  if (caller.returnAddress === 0n) return undefined;
  const kept =
    cursor.exact && func !== undefined ? unchangedSinceEntry(target.memory, func.entry, func.end, cursor.pc) : new Set<FrameRegister>();
  const { pc, exact: stands, values: inner } = cursor;
  const table = caller.row ?? target.images.unwindAt(stands ? pc : pc - 1n);
  const callee = { values: inner, func, pc, exact: stands, kept, table };
  const values = callerValues(callee, caller.cfa, caller.returnAddress, caller.row, target.memory, caller.how, target.evaluate);
  // sigpanic and asyncPreempt are pushed onto the stack of code that was interrupted, not called by it.
  const exact = func?.funcID === 'sigpanic' || func?.funcID === 'asyncPreempt';
  const { cfa: sp, how, overwritten } = caller;
  const frame = { pc: caller.returnAddress, exact, sp, values, live: undefined, g: cursor.g, how, seam: undefined };
  return overwritten === undefined ? frame : { ...frame, overwritten };
}

/** When the return address is the kernel's signal trampoline: the frame that the signal interrupted, with all its registers. */
function interrupted(target: WalkTarget, start: WalkStart, cursor: Cursor, caller: Caller, stack: StackName): Cursor | undefined {
  const frame = start.signalFrames.find(each => each.frame === caller.cfa - 8n);
  if (frame === undefined) return undefined;
  const ucontext = caller.cfa;
  if (!target.memory.allows(ucontext, 304, 'read')) return undefined;
  const values = new Map<FrameRegister, KnownValue>();
  for (const [{ name }, offset] of UCONTEXT) {
    values.set(name as FrameRegister, { value: target.memory.readU64(ucontext + BigInt(offset)), how: 'exact' });
  }
  const pc = values.get('rip')!.value;
  const sp = values.get('rsp')!.value;
  // The handler ran as gsignal; what it interrupted ran as the g of that stack.
  const below = target.go?.stackOf(sp, cursor.g);
  const outer = below === undefined ? stackNamed(target, sp, cursor.g) : below;
  const seam: Seam = { what: `signal ${signalName(frame.signal)}`, inner: stack.name, outer: outer.name };
  return { pc, exact: true, sp, values, live: undefined, g: below?.g ?? cursor.g, how: 'exact', seam };
}

/** Adds the inlined calls at each frame's pc, innermost first, as frames of their own. */
export function* walk(target: WalkTarget, start: WalkStart): Generator<LogicalFrame> {
  let index = 0;
  for (const physical of walkPhysical(target, start)) {
    const pc = lookupPc(physical);
    const all = target.images.inlineFrames(pc);
    const inline = index === 0 ? all.slice(start.entering ?? 0) : all;
    if (inline.length === 0) {
      const name = physical.func?.name ?? target.images.symbolAt(pc)?.symbol.name ?? '??';
      const line = target.images.lineAt(pc);
      const variables = () => [];
      yield { index: index++, physical, name, file: line?.file, line: line?.line, inlined: false, described: false, variables };
    }
    for (const { name, file, line, inlined, scope } of inline) {
      const frame = { index: index++, physical, name, file, line, inlined, described: scope !== undefined, variables: () => [] };
      yield { ...frame, variables: () => instantiated(target, frame, target.images.variables(scope, pc)) };
    }
  }
}
