/** Lifters of what AVX, AVX2, FMA3 and F16C have beside the older instructions' forms. */
import './vex.js';
import { Mnemonic as M, Register } from 'iced-x86';
import { FMA, STATE, UPPER, WIDE_FLOAT } from '../layout.js';
import { type Builder, plus, registerSlot } from './builder.js';
import { hole } from './form.js';
import { type Lifter, lifters } from './registry.js';
import { blend, selectors, shuffleWords } from './sse-int.js';
import { forEach, imm8, vectorSource, words } from './vector.js';
import { clearUpper, computesWide, vexOf, wideSource } from './vex.js';

/** Bytes of the operation: 16 or 32. */
const bytesOf = (b: Builder): 16 | 32 => (computesWide(b) ? 32 : 16);
/** The halves of a register of the operation, from its lower slot. */
const halvesOf = (b: Builder): readonly number[] => (computesWide(b) ? [0, UPPER] : [0]);
/** Has the halves of a result computed before its register changes. */
function setHalves(b: Builder, d: number, each: (into: number, half: number) => void): void {
  if (computesWide(b)) {
    const low = b.vtemp();
    each(low, 0);
    each(d + UPPER, UPPER);
    b.emit('mov128', d, low);
  } else {
    each(d, 0);
    b.emit('zerov', d + UPPER);
  }
}

lifters.set(M.Vzeroupper, b => b.emit('vzeroupper'));
lifters.set(M.Vzeroall, b => b.emit('vzeroall'));

// ---- moves -----------------------------------------------------------------------------------------------------------------------------

const move =
  (suffix: '' | 'a'): Lifter =>
  b => {
    const bits = 8 * bytesOf(b);
    if (b.isRegister(0) && b.isRegister(1)) for (const half of halvesOf(b)) b.emit('mov128', b.register(0) + half, b.register(1) + half);
    else {
      const slot = b.register(b.isRegister(0) ? 0 : 1);
      const { a, imm } = b.address();
      if (b.isRegister(0)) b.emit(`load${bits}${suffix}`, slot, a, 0, imm);
      else b.emit(`store${bits}${suffix}`, 0, a, slot, imm);
    }
    if (bits === 128) clearUpper(b);
  };
forEach(words('vmovdqa vmovaps vmovapd vmovntdq vmovntdqa vmovntps vmovntpd'), () => move('a'));
forEach(words('vmovdqu vmovups vmovupd vlddqu'), () => move(''));
forEach(['vmovddup'], () => b => {
  const source = computesWide(b) ? wideSource(b, 1, 32) : vectorSource(b, 1, 8);
  setHalves(b, b.register(0), (into, half) => b.emit('movddup', into, source + half));
});

// ---- one lane, or 128 bits, to all -------------------------------------------------------------------------------------------------------

for (const [name, width] of [
  ['vpbroadcastb', 8],
  ['vpbroadcastw', 16],
  ['vpbroadcastd', 32],
  ['vpbroadcastq', 64],
  ['vbroadcastss', 32],
  ['vbroadcastsd', 64],
] as const) {
  forEach([name], () => b => {
    const lane = b.read(1, width);
    setHalves(b, b.register(0), into => b.emit(`splat${width}`, into, lane));
  });
}
forEach(['vbroadcastf128', 'vbroadcasti128'], () => b => {
  const { a, imm } = b.address();
  b.emit('load128', b.register(0), a, 0, imm);
  b.emit('mov128', b.register(0) + UPPER, b.register(0));
});

// ---- across the halves -------------------------------------------------------------------------------------------------------------------

