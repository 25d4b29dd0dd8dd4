/** Values that are addresses, taken apart into base, index, scale and displacement. */
import type { EffectRegister, EffectValue, OperandAddress } from '../api.js';
import { isComputed, isConstant } from './value.js';

type Parts = { -readonly [K in keyof OperandAddress]: OperandAddress[K] };

/** The value as an operand would name it; undefined when it is no sum that begins like one. */
export function operandAddressOf(value: EffectValue): OperandAddress | undefined {
  const parts: Parts = {
    base: undefined,
    index: undefined,
    scale: 1,
    displacement: 0n,
    segment: undefined,
    relative: false,
    narrow: false,
    rest: false,
  };
  return addTerms(value, parts, true) ? parts : undefined;
}

/** Adds what a sum consists of, from the left. `first`: nothing has been added yet, not even the zero that stands for no base. */
function addTerms(value: EffectValue, parts: Parts, first: boolean): boolean {
  if (isConstant(value)) {
    parts.displacement = BigInt.asIntN(64, parts.displacement + value.value);
    parts.relative ||= value.relative === true;
    return true;
  }
  if (isComputed(value)) {
    const [left, right] = value.args as [EffectValue, EffectValue];
    if (value.operation === 'i64.add') return addTerms(left, parts, first) && addTerms(right, parts, false);
    if (value.operation === 'i64.and' && isConstant(right) && right.value === 0xffff_ffffn && first) {
      parts.narrow = true;
      return addTerms(left, parts, first);
    }
    if (value.operation === 'i64.shl' && isConstant(right) && isWholeRegister(left))
      return addIndex(left.register, 1 << Number(right.value), parts);
    parts.rest = true;
    return !first;
  }
  if (value.kind !== 'register' || value.offset !== 0) return false;
  if (value.register === 'fsBase' || value.register === 'gsBase') {
    parts.segment = value.register === 'fsBase' ? 'fs' : 'gs';
    return true;
  }
  if (value.bytes === 4 && !value.signed && first) parts.narrow = true;
  else if (value.bytes !== 8) return false;
  if (!first) return addIndex(value.register, 1, parts);
  parts.base = value.register;
  return true;
}

function addIndex(register: EffectRegister, scale: number, parts: Parts): boolean {
  if (parts.index !== undefined) parts.rest = true;
  else Object.assign(parts, { index: register, scale });
  return true;
}

const isWholeRegister = (value: EffectValue): value is Extract<EffectValue, { kind: 'register' }> =>
  value.kind === 'register' && value.bytes === 8;
