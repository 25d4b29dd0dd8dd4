/** Argument and result assignment of Go's ABIInternal and ABI0 (Go ABI specification, "Assignment of arguments and results"). */
import type { Convention, RegisterName } from './convention.js';
import type { Assignment, Place, ValuePart } from './place.js';
import { alignUp, type Shape } from './shape.js';

const RETURN_ADDRESS = 8;
const POINTER = 8;

/** Hands out the registers of one sequence pair; a value gets all it needs or none. */
class Sequence {
  private integers = 0;
  private floats = 0;

  constructor(
    private readonly integerRegisters: readonly RegisterName[],
    private readonly floatRegisters: readonly RegisterName[],
  ) {}

  take(shape: Shape): ValuePart[] | undefined {
    const [integers, floats] = [this.integers, this.floats];
    const parts: ValuePart[] = [];
    if (this.place(shape, 0, '', parts)) return parts;
    this.integers = integers;
    this.floats = floats;
    return undefined;
  }

  private place(shape: Shape, offset: number, path: string, parts: ValuePart[]): boolean {
    switch (shape.kind) {
      case 'integer':
      case 'float': {
        const register = shape.kind === 'integer' ? this.integerRegisters[this.integers++] : this.floatRegisters[this.floats++];
        if (register === undefined) return false;
        parts.push({ register, offset, size: shape.size, path });
        return true;
      }
      case 'struct':
        return shape.fields.every(field => this.place(field.shape, offset + field.offset, `${path}.${field.name}`, parts));
      case 'array':
        return shape.length === 0 || (shape.length === 1 && this.place(shape.elem, offset, `${path}[0]`, parts));
      case 'union':
        return false;
    }
  }
}

/** `params` starts with the receiver, if there is one. */
export function assignGo(convention: Convention, params: readonly Shape[], results: readonly Shape[]): Assignment {
  let stack = RETURN_ADDRESS;
  const assign = (shapes: readonly Shape[], sequence: Sequence): Place[] =>
    shapes.map(shape => {
      const parts = shape.size === 0 ? undefined : sequence.take(shape);
      if (parts) return { in: 'registers', parts };
      stack = alignUp(stack, shape.align);
      const offset = stack;
      stack += shape.size;
      return { in: 'stack', offset };
    });
  const places = assign(params, new Sequence(convention.integerArguments, convention.floatArguments));
  stack = alignUp(stack, POINTER);
  const resultPlaces = assign(results, new Sequence(convention.integerResults, convention.floatResults));
  stack = alignUp(stack, POINTER);
  let spill = stack;
  const spilled = places.map((place, i): Place => {
    if (place.in !== 'registers') return place;
    const shape = params[i]!;
    spill = alignUp(spill, shape.align);
    const slot = spill;
    spill += shape.size;
    return { ...place, spill: slot };
  });
  return {
    params: spilled,
    results: resultPlaces,
    stackBytes: stack - RETURN_ADDRESS,
    spillBytes: alignUp(spill, POINTER) - stack,
  };
}
