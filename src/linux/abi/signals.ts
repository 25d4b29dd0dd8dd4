/** Signals of Linux on amd64: signal(7), asm/signal.h. */

export type DefaultAction = 'terminate' | 'core' | 'ignore' | 'stop' | 'continue';

interface SignalRow {
  readonly number: number;
  readonly name: string;
  readonly action: DefaultAction;
}

function row(number: number, name: string, action: DefaultAction): SignalRow {
  return { number, name, action };
}

const STANDARD: readonly SignalRow[] = [
  row(1, 'SIGHUP', 'terminate'),
  row(2, 'SIGINT', 'terminate'),
  row(3, 'SIGQUIT', 'core'),
  row(4, 'SIGILL', 'core'),
  row(5, 'SIGTRAP', 'core'),
  row(6, 'SIGABRT', 'core'),
  row(7, 'SIGBUS', 'core'),
  row(8, 'SIGFPE', 'core'),
  row(9, 'SIGKILL', 'terminate'),
  row(10, 'SIGUSR1', 'terminate'),
  row(11, 'SIGSEGV', 'core'),
  row(12, 'SIGUSR2', 'terminate'),
  row(13, 'SIGPIPE', 'terminate'),
  row(14, 'SIGALRM', 'terminate'),
  row(15, 'SIGTERM', 'terminate'),
  row(16, 'SIGSTKFLT', 'terminate'),
  row(17, 'SIGCHLD', 'ignore'),
  row(18, 'SIGCONT', 'continue'),
  row(19, 'SIGSTOP', 'stop'),
  row(20, 'SIGTSTP', 'stop'),
  row(21, 'SIGTTIN', 'stop'),
  row(22, 'SIGTTOU', 'stop'),
  row(23, 'SIGURG', 'ignore'),
  row(24, 'SIGXCPU', 'core'),
  row(25, 'SIGXFSZ', 'core'),
  row(26, 'SIGVTALRM', 'terminate'),
  row(27, 'SIGPROF', 'terminate'),
  row(28, 'SIGWINCH', 'ignore'),
  row(29, 'SIGIO', 'terminate'),
  row(30, 'SIGPWR', 'terminate'),
  row(31, 'SIGSYS', 'core'),
];

/** The highest signal number (_NSIG). */
export const SIGNAL_MAX = 64;
/** The first real-time signal of the kernel; glibc keeps 32 and 33 for itself. */
export const SIGNAL_RT_MIN = 32;

export const SIG = {
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  SEGV: 11,
  PIPE: 13,
  ALRM: 14,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  URG: 23,
  VTALRM: 26,
  PROF: 27,
  SYS: 31,
} as const;

/** si_code values (asm-generic/siginfo.h). */
export const SI = {
  USER: 0,
  KERNEL: 0x80,
  QUEUE: -1,
  TIMER: -2,
  TKILL: -6,
  ILL_ILLOPN: 2,
  FPE_INTDIV: 1,
  FPE_FLTDIV: 3,
  FPE_FLTOVF: 4,
  FPE_FLTUND: 5,
  FPE_FLTRES: 6,
  FPE_FLTINV: 7,
  SEGV_MAPERR: 1,
  SEGV_ACCERR: 2,
  BUS_ADRALN: 1,
  TRAP_BRKPT: 1,
  TRAP_TRACE: 2,
} as const;

/** si_code of SIGCHLD (asm-generic/siginfo.h). */
export const CLD = { EXITED: 1, KILLED: 2, DUMPED: 3, TRAPPED: 4, STOPPED: 5, CONTINUED: 6 } as const;

/** `SIGSEGV`, `SIGRTMIN+2` (counted from the kernel's 32). */
export function signalName(number: number): string {
  const known = STANDARD[number - 1];
  if (known) return known.name;
  return number === SIGNAL_RT_MIN ? 'SIGRTMIN' : `SIGRTMIN+${number - SIGNAL_RT_MIN}`;
}

/** The number of `SIGSEGV` or `SEGV`, in any case; undefined when there is none. */
export function signalNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  const full = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const real = /^SIGRTMIN(?:\+(\d+))?$/.exec(full);
  if (real) {
    const number = SIGNAL_RT_MIN + Number(real[1] ?? 0);
    return number <= SIGNAL_MAX ? number : undefined;
  }
  return STANDARD.find(signal => signal.name === full)?.number;
}

export function defaultAction(number: number): DefaultAction {
  return STANDARD[number - 1]?.action ?? 'terminate';
}

/** The bit of a signal in a sigset_t. */
export function signalBit(number: number): bigint {
  return 1n << BigInt(number - 1);
}

/** The signals of a sigset_t, by number. */
export const signalsIn = (mask: bigint): number[] =>
  Array.from({ length: SIGNAL_MAX }, (_, index) => index + 1).filter(number => (mask & signalBit(number)) !== 0n);

/** SIGKILL and SIGSTOP: neither blocked, caught nor ignored. */
export const UNBLOCKABLE = signalBit(SIG.KILL) | signalBit(SIG.STOP);
/** Signals that a fault raises: delivered before others (kernel/signal.c, SYNCHRONOUS_MASK). */
export const SYNCHRONOUS =
  signalBit(SIG.SEGV) | signalBit(SIG.BUS) | signalBit(SIG.ILL) | signalBit(SIG.TRAP) | signalBit(SIG.FPE) | signalBit(SIG.SYS);
