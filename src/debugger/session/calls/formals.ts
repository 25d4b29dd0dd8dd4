/** What a function takes and gives, as debug information has it, and where its convention puts that. */
import { assignPlaces } from '../../../abi/assign.js';
import { ABI_INTERNAL, ABI0 } from '../../../abi/convention.js';
import type { Assignment } from '../../../abi/place.js';
import type { Func, Image, Type } from '../../../image/api.js';
import type { CallTarget } from '../../evaluate/operand.js';
import { OperationError } from '../../evaluate/untyped.js';
import { shapeOf } from '../../values/shape-of-type.js';
import { memorySource, readUint } from '../../values/source.js';
import { underlying } from '../../values/types.js';
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
}

/** Throws OperationError for what cannot be called, and says why. */
export function formalsOf(world: World, callee: CallTarget): Formals {
  return callee.kind === 'function' ? ofFunction(world, callee.func) : ofClosure(world, callee.value);
}

function ofFunction({ images }: World, func: Func): Formals {
  const { name, entry } = func;
  if (func.language === 'c') throw new OperationError(`${name} is C: r14 calls Go functions only`);
  if (name.includes('go.shape.'))
    throw new OperationError(`${name} is generic code: it wants a dictionary, which only compiled calls have`);
  const image = images.find(each => each.contains(entry)) as Image;
  const scope = image.inlineFrames(entry).at(-1)?.scope;
  const variables = image.variables(scope, entry);
  if (scope === undefined && variables.length === 0)
    throw new OperationError(`${name} has no debug information: what it takes is not known`);
  const only = (role: 'param' | 'result'): Formal[] => variables.filter(each => each.role === role);
  return placed({ name, entry, closure: 0n, params: only('param'), results: only('result') }, func.abi === 'ABI0');
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
