/**
 * Entries of Go maps, read from guest memory: runtime.hmap with buckets (Go <= 1.23) and Swiss tables (Go >= 1.24). Field offsets come
 * from debug information.
 */
import type { Type } from '../../image/api.js';
import { memorySource, partOf, type ReadableMemory, readUint, type Source, Unreadable } from './source.js';
import { findField, underlying } from './types.js';
import { pointerOf, type Value, type World } from './value.js';

export interface MapEntry {
  readonly key: Value;
  readonly value: Value;
}

export interface MapView {
  /** What the map says it holds. */
  readonly length: number;
  /** In memory order. Throws Unreadable. */
  entries(): Iterable<MapEntry>;
}

/** No map of a debugged program has more groups or buckets; a number beyond it is garbage. */
const MAX_TABLE = 1 << 26;
const SLOTS = 8;

/** A struct in guest memory whose fields are found by name. */
class Record {
  constructor(
    private readonly memory: ReadableMemory,
    readonly type: Type,
    readonly source: Source,
  ) {}

  has(name: string): boolean {
    return findField(this.type, name) !== undefined;
  }

  private field(name: string) {
    const found = findField(this.type, name);
    if (found === undefined) throw new Unreadable(`${this.type.name} has no field ${name}`);
    return found.field;
  }

  number(name: string): bigint {
    const { offset, type } = this.field(name);
    return readUint(this.source, offset, type.size);
  }

  part(name: string): { type: Type; source: Source } {
    const { offset, type } = this.field(name);
    return { type, source: partOf(this.source, offset) };
  }

  record(name: string): Record {
    const { type, source } = this.part(name);
    return new Record(this.memory, type, source);
  }

  /** The element type of a pointer field. */
  elem(name: string): Type {
    const type = underlying(this.field(name).type);
    if (type.kind !== 'pointer') throw new Unreadable(`${this.type.name}.${name} is no pointer`);
    return type.elem;
  }

  at(type: Type, address: bigint): Record {
    return new Record(this.memory, type, memorySource(this.memory, address));
  }
}

/** undefined: a nil map. Throws Unreadable. */
export function mapView(world: World, value: Value): MapView | undefined {
  const type = underlying(value.type);
  if (type.kind !== 'map') throw new Unreadable(`${value.type.name} is no map`);
  const address = pointerOf(value);
  if (address === 0n) return undefined;
  const head = new Record(world.memory, type.hash, memorySource(world.memory, address));
  const swiss = head.has('dirPtr');
  const length = Number(BigInt.asIntN(64, head.number(swiss ? 'used' : 'count')));
  if (length < 0) throw new Unreadable(`negative length ${length}`);
  const entry = (key: { type: Type; source: Source }, elem: { type: Type; source: Source }): MapEntry => ({
    key: direct(world, type.key, key),
    value: direct(world, type.elem, elem),
  });
  return { length, entries: () => (swiss ? swissEntries(head, entry) : bucketEntries(head, entry)) };
}

/** Keys and elements above 128 bytes are stored as pointers. */
const MAX_INLINE = 128;

function direct(world: World, type: Type, slot: { type: Type; source: Source }): Value {
  if (type.size <= MAX_INLINE) return { type, source: slot.source };
  return { type, source: memorySource(world.memory, readUint(slot.source, 0, 8)) };
}

type MakeEntry = (key: { type: Type; source: Source }, elem: { type: Type; source: Source }) => MapEntry;

function bounded(count: bigint, what: string): number {
  if (count > BigInt(MAX_TABLE)) throw new Unreadable(`impossible ${what} ${count}`);
  return Number(count);
}

// ---- Swiss tables -------------------------------------------------------------------------------------------------------------------------

/** internal/runtime/maps.Map: a directory of tables, or without one a single group. */
function* swissEntries(head: Record, entry: MakeEntry): Generator<MapEntry> {
  const directory = head.number('dirPtr');
  const count = bounded(head.number('dirLen'), 'directory length');
  const table = tableType(head);
  if (directory === 0n) return;
  if (count === 0) {
    yield* groupEntries(head.at(groupType(table), directory), entry);
    return;
  }
  let last = 0n;
  for (let i = 0; i < count; i++) {
    const address = readUint(head.at(table, directory).source, 8 * i, 8);
    // A table of less depth than the directory stands in several neighbouring entries.
    if (address === last || address === 0n) continue;
    last = address;
    const groups = head.at(table, address).record('groups');
    const data = groups.number('data');
    const groupCount = bounded(groups.number('lengthMask') + 1n, 'group count');
    const group = groups.elem('data');
    for (let g = 0; g < groupCount; g++) yield* groupEntries(head.at(group, data + BigInt(g * group.size)), entry);
  }
}

