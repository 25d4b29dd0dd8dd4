/** Types that expressions make (`*T`, `[]T`, basic types) beside those of debug information, and questions about types. */
import type { Field, Type } from '../../image/api.js';

/** A type without its defined names. */
/** Names of names of a type: more than an image gives. */
const MOST_NAMES = 1000;

export function underlying(type: Type): Exclude<Type, { kind: 'named' }> {
  let at = type;
  for (let i = 0; at.kind === 'named'; i++) {
    if (i > MOST_NAMES) return { kind: 'void', name: type.name, size: type.size };
    at = at.underlying;
  }
  return at;
}

const basic = (kind: 'bool' | 'int' | 'uint' | 'float' | 'complex' | 'string', name: string, size: number): Type => ({ kind, name, size });

const BASIC: ReadonlyMap<string, Type> = new Map(
  [
    basic('bool', 'bool', 1),
    basic('int', 'int', 8),
    basic('int', 'int8', 1),
    basic('int', 'int16', 2),
    basic('int', 'int32', 4),
    basic('int', 'int64', 8),
    basic('uint', 'uint', 8),
    basic('uint', 'uint8', 1),
    basic('uint', 'uint16', 2),
    basic('uint', 'uint32', 4),
    basic('uint', 'uint64', 8),
    basic('uint', 'uintptr', 8),
    basic('float', 'float32', 4),
    basic('float', 'float64', 8),
    basic('complex', 'complex64', 8),
    basic('complex', 'complex128', 16),
    basic('string', 'string', 16),
    { kind: 'unsafe-pointer', name: 'unsafe.Pointer', size: 8 } as Type,
  ].map(type => [type.name, type]),
);

const ALIASES: Readonly<Record<string, string>> = { byte: 'uint8', rune: 'int32' };

/** Go's predeclared types, and unsafe.Pointer. */
export const basicType = (name: string): Type | undefined => BASIC.get(ALIASES[name] ?? name);

export const EMPTY_INTERFACE: Type = { kind: 'interface', name: 'interface {}', size: 16, empty: true };

/** Machine words that are shown as what they are. */
export const CODE_ADDRESS: Type = { kind: 'uint', name: 'uint64', size: 8 };
export const DATA_ADDRESS: Type = { kind: 'uint', name: 'uint64', size: 8 };
export const FLAGS: Type = { kind: 'uint', name: 'uint64', size: 8 };

const C_BASE: readonly (readonly [words: string, kind: 'bool' | 'int' | 'uint' | 'float' | 'char' | 'void', size: number])[] = [
  ['void', 'void', 0],
  ['_Bool', 'bool', 1],
  ['char', 'char', 1],
  ['char signed', 'char', 1],
  ['char unsigned', 'char', 1],
  ['short', 'int', 2],
  ['int', 'int', 4],
  ['long', 'int', 8],
  ['long long', 'int', 8],
  ['unsigned', 'uint', 4],
  ['float', 'float', 4],
  ['double', 'float', 8],
  ['double long', 'float', 16],
  ['__int128', 'int', 16],
];

/** C's base types, in any order of words (`unsigned long int`); undefined for what C does not have. */
export function cBaseType(name: string): Type | undefined {
  const words = name.split(' ');
  const size = words.includes('short') || words.includes('long');
  const unsigned = words.includes('unsigned');
  const kept = words.filter(
    word => word !== 'signed' && word !== 'unsigned' && !(word === 'int' && (size || unsigned || words.length > 1)),
  );
  const isChar = kept.includes('char');
  const key = kept.length === 0 ? (unsigned ? 'unsigned' : 'int') : kept.sort().join(' ');
  const row = C_BASE.find(([spelled]) => spelled === key);
  if (row === undefined) return undefined;
  const [, kind, bytes] = row;
  if (kind === 'void') return { kind, name, size: 0 };
  return { kind: unsigned && !isChar && kind === 'int' ? 'uint' : kind, name, size: bytes } as Type;
}

/** `char` alone is signed on amd64. */
export const isUnsignedChar = (type: Type): boolean => /unsigned|uint8_t|u_char/.test(type.name);

const pointers = new WeakMap<Type, Type>();

/** The pointer type to `elem`; C's spelling for C's types. */
export function pointerTo(elem: Type, inC = false): Type {
  if (inC && !isGoType(elem)) return { kind: 'pointer', name: cPointerName(elem), size: 8, elem };
  let type = pointers.get(elem);
  if (type === undefined) {
    type = { kind: 'pointer', name: isCType(elem) ? cPointerName(elem) : `*${elem.name}`, size: 8, elem };
    pointers.set(elem, type);
  }
  return type;
}

