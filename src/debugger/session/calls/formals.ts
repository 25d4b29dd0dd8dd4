/** What a function takes and gives, as debug information has it, and where its convention puts that. */
import { assignPlaces } from '../../../abi/assign.js';
import { ABI_INTERNAL, ABI0 } from '../../../abi/convention.js';
import type { Assignment } from '../../../abi/place.js';
import type { Image, Type } from '../../../image/api.js';
import { dictionaryParameter, instanceNamed, SHAPE } from '../../../image/go/generics.js';
import { packageOf } from '../../evaluate/names.js';
import type { CallTarget } from '../../evaluate/operand.js';
import { OperationError } from '../../evaluate/untyped.js';
import { shapeOf } from '../../values/shape-of-type.js';
import { memorySource, readUint } from '../../values/source.js';
import { basicType, underlying } from '../../values/types.js';
import { pointerOf, type Value, type World } from '../../values/value.js';

export interface Formal {
  readonly name: string;
  readonly type: Type;
}

export interface Formals {
  /** The function's name, for messages. */
  readonly name: string;
  /** Code, and what RDX holds there. */
  readonly entry: bigint;
  readonly closure: bigint;
  /** The receiver first. */
  readonly params: readonly Formal[];
  readonly results: readonly Formal[];
  readonly places: Assignment;
  /** Of generic code: what its hidden parameter gets. */
  readonly dictionary?: bigint;
}

/** Throws OperationError for what cannot be called, and says why. */
export function formalsOf(world: World, callee: CallTarget): Formals {
  return callee.kind === 'function' ? ofFunction(world, callee) : ofClosure(world, callee.value);
}

function ofFunction(world: World, { func, receiver, instance }: CallTarget & { readonly kind: 'function' }): Formals {
  const { name, entry } = func;
  const image = world.images.find(each => each.contains(entry)) as Image;
  const scope = image.inlineFrames(entry).at(-1)?.scope;
  const variables = image.variables(scope, entry);
  if (scope === undefined && variables.length === 0)
    throw new OperationError(`${name} has no debug information: what it takes is not known`);
  const only = (role: 'param' | 'result'): Formal[] => variables.filter(each => each.role === role);
  const plain = { name, entry, closure: 0n, params: only('param'), results: only('result') };
  const generic = dictionaryParameter(name) === undefined ? undefined : genericOf(world, name, instance ?? receiver?.type.name);
  const typed = (each: Formal): Formal => (generic === undefined ? each : { ...each, type: generic.typed(each.type) });
  return placed(
    { ...plain, params: plain.params.map(typed), results: plain.results.map(typed), ...(generic && { dictionary: generic.dictionary }) },
    func.abi === 'ABI0',
  );
}

/** What generic code is called for: its dictionary, and its types as the user has them. `wanted`: an instance of it or, of methods, of the receiver. */
function genericOf({ images }: World, name: string, wanted: string | undefined) {
  const [own, asked] = [instanceNamed(name), wanted === undefined ? undefined : instanceNamed(wanted.replace(/^\*+/, ''))];
  if (own === undefined || asked === undefined || asked.args.some(each => each.startsWith(SHAPE)))
    throw new OperationError(`${name} is generic code: say for which types it is to be called, as F[int](...)`);
  const spelling = (text: string): string => own.args.reduce((result, shape, index) => result.replaceAll(shape, asked.args[index]!), text);
  // One for a type and all its methods, or one for each method (before Go 1.21).
  const symbols = [`${asked.generic}[${asked.args.join(',')}]`, spelling(name)].map(each => {
    const path = packageOf(each);
    return `${path}..dict${each.slice(path.length)}`;
  });
  const dictionary = symbols.flatMap(symbol => images.flatMap(image => image.symbolsNamed(symbol)))[0]?.address;
  if (dictionary === undefined)
    throw new OperationError(`there is no dictionary for ${wanted} (${symbols[0]}): the program makes no such call`);
  const typed = (type: Type): Type => {
    if (!type.name.includes(SHAPE)) return type;
    const spelled = spelling(type.name);
    return images.map(image => image.typeNamed(spelled)).find(each => each !== undefined) ?? basicType(spelled) ?? type;
  };
  return { dictionary, typed };
}

/** A func value: code is always called in the register convention through it. */
function ofClosure(world: World, value: Value): Formals {
  const type = underlying(value.type);
  const closure = pointerOf(value);
  if (type.kind !== 'func') throw new OperationError(`a ${value.type.name} is no function`);
  if (closure === 0n) throw new OperationError('the function is nil');
  const entry = readUint(memorySource(world.memory, closure), 0, 8);
  const name = world.images.find(image => image.contains(entry))?.functionAt(entry)?.name;
  if (name === undefined) throw new OperationError(`0x${entry.toString(16)} is no code of the program`);
  const named = (types: readonly Type[]): Formal[] => types.map((each, index) => ({ name: `~${index}`, type: each }));
  return placed({ name, entry, closure, params: named(type.params), results: named(type.results) }, false);
}

function placed(formals: Omit<Formals, 'places'>, onStack: boolean): Formals {
  const shapes = (list: readonly Formal[]) => list.map(each => shapeOf(each.type));
  const signature = { params: shapes(formals.params), results: shapes(formals.results) };
  return { ...formals, places: assignPlaces(onStack ? ABI0 : ABI_INTERNAL, signature) };
}
