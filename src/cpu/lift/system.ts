/** Lifters of system instructions: calls of the kernel, exceptions, what user level may not do, hints. */
import { Mnemonic as M } from 'iced-x86';
import { SERVICES, VECTORS } from '../layout.js';
import { IP, NEXT } from './form.js';
import { type Lifter, lifters } from './registry.js';

/** Raises an exception: a trap has RIP behind the instruction, a fault at it. */
const exception =
  (vector: (typeof VECTORS)[number], at: typeof IP): Lifter =>
  b =>
    b.emit('raise', 0, 0, 0, at, VECTORS.indexOf(vector));
export const raise = (vector: (typeof VECTORS)[number]): Lifter => exception(vector, IP);
const trap = (vector: (typeof VECTORS)[number]): Lifter => exception(vector, NEXT);

lifters.set(M.Syscall, b => b.emit('syscall', 0, 0, 0, NEXT));
lifters.set(M.Int3, trap('#BP'));
lifters.set(M.Int1, trap('#DB'));
/** The descriptors that user level may name: Linux without the table of 32-bit system calls has two. */
lifters.set(M.Int, b => {
  const number = Number(b.immediate(0));
  (number === 3 ? trap('#BP') : number === 4 ? trap('#OF') : raise('#GP'))(b);
});

/** Undefined, or of an extension that this processor lacks; some are so only at user level. */
for (const mnemonic of [M.Ud0, M.Ud1, M.Ud2, M.Sysenter, M.Sysexit, M.Rsm, M.Monitor, M.Mwait, M.Clac, M.Stac, M.Vmcall, M.Vmmcall])
  lifters.set(mnemonic, raise('#UD'));
/** Refused at user level. */
for (const mnemonic of [
  M.Hlt,
  M.Cli,
  M.Sti,
  M.In,
  M.Out,
  M.Insb,
  M.Insw,
  M.Insd,
  M.Outsb,
  M.Outsw,
  M.Outsd,
  M.Rdmsr,
  M.Wrmsr,
  M.Xsetbv,
  M.Rdpmc,
  M.Lgdt,
  M.Lidt,
  M.Lldt,
  M.Ltr,
  M.Lmsw,
  M.Clts,
  M.Invd,
  M.Wbinvd,
  M.Invlpg,
  M.Swapgs,
  M.Sysret,
  M.Sysretq,
]) {
  lifters.set(mnemonic, raise('#GP'));
}

/** Hints, fences of a machine that has one processor, and what counts as NOP without its extension. */
for (const mnemonic of [
  M.Nop,
  M.Endbr64,
  M.Endbr32,
  M.Lfence,
  M.Mfence,
  M.Sfence,
  M.Prefetcht0,
  M.Prefetcht1,
  M.Prefetcht2,
  M.Prefetchnta,
  M.Prefetchw,
  M.Prefetchwt1,
  M.Prefetch,
  M.Prefetchit0,
  M.Prefetchit1,
  M.Cldemote,
  M.Rdsspd,
  M.Rdsspq,
  M.Reservednop,
]) {
  lifters.set(mnemonic, () => {});
}
/** Flushing reads, as far as page faults are concerned. */
for (const mnemonic of [M.Clflush, M.Clflushopt]) {
  lifters.set(mnemonic, b => {
    const { a, imm } = b.address();
    b.emit('load8', b.temp(), a, 0, imm);
  });
}
lifters.set(M.Pause, b => b.emit('pause'));
lifters.set(M.Rdtsc, b => b.emit('rdtsc'));
lifters.set(M.Rdtscp, b => b.emit('rdtscp'));
lifters.set(M.Cpuid, b => b.emit('service', 0, 0, 0, NEXT, SERVICES.indexOf('cpuid')));
