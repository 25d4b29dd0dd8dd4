/** Pairs of words that belong together and do not: an interface's type and data, and the g that a thread works for. */
import { GPR_NAMES, type GprName } from '../../cpu/api.js';
import { isGpr } from '../../cpu/effects/instruction.js';
import { hex } from '../../host/hex.js';
import { effectsIn } from '../code/decode.js';
import type { Trail } from '../run/origin.js';
import type { ToldLink } from '../show/origin-text.js';
import { spotText } from '../show/origin-text.js';
import type { Journey } from '../timeline/history.js';
import type { ValueSpot } from '../timeline/origin.js';
import { callOf } from './check.js';
import { type Inquiry, type Reason, registerSpot, saying } from './inquiry.js';
import { trailReasons } from './trail.js';

const WORD = 8n;
/** Links that are followed back from a register to the memory that it was loaded from. */
const MOST_LINKS = 12;
/** Methods that are looked at. */
const MOST_METHODS = 3;

const isMethod = (name: string): boolean => /\.(?:\(\*?[^()]+\)|[A-Z]\w*)\.[\w-]+(?:\+\d+)?$/.test(name);

/**
 * A method that was called through an interface whose two words were stored apart: the type is of one value, the data of another. The methods are those
 * that the way of the value came by, and the one at fault.
 */
export function* torn(q: Inquiry, trail: Trail): Journey<readonly Reason[]> {
  if (q.target.go === undefined) return [];
  const moments = [q.scene.t, ...trail.links.map(({ t }) => t)];
  const names = [q.scene.frames[0]?.name ?? '', ...trail.links.map(each => each.function)];
  const seen = new Set<string>();
  for (const [index, t] of moments.entries()) {
    const name = names[index]!.replace(/\+\d+$/, '');
    if (!isMethod(name) || seen.has(name) || seen.size >= MOST_METHODS) continue;
    seen.add(name);
    yield* q.at(t);
    const frames = q.frames(8);
    const [method] = frames;
    const caller = frames.find(({ physical }) => physical !== method?.physical);
    if (method === undefined || caller === undefined || caller.physical.exact) continue;
    const called = yield* callOf(q, caller);
    if (called === undefined) continue;
    const reasons = yield* tornAt(q, called, name);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

/** Of a call through a table of methods: the interface that the table and the receiver came from. */
function* tornAt(q: Inquiry, called: number, name: string): Journey<readonly Reason[]> {
  yield* q.at(called);
  const { process } = q.target;
  const { registers, tid } = process.current;
  const flow = effectsIn(process.memory, registers.rip)?.flow;
  if (flow?.kind !== 'call' || flow.target.kind === 'constant') return [];
  const table = yield* tableOf(q, registers.rip, tid);
  if (table === undefined) return [];
  yield* q.at(called);
  const data = yield* memoryOf(q, registerSpot('rax', tid));
  if (table.address + WORD !== data?.address) return [];
  const one = yield* lastStore(q, table.address, table.t);
  const other = yield* lastStore(q, data.address, data.t);
  if (one === undefined || other === undefined || (one.where === other.where && other.t - one.t < NEAR && one.t - other.t < NEAR))
    return [];
  yield* q.at(data.t);
  const what = spotText(q.session, { kind: 'memory', address: table.address, bytes: 8 });
  return [
    saying(`${name} was called through the interface ${what}, whose words are of two stores: its type, then its data`),
    { link: one },
    { link: other },
  ];
}

/** Instructions that may lie between the stores of the two words of one value. */
const NEAR = 50;

interface Loaded {
  readonly address: bigint;
  readonly t: number;
}

/** Where the pointer to the table of methods lay that a call goes through: by memory, or by a register that was loaded from it. */
function* tableOf(q: Inquiry, pc: bigint, tid: number): Journey<Loaded | undefined> {
  const effects = effectsIn(q.target.memory, pc);
  const { flow } = effects ?? {};
  if (flow === undefined || !('target' in flow) || typeof flow.target === 'bigint') return undefined;
  if (flow.target.kind === 'memory') return yield* memoryOf(q, baseOf(effects!.accesses[0]?.address, tid));
  if (flow.target.kind !== 'register') return undefined;
  const { links } = yield* q.trail(registerSpot(flow.target.register, tid), 1);
  const [load] = links;
  if (load?.from[0]?.kind !== 'memory') return undefined;
  yield* q.at(load.t);
  return yield* memoryOf(q, baseOf(effectsIn(q.target.memory, load.pc)?.accesses[0]?.address, tid));
}

function baseOf(address: unknown, tid: number): ValueSpot | undefined {
  const name = registerIn(address);
  return name === undefined ? undefined : registerSpot(name, tid);
}

function registerIn(value: unknown): GprName | undefined {
  const { kind, register: name, args } = (value ?? {}) as { kind?: string; register?: string; args?: readonly unknown[] };
  if (kind === 'register' && GPR_NAMES.some(each => each === name)) return isGpr(name as GprName) ? (name as GprName) : undefined;
  for (const arg of args ?? []) {
    const found = registerIn(arg);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The memory that a register's value was loaded from, over moves and the stack's slots; undefined: none. */
function* memoryOf(q: Inquiry, spot: ValueSpot | undefined): Journey<Loaded | undefined> {
  if (spot === undefined) return undefined;
  const { links } = yield* q.trail(spot, MOST_LINKS);
  for (const link of links) {
    const [source] = link.from;
    if (link.how !== 'moved' || source === undefined) return undefined;
    if (source.kind !== 'memory') continue;
    yield* q.at(link.t);
    const stack = q.frames(1)[0]?.physical.stack;
    if (stack === undefined || source.address < stack.lo || source.address >= stack.hi) return { address: source.address, t: link.t };
  }
  return undefined;
}

function* lastStore(q: Inquiry, address: bigint, t: number): Journey<ToldLink | undefined> {
  yield* q.at(t);
  const { links } = yield* q.trail({ kind: 'memory', address, bytes: 8 }, 1);
  return links[0];
}

// ---- g ---------------------------------------------------------------------------------------------------------------------------------------

/** A thread whose g is not that of the stack which it runs on: who has put it there. */
export function* staleG(q: Inquiry): Journey<readonly Reason[]> {
  const { go } = q.target;
  const tls = go?.symbols.tlsG;
  if (go === undefined || tls === undefined) return [];
  yield* q.at(q.scene.t);
  const thread = q.target.process.current;
  const g = q.target.threadG(thread);
  const rsp = q.scene.faulted?.registers.get('rsp') ?? thread.registers.get('rsp');
  if (g === 0n || !go.readable(g)) return [];
  const own = go.goroutine(g);
  const machine = go.machineOf(g);
  // The bounds of the first thread's g0 are guessed by Go itself.
  if (machine?.g0 === g || machine?.gsignal === g || (rsp >= own.stackLo && rsp < own.stackHi)) return [];
  const whose = go.goroutines().find(each => rsp >= each.stackLo && rsp < each.stackHi);
  if (whose === undefined || whose.address === g) return [];
  const at = BigInt.asUintN(64, thread.registers.fsBase + tls);
  const trail = yield* q.trail({ kind: 'memory', address: at, bytes: 8 }, 4);
  return [
    saying(`the stack is goroutine ${whose.id}'s, and the thread's g is that of goroutine ${own.id} (${hex(g)})`),
    ...trailReasons(trail, 3),
  ];
}
