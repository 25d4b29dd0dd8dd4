/** Lifters of the instructions that load and store the state of the x87 and SSE units. */
import { Mnemonic as M } from 'iced-x86';
import { FXSAVE_BYTES } from '../helpers/x87-image.js';
import { STATE } from '../layout.js';
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
