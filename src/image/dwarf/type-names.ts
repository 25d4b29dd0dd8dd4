import type { Type } from '../api.js';

/** How deep a type expression may nest. */
const MAX_DEPTH = 50;

/** What the parser needs from the image: types by exact name. */
export type FindType = (name: string) => Type | undefined;

const POINTER_SIZE = 8;

export const VOID: Type = { kind: 'void', name: 'void', size: 0 };

function pointerTo(elem: Type, name: string): Type {
  return { kind: 'pointer', name, size: POINTER_SIZE, elem };
}

export function arrayTypeName(elem: Type, length: number, name: string): Type {
  return { kind: 'array', name, size: elem.size * length, elem, length };
}

/** Go's predeclared types, for programs whose DWARF lacks one (DWARF has only types that are used). */
const PREDECLARED: ReadonlyMap<string, Type> = new Map(
  (
    [
      { kind: 'bool', name: 'bool', size: 1 },
      { kind: 'int', name: 'int', size: 8 },
      { kind: 'int', name: 'int8', size: 1 },
      { kind: 'int', name: 'int16', size: 2 },
      { kind: 'int', name: 'int32', size: 4 },
      { kind: 'int', name: 'int64', size: 8 },
      { kind: 'uint', name: 'uint', size: 8 },
      { kind: 'uint', name: 'uint8', size: 1 },
      { kind: 'uint', name: 'uint16', size: 2 },
      { kind: 'uint', name: 'uint32', size: 4 },
      { kind: 'uint', name: 'uint64', size: 8 },
      { kind: 'uint', name: 'uintptr', size: 8 },
      { kind: 'float', name: 'float32', size: 4 },
      { kind: 'float', name: 'float64', size: 8 },
      { kind: 'complex', name: 'complex64', size: 8 },
      { kind: 'complex', name: 'complex128', size: 16 },
      { kind: 'string', name: 'string', size: 16 },
      { kind: 'unsafe-pointer', name: 'unsafe.Pointer', size: 8 },
      { kind: 'interface', name: 'interface {}', size: 16, empty: true },
      { kind: 'interface', name: 'error', size: 16, empty: false },
    ] as const satisfies readonly Type[]
  ).map(type => [type.name, type]),
);

const GO_ALIASES: ReadonlyMap<string, string> = new Map([
  ['byte', 'uint8'],
  ['rune', 'int32'],
  ['any', 'interface {}'],
  ['interface{}', 'interface {}'],
  ['struct{}', 'struct {}'],
]);

/** C spells one integer type in several ways; DWARF has gcc's or clang's. */
const C_INTEGERS: readonly (readonly string[])[] = [
  ['char'],
  ['signed char'],
  ['unsigned char'],
  ['short int', 'short', 'signed short', 'short signed int', 'signed short int'],
  ['short unsigned int', 'unsigned short', 'unsigned short int'],
  ['int', 'signed', 'signed int'],
  ['unsigned int', 'unsigned'],
  ['long int', 'long', 'signed long', 'signed long int', 'long signed int'],
  ['long unsigned int', 'unsigned long', 'unsigned long int'],
  ['long long int', 'long long', 'signed long long', 'signed long long int', 'long long signed int'],
  ['long long unsigned int', 'unsigned long long', 'unsigned long long int'],
];
const C_SPELLINGS: ReadonlyMap<string, readonly string[]> = new Map(C_INTEGERS.flatMap(group => group.map(name => [name, group] as const)));

const LONG_FORMS: readonly (readonly [RegExp, string])[] = [
  [/\blong long unsigned int\b/g, 'unsigned long long'],
  [/\blong long int\b/g, 'long long'],
  [/\blong unsigned int\b/g, 'unsigned long'],
  [/\blong int\b/g, 'long'],
  [/\bshort unsigned int\b/g, 'unsigned short'],
  [/\bshort int\b/g, 'short'],
];

/** C integer types as people (and gdb) write them, where gcc's DWARF says `long unsigned int`. */
export function shortIntegers(name: string): string {
  return LONG_FORMS.reduce((text, [long, short]) => text.replace(long, short), name);
}

/**
 * The type that an expression as users write it names, Go's way (`*runtime.g`, `[]T`, `[4]T`, `map[K]V`, `chan T`) or C's (`struct point *`,
 * `unsigned long`, `char[10]`). Pointers, slices and arrays of known types need not be in the image; maps, channels and funcs must.
 */
export function parseTypeName(text: string, find: FindType): Type | undefined {
  return parse(normalise(text), find, 0);
}

