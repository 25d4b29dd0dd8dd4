/** Shapes, which stand for the types of generic code in debug information, and the types that they are in one call. */
import type { Field, Type } from '../../image/api.js';
import { SHAPE } from '../../image/go/generics.js';

export const isShaped = (type: Type): boolean => type.name.includes(SHAPE);

/** Names of types by those of their shapes. */
export type TypeArguments = ReadonlyMap<string, string>;

/** A shape that stands for two types is neither. */
export function typeArguments(shapes: readonly string[], types: readonly string[]): TypeArguments {
  const found = new Map<string, string | undefined>();
  for (const [index, shape] of shapes.entries()) {
    const type = types[index];
    if (shape.startsWith(SHAPE)) found.set(shape, found.has(shape) && found.get(shape) !== type ? undefined : type);
  }
  return new Map([...found].flatMap(([shape, type]) => (type === undefined ? [] : [[shape, type] as const])));
}

/** A type's name with the shapes in it replaced. */
function instanceName(name: string, args: TypeArguments): string {
  // The longest first: `go.shape.int` begins `go.shape.int64`.
  const shapes = [...args.keys()].sort((a, b) => b.length - a.length);
  let text = name;
  for (const shape of shapes) {
    const parts = text.split(shape);
    text = parts.reduce((done, part) => done + (/^\w/.test(part) ? shape : args.get(shape)!) + part);
  }
  return text;
}

/**
 * The type that a shaped one is with these arguments: the program's own of that name, or else one made of the shaped one's layout. `find`: a
 * type by its name.
 */
export function instanceType(type: Type, args: TypeArguments, find: (name: string) => Type | undefined): Type {
  const made = new Map<Type, Type>();
  const of = (from: Type): Type => {
    if (!isShaped(from)) return from;
    const known = made.get(from);
    if (known !== undefined) return known;
    const name = instanceName(from.name, args);
    const found = name === from.name ? from : find(name);
    const is = found !== undefined && found.size === from.size ? found : remade(from, name);
    made.set(from, is);
    return is;
  };
  const remade = ({ runtimeType: _, ...from }: Type, name: string): Type => {
    switch (from.kind) {
      case 'pointer':
      case 'slice':
      case 'array':
        return {
          ...from,
          name,
          get elem() {
            return of(from.elem);
          },
        };
      case 'chan':
        return {
          ...from,
          name,
          get elem() {
            return of(from.elem);
          },
          get hchan() {
            return of(from.hchan);
          },
        };
      case 'map':
        return {
          ...from,
          name,
          get key() {
            return of(from.key);
          },
          get elem() {
            return of(from.elem);
          },
          get hash() {
            return of(from.hash);
          },
        };
      case 'struct':
      case 'union':
        return {
          ...from,
          name,
          get fields() {
            return from.fields.map(field);
          },
        };
      case 'func':
        return {
          ...from,
          name,
          get params() {
            return from.params.map(of);
          },
          get results() {
            return from.results.map(of);
          },
        };
      case 'named':
        return { ...from, name, underlying: of(from.underlying) };
      default:
        return { ...from, name };
    }
  };
  const field = (from: Field): Field => ({
    ...from,
    get type() {
      return of(from.type);
    },
  });
  return of(type);
}
