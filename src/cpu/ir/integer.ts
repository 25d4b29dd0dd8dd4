/** Integer arithmetic, logic, shifts, bit operations and moves between registers. Semantics: Intel SDM vol. 2, the entry of each mnemonic. */
import { type Node, WIDTHS, type Width } from './emit.js';
import {
  AGAINST_ZERO,
  COMPARE,
  CONDITIONS,
  carryBit,
  conditionOf,
  FROM_BITS,
  flagBits,
  flagsOf,
  flagsOfKnown,
  flagsOfLogic,
  flagsOfStep,
  setFlagBits,
} from './flags.js';
import {
  c32,
  c64,
  cut,
  extend,
  get,
  getSigned,
  help,
  imm,
  LOADS,
  local,
  nothing,
  op,
  type RowTraits,
  row,
  SIGNED_LOADS,
  select,
  seq,
  set,
  setLocal,
  setState,
  state,
  when,
} from './op.js';
import type { FlagTrace } from './traits.js';

const x = local('x');
const y = local('y');
const r = local('r');
const z = local('z');

const i64 = (name: string, ...args: Node[]): Node => op(`i64.${name}`, ...args);
const wrap = (value: Node): Node => op('i32.wrap_i64', value);
const widen = (value: Node): Node => op('i64.extend_i32_u', value);
const maskOf = (width: Width): bigint => (1n << BigInt(width)) - 1n;

type DefineRow = (name: string, emit: Node, traits?: RowTraits) => void;
/** 16-bit operations are rare; of some the 8-bit ones as well. */
const rowsOf =
  (width: Width): DefineRow =>
  (name, emit, traits = {}) =>
    row(name, emit, width === 16 ? { apart: true, ...traits } : traits);
const rareBelow32 =
  (width: Width): DefineRow =>
  (name, emit, traits = {}) =>
    row(name, emit, width <= 16 ? { apart: true, ...traits } : traits);

/** d = a OP b with and without flags: rows NAME{w} and NAME{w}p. */
function binary(name: string, width: Width, result: Node, flags: Node, leaves: FlagTrace): void {
  const compute = seq(setLocal('x', get('a', width)), setLocal('y', get('b', width)), setLocal('r', cut(width, result)));
  const define = rowsOf(width);
  define(`${name}${width}`, seq(compute, flags, set('d', width, r)), { setsFlags: { plain: `${name}${width}p`, leaves, width } });
  define(`${name}${width}p`, seq(compute, set('d', width, r)));
}

for (const w of WIDTHS) {
  const define = rowsOf(w);
  const rare = rareBelow32(w);
  const difference = { leaves: 'difference', width: w } as const;
  const result = { leaves: 'result', width: w } as const;
  const step = { leaves: 'step', width: w } as const;
  binary('add', w, i64('add', x, y), flagsOf('add', w, x, y, r), 'result');
  binary('sub', w, i64('sub', x, y), flagsOf('sub', w, x, y, r), 'difference');
  binary('and', w, i64('and', x, y), flagsOfLogic(w, r), 'logic');
  binary('or', w, i64('or', x, y), flagsOfLogic(w, r), 'logic');
  binary('xor', w, i64('xor', x, y), flagsOfLogic(w, r), 'logic');

  const operands = seq(setLocal('x', get('a', w)), setLocal('y', get('b', w)));
  define(`cmp${w}`, seq(operands, setLocal('r', cut(w, i64('sub', x, y))), flagsOf('sub', w, x, y, r)), {
    setsFlags: { plain: 'nop', ...difference },
    withJump: `cmpj${w}_`,
  });
  define(`test${w}`, seq(operands, setLocal('r', i64('and', x, y)), flagsOfLogic(w, r)), {
    setsFlags: { plain: 'nop', leaves: 'logic', width: w },
    withJump: `testj${w}_`,
  });

  const carry = widen(carryBit);
  rare(`adc${w}`, seq(operands, setLocal('r', cut(w, i64('add', i64('add', x, y), carry))), flagsOf('add', w, x, y, r), set('d', w, r)), {
    setsFlags: result,
    readsFlags: true,
  });
  rare(`sbb${w}`, seq(operands, setLocal('r', cut(w, i64('sub', i64('sub', x, y), carry))), flagsOf('sub', w, x, y, r), set('d', w, r)), {
    setsFlags: result,
    readsFlags: true,
  });

  for (const [name, operator] of [
    ['inc', 'add'],
    ['dec', 'sub'],
  ] as const) {
    const stepped = setLocal('r', cut(w, i64(operator, get('a', w), c64(1))));
    define(`${name}${w}`, seq(stepped, flagsOfStep(name, w, r), set('d', w, r)), {
      setsFlags: { plain: `${name}${w}p`, ...step },
      readsFlags: true,
    });
    define(`${name}${w}p`, seq(stepped, set('d', w, r)));
  }

  const negate = seq(setLocal('y', get('a', w)), setLocal('r', cut(w, i64('sub', c64(0), y))));
  define(`neg${w}`, seq(negate, flagsOf('sub', w, c64(0), y, r), set('d', w, r)), { setsFlags: { plain: `neg${w}p`, ...difference } });
  define(`neg${w}p`, seq(negate, set('d', w, r)));
  define(`not${w}`, set('d', w, i64('xor', get('a', w), c64(maskOf(w)))));
  row(`mov${w}`, set('d', w, get('a', w)));
}
row('nop', nothing);

