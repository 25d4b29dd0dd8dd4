/**
 * What an expression is evaluated in: one frame of one thread, at a stop. The debugger implements this; nothing in `evaluate` or `values`
 * knows of processes, threads or stack walks.
 */
import type { Func, Image, Language, Variable } from '../../image/api.js';
import type { Known } from '../known.js';
import type { CallManner, CallResult, CallTarget, EvaluatedOperand, Result } from './operand.js';

/**
 * Guest memory as a debugger sees it. cpu/api's AddressSpace is one. `read` throws MemoryFault (or any error whose message says why); a
 * failed `write` changes nothing.
 */
export interface GuestMemory {
  read(address: bigint, length: number): Uint8Array;
  write(address: bigint, bytes: Uint8Array): void;
}

/**
 * Registers an expression can name: the GPRs in lower case, `rip`, `eflags`, `fs_base`, `gs_base`, `mxcsr`, `xmm0`-`xmm15` (128 bits), `ymm0`-`ymm15` (256), `st0`-`st7`
 * (80 bits), `fcw`, `fsw`, `ftw`.
 */
export type EvaluationRegister = string;

/** The selected frame: a logical one, so an inlined call has its own. */
export interface FrameContext {
  /** Where the frame stands. */
  readonly pc: bigint;
  /** The function that has the code, and the logical (perhaps inlined) function's name. */
  readonly func: Func | undefined;
  readonly name: string;
  readonly language: Language;
  /** Whether debug information describes the function; without it `variables` is empty. */
  readonly described?: boolean;
  /** Variables that can be named here, outer blocks first. */
  variables(): readonly Variable[];
  /** Canonical frame address: RSP before the call of this frame's function pushed the return address. */
  readonly cfa: bigint | undefined;
  register(name: EvaluationRegister): Known<bigint>;
  /** Throws an Error that says why, when the register cannot be set in this frame; nothing has changed then. */
  setRegister(name: EvaluationRegister, value: bigint): void;
  /** Address of the closure that was called, for as long as the register that the caller has put it in is not written. */
  closure?(): bigint | undefined;
  /** What was in a place, which an expression of debug information names, when the function was called: the caller's debug information may say. */
  entryValue?(place: Uint8Array): bigint | undefined;
  /** Whether what lies at an offset from the CFA has been written since the function's entry, on every way to where the frame stands. */
  written?(offset: number): boolean;
  /** Address of the g whose stack the frame is on (g0 on a system stack); undefined: not a Go thread, or before there is a g. */
  readonly g: bigint | undefined;
}

export interface EvaluationContext {
  readonly memory: GuestMemory;
  /** All loaded images, the program first. */
  readonly images: readonly Image[];
  /** Absent when no process is there: then only types, addresses of globals and constants can be asked for. */
  readonly frame: FrameContext | undefined;
  /** Address of the g of the selected goroutine (`runtime.curg`): the user goroutine, also when the thread is on g0. */
  readonly curg: bigint | undefined;
  /** `delve.bphitcount[NAME]`: hits of a breakpoint by number or name. */
  breakpointHits(name: string): number | undefined;
  /** What a name behind `$` has been set to that is no register's; absent: nothing ever. */
  convenience?(name: string): Result | undefined;
  /** Has the program run a function. Throws OperationError that says why it cannot, or what has become of it. Absent: nothing can be run. */
  readonly call?: (callee: CallTarget, args: readonly EvaluatedOperand[], manner: CallManner) => readonly CallResult[];
}
