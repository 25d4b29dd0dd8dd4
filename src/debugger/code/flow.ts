/**
 * Where a value in a register or stack slot of a function was last written: reaching definitions over the function's instructions, followed
 * backwards on every path. One definition on all paths is an answer; several are none.
 */
import {
  Decoder,
  DecoderOptions,
  FlowControl,
  Instruction,
  InstructionInfoFactory,
  MemorySizeExt,
  Mnemonic,
  OpAccess,
  OpKind,
  Register,
} from 'iced-x86';
import { type AddressSpace, GPR_NAMES, type GprName } from '../../cpu/api.js';
import { gprName, readable } from './decode.js';

/** A general register, or a word of the stack: its distance in bytes from RSP at the function's entry, where the return address is at 0. */
export type Location = { readonly register: GprName } | { readonly slot: number };

/** Where the value of a move comes from. */
export type MoveSource =
  | Location
  | { readonly constant: bigint }
  /** LEA of something in the image. */
  | { readonly address: bigint }
  /** A word of memory that is not on the function's stack; RIP-relative ones have no base. */
  | { readonly base: GprName | undefined; readonly displacement: bigint; readonly indexed: boolean };

export interface Step {
  readonly address: bigint;
  readonly next: bigint;
  readonly flow: 'next' | 'call' | 'jump' | 'branch' | 'end';
  /** Of direct calls, jumps and branches. */
  readonly target: bigint | undefined;
  readonly writes: ReadonlySet<GprName>;
  /** `to` becomes a copy of `from`, before the effect of a push or pop on RSP is counted. */
  readonly move: { readonly to: Location; readonly from: MoveSource } | undefined;
  /** Bytes of the stack that it writes, `[from, from + length)`, when it writes there otherwise than by a move. */
  readonly clobbers: { readonly from: number; readonly length: number } | undefined;
  /** RSP before it, relative to RSP at entry; undefined: not known. */
  readonly depth: number | undefined;
}

/** Functions larger than this are not followed. */
const MOST_BYTES = 1 << 14;
const WRITES = new Set([OpAccess.Write, OpAccess.CondWrite, OpAccess.ReadWrite, OpAccess.ReadCondWrite]);
const MOVES = new Set([Mnemonic.Mov, Mnemonic.Movsxd]);

export type Definition = { readonly at: 'entry' } | { readonly at: 'step'; readonly step: Step };

