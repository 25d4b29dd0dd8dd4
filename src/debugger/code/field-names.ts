/**
 * Struct fields that memory operands mean: `g_racectx` for 0x138(R14). Which register points to which struct is told from R14, the declared
 * parameters and results, and what the code itself loads from fields, followed once through the function; at the head of a loop only R14 is
 * still known.
 */
import {
  Decoder,
  DecoderOptions,
  FlowControl,
  InstructionInfoFactory,
  MemorySizeExt,
  Mnemonic,
  OpAccess,
  OpKind,
  Register,
  RegisterExt,
} from 'iced-x86';
import { unwindRegister } from '../../abi/registers.js';
import { type AddressSpace, GPR_NAMES, type GprName } from '../../cpu/api.js';
import type { Func, Type } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import { tlsOffset } from '../../runtime/tls.js';
import { underlying } from '../values/types.js';
import { readable } from './decode.js';

/** A memory operand as Go's assembler would name it. */
export interface FieldOperand {
  readonly base: Register;
  readonly displacement: bigint;
  /** What stands in front of the base: `g_racectx`, `(g_sched+gobuf_sp)`. */
  readonly text: string;
}

/** Functions larger than this are not looked through. */
const MOST_BYTES = 64 * 1024;
const WRITES = new Set([OpAccess.Write, OpAccess.CondWrite, OpAccess.ReadWrite, OpAccess.ReadCondWrite]);
const DW_OP_REG0 = 0x50;

interface Step {
  readonly ip: bigint;
  readonly flow: FlowControl;
  readonly target: bigint | undefined;
  readonly calls: boolean;
  readonly callee: bigint | undefined;
  readonly moves: 'load' | 'copy' | 'address' | 'store' | undefined;
  readonly to: Register;
  readonly from: Register;
  readonly memory:
    | { readonly base: Register; readonly displacement: bigint; readonly size: number; readonly fs: boolean; readonly plain: boolean }
    | undefined;
  readonly written: readonly Register[];
  readonly writesMemory: boolean;
}

const known = new WeakMap<Images, Map<bigint, ReadonlyMap<bigint, FieldOperand>>>();

/** By the address of the instruction. */
export function fieldNames(memory: AddressSpace, images: Images, func: Func): ReadonlyMap<bigint, FieldOperand> {
  const functions = known.get(images) ?? new Map<bigint, ReadonlyMap<bigint, FieldOperand>>();
  known.set(images, functions);
  let fields = functions.get(func.entry);
  if (fields === undefined) {
    fields = follow(memory, images, func);
    functions.set(func.entry, fields);
  }
  return fields;
}

/** What points to which struct: registers, and words of the frame by their distance from RSP. */
type State = Map<Register | bigint, Type>;

function follow(memory: AddressSpace, images: Images, func: Func): ReadonlyMap<bigint, FieldOperand> {
  const fields = new Map<bigint, FieldOperand>();
  if (func.end - func.entry > MOST_BYTES) return fields;
  const steps = stepsOf(readable(memory, func.entry, Number(func.end - func.entry)), func.entry);
  // A jump back to the entry is a call of the function by itself.
  const loops = new Set(steps.flatMap(({ ip, target }) => (target !== undefined && target <= ip && target !== func.entry ? [target] : [])));
  const g = images.goImage?.typeNamed('runtime.g');
  const gAt = images.goImage === undefined ? undefined : tlsOffset(images.goImage, memory);
  const always: State = new Map(g !== undefined && keepsG(func) ? [[Register.R14, g]] : []);
  const arriving = new Map<bigint, State>();
  let state: State | undefined = new Map([...always, ...parameters(images, func)]);
  for (const step of steps) {
    const { ip, flow, target, moves, to, from, memory: place, written } = step;
    const jumped = arriving.get(ip);
    if (loops.has(ip)) state = new Map(always);
    else if (jumped !== undefined) state = state === undefined ? jumped : common(state, jumped);
    // Nothing comes here but by ways that are not seen, as from a table of jumps.
    state ??= new Map(always);
    const type: Type | undefined = place === undefined ? undefined : state.get(place.base);
    const field = type && fieldAt(type, place!.displacement, moves === 'address' ? 0 : place!.size);
    if (field !== undefined) fields.set(ip, { base: place!.base, displacement: place!.displacement, text: field.text });
    const slot = place?.base === Register.RSP && place.plain ? place.displacement : undefined;
    const loaded = place?.fs && place.displacement === gAt ? g : slot === undefined ? pointee(field?.type) : state.get(slot);
    const result = { copy: state.get(from), address: field?.type, load: loaded, store: state.get(from) }[moves ?? 'load'];
    for (const register of written) if (!always.has(register)) state.delete(register);
    if (slot !== undefined && (moves === 'store' || step.writesMemory || moves === 'address')) state.delete(slot);
    if (written.includes(Register.RSP) && flow === FlowControl.Next)
      for (const key of [...state.keys()]) if (typeof key === 'bigint') state.delete(key);
    if (moves !== undefined && result !== undefined && isStruct(result)) {
      if (moves !== 'store') state.set(to, result);
      else if (slot !== undefined) state.set(slot, result);
    }
    if (target !== undefined) {
      const before = arriving.get(target);
      arriving.set(target, before === undefined ? new Map(state) : common(before, state));
    }
    if (step.calls) state = afterCall(state, always, images, step.callee);
    else if (flow === FlowControl.UnconditionalBranch || flow === FlowControl.IndirectBranch || flow === FlowControl.Return)
      state = undefined;
  }
  return fields;
}

const common = (one: State, other: State): State => new Map([...one].filter(([key, type]) => other.get(key) === type));