for (const from of [8, 16, 32] as const) {
  row(`zext${from}`, set('d', 64, get('a', from)));
  for (const to of [16, 32, 64] as const) if (to > from) rowsOf(to)(`sext${from}_${to}`, set('d', to, cut(to, getSigned('a', from))));
}

// ---- shifts and rotates. The count (b) is already masked by the lifter when constant; the `v` rows mask it and leave the flags at 0. ---

for (const w of WIDTHS) {
  const define = rowsOf(w);
  const rare = rareBelow32(w);
  const countMask = w === 64 ? 63 : 31;
  const top = c64(w - 1);
  // The last bit shifted out; widths below 64 keep the outgoing bits in the upper half of x << y.
  const shlCarry =
    w === 64 ? i64('and', i64('shr_u', x, i64('sub', c64(64), y)), c64(1)) : i64('and', i64('shr_u', i64('shl', x, y), c64(w)), c64(1));
  const shifts: [string, Node, Node, Node, Node][] = [
    ['shl', get('a', w), cut(w, i64('shl', x, y)), shlCarry, i64('xor', z, i64('shr_u', r, top))],
    ['shr', get('a', w), i64('shr_u', x, y), i64('and', i64('shr_u', x, i64('sub', y, c64(1))), c64(1)), i64('shr_u', x, top)],
    ['sar', getSigned('a', w), cut(w, i64('shr_s', x, y)), i64('and', i64('shr_s', x, i64('sub', y, c64(1))), c64(1)), c64(0)],
  ];
  for (const [name, source, result, carry, overflow] of shifts) {
    const compute = seq(setLocal('x', source), setLocal('r', result));
    const withFlags = seq(compute, setLocal('z', carry), flagsOfKnown(w, z, overflow, r), set('d', w, r));
    const count = setLocal('y', i64('and', get('b', 8), c64(countMask)));
    define(`${name}${w}`, seq(setLocal('y', get('b', 8)), withFlags), {
      setsFlags: { plain: `${name}${w}p`, leaves: 'result', width: w },
    });
    define(`${name}${w}p`, seq(setLocal('y', get('b', 8)), compute, set('d', w, r)));
    rare(`${name}v${w}`, seq(count, when(i64('eqz', y), set('d', w, get('a', w)), withFlags)), {
      setsFlags: { plain: `${name}v${w}p` },
      readsFlags: true,
    });
    rare(`${name}v${w}p`, seq(count, compute, set('d', w, r)));
  }

  // Rotates keep SF, ZF, AF, PF. A count of 0 keeps all.
  const keep = op('i32.and', flagBits, c32(0x8d5 & ~0x801));
  const rotateFlags = (carry: Node, overflow: Node) =>
    setFlagBits(op('i32.or', keep, op('i32.or', wrap(carry), op('i32.shl', wrap(overflow), c32(11)))));
  const modulo = i64('rem_u', y, c64(w));
  const rotated = (left: boolean): Node => {
    if (w === 64) return i64(left ? 'rotl' : 'rotr', x, y);
    if (w === 32) return widen(op(left ? 'i32.rotl' : 'i32.rotr', wrap(x), wrap(y)));
    const by = left ? modulo : i64('rem_u', i64('sub', c64(w), modulo), c64(w));
    return cut(w, i64('or', i64('shl', x, by), i64('shr_u', x, i64('sub', c64(w), by))));
  };
  const masked = seq(setLocal('x', get('a', w)), setLocal('y', i64('and', get('b', 8), c64(countMask))));
  const bit0 = i64('and', r, c64(1));
  const topBit = i64('shr_u', r, top);
  const belowTop = i64('and', i64('shr_u', r, c64(w - 2)), c64(1));
  for (const [name, left] of [
    ['rol', true],
    ['ror', false],
  ] as const) {
    const flags = left ? rotateFlags(bit0, i64('xor', bit0, topBit)) : rotateFlags(topBit, i64('xor', topBit, belowTop));
    rare(`${name}${w}`, seq(masked, setLocal('r', rotated(left)), when(i64('eqz', y), nothing, flags), set('d', w, r)), {
      setsFlags: { plain: `${name}${w}p` },
      readsFlags: true,
    });
    rare(`${name}${w}p`, seq(masked, setLocal('r', rotated(left)), set('d', w, r)));
  }

  // Through carry: a rotation of w+1 bits. `y` is the count modulo w+1, `z` the carry in.
  const turns = w < 32 ? setLocal('y', i64('rem_u', y, c64(w + 1))) : nothing;
  for (const [name, left] of [
    ['rcl', true],
    ['rcr', false],
  ] as const) {
    const back = i64('sub', c64(w + 1), y);
    const [near, far] = left ? (['shl', 'shr_u'] as const) : (['shr_u', 'shl'] as const);
    const carryIn = left ? i64('shl', z, i64('sub', y, c64(1))) : i64('shl', z, i64('sub', c64(w), y));
    // A shift by 64 would be a shift by 0 in WebAssembly; back is 64 only when y is 1, and nothing comes round then.
    const round = w === 64 ? select(op('i64.eq', y, c64(1)), c64(0), i64(far, x, back)) : i64(far, x, back);
    const carryOut = left ? i64('shr_u', x, i64('sub', c64(w), y)) : i64('shr_u', x, i64('sub', y, c64(1)));
    const overflow = left
      ? i64('xor', i64('shr_u', r, top), z)
      : i64('and', i64('shr_u', i64('xor', r, i64('shl', r, c64(1))), top), c64(1));
    row(
      `${name}${w}`,
      seq(
        masked,
        turns,
        when(
          i64('eqz', y),
          set('d', w, x),
          seq(
            setLocal('z', widen(carryBit)),
            setLocal('r', cut(w, i64('or', i64('or', i64(near, x, y), round), carryIn))),
            setLocal('z', i64('and', carryOut, c64(1))),
            rotateFlags(z, overflow),
            set('d', w, r),
          ),
        ),
      ),
      { setsFlags: {}, readsFlags: true, apart: true },
    );
  }
}

