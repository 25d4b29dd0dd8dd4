/**
 * Which compiled functions a name with type arguments means. Generic code is compiled for shapes, `main.Max[go.shape.int]`, which all types with the
 * same underlying type share, and all pointers: what it was called for is known at a stop, from the dictionary (stack/generics.ts).
 */

import type { Image, Type } from '../../image/api.js';
import { instanceNamed, SHAPE, UNTOLD } from '../../image/go/generics.js';
import { underlying } from '../values/types.js';

/** Where types are looked up. */
interface InstanceTypes {
  readonly all: readonly Image[];
  typeNamed(name: string): Type | undefined;
}

/** Other spellings, and the shape of every pointer. */
const SAME: Readonly<Record<string, string>> = { byte: 'uint8', rune: 'int32', any: 'interface {}' };
const POINTER = '*uint8';

/** Type arguments that a name asks for; undefined: none, or any (`Max[...]`). */
export function wantedArguments(name: string): readonly string[] | undefined {
  const args = instanceNamed(name)?.args.map(each => each.trim());
  return args?.join() === UNTOLD ? undefined : args;
}

/** Whether a function's code is, among others, for those type arguments. */
export function servesArguments(images: InstanceTypes, func: string, wanted: readonly string[]): boolean {
  const args = instanceNamed(func)?.args;
  return args?.length === wanted.length && args.every((arg, index) => serves(images, arg, index, wanted[index]!));
}

function serves(images: InstanceTypes, arg: string, index: number, wanted: string): boolean {
  if (!arg.startsWith(SHAPE)) return sameArgument(arg, wanted);
  // Before 1.21 a shape had the number of its parameter behind it: `go.shape.int_0`.
  const numbered = `_${index}`;
  const shape = arg.slice(SHAPE.length, arg.endsWith(numbered) ? -numbered.length : undefined);
  if (spelled(shape) === spelled(wanted)) return true;
  if (wanted.startsWith('*')) return shape === POINTER;
  const type = images.typeNamed(SAME[wanted] ?? wanted) ?? uniqueType(images, wanted);
  const own = images.typeNamed(arg);
  if (type === undefined) return false;
  const { kind, name, size } = underlying(type);
  if (kind === 'pointer') return shape === POINTER;
  // A struct has the name of its type: its shape spells the fields.
  return (
    spelled(name) === spelled(shape) || (name === type.name && own !== undefined && underlying(own).kind === kind && own.size === size)
  );
}

/** A type of which only the end of the name is given. */
function uniqueType(images: InstanceTypes, name: string) {
  for (const image of images.all) for (const each of image.typeNames()) if (sameArgument(each, name)) return image.typeNamed(each);
  return undefined;
}

/** Whether type arguments are those that were asked for. */
export const sameArguments = (args: readonly string[], wanted: readonly string[]): boolean =>
  args.length === wanted.length && args.every((arg, index) => sameArgument(arg, wanted[index]!));

/** Packages may be given by the ends of their paths, or not at all. */
function sameArgument(arg: string, wanted: string): boolean {
  const [full, end] = [spelled(arg), spelled(wanted)];
  return [full, full.replace(PATHS, ''), full.replace(PACKAGES, '')].includes(end);
}

const PATHS = /[\p{L}\p{N}_.-]+\//gu;
const PACKAGES = /[\p{L}\p{N}_./-]+\.(?=[\p{L}_])/gu;

const spelled = (type: string): string => type.replace(/\b(byte|rune|any)\b/g, each => SAME[each]!).replace(/\s+/g, '');
