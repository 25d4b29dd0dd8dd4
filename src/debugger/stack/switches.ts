/**
 * Where Go leaves one stack for another: systemstack, mcall, morestack, asmcgocall, cgocallback and racecall. Each keeps the place to go back
 * to in a way of its own (and of its Go version), so each is followed in its own way. Where the place is a gobuf, its pc lies in
 * systemstack_switch, a function that exists only to have unwind tables: one step of those tables leads to the caller in every release.
 */
import type { Func } from '../../image/api.js';
import { peek } from '../code/peek.js';
import type { Cursor, FrameRegister, KnownValue, Seam, StackName } from './frame.js';
import { callerValues, cfaOf } from './unwind.js';
import { recordAbove, stackNamed, type WalkTarget } from './walk-target.js';

/** A place on a goroutine's stack where its frames go on. */
export interface Resume {
  readonly pc: bigint;
  readonly sp: bigint;
  readonly bp: bigint;
  readonly g: bigint;
}

export interface Switched {
  readonly cursor: Cursor;
  /** Where the CALL that led here went, when it was not the function itself. */
  readonly called?: bigint;
  /** The function's canonical frame address, on the stack that it left. */
  readonly cfa?: bigint;
}

/** Functions that jump to asmcgocall, and itself. */
const C_ENTRIES = /^runtime\.asmcgocall/;

/** Assembly of runtime/race_*.s through which racecall is reached. */
const RACE_ENTRIES = /^(?:runtime\.)?(?:race|_cgo_race)|^sync\/atomic\./;

/**
 * The frame behind a stack switch, when `cursor` stands in a function that made one; undefined when its caller is on the same stack.
 * `parked` collects where callbacks left the goroutine.
 */
export function switchBehind(target: WalkTarget, cursor: Cursor, func: Func, stack: StackName, parked: Resume[]): Switched | undefined {
  const go = target.go;
  if (go === undefined || cursor.g === 0n) return undefined;
  const machine = go.machineOf(cursor.g);
  if (machine === undefined) return undefined;
  const onG0 = stack.kind === 'g0';
  const resume = (place: Resume | undefined, skipSwitch: boolean) =>
    place === undefined ? undefined : entered(target, place, stack, skipSwitch);
  if (isRacecall(func) && onG0) return afterRacecall(target, cursor, stack, machine.curg);
  switch (func.funcID) {
    case 'systemstack':
      return onG0 ? resume(parked.pop() ?? scheduled(target, machine.curg), true) : undefined;
    case 'asmcgocall':
      return onG0 && calledElsewhere(target, cursor, stack, C_ENTRIES)
        ? resume(parked.pop() ?? scheduled(target, machine.curg), true)
        : undefined;
    case 'morestack':
      return onG0 ? resume(scheduled(target, machine.curg), false) : undefined;
    case 'mcall':
      return onG0 ? resume(parkedByMcall(target, cursor, machine.curg), false) : undefined;
    case 'cgocallback':
      return onG0 ? undefined : intoC(target, cursor, stack, machine.g0, parked);
    default:
      return undefined;
  }
}

function isRacecall(func: Func): boolean {
  return func.name === 'racecall' || func.name === 'racecall<>' || func.name === 'runtime.racecall';
}

/** gobuf of a goroutine that a system stack works for. */
function scheduled(target: WalkTarget, g: bigint): Resume | undefined {
  if (!target.go!.readable(g)) return undefined;
  const { pc, sp, bp } = target.go!.goroutine(g).sched;
  return sp === 0n || pc === 0n ? undefined : { pc, sp, bp, g };
}

/**
 * mcall pushes the old g for the function that it calls on g0. It is followed while the thread still holds that g; once dropped, it may run
 * elsewhere, and its gobuf is another place.
 */
function parkedByMcall(target: WalkTarget, cursor: Cursor, curg: bigint): Resume | undefined {
  return curg !== 0n && peek(target.memory, cursor.sp) === curg ? scheduled(target, curg) : undefined;
}

/** Whether the call that led to a function that may change to g0's stack was made on another stack: the CPU saw none on this one. */
function calledElsewhere(target: WalkTarget, cursor: Cursor, stack: StackName, entries: RegExp): boolean {
  const record = recordAbove(target, cursor.sp, stack);
  const called = record === undefined ? undefined : target.images.functionAt(record.target);
  return called === undefined || !entries.test(called.name);
}

