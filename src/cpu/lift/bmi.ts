/** Lifters of BMI1, BMI2, ADX, MOVBE and of what tells random numbers and the processor's. */
import { Mnemonic as M } from 'iced-x86';
import type { Width } from '../ir/emit.js';
import { gprSlot } from '../layout.js';
import type { Builder } from './builder.js';
import { type Lifter, lifters } from './registry.js';

const RDX = gprSlot(2);
const w0 = (b: Builder): Width => b.width(0) as Width;

/** op0 = OP(op1, op2): one of the sources can be in memory. */
const three =
  (name: string): Lifter =>
  b => {
    const w = w0(b);
    b.emit(`${name}${w}`, b.register(0), b.read(1, w), b.read(2, w));
  };
for (const [mnemonic, name] of [
  [M.Andn, 'andn'],
  [M.Bextr, 'bextr'],
  [M.Bzhi, 'bzhi'],
  [M.Shlx, 'shlx'],
  [M.Shrx, 'shrx'],
  [M.Sarx, 'sarx'],
  [M.Rorx, 'rorx'],
] as const) {
  lifters.set(mnemonic, three(name));
}
for (const [mnemonic, name] of [
  [M.Blsi, 'blsi'],
  [M.Blsmsk, 'blsmsk'],
  [M.Blsr, 'blsr'],
] as const) {
  lifters.set(mnemonic, b => b.emit(`${name}${w0(b)}`, b.register(0), b.read(1, w0(b))));
}
for (const [mnemonic, name] of [
  [M.Pdep, 'pdep'],
  [M.Pext, 'pext'],
] as const) {
  lifters.set(mnemonic, b => {
    const w = w0(b);
    b.emit(name, b.register(0), b.register(1), b.read(2, w), BigInt(w / 8));
  });
}
/** The high half wins where both go to one register. */
lifters.set(M.Mulx, b => {
  const w = w0(b);
  const source = b.read(2, w);
  const low = b.temp();
  const high = b.temp();
  b.emit(`mullow${w}`, low, RDX, source);
  b.emit(`mulhigh${w}`, high, RDX, source);
  b.emit('mov64', b.register(1), low);
  b.emit('mov64', b.register(0), high);
});
for (const [mnemonic, name] of [
  [M.Adcx, 'adcx'],
  [M.Adox, 'adox'],
] as const) {
  lifters.set(mnemonic, b => {
    const right = b.read(1, w0(b));
    b.emit(`${name}${w0(b)}`, b.register(0), b.register(0), right);
  });
}
lifters.set(M.Movbe, b => {
  const w = w0(b);
  if (b.isRegister(0)) b.emit(`bswap${w}`, b.register(0), b.read(1, w));
  else {
    const value = b.temp();
    b.emit(`bswap${w}`, value, b.register(1));
    b.commit(0, w, value);
  }
});
for (const mnemonic of [M.Rdrand, M.Rdseed]) lifters.set(mnemonic, b => b.emit(`rdrand${w0(b)}`, b.register(0)));
lifters.set(M.Rdpid, b => b.emit('rdpid', b.register(0)));
