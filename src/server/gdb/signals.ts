/** Signals by gdb's numbers, which are no system's (GDB, include/gdb/signals.def): those of Linux that differ. */
const DIFFERENT: ReadonlyMap<number, number> = new Map([
  [7, 10], // SIGBUS
  [10, 30], // SIGUSR1
  [12, 31], // SIGUSR2
  [16, 143], // SIGSTKFLT, which gdb calls unknown
  [17, 20], // SIGCHLD
  [18, 19], // SIGCONT
  [19, 17], // SIGSTOP
  [20, 18], // SIGTSTP
  [23, 16], // SIGURG
  [29, 23], // SIGIO
  [30, 32], // SIGPWR
  [31, 12], // SIGSYS
  [32, 77],
  ...Array.from({ length: 31 }, (_, index): [number, number] => [33 + index, 45 + index]),
  [64, 78],
]);

const BACK: ReadonlyMap<number, number> = new Map([...DIFFERENT].map(([linux, gdb]) => [gdb, linux]));

export const gdbSignal = (linux: number): number => DIFFERENT.get(linux) ?? linux;

/** Linux's number; undefined: it has no such signal. */
export function linuxSignal(gdb: number): number | undefined {
  const linux = BACK.get(gdb) ?? gdb;
  return linux >= 1 && linux <= 64 && gdbSignal(linux) === gdb ? linux : undefined;
}
