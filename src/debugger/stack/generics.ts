/**
 * The types of generic code: debug information has their shapes (`*go.shape.int`), the dictionary of the call what they are. Its words point to
 * runtime types, and its symbol's name has the type arguments: what escapes to the heap or is captured has no word, and a name for its type.
 */
import { assignPlaces } from '../../abi/assign.js';
import { ABI_INTERNAL } from '../../abi/convention.js';
import { GPR_NAMES } from '../../cpu/api.js';
import type { Image, Variable } from '../../image/api.js';
import { DICTIONARY, dictionaryNamed, type Instance, instanceNamed, SHAPE, UNTOLD } from '../../image/go/generics.js';
import { FunctionFlow, moveTo } from '../code/flow.js';
import { unchangedSinceEntry } from '../code/unchanged.js';
import type { EvaluationContext } from '../evaluate/context.js';
import { variableSource } from '../evaluate/location.js';
import { findType } from '../evaluate/names.js';
import { shapeOf } from '../values/shape-of-type.js';
import { instanceType, isShaped, type TypeArguments, typeArguments } from '../values/shapes.js';
import { memorySource, readUint, Unreadable } from '../values/source.js';
import { underlying } from '../values/types.js';
import { typeOfRuntimeType } from '../values/value.js';
import type { LogicalFrame } from './frame.js';
import { frameContext } from './frame-context.js';
import type { WalkTarget } from './walk-target.js';

/** A frame's variables with their types in this call; with shapes where nothing says what those are. */
export function instantiated(target: WalkTarget, frame: LogicalFrame, variables: readonly Variable[]): readonly Variable[] {
  const instance = instanceNamed(frame.name);
  if (!instance?.args.some(each => each.startsWith(SHAPE))) return variables;
  const { context, dictionary, types } = callOf(target, frame, variables, instance);
  const args = types === undefined ? new Map() : typeArguments(instance.args, types.args);
  return variables.map(variable => {
    const type = (dictionary !== undefined && ofWord(context, dictionary, variable)) || ofName(context, args, variable);
    return type === variable.type ? variable : { ...variable, type };
  });
}

/** Type arguments that a frame of generic code was called with; undefined: that cannot be told, or it is not generic. */
export function instanceOf(target: WalkTarget, frame: LogicalFrame): readonly string[] | undefined {
  const instance = instanceNamed(frame.name);
  if (instance?.args.join() === UNTOLD) return undefined;
  if (!instance?.args.some(each => each.startsWith(SHAPE))) return instance?.args;
  return callOf(target, frame, frame.variables(), instance).types?.args;
}

/** What is known of a call of generic code: its dictionary, and by that, or because there is no other, which instance it is. */
function callOf(target: WalkTarget, frame: LogicalFrame, variables: readonly Variable[], instance: Instance) {
  const bare: LogicalFrame = { ...frame, variables: () => variables };
  const context: EvaluationContext = {
    memory: target.memory,
    images: target.images.all,
    frame: frameContext(bare, target.memory, () => undefined),
    curg: undefined,
    breakpointHits: () => undefined,
  };
  const dictionary = dictionaryOf(target, context, bare, variables);
  const types =
    dictionary === undefined ? onlyInstance(context, instance) : dictionaryNamed(target.images.symbolAt(dictionary)!.symbol.name);
  return { context, dictionary, types };
}

