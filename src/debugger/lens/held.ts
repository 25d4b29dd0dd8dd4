/** Which variable's value a register holds, in the words of the source: what to look at when a pointer in it is nil. */
import { dwarfRegister } from '../../abi/registers.js';
import type { EffectValue, GprName } from '../../cpu/api.js';
import { operandAddressOf } from '../../cpu/effects/address.js';
import { isGpr } from '../../cpu/effects/instruction.js';
import type { Func, Variable } from '../../image/api.js';
import { evaluateLocation, type LocationPiece } from '../../image/dwarf/expression.js';
import { describeAddress } from '../code/describe.js';
import { type Definition, type FlowLocation, FunctionFlow, moveTo, type Step } from '../code/flow.js';
import type { PhysicalFrame } from '../stack/frame.js';
import type { Target } from '../target.js';
import { fieldAt } from '../values/field-at.js';
import { underlying } from '../values/types.js';
import { callable, conventionOf } from './signature.js';

/** Moves and loads that are followed back. */
const MOST_MOVES = 5;

/** `dst`, `p.next`, `main.head`: what a register of the innermost frame was loaded from; undefined: neither debug information nor the code tells. */
export function heldIn(target: Target, frame: PhysicalFrame, register: GprName): string | undefined {
  const { func, pc } = frame;
  const flow = func && FunctionFlow.of(target.memory, func.entry, func.end);
  const step = flow?.stepAt(pc);
  return func === undefined || flow === undefined || step === undefined
    ? undefined
    : new Held(target, frame, func, flow).at(step, { register }, MOST_MOVES)?.name;
}

/** `p.next`, `main.all.number`: the place in memory that the innermost frame's instruction names; undefined: neither tells. */
export function heldInMemory(target: Target, frame: PhysicalFrame, address: EffectValue): string | undefined {
  const { func, pc } = frame;
  const flow = func && FunctionFlow.of(target.memory, func.entry, func.end);
  const step = flow?.stepAt(pc);
  const operand = operandAddressOf(address);
  if (func === undefined || flow === undefined || step === undefined || operand === undefined) return undefined;
  const { base, index, displacement, segment, rest } = operand;
  if (index !== undefined || segment !== undefined || rest || (base !== undefined && !isGpr(base))) return undefined;
  return new Held(target, frame, func, flow).behind(step, base, displacement, MOST_MOVES)?.name;
}

/** The words of a value that has several. */
const WORDS: Partial<Record<Variable['type']['kind'], readonly string[]>> = {
  string: ['ptr', 'len'],
  slice: ['ptr', 'len', 'cap'],
  interface: ['type', 'data'],
};

/** What a call leaves alone: of registers nothing, of the stack what lies above RSP. */
const outlives = ({ depth }: Step, location: FlowLocation): boolean => 'slot' in location && depth !== undefined && location.slot >= depth;

interface Named {
  readonly name: string;
  readonly type: Variable['type'] | undefined;
}

class Held {
  constructor(
    private readonly target: Target,
    private readonly frame: PhysicalFrame,
    private readonly func: Func,
    private readonly flow: FunctionFlow,
  ) {}

  /** What is in a place in front of an instruction: on all ways that lead there the same. */
  at(step: Step, location: FlowLocation, moves: number): Named | undefined {
    const known = 'register' in location ? this.#inRegister(step, location.register) : this.#onStack(step, location.slot);
    if (known !== undefined || moves === 0) return known;
    const [first, ...others] = this.flow.definitions([step], location, outlives).map(each => this.#made(each, location, moves - 1));
    return first !== undefined && others.every(each => each?.name === first.name) ? first : undefined;
  }

  #made(definition: Definition, location: FlowLocation, moves: number): Named | undefined {
    if (definition.at === 'entry') return 'register' in location ? this.#parameter(location.register) : undefined;
    const { step } = definition;
    const from = moveTo(step, location)?.from;
    if (from === undefined || 'constant' in from || 'address' in from) return undefined;
    if ('register' in from || 'slot' in from) return this.at(step, from, moves);
    const { base, displacement, indexed } = from;
    return indexed ? undefined : this.behind(step, base, displacement, moves);
  }

