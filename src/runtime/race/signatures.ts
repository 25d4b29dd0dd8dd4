/**
 * Parameters of the race runtime's C functions (compiler-rt, tsan/go/tsan_go.cpp), which come without debug information. All are
 * passed in System V's integer registers.
 */
const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  init: ['pthr', 'pproc', 'cb'],
  fini: [],
  map_shadow: ['addr', 'size'],
  go_start: ['parent', 'pthr', 'pc'],
  go_end: ['thr'],
  proc_create: ['pproc'],
  proc_destroy: ['proc'],
  read: ['thr', 'addr', 'pc'],
  write: ['thr', 'addr', 'pc'],
  read_pc: ['thr', 'addr', 'callpc', 'pc'],
  write_pc: ['thr', 'addr', 'callpc', 'pc'],
  read_range: ['thr', 'addr', 'size', 'pc'],
  write_range: ['thr', 'addr', 'size', 'pc'],
  func_enter: ['thr', 'pc'],
  func_exit: ['thr'],
  malloc: ['thr', 'pc', 'p', 'sz'],
  free: ['p', 'sz'],
  acquire: ['thr', 'addr'],
  release: ['thr', 'addr'],
  release_merge: ['thr', 'addr'],
  release_acquire: ['thr', 'addr'],
  finalizer_goroutine: ['thr'],
  mutex_before_lock: ['thr', 'addr', 'write'],
  mutex_after_lock: ['thr', 'addr', 'write'],
  mutex_before_unlock: ['thr', 'addr', 'write'],
  go_ignore_sync_begin: ['thr'],
  go_ignore_sync_end: ['thr'],
  report_count: ['pn'],
};

const ATOMIC = /^go_atomic(32|64)_(load|store|exchange|fetch_add|fetch_and|fetch_or|compare_exchange)$/;

/** Parameters among them that are pointers. */
export const RACE_POINTERS: ReadonlySet<string> = new Set(['thr', 'pthr', 'parent', 'pproc', 'proc', 'addr', 'p', 'a', 'cb', 'pn']);

/** Functions that read through their first parameter, `thr`, whatever else they do. */
const DEREFERENCE = /^__tsan_(func_enter|func_exit|(read|write)(_pc|_range)?)$/;

/** Whether a `__tsan_*` function dies of a nil context. */
export function needsRaceContext(name: string): boolean {
  return DEREFERENCE.test(name);
}

/** Names of the parameters of a `__tsan_*` function; nothing for any other. */
export function raceParameters(name: string): readonly string[] | undefined {
  if (!name.startsWith('__tsan_')) return undefined;
  const short = name.slice('__tsan_'.length);
  return ATOMIC.test(short) ? ['thr', 'cpc', 'pc', 'a'] : SIGNATURES[short];
}
