/**
 * Struct fields that memory operands mean: `g_racectx` for 0x138(R14). Which register points to which struct is told from R14, the declared
 * parameters and results, and what the code itself loads from fields, followed once through the function; at the head of a loop only R14 is
 * still known.
 */
import { unwindRegister } from '../../abi/registers.js';
import type { AddressSpace, Effects, EffectValue, GprName, OperandAddress } from '../../cpu/api.js';
import { operandAddressOf } from '../../cpu/effects/address.js';
import { effectsOf } from '../../cpu/effects/describe.js';
import { isGpr } from '../../cpu/effects/instruction.js';
import type { Func, Type } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import { tlsOffset } from '../../runtime/tls.js';
import { underlying } from '../values/types.js';
import { readable } from './decode.js';
import { type NamedOperand, namedOperand } from './named-operand.js';

/** A memory operand as Go's assembler would name it. */
export interface FieldOperand {
  readonly base: GprName;
  readonly displacement: bigint;
  /** What stands in front of the base: `g_racectx`, `(g_sched+gobuf_sp)`. */
  readonly text: string;
}

/** Functions larger than this are not looked through. */
const MOST_BYTES = 64 * 1024;
const DW_OP_REG0 = 0x50;

interface Step {
  readonly effects: Effects;
  /** Of jumps and branches. */
  readonly target: bigint | undefined;
  readonly calls: boolean;
  readonly callee: bigint | undefined;
  readonly move: Movement | undefined;
  /** The operand in memory, or the address that LEA computes. */
  readonly operand: OperandAddress | undefined;
  /** Bytes of the operand; 0: only its address counts. */
  readonly size: number;
  readonly written: readonly GprName[];
  readonly writesMemory: boolean;
}

/** 64 bits that come from an operand, from a register or from an address, or go to an operand. */
type Movement =
  | { readonly kind: 'load' | 'address'; readonly to: GprName }
  | { readonly kind: 'copy'; readonly to: GprName; readonly from: GprName }
  | { readonly kind: 'store'; readonly from: GprName };

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
type State = Map<GprName | bigint, Type>;

function follow(memory: AddressSpace, images: Images, func: Func): ReadonlyMap<bigint, FieldOperand> {
  const fields = new Map<bigint, FieldOperand>();
  if (func.end - func.entry > MOST_BYTES) return fields;
  const steps = Array.from(effectsOf(readable(memory, func.entry, Number(func.end - func.entry)), func.entry), stepOf);
  // A jump back to the entry is a call of the function by itself.
  const loops = new Set(
    steps.flatMap(({ effects: { address }, target }) =>
      target !== undefined && target <= address && target !== func.entry ? [target] : [],
    ),
  );
  const g = images.goImage?.typeNamed('runtime.g');
  const gAt = images.goImage === undefined ? undefined : tlsOffset(images.goImage, memory);
  const always: State = new Map(g !== undefined && keepsG(func) ? [['r14', g]] : []);
  const arriving = new Map<bigint, State>();
  let state: State | undefined = new Map([...always, ...parameters(images, func)]);
  for (const step of steps) {
    const { effects, target, move, operand, size } = step;
    const jumped = arriving.get(effects.address);
    if (loops.has(effects.address)) state = new Map(always);
    else if (jumped !== undefined) state = state === undefined ? jumped : common(state, jumped);
    // Nothing comes here but by ways that are not seen, as from a table of jumps.
    state ??= new Map(always);
    const base = operand?.base !== undefined && isGpr(operand.base) ? operand.base : undefined;
    const type = base && state.get(base);
    const reached = type && fieldAt(type, operand!.displacement, size);
    // With an index it is an element of an array, if it is one at all.
    const field = operand?.index === undefined || (reached?.type && underlying(reached.type).kind === 'array') ? reached : undefined;
    if (field !== undefined) fields.set(effects.address, { base: base!, displacement: operand!.displacement, text: field.text });
    const slot = base === 'rsp' && operand!.index === undefined ? operand!.displacement : undefined;
    const isG = operand?.segment === 'fs' && base === undefined && operand.displacement === gAt;
    const loaded = isG ? g : slot === undefined ? pointee(field?.type) : state.get(slot);
    const result = move === undefined ? undefined : 'from' in move ? state.get(move.from) : move.kind === 'address' ? field?.type : loaded;
    for (const register of step.written) if (!always.has(register)) state.delete(register);
    if (slot !== undefined && (step.writesMemory || move?.kind === 'address')) state.delete(slot);
    if (step.written.includes('rsp') && effects.flow.kind === 'next')
      for (const key of [...state.keys()]) if (typeof key === 'bigint') state.delete(key);
    if (move !== undefined && result !== undefined && isStruct(result)) {
      if (move.kind !== 'store') state.set(move.to, result);
      else if (slot !== undefined) state.set(slot, result);
    }
    if (target !== undefined) {
      const before = arriving.get(target);
      arriving.set(target, before === undefined ? new Map(state) : common(before, state));
    }
    if (step.calls) state = afterCall(state, always, images, step.callee);
    else if (effects.flow.kind === 'jump' || effects.flow.kind === 'return') state = undefined;
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
    ...(result !== undefined && isStruct(result) ? [['rax', result] as const] : []),
  ]);
}

