/**
 * Where a value in a register or stack slot of a function was last written: reaching definitions over the function's instructions, followed
 * backwards on every path. One definition on all paths is an answer; several are none.
 */
import { type AddressSpace, type Effects, type EffectValue, GPR_NAMES, type GprName } from '../../cpu/api.js';
import { operandAddressOf } from '../../cpu/effects/address.js';
import { effectsAt, effectsOf } from '../../cpu/effects/describe.js';
import { isGpr } from '../../cpu/effects/instruction.js';
import { type Outline, outlinesOf } from '../../cpu/effects/outline.js';
import { readable } from './decode.js';

/** A general register, or a word of the stack: its distance in bytes from RSP at the function's entry, where the return address is at 0. */
export type FlowLocation = { readonly register: GprName } | { readonly slot: number };

/** Where the value of a move comes from. */
export type MoveSource =
  | FlowLocation
  | { readonly constant: bigint }
  /** LEA of something in the image. */
  | { readonly address: bigint }
  /** A word of memory that is not on the function's stack; RIP-relative ones have no base. */
  | { readonly base: GprName | undefined; readonly displacement: bigint; readonly indexed: boolean };

/** `to` becomes a copy of `from`, before the effect of a push or pop on RSP is counted. */
export interface Move {
  readonly to: FlowLocation;
  readonly from: MoveSource;
  /** Low bytes of `from` that count: 8, or 4 that are widened. */
  readonly bytes: 4 | 8;
}

/** Bytes of the stack, `[from, from + length)`. */
interface Extent {
  readonly from: number;
  readonly length: number;
}

export interface Step {
  readonly address: bigint;
  readonly next: bigint;
  readonly flow: 'next' | 'call' | 'jump' | 'branch' | 'end';
  /** Of direct calls, jumps and branches. */
  readonly target: bigint | undefined;
  readonly writes: ReadonlySet<GprName>;
  readonly moves: readonly Move[];
  /** What it writes of the stack otherwise than by a move. */
  readonly clobbers: readonly Extent[];
  /** RSP before it, relative to RSP at entry; undefined: not known. */
  readonly depth: number | undefined;
}

/** Functions larger than this are not followed. */
const MOST_BYTES = 1 << 14;

export type Definition = { readonly at: 'entry' } | { readonly at: 'step'; readonly step: Step };

/** What a call leaves alone. */
export type Survives = (call: Step, location: FlowLocation) => boolean;

/** Flows that were asked for last, by the bytes of the code: a step asks for the same function again and again. */
const known: FunctionFlow[] = [];
const MOST_KNOWN = 16;

export class FunctionFlow {
  readonly #index = new Map<bigint, number>();
  readonly #before: readonly (readonly number[])[];
  readonly #after: readonly (readonly number[])[];
  #steps: readonly Step[] | undefined;