/** The type that a word of the dictionary points to. */
function ofWord(context: EvaluationContext, dictionary: bigint, { dictIndex, type }: Variable) {
  if (dictIndex === undefined) return undefined;
  try {
    const found = typeOfRuntimeType(context, readUint(memorySource(context.memory, dictionary), 8 * dictIndex, 8));
    return found !== undefined && found.size === type.size ? found : undefined;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

const ofName = (context: EvaluationContext, args: TypeArguments, { type }: Variable) =>
  isShaped(type) ? instanceType(type, args, name => findType(context, name)) : type;

/** Address of the dictionary that a frame was called with; undefined: that cannot be told. */
function dictionaryOf(
  target: WalkTarget,
  context: EvaluationContext,
  frame: LogicalFrame,
  variables: readonly Variable[],
): bigint | undefined {
  const index = variables.findIndex(each => each.name === DICTIONARY);
  const variable = variables[index];
  if (variable === undefined) return undefined;
  const isDictionary = (address: bigint): boolean => {
    const found = target.images.symbolAt(address);
    return found?.offset === 0 && dictionaryNamed(found.symbol.name) !== undefined;
  };
  const checked = (address: bigint | undefined) => (address !== undefined && isDictionary(address) ? address : undefined);
  return checked(wordIn(context, variable)) ?? checked(fromCall(target, frame, variables, index));
}

function wordIn(context: EvaluationContext, variable: Variable): bigint | undefined {
  try {
    return readUint(variableSource(context, variable), 0, 8);
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** From the register that it came in, or the caller's instruction that put it there. */
function fromCall({ memory, images }: WalkTarget, frame: LogicalFrame, variables: readonly Variable[], index: number): bigint | undefined {
  const { func, exact, pc, registers, returnAddress } = frame.physical;
  if (frame.inlined || func === undefined || variables[index]!.role !== 'param') return undefined;
  const shapes = variables.filter(each => each.role === 'param').map(each => shapeOf(each.type));
  const place = assignPlaces(ABI_INTERNAL, { params: shapes, results: [] }).params[index]!;
  const named = place.in === 'registers' ? place.parts[0]!.register : undefined;
  const register = GPR_NAMES.find(each => each === named);
  if (register === undefined) return undefined;
  if (exact && unchangedSinceEntry(memory, func.entry, func.end, pc).has(register)) return registers.get(register)?.value;
  const caller = returnAddress === undefined ? undefined : images.functionAt(returnAddress - 1n);
  const flow = caller && FunctionFlow.of(memory, caller.entry, caller.end);
  const call = flow?.callBefore(returnAddress!);
  if (call?.target !== func.entry) return undefined;
  const [definition, another] = flow!.definitions([call], { register }, () => false);
  if (definition?.at !== 'step' || another !== undefined) return undefined;
  const from = moveTo(definition.step, { register })?.from;
  return from !== undefined && 'address' in from ? from.address : undefined;
}

const instances = new WeakMap<Image, ReadonlyMap<string, readonly Instance[]>>();

/** All that an image has dictionaries for, by the generic function or type. */
function instancesIn(image: Image): ReadonlyMap<string, readonly Instance[]> {
  let found = instances.get(image);
  if (found === undefined) {
    const lists = new Map<string, Instance[]>();
    for (const each of instanceNames(image)) lists.set(each.generic, [...(lists.get(each.generic) ?? []), each]);
    instances.set(image, (found = lists));
  }
  return found;
}

function* instanceNames(image: Image): Iterable<Instance> {
  const seen = new Set<string>();
  for (const { name } of image.symbols()) {
    const instance = dictionaryNamed(name);
    // Go 1.18 to 1.20 have a dictionary for each method.
    const key = instance && `${instance.generic}[${instance.args.join()}]`;
    if (key === undefined || seen.has(key)) continue;
    seen.add(key);
    yield instance!;
  }
}

/** Where the dictionary is lost, the only instance of that shape which the program has. */
function onlyInstance(context: EvaluationContext, { generic, args }: Instance): Instance | undefined {
  const fits = (shape: string, arg: string): boolean => {
    const [a, b] = [findType(context, shape), findType(context, arg)];
    if (shape === arg || a === undefined || b === undefined) return true;
    const kind = underlying(b).kind;
    return a.size === b.size && (underlying(a).kind === kind || (shape.startsWith(`${SHAPE}*`) && kind === 'pointer'));
  };
  const all = context.images.flatMap(image => instancesIn(image).get(generic) ?? []);
  const [only, another] = all.filter(each => each.args.length === args.length && args.every((shape, i) => fits(shape, each.args[i]!)));
  return another === undefined ? only : undefined;
}
