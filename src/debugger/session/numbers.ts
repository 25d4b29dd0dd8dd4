/** Signal and system call numbers as users write them: a number, or a name of Linux's. */
import { signalNumber as signalCalled } from '../../linux/abi/signals.js';
import { syscallNumber as syscallCalled } from '../../linux/syscalls/table.js';

export function signalArgument(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : signalCalled(text);
}

export function syscallArgument(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : syscallCalled(text);
}
