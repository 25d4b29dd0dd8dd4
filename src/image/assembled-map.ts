/** The type of the struct that a Go map of an assembled program points to, as debug information describes it for compiled ones. */
import { smallMap } from '../asm/small-map.js';
import type { Field, Type } from './api.js';

const WORD: Type = { kind: 'uint', name: 'uint64', size: 8 };
const field = (name: string, type: Type, offset: number): Field => ({ name, type, offset, embedded: false });
const pointer = (elem: Type): Type => ({ kind: 'pointer', name: `*${elem.name}`, size: 8, elem });
const struct = (name: string, size: number, ...fields: readonly Field[]): Type => ({ kind: 'struct', name, size, fields });

/** `keyAlign`, `elemAlign`: alignments of the two types. */
export function smallMapType(key: Type, keyAlign: number, elem: Type, elemAlign: number): Type {
  const layout = smallMap({ size: key.size, align: keyAlign }, { size: elem.size, align: elemAlign });
  const of = `<${key.name},${elem.name}>`;
  const slot = struct(`slot${of}`, layout.slot, field('key', key, 0), field('elem', elem, layout.elem));
  const slots: Type = { kind: 'array', name: `[8]${slot.name}`, size: 8 * slot.size, elem: slot, length: 8 };
  const group = struct(`group${of}`, layout.group, field('ctrl', WORD, 0), field('slots', slots, layout.slots));
  const groups = struct(`groupReference${of}`, 16, field('data', pointer(group), 0), field('lengthMask', WORD, 8));
  const table = struct(`table${of}`, 16, field('groups', groups, 0));
  return struct(
    `map${of}`,
    layout.head,
    field('used', WORD, layout.used),
    field('dirPtr', pointer(pointer(table)), layout.directory),
    field('dirLen', WORD, layout.directoryLength),
  );
}
