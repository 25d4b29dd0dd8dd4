/**
 * Status flags. An op that sets them stores its operands and result; the six bits are worked out only when something asks (Intel SDM
 * vol. 1, 3.4.3.1). What an instruction leaves undefined comes out as the formula of its family gives it.
 */
import { FLAG, FLAG_KIND, STEP_KIND } from '../layout.js';
import type { Code } from '../wasm/code.js';
import { type Emit, log2Bytes, type Node, type StateField, WIDTHS, type Width } from './emit.js';
import { c32, c64, cut, LOADS, local, op, SIGNED_LOADS, seq, setLocal, setState, state } from './op.js';

export type FlagFamily = keyof typeof FLAG_KIND;

const ccOp = (family: FlagFamily, width: Width): number => FLAG_KIND[family] * 4 + log2Bytes(width);

const setOp = (family: FlagFamily, width: Width): Node => setState('ccOp', c32(ccOp(family, width)), 'i32.store');

/** Flags of an addition or subtraction, with or without carry in: left and right operand and the result, cut to the width. */
export const flagsOf = (family: 'add' | 'sub', width: Width, left: Node, right: Node, result: Node): Node =>
  seq(setOp(family, width), setState('ccA', left), setState('ccB', right), setState('ccR', result));

/** CF = OF = AF = 0, the rest from the result. */
export const flagsOfLogic = (width: Width, result: Node): Node => seq(setOp('logic', width), setState('ccR', result));

/** INC and DEC leave CF to whatever set it before. */
export const flagsOfStep = (kind: keyof typeof STEP_KIND, width: Width, result: Node): Node =>
  seq(
    setState(
      'ccOp',
      op('i32.or', op('i32.and', state('ccOp', 'i32.load'), c32(0xff)), c32((STEP_KIND[kind] * 4 + log2Bytes(width)) << 8)),
      'i32.store',
    ),
    setState('ccS', result),
  );

/** CF and OF given (i64, 0 or 1), SF ZF PF from the result, AF = 0. */
export const flagsOfKnown = (width: Width, carry: Node, overflow: Node, result: Node): Node =>
  seq(setOp('known', width), setState('ccA', carry), setState('ccB', overflow), setState('ccR', result));

/** All six bits as they stand in RFLAGS, an i32. */
export const setFlagBits = (bits: Node): Node => seq(setState('ccR', op('i64.extend_i32_u', bits)), setState('ccOp', c32(0), 'i32.store'));

/** The six status bits as an i32. */
export const flagBits: Node = e => e.flags();
/** CF alone, 0 or 1, as an i32. */
export const carryBit: Node = e => e.carry();

const bit = (condition: Node, flag: number): Node => op('i32.shl', condition, c32(Math.log2(flag)));
const cc = (width: Width, field: StateField, signed = false): Node => state(field, (signed ? SIGNED_LOADS : LOADS)[width]);
const A = 'ccA';
const B = 'ccB';
const R = 'ccR';

const msb = (width: Width, value: Node): Node => op('i32.wrap_i64', op('i64.shr_u', cut(width, value), c64(width - 1)));
const or = (...nodes: Node[]): Node => nodes.reduce((left, right) => op('i32.or', left, right));

/** SF, ZF and PF of a result. */
const szp = (width: Width, result: StateField): Node =>
  or(
    bit(op('i64.lt_s', cc(width, result, true), c64(0)), FLAG.sf),
    bit(op('i64.eqz', cc(width, result)), FLAG.zf),
    bit(op('i32.eqz', op('i32.and', op('i32.popcnt', op('i32.and', state(result, 'i32.load'), c32(0xff))), c32(1))), FLAG.pf),
  );

const carryOf: Record<FlagFamily, (width: Width) => Node> = {
  flags: () => op('i32.and', state(R, 'i32.load'), c32(1)),
  // Carry out of the top bit, for any carry in: majority of the operands' top bits and the inverted result's.
  add: width =>
    msb(
      width,
      op(
        'i64.or',
        op('i64.and', cc(width, A), cc(width, B)),
        op('i64.and', op('i64.or', cc(width, A), cc(width, B)), op('i64.xor', cc(width, R), c64(-1))),
      ),
    ),
  sub: width =>
    msb(
      width,
      op(
        'i64.or',
        op('i64.and', op('i64.xor', cc(width, A), c64(-1)), cc(width, B)),
        op('i64.and', op('i64.xor', op('i64.xor', cc(width, A), cc(width, B)), c64(-1)), cc(width, R)),
      ),
    ),
  logic: () => c32(0),
  known: () => state(A, 'i32.load'),
};