/** Whether R14 is g in all of a function: in Go code, and in the runtime's assembly, which sets it as Go code wants it. */
const keepsG = (func: Func): boolean =>
  func.language !== 'c' && (func.abi === 'ABIInternal' || func.language === 'go' || /(?:^|\/)runtime\//.test(func.file ?? ''));

/** Registers that hold pointers to structs at a function's entry. */
function parameters(images: Images, func: Func): [GprName, Type][] {
  return (images.variablesOf(func) ?? []).flatMap(({ role, type, location }): [GprName, Type][] => {
    const code = location?.expression.length === 1 ? location.expression[0]! - DW_OP_REG0 : -1;
    const target = pointee(type);
    const register = unwindRegister(code);
    return role === 'param' && register !== undefined && register !== 'rip' && target !== undefined && isStruct(target)
      ? [[register, target]]
      : [];
  });
}

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

function stepOf(effects: Effects): Step {
  const { flow, writes } = effects;
  const calls = flow.kind === 'call';
  const constant = (flow.kind === 'call' || flow.kind === 'jump') && flow.target.kind === 'constant' ? flow.target.value : undefined;
  const named = namedOperand(effects);
  return {
    effects,
    target: flow.kind === 'branch' ? flow.target : calls ? undefined : constant,
    calls,
    callee: calls ? constant : undefined,
    move: movement(effects, named),
    operand: named && operandAddressOf(named.address),
    size: named?.access?.bytes ?? 0,
    written: writes.map(({ register }) => register).filter(isGpr),
    writesMemory: named?.access !== undefined && named.access.kind !== 'read',
  };
}

function movement({ writes, accesses }: Effects, named: NamedOperand | undefined): Movement | undefined {
  const [write, ...others] = writes;
  const stored = named?.access?.kind === 'write' ? named.access.value : undefined;
  if (write === undefined) {
    const from = stored && wholeRegister(stored);
    return from && { kind: 'store', from };
  }
  const { register: to, bytes, value } = write;
  if (others.length > 0 || bytes !== 8 || !isGpr(to)) return undefined;
  if (named !== undefined && named.access === undefined) return operandAddressOf(value)?.narrow ? undefined : { kind: 'address', to };
  if (value.kind === 'memory') return value.bytes === 8 && accesses[value.access] === named?.access ? { kind: 'load', to } : undefined;
  const from = wholeRegister(value);
  return from && { kind: 'copy', to, from };
}

function wholeRegister(value: EffectValue): GprName | undefined {
  return value.kind === 'register' && value.bytes === 8 && isGpr(value.register) ? value.register : undefined;
}