// SHLD/SHRD: a = destination, b = count (8 bits); the bits come in from aux.
for (const w of [16, 32, 64] as const) {
  const filler = get('aux', w);
  for (const [name, left] of [
    ['shld', true],
    ['shrd', false],
  ] as const) {
    const back = i64('sub', c64(w), y);
    const joined = left ? i64('or', i64('shl', x, y), i64('shr_u', filler, back)) : i64('or', i64('shr_u', x, y), i64('shl', filler, back));
    const carry = left ? i64('shr_u', x, back) : i64('shr_u', x, i64('sub', y, c64(1)));
    row(
      `${name}${w}`,
      seq(
        setLocal('x', get('a', w)),
        setLocal('y', i64('and', get('b', 8), c64(w === 64 ? 63 : 31))),
        when(
          i64('eqz', y),
          set('d', w, x),
          seq(
            setLocal('r', cut(w, joined)),
            flagsOfKnown(w, i64('and', carry, c64(1)), i64('shr_u', i64('xor', x, r), c64(w - 1)), r),
            set('d', w, r),
          ),
        ),
      ),
      { setsFlags: {}, readsFlags: true, apart: true },
    );
  }
}

// ---- multiplication and division ---------------------------------------------------------------------------------------------------

/** High 64 bits of the unsigned product of x and y, by 32-bit halves; uses z and f64-free locals `u`, `v`. */
const lo32 = (value: Node): Node => i64('and', value, c64(0xffff_ffff));
const hi32 = (value: Node): Node => i64('shr_u', value, c64(32));
export const highProduct: Node = seq(
  setLocal('u', i64('mul', lo32(x), lo32(y))),
  setLocal('v', i64('add', i64('mul', hi32(x), lo32(y)), hi32(local('u')))),
  setLocal('u', i64('add', i64('mul', lo32(x), hi32(y)), lo32(local('v')))),
  i64('add', i64('add', i64('mul', hi32(x), hi32(y)), hi32(local('v'))), hi32(local('u'))),
);
const signedHighProduct: Node = i64(
  'sub',
  i64('sub', highProduct, i64('and', i64('shr_s', x, c64(63)), y)),
  i64('and', i64('shr_s', y, c64(63)), x),
);

