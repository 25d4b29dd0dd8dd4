import { UCONTEXT as CONTEXT_REGISTERS } from '../../abi/registers.js';
import type { Registers, Vector } from '../../cpu/api.js';
import type { CpuLevel } from '../../cpu/cpuid.js';
import { SA } from '../abi/constants.js';
import type { Kernel } from '../kernel.js';
import type { AltStack, Task } from '../task.js';
import { resetFloat } from './fxsave.js';
import type { QueuedSignal } from './pending.js';
import { encodeSiginfo } from './siginfo.js';
import type { SignalAction } from './table.js';
import { floatState, floatStateSize, loadFloatState } from './xsave.js';

/*
 * struct rt_sigframe of amd64 (arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h, ucontext.h):
 *   0 pretcode · 8 ucontext { flags, link, stack {sp, flags, size}, sigcontext, sigmask } · 312 siginfo
 * The sigcontext's registers are those of abi/registers, then CS/GS/FS/SS, err, trapno, oldmask, cr2, the address of the fpstate, and eight
 * reserved words.
 */
const FRAME_SIZE = 440;
const UCONTEXT = 8;
const STACK = UCONTEXT + 16;
const CONTEXT = UCONTEXT + 40;
const EFLAGS = CONTEXT + 136;
const SEGMENTS = CONTEXT + 144;
const TRAP = CONTEXT + 152;
const FPSTATE = CONTEXT + 184;
const SIGMASK = UCONTEXT + 296;
const SIGINFO = 312;
/** UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS: the frame holds SS, and sigreturn restores it. */
const UC_FLAGS = 6n;
/** The floating-point state is an XSAVE area. */
const UC_FP_XSTATE = 1n;
/** CS = 0x33, GS = FS = 0, SS = 0x2b: the selectors of 64-bit user mode. */
const USER_SEGMENTS = 0x002b_0000_0000_0033n;
const RED_ZONE = 128n;
const SS_DISABLE = 2;
const SS_ONSTACK = 1;
const SS_AUTODISARM = 0x8000_0000;
/** CF PF AF ZF SF TF DF OF RF AC: what sigreturn takes from the frame (FIX_EFLAGS). */
const RESTORED_FLAGS = 0x5_0dd5n;
const DF = 0x400n;
const TF = 0x100n;
const RF = 0x1_0000n;

/** Whether the processor has saved RF: with exceptions whose instruction is to run again (Intel SDM vol. 3, 17.3.1.1). */
const resumes = ({ fault }: QueuedSignal): boolean => fault !== undefined && !TRAPS.has(fault.vector);
const TRAPS: ReadonlySet<Vector> = new Set<Vector>(['#BP', '#DB', '#OF']);

/** Bytes that a frame can take with its paddings: AT_MINSIGSTKSZ (arch/x86/kernel/signal.c, sigframe_size_init). */
export const minSignalStack = (level: CpuLevel): bigint => BigInt((FRAME_SIZE + 15 + floatStateSize(level) + 63 + 15) & ~15);

export function onAltStack(stack: AltStack | undefined, sp: bigint): boolean {
  return stack !== undefined && sp > stack.start && sp - stack.start <= stack.size;
}

/** ss_flags of sigaltstack(2)'s answer. */
export function altStackFlags(stack: AltStack | undefined, sp: bigint): number {
  if (!stack) return SS_DISABLE;
  return (onAltStack(stack, sp) ? SS_ONSTACK : 0) | (stack.flags & SS_AUTODISARM);
}

/** Whether a handler is put on the alternate stack, coming from `sp`. */
const entersAltStack = ({ altstack }: Task, { flags }: SignalAction, sp: bigint): boolean =>
  (flags & SA.ONSTACK) !== 0 && altstack !== undefined && !onAltStack(altstack, sp);

/** Where the frame of a handler begins, downwards, for a thread with that RSP. */
export const handlerStack = (task: Task, action: SignalAction, sp: bigint): bigint =>
  entersAltStack(task, action, sp) ? task.altstack!.start + task.altstack!.size : sp - RED_ZONE;

/**
 * Writes the frame for a handler below the stack of the loaded task and enters it. `mask` is what sigreturn will put back.
 * Throws EFAULT when the stack cannot take it, and false comes back when the alternate stack would overflow.
 */
