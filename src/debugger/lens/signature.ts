/** What is known of how a function is called: its convention, its parameters and results, and where they go. */
import { assignPlaces } from '../../abi/assign.js';
import { ABI_INTERNAL, ABI0, type Convention, SYSTEM_V } from '../../abi/convention.js';
import { handMade } from '../../abi/handmade.js';
import type { Assignment } from '../../abi/place.js';
import { word } from '../../abi/shape.js';
import type { Func, Type, Variable } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import { raceParameters } from '../../runtime/race/signatures.js';
import { shapeOf } from '../values/shape-of-type.js';

export interface LensParameter {
  readonly name: string;
  /** Undefined: a machine word of which no more is known. */
  readonly type: Type | undefined;
}

export interface LensSignature {
  readonly params: readonly LensParameter[];
  readonly results: readonly LensParameter[];
  readonly places: Assignment;
}

export interface Callable {
  readonly convention: Convention;
  /** Undefined: no table tells. */
  readonly signature: LensSignature | undefined;
}

/** The convention that a function is called under: its caller's, where that is C. */
export function conventionOf(func: Func, caller?: Func): Convention {
  if (func.language === 'c' || (func.asm && caller?.language === 'c')) return SYSTEM_V;
  if (func.asm) {
    const own = handMade(func.linkName) ?? handMade(func.name);
    if (own !== undefined) return own;
  }
  return func.abi === 'ABI0' ? ABI0 : ABI_INTERNAL;
}

export function callable(images: Images, func: Func, caller?: Func): Callable {
  const convention = conventionOf(func, caller);
  if (convention === SYSTEM_V && func.language !== 'c') return { convention, signature: undefined };
  return { convention, signature: convention.id === 'hand-made assembly' ? undefined : signatureOf(images, func, convention) };
}

function signatureOf(images: Images, func: Func, convention: Convention): LensSignature | undefined {
  const described = declared(images, func) ?? (func.asm ? twin(images, func) : undefined);
  if (described !== undefined) {
    const params = described.filter(each => each.role === 'param');
    const results = described.filter(each => each.role === 'result');
    const shapes = (list: readonly Variable[]) => list.map(each => shapeOf(each.type));
    return { params, results, places: assignPlaces(convention, { params: shapes(params), results: shapes(results) }) };
  }
  const names = raceParameters(func.name);
  if (names === undefined) return undefined;
  const params = names.map(name => ({ name, type: undefined }));
  return { params, results: [], places: assignPlaces(convention, { params: params.map(() => word), results: [] }) };
}

/** Parameters and results as debug information has them; undefined: it says nothing of this function. */
function declared(images: Images, func: Func): readonly Variable[] | undefined {
  const variables = images.variablesOf(func)?.filter(each => each.role === 'param' || each.role === 'result');
  if (variables === undefined) return undefined;
  return func.asm && variables.length === 0 ? undefined : variables;
}

/** Assembly has no parameters in debug information; the wrapper of its other convention has them. */
function twin(images: Images, func: Func): readonly Variable[] | undefined {
  const other = images.functionsNamed(func.name).find(each => each.entry !== func.entry && each.wrapper);
  return other && declared(images, other);
}
