/** Lifters of the instructions that load and store the state of the x87 and SSE units. */
import { Mnemonic as M } from 'iced-x86';
import { FXSAVE_BYTES } from '../helpers/x87-image.js';
import { STATE } from '../layout.js';
import type { Builder } from './builder.js';
import { type Lifter, lifters } from './registry.js';

const offset = (imm: bigint, by: number): bigint => BigInt.asUintN(64, imm + BigInt(by));

lifters.set(M.Ldmxcsr, b => b.emit('ldmxcsr', 0, b.read(0, 32)));
lifters.set(M.Stmxcsr, b => b.commit(0, 32, STATE.mxcsr));

lifters.set(M.Fldcw, b => b.emit('fldcw', 0, b.read(0, 16)));
for (const mnemonic of [M.Fnstcw, M.Fstcw]) lifters.set(mnemonic, b => b.commit(0, 16, STATE.fcw));
for (const mnemonic of [M.Fnstsw, M.Fstsw]) lifters.set(mnemonic, b => b.write(0, 16, STATE.fsw));
for (const mnemonic of [M.Fnclex, M.Fclex]) lifters.set(mnemonic, b => b.emit('fnclex'));
for (const mnemonic of [M.Fninit, M.Finit]) lifters.set(mnemonic, b => b.emit('fninit'));
/** All registers empty. */
lifters.set(M.Emms, b => b.emit('emms'));

// ---- images, which the helpers build and take up in the register file ---------------------------------------------------------------------------

/** Stores `bytes` of the image, a multiple of 4; the far end is probed first, as the image may reach into a page that cannot be written. */
function storeImage(b: Builder, bytes: number): void {
  const { a, imm } = b.address();
  b.emit('probew64', 0, a, 0, offset(imm, bytes - 8));
  for (let at = 0; at < bytes; at += 4) b.emit('store32', 0, a, STATE.image + at, offset(imm, at));
}

function loadImage(b: Builder, bytes: number): void {
  const { a, imm } = b.address();
  for (let at = 0; at < bytes; at += 4) {
    const word = STATE.temp;
    b.emit('load32', word, a, 0, offset(imm, at));
    b.emit('put32', STATE.image + at, word);
  }
}

const ENVIRONMENT_BYTES = 28;
const SAVE_BYTES = 108;
const whole =
  (bytes: number, before: string | undefined, after: string): Lifter =>
  b => {
    // The 14-byte and 94-byte images of 16-bit operand size are another matter.
    if (b.width(0) !== 8 * bytes) b.unsupported();
    if (before === undefined) loadImage(b, bytes);
    else {
      b.emit(before);
      storeImage(b, bytes);
    }
    b.emit(after);
  };
lifters.set(M.Fnstenv, whole(ENVIRONMENT_BYTES, 'fnstenv', 'maskall'));
lifters.set(M.Fldenv, whole(ENVIRONMENT_BYTES, undefined, 'fldenv'));
lifters.set(M.Fnsave, whole(SAVE_BYTES, 'fnsave', 'fninit'));
lifters.set(M.Frstor, whole(SAVE_BYTES, undefined, 'frstor'));

for (const mnemonic of [M.Fxsave, M.Fxsave64]) {
  lifters.set(mnemonic, b => {
    const { a, imm } = b.address();
    b.emit('fxsave');
    for (let at = 0; at < FXSAVE_BYTES; at += 16) b.emit('store128a', 0, a, STATE.image + at, offset(imm, at));
  });
}
for (const mnemonic of [M.Fxrstor, M.Fxrstor64]) {
  lifters.set(mnemonic, b => {
    const { a, imm } = b.address();
    for (let at = 0; at < FXSAVE_BYTES; at += 16) b.emit('load128a', STATE.image + at, a, 0, offset(imm, at));
    b.emit('fxrstor');
  });
}
