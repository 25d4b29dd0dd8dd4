/** Lifters of SSE floating point: arithmetic, comparison, rounding and conversion. */
import { Mnemonic as M } from 'iced-x86';
import type { Width } from '../ir/emit.js';
import type { Builder } from './builder.js';
import type { Lifter } from './registry.js';
import { besideString } from './sse-move.js';
import { forEach, imm8, vectorSource } from './vector.js';

type Bytes = 4 | 8 | 16;

/** Scalar and packed forms of a name with the bytes of their memory operand. */
const FORMS: readonly (readonly [suffix: string, bytes: Bytes])[] = [
  ['ss', 4],
  ['sd', 8],
  ['ps', 16],
  ['pd', 16],
];

const binary =
  (name: string, bytes: Bytes): Lifter =>
  b => {
    b.emit(name, b.register(0), b.firstSource(), vectorSource(b, 1, bytes));
  };
const unary =
  (name: string, bytes: Bytes): Lifter =>
  b =>
    b.emit(name, b.register(0), vectorSource(b, 1, bytes));

for (const [suffix, bytes] of FORMS) {
  forEach(
    ['add', 'sub', 'mul', 'div', 'min', 'max'].map(name => name + suffix),
    name => binary(name, bytes),
  );
  forEach([`sqrt${suffix}`], name => unary(name, bytes));
  forEach([`round${suffix}`], name => b => {
    const control = imm8(b, 2);
    // A mode of its own has a row of its own; MXCSR's mode is looked up.
    const row = (control & 4) === 0 ? `round${control & 3}${suffix}` : name;
    b.emit(row, b.register(0), vectorSource(b, 1, bytes), 0, BigInt(control));
  });
  const compare: Lifter = b => {
    // Those from 8 on differ only in what NaNs do.
    const predicate = imm8(b, 2) & (b.vex ? 31 : 7);
    b.emit(`cmp${predicate & 7}${suffix}`, b.register(0), b.firstSource(), vectorSource(b, 1, bytes), BigInt(predicate));
  };
  if (suffix === 'sd') besideString(M.Cmpsd, compare);
  else forEach([`cmp${suffix}`], () => compare);
  if (bytes === 16) {
    forEach(
      ['hadd', 'hsub', 'addsub'].map(name => name + suffix),
      name => binary(name, 16),
    );
    forEach([`dp${suffix}`], name => b => {
      b.emit(name, b.register(0), b.firstSource(), vectorSource(b, 1, 16), BigInt(imm8(b, 2)));
    });
  } else {
    forEach([`comi${suffix}`, `ucomi${suffix}`], name => b => b.emit(name, 0, b.register(0), vectorSource(b, 1, bytes)));
    forEach([`cvt${suffix}2si`, `cvtt${suffix}2si`], name => b => b.emit(name + b.width(0), b.register(0), vectorSource(b, 1, bytes)));
    forEach([`cvtsi2${suffix}`], name => b => fromInteger(b, name));
  }
}

function fromInteger(b: Builder, name: string): void {
  const width = b.width(1) as Width;
  b.emit(name + width, b.register(0), b.read(1, width));
}

for (const [name, bytes] of [
  ['cvtss2sd', 4],
  ['cvtsd2ss', 8],
  ['cvtps2pd', 8],
  ['cvtpd2ps', 16],
  ['cvtdq2ps', 16],
  ['cvtdq2pd', 8],
  ['cvtps2dq', 16],
  ['cvttps2dq', 16],
  ['cvtpd2dq', 16],
  ['cvttpd2dq', 16],
] as const) {
  forEach([name], () => unary(name, bytes));
}
forEach(['rcpss', 'rsqrtss'], name => unary(name, 4));
forEach(['rcpps', 'rsqrtps'], name => unary(name, 16));
