/** Which packages Go's compiler instruments for `-race`: the tables of Go 1.24's cmd/internal/objabi, as far as their packages concern a program here. */

/** Nothing is put into them: they run where there is no race context, or are what the race detector itself needs. */
const NEVER: ReadonlySet<string> = new Set([
  'runtime',
  'runtime/race',
  'internal/runtime/atomic',
  'internal/runtime/maps',
  'internal/runtime/math',
  'internal/runtime/sys',
  'internal/abi',
  'internal/cpu',
  'internal/goarch',
]);

/** Functions are entered and left, but their accesses are not told of: they tell of what orders goroutines themselves. */
const NO_ACCESSES: ReadonlySet<string> = new Set(['sync', 'sync/atomic', 'internal/sync']);

export type PackageKind = 'instrumented' | 'never' | 'no accesses';

export const packageKind = (name: string): PackageKind =>
  NEVER.has(name) ? 'never' : NO_ACCESSES.has(name) ? 'no accesses' : 'instrumented';
