import type { Fault, Registers } from '../../cpu/api.js';
import { SI, SIG } from '../abi/signals.js';
import type { QueuedSignal } from './pending.js';

/** TASK_SIZE_MAX: where the addresses of user level end. */
const USER_END = 0x7fff_ffff_f000n;

/** What a signal frame records of a hardware exception. */
export interface Trap {
  readonly error: bigint;
  readonly vector: bigint;
  readonly address: bigint;
}

/** The signal that Linux makes of a CPU exception (arch/x86/kernel/traps.c, mm/fault.c), and what it keeps for the frame. */
export function signalOfFault(fault: Fault, registers: Registers, before: Trap): { entry: QueuedSignal; trap: Trap } {
  const { rip } = registers;
  const make = (vector: number, signal: number, code: number, address = 0n, error = 0n): { entry: QueuedSignal; trap: Trap } => ({
    entry: { signal, code, address, fault },
    trap: { vector: BigInt(vector), error, address: fault.vector === '#PF' ? fault.address : before.address },
  });
  switch (fault.vector) {
    case '#PF': {
      const kind = fault.access === 'write' ? 2n : fault.access === 'exec' ? 0x10n : 0n;
      // Of the kernel's half Linux does not tell what is mapped.
      const error = 4n | kind | (fault.mapped || fault.address >= USER_END ? 1n : 0n);
      return make(14, SIG.SEGV, fault.mapped ? SI.SEGV_ACCERR : SI.SEGV_MAPERR, fault.address, error);
    }
    case '#DE':
      return make(0, SIG.FPE, SI.FPE_INTDIV, rip);
    case '#DB':
      return make(1, SIG.TRAP, fault.cause?.kind === 'step' ? SI.TRAP_TRACE : SI.TRAP_BRKPT, rip);
    case '#BP':
      return make(3, SIG.TRAP, SI.KERNEL);
    case '#OF':
      return make(4, SIG.SEGV, SI.KERNEL);
    case '#UD':
      return make(6, SIG.ILL, SI.ILL_ILLOPN, rip);
    case '#NM':
      return make(7, SIG.SEGV, SI.KERNEL);
    case '#SS':
      return make(12, SIG.BUS, SI.KERNEL);
    case '#GP':
      return make(13, SIG.SEGV, SI.KERNEL, 0n, BigInt(fault.error ?? 0));
    case '#MF':
      return make(16, SIG.FPE, floatCode(registers.fsw & ~registers.fcw), rip);
    case '#AC':
      return make(17, SIG.BUS, SI.BUS_ADRALN);
    case '#XM':
      return make(19, SIG.FPE, floatCode(registers.mxcsr & ~(registers.mxcsr >> 7)), rip);
  }
}

/** si_code of unmasked floating-point exceptions, worst first (fpu__exception_code). */
function floatCode(flags: number): number {
  if (flags & 1) return SI.FPE_FLTINV;
  if (flags & 4) return SI.FPE_FLTDIV;
  if (flags & 8) return SI.FPE_FLTOVF;
  if (flags & 0x12) return SI.FPE_FLTUND;
  if (flags & 0x20) return SI.FPE_FLTRES;
  return 0;
}
