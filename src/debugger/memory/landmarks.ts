/** Where in a Go or C process an address lies: in code, in a variable, on whose stack, in the heap, in the race detector's shadow. */
import type { Type } from '../../image/api.js';
import type { GoRuntime } from '../../runtime/goroutine.js';
import { raceRegion } from '../../runtime/race/layout.js';
import type { Session } from '../session/session.js';
import { fieldAt } from '../values/field-at.js';

export type Region = 'code' | 'stack' | 'heap' | 'global' | 'shadow';

export interface Landmark {
  /** Absent: memory that was mapped for none of these. */
  readonly region?: Region;
  /** `main.main+0x14`, `runtime.m0.tls[1]`, `type main.T`, `goroutine 1 stack`, `heap`; empty when no more is known. */
  readonly name: string;
  /** The type of what lies there, when debug information tells. */
  readonly type?: Type;
}

/** A stretch of memory that Go's structures tell of. */
interface Stretch {
  readonly lo: bigint;
  readonly hi: bigint;
  readonly region: Region;
  readonly name: string;
  readonly type?: Type | undefined;
}

/** Go's allocator asks for its arenas at 0x00c0<<32 and, when that is taken, at 0x01c0<<32 and so on (runtime/malloc.go, mallocinit). */
const ARENA_MASK = 0xff_ffff_ffffn;
const ARENA_LOW = 0xc0_0000_0000n;
const ARENA_TOP = 0x7f00_0000_0000n;

/** What is known of an address; nothing when nothing is mapped there. */
export function landmarkOf(session: Session, address: bigint): Landmark | undefined {
  const { memory } = session.process;
  if (address < 0x1000n || !memory.allows(address, 1, 'read')) return undefined;
  const func = session.images.functionAt(address);
  if (func !== undefined) return { region: 'code', name: `${func.name}${plus(address - func.entry)}` };
  const found = variable(session, address);
  if (found !== undefined) return found;
  const stretch = stretchesOf(session).find(each => address >= each.lo && address < each.hi);
  if (stretch !== undefined) return inside(stretch, address);
  return session.go !== undefined && inArena(address) ? heapLandmark(session, address) : mapped(session, address);
}

const inArena = (address: bigint): boolean => address < ARENA_TOP && (address & ARENA_MASK) >= ARENA_LOW;

/** `+0x14`; nothing for 0. */
const plus = (offset: bigint): string => (offset === 0n ? '' : `+0x${offset.toString(16)}`);

function variable(session: Session, address: bigint): Landmark | undefined {
  const hit = session.images.symbolAt(address);
  if (hit === undefined || (hit.symbol.size > 0 && hit.offset >= hit.symbol.size)) return undefined;
  const described = session.images.typeOfRuntimeType(address);
  if (described !== undefined) return { region: 'global', name: `type ${described.name}` };
  // All strings of a Go program are one symbol: the text says more.
  if (hit.symbol.name === 'go:string.*') return { region: 'global', name: '' };
  const type = session.images.globalNamed(hit.symbol.name)?.type;
  if (type === undefined) return { region: 'global', name: `${hit.symbol.name}${plus(BigInt(hit.offset))}` };
  const field = fieldAt(type, hit.offset);
  return { region: 'global', name: `${hit.symbol.name}${field.path}`, ...(field.rest === 0 ? { type: field.type } : {}) };
}

function inside({ region, name, type, lo }: Stretch, address: bigint): Landmark {
  if (type === undefined) return { region, name };
  const field = fieldAt(type, Number(address - lo));
  return { region, name: `${name}${field.path}`, ...(field.rest === 0 ? { type: field.type } : {}) };
}

function mapped(session: Session, address: bigint): Landmark {
  const mapping = session.process.memory.mappingAt(address)!;
  const race = raceRegion(address);
  if (race !== undefined && session.images.go?.settings.get('-race') === 'true') return { region: 'shadow', name: race };
  if (mapping.name === '[stack]') return { region: 'stack', name: 'stack of the first thread' };
  if (mapping.name === '[heap]') return { region: 'heap', name: 'the C heap' };
  return { name: mapping.name.replace(/^.*\//, '') };
}

const cached = new WeakMap<object, readonly Stretch[]>();

/** Stacks and structures of the threads; kept for as long as the session's reading of Go's structures is. */
function stretchesOf(session: Session): readonly Stretch[] {
  const { go } = session;
  if (go === undefined) return [];
  const known = cached.get(go);
  if (known !== undefined) return known;
  const list: Stretch[] = [];
  const types = {
    g: session.images.typeNamed('runtime.g'),
    m: session.images.typeNamed('runtime.m'),
    p: session.images.typeNamed('runtime.p'),
  };
  const add = (lo: bigint, type: Type | undefined, name: string) => {
    if (lo !== 0n && type !== undefined) list.push({ lo, hi: lo + BigInt(type.size), region: 'heap', name, type });
  };
  const current = go.machineOf(session.threadG(session.thread))?.address;
  for (const thread of session.process.threads) {
    const machine = thread.state === 'exited' ? undefined : go.machineOf(session.threadG(thread));
    if (machine === undefined) continue;
    const m = `m${machine.id}`;
    const whose = machine.address === current ? '' : `${m}'s `;
    for (const [g, name] of [
      [machine.g0, `${whose}g0`],
      [machine.gsignal, `${whose}gsignal`],
    ] as const) {
      if (!go.readable(g)) continue;
      const { stackLo, stackHi } = go.goroutine(g);
      list.push({ lo: stackLo, hi: stackHi, region: 'stack', name: `${name} stack` });
      add(g, types.g, name);
    }
    if (go.readable(machine.curg)) list.push(...goroutineStretches(go, machine.curg, types.g));
    add(machine.address, types.m, m);
    add(machine.p, types.p, `${m}'s p`);
  }
  cached.set(go, list);
  return list;
}

function goroutineStretches(go: GoRuntime, address: bigint, type: Type | undefined): readonly Stretch[] {
  const { id, stackLo, stackHi } = go.goroutine(address);
  const size = BigInt(type?.size ?? 1);
  return [
    { lo: stackLo, hi: stackHi, region: 'stack', name: `goroutine ${id} stack` },
    { lo: address, hi: address + size, region: 'heap', name: `goroutine ${id}'s g`, type },
  ];
}

const parked = new WeakMap<object, readonly Stretch[]>();

/** Goroutines' stacks lie in the heap's arenas: those that no thread runs are asked for only when an address is there. */
function heapLandmark(session: Session, address: bigint): Landmark {
  const go = session.go!;
  let list = parked.get(go);
  if (list === undefined) {
    const type = session.images.typeNamed('runtime.g');
    list = go.goroutines().flatMap(goroutine => goroutineStretches(go, goroutine.address, type));
    parked.set(go, list);
  }
  const stretch = list.find(each => address >= each.lo && address < each.hi);
  return stretch === undefined ? { region: 'heap', name: 'heap' } : inside(stretch, address);
}
