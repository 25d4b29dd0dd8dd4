import { MemoryFault, type Watch } from '../../cpu/api.js';
import { MemoryLimitError } from '../../cpu/memory/address-space.js';
import { E, Errno } from '../abi/errno.js';
import { SI, SIG } from '../abi/signals.js';
import type { KernelExtension } from '../api.js';
import type { Kernel } from '../kernel.js';
import type { Task } from '../task.js';
import { type Wait, weightOf } from '../wait.js';
import type { SyscallGroup, SyscallResult, SyscallRow } from './row.js';
import { syscallName, syscallRow } from './table.js';

const RT_SIGRETURN = 15;
const RAX = 0;
/** What may have changed files, pipes and sockets that others wait for. */
const CHANGES: ReadonlySet<SyscallGroup> = new Set(['files', 'paths', 'network']);

/** The system call that the loaded task has just entered: number in RAX, arguments in RDI RSI RDX R10 R8 R9 (syscall(2)), here by their numbers. */
export function enterSyscall(kernel: Kernel, task: Task): void {
  const { registers } = kernel.cpu;
  task.syscall = {
    number: registers.gprLow(RAX),
    args: [registers.gpr(7), registers.gpr(6), registers.gpr(2), registers.gpr(10), registers.gpr(8), registers.gpr(9)],
    stage: 'entry',
    entryReported: false,
  };
}

/** Acts on it: leaves a result in RAX, a task that waits, or a process that is gone. */
export function actOnSyscall(kernel: Kernel, task: Task): void {
  const call = task.syscall!;
  kernel.system.countCall(call.number);
  kernel.scheduler.enterKernel();
  kernel.epolls.moment++;
  const row = syscallRow(call.number);
  const result = call.number < 0 ? -E.NOSYS : perform(kernel, task, row, call.number, call.args);
  if (task.state === 'exited') {
    task.syscall = undefined;
    return;
  }
  if (typeof result === 'object' && fits(kernel, result)) {
    wait(kernel, task, result);
    // What fitted is there already, for who waits to read it.
    if ('done' in result && result.done > 0) kernel.filesChanged();
    return;
  }
  if (typeof result === 'object') {
    kernel.finishSyscall(task, -E.NOMEM);
    return;
  }
  kernel.finishSyscall(task, result);
  if (row !== undefined && CHANGES.has(row.group)) kernel.filesChanged();
}

function perform(kernel: Kernel, task: Task, row: SyscallRow | undefined, number: number, args: readonly bigint[]): SyscallResult {
  const { extension } = kernel;
  if (!row && extension?.name(number) !== undefined) return extend(kernel, extension, number, args);
  if (!row) {
    kernel.refusals.add(syscallName(number), 'unknown to r14', 'ENOSYS');
    return -E.NOSYS;
  }
  const { refuse } = row;
  if (refuse) {
    if (!refuse.quiet) kernel.refusals.add(row.name, refuse.why, `E${refuse.errno}`);
    return -E[refuse.errno];
  }
  try {
    return row.run!(kernel, task, args);
  } catch (error) {
    if (error instanceof MemoryLimitError) return -E.NOMEM;
    if (!(error instanceof Errno)) throw error;
    if (number === RT_SIGRETURN) {
      kernel.signals.force(task, { signal: SIG.SEGV, code: SI.KERNEL, address: 0n });
      return kernel.cpu.registers.get('rax');
    }
    return -error.number;
  }
}

/** What all waits together may have to look through, and what one may have without being counted. */
const MOST_LOOKED_AT = 1 << 18;
const FEW = 64;

function fits(kernel: Kernel, wanted: Wait): boolean {
  const weight = weightOf(wanted);
  if (weight <= FEW) return true;
  return kernel.system.tasks.reduce((sum, { wait }) => sum + (wait === undefined ? 0 : weightOf(wait)), weight) <= MOST_LOOKED_AT;
}

/** A call of the extension's. What it changes in watched ranges is an access of the instruction that has called it. */
function extend(kernel: Kernel, extension: KernelExtension, number: number, args: readonly bigint[]): number {
  const { cpu, memory } = kernel;
  const bytes = ({ address, length }: Watch): string =>
    memory.allows(address, length, 'read') ? `${memory.read(address, length)}` : 'nothing mapped';
  const before = cpu.watched.map(bytes);
  try {
    return extension.call(number, args, memory);
  } catch (error) {
    if (error instanceof MemoryFault) return -E.FAULT;
    if (error instanceof MemoryLimitError) return -E.NOMEM;
    throw error;
  } finally {
    kernel.system.changed = cpu.watched
      .filter((watch, index) => bytes(watch) !== before[index])
      .map(watch => ({ watch, address: watch.address, access: 'write' }));
  }
}

function wait(kernel: Kernel, task: Task, wanted: Wait): void {
  kernel.scheduler.wait(task, wanted);
  task.syscall!.stage = 'waiting';
  if (kernel.signals.waitsFor(task)) kernel.interrupt(task);
}
