import type { GprName, Registers } from '../../cpu/api.js';
import type { Func, How, Variable } from '../../image/api.js';

export type FrameRegister = GprName | 'rip';

export interface KnownValue {
  readonly value: bigint;
  readonly how: How;
}

/** The registers of one frame: the thread's own for the innermost, what can still be known of them for the others. */
export interface FrameRegisters {
  /** Undefined: the callee was free to overwrite it, and its value at the call is lost. */
  get(name: FrameRegister): KnownValue | undefined;
  /** All registers, vector and x87 too; only where nothing has run in between (frame 0, and a frame that a signal interrupted). */
  readonly live: Registers | undefined;
  /** FS and GS base, which no call changes: the thread's, when one runs here. */
  readonly bases: Pick<Registers, 'fsBase' | 'gsBase'> | undefined;
}

/** A frame being worked on: what is known on entry to the step that finds its caller. */
export interface Cursor {
  readonly pc: bigint;
  readonly exact: boolean;
  readonly sp: bigint;
  readonly values: ReadonlyMap<FrameRegister, KnownValue>;
  readonly live: FrameRegisters['live'];
  readonly g: bigint;
  readonly how: How;
  readonly seam: Seam | undefined;
  readonly overwritten?: Overwritten;
}

/** A return address that the CALL pushed and that is not in its slot any more. */
export interface Overwritten {
  readonly slot: bigint;
  readonly now: bigint;
}

/** A stack that frames lie on. */
export interface StackName {
  readonly kind: 'g0' | 'gsignal' | 'goroutine' | 'C' | 'other';
  /** `g0`, `gsignal`, `goroutine 7`, `C`, `stack in [heap]`. */
  readonly name: string;
  /** Lowest and first-past-highest address, as far as known. RSP may be below: then the stack has overflowed. */
  readonly lo: bigint;
  readonly hi: bigint;
}

/** `goroutine 7 stack`, `stack in [heap]`. */
export const stackText = ({ kind, name }: StackName): string => (kind === 'other' ? name : `${name} stack`);

/** Where one stack goes over into another. */
export interface Seam {
  /** `stack switch`, `signal SIGSEGV`. */
  readonly what: string;
  /** Names of the stacks, the one further in and the one further out. */
  readonly inner: string;
  readonly outer: string;
}

/** One frame of code on a stack; inlined calls at its pc are frames of their own, see LogicalFrame. */
export interface PhysicalFrame {
  readonly pc: bigint;
  /** True when execution stands at pc (innermost, interrupted by a signal); false when pc is a return address. */
  readonly exact: boolean;
  /** RSP within the frame, as of the call out of it. */
  readonly sp: bigint;
  readonly registers: FrameRegisters;
  readonly func: Func | undefined;
  readonly stack: StackName;
  /** The goroutine (`g`) that the code runs as; 0n when there is none. */
  readonly g: bigint;
  /** How it is known that this frame is here. */
  readonly how: How;
  /** Address behind the return address; undefined: no caller is known. */
  readonly cfa: bigint | undefined;
  readonly returnAddress: bigint | undefined;
  /** Where the caller's CALL went when that is another function: this one was jumped to. */
  readonly jumpedFrom: string | undefined;
  /** The functions between, which jumped on, when there is one way only. */
  readonly jumpedThrough: readonly string[];
  /** The frame further in will not return here: its return address was overwritten. */
  readonly overwritten: Overwritten | undefined;
  /** What lies between this frame and the one inside of it: `stack switch: g0 -> goroutine 1`. */
  readonly seam: Seam | undefined;
}

export interface LogicalFrame {
  /** 0 = innermost. */
  readonly index: number;
  readonly physical: PhysicalFrame;
  readonly name: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly inlined: boolean;
  /** Whether debug information describes the function: then `variables` knows them all. */
  readonly described: boolean;
  /** Those that can be named where the frame stands, outer blocks first. */
  variables(): readonly Variable[];
}

/** The pc to look tables up with: a return address belongs to the instruction before it. */
export function lookupPc(frame: PhysicalFrame): bigint {
  return frame.exact ? frame.pc : frame.pc - 1n;
}