forEach(['vinsertf128', 'vinserti128'], () => b => {
  const upper = (imm8(b, 3) & 1) !== 0;
  const d = b.register(0);
  const first = b.register(1);
  const inserted = wideSource(b, 2, 16);
  // The upper half comes first: both sources may be the result's register, whose lower half is inserted.
  b.emit('mov128', d + UPPER, upper ? inserted : first + UPPER);
  b.emit('mov128', d, upper ? first : inserted);
});
forEach(['vextractf128', 'vextracti128'], () => b => {
  const from = b.register(1) + (imm8(b, 2) & 1) * UPPER;
  if (b.isMemory(0)) {
    const { a, imm } = b.address();
    b.emit('store128', 0, a, from, imm);
    return;
  }
  b.emit('mov128', b.register(0), from);
  clearUpper(b);
});
forEach(['vperm2f128', 'vperm2i128'], () => b => {
  const control = imm8(b, 3);
  const sources = [b.register(1), wideSource(b, 2, 32)] as const;
  setHalves(b, b.register(0), (into, half) => {
    const which = half === 0 ? control : control >> 4;
    if ((which & 8) !== 0) b.emit('zerov', into);
    else b.emit('mov128', into, sources[(which >> 1) & 1]! + (which & 1) * UPPER);
  });
});
/** Qwords by two bits each of the immediate. */
forEach(['vpermq', 'vpermpd'], () => b => {
  const control = imm8(b, 2);
  const source = wideSource(b, 1, 32);
  const result = b.vtemp();
  for (let lane = 0; lane < 4; lane++) {
    const from = (control >> (2 * lane)) & 3;
    b.emit('mov64', result + qword(lane), source + qword(from));
  }
  for (const half of [0, UPPER]) b.emit('mov128', b.register(0) + half, result + half);
});
const qword = (lane: number): number => (lane >> 1) * UPPER + 8 * (lane & 1);
forEach(['vpermd', 'vpermps'], () => b => {
  const data = wideSource(b, 2, 32);
  setHalves(b, b.register(0), (into, half) => b.emit('permd', into, b.register(1) + half, data));
});

// ---- within 128 bits -----------------------------------------------------------------------------------------------------------------------

lifters.set(M.Vpblendd, vexOf(blend(2), { three: true }));
const permuteSingles = vexOf(shuffleWords((control, word) => 4 * ((control >> (2 * (word >> 1))) & 3) + 2 * (word & 1)));
const permuteDoubles: Lifter = vexOf(b => {
  const control = imm8(b, 2) >> (2 * b.half);
  b.emit(
    'shufflewords',
    b.register(0),
    vectorSource(b, 1, 16),
    0,
    selectors(Array.from({ length: 8 }, (_, word) => 8 * ((control >> (word >> 2)) & 1) + 2 * (word & 3))),
  );
});
for (const [name, row, byImmediate] of [
  ['vpermilps', 'permilps', permuteSingles],
  ['vpermilpd', 'permilpd', permuteDoubles],
] as const) {
  const byRegister = vexOf(b => b.emit(row, b.register(0), b.firstSource(), vectorSource(b, 1, 16)), { three: true });
  forEach([name], () => b => (b.isImmediate(2) ? byImmediate : byRegister)(b));
}
forEach(words('vpsllvd vpsllvq vpsrlvd vpsrlvq vpsravd'), name =>
  vexOf(b => b.emit(name.slice(1), b.register(0), b.firstSource(), vectorSource(b, 1, 16)), { three: true }),
);

// ---- wider and narrower ------------------------------------------------------------------------------------------------------------------

const WIDER = { 8: 16, 4: 8, 2: 4 } as const;

