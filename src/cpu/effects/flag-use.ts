/** Which bits of RFLAGS a value depends on, and which of them an op changes. */
import { STATUS_FLAGS } from '../layout.js';
import { isComputed, isConstant, type Leaf, type ValueExpression } from './value.js';

const ALL = -1;

/** The bits of RFLAGS that the bits of `mask` of a value depend on. */
export function demandedFlags(value: ValueExpression<Leaf>, mask = ALL): number {
  if (value.kind === 'flags') return mask === ALL ? STATUS_FLAGS : mask;
  if (!isComputed(value)) return 0;
  const [left, right] = value.args as [ValueExpression<Leaf>, ValueExpression<Leaf> | undefined];
  const by = right !== undefined && isConstant(right) ? Number(BigInt.asIntN(32, right.value)) : undefined;
  const all = (bits: number): number => value.args.reduce((sum, arg) => sum | demandedFlags(arg, bits), 0);
  switch (value.operation) {
    case 'i32.and':
    case 'i64.and':
      return by === undefined ? all(mask) : demandedFlags(left, mask & by);
    case 'i32.or':
    case 'i32.xor':
    case 'i64.or':
    case 'i32.wrap_i64':
    case 'i64.extend_i32_u':
      return all(mask);
    case 'i32.shr_u':
      return by === undefined ? all(ALL) : demandedFlags(left, mask << by);
    case 'i32.shl':
      return by === undefined ? all(ALL) : demandedFlags(left, mask >>> by);
    case 'select':
      return demandedFlags(left, mask) | demandedFlags(value.args[1]!, mask) | demandedFlags(value.args[2]!);
    default:
      return all(ALL);
  }
}

/** The bits that a value surely has as they stand in RFLAGS, given that what is joined by OR has no bits in common. */
function keptFlags(value: ValueExpression<Leaf>): number {
  if (value.kind === 'flags') return ALL;
  if (!isComputed(value)) return 0;
  const [left, right, condition] = value.args as [ValueExpression<Leaf>, ValueExpression<Leaf>, ValueExpression<Leaf> | undefined];
  switch (value.operation) {
    case 'i32.and':
      return isConstant(right) ? keptFlags(left) & Number(BigInt.asIntN(32, right.value)) : 0;
    case 'i32.xor':
      return isConstant(right) ? keptFlags(left) & ~Number(BigInt.asIntN(32, right.value)) : 0;
    case 'i32.or':
      return keptFlags(left) | keptFlags(right);
    case 'i64.extend_i32_u':
      return keptFlags(left);
    case 'select':
      return condition === undefined ? 0 : keptFlags(left) & keptFlags(right);
    default:
      return 0;
  }
}

/** What an op changes of the status flags, and reads of them for that, by what it leaves in ccOp and ccR (`ir/flags.ts`). */
export function writtenFlags(
  ccOp: ValueExpression<Leaf> | undefined,
  ccR: ValueExpression<Leaf> | undefined,
): { reads: number; writes: number } {
  if (ccOp === undefined) return { reads: 0, writes: 0 };
  if (isConstant(ccOp) && ccOp.value === 0n && ccR !== undefined) {
    const writes = STATUS_FLAGS & ~keptFlags(ccR);
    return { reads: demandedFlags(ccR, writes), writes };
  }
  // INC and DEC add to ccOp, and leave CF to what it says.
  const isStep = isComputed(ccOp) && ccOp.operation === 'i32.or';
  return { reads: 0, writes: isStep ? STATUS_FLAGS & ~1 : STATUS_FLAGS };
}
