/** Which tables of Go a version has: the numbers and layouts that changed between releases. */

/** The minor number of `go1.26.8`, `devel go1.27-abc` and the like; undefined when the text is no Go version. */
export function goMinor(version: string): number | undefined {
  const match = /go1\.(\d+)/.exec(version);
  return match ? Number(match[1]) : undefined;
}

const COMMON = ['', 'abort', 'asmcgocall', 'asyncPreempt', 'cgocallback'];
const MIDDLE = [
  'debugCallV2',
  'gcBgMarkWorker',
  'goexit',
  'gogo',
  'gopanic',
  'handleAsyncEvent',
  'mcall',
  'morestack',
  'mstart',
  'panicwrap',
  'rt0_go',
];
const END = ['sigpanic', 'systemstack', 'systemstack_switch', 'wrapper'];

/** funcID numbers as names (runtime/symtab.go up to Go 1.20, internal/abi/symtab.go since): by the first minor version that has the order. */
const FUNC_IDS: readonly { since: number; names: readonly string[] }[] = [
  { since: 25, names: [...COMMON, 'corostart', ...MIDDLE, 'runtime_main', 'runFinalizers', 'runCleanups', ...END] },
  { since: 22, names: [...COMMON, 'corostart', ...MIDDLE, 'runfinq', 'runtime_main', ...END] },
  { since: 0, names: [...COMMON, ...MIDDLE, 'runfinq', 'runtime_main', ...END] },
];

/** The funcID names of a minor version, by number. */
export function funcIDNames(minor: number): readonly string[] {
  return FUNC_IDS.find(row => minor >= row.since)!.names;
}

/**
 * Assembly that Go's sources declare `<ABIInternal>` (TEXT lines of runtime, internal/bytealg and others, Go 1.19 to 1.26). No table of
 * the program records it; all other assembly is ABI0.
 */
const ABI_INTERNAL_ASSEMBLY =
  /^(?:runtime\.(?:cmpstring|debugCallV2|duff(?:copy|zero)|gcWriteBarrier\w*|getfp|mapinitnoop|mcall|memclrNoHeapPointers|memequal(?:_varlen)?|memhash(?:32|64)?|strhash|memmove|panic(?:Bounds|Extend|IndexU?|Slice\w+)|race(?:read|write)(?:range)?|switchToCrashStack0|vgetrandom1)|internal\/bytealg\.Compare|internal\/chacha8rand\.block|(?:internal\/runtime|runtime\/internal)\/syscall(?:\/linux)?\.Syscall6|time\.now)$/;

/** Whether assembly of that name is ABIInternal in a minor version. */
export function isInternalAssembly(name: string, minor: number): boolean {
  // ABI0 in Go 1.20, ABIInternal in 1.21.
  return ABI_INTERNAL_ASSEMBLY.test(name) || (name === 'runtime.publicationBarrier' && minor >= 21);
}