// mulN: 'rdx':'rax' (or AX) = a * b, unsigned; imulN the same signed; imul2N: d = a * b cut, signed overflow in the flags.
/** r = x * y and z = its high half; the local x then tells whether the product needs more than 64 bits. */
const product64 = (high: Node, excess: Node): Node =>
  seq(
    setLocal('x', get('a', 64)),
    setLocal('y', get('b', 64)),
    setLocal('z', high),
    setLocal('r', i64('mul', x, y)),
    setLocal('x', widen(i64('ne', z, excess))),
    flagsOfKnown(64, x, x, r),
  );
const signedProduct64 = product64(signedHighProduct, i64('shr_s', r, c64(63)));
const pair64 = seq(setState('rax', r), setState('rdx', z));
row('mul64', seq(product64(highProduct, c64(0)), pair64), { setsFlags: {} });
row('imul64', seq(signedProduct64, pair64), { setsFlags: {} });
row('imul2_64', seq(signedProduct64, set('d', 64, r)), { setsFlags: { plain: 'imul2_64p' } });
row('imul2_64p', set('d', 64, i64('mul', get('a', 64), get('b', 64))));
for (const w of [8, 16, 32] as const) {
  const define = rareBelow32(w);
  const wide = (w * 2) as Width;
  const spread: Node =
    w === 8
      ? setState('rax', r, 'i64.store16')
      : w === 16
        ? seq(setState('rax', r, 'i64.store16'), setState('rdx', i64('shr_u', r, c64(16)), 'i64.store16'))
        : seq(setState('rax', cut(32, r)), setState('rdx', i64('shr_u', r, c64(32))));
  define(
    `mul${w}`,
    seq(
      setLocal('r', cut(wide, i64('mul', get('a', w), get('b', w)))),
      setLocal('x', widen(i64('ne', i64('shr_u', r, c64(w)), c64(0)))),
      flagsOfKnown(w, x, x, cut(w, r)),
      spread,
    ),
    { setsFlags: {} },
  );
  const signedProduct = setLocal('z', i64('mul', getSigned('a', w), getSigned('b', w)));
  const overflowed = setLocal('x', widen(i64('ne', z, extend(w, z))));
  define(`imul${w}`, seq(signedProduct, overflowed, setLocal('r', cut(wide, z)), flagsOfKnown(w, x, x, cut(w, r)), spread), {
    setsFlags: {},
  });
  if (w !== 8) {
    define(`imul2_${w}`, seq(signedProduct, overflowed, setLocal('r', cut(w, z)), flagsOfKnown(w, x, x, r), set('d', w, r)), {
      setsFlags: { plain: `imul2_${w}p` },
    });
    define(`imul2_${w}p`, seq(signedProduct, set('d', w, cut(w, z))));
  }
}

