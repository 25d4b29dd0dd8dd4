/** Where in a Go or C process an address lies: in code, in a variable, on whose stack, in the heap, in the race detector's shadow. */
import { hex } from '../../host/hex.js';
import type { Type } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import type { Thread } from '../../linux/api.js';
import type { GoRuntime } from '../../runtime/goroutine.js';
import { raceRegion } from '../../runtime/race/layout.js';
import { oldStacks } from '../stack/old-stacks.js';
import type { CallStack, Target } from '../target.js';
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
  /** The thread's m that it belongs to, where `name` says no more than what of it this is. */
  readonly of?: Machine;
  readonly type?: Type | undefined;
}

/**
 * Go's allocator asks for arenas of 64 MiB one behind the other, from a place that is random since Go 1.26 (runtime/malloc.go, mallocinit). The g of the
 * main goroutine lies in the first; there are other places a terabyte further on.
 */
const ARENA = 1n << 26n;
const ARENAS = 1n << 40n;

/** What is known of an address; nothing when nothing is mapped there. What belongs to another thread than the stack's is named with its m. */
export function landmarkOf(stack: CallStack, address: bigint): Landmark | undefined {
  const { target } = stack;
  const { memory, images } = target;
  if (address < 0x1000n || !memory.allows(address, 1, 'read')) return undefined;
  const func = images.functionAt(address);
  if (func !== undefined) return { region: 'code', name: `${func.name}${plus(address - func.entry)}` };
  const found = variable(images, address);
  if (found !== undefined) return found;
  const stretch = target.derived(stretchesOf).find(each => address >= each.lo && address < each.hi);
  if (stretch !== undefined) return inside(stretch, address, machineOf(target, stack.thread ?? target.process.current));
  return inArena(target, address) ? heapLandmark(target, address) : mapped(target, address);
}

function inArena(target: Target, address: bigint): boolean {
  const from = target.derived(firstArena);
  return from !== undefined && address >= from && address - from < ARENAS;
}

function firstArena({ go }: Target): bigint | undefined {
  const [main] = go?.goroutines() ?? [];
  return main && main.address - (main.address % ARENA);
}

/** `+0x14`; nothing for 0. */
const plus = (offset: bigint): string => (offset === 0n ? '' : `+${hex(offset)}`);

function variable(images: Images, address: bigint): Landmark | undefined {
  const hit = images.symbolAt(address);
  if (hit === undefined || (hit.symbol.size > 0 && hit.offset >= hit.symbol.size)) return undefined;
  const described = images.typeOfRuntimeType(address);
  if (described !== undefined) return { region: 'global', name: `type ${described.name}` };
  // All strings of a Go program are one symbol: the text says more.
  if (hit.symbol.name === 'go:string.*') return { region: 'global', name: '' };
  const type = images.globalNamed(hit.symbol.name)?.type;
  if (type === undefined) return { region: 'global', name: `${hit.symbol.name}${plus(BigInt(hit.offset))}` };
  const field = fieldAt(type, hit.offset);
  return { region: 'global', name: `${hit.symbol.name}${field.path}`, ...(field.rest === 0 ? { type: field.type } : {}) };
}

function inside({ region, name: own, of, type, lo }: Stretch, address: bigint, current?: Machine): Landmark {
  const name = of === undefined || of.address === current?.address ? own : `m${of.id}'s ${own}`;
  if (type === undefined) return { region, name };
  const field = fieldAt(type, Number(address - lo));
  return { region, name: `${name}${field.path}`, ...(field.rest === 0 ? { type: field.type } : {}) };
}

function mapped({ memory, images }: Target, address: bigint): Landmark {
  const mapping = memory.mappingAt(address)!;
  const race = raceRegion(address);
  if (race !== undefined && images.go?.settings.get('-race') === 'true') return { region: 'shadow', name: race };
  if (mapping.name === '[stack]') return { region: 'stack', name: 'stack of the first thread' };
  if (mapping.name === '[heap]') return { region: 'heap', name: 'the C heap' };
  return { name: mapping.name.replace(/^.*\//, '') };
}

type Machine = NonNullable<ReturnType<GoRuntime['machineOf']>>;

const machineOf = (target: Target, thread: Thread): Machine | undefined => target.go?.machineOf(target.threadG(thread));

/** Stacks and structures of the threads. */
function stretchesOf(target: Target): readonly Stretch[] {
  const { go, images } = target;
  if (go === undefined) return [];
  const list: Stretch[] = [];
  const types = { g: images.typeNamed('runtime.g'), m: images.typeNamed('runtime.m'), p: images.typeNamed('runtime.p') };
  const add = (lo: bigint, type: Type | undefined, name: string, of?: Machine) => {
    if (lo === 0n || type === undefined) return;
    list.push({ lo, hi: lo + BigInt(type.size), region: 'heap', name, type, ...(of === undefined ? {} : { of }) });
  };
  for (const thread of target.process.threads) {
    const machine = thread.state === 'exited' ? undefined : machineOf(target, thread);
    if (machine === undefined) continue;
    const m = `m${machine.id}`;
    for (const [g, name] of [
      [machine.g0, 'g0'],
      [machine.gsignal, 'gsignal'],
    ] as const) {
      if (!go.readable(g)) continue;
      const { stackLo, stackHi } = go.goroutine(g);
      list.push({ lo: stackLo, hi: stackHi, region: 'stack', name: `${name} stack`, of: machine });
      add(g, types.g, name, machine);
    }
    if (go.readable(machine.curg)) list.push(...goroutineStretches(go, machine.curg, types.g));
    add(machine.address, types.m, m);
    add(machine.p, types.p, `${m}'s p`);
  }
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

/** All goroutines' stacks and structures. */
function parkedStretches({ go, images }: Target): readonly Stretch[] {
  const type = images.typeNamed('runtime.g');
  return go!.goroutines().flatMap(goroutine => goroutineStretches(go!, goroutine.address, type));
}

/** Goroutines' stacks lie in the heap's arenas: those that no thread runs are asked for only when an address is there. */
function heapLandmark(target: Target, address: bigint): Landmark {
  const stretch = target.derived(parkedStretches).find(each => address >= each.lo && address < each.hi);
  if (stretch !== undefined) return inside(stretch, address);
  const old = target.lasting(oldStacks).at(address, target.go);
  return { region: 'heap', name: old === undefined ? 'heap' : `heap (${old.name})` };
}
