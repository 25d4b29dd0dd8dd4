/**
 * Go's types as declarations spell them, with their layout: Go specification, "Size and alignment guarantees", and cmd/compile on amd64
 * (fields in order, each at its alignment, the struct's size a multiple of its own).
 */
import type { SourcePosition } from './diagnostics.js';

export type DeclaredConvention = 'ABIInternal' | 'ABI0' | 'C';

export type GoType =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'float' | 'complex'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'unsafe-pointer' | 'string' }
  | { readonly kind: 'pointer' | 'slice' | 'chan'; readonly elem: GoType }
  | { readonly kind: 'array'; readonly elem: GoType; readonly length: number }
  | { readonly kind: 'map'; readonly key: GoType; readonly elem: GoType }
  | { readonly kind: 'interface'; readonly empty: boolean }
  | { readonly kind: 'func'; readonly params: readonly Parameter[]; readonly results: readonly Parameter[] }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] }
  /** A declared type, by its name with package; `underlying` resolves when all declarations are read. */
  | { readonly kind: 'named'; readonly name: string; readonly underlying: () => GoType };

export interface StructField {
  readonly name: string;
  readonly type: GoType;
  readonly embedded: boolean;
}

export interface Parameter {
  /** Empty when the declaration gives none. */
  readonly name: string;
  readonly type: GoType;
}

export interface DeclaredSignature {
  /** With package. */
  readonly name: string;
  readonly receiver?: Parameter;
  readonly params: readonly Parameter[];
  readonly results: readonly Parameter[];
  /** From `//r14:abi NAME` in front of the declaration; undefined: as the TEXT says. */
  readonly convention?: DeclaredConvention;
  /** From `//go:norace` in front of it. */
  readonly norace?: boolean;
  readonly at: SourcePosition;
}

const WORD = 8;
const NUMBERS: Readonly<Record<string, GoType>> = Object.fromEntries(
  (
    [
      ['bool', 'bool', 1],
      ['int', 'int', 8],
      ['int8', 'int', 1],
      ['int16', 'int', 2],
      ['int32', 'int', 4],
      ['int64', 'int', 8],
      ['uint', 'uint', 8],
      ['uint8', 'uint', 1],
      ['uint16', 'uint', 2],
      ['uint32', 'uint', 4],
      ['uint64', 'uint', 8],
      ['uintptr', 'uint', 8],
      ['float32', 'float', 4],
      ['float64', 'float', 8],
      ['complex64', 'complex', 8],
      ['complex128', 'complex', 16],
    ] as const
  ).map(([name, kind, bytes]) => [name, { kind, name, bytes }]),
);
/** Predeclared types whose values are numbers or bools, by every name that they have. */
export const BASIC: Readonly<Record<string, GoType>> = { ...NUMBERS, byte: NUMBERS.uint8, rune: NUMBERS.int32 };

export function sizeOf(type: GoType): number {
  switch (type.kind) {
    case 'string':
    case 'interface':
      return 2 * WORD;
    case 'slice':
      return 3 * WORD;
    case 'array':
      return type.length * sizeOf(type.elem);
    case 'struct': {
      const offsets = fieldOffsets(type.fields);
      const last = type.fields[type.fields.length - 1];
      if (last === undefined) return 0;
      const end = offsets[offsets.length - 1] + sizeOf(last.type);
      // A pointer to a final field of no size must not point behind the struct.
      return align(sizeOf(last.type) === 0 && end > 0 ? end + 1 : end, alignmentOf(type));
    }
    case 'named':
      return sizeOf(type.underlying());
    case 'bool':
    case 'int':
    case 'uint':
    case 'float':
    case 'complex':
      return type.bytes;
    default:
      return WORD;
  }
}

export function alignmentOf(type: GoType): number {
  switch (type.kind) {
    case 'array':
      return alignmentOf(type.elem);
    case 'struct':
      return Math.max(1, ...type.fields.map(field => alignmentOf(field.type)));
    case 'named':
      return alignmentOf(type.underlying());
    case 'complex':
      return type.bytes / 2;
    case 'bool':
    case 'int':
    case 'uint':
    case 'float':
      return type.bytes;
    default:
      return WORD;
  }
}

/** Offset of each field. */
export function fieldOffsets(fields: readonly StructField[]): number[] {
  let at = 0;
  return fields.map(field => {
    const offset = align(at, alignmentOf(field.type));
    at = offset + sizeOf(field.type);
    return offset;
  });
}

export const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/** As Go spells it. */
export function typeName(type: GoType): string {
  switch (type.kind) {
    case 'unsafe-pointer':
      return 'unsafe.Pointer';
    case 'string':
      return 'string';
    case 'pointer':
      return `*${typeName(type.elem)}`;
    case 'slice':
      return `[]${typeName(type.elem)}`;
    case 'chan':
      return `chan ${typeName(type.elem)}`;
    case 'array':
      return `[${type.length}]${typeName(type.elem)}`;
    case 'map':
      return `map[${typeName(type.key)}]${typeName(type.elem)}`;
    case 'interface':
      return type.empty ? 'interface {}' : 'interface { ... }';
    case 'func': {
      const list = (parameters: readonly Parameter[]) => parameters.map(parameter => typeName(parameter.type)).join(', ');
      const results = type.results.length === 0 ? '' : type.results.length === 1 ? ` ${list(type.results)}` : ` (${list(type.results)})`;
      return `func(${list(type.params)})${results}`;
    }
    case 'struct':
      return type.fields.length === 0
        ? 'struct {}'
        : `struct { ${type.fields.map(field => (field.embedded ? typeName(field.type) : `${field.name} ${typeName(field.type)}`)).join('; ')} }`;
    default:
      return type.name;
  }
}
