/** The rules of the calling conventions that `abi check on` holds a program to. */

export interface Rule {
  /** As users read it: `misaligned stack`. */
  readonly title: string;
  /** The document and section that has it. */
  readonly source: string;
  /** Whose fault it mostly is. */
  readonly cause: string;
}

export const RULES = {
  g: {
    title: 'R14 is not g',
    source: 'Go ABI specification (cmd/compile/abi-internal.md), "amd64 architecture": R14 holds the current g in all ABIInternal code',
    cause: 'assembly or C has used R14, and the way back to Go did not load it from thread-local storage again',
  },
  zero: {
    title: 'X15 is not zero',
    source: 'Go ABI specification (cmd/compile/abi-internal.md), "amd64 architecture": X15 is zero in all ABIInternal code',
    cause: 'assembly or C has used X15, and the way back to Go did not clear it (XORPS X15, X15)',
  },
  direction: {
    title: 'the direction flag is set',
    source: 'AMD64 psABI 3.2.1 and Go ABI specification, "amd64 architecture": DF is clear at every call and return',
    cause: 'a STD without its CLD',
  },
  'frame-pointer': {
    title: 'the frame-pointer chain is broken',
    source:
      'Go ABI specification (cmd/compile/abi-internal.md), "amd64 architecture": RBP is callee-saved and points at the saved RBP of the frame',
    cause: 'the function, or one that it called, has used RBP and did not restore it',
  },
  'stack-bounds': {
    title: 'RSP is not on the stack of g',
    source:
      'Go runtime (stack.go, "Stack layout"): Go code of a goroutine runs between stack.lo and stack.hi of its g, which it compares RSP with',
    cause: 'assembly has called Go code on a stack of its own',
  },
  tls: {
    title: 'FS base is not that of the thread',
    source: 'Go runtime (tls_linux_amd64, asm_amd64.s): g is in thread-local storage, which signal handlers and C find by FS base',
    cause: 'code has set FS base for itself and was interrupted, or has not set it back',
  },
  'return-address': {
    title: 'a return address was overwritten',
    source: 'Intel SDM vol. 1, 6.4.2: RET goes to what the CALL has pushed',
    cause: 'a store beyond the end of a variable on the stack',
  },
  'stack-pointer': {
    title: 'RSP is not at the return address',
    source: 'Go ABI specification and AMD64 psABI 3.2.2: a function returns with RSP where its call has left it',
    cause: 'a PUSHQ without its POPQ, or a SUBQ from SP without its ADDQ',
  },
  alignment: {
    title: 'the stack is misaligned',
    source: 'AMD64 psABI 3.2.2, "The Stack Frame": RSP is a multiple of 16 at a call of C',
    cause: 'the assembly that calls C did not align RSP (ANDQ $~15, SP) after changing to its stack',
  },
  'callee-saved': {
    title: 'a callee-saved register was clobbered',
    source: 'AMD64 psABI 3.2.1, "Registers": RBX, RBP and R12 to R15 belong to the caller',
    cause: 'the function, or one that it called, uses the register without saving it',
  },
  'upper-halves': {
    title: 'the upper halves of YMM registers are in use',
    source:
      'Intel optimization manual, "Mixing AVX Code with SSE Code": VZEROUPPER stands behind 256-bit code, before code that may be of SSE, which every instruction of costs more otherwise',
    cause: 'a way out of the function, or a call, without VZEROUPPER before it',
  },
  'race-context': {
    title: 'the race detector has no context here',
    source:
      'Go runtime (race_amd64.s, proc.go): the race runtime takes its context from g.racectx, which every g0 has 0 once runtime.main runs',
    cause:
      'code that -race instruments, or that calls the race runtime, runs on a system stack: keep it out of systemstack and mcall, or build it without instrumentation',
  },
  'race-stack': {
    title: 'racefuncenter without racefuncexit',
    source:
      'Go runtime (race_amd64.s): racefuncenter puts a call onto the stack that the race runtime keeps of a goroutine, racefuncexit takes it off',
    cause:
      'a way out of the function, by RET or by a jump, that leaves racefuncexit out: stacks in race reports are wrong from here on, and they grow',
  },
  'signal-stack': {
    title: "a signal handler runs on a goroutine's stack",
    source:
      'Go package os/signal, "Go programs that use cgo or SWIG": handlers of C must be installed with SA_ONSTACK, as stacks of goroutines are small',
    cause: 'sigaction without SA_ONSTACK, or signal(), which cannot say it',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof RULES;

export interface Violation {
  readonly rule: RuleName;
  /** What is not as it should be, with values. */
  readonly what: string;
  /** The word of memory that was written and should not have been. */
  readonly wrote?: bigint;
}