  /** What lies in memory so far behind where a register points to, or at an address. */
  behind(step: Step, base: GprName | undefined, displacement: bigint, moves: number): Named | undefined {
    if (base === undefined) return this.#global(displacement);
    if (base === 'rsp') return step.depth === undefined ? undefined : this.#onStack(step, Number(displacement) + step.depth);
    const pointer = this.at(step, { register: base }, moves);
    return pointer && fieldOf(pointer, Number(displacement));
  }

  #inRegister({ address }: Step, register: GprName): Named | undefined {
    return this.#variable(address, piece => piece.kind === 'register' && dwarfRegister(piece.register)?.name === register);
  }

  #onStack({ address }: Step, slot: number): Named | undefined {
    const { cfa } = this.frame;
    if (cfa === undefined) return undefined;
    const word = cfa - 8n + BigInt(slot);
    return this.#variable(address, piece => piece.kind === 'memory' && piece.address === word);
  }

  #global(address: bigint): Named | undefined {
    const hit = this.target.images.symbolAt(address);
    const global = hit && this.target.images.globalNamed(hit.symbol.name);
    if (hit === undefined) return undefined;
    if (global === undefined) return { name: describeAddress(this.target.images, address) ?? hit.symbol.name, type: undefined };
    const field = fieldAt(global.type, hit.offset);
    return field.rest === 0 ? { name: `${global.name}${field.path}`, type: field.type } : undefined;
  }

  #parameter(register: GprName): Named | undefined {
    const { signature } = callable(this.target.images, this.func);
    for (const [index, place] of (signature?.places.params ?? []).entries()) {
      const part = place.in === 'registers' ? place.parts.find(each => each.register === register) : undefined;
      const parameter = signature!.params[index]!;
      if (part !== undefined)
        return part.path === '' ? parameter : { name: `${parameter.name}${part.path.replace(/\.\d+:/g, '.')}`, type: undefined };
    }
    const closure = register === 'rdx' && conventionOf(this.func).atEntry.has('rdx');
    return closure ? { name: 'the closure', type: undefined } : undefined;
  }

  /** The variable whose value is in a place when an instruction begins: of several the one that was declared last. */
  #variable(pc: bigint, is: (piece: LocationPiece) => boolean): Named | undefined {
    const { images } = this.target;
    const { cfa } = this.frame;
    for (const { scope } of images.inlineFrames(pc)) {
      for (const { name, type, location } of images.variables(scope, pc).toReversed()) {
        if (location === undefined) continue;
        const evaluated = evaluateLocation(location, { register: () => undefined, cfa: () => cfa, readMemory: () => undefined });
        const at = evaluated.ok ? evaluated.pieces.findIndex(is) : -1;
        if (at === 0 && evaluated.ok && evaluated.pieces.length === 1 && type.size <= 8) return { name, type };
        const word = at < 0 ? undefined : WORDS[underlying(type).kind]?.[at];
        if (word !== undefined) return { name: `${name}.${word}`, type: undefined };
      }
    }
    return undefined;
  }
}

/** A word behind a pointer, as the field that it is. */
function fieldOf({ name, type }: Named, offset: number): Named | undefined {
  const pointer = type && underlying(type);
  if (pointer?.kind !== 'pointer' || offset < 0) return undefined;
  const field = fieldAt(pointer.elem, offset);
  const inner = underlying(pointer.elem);
  if (field.rest !== 0) return undefined;
  if (field.path === '') return inner.kind === 'struct' ? fieldOfFirst(name, inner) : { name: `*${name}`, type: pointer.elem };
  return { name: `${name}${field.path}`, type: field.type };
}

function fieldOfFirst(
  name: string,
  struct: { readonly fields: readonly { readonly name: string; readonly type: Variable['type'] }[] },
): Named | undefined {
  const [first] = struct.fields;
  return first && { name: `${name}.${first.name}`, type: first.type };
}
