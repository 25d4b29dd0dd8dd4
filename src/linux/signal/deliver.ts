import { SA } from '../abi/constants.js';
import { E, Errno, RESTART } from '../abi/errno.js';
import { defaultAction, SI, SIG, signalBit, signalName } from '../abi/signals.js';
import type { Kernel } from '../kernel.js';
import type { Task } from '../task.js';
import { pushFrame } from './frame.js';
import type { QueuedSignal } from './pending.js';
import { SIG_DFL, SIG_IGN } from './table.js';

/** Bytes of SYSCALL: how far an interrupted call goes back. */
const SYSCALL_LENGTH = 2n;

/** Lets the signal act on the loaded task: its handler's frame, the default action, or nothing. */
export function deliver(kernel: Kernel, task: Task, entry: QueuedSignal): void {
  const { signals } = kernel;
  const action = signals.action(entry.signal);
  if (action.handler === SIG_IGN) return;
  if (action.handler === SIG_DFL) {
    act(kernel, entry.signal);
    return;
  }
  settleRestart(kernel, task, (action.flags & SA.RESTART) !== 0);
  const mask = task.savedBlocked ?? task.blocked;
  if (!enter(kernel, task, entry, mask)) {
    if (entry.signal === SIG.SEGV) signals.resetToDefault(SIG.SEGV);
    signals.force(task, { signal: SIG.SEGV, code: SI.KERNEL, address: 0n });
    return;
  }
  task.savedBlocked = undefined;
  const own = (action.flags & SA.NODEFER) === 0 ? signalBit(entry.signal) : 0n;
  signals.setBlocked(task, task.blocked | action.mask | own);
  signals.resetOnce(entry.signal);
}

/** What is left to do when no handler runs: interrupted calls start again, temporary masks go. */
export function settleWithoutHandler(kernel: Kernel, task: Task): void {
  settleRestart(kernel, task, undefined);
  if (task.savedBlocked === undefined) return;
  task.blocked = task.savedBlocked;
  task.savedBlocked = undefined;
}

/** `again`: whether the handler that runs has SA_RESTART; undefined when none runs. */
function settleRestart(kernel: Kernel, task: Task, again: boolean | undefined): void {
  const { restart } = task;
  if (!restart) return;
  task.restart = undefined;
  const { registers } = kernel.cpu;
  const repeat = again === undefined || restart.code === RESTART.NOINTR || (restart.code === RESTART.SYS && again);
  if (repeat) {
    registers.set('rax', BigInt(restart.number));
    registers.rip -= SYSCALL_LENGTH;
  } else registers.set('rax', BigInt.asUintN(64, BigInt(-E.INTR)));
}

function enter(kernel: Kernel, task: Task, entry: QueuedSignal, mask: bigint): boolean {
  try {
    return pushFrame(kernel, task, entry, kernel.signals.action(entry.signal), mask);
  } catch (error) {
    if (error instanceof Errno) return false;
    throw error;
  }
}

function act(kernel: Kernel, signal: number): void {
  const what = defaultAction(signal);
  if (what === 'terminate' || what === 'core') kernel.end(128 + signal, signalName(signal));
  else if (what === 'stop') kernel.halt(signal);
}