/** Leaves with #DE. */
const divideError: Node = help('divideError');
for (const w of [8, 16, 32] as const) {
  const define = rareBelow32(w);
  const dividend =
    w === 8
      ? state('rax', 'i64.load16_u')
      : i64(
          'or',
          state('rax', w === 16 ? 'i64.load16_u' : 'i64.load32_u'),
          i64('shl', state('rdx', w === 16 ? 'i64.load16_u' : 'i64.load32_u'), c64(w)),
        );
  const storeBoth: Node =
    w === 8
      ? seq(setState('rax', r, 'i64.store8'), setState('rax', z, 'i64.store8', 1))
      : seq(
          setState('rax', cut(w, r), w === 16 ? 'i64.store16' : 'i64.store'),
          setState('rdx', cut(w, z), w === 16 ? 'i64.store16' : 'i64.store'),
        );
  define(
    `div${w}`,
    seq(
      setLocal('x', dividend),
      setLocal('y', get('a', w)),
      when(i64('eqz', y), divideError),
      setLocal('r', i64('div_u', x, y)),
      setLocal('z', i64('rem_u', x, y)),
      when(i64('ne', i64('shr_u', r, c64(w)), c64(0)), divideError),
      storeBoth,
    ),
    { faults: true },
  );
  define(
    `idiv${w}`,
    seq(
      setLocal('x', w === 8 ? op('i64.extend16_s', dividend) : w === 16 ? op('i64.extend32_s', dividend) : dividend),
      setLocal('y', getSigned('a', w)),
      when(i64('eqz', y), divideError),
      // -2^63 / -1 traps in WebAssembly; its quotient does not fit anyway.
      when(op('i32.and', i64('eq', y, c64(-1)), i64('eq', x, c64(1n << 63n))), divideError),
      setLocal('r', i64('div_s', x, y)),
      setLocal('z', i64('rem_s', x, y)),
      when(i64('ne', r, extend(w, r)), divideError),
      storeBoth,
    ),
    { faults: true },
  );
}
row(
  'div64',
  seq(
    setLocal('y', get('a', 64)),
    setLocal('x', state('rax')),
    when(i64('le_u', y, state('rdx')), divideError),
    when(
      i64('eqz', state('rdx')),
      seq(setLocal('r', i64('div_u', x, y)), setLocal('z', i64('rem_u', x, y)), pair64),
      seq(setState('temp', y), help('divide128')),
    ),
  ),
  { faults: true },
);
row(
  'idiv64',
  seq(
    setLocal('y', get('a', 64)),
    setLocal('x', state('rax')),
    when(i64('eqz', y), divideError),
    when(
      op('i32.and', i64('eq', state('rdx'), i64('shr_s', x, c64(63))), op('i32.or', i64('ne', y, c64(-1)), i64('ne', x, c64(1n << 63n)))),
      seq(setLocal('r', i64('div_s', x, y)), setLocal('z', i64('rem_s', x, y)), pair64),
      seq(setState('temp', y), help('divideSigned128')),
    ),
  ),
  { faults: true },
);

// ---- bits --------------------------------------------------------------------------------------------------------------------------

