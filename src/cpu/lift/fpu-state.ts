/** Lifters of the instructions that load and store the state of the x87 and SSE units. */
import { Mnemonic as M } from 'iced-x86';
import { XSAVE } from '../cpuid.js';
import { FXSAVE_BYTES } from '../helpers/x87-image.js';
import { SAVED, STATE } from '../layout.js';
import { type Builder, plus } from './builder.js';
import { type Lifter, lifters } from './registry.js';

lifters.set(M.Ldmxcsr, b => b.emit('ldmxcsr', 0, b.read(0, 32)));
lifters.set(M.Stmxcsr, b => b.commit(0, 32, STATE.mxcsr));

lifters.set(M.Fldcw, b => {
  b.emit('fwait');
  b.emit('fldcw', 0, b.read(0, 16));
});
for (const mnemonic of [M.Fnstcw, M.Fstcw]) lifters.set(mnemonic, b => b.commit(0, 16, STATE.fcw));
for (const mnemonic of [M.Fnstsw, M.Fstsw]) lifters.set(mnemonic, b => b.write(0, 16, STATE.fsw));
for (const mnemonic of [M.Fnclex, M.Fclex]) lifters.set(mnemonic, b => b.emit('fnclex'));
for (const mnemonic of [M.Fninit, M.Finit]) lifters.set(mnemonic, b => b.emit('fninit'));
/** All registers empty. */
lifters.set(M.Emms, b => b.emit('emms'));

// ---- images, which the helpers build and take up in the register file ---------------------------------------------------------------------------

/** Stores `bytes` of the image, a multiple of 2; both ends are probed first, as the image may reach into a page that cannot be written. */
function storeImage(b: Builder, bytes: number): void {
  const { a, imm } = b.address();
  for (const at of [0, bytes - 8]) b.emit('probew64', 0, a, 0, plus(imm, at));
  for (let at = 0; at < bytes; at += 2) b.emit('store16', 0, a, STATE.image + at, plus(imm, at));
}

function loadImage(b: Builder, bytes: number): void {
  const { a, imm } = b.address();
  const word = b.temp();
  for (let at = 0; at < bytes; at += 2) {
    b.emit('load16', word, a, 0, plus(imm, at));
    b.emit('put16', STATE.image + at, word);
  }
}

/** Environments of 28 bytes, or 14 with 16-bit operands, with or without the eight registers behind. */
const image =
  (registers: 0 | 80, before: string | undefined, after: string): Lifter =>
  b => {
    const bytes = b.width(0) / 8;
    const environment = BigInt(bytes - registers);
    if (before === undefined) {
      b.emit('fwait');
      loadImage(b, bytes);
    } else {
      b.emit(before, 0, 0, 0, environment);
      storeImage(b, bytes);
    }
    b.emit(after, 0, 0, 0, environment);
  };
lifters.set(M.Fnstenv, image(0, 'fnstenv', 'maskall'));
lifters.set(M.Fldenv, image(0, undefined, 'fldenv'));
lifters.set(M.Fnsave, image(80, 'fnsave', 'fninit'));
lifters.set(M.Frstor, image(80, undefined, 'frstor'));

for (const mnemonic of [M.Fxsave, M.Fxsave64]) {
  lifters.set(mnemonic, b => {
    const { a, imm } = b.address();
    b.emit('fxsave');
    for (let at = 0; at < FXSAVE_BYTES; at += 16) b.emit('store128a', 0, a, STATE.image + at, plus(imm, at));
  });
}
for (const mnemonic of [M.Fxrstor, M.Fxrstor64]) {
  lifters.set(mnemonic, b => {
    const { a, imm } = b.address();
    for (let at = 0; at < FXSAVE_BYTES; at += 16) b.emit('load128a', STATE.image + at, a, 0, plus(imm, at));
    b.emit('fxrstor');
  });
}

// ---- XSAVE's area: its parts are moved when they are asked for ------------------------------------------------------------------------------

/** Where each part stands: the bit of SAVED, the offset and the bits of its pieces. */
const PIECES: readonly (readonly [part: number, at: number, bits: 64 | 128])[] = [
  ...[0, 8, 16].map(at => [SAVED.x87, at, 64] as const),
  [SAVED.mxcsr, 24, 64],
  ...Array.from({ length: 8 }, (_, index) => [SAVED.x87, 32 + 16 * index, 128] as const),
  ...Array.from({ length: 16 }, (_, index) => [SAVED.sse, 160 + 16 * index, 128] as const),
  ...Array.from({ length: 16 }, (_, index) => [SAVED.avx, XSAVE.avxAt + 16 * index, 128] as const),
];
for (const [row, mnemonics] of [
  ['xsave', [M.Xsave, M.Xsave64]],
  ['xsaveopt', [M.Xsaveopt, M.Xsaveopt64]],
  ['xsavec', [M.Xsavec, M.Xsavec64]],
] as const) {
  for (const mnemonic of mnemonics)
    lifters.set(mnemonic, b => {
      const { a, imm } = b.address();
      const [parts, present, form] = [b.temp(), b.temp(), b.temp()];
      const at = (offset: number) => plus(imm, offset);
      b.emit('align64', 0, a, 0, imm);
      if (row !== 'xsavec') b.emit('load64', present, a, 0, at(XSAVE.header));
      b.emit(row, parts, present, form);
      for (const offset of [0, XSAVE.header]) b.emit('probew64', 0, a, 0, at(offset));
      b.emit('probeif64', parts, a, 0, at(XSAVE.bytes - 8), SAVED.avx);
      for (const [part, offset, bits] of PIECES) b.emit(`storeif${bits}`, parts, a, STATE.image + offset, at(offset), part);
      b.emit('store64', 0, a, present, at(XSAVE.header));
      if (row === 'xsavec') b.emit('store64', 0, a, form, at(XSAVE.header + 8));
    });
}
for (const mnemonic of [M.Xrstor, M.Xrstor64]) {
  lifters.set(mnemonic, b => {
    const { a, imm } = b.address();
    const parts = b.temp();
    b.emit('align64', 0, a, 0, imm);
    for (let at: number = XSAVE.header; at < XSAVE.avxAt; at += 16) b.emit('load128', STATE.image + at, a, 0, plus(imm, at));
    b.emit('xrstorheader', parts);
    for (const [part, offset, bits] of PIECES) b.emit(`loadif${bits}`, parts, a, STATE.image + offset, plus(imm, offset), part);
    b.emit('xrstor', parts);
  });
}
lifters.set(M.Xgetbv, b => b.emit('xgetbv'));
