/** One step of table-driven unwinding: CFA, return address and the registers that the tables or the conventions give back. */
import { dwarfNumber, unwindRegister } from '../../abi/registers.js';
import type { AddressSpace, GprName } from '../../cpu/api.js';
import type { Func, How, UnwindRow } from '../../image/api.js';
import { leavesAlone } from '../code/left-alone.js';
import { peek } from '../code/peek.js';
import type { FrameRegister, KnownValue } from './frame.js';

const RBP = dwarfNumber('rbp');
const SYSTEM_V_SAVED: readonly GprName[] = ['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'];

export type Values = ReadonlyMap<FrameRegister, KnownValue>;

/** Evaluates a DWARF expression over a frame's registers; undefined when it needs what is not known. */
export type ExpressionReader = (expression: Uint8Array, values: Values, initial: readonly bigint[]) => bigint | undefined;

/** The canonical frame address that a row gives, if all it needs is known. */
export function cfaOf(row: UnwindRow, values: Values, evaluate: ExpressionReader): bigint | undefined {
  if ('expression' in row.cfa) return evaluate(row.cfa.expression, values, []);
  const base = values.get(unwindRegister(row.cfa.register)!);
  return base === undefined ? undefined : BigInt.asUintN(64, base.value + BigInt(row.cfa.offset));
}

/** A function that is about to be left for its caller. */
export interface Callee {
  readonly values: Values;
  readonly func: Func | undefined;
  readonly pc: bigint;
  /** Whether it stands at `pc`; false: that is where its own callee returns to. */
  readonly exact: boolean;
  /** Registers that it has not written yet, so that they still are the caller's. */
  readonly kept: ReadonlySet<FrameRegister>;
  /** What tables say of `pc`. Its CFA need not be the true one: RSP may have been changed in ways that tables do not follow. */
  readonly table: UnwindRow | undefined;
}

/**
 * The caller's registers after the return from `func`. Go code keeps RBP only, and g in R14; C code keeps System V's
 * callee-saved registers, and its tables say where they are; `row` is what they say when its CFA is the true one.
 */
export function callerValues(
  callee: Callee,
  cfa: bigint,
  returnAddress: bigint,
  row: UnwindRow | undefined,
  memory: AddressSpace,
  how: How,
  evaluate: ExpressionReader,
): Map<FrameRegister, KnownValue> {
  const values = new Map<FrameRegister, KnownValue>();
  if (followsC(callee, row)) restoreSystemV(values, callee, cfa, row, memory, evaluate);
  else restoreFramePointer(values, callee, cfa, memory, how, evaluate);
  for (const name of callee.kept) {
    const value = callee.values.get(name);
    if (value !== undefined) values.set(name, value);
  }
  values.set('rsp', { value: cfa, how });
  values.set('rip', { value: returnAddress, how });
  return values;
}

/** What has no name is C's when unwind tables of C describe it: a static function of a library. */
const followsC = ({ func }: Callee, row: UnwindRow | undefined): boolean =>
  func === undefined ? row?.how === 'cfi' : func.language === 'c';

function restoreSystemV(
  values: Map<FrameRegister, KnownValue>,
  { values: inner, func, pc, exact }: Callee,
  cfa: bigint,
  row: UnwindRow | undefined,
  memory: AddressSpace,
  evaluate: ExpressionReader,
): void {
  // Without a table nothing tells whether the function has pushed them yet.
  if (row === undefined) return;
  for (const name of SYSTEM_V_SAVED) {
    const rule = row.registers.get(dwarfNumber(name)) ?? 'same';
    // What r14 assembles saves registers by hand, and its tables, which it knows exactly, do not follow that.
    if (rule === 'same' && func !== undefined && row.how === 'exact' && !leavesAlone(memory, func, pc, exact, name)) continue;
    const known = ruleValue(rule, name, inner, cfa, memory, evaluate);
    if (known !== undefined) values.set(name, { value: known, how: row.how });
  }
}

/** A register of the caller by a rule; undefined: it is not known. */
export function ruleValue(
  rule: NonNullable<ReturnType<UnwindRow['registers']['get']>>,
  name: FrameRegister,
  inner: Values,
  cfa: bigint,
  memory: AddressSpace,
  evaluate: ExpressionReader,
): bigint | undefined {
  if (rule === 'undefined') return undefined;
  if (rule === 'same') return inner.get(name)?.value;
  if ('atCfa' in rule) return peek(memory, BigInt.asUintN(64, cfa + BigInt(rule.atCfa)));
  if ('register' in rule) return inner.get(unwindRegister(rule.register)!)?.value;
  if ('valueCfa' in rule) return BigInt.asUintN(64, cfa + BigInt(rule.valueCfa));
  if ('valueExpression' in rule) return evaluate(rule.valueExpression, inner, [cfa]);
  const address = evaluate(rule.expression, inner, [cfa]);
  return address === undefined ? undefined : peek(memory, address);
}

/** RBP after a return of Go code: from where the tables say that it was saved, else as it is, where it was left alone. Lost when nothing tells. */
function restoreFramePointer(
  values: Map<FrameRegister, KnownValue>,
  { values: inner, func, pc, exact, table }: Callee,
  cfa: bigint,
  memory: AddressSpace,
  how: How,
  evaluate: ExpressionReader,
): void {
  const same = inner.get('rbp');
  if (how === 'inferred' && same?.value === cfa - 16n) {
    // The caller was found by this very pair of words.
    const saved = peek(memory, cfa - 16n);
    if (saved !== undefined) values.set('rbp', { value: saved, how });
    return;
  }
  const rule = table?.registers.get(RBP);
  if (table !== undefined && typeof rule === 'object') {
    const saved = ruleValue(rule, 'rbp', inner, cfa, memory, evaluate);
    if (saved !== undefined) values.set('rbp', { value: saved, how: table.how });
    return;
  }
  if (same === undefined || func === undefined || rule === 'undefined') return;
  // Go's compiler gives RBP no other use; who writes assembly may.
  const compiled = func.language === 'go' && func.source === 'pclntab' && rule === 'same';
  if (compiled || leavesAlone(memory, func, pc, exact, 'rbp')) values.set('rbp', same);
}
