/**
 * Calling conventions of amd64 Linux as data: Go's ABIInternal and ABI0 (Go ABI specification), System V (AMD64 psABI, 3.2) and the
 * Linux system call (psABI, A.2.1).
 */
import { GPR_NAMES, type GprName } from '../cpu/api.js';

export type XmmName = `xmm${number}`;
export type RegisterName = GprName | XmmName;

export interface Convention {
  readonly id: 'ABIInternal' | 'ABI0' | 'System V' | 'Linux syscall' | 'hand-made assembly';
  readonly description: string;
  readonly integerArguments: readonly GprName[];
  readonly floatArguments: readonly XmmName[];
  readonly integerResults: readonly GprName[];
  readonly floatResults: readonly XmmName[];
  /** What the callee must leave as it found it, besides RSP. */
  readonly calleeSaved: readonly RegisterName[];
  /** What the caller must expect to lose. */
  readonly clobbered: readonly RegisterName[];
  /** Registers with one meaning at every call edge. */
  readonly fixed: ReadonlyMap<RegisterName, string>;
  /** Registers whose meaning at entry does not come from the signature. */
  readonly atEntry: ReadonlyMap<RegisterName, string>;
  /** RSP is a multiple of this many bytes just before the CALL. */
  readonly stackAlignment: number;
  /** Bytes below RSP that signal handlers leave alone. */
  readonly redZone: number;
  /** The caller reserves room above the stack results for every argument that came in registers. */
  readonly spillArea: boolean;
  /** The direction flag is clear at every call edge. */
  readonly directionClear: boolean;
}

export const XMM_NAMES: readonly XmmName[] = Array.from({ length: 16 }, (_, i) => `xmm${i}` as const);
const ALL: readonly RegisterName[] = [...GPR_NAMES, ...XMM_NAMES];
const except = (...kept: RegisterName[]): RegisterName[] => ALL.filter(name => !kept.includes(name));

const GO_INTEGERS: readonly GprName[] = ['rax', 'rbx', 'rcx', 'rdi', 'rsi', 'r8', 'r9', 'r10', 'r11'];
const SYSTEM_V_SAVED: readonly GprName[] = ['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'];

export const ABI_INTERNAL: Convention = {
  id: 'ABIInternal',
  description: 'Go code: arguments and results in registers, nothing callee-saved',
  integerArguments: GO_INTEGERS,
  floatArguments: XMM_NAMES.slice(0, 15),
  integerResults: GO_INTEGERS,
  floatResults: XMM_NAMES.slice(0, 15),
  calleeSaved: ['rbp', 'r14', 'xmm15'],
  clobbered: except('rsp', 'rbp', 'r14', 'xmm15'),
  fixed: new Map<RegisterName, string>([
    ['rsp', 'stack'],
    ['rbp', "caller's frame pointer"],
    ['r14', 'g'],
    ['xmm15', 'zero'],
  ]),
  atEntry: new Map<RegisterName, string>([['rdx', 'closure context']]),
  stackAlignment: 8,
  redZone: 0,
  spillArea: true,
  directionClear: true,
};

export const ABI0: Convention = {
  id: 'ABI0',
  description: 'Go assembly: arguments and results on the stack, g in thread-local storage',
  integerArguments: [],
  floatArguments: [],
  integerResults: [],
  floatResults: [],
  calleeSaved: ['rbp'],
  clobbered: except('rsp', 'rbp'),
  fixed: new Map<RegisterName, string>([
    ['rsp', 'stack'],
    ['rbp', "caller's frame pointer"],
  ]),
  atEntry: new Map<RegisterName, string>([['rdx', 'closure context']]),
  stackAlignment: 8,
  redZone: 0,
  spillArea: false,
  directionClear: true,
};

export const SYSTEM_V: Convention = {
  id: 'System V',
  description: 'C and C++ code',
  integerArguments: ['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9'],
  floatArguments: XMM_NAMES.slice(0, 8),
  integerResults: ['rax', 'rdx'],
  floatResults: ['xmm0', 'xmm1'],
  calleeSaved: SYSTEM_V_SAVED,
  clobbered: except('rsp', ...SYSTEM_V_SAVED),
  fixed: new Map<RegisterName, string>([['rsp', 'stack']]),
  atEntry: new Map<RegisterName, string>([
    ['rax', 'vector registers used, in AL (variadic calls only)'],
    ['r10', 'static chain'],
  ]),
  stackAlignment: 16,
  redZone: 128,
  spillArea: false,
  directionClear: true,
};

const SYSCALL_LOST: readonly RegisterName[] = ['rax', 'rcx', 'r11'];

export const LINUX_SYSCALL: Convention = {
  id: 'Linux syscall',
  description: 'the SYSCALL instruction',
  integerArguments: ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'],
  floatArguments: [],
  integerResults: ['rax'],
  floatResults: [],
  calleeSaved: except('rsp', ...SYSCALL_LOST),
  clobbered: SYSCALL_LOST,
  fixed: new Map<RegisterName, string>([['rsp', 'stack']]),
  atEntry: new Map<RegisterName, string>([['rax', 'system call number']]),
  stackAlignment: 1,
  redZone: 128,
  spillArea: false,
  directionClear: false,
};

export const CONVENTIONS: readonly Convention[] = [ABI_INTERNAL, ABI0, SYSTEM_V, LINUX_SYSCALL];

/** Does the callee hand this register back as it got it? RSP counts: it is restored by the return. */
export const preserves = (convention: Convention, register: RegisterName): boolean =>
  register === 'rsp' || convention.calleeSaved.includes(register);