/** What a call leaves alone. */
export type Survives = (call: Step, location: Location) => boolean;

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
    this.#before = before;
    this.#after = after;
  }

  /** Undefined when the code is too long or cannot be read. */
  static of(memory: AddressSpace, entry: bigint, end: bigint): FunctionFlow | undefined {
    const size = Number(end - entry);
    if (size <= 0 || size > MOST_BYTES) return undefined;
    const code = readable(memory, entry, size);
    const before = known.findIndex(each => each.entry === entry && sameBytes(each.code, code));
    const flow = before < 0 ? new FunctionFlow(code, entry, decodeAll(code, entry, wayOf)) : known.splice(before, 1)[0]!;
    known.push(flow);
    if (known.length > MOST_KNOWN) known.shift();
    return flow;
  }

  private get steps(): readonly Step[] {
    this.#steps ??= withDepths(decodeAll(this.code, this.entry, rawStep), this.#after);
    return this.#steps;
  }

  stepAt(address: bigint): Step | undefined {
    return this.steps[this.#index.get(address) ?? -1];
  }

  /** The call that returns to an address. */
  callBefore(returnAddress: bigint): Step | undefined {
    return this.steps.find(step => step.flow === 'call' && step.next === returnAddress);
  }

  /** Jumps out of the function, and where they go. */
  get jumpsOut(): readonly { readonly step: Step; readonly target: bigint }[] {
    return this.steps.flatMap(step => {
      const { flow, target } = step;
      return (flow === 'jump' || flow === 'branch') && target !== undefined && !this.#index.has(target) ? [{ step, target }] : [];
    });
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
    decodeAll(this.code, this.entry, (instruction, factory) => {
      if (seen.has(this.#index.get(instruction.ip)!)) for (const name of writesOf(instruction, factory)) written.add(name);
    });
    return written;
  }

  /** What last wrote a location before each of `from` ran. */
  definitions(from: readonly Step[], location: Location, survives: Survives): readonly Definition[] {
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

function defines(step: Step, location: Location, survives: Survives): boolean {
  if (step.flow === 'call') return !survives(step, location);
  if ('register' in location) return step.writes.has(location.register);
  const { move, clobbers } = step;
  if (move !== undefined && 'slot' in move.to && overlaps(move.to.slot, 8, location.slot)) return true;
  return clobbers !== undefined && overlaps(clobbers.from, clobbers.length, location.slot);
}

export function writesExactly(step: Step, location: Location): boolean {
  const to = step.move?.to;
  if (to === undefined) return false;
  return 'register' in to ? 'register' in location && to.register === location.register : 'slot' in location && to.slot === location.slot;
}

const overlaps = (from: number, length: number, slot: number): boolean => from < slot + 8 && slot < from + length;

// ---- decoding ------------------------------------------------------------------------------------------------------------------------

type Memory = { readonly base: GprName | undefined; readonly indexed: boolean; readonly displacement: bigint; readonly size: number };
type Operand = { readonly register: GprName } | { readonly constant: bigint } | { readonly memory: Memory } | undefined;

/** How control goes on behind an instruction. */
type Way = Pick<Step, 'address' | 'next' | 'flow' | 'target'>;

interface Raw extends Way {
  readonly writes: ReadonlySet<GprName>;
  readonly mnemonic: Mnemonic;
  readonly operands: readonly Operand[];
  /** The operand that is written to memory. */
  readonly stores: Memory | undefined;
  readonly stack: number;
}

function decodeAll<T>(
  code: Uint8Array,
  entry: bigint,
  read: (instruction: Instruction, factory: InstructionInfoFactory) => T,
): readonly T[] {
  const decoder = new Decoder(64, code, DecoderOptions.None);
  decoder.ip = entry;
  const factory = new InstructionInfoFactory();
  const instruction = new Instruction();
  const all: T[] = [];
  try {
    while (decoder.canDecode) {
      decoder.decodeOut(instruction);
      all.push(read(instruction, factory));
    }
    return all;
  } finally {
    instruction.free();
    factory.free();
    decoder.free();
  }
}

function wayOf(instruction: Instruction): Way {
  const near = instruction.op0Kind === OpKind.NearBranch64 ? instruction.nearBranchTarget : undefined;
  return { address: instruction.ip, next: instruction.nextIP, flow: flowOf(instruction.flowControl), target: near };
}

function writesOf(instruction: Instruction, factory: InstructionInfoFactory): ReadonlySet<GprName> {
  const info = factory.info(instruction);
  const writes = new Set<GprName>();
  for (const used of info.usedRegisters()) {
    const name = WRITES.has(used.access) ? gprName(used.register) : undefined;
    if (name !== undefined) writes.add(name);
    used.free();
  }
  info.free();
  return writes;
}

function rawStep(instruction: Instruction, factory: InstructionInfoFactory): Raw {
  const { mnemonic, stackPointerIncrement } = instruction;
  const writes = writesOf(instruction, factory);
  const info = factory.info(instruction);
  const stored = WRITES.has(info.op0Access) && instruction.op0Kind === OpKind.Memory ? memoryOf(instruction) : undefined;
  info.free();
  const operands = Array.from({ length: Math.min(2, instruction.opCount) }, (_, operand) => operandOf(instruction, operand));
  return { ...wayOf(instruction), writes, mnemonic, operands, stores: stored, stack: stackPointerIncrement };
}

function flowOf(control: FlowControl): Step['flow'] {
  switch (control) {
    case FlowControl.Next:
      return 'next';
    case FlowControl.Call:
    case FlowControl.IndirectCall:
      return 'call';
    case FlowControl.ConditionalBranch:
      return 'branch';
    case FlowControl.UnconditionalBranch:
    case FlowControl.IndirectBranch:
      return 'jump';
    default:
      return 'end';
  }
}

function operandOf(instruction: Instruction, operand: number): Operand {
  const kind = instruction.opKind(operand);
  if (kind === OpKind.Register) {
    const name = gprName(instruction.opRegister(operand));
    return name && { register: name };
  }
  if (kind === OpKind.Memory) {
    const memory = memoryOf(instruction);
    return memory && { memory };
  }
  return kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64 ? { constant: instruction.immediate(operand) } : undefined;
}

function memoryOf(instruction: Instruction): Memory | undefined {
  if (instruction.segmentPrefix === Register.FS || instruction.segmentPrefix === Register.GS) return undefined;
  const size = MemorySizeExt.size(instruction.memorySize);
  if (instruction.isIpRelMemoryOperand) return { base: undefined, indexed: false, displacement: instruction.ipRelMemoryAddress, size };
  const indexed = instruction.memoryIndex !== Register.None;
  return { base: gprName(instruction.memoryBase), indexed, displacement: BigInt.asIntN(64, instruction.memoryDisplacement), size };
}

// ---- the stack pointer ---------------------------------------------------------------------------------------------------------------

/** RSP and RBP relative to RSP at entry; undefined: not known. */
interface Pointers {
  readonly sp: number | undefined;
  readonly bp: number | undefined;
}

function withDepths(raw: readonly Raw[], after: readonly (readonly number[])[]): readonly Step[] {
  const at: (Pointers | undefined)[] = raw.map(() => undefined);
  at[0] = { sp: 0, bp: undefined };
  const todo = [0];
  while (todo.length > 0) {
    const index = todo.pop()!;
    const then = advance(raw[index]!, at[index]!);
    for (const next of after[index]!) {
      const known = at[next];
      const merged: Pointers =
        known === undefined ? then : { sp: known.sp === then.sp ? then.sp : undefined, bp: known.bp === then.bp ? then.bp : undefined };
      if (known !== undefined && known.sp === merged.sp && known.bp === merged.bp) continue;
      at[next] = merged;
      todo.push(next);
    }
  }
  return raw.map((each, index) => finished(each, at[index] ?? { sp: undefined, bp: undefined }));
}

function advance({ mnemonic, operands, writes, stack, flow }: Raw, { sp, bp }: Pointers): Pointers {
  const [to, from] = operands;
  const register = to !== undefined && 'register' in to ? to.register : undefined;
  const value = register === undefined ? undefined : pointerValue(mnemonic, from, { sp, bp });
  if (flow === 'call') return { sp, bp };
  if (mnemonic === Mnemonic.Leave) return { sp: bp === undefined ? undefined : bp + 8, bp: undefined };
  const moved = register === 'rsp' ? (value ?? adjusted(mnemonic, from, sp)) : writes.has('rsp') && sp !== undefined ? sp + stack : sp;
  return { sp: moved, bp: register === 'rbp' && value !== undefined ? value : writes.has('rbp') ? undefined : bp };
}

/** MOV or LEA of a stack pointer. */
function pointerValue(mnemonic: Mnemonic, from: Operand, { sp, bp }: Pointers): number | undefined {
  if (from === undefined) return undefined;
  if (mnemonic === Mnemonic.Mov && 'register' in from) return from.register === 'rsp' ? sp : from.register === 'rbp' ? bp : undefined;
  return mnemonic === Mnemonic.Lea && 'memory' in from ? slotOf(from.memory, { sp, bp }) : undefined;
}

function adjusted(mnemonic: Mnemonic, by: Operand, sp: number | undefined): number | undefined {
  if (sp === undefined || by === undefined || !('constant' in by)) return undefined;
  const amount = Number(BigInt.asIntN(64, by.constant));
  if (mnemonic === Mnemonic.Add) return sp + amount;
  return mnemonic === Mnemonic.Sub ? sp - amount : undefined;
}

function slotOf({ base, indexed, displacement }: Memory, { sp, bp }: Pointers): number | undefined {
  const from = base === 'rsp' ? sp : base === 'rbp' ? bp : undefined;
  return indexed || from === undefined ? undefined : from + Number(displacement);
}

function finished(raw: Raw, pointers: Pointers): Step {
  const { address, next, flow, target, writes, stores } = raw;
  const move = moveOf(raw, pointers);
  const slot = stores === undefined ? undefined : slotOf(stores, pointers);
  const written = slot === undefined || (move !== undefined && 'slot' in move.to) ? undefined : { from: slot, length: stores!.size };
  return { address, next, flow, target, writes, move, clobbers: written, depth: pointers.sp };
}

function moveOf({ mnemonic, operands }: Raw, pointers: Pointers): Step['move'] {
  const [to, from] = operands;
  if (mnemonic === Mnemonic.Push && to !== undefined && pointers.sp !== undefined) {
    const source = sourceOf(to, pointers);
    return source && { to: { slot: pointers.sp - 8 }, from: source };
  }
  if (mnemonic === Mnemonic.Pop && to !== undefined && 'register' in to && pointers.sp !== undefined) {
    return { to, from: { slot: pointers.sp } };
  }
  if (to === undefined || from === undefined) return undefined;
  if (mnemonic === Mnemonic.Xor && 'register' in to && 'register' in from && to.register === from.register)
    return { to, from: { constant: 0n } };
  if (mnemonic === Mnemonic.Lea && 'register' in to && 'memory' in from && from.memory.base === undefined && !from.memory.indexed) {
    return { to, from: { address: from.memory.displacement } };
  }
  if (!MOVES.has(mnemonic)) return undefined;
  const target = 'memory' in to ? slotOf(to.memory, pointers) : undefined;
  if ('memory' in to && (target === undefined || to.memory.size < 8)) return undefined;
  const place: Location | undefined = 'register' in to ? to : target === undefined ? undefined : { slot: target };
  const source = sourceOf(from, pointers);
  return place && source && { to: place, from: source };
}

function sourceOf(operand: NonNullable<Operand>, pointers: Pointers): MoveSource | undefined {
  if ('register' in operand || 'constant' in operand) return operand;
  const slot = slotOf(operand.memory, pointers);
  return slot === undefined ? operand.memory : { slot };
}