const keepBut = (flags: number): Node => op('i32.and', flagBits, c32(0x8d5 & ~flags));
for (const w of [16, 32, 64] as const) {
  const define = rowsOf(w);
  const bitNumber = setLocal('y', i64('and', get('b', w), c64(w - 1)));
  const carryFromBit = setFlagBits(op('i32.or', keepBut(1), wrap(i64('and', i64('shr_u', x, y), c64(1)))));
  const start = seq(setLocal('x', get('a', w)), bitNumber, carryFromBit);
  const traits = { setsFlags: { leaves: 'bits' }, readsFlags: true } as const;
  define(`bt${w}`, start, traits);
  define(`bts${w}`, seq(start, set('d', w, i64('or', x, i64('shl', c64(1), y)))), traits);
  define(`btr${w}`, seq(start, set('d', w, i64('and', x, i64('xor', i64('shl', c64(1), y), c64(-1))))), traits);
  define(`btc${w}`, seq(start, set('d', w, i64('xor', x, i64('shl', c64(1), y)))), traits);

  const leading = i64('sub', i64('clz', x), c64(64 - w));
  // A zero source leaves the destination as it is (what AMD documents and Intel does); a 32-bit destination keeps even its upper half.
  const scan = (result: Node): Node =>
    seq(
      setLocal('x', get('a', w)),
      when(i64('eqz', x), setFlagBits(op('i32.or', keepBut(0x40), c32(0x40))), seq(setFlagBits(keepBut(0x40)), set('d', w, result))),
    );
  define(`bsf${w}`, scan(i64('ctz', x)), traits);
  define(`bsr${w}`, scan(i64('sub', c64(63), i64('clz', x))), traits);
  const count = (result: Node): Node =>
    seq(
      setLocal('x', get('a', w)),
      setLocal('r', result),
      setFlagBits(op('i32.or', keepBut(0x41), op('i32.or', i64('eqz', x), op('i32.shl', i64('eqz', r), c32(6))))),
      set('d', w, r),
    );
  row(`tzcnt${w}`, count(select(i64('eqz', x), c64(w), i64('ctz', x))), { ...traits, apart: true });
  row(`lzcnt${w}`, count(leading), { ...traits, apart: true });
  define(`popcnt${w}`, seq(setLocal('x', get('a', w)), setFlagBits(op('i32.shl', i64('eqz', x), c32(6))), set('d', w, i64('popcnt', x))), {
    setsFlags: { plain: `popcnt${w}p` },
  });
  define(`popcnt${w}p`, set('d', w, i64('popcnt', get('a', w))));
}
row(
  'bswap32',
  seq(
    setLocal('x', get('a', 32)),
    set(
      'd',
      32,
      cut(
        32,
        i64(
          'or',
          i64('or', i64('shl', x, c64(24)), i64('and', i64('shl', x, c64(8)), c64(0xff0000))),
          i64('or', i64('and', i64('shr_u', x, c64(8)), c64(0xff00)), i64('shr_u', x, c64(24))),
        ),
      ),
    ),
  ),
);
const swapStep = (shift: number, mask: bigint): Node =>
  setLocal('x', i64('or', i64('and', i64('shr_u', x, c64(shift)), c64(mask)), i64('shl', i64('and', x, c64(mask)), c64(shift))));
row(
  'bswap64',
  seq(
    setLocal('x', get('a', 64)),
    swapStep(8, 0x00ff00ff00ff00ffn),
    swapStep(16, 0x0000ffff0000ffffn),
    set('d', 64, i64('rotl', x, c64(32))),
  ),
);

// ---- addresses ---------------------------------------------------------------------------------------------------------------------

for (const scale of [1, 2, 4, 8] as const) {
  const index = scale === 1 ? get('b', 64) : i64('shl', get('b', 64), c64(Math.log2(scale)));
  row(`lea${scale}`, set('d', 64, i64('add', i64('add', get('a', 64), index), imm)));
}
row('lea0', set('d', 64, i64('add', get('a', 64), imm)));
/** Cut to 32 bits: results of an address-size prefix. */
row('cut32', set('d', 64, get('a', 32)));
/** BT and its like with a memory operand: d = a + (b >> 3 + log2) * size, the address of the word that holds bit b. */
for (const w of [16, 32, 64] as const) {
  const log = Math.log2(w);
  rowsOf(w)(`bitword${w}`, set('d', 64, i64('add', get('a', 64), i64('shl', i64('shr_s', getSigned('b', w), c64(log)), c64(log - 3)))));
}

// ---- conditions --------------------------------------------------------------------------------------------------------------------

