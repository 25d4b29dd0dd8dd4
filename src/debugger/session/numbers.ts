/** Signal and system call numbers as users write them: a number, or a name of Linux's. */
import { signalNumber as signalCalled } from '../../linux/abi/signals.js';
import { syscallNumber as syscallCalled } from '../../linux/syscalls/table.js';

export function signalNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : signalCalled(text);
}

export function syscallNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : syscallCalled(text);
}
