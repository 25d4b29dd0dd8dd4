/** The runtime's structures behind maps and channels, for programs whose DWARF does not describe them. */
import type { Field, Type } from '../api.js';

const integer = (kind: 'int' | 'uint', name: string, size: number): Type => ({ kind, name, size });
const INT = integer('int', 'int', 8);
const UINT = integer('uint', 'uint', 8);
const UINT8 = integer('uint', 'uint8', 1);
const UINT16 = integer('uint', 'uint16', 2);
const UINT32 = integer('uint', 'uint32', 4);
const UINT64 = integer('uint', 'uint64', 8);
const UINTPTR = integer('uint', 'uintptr', 8);
const POINTER: Type = { kind: 'unsafe-pointer', name: 'unsafe.Pointer', size: 8 };

function struct(name: string, members: readonly (readonly [string, Type, number])[], size: number): Type {
  return {
    kind: 'struct',
    name,
    size,
    fields: members.map(([field, type, offset]): Field => ({ name: field, type, offset, embedded: false })),
  };
}

const pointerTo = (elem: Type): Type => ({ kind: 'pointer', name: `*${elem.name}`, size: 8, elem });

/** Descriptors of buckets and DWARF spell these fields differently. */
const BUCKET_FIELDS: Readonly<Record<string, string>> = { topbits: 'tophash', elems: 'values' };

/**
 * runtime.hmap with its buckets (runtime/map.go, Go 1.23 and before), shaped as DWARF has it. `of` is `<key,element>`, `descriptor` the type
 * that the bucket's descriptor gives.
 */
export function hmapType(of: string, descriptor: Type): Type {
  if (descriptor.kind !== 'struct') return descriptor;
  const fields = descriptor.fields.map(field => ({ ...field, type: field.type, name: BUCKET_FIELDS[field.name] ?? field.name }));
  const bucket: Type = { ...descriptor, name: `bucket${of}`, fields };
  return struct(
    `hash${of}`,
    [
      ['count', INT, 0],
      ['flags', UINT8, 8],
      ['B', UINT8, 9],
      ['noverflow', UINT16, 10],
      ['hash0', UINT32, 12],
      ['buckets', pointerTo(bucket), 16],
      ['oldbuckets', pointerTo(bucket), 24],
      ['nevacuate', UINTPTR, 32],
      ['extra', POINTER, 40],
    ],
    48,
  );
}

/** internal/runtime/maps.Map with its tables (internal/runtime/maps/map.go and table.go, Go 1.24 and later), shaped as DWARF has it. `of` is `<key,element>`, `group` the type that the group's descriptor gives. */
export function swissMapType(of: string, group: Type): Type {
  const groups = struct(
    `groupReference${of}`,
    [
      ['data', pointerTo(group), 0],
      ['lengthMask', UINT64, 8],
    ],
    16,
  );
  const table = struct(
    `table${of}`,
    [
      ['used', UINT16, 0],
      ['capacity', UINT16, 2],
      ['growthLeft', UINT16, 4],
      ['localDepth', UINT8, 6],
      ['index', INT, 8],
      ['groups', groups, 16],
    ],
    32,
  );
  return struct(
    `map${of}`,
    [
      ['used', UINT64, 0],
      ['seed', UINTPTR, 8],
      ['dirPtr', pointerTo(pointerTo(table)), 16],
      ['dirLen', INT, 24],
      ['globalDepth', UINT8, 32],
      ['globalShift', UINT8, 33],
      ['writing', UINT8, 34],
      ['clearSeq', UINT64, 40],
    ],
    48,
  );
}

/** runtime.hchan (runtime/chan.go) up to its queues of waiters; Go 1.23 put `timer` before `elemtype`. */
export function hchanType(elem: Type, minor: number): Type {
  const shift = minor >= 23 ? 8 : 0;
  return struct(
    `hchan<${elem.name}>`,
    [
      ['qcount', UINT, 0],
      ['dataqsiz', UINT, 8],
      ['buf', POINTER, 16],
      ['elemsize', UINT16, 24],
      ['closed', UINT32, 28],
      ['elemtype', POINTER, 32 + shift],
      ['sendx', UINT, 40 + shift],
      ['recvx', UINT, 48 + shift],
    ],
    56 + shift,
  );
}
