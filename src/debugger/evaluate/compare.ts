/** Go's == on values of one type (The Go Programming Language Specification, "Comparison operators"). */
import { equalBytes } from '../../host/bytes.js';
import { partOf } from '../values/source.js';
import { sameType, underlying } from '../values/types.js';
import { bytesOf, dynamicOf, element, pointerOf, type Value, type World } from '../values/value.js';
import { complexOf, floatValueOf, wholeString } from './convert.js';
import { OperationError } from './untyped.js';

/** Both of the same type. Throws OperationError for types without ==, Unreadable. */
export function equal(world: World, a: Value, b: Value): boolean {
  const type = underlying(a.type);
  switch (type.kind) {
    case 'float':
      return floatValueOf(a) === floatValueOf(b);
    case 'complex': {
      const [x, y] = [complexOf(a), complexOf(b)];
      return x.re === y.re && x.im === y.im;
    }
    case 'string':
      return equalBytes(wholeString(world, a), wholeString(world, b));
    case 'struct':
      return type.fields.every(field => {
        // Go's blank fields do not count.
        if (field.name === '_') return true;
        const part = (value: Value): Value => ({ type: field.type, source: partOf(value.source, field.offset) });
        return equal(world, part(a), part(b));
      });
    case 'array': {
      for (let i = 0; i < type.length; i++) if (!equal(world, element(world, a, i), element(world, b, i))) return false;
      return true;
    }
    case 'interface': {
      const [x, y] = [dynamicOf(world, a), dynamicOf(world, b)];
      if (x.nil || y.nil) return x.nil && y.nil;
      if (x.value === undefined || y.value === undefined) throw new OperationError('the dynamic type of the interface is not known');
      return sameType(x.value.type, y.value.type) && equal(world, x.value, y.value);
    }
    case 'slice':
    case 'map':
    case 'func':
      throw new OperationError(`${a.type.name} can only be compared to nil`);
    default:
      return equalBytes(bytesOf(a), bytesOf(b));
  }
}

/** An interface against a value of another type: equal when it holds just that. */
export function equalDynamic(world: World, holder: Value, value: Value): boolean {
  const dynamic = dynamicOf(world, holder);
  if (dynamic.nil || dynamic.value === undefined) return false;
  return sameType(dynamic.value.type, value.type) && equal(world, dynamic.value, value);
}

/** Throws OperationError when the type has no nil. */
export function isNil(value: Value): boolean {
  switch (underlying(value.type).kind) {
    case 'pointer':
    case 'unsafe-pointer':
    case 'map':
    case 'chan':
    case 'func':
    case 'slice':
    case 'interface':
      return pointerOf(value) === 0n;
    default:
      throw new OperationError(`cannot compare ${value.type.name} to nil`);
  }
}