  private constructor(
    private readonly code: Uint8Array,
    private readonly entry: bigint,
    private readonly ways: readonly Way[],
  ) {
    for (const [index, { address }] of ways.entries()) this.#index.set(address, index);
    const before: number[][] = ways.map(() => []);
    const after: number[][] = ways.map(() => []);
    const edge = (from: number, to: number | undefined): void => {
      // A jump back to the entry follows a call of morestack, which starts the function anew with all that it was given.
      if (to === undefined || to === 0) return;
      before[to]!.push(from);
      after[from]!.push(to);
    };
    for (const [at, { flow, next, target }] of ways.entries()) {
      if (flow === 'next' || flow === 'call' || flow === 'branch') edge(at, this.#index.get(next));
      if ((flow === 'branch' || flow === 'jump') && target !== undefined) edge(at, this.#index.get(target));
    }
    // A jump through a table goes to what nothing else leads to.
    const tables = ways.flatMap(({ flow, target }, at) => (flow === 'jump' && target === undefined ? [at] : []));
    for (const [at, { flow }] of tables.length === 0 ? [] : ways.entries()) {
      if ((flow !== 'jump' && flow !== 'end') || before[at + 1]?.length !== 0) continue;
      for (const table of tables) edge(table, at + 1);
    }
    this.#before = before;
    this.#after = after;
  }

  /** Undefined when the code is too long or cannot be read. */
  static of(memory: AddressSpace, entry: bigint, end: bigint): FunctionFlow | undefined {
    const size = Number(end - entry);
    if (size <= 0 || size > MOST_BYTES) return undefined;
    const code = readable(memory, entry, size);
    const before = known.findIndex(each => each.entry === entry && sameBytes(each.code, code));
    const flow = before < 0 ? new FunctionFlow(code, entry, Array.from(outlinesOf(code, entry), wayOf)) : known.splice(before, 1)[0]!;
    known.push(flow);
    if (known.length > MOST_KNOWN) known.shift();
    return flow;
  }

  private get steps(): readonly Step[] {
    this.#steps ??= withDepths(this.ways, [...effectsOf(this.code, this.entry)], this.#after);
    return this.#steps;
  }

  stepAt(address: bigint): Step | undefined {
    return this.steps[this.#index.get(address) ?? -1];
  }

  /** The call that returns to an address. */
  callBefore(returnAddress: bigint): Step | undefined {
    return this.steps.find(step => step.flow === 'call' && step.next === returnAddress);
  }

  /** The same, and no more of it than where it goes. */
  callTo(returnAddress: bigint): { readonly target: bigint | undefined } | undefined {
    return this.ways.find(({ flow, next }) => flow === 'call' && next === returnAddress);
  }

  /** Jumps out of the function, and where they go. */
  get jumpsOut(): readonly { readonly step: Step; readonly target: bigint }[] {
    return this.steps.flatMap(step => {
      const { flow, target } = step;
      return (flow === 'jump' || flow === 'branch') && target !== undefined && !this.#index.has(target) ? [{ step, target }] : [];
    });
  }

  /** Where its jumps out of the function go, each place once. */
  get exits(): readonly bigint[] {
    const targets = this.ways.flatMap(({ flow, target }) =>
      (flow === 'jump' || flow === 'branch') && target !== undefined ? [target] : [],
    );
    return [...new Set(targets)].filter(target => !this.#index.has(target));
  }

  /** The registers that anything writes on a way from the entry to an address; a call may write all of them. Undefined: no instruction is there. */
  writtenBefore(address: bigint): ReadonlySet<GprName> | undefined {
    const start = this.#index.get(address);
    if (start === undefined) return undefined;
    const seen = new Set<number>();
    const todo = [...this.#before[start]!];
    while (todo.length > 0) {
      const at = todo.pop()!;
      if (seen.has(at)) continue;
      if (this.ways[at]!.flow === 'call') return new Set(GPR_NAMES);
      seen.add(at);
      todo.push(...this.#before[at]!);
    }
    const written = new Set<GprName>();
    for (const at of seen) {
      const { address } = this.ways[at]!;
      const effects = effectsAt(this.code, Number(address - this.entry), address);
      for (const name of writesOf(effects)) written.add(name);
    }
    return written;
  }

  /** What last wrote a location before each of `from` ran. */
  definitions(from: readonly Step[], location: FlowLocation, survives: Survives): readonly Definition[] {
    const found: Definition[] = [];
    const seen = new Set<number>();
    const todo = from.map(step => this.#index.get(step.address)!);
    while (todo.length > 0) {
      const at = todo.pop()!;
      if (seen.has(at)) continue;
      seen.add(at);
      if (at === 0) found.push({ at: 'entry' });
      for (const previous of this.#before[at]!) {
        const step = this.steps[previous]!;
        if (!defines(step, location, survives)) todo.push(previous);
        else if (!found.some(each => each.at === 'step' && each.step === step)) found.push({ at: 'step', step });
      }
    }
    return found;
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, index) => byte === b[index]);

function defines(step: Step, location: FlowLocation, survives: Survives): boolean {
  if (step.flow === 'call') return !survives(step, location);
  if ('register' in location) return step.writes.has(location.register);
  const { moves, clobbers } = step;
  const stored = moves.flatMap(({ to }) => ('slot' in to ? [{ from: to.slot, length: 8 }] : []));
  return [...stored, ...clobbers].some(({ from, length }) => overlaps(from, length, location.slot));
}

/** The move that gives a location its whole value. */
export const moveTo = ({ moves }: Step, location: FlowLocation): Move | undefined => moves.find(({ to }) => sameLocation(to, location));

export function sameLocation(one: FlowLocation, other: FlowLocation): boolean {
  if ('register' in one) return 'register' in other && one.register === other.register;
  return 'slot' in other && one.slot === other.slot;
}

const overlaps = (from: number, length: number, slot: number): boolean => from < slot + 8 && slot < from + length;

// ---- instructions --------------------------------------------------------------------------------------------------------------------

/** How control goes on behind an instruction. */
type Way = Pick<Step, 'address' | 'next' | 'flow' | 'target'>;

const FLOWS: Partial<Record<Outline['flow'], Step['flow']>> = {
  next: 'next',
  call: 'call',
  syscall: 'call',
  jump: 'jump',
  branch: 'branch',
};

const wayOf = ({ address, length, flow, target }: Outline): Way => ({
  address,
  next: address + BigInt(length),
  flow: FLOWS[flow] ?? 'end',
  target,
});

const writesOf = (effects: Effects | undefined): ReadonlySet<GprName> =>
  new Set((effects?.writes ?? []).map(({ register }) => register).filter(isGpr));

// ---- the stack pointer ---------------------------------------------------------------------------------------------------------------

/** RSP and RBP relative to RSP at entry; undefined: not known. */
interface Pointers {
  readonly sp: number | undefined;
  readonly bp: number | undefined;
}

function withDepths(ways: readonly Way[], effects: readonly Effects[], after: readonly (readonly number[])[]): readonly Step[] {
  const at: (Pointers | undefined)[] = ways.map(() => undefined);
  at[0] = { sp: 0, bp: undefined };
  const todo = [0];
  while (todo.length > 0) {
    const index = todo.pop()!;
    const then = advance(ways[index]!, effects[index]!, at[index]!);
    for (const next of after[index]!) {
      const known = at[next];
      const merged: Pointers =
        known === undefined ? then : { sp: known.sp === then.sp ? then.sp : undefined, bp: known.bp === then.bp ? then.bp : undefined };
      if (known !== undefined && known.sp === merged.sp && known.bp === merged.bp) continue;
      at[next] = merged;
      todo.push(next);
    }
  }
  return ways.map((way, index) => finished(way, effects[index]!, at[index] ?? { sp: undefined, bp: undefined }));
}

function advance({ flow }: Way, { writes }: Effects, pointers: Pointers): Pointers {
  // A call comes back with RSP and RBP as they were.
  if (flow === 'call') return pointers;
  const after = (name: 'rsp' | 'rbp', before: number | undefined): number | undefined => {
    const write = writes.findLast(({ register }) => register === name);
    if (write === undefined) return before;
    return write.bytes === 8 && write.certain ? slotOf(write.value, pointers) : undefined;
  };
  return { sp: after('rsp', pointers.sp), bp: after('rbp', pointers.bp) };
}

/** Where an address is on the stack. */
function slotOf(address: EffectValue, { sp, bp }: Pointers): number | undefined {
  const operand = operandAddressOf(address);
  if (operand === undefined || operand.index !== undefined || operand.segment !== undefined || operand.narrow || operand.rest)
    return undefined;
  const from = operand.base === 'rsp' ? sp : operand.base === 'rbp' ? bp : undefined;
  return from === undefined ? undefined : from + Number(operand.displacement);
}

function finished(way: Way, effects: Effects, pointers: Pointers): Step {
  const step = { ...way, writes: writesOf(effects), depth: pointers.sp };
  if (way.flow === 'call') return { ...step, moves: [], clobbers: [] };
  const moves: Move[] = [];
  const clobbers: Extent[] = [];
  for (const { register, offset, bytes, value, certain } of effects.writes) {
    const move = certain && offset === 0 && bytes === 8 ? sourceOf(effects, value, pointers) : undefined;
    if (move !== undefined && isGpr(register)) moves.push({ to: { register }, ...move });
  }
  for (const { kind, bytes, address, value, certain } of effects.accesses) {
    const slot = kind === 'read' ? undefined : slotOf(address, pointers);
    if (slot === undefined) continue;
    const move = certain && kind === 'write' && bytes === 8 && value !== undefined ? sourceOf(effects, value, pointers) : undefined;
    if (move === undefined) clobbers.push({ from: slot, length: bytes });
    else moves.push({ to: { slot }, ...move });
  }
  return { ...step, moves, clobbers };
}

/** What a value is a copy of. Parts of less than four bytes are as good as computed. */
function sourceOf({ accesses }: Effects, value: EffectValue, pointers: Pointers): Omit<Move, 'to'> | undefined {
  if (value.kind === 'constant') return { from: value.relative ? { address: value.value } : { constant: value.value }, bytes: 8 };
  if ((value.kind !== 'register' && value.kind !== 'memory') || value.offset !== 0 || (value.bytes !== 8 && value.bytes !== 4))
    return undefined;
  const { bytes } = value;
  if (value.kind === 'register') return isGpr(value.register) ? { from: { register: value.register }, bytes } : undefined;
  const { address } = accesses[value.access]!;
  const slot = slotOf(address, pointers);
  if (slot !== undefined) return { from: { slot }, bytes };
  const { base, index, displacement, segment, rest } = operandAddressOf(address) ?? { rest: true };
  if (segment !== undefined || displacement === undefined || (base !== undefined && !isGpr(base))) return undefined;
  return { from: { base, displacement, indexed: index !== undefined || rest }, bytes };
}
