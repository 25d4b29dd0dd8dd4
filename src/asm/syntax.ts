/** The statements and operands of Go assembly, as the parser finds them. */
import type { SourcePosition } from './diagnostics.js';

/** The pseudo-registers: SB static base, FP arguments, SP top of the locals (when a name goes with it), PC. */
export type PseudoRegister = 'SB' | 'FP' | 'SP' | 'PC';

export interface SymbolReference {
  /** With the package in full: `runtime.newproc`, `main.x`. */
  readonly name: string;
  /** `sym<>`: seen in its file only. */
  readonly local: boolean;
  /** `sym<ABIInternal>`. */
  readonly abi?: string;
}

export type SourceOperand =
  | { readonly kind: 'register'; readonly name: string; readonly at: SourcePosition }
  | { readonly kind: 'immediate'; readonly value: bigint; readonly at: SourcePosition }
  | { readonly kind: 'float'; readonly value: number; readonly at: SourcePosition }
  | { readonly kind: 'text'; readonly value: string; readonly at: SourcePosition }
  /** `$sym+8(SB)`, `$x-8(SP)`, `$8(AX)`: an address as a value. */
  | { readonly kind: 'address'; readonly of: MemoryOperand; readonly at: SourcePosition }
  | MemoryOperand
  /** A label of the function. */
  | { readonly kind: 'label'; readonly name: string; readonly at: SourcePosition }
  /** `2(PC)`: so many instructions on. */
  | { readonly kind: 'relative'; readonly count: number; readonly at: SourcePosition };

export interface MemoryOperand {
  readonly kind: 'memory';
  readonly symbol?: SymbolReference;
  /** The name in front of FP or SP. */
  readonly name?: string;
  readonly offset: bigint;
  readonly base?: string;
  readonly index?: string;
  readonly scale: number;
  /** A number alone: written without $, it is an address. */
  readonly bare?: boolean;
  /** Through TLS: the thread's g. */
  readonly tls?: boolean;
  readonly at: SourcePosition;
}

export type Statement =
  | { readonly kind: 'label'; readonly name: string; readonly at: SourcePosition }
  | {
      readonly kind: 'text';
      readonly symbol: SymbolReference;
      readonly flags: number;
      readonly frame: number;
      /** Bytes of arguments and results; undefined: not said. */
      readonly args?: number;
      readonly at: SourcePosition;
    }
  | {
      readonly kind: 'data';
      readonly symbol: SymbolReference;
      readonly offset: number;
      readonly width: number;
      readonly value: SourceOperand;
      readonly at: SourcePosition;
    }
  | { readonly kind: 'globl'; readonly symbol: SymbolReference; readonly flags: number; readonly size: number; readonly at: SourcePosition }
  | SourceInstruction;

export interface SourceInstruction {
  readonly kind: 'instruction';
  readonly mnemonic: string;
  readonly operands: readonly SourceOperand[];
  readonly at: SourcePosition;
}

export type TextStatement = Extract<Statement, { kind: 'text' }>;
export type DataStatement = Extract<Statement, { kind: 'data' }>;
export type GloblStatement = Extract<Statement, { kind: 'globl' }>;

/** Register names: Go's, without size. */
export const INTEGER_REGISTERS = [
  'AX',
  'CX',
  'DX',
  'BX',
  'SP',
  'BP',
  'SI',
  'DI',
  'R8',
  'R9',
  'R10',
  'R11',
  'R12',
  'R13',
  'R14',
  'R15',
] as const;
/** Byte registers that Go names apart. */
export const BYTE_REGISTERS = ['AL', 'CL', 'DL', 'BL', 'AH', 'CH', 'DH', 'BH'] as const;
export const VECTOR_REGISTERS: readonly string[] = Array.from({ length: 16 }, (_, index) => `X${index}`);
/** The same with their upper halves. */
export const WIDE_VECTOR_REGISTERS: readonly string[] = VECTOR_REGISTERS.map(name => name.replace('X', 'Y'));
/** MMX's. */
export const NARROW_VECTOR_REGISTERS: readonly string[] = VECTOR_REGISTERS.slice(0, 8).map(name => name.replace('X', 'M'));
const REGISTERS = new Set<string>([
  ...INTEGER_REGISTERS,
  ...BYTE_REGISTERS,
  ...VECTOR_REGISTERS,
  ...WIDE_VECTOR_REGISTERS,
  ...NARROW_VECTOR_REGISTERS,
  ...Array.from({ length: 8 }, (_, index) => `F${index}`),
  'TLS',
  'ES',
  'CS',
  'SS',
  'DS',
  'FS',
  'GS',
]);

/** Whether a register is one of MMX's, of SSE's, or of AVX's. */
export const isVector = (name: string): boolean => /^[MXY]/.test(name);

/** `g` is R14 in Go's spelling of ABIInternal code. */
export const registerName = (text: string): string | undefined => (text === 'g' ? 'R14' : REGISTERS.has(text) ? text : undefined);

/** Go's name for what somebody calls as Intel and AT&T do, or in small letters: AX for `rax`, `EAX`, `%rax`. */
export function registerMeant(text: string): string | undefined {
  const name = text.replace(/^%/, '').toUpperCase();
  const [, legacy] = /^[RE]([ABCD]X|[SB]P|[SD]I)$/.exec(name) ?? [];
  const [, numbered] = /^(R(?:8|9|1[0-5]))[BWDL]$/.exec(name) ?? [];
  const [, kind, vector] = /^([XY]?)MM(\d+)$/.exec(name) ?? [];
  const [, low] = /^([SB]P|[SD]I)L$/.exec(name) ?? [];
  return registerName(legacy ?? numbered ?? low ?? (vector === undefined ? name : `${kind || 'M'}${vector}`));
}

/** What stands in the names of assembly for what would mean something there: `sync·ᐸMutexᐳ·Lock` is sync.(*Mutex).Lock. The brackets are r14's own, and letters to Go's assembler. */
const SPELLED = [
  ['(*', 'ᐸ'],
  [')', 'ᐳ'],
  ['.', '·'],
  ['/', '∕'],
] as const;

/** A symbol's name as assembly spells it. */
export const asmName = (name: string): string => SPELLED.reduce((text, [plain, spelled]) => text.replaceAll(plain, spelled), name);

const PLAIN: ReadonlyMap<string, string> = new Map(SPELLED.map(([plain, spelled]) => [spelled, plain]));
const ANY_SPELLED = new RegExp(`[${[...PLAIN.keys()].join('')}]`, 'g');

/** The name that assembly spells so. */
export const plainName = (name: string): string => name.replace(ANY_SPELLED, letter => PLAIN.get(letter)!);
