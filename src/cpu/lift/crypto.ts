/** Lifters of AES-NI, PCLMULQDQ and the SHA extensions. */
import { Mnemonic as M } from 'iced-x86';
import { xmmSlot } from '../layout.js';
import { lifters } from './registry.js';
import { forEach, imm8, vectorSource, words } from './vector.js';

forEach(words('aesenc aesenclast aesdec aesdeclast'), name => b => b.emit(name, b.register(0), b.firstSource(), vectorSource(b, 1, 16)));
lifters.set(M.Aesimc, b => b.emit('aesimc', b.register(0), vectorSource(b, 1, 16)));
lifters.set(M.Aeskeygenassist, b => b.emit('aeskeygenassist', b.register(0), vectorSource(b, 1, 16), 0, BigInt(imm8(b, 2))));
lifters.set(M.Pclmulqdq, b => {
  const control = imm8(b, 2);
  b.emit('clmul', b.register(0), b.firstSource() + 8 * (control & 1), vectorSource(b, 1, 16) + 8 * ((control >> 4) & 1));
});
forEach(
  words('sha1msg1 sha1msg2 sha1nexte sha256msg1 sha256msg2'),
  name => b => b.emit(name, b.register(0), b.register(0), vectorSource(b, 1, 16, true)),
);
lifters.set(M.Sha256rnds2, b => b.emit('sha256rnds2', b.register(0), b.register(0), vectorSource(b, 1, 16, true), 0n, xmmSlot(0)));
lifters.set(M.Sha1rnds4, b => b.emit(`sha1rnds4_${imm8(b, 2) & 3}`, b.register(0), b.register(0), vectorSource(b, 1, 16, true)));