const choose = (name: string, condition: Node, readsFlags: boolean): void => {
  row(`set_${name}`, set('d', 8, widen(condition)), { readsFlags });
  // d = condition ? a : b; 32-bit forms come with both zero-extended.
  for (const w of [16, 32, 64] as const)
    rowsOf(w)(`cmov${w}_${name}`, set('d', w, select(condition, get('a', w), get('b', w))), { readsFlags });
};
for (const condition of CONDITIONS) choose(condition, conditionOf(condition), true);
for (const [condition, node] of Object.entries(FROM_BITS)) choose(`bits_${condition}`, node, true);
for (const w of WIDTHS) {
  for (const [condition, compare] of Object.entries(COMPARE)) {
    const loads = compare.signed ? SIGNED_LOADS : LOADS;
    choose(`sub${w}_${condition}`, op(compare.operator, state('ccA', loads[w]), state('ccB', loads[w])), true);
  }
  for (const [condition, operator] of Object.entries(AGAINST_ZERO)) {
    for (const [family, field] of [
      ['res', 'ccR'],
      ['step', 'ccS'],
    ] as const) {
      choose(`${family}${w}_${condition}`, op(operator, state(field, SIGNED_LOADS[w]), c64(0)), true);
    }
  }
}

// ---- flags as data -----------------------------------------------------------------------------------------------------------------

/** d = RFLAGS as PUSHF stores it. */
row('getflags', set('d', 64, i64('or', widen(flagBits), i64('or', state('df'), state('flagsRest')))), { readsFlags: true });
/** The status flags from the bits of a; the others are changed as POPF at user level does (TF, DF, AC, ID). */
row(
  'setflags',
  seq(
    setLocal('x', get('a', 64)),
    setFlagBits(op('i32.and', wrap(x), c32(0x8d5))),
    setState('df', i64('and', x, c64(0x400))),
    setState('flagsRest', i64('or', i64('and', x, c64(0x240100)), c64(0x202))),
  ),
  { setsFlags: {} },
);
/** ZF = the low bit of a. */
row('setzf', setFlagBits(op('i32.or', op('i32.and', flagBits, c32(0x8d5 & ~0x40)), op('i32.shl', wrap(get('a', 8)), c32(6)))), {
  setsFlags: { leaves: 'bits' },
  readsFlags: true,
  apart: true,
});
row('lahf', setState('rax', i64('or', i64('and', widen(flagBits), c64(0xd5)), c64(2)), 'i64.store8', 1), { readsFlags: true });
row(
  'sahf',
  setFlagBits(op('i32.or', op('i32.and', flagBits, c32(0x800)), op('i32.and', wrap(state('rax', 'i64.load8_u', 1)), c32(0xd5)))),
  {
    setsFlags: {},
    readsFlags: true,
  },
);
row('clc', setFlagBits(keepBut(1)), { setsFlags: {}, readsFlags: true });
row('stc', setFlagBits(op('i32.or', keepBut(1), c32(1))), { setsFlags: {}, readsFlags: true });
row('cmc', setFlagBits(op('i32.xor', flagBits, c32(1))), { setsFlags: {}, readsFlags: true });
row('cld', setState('df', c64(0)));
row('std', setState('df', c64(0x400)));

// cmpxchgN, register part: compares 'rax' with a; ZF tells; d = ZF ? b : a and 'rax' = a when they differ. The store has happened before.
for (const w of WIDTHS) {
  const accumulator = state('rax', w === 64 ? 'i64.load' : `i64.load${w}_u`);
  rareBelow32(w)(
    `cmpxchg${w}`,
    seq(
      setLocal('x', accumulator),
      setLocal('y', get('a', w)),
      setLocal('r', cut(w, i64('sub', x, y))),
      flagsOf('sub', w, x, y, r),
      when(
        i64('eq', x, y),
        set('d', w, get('b', w)),
        setState('rax', y, w === 32 ? 'i64.store' : w === 64 ? 'i64.store' : `i64.store${w}`),
      ),
    ),
    { setsFlags: { leaves: 'difference', width: w } },
  );
  /** d = 'rax' == a ? b : a: what CMPXCHG writes to memory. */
  rowsOf(w)(`cmpxchgpick${w}`, set('d', w, select(i64('eq', accumulator, get('a', w)), get('b', w), get('a', w))));
}