const auxiliary: Node = bit(
  op(
    'i32.and',
    op('i32.shr_u', op('i32.xor', op('i32.xor', state(A, 'i32.load'), state(B, 'i32.load')), state(R, 'i32.load')), c32(4)),
    c32(1),
  ),
  FLAG.af,
);

const overflowOf: Record<FlagFamily, (width: Width) => Node> = {
  flags: () => c32(0),
  add: width => msb(width, op('i64.and', op('i64.xor', cc(width, A), cc(width, R)), op('i64.xor', cc(width, B), cc(width, R)))),
  sub: width => msb(width, op('i64.and', op('i64.xor', cc(width, A), cc(width, B)), op('i64.xor', cc(width, A), cc(width, R)))),
  logic: () => c32(0),
  known: () => state(B, 'i32.load'),
};

const auxiliaryOf: Record<FlagFamily, Node> = {
  flags: c32(0),
  add: auxiliary,
  sub: auxiliary,
  logic: c32(0),
  known: c32(0),
};

/** The body of a function of the module. */
type FunctionBody = (e: Emit & { readonly code: Code }) => void;

/** A branch table over the byte of ccOp at `shift`; each case leaves the function. */
function dispatch(shift: number, cases: readonly FunctionBody[]): FunctionBody {
  return e => {
    const labels = cases.map((_, index) => `case${index}`);
    for (let index = cases.length - 1; index >= 0; index--) e.code.block(labels[index]);
    op('i32.and', op('i32.shr_u', state('ccOp', 'i32.load'), c32(shift)), c32(0xff))(e);
    e.code.brTable(labels.slice(0, -1), labels[labels.length - 1]);
    for (const body of cases) {
      e.code.end();
      body(e);
      e.code.op('return');
    }
    e.code.op('unreachable');
  };
}

const byFamily = (node: (family: FlagFamily, width: Width) => Node): Node[] =>
  (Object.keys(FLAG_KIND) as FlagFamily[]).flatMap(family => WIDTHS.map(width => node(family, width)));

/** Body of the module's function `carry(): i32`. */
export const carryFunction = dispatch(
  0,
  byFamily((family, width) => carryOf[family](width)),
);

/** AF, OF, SF, ZF and PF of an INC or DEC. */
const stepFlags = (kind: keyof typeof STEP_KIND, width: Width, carry = carryBit): Node => {
  const S = 'ccS';
  const turned = kind === 'inc' ? 1n << BigInt(width - 1) : (1n << BigInt(width - 1)) - 1n;
  const nibble = kind === 'inc' ? 0 : 15;
  return or(
    carry,
    bit(op('i64.eq', cc(width, S), c64(turned)), FLAG.of),
    bit(op('i32.eq', op('i32.and', state(S, 'i32.load'), c32(15)), c32(nibble)), FLAG.af),
    szp(width, S),
  );
};

/** All six bits where the value of ccOp is known. */
export function knownFlags(value: number): Node {
  const step = (value >> 8) & 0xff;
  const [family, width] = familyOf(value);
  if (step !== 0) return stepFlags(step >> 2 === STEP_KIND.inc ? 'inc' : 'dec', WIDTHS[step & 3]!, carryOf[family](width));
  if (family === 'flags') return state(R, 'i32.load');
  return or(carryOf[family](width), bit(overflowOf[family](width), FLAG.of), auxiliaryOf[family], szp(width, R));
}

/** CF where the value of ccOp is known. */
export function knownCarry(value: number): Node {
  const [family, width] = familyOf(value);
  return carryOf[family](width);
}

/** What the low byte of ccOp says. */
export const familyOf = (value: number): [FlagFamily, Width] => [
  (Object.keys(FLAG_KIND) as FlagFamily[])[(value & 0xff) >> 2]!,
  WIDTHS[value & 3]!,
];

