/** BMI1, BMI2, ADX, MOVBE's byte swap, and the random numbers. `d`, `a` and `b` are general registers; Intel SDM vol. 2. */
import type { Node } from './emit.js';
import { flagBits, flagsOfKnown, flagsOfLogic, setFlagBits } from './flags.js';
import { highProduct } from './integer.js';
import { c32, c64, cut, get, getSigned, imm, local, op, row, select, seq, set, setLocal, setState, state } from './op.js';

const x = local('x');
const y = local('y');
const z = local('z');
const r = local('r');
const i64 = (name: string, ...args: Node[]): Node => op(`i64.${name}`, ...args);
const widen = (value: Node): Node => op('i64.extend_i32_u', value);
const apart = { apart: true };
const logic = { setsFlags: { leaves: 'logic' }, apart: true } as const;
const sets = { setsFlags: {}, apart: true } as const;

for (const w of [32, 64] as const) {
  const operands = seq(setLocal('x', get('a', w)), setLocal('y', get('b', w)));
  const traits = { ...logic, setsFlags: { ...logic.setsFlags, width: w } } as const;
  const result = (value: Node): Node => setLocal('r', cut(w, value));
  const done = set('d', w, r);
  const ones = (count: Node): Node => i64('sub', i64('shl', c64(1), count), c64(1));

  row(`andn${w}`, seq(operands, result(i64('and', i64('xor', x, c64(-1)), y)), flagsOfLogic(w, r), done), traits);
  // The control's low byte is the first bit, the next how many.
  row(
    `bextr${w}`,
    seq(
      operands,
      setLocal('z', i64('and', y, c64(0xff))),
      setLocal('x', select(i64('gt_u', z, c64(63)), c64(0), i64('shr_u', x, z))),
      setLocal('z', i64('and', i64('shr_u', y, c64(8)), c64(0xff))),
      result(select(i64('gt_u', z, c64(63)), x, i64('and', x, ones(z)))),
      flagsOfLogic(w, r),
      done,
    ),
    traits,
  );
  row(
    `bzhi${w}`,
    seq(
      operands,
      setLocal('y', i64('and', y, c64(0xff))),
      setLocal('z', widen(i64('gt_u', y, c64(w - 1)))),
      result(select(i64('eqz', z), i64('and', x, ones(y)), x)),
      flagsOfKnown(w, z, c64(0), r),
      done,
    ),
    sets,
  );
  const lowest = (name: string, value: Node, carry: Node): void =>
    row(
      `${name}${w}`,
      seq(setLocal('x', get('a', w)), result(value), setLocal('z', widen(carry)), flagsOfKnown(w, z, c64(0), r), done),
      sets,
    );
  lowest('blsi', i64('and', i64('sub', c64(0), x), x), i64('ne', x, c64(0)));
  lowest('blsmsk', i64('xor', i64('sub', x, c64(1)), x), i64('eqz', x));
  lowest('blsr', i64('and', i64('sub', x, c64(1)), x), i64('eqz', x));

  // No flags.
  const count = i64('and', get('b', w), c64(w - 1));
  row(`shlx${w}`, set('d', w, cut(w, i64('shl', get('a', w), count))));
  row(`shrx${w}`, set('d', w, i64('shr_u', get('a', w), count)));
  row(`sarx${w}`, set('d', w, cut(w, i64('shr_s', getSigned('a', w), count))));
  const turned =
    w === 64 ? i64('rotr', get('a', 64), imm) : widen(op('i32.rotr', op('i32.wrap_i64', get('a', 32)), op('i32.wrap_i64', imm)));
  row(`rorx${w}`, set('d', w, turned));
  row(`mullow${w}`, set('d', w, cut(w, i64('mul', get('a', w), get('b', w)))));
  row(`mulhigh${w}`, seq(operands, set('d', w, w === 64 ? highProduct : i64('shr_u', i64('mul', x, y), c64(32)))), apart);

  /** An addition whose carry is a flag, which alone changes. */
  const withCarry = (name: string, flag: number): void => {
    const carryIn = i64('and', i64('shr_u', widen(flagBits), c64(Math.log2(flag))), c64(1));
    const majority = i64('or', i64('and', x, y), i64('and', i64('or', x, y), i64('xor', z, c64(-1))));
    row(
      `${name}${w}`,
      seq(
        operands,
        setLocal('z', i64('add', i64('add', x, y), carryIn)),
        setLocal('r', w === 32 ? i64('shr_u', z, c64(32)) : i64('shr_u', majority, c64(63))),
        setFlagBits(op('i32.or', op('i32.and', flagBits, c32(0x8d5 & ~flag)), op('i32.shl', op('i32.wrap_i64', r), c32(Math.log2(flag))))),
        set('d', w, cut(w, z)),
      ),
      { setsFlags: { leaves: 'bits' }, readsFlags: true, apart: true },
    );
  };
  withCarry('adcx', 0x1);
  withCarry('adox', 0x800);
}
row('bswap16', set('d', 16, i64('or', i64('shl', i64('and', get('a', 16), c64(0xff)), c64(8)), i64('shr_u', get('a', 16), c64(8)))), apart);

/**
 * RDRAND and RDSEED: the next number of the machine's generator (SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", 2014). There always is one: CF = 1, the other flags 0.
 */
const mixed = (shift: number, factor: bigint): Node => setLocal('x', i64('mul', i64('xor', x, i64('shr_u', x, c64(shift))), c64(factor)));
for (const w of [16, 32, 64] as const) {
  row(
    `rdrand${w}`,
    seq(
      setLocal('x', i64('add', state('random'), c64(0x9e37_79b9_7f4a_7c15n))),
      setState('random', x),
      mixed(30, 0xbf58_476d_1ce4_e5b9n),
      mixed(27, 0x94d0_49bb_1331_11ebn),
      setFlagBits(c32(1)),
      set('d', w, cut(w, i64('xor', x, i64('shr_u', x, c64(31))))),
    ),
    { setsFlags: { leaves: 'bits' }, apart: true },
  );
}
row('rdpid', set('d', 64, state('clockCpu', 'i64.load32_u')));