/** Go functions leave the caller's frame as it is, and their first result in RAX; of others nothing is known. */
function afterCall(state: State, always: State, images: Images, address: bigint | undefined): State {
  const callee = address === undefined ? undefined : images.functionAt(address);
  if (callee?.abi !== 'ABIInternal' || callee.entry !== address) return new Map(always);
  const first = images.variablesOf(callee)?.find(({ role }) => role === 'result');
  const result = pointee(first?.type);
  return new Map([
    ...always,
    ...[...state].filter(([key]) => typeof key === 'bigint'),
    ...(result !== undefined && isStruct(result) ? [[Register.RAX, result] as const] : []),
  ]);
}

/** Whether R14 is g in all of a function: in Go code, and in the runtime's assembly, which sets it as Go code wants it. */
const keepsG = (func: Func): boolean =>
  func.language !== 'c' && (func.abi === 'ABIInternal' || func.language === 'go' || /(?:^|\/)runtime\//.test(func.file ?? ''));

/** Registers that hold pointers to structs at a function's entry. */
function parameters(images: Images, func: Func): [Register, Type][] {
  return (images.variablesOf(func) ?? []).flatMap(({ role, type, location }): [Register, Type][] => {
    const code = location?.expression.length === 1 ? location.expression[0]! - DW_OP_REG0 : -1;
    const target = pointee(type);
    const register = gpr(unwindRegister(code));
    return role === 'param' && register !== undefined && target !== undefined && isStruct(target) ? [[register, target]] : [];
  });
}

const gpr = (name: GprName | 'rip' | undefined): Register | undefined =>
  name === undefined || name === 'rip' ? undefined : Register.RAX + GPR_NAMES.indexOf(name);

const isStruct = (type: Type): boolean => underlying(type).kind === 'struct';

function pointee(type: Type | undefined): Type | undefined {
  const pointer = type && underlying(type);
  return pointer?.kind === 'pointer' ? pointer.elem : undefined;
}

/** The field at an offset of a struct: the innermost that holds `size` bytes; with size 0 the outermost that begins there. */
function fieldAt(struct: Type, displacement: bigint, size: number): { readonly text: string; readonly type: Type | undefined } | undefined {
  const names: string[] = [];
  let rest = Number(displacement);
  let type = struct;
  for (let first = true; ; first = false) {
    const current = underlying(type);
    const short = /(?:^|[./])(\w+)$/.exec(type.name.replace(/^struct /, ''))?.[1];
    const field =
      current.kind === 'struct' ? current.fields.find(each => rest >= each.offset && rest < each.offset + each.type.size) : undefined;
    const enters = field !== undefined && short !== undefined && field.name !== '_' && field.name !== '';
    if (!enters || (!first && (size === 0 ? rest === 0 : field.type.size < size))) break;
    names.push(`${short}_${field.name}`);
    rest -= field.offset;
    type = field.type;
  }
  if (names.length === 0) return undefined;
  const parts = rest === 0 ? names : [...names, String(rest)];
  return { text: parts.length === 1 ? parts[0]! : `(${parts.join('+')})`, type: rest === 0 ? type : undefined };
}

function stepsOf(bytes: Uint8Array, start: bigint): Step[] {
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  decoder.ip = start;
  const factory = new InstructionInfoFactory();
  const steps: Step[] = [];
  try {
    while (decoder.canDecode) {
      const instruction = decoder.decode();
      const { ip, mnemonic, flowControl: flow, opCount, op0Kind } = instruction;
      const kinds = Array.from({ length: opCount }, (_, index) => instruction.opKind(index));
      const near = op0Kind === OpKind.NearBranch64 && opCount > 0 ? instruction.nearBranchTarget : undefined;
      const calls = flow === FlowControl.IndirectCall || (flow === FlowControl.Call && mnemonic !== Mnemonic.Syscall);
      const wide = (index: number): boolean => kinds[index] === OpKind.Register && RegisterExt.isGPR64(instruction.opRegister(index));
      const info = factory.info(instruction);
      const written: Register[] = [];
      for (const used of info.usedRegisters()) {
        if (WRITES.has(used.access)) written.push(RegisterExt.fullRegister(used.register));
        used.free();
      }
      const writesMemory = op0Kind === OpKind.Memory && WRITES.has(info.op0Access);
      info.free();
      steps.push({
        ip,
        flow,
        target: calls ? undefined : near,
        calls,
        callee: calls ? near : undefined,
        moves: movement(mnemonic, wide(0), wide(1), kinds),
        to: wide(0) ? instruction.op0Register : Register.None,
        from: wide(1) ? instruction.op1Register : Register.None,
        memory:
          kinds.includes(OpKind.Memory) && mnemonic !== Mnemonic.Nop
            ? {
                base: instruction.memoryBase,
                displacement: BigInt.asIntN(64, instruction.memoryDisplacement),
                size: MemorySizeExt.size(instruction.memorySize),
                fs: instruction.segmentPrefix === Register.FS && instruction.memoryBase === Register.None,
                plain: instruction.memoryIndex === Register.None,
              }
            : undefined,
        written,
        writesMemory,
      });
      instruction.free();
    }
    return steps;
  } finally {
    factory.free();
    decoder.free();
  }
}

function movement(mnemonic: Mnemonic, toWide: boolean, fromWide: boolean, kinds: readonly OpKind[]): Step['moves'] {
  if (mnemonic === Mnemonic.Lea) return toWide ? 'address' : undefined;
  if (mnemonic !== Mnemonic.Mov) return undefined;
  if (toWide) return fromWide ? 'copy' : kinds[1] === OpKind.Memory ? 'load' : undefined;
  return kinds[0] === OpKind.Memory && fromWide ? 'store' : undefined;
}