/** Body of the module's function `flags(): i32`. */
export const flagsFunction = dispatch(8, [
  // No INC or DEC since: the family in the low byte tells all. Kinds start at 1, so three cases stay empty.
  dispatch(
    0,
    byFamily((family, width) =>
      family === 'flags'
        ? state(R, 'i32.load')
        : or(carryOf[family](width), bit(overflowOf[family](width), FLAG.of), auxiliaryOf[family], szp(width, R)),
    ),
  ),
  ...[1, 2, 3].map(() => op('unreachable')),
  ...(['inc', 'dec'] as const).flatMap(kind => WIDTHS.map(width => stepFlags(kind, width))),
]);

/** Condition codes by encoding (Intel SDM vol. 1, appendix B). */
export const CONDITIONS = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'] as const;
export type Condition = (typeof CONDITIONS)[number];

const test = (mask: number): Node => op('i32.ne', op('i32.and', flagBits, c32(mask)), c32(0));
const not = (node: Node): Node => op('i32.eqz', node);

/** Conditions straight from the bits in ccR, when it is known that they stand there. */
export const FROM_BITS: Partial<Record<Condition, Node>> = fromBits();

function fromBits(): Partial<Record<Condition, Node>> {
  const any = (mask: number): Node => op('i32.ne', op('i32.and', state(R, 'i32.load'), c32(mask)), c32(0));
  const none = (mask: number): Node => not(any(mask));
  return {
    b: any(FLAG.cf),
    ae: none(FLAG.cf),
    e: any(FLAG.zf),
    ne: none(FLAG.zf),
    be: any(FLAG.zf | FLAG.cf),
    a: none(FLAG.zf | FLAG.cf),
    p: any(FLAG.pf),
    np: none(FLAG.pf),
  };
}

/** A condition from the flags, whatever set them (i32, 0 or 1). Uses the local `f`. */
export function conditionOf(condition: Condition): Node {
  const f = local('f');
  const lessThan: Node = seq(
    setLocal('f', flagBits),
    op('i32.and', op('i32.xor', op('i32.shr_u', f, c32(7)), op('i32.shr_u', f, c32(11))), c32(1)),
  );
  const lessOrEqual: Node = op('i32.or', lessThan, op('i32.and', op('i32.shr_u', f, c32(6)), c32(1)));
  const table: Record<Condition, Node> = {
    o: test(FLAG.of),
    no: not(test(FLAG.of)),
    b: carryBit,
    ae: not(carryBit),
    e: test(FLAG.zf),
    ne: not(test(FLAG.zf)),
    be: test(FLAG.zf | FLAG.cf),
    a: not(test(FLAG.zf | FLAG.cf)),
    s: test(FLAG.sf),
    ns: not(test(FLAG.sf)),
    p: test(FLAG.pf),
    np: not(test(FLAG.pf)),
    l: lessThan,
    ge: not(lessThan),
    le: lessOrEqual,
    g: not(lessOrEqual),
  };
  return table[condition];
}

/** Conditions that follow from comparing two values: the operator on zero- or sign-extended i64. */
export const COMPARE: Partial<Record<Condition, { readonly operator: string; readonly signed: boolean }>> = {
  b: { operator: 'i64.lt_u', signed: false },
  ae: { operator: 'i64.ge_u', signed: false },
  e: { operator: 'i64.eq', signed: false },
  ne: { operator: 'i64.ne', signed: false },
  be: { operator: 'i64.le_u', signed: false },
  a: { operator: 'i64.gt_u', signed: false },
  l: { operator: 'i64.lt_s', signed: true },
  ge: { operator: 'i64.ge_s', signed: true },
  le: { operator: 'i64.le_s', signed: true },
  g: { operator: 'i64.gt_s', signed: true },
};

/** Conditions that follow from a result alone: compare the sign-extended result with zero. */
export const AGAINST_ZERO: Partial<Record<Condition, string>> = {
  e: 'i64.eq',
  ne: 'i64.ne',
  s: 'i64.lt_s',
  ns: 'i64.ge_s',
  le: 'i64.le_s',
  g: 'i64.gt_s',
};