/** `dirPtr **table<K,V>`. */
function tableType(head: Record): Type {
  const table = underlying(head.elem('dirPtr'));
  if (table.kind !== 'pointer') throw new Unreadable('debug information does not describe the tables of the map');
  return table.elem;
}

function groupType(table: Type): Type {
  const groups = findField(table, 'groups');
  const data = groups && findField(groups.field.type, 'data');
  const type = data && underlying(data.field.type);
  if (type?.kind !== 'pointer') throw new Unreadable('debug information does not describe the groups of the map');
  return type.elem;
}

/** Eight control bytes, the high one set for empty and deleted, then eight slots {key, elem}. */
function* groupEntries(group: Record, entry: MakeEntry): Generator<MapEntry> {
  const control = group.number('ctrl');
  const slots = group.part('slots');
  const array = underlying(slots.type);
  if (array.kind !== 'array') throw new Unreadable('debug information does not describe the slots of the map');
  for (let i = 0; i < SLOTS; i++) {
    if ((control >> BigInt(8 * i + 7)) & 1n) continue;
    const slot = new SlotRecord(array.elem, partOf(slots.source, i * array.elem.size));
    yield entry(slot.part('key'), slot.part('elem'));
  }
}

class SlotRecord {
  constructor(
    private readonly type: Type,
    private readonly source: Source,
  ) {}

  part(name: string): { type: Type; source: Source } {
    const found = findField(this.type, name);
    if (found === undefined) throw new Unreadable(`a slot of the map has no ${name}`);
    return { type: found.field.type, source: partOf(this.source, found.field.offset) };
  }
}

// ---- buckets ------------------------------------------------------------------------------------------------------------------------------

/** tophash values below this say empty or evacuated; 2 to 4 in the first slot mean the whole bucket moved. */
const MIN_TOP_HASH = 5;
const EVACUATED = [2, 3, 4];
const SAME_SIZE_GROW = 8n;

function* bucketEntries(head: Record, entry: MakeEntry): Generator<MapEntry> {
  const shift = head.number('B');
  if (shift > 26n) throw new Unreadable(`impossible bucket count 2^${shift}`);
  const bucket = head.elem('buckets');
  const count = 1 << Number(shift);
  yield* chains(head, bucket, head.number('buckets'), count, false, entry);
  const old = head.number('oldbuckets');
  if (old === 0n) return;
  const sameSize = (head.number('flags') & SAME_SIZE_GROW) !== 0n;
  yield* chains(head, bucket, old, sameSize ? count : count >> 1, true, entry);
}

function* chains(head: Record, type: Type, base: bigint, count: number, old: boolean, entry: MakeEntry): Generator<MapEntry> {
  if (base === 0n) return;
  for (let i = 0; i < count; i++) {
    let bucket = head.at(type, base + BigInt(i * type.size));
    for (let chain = 0; ; chain++) {
      if (chain > MAX_TABLE) throw new Unreadable('a bucket chain of the map has no end');
      const tops = bucket.part('tophash').source.read(0, SLOTS);
      if (old && chain === 0 && EVACUATED.includes(tops[0]!)) break;
      yield* bucketSlots(bucket, tops, entry);
      const overflow = bucket.number('overflow');
      if (overflow === 0n) break;
      bucket = head.at(type, overflow);
    }
  }
}

function* bucketSlots(bucket: Record, tops: Uint8Array, entry: MakeEntry): Generator<MapEntry> {
  const slot = (name: string, i: number): { type: Type; source: Source } => {
    const { type, source } = bucket.part(name);
    const array = underlying(type);
    if (array.kind !== 'array') throw new Unreadable(`debug information does not describe the ${name} of the map`);
    return { type: array.elem, source: partOf(source, i * array.elem.size) };
  };
  for (let i = 0; i < SLOTS; i++) if (tops[i]! >= MIN_TOP_HASH) yield entry(slot('keys', i), slot('values', i));
}
