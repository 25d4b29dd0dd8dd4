/**
 * Where the fields of Go's `g`, `m` and `p` are: from the program's own types (DWARF, else Go's descriptors) when it has them, else from a
 * table by Go version. Offsets in bytes from the start of the struct.
 */

import type { Type } from '../image/api.js';
import { goMinor } from '../image/go/version.js';

export interface RuntimeLayout {
  readonly g: {
    readonly stackLo: number;
    readonly stackHi: number;
    readonly m: number;
    readonly schedSp: number;
    readonly schedPc: number;
    readonly schedBp: number;
    readonly atomicstatus: number;
    readonly goid: number;
    readonly waitreason: number;
    readonly gopc: number;
    readonly startpc: number;
    readonly labels: number;
  };
  readonly m: {
    readonly g0: number;
    readonly gsignal: number;
    readonly curg: number;
    readonly p: number;
    readonly id: number;
    readonly procid: number;
  };
  /** `types`, or the release whose table was taken. */
  readonly source: string;
}

const PATHS = {
  g: {
    stackLo: 'stack.lo',
    stackHi: 'stack.hi',
    m: 'm',
    schedSp: 'sched.sp',
    schedPc: 'sched.pc',
    schedBp: 'sched.bp',
    atomicstatus: 'atomicstatus',
    goid: 'goid',
    waitreason: 'waitreason',
    gopc: 'gopc',
    startpc: 'startpc',
    labels: 'labels',
  },
  m: { g0: 'g0', gsignal: 'gsignal', curg: 'curg', p: 'p', id: 'id', procid: 'procid' },
} as const;

/** The same in every release so far. */
const FIXED = { stackLo: 0x00, stackHi: 0x08, m: 0x30, schedSp: 0x38, schedPc: 0x40 } as const;

/** First Go 1.N that each row holds for; measured on binaries of that release. gobuf lost `ret` in 1.25, so `bp` and all behind it moved. */
const TABLES: readonly {
  readonly minor: number;
  readonly g: Omit<RuntimeLayout['g'], keyof typeof FIXED>;
  readonly m: RuntimeLayout['m'];
}[] = [
  {
    minor: 19,
    g: { schedBp: 0x68, atomicstatus: 0x90, goid: 0x98, waitreason: 0xb0, gopc: 0x128, startpc: 0x138, labels: 0x168 },
    m: { g0: 0, procid: 0x48, gsignal: 0x50, curg: 0xc0, p: 0xd0, id: 0xe8 },
  },
  {
    minor: 21,
    g: { schedBp: 0x68, atomicstatus: 0x90, goid: 0x98, waitreason: 0xb0, gopc: 0x118, startpc: 0x128, labels: 0x158 },
    m: { g0: 0, procid: 0x48, gsignal: 0x50, curg: 0xc0, p: 0xd0, id: 0xe8 },
  },
  {
    minor: 23,
    g: { schedBp: 0x68, atomicstatus: 0x98, goid: 0xa0, waitreason: 0xb8, gopc: 0x120, startpc: 0x130, labels: 0x160 },
    m: { g0: 0, procid: 0x48, gsignal: 0x50, curg: 0xc0, p: 0xd0, id: 0xe8 },
  },
  {
    minor: 25,
    g: { schedBp: 0x60, atomicstatus: 0x90, goid: 0x98, waitreason: 0xb0, gopc: 0x118, startpc: 0x128, labels: 0x158 },
    m: { g0: 0, procid: 0x40, gsignal: 0x48, curg: 0xb8, p: 0xc8, id: 0xe0 },
  },
  {
    minor: 26,
    g: { schedBp: 0x60, atomicstatus: 0x90, goid: 0x98, waitreason: 0xb0, gopc: 0x120, startpc: 0x130, labels: 0x160 },
    m: { g0: 0, procid: 0x40, gsignal: 0x48, curg: 0xb8, p: 0xd0, id: 0xe8 },
  },
];

/** Minor release of `go1.26.8`; the newest known where the text names none. */
export const releaseOf = (version: string): number => goMinor(version) ?? TABLES.at(-1)!.minor;

/** The layout for a program: `typeNamed` is its image's, `version` its Go release. */
export function goLayout(typeNamed: (name: string) => Type | undefined, version: string): RuntimeLayout {
  const g = fromTypes(PATHS.g, typeNamed('runtime.g'));
  const m = fromTypes(PATHS.m, typeNamed('runtime.m'));
  if (g !== undefined && m !== undefined) return { g, m, source: 'types' };
  const minor = releaseOf(version);
  const row = TABLES.findLast(each => each.minor <= minor) ?? TABLES[0]!;
  return { g: { ...FIXED, ...row.g }, m: row.m, source: `go1.${row.minor}` };
}

/** Where g has its racectx, by first Go 1.N. */
const RACECTX: readonly (readonly [minor: number, offset: number])[] = [
  [19, 0x140],
  [21, 0x130],
  [23, 0x138],
  [25, 0x130],
  [26, 0x138],
];

/** Offset of `racectx` in g, the race detector's state of a goroutine. */
export function racectxOffset(typeNamed: (name: string) => Type | undefined, version: string): number {
  const g = typeNamed('runtime.g');
  const minor = releaseOf(version);
  return (g && fieldOffset(g, 'racectx')) ?? (RACECTX.findLast(([first]) => first <= minor) ?? RACECTX[0]!)[1];
}

function fromTypes<Name extends string>(paths: Readonly<Record<Name, string>>, type: Type | undefined): Record<Name, number> | undefined {
  if (type === undefined) return undefined;
  const offsets: Partial<Record<Name, number>> = {};
  for (const name of Object.keys(paths) as Name[]) {
    const offset = fieldOffset(type, paths[name]);
    if (offset === undefined) return undefined;
    offsets[name] = offset;
  }
  return offsets as Record<Name, number>;
}

/** Offset of a field path (`sched.sp`) in a struct, in bytes. */
export function fieldOffset(type: Type, path: string): number | undefined {
  let offset = 0;
  let current = type;
  for (const name of path.split('.')) {
    while (current.kind === 'named') current = current.underlying;
    if (current.kind !== 'struct') return undefined;
    const field = current.fields.find(each => each.name === name);
    if (field === undefined) return undefined;
    offset += field.offset;
    current = field.type;
  }
  return offset;
}