for (const [suffix, bytes] of [
  ['bw', 8],
  ['bd', 4],
  ['bq', 2],
  ['wd', 8],
  ['wq', 4],
  ['dq', 8],
] as const) {
  for (const name of [`pmovsx${suffix}`, `pmovzx${suffix}`]) {
    forEach([`v${name}`], () => b => {
      const wide = computesWide(b);
      const source = vectorSource(b, 1, wide ? WIDER[bytes] : bytes, true);
      setHalves(b, b.register(0), (into, half) => {
        let from = source;
        if (half !== 0) {
          from = b.vtemp();
          b.emit('psrldq', from, source, 0, BigInt(bytes));
        }
        b.emit(name, into, from);
      });
    });
  }
}
for (const name of ['cvtdq2pd', 'cvtps2pd']) {
  forEach([`v${name}`], () => b => {
    const source = computesWide(b) ? wideSource(b, 1, 16) : vectorSource(b, 1, 8);
    const flag = computesWide(b) ? BigInt(WIDE_FLOAT.behind) : 0n;
    setHalves(b, b.register(0), (into, half) => b.emit(name, into, source + (half === 0 ? 0 : 8), 0, half === 0 ? flag : 0n));
  });
}
/** Each half gives eight bytes. */
for (const name of ['cvtpd2ps', 'cvtpd2dq', 'cvttpd2dq']) {
  const narrow = vexOf(lifters.get(M[(name[0]!.toUpperCase() + name.slice(1)) as keyof typeof M])!);
  forEach([`v${name}`], () => b => {
    if (!computesWide(b)) return narrow(b);
    const source = wideSource(b, 1, 32);
    const [low, high] = [b.vtemp(), b.vtemp()];
    b.emit(name, low, source, 0, BigInt(WIDE_FLOAT.upper));
    b.emit(name, high, source + UPPER);
    b.emit('punpcklqdq', b.register(0), low, high);
    clearUpper(b);
  });
}
forEach(['vcvtph2ps'], () => b => {
  const wide = computesWide(b);
  const source = vectorSource(b, 1, wide ? 16 : 8, true);
  setHalves(b, b.register(0), (into, half) =>
    b.emit('cvtph2ps', into, source + (half === 0 ? 0 : 8), 0, wide && half === 0 ? BigInt(WIDE_FLOAT.behind) : 0n),
  );
});
forEach(['vcvtps2ph'], () => b => {
  const wide = computesWide(b);
  const control = BigInt(imm8(b, 2));
  const source = b.register(1);
  const result = b.vtemp();
  const place = b.isMemory(0) ? b.address() : undefined;
  // MXCSR changes only when the store goes through.
  if (place !== undefined) for (const at of wide ? [0, 8] : [0]) b.emit('probew64', 0, place.a, 0, plus(place.imm, at));
  b.emit('zerov', result);
  b.emit('cvtps2ph', result, source, 0, wide ? control | BigInt(WIDE_FLOAT.upper) : control);
  if (wide) b.emit('cvtps2ph', result + 8, source + UPPER, 0, control);
  if (place !== undefined) {
    b.emit(wide ? 'store128' : 'store64', 0, place.a, result, place.imm);
    return;
  }
  b.emit('mov128', b.register(0), result);
  clearUpper(b);
});

// ---- masked moves ------------------------------------------------------------------------------------------------------------------------

for (const [name, bits] of [
  ['vmaskmovps', 32],
  ['vmaskmovpd', 64],
  ['vpmaskmovd', 32],
  ['vpmaskmovq', 64],
] as const) {
  forEach([name], () => b => {
    const lanes = lanesOf(bytesOf(b), bits);
    const { a, imm } = b.address();
    const mask = b.register(1);
    const at = (lane: number) => [slotOfLane(lane, bits), plus(imm, (lane * bits) / 8)] as const;
    if (b.isMemory(0)) {
      for (const row of ['maskprobe', 'maskstore'])
        for (const [slot, displacement] of lanes.map(at)) b.emit(`${row}${bits}`, mask + slot, a, b.register(2) + slot, displacement);
      return;
    }
    const result = b.vtemp();
    for (const [slot, displacement] of lanes.map(at)) b.emit(`maskload${bits}`, result + slot, a, mask + slot, displacement);
    for (const half of halvesOf(b)) b.emit('mov128', b.register(0) + half, result + half);
    clearIfNarrow(b);
  });
}
const lanesOf = (bytes: number, bits: number): readonly number[] => Array.from({ length: (8 * bytes) / bits }, (_, lane) => lane);
/** Of a lane in a vector of 256 bits, from its lower slot. */
const slotOfLane = (lane: number, bits: number): number => {
  const at = (lane * bits) / 8;
  return at < 16 ? at : UPPER + at - 16;
};
function clearIfNarrow(b: Builder): void {
  if (!computesWide(b)) clearUpper(b);
}

