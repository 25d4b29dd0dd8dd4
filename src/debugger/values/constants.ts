/** Names of constants: `Green (1)` for a value of a type that has constants. */
import type { Image, Type } from '../../image/api.js';
import { basicType } from './types.js';
import type { World } from './value.js';

type Names = ReadonlyMap<string, ReadonlyMap<bigint, string>>;

const cache = new WeakMap<Image, Names>();

/** Constants of defined types by type and value; the first declared of equal ones. */
function namesOf(image: Image): Names {
  let names = cache.get(image);
  if (names) return names;
  const found = new Map<string, Map<bigint, string>>();
  for (const variable of image.globals()) {
    if (variable.role !== 'constant' || typeof variable.constant !== 'bigint') continue;
    const { name, size } = variable.type;
    if (basicType(name) !== undefined) continue;
    let values = found.get(name);
    if (!values) found.set(name, (values = new Map()));
    const value = variable.type.kind === 'uint' ? BigInt.asUintN(8 * size, variable.constant) : BigInt.asIntN(8 * size, variable.constant);
    if (!values.has(value)) values.set(value, shortName(variable.name));
  }
  names = found;
  cache.set(image, names);
  return names;
}

const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** The constant's name without its package, or several joined by | when the value is a sum of single bits; undefined: no name. */
export function constantName(world: World, type: Type, value: bigint): string | undefined {
  if (type.kind === 'enum') return type.values.get(value);
  if (basicType(type.name) !== undefined || !type.name.includes('.')) return undefined;
  for (const image of world.images) {
    const values = namesOf(image).get(type.name);
    if (!values) continue;
    return values.get(value) ?? bitNames(values, value);
  }
  return undefined;
}

const isBit = (value: bigint): boolean => value > 0n && (value & (value - 1n)) === 0n;

function bitNames(values: ReadonlyMap<bigint, string>, value: bigint): string | undefined {
  const nonzero = [...values.keys()].filter(each => each !== 0n);
  if (value <= 0n || nonzero.length < 2 || !nonzero.every(isBit)) return undefined;
  const names: string[] = [];
  let rest = value;
  for (const bit of nonzero.sort((a, b) => (a < b ? -1 : 1))) {
    if ((rest & bit) === 0n) continue;
    names.push(values.get(bit)!);
    rest &= ~bit;
  }
  return rest === 0n ? names.join('|') : undefined;
}