/** `int *`, `char **`, `int (*)[5]`, `int (*)(char)`. */
function cPointerName({ kind, name }: Type): string {
  const bracket = kind === 'array' ? name.indexOf('[') : kind === 'func' ? name.indexOf('(') : -1;
  if (bracket > 0) return `${name.slice(0, bracket).trimEnd()} (*)${name.slice(bracket)}`;
  return name.endsWith('*') ? `${name}*` : `${name} *`;
}

export const sliceOf = (elem: Type): Type => ({ kind: 'slice', name: `[]${elem.name}`, size: 24, elem });

export const arrayOf = (elem: Type, length: number, inC = false): Type => ({
  kind: 'array',
  name: isCType(elem) || (inC && !isGoType(elem)) ? `${elem.name} [${length}]` : `[${length}]${elem.name}`,
  size: elem.size * length,
  elem,
  length,
});

/** Same spelling after the forms that DWARF and Go differ in are made one. */
function typeKey(name: string): string {
  return name
    .replace(/\binterface ?\{ ?\}/g, 'any')
    .replace(/\bbyte\b/g, 'uint8')
    .replace(/\brune\b/g, 'int32')
    .replace(/\bstruct \{ \}/g, 'struct {}')
    .replace(/%2e/g, '.');
}

/** Go's identity of types, by their full names; C's by name and kind. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  return a.size === b.size && underlying(a).kind === underlying(b).kind && typeKey(a.name) === typeKey(b.name);
}

/** A package before the name, as defined types of Go have; C's names have dots only in brackets and behind blanks (`struct {...} [4]`). */
const isQualified = (name: string): boolean => /^[^\s.<({[*]+\./.test(name);

/** Does this come from C? Base numbers belong to both, and count as Go's. */
export function isCType(type: Type): boolean {
  if (isQualified(type.name)) return false;
  switch (type.kind) {
    case 'char':
    case 'union':
    case 'enum':
    case 'void':
      return true;
    case 'pointer':
      return !type.name.startsWith('*') || isCType(type.elem);
    case 'array':
      return !type.name.startsWith('[') || isCType(type.elem);
    case 'struct':
      return !/[.<]|^struct \{/.test(type.name);
    case 'named':
      return isCType(type.underlying);
    case 'func':
      return !type.name.startsWith('func');
    case 'int':
    case 'uint':
    case 'float':
    case 'complex':
      return basicType(type.name) === undefined;
    default:
      return false;
  }
}

/** Can this only come from Go? */
export function isGoType(type: Type): boolean {
  if (/^(?:\*|\[|map\[|chan |<-chan |func\(|struct \{|interface \{)|\./.test(type.name)) return true;
  if (basicType(type.name) !== undefined && type.name !== 'int') return true;
  return ['string', 'slice', 'map', 'chan', 'interface', 'unsafe-pointer'].includes(type.kind);
}

/** Whether an interface's data word is the value itself: types of exactly one pointer (the compiler's rule). */
export function isDirect(type: Type): boolean {
  const at = underlying(type);
  switch (at.kind) {
    case 'pointer':
    case 'map':
    case 'chan':
    case 'func':
    case 'unsafe-pointer':
      return true;
    case 'struct':
      return at.fields.length === 1 && isDirect(at.fields[0]!.type);
    case 'array':
      return at.length === 1 && isDirect(at.elem);
    default:
      return false;
  }
}

export interface FoundField {
  readonly field: Field;
  /** From the start of the outermost struct; through embedded pointers the path must be walked instead. */
  readonly path: readonly Field[];
}

/** A field by Go's rule: the shallowest, embedded structs (and pointers to them) included. */
export function findField(type: Type, name: string): FoundField | undefined {
  let level: { type: Type; path: readonly Field[] }[] = [{ type, path: [] }];
  for (let depth = 0; depth < 16 && level.length > 0; depth++) {
    const next: typeof level = [];
    for (const { type: at, path } of level) {
      const struct = underlying(at);
      if (struct.kind !== 'struct' && struct.kind !== 'union') continue;
      for (const field of struct.fields) {
        if (field.name === name || (field.embedded && field.name.split('.').at(-1) === name)) return { field, path: [...path, field] };
        const inner = underlying(field.type);
        const anonymous = field.name === '' || field.embedded;
        if (anonymous) next.push({ type: inner.kind === 'pointer' ? inner.elem : field.type, path: [...path, field] });
      }
    }
    level = next;
  }
  return undefined;
}
