/**
 * What a calling convention needs to know of a type: its size, its alignment, and which scalars lie where in it. Types of any origin
 * (DWARF, Go declarations) are reduced to this.
 */

export type Shape =
  /** Integers, bool, pointers, and every Go value of one word. 16 bytes: C's __int128. */
  | { readonly kind: 'integer'; readonly size: number; readonly align: number }
  /** float32, float64; 16 bytes: C's 80-bit `long double`. */
  | { readonly kind: 'float'; readonly size: number; readonly align: number }
  | {
      readonly kind: 'struct';
      readonly size: number;
      readonly align: number;
      readonly fields: readonly ShapeField[];
      /** C's `_Complex`: the psABI treats `long double _Complex` unlike a struct of two. */
      readonly complex?: true;
    }
  /** All fields at offset 0 (C only). */
  | { readonly kind: 'union'; readonly size: number; readonly align: number; readonly fields: readonly ShapeField[] }
  | { readonly kind: 'array'; readonly size: number; readonly align: number; readonly elem: Shape; readonly length: number };

export interface ShapeField {
  readonly name: string;
  readonly shape: Shape;
  /** In bytes from the start of the value. */
  readonly offset: number;
}

export const alignUp = (value: number, align: number): number => Math.ceil(value / align) * align;

export const integer = (size: number): Shape => ({ kind: 'integer', size, align: size });
export const float = (size: number): Shape => ({ kind: 'float', size, align: size });
export const word = integer(8);

/** A struct laid out as Go and C do: each field at its alignment, the size rounded up to the largest. */
export function struct(members: Readonly<Record<string, Shape>>): Shape & { readonly kind: 'struct' } {
  let size = 0;
  let align = 1;
  const fields: ShapeField[] = [];
  for (const [name, shape] of Object.entries(members)) {
    size = alignUp(size, shape.align);
    fields.push({ name, shape, offset: size });
    size += shape.size;
    align = Math.max(align, shape.align);
  }
  return { kind: 'struct', size: alignUp(size, align), align, fields };
}

export function union(members: Readonly<Record<string, Shape>>): Shape {
  const shapes = Object.values(members);
  const align = Math.max(1, ...shapes.map(shape => shape.align));
  const size = alignUp(Math.max(0, ...shapes.map(shape => shape.size)), align);
  return { kind: 'union', size, align, fields: Object.entries(members).map(([name, shape]) => ({ name, shape, offset: 0 })) };
}

export const array = (elem: Shape, length: number): Shape => ({
  kind: 'array',
  size: elem.size * length,
  align: elem.align,
  elem,
  length,
});

/** Go's built-in composites, as the compiler takes them apart (Go ABI specification, "Function call argument and result passing"). */
export const goString = struct({ ptr: word, len: word });
export const goSlice = struct({ ptr: word, len: word, cap: word });
export const goInterface = struct({ type: word, data: word });
/** A complex number of `size` bytes: real part, then imaginary part. */
export const complex = (size: number): Shape => ({ ...struct({ real: float(size / 2), imag: float(size / 2) }), complex: true });

/** A type without parts of its own, by its kind in Go or C and its size in bytes; what is not named here is a word, as pointers are. */
export function shapeOfKind(kind: string, size: number): Shape {
  switch (kind) {
    case 'bool':
    case 'int':
    case 'uint':
    case 'char':
    case 'enum':
      return integer(size);
    case 'float':
      return float(size);
    case 'complex':
      return complex(size);
    case 'string':
      return goString;
    case 'slice':
      return goSlice;
    case 'interface':
      return goInterface;
    case 'void':
      return struct({});
    default:
      return word;
  }
}

export interface Scalar {
  /** Field path inside the value: `''`, `.ptr`, `.pos[1].x`. */
  readonly path: string;
  readonly kind: 'integer' | 'float';
  readonly offset: number;
  readonly size: number;
  readonly align: number;
}

/** The scalars of a value in memory order (a union's members overlap). */
export function scalars(shape: Shape, offset = 0, path = ''): Scalar[] {
  switch (shape.kind) {
    case 'integer':
    case 'float':
      return [{ path, kind: shape.kind, offset, size: shape.size, align: shape.align }];
    case 'struct':
    case 'union':
      return shape.fields.flatMap(field => scalars(field.shape, offset + field.offset, `${path}.${field.name}`));
    case 'array':
      return Array.from({ length: shape.length }, (_, i) => scalars(shape.elem, offset + i * shape.elem.size, `${path}[${i}]`)).flat();
  }
}