// ---- gathers -----------------------------------------------------------------------------------------------------------------------------

/** Lane by lane: what is done before a fault stays done, and the mask says what is left. */
for (const [name, indexBits, bits] of [
  ['vpgatherdd', 32, 32],
  ['vpgatherdq', 32, 64],
  ['vpgatherqd', 64, 32],
  ['vpgatherqq', 64, 64],
  ['vgatherdps', 32, 32],
  ['vgatherdpd', 32, 64],
  ['vgatherqps', 64, 32],
  ['vgatherqpd', 64, 64],
] as const) {
  forEach([name], () => b => {
    const { ins } = b;
    const d = b.register(0);
    const mask = b.register(2);
    const indexWide = ins.memoryIndex >= Register.YMM0;
    const lanes = Math.min((computesDestinationWide(b) ? 256 : 128) / bits, (indexWide ? 256 : 128) / indexBits);
    const { base, short } = gatherBase(b);
    const at = b.temp();
    for (let lane = 0; lane < lanes; lane++) {
      const slot = registerSlot(ins.memoryIndex) + slotOfLane(lane, indexBits);
      if (indexBits === 32) b.emit('sext32_64', at, slot);
      b.emit(`lea${ins.memoryIndexScale}`, at, base, indexBits === 32 ? at : slot, ins.memoryDisplSize > 0 ? hole('displacement') : 0n);
      if (short) b.emit('cut32', at, at);
      if (b.segmentBase() !== STATE.zero) b.emit('lea1', at, at, b.segmentBase());
      b.emit(`gather${bits}`, d + slotOfLane(lane, bits), at, 0, 0n, mask + slotOfLane(lane, bits));
    }
    // Where there are fewer lanes than the register has, zeros.
    if (lanes * bits < 128) b.emit('mov64', d + 8, STATE.zero);
    for (const half of [0, UPPER]) b.emit('zerov', mask + half);
    if (lanes * bits <= 128) b.emit('zerov', d + UPPER);
  });
}
const computesDestinationWide = (b: Builder): boolean => b.width(0) === 256;
function gatherBase({ ins }: Builder): { readonly base: number; readonly short: boolean } {
  const { memoryBase } = ins;
  const short = memoryBase >= Register.EAX && memoryBase <= Register.R15D;
  return { base: memoryBase === Register.None ? STATE.zero : registerSlot(memoryBase), short };
}

// ---- fused multiplication and addition -----------------------------------------------------------------------------------------------------

for (const [order, digits] of ['132', '213', '231'].entries()) {
  for (const [operation, signs] of [
    ['fmadd', 0],
    ['fmsub', FMA.negateEven | FMA.negateOdd],
    ['fnmadd', FMA.negateProduct],
    ['fnmsub', FMA.negateProduct | FMA.negateEven | FMA.negateOdd],
    ['fmaddsub', FMA.negateEven],
    ['fmsubadd', FMA.negateOdd],
  ] as const) {
    const control = BigInt(order | signs);
    for (const suffix of operation.length > 6 ? ['ps', 'pd'] : ['ss', 'sd', 'ps', 'pd']) {
      forEach([`v${operation}${digits}${suffix}`], () => b => {
        const row = `fma${suffix}`;
        const d = b.register(0);
        const scalar = suffix.startsWith('s');
        const source = scalar ? vectorSource(b, 2, suffix === 'ss' ? 4 : 8) : wideSource(b, 2, bytesOf(b));
        if (!computesWide(b)) {
          b.emit(row, d, b.register(1), source, control);
          b.emit('zerov', d + UPPER);
          return;
        }
        const low = b.vtemp();
        for (const half of [0, UPPER]) b.emit('mov128', low + half, d + half);
        b.emit(row, low, b.register(1), source, control | BigInt(WIDE_FLOAT.upper));
        b.emit(row, d + UPPER, b.register(1) + UPPER, source + UPPER, control);
        b.emit('mov128', d, low);
      });
    }
  }
}