/** One blank where any may stand, none after brackets or around `*` and commas in type arguments. */
function normalise(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/\[\s+/g, '[')
    .replace(/\s+\]/g, ']')
    .replace(/^\*\s+/, '*');
}

function parse(text: string, find: FindType, depth: number): Type | undefined {
  if (depth > MAX_DEPTH || text === '') return undefined;
  const name = GO_ALIASES.get(text) ?? text;
  // Type arguments: DWARF has no blank behind their commas.
  const exact = find(text) ?? find(name) ?? (name.includes(', ') ? find(name.replace(/, /g, ',')) : undefined) ?? PREDECLARED.get(name);
  if (exact) return exact;
  // One or the other, never both: trying both at each level would double the work with every `*`.
  return GO_FORM.test(text) ? parseGo(text, find, depth + 1) : parseC(text, find, depth + 1);
}

const GO_FORM = /^(?:[*([]|map\[|chan |<-chan |chan<- )/;

function parseGo(text: string, find: FindType, depth: number): Type | undefined {
  const inner = (from: number) => parse(text.slice(from).trim(), find, depth);
  if (text.startsWith('*')) {
    const elem = inner(1);
    return elem && (find(`*${elem.name}`) ?? pointerTo(elem, `*${elem.name}`));
  }
  if (text.startsWith('(') && closing(text, 0) === text.length - 1) return parse(text.slice(1, -1).trim(), find, depth);
  if (text.startsWith('[]')) {
    const elem = inner(2);
    return elem && (find(`[]${elem.name}`) ?? { kind: 'slice', name: `[]${elem.name}`, size: 24, elem });
  }
  const array = /^\[(\d{1,15})\]/.exec(text);
  if (array) {
    const elem = inner(array[0].length);
    if (!elem) return undefined;
    const name = `[${Number(array[1])}]${elem.name}`;
    return find(name) ?? arrayTypeName(elem, Number(array[1]), name);
  }
  if (text.startsWith('map[')) {
    const close = closing(text, 3);
    const key = close > 0 ? parse(text.slice(4, close), find, depth) : undefined;
    const elem = key && inner(close + 1);
    return elem && find(`map[${key.name}]${elem.name}`);
  }
  for (const prefix of ['<-chan ', 'chan<- ', 'chan ']) {
    if (!text.startsWith(prefix)) continue;
    const elem = inner(prefix.length);
    return elem && find(`${prefix}${elem.name}`);
  }
  return undefined;
}

/** Index of the bracket that closes the one at `open`; -1: none. */
export function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text[i]!;
    if (c === '[' || c === '(' || c === '{') depth++;
    else if ((c === ']' || c === ')' || c === '}') && --depth === 0) return i;
  }
  return -1;
}

function parseC(text: string, find: FindType, depth: number): Type | undefined {
  const pointer = /^(.*?)\s*\*\s*(?:const|volatile|restrict)?$/.exec(text);
  if (pointer) {
    const elem = pointer[1] === 'void' ? VOID : parse(pointer[1]!, find, depth);
    return elem && pointerTo(elem, `${elem.name}${elem.name.endsWith('*') ? '' : ' '}*`);
  }
  const array = /^(.*?)\s*\[(\d{1,15})\]$/.exec(text);
  if (array) {
    const elem = parse(array[1]!, find, depth);
    return elem && arrayTypeName(elem, Number(array[2]), `${elem.name} [${Number(array[2])}]`);
  }
  const qualified = /^(?:const|volatile) (.*)$/.exec(text) ?? /^(.*) (?:const|volatile)$/.exec(text);
  if (qualified) return parse(qualified[1]!, find, depth);
  for (const name of C_SPELLINGS.get(text) ?? []) {
    const type = find(name);
    if (type) return type;
  }
  return undefined;
}

/**
 * Splits the spelling of a Go func type into those of its parameters and results: `func(int, ...string) (bool, error)`. Undefined when the
 * text is not one.
 */
export function splitFunc(text: string): { params: string[]; results: string[] } | undefined {
  if (!text.startsWith('func(')) return undefined;
  const close = closing(text, 4);
  if (close < 0) return undefined;
  const rest = text.slice(close + 1).trim();
  const results = rest.startsWith('(') && closing(rest, 0) === rest.length - 1 ? splitList(rest.slice(1, -1)) : rest === '' ? [] : [rest];
  return { params: splitList(text.slice(5, close)), results };
}

/** The parts of a list of types or parameters; a local type's arguments stand before a semicolon. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '[' || c === '(' || c === '{') depth++;
    else if (c === ']' || c === ')' || c === '}') depth--;
    else if ((c === ',' || c === ';') && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  const last = text.slice(start).trim();
  if (last !== '') parts.push(last);
  return parts;
}