/** The frame at a gobuf, past its stand-in in systemstack_switch when there is one. */
function entered(target: WalkTarget, place: Resume, from: StackName, skipSwitch: boolean): Switched | undefined {
  const values = new Map<FrameRegister, KnownValue>([
    ['rip', { value: place.pc, how: 'exact' }],
    ['rsp', { value: place.sp, how: 'exact' }],
    ['rbp', { value: place.bp, how: 'exact' }],
  ]);
  const to = stackNamed(target, place.sp, place.g);
  const seam: Seam = { what: 'stack switch', inner: from.name, outer: to.name };
  const func = target.images.functionAt(place.pc);
  if (!skipSwitch || func?.funcID !== 'systemstack_switch') {
    return { cursor: { pc: place.pc, exact: false, sp: place.sp, values, live: undefined, g: place.g, how: 'exact', seam } };
  }
  const row = target.images.unwindAt(place.pc);
  const cfa = row === undefined ? place.sp + 8n : cfaOf(row, values, target.evaluate);
  const pc = cfa === undefined ? undefined : peek(target.memory, cfa - 8n);
  if (cfa === undefined || pc === undefined || pc === 0n) return undefined;
  const callee = { values, func, pc: place.pc, exact: true, kept: new Set<FrameRegister>(), table: row };
  const outer = callerValues(callee, cfa, pc, row, target.memory, 'exact', target.evaluate);
  return { cursor: { pc, exact: false, sp: cfa, values: outer, live: undefined, g: place.g, how: 'exact', seam }, cfa };
}

/**
 * racecall moves RSP to g0's stack for the C code (unless it is there already) and keeps the true one in R12; R14 and the TLS slot stay the
 * goroutine's. The innermost unreturned call of the goroutine's own stack is the one that led to racecall.
 */
function afterRacecall(target: WalkTarget, cursor: Cursor, stack: StackName, curg: bigint): Switched | undefined {
  if (!calledElsewhere(target, cursor, stack, RACE_ENTRIES)) return undefined;
  if (!target.go!.readable(curg)) return undefined;
  const goroutine = target.go!.goroutine(curg);
  const r12 = cursor.values.get('r12')?.value;
  const own = stackNamed(target, goroutine.stackLo, curg);
  const record = r12 !== undefined && goroutine.contains(r12) ? recordAbove(target, r12, own) : recordAbove(target, goroutine.stackLo, own);
  if (record === undefined) return undefined;
  const sp = record.slot + 8n;
  const values = new Map<FrameRegister, KnownValue>([
    ['rip', { value: record.returnAddress, how: 'emulated' }],
    ['rsp', { value: sp, how: 'emulated' }],
    ['r14', { value: curg, how: 'inferred' }],
  ]);
  const seam: Seam = { what: 'stack switch', inner: stack.name, outer: own.name };
  const outer: Cursor = { pc: record.returnAddress, exact: false, sp, values, live: undefined, g: curg, how: 'emulated', seam };
  return { cursor: outer, called: record.target };
}

/**
 * Go called from C: cgocallback runs on the goroutine, above a stand-in return address that hides the C frames. They are on g0, where
 * the innermost unreturned call is the one to cgocallback; the goroutine goes on behind the stand-in, later.
 */
function intoC(
  target: WalkTarget,
  cursor: Cursor,
  stack: StackName,
  g0: bigint,
  parked: Resume[],
): { readonly cursor: Cursor } | undefined {
  if (!target.go!.readable(g0)) return undefined;
  const row = target.images.unwindAt(cursor.exact ? cursor.pc : cursor.pc - 1n);
  const cfa = row === undefined ? undefined : cfaOf(row, cursor.values, target.evaluate);
  const standIn = cfa === undefined ? undefined : peek(target.memory, cfa - 8n);
  if (cfa === undefined || standIn === undefined) return undefined;
  const saved = target.go!.goroutine(g0).sched.sp;
  const own = stackNamed(target, saved, g0);
  const record = recordAbove(target, saved, own);
  if (record === undefined) return undefined;
  const bp = peek(target.memory, cfa - 16n) ?? 0n;
  parked.push({ pc: standIn, sp: cfa, bp, g: cursor.g });
  const sp = record.slot + 8n;
  const values = new Map<FrameRegister, KnownValue>([
    ['rip', { value: record.returnAddress, how: 'emulated' }],
    ['rsp', { value: sp, how: 'emulated' }],
  ]);
  const seam: Seam = { what: 'stack switch', inner: stack.name, outer: own.name };
  return { cursor: { pc: record.returnAddress, exact: false, sp, values, live: undefined, g: g0, how: 'emulated', seam } };
}