export function pushFrame(kernel: Kernel, task: Task, entry: QueuedSignal, action: SignalAction, mask: bigint): boolean {
  const { registers, level } = kernel.cpu;
  const oldSp = registers.get('rsp');
  const inside = onAltStack(task.altstack, oldSp);
  const entering = entersAltStack(task, action, oldSp);
  const sp = handlerStack(task, action, oldSp);
  const fpstate = (sp - BigInt(floatStateSize(level))) & ~63n;
  const frame = ((fpstate - BigInt(FRAME_SIZE)) & ~15n) - 8n;
  if ((entering || inside) && !onAltStack(task.altstack, frame)) return false;

  const bytes = new Uint8Array(FRAME_SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, action.restorer, true);
  view.setBigUint64(UCONTEXT, level === 'v3' ? UC_FLAGS | UC_FP_XSTATE : UC_FLAGS, true);
  const alt = task.altstack;
  view.setBigUint64(STACK, alt?.start ?? 0n, true);
  view.setInt32(STACK + 8, altStackFlags(alt, oldSp), true);
  view.setBigUint64(STACK + 16, alt?.size ?? 0n, true);
  for (const [register, offset] of CONTEXT_REGISTERS) view.setBigUint64(UCONTEXT + offset, register.read(registers), true);
  view.setBigUint64(EFLAGS, registers.rflags | (resumes(entry) ? RF : 0n), true);
  view.setBigUint64(SEGMENTS, USER_SEGMENTS, true);
  view.setBigUint64(TRAP, task.trap.error, true);
  view.setBigUint64(TRAP + 8, task.trap.vector, true);
  view.setBigUint64(TRAP + 16, mask, true);
  view.setBigUint64(TRAP + 24, task.trap.address, true);
  view.setBigUint64(FPSTATE, fpstate, true);
  view.setBigUint64(SIGMASK, mask, true);
  bytes.set(encodeSiginfo(entry), SIGINFO);
  kernel.user.writable(frame, FRAME_SIZE);
  kernel.user.write(fpstate, floatState(registers, level));
  kernel.user.write(frame, bytes);

  if (alt && (alt.flags & SS_AUTODISARM) !== 0) task.altstack = undefined;
  registers.set('rdi', BigInt(entry.signal));
  registers.set('rsi', frame + BigInt(SIGINFO));
  registers.set('rdx', frame + BigInt(UCONTEXT));
  registers.set('rax', 0n);
  registers.set('rsp', frame);
  registers.rip = action.handler;
  registers.rflags &= ~(DF | TF | RF);
  resetFloat(registers);
  noteFrame(task, frame, entry.signal);
  return true;
}

/** Frames of one thread that are remembered: those of handlers that were left by a jump stay until others come to lie over them. */
const MOST_FRAMES = 1024;

function noteFrame({ signalFrames }: Task, frame: bigint, signal: number): void {
  const standing = signalFrames.filter(other => other.frame >= frame + BigInt(FRAME_SIZE) || other.frame + BigInt(FRAME_SIZE) <= frame);
  signalFrames.splice(0, signalFrames.length, ...standing.slice(1 - MOST_FRAMES), { frame, signal });
}

/** rt_sigreturn: loads what the frame above RSP holds. False when it makes no sense. Throws EFAULT. */
export function popFrame(kernel: Kernel, task: Task): boolean {
  const { registers, level } = kernel.cpu;
  const frame = registers.get('rsp') - 8n;
  const view = kernel.user.view(frame, FRAME_SIZE);
  const fpstate = view.getBigUint64(FPSTATE, true);
  if (fpstate === 0n) resetFloat(registers);
  else if (!loadFloatState(registers, level, length => kernel.user.read(fpstate, length))) return false;
  const { rflags } = registers;
  for (const [register, offset] of CONTEXT_REGISTERS) register.write(registers, view.getBigUint64(UCONTEXT + offset, true));
  registers.rflags = (rflags & ~RESTORED_FLAGS) | (registers.rflags & RESTORED_FLAGS);
  kernel.signals.setBlocked(task, view.getBigUint64(SIGMASK, true));
  restoreAltStack(task, view, registers);
  while (task.signalFrames.length > 0 && task.signalFrames.at(-1)!.frame <= frame) task.signalFrames.pop();
  return true;
}

function restoreAltStack(task: Task, view: DataView, registers: Registers): void {
  const flags = view.getInt32(STACK + 8, true);
  const start = view.getBigUint64(STACK, true);
  const size = view.getBigUint64(STACK + 16, true);
  if (onAltStack(task.altstack, registers.get('rsp'))) return;
  if ((flags & SS_DISABLE) !== 0) task.altstack = undefined;
  else task.altstack = { start, size, flags: flags & SS_AUTODISARM };
}
