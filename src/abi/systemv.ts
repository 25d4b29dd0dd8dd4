/** Argument and result assignment of the System V convention (AMD64 psABI, 3.2.3) and of Linux system calls. */
import type { Convention, RegisterName } from './convention.js';
import type { Assignment, Place, ValuePart } from './place.js';
import { alignUp, type Scalar, type Shape, scalars } from './shape.js';

const RETURN_ADDRESS = 8;
const EIGHTBYTE = 8;
const LONG_DOUBLE = 16;

type Class = 'INTEGER' | 'SSE' | 'NONE';
type Classes = readonly Class[] | 'MEMORY' | 'X87' | 'COMPLEX_X87';

const isLongDouble = (scalar: Scalar): boolean => scalar.kind === 'float' && scalar.size === LONG_DOUBLE;

function classify(shape: Shape): Classes {
  const leaves = scalars(shape);
  if (leaves.some(isLongDouble)) {
    if (leaves.length === 1) return 'X87';
    return shape.kind === 'struct' && shape.complex ? 'COMPLEX_X87' : 'MEMORY';
  }
  if (shape.size > 2 * EIGHTBYTE || leaves.some(leaf => leaf.offset % leaf.align !== 0)) return 'MEMORY';
  const classes: Class[] = Array.from({ length: Math.ceil(shape.size / EIGHTBYTE) }, () => 'NONE');
  for (const leaf of leaves) {
    const last = Math.floor((leaf.offset + leaf.size - 1) / EIGHTBYTE);
    for (let i = Math.floor(leaf.offset / EIGHTBYTE); i <= last; i++) {
      if (leaf.kind === 'integer') classes[i] = 'INTEGER';
      else if (classes[i] === 'NONE') classes[i] = 'SSE';
    }
  }
  return classes;
}

/** The scalar that alone fills the eightbyte names it; several together have no name of their own. */
function pathOf(shape: Shape, eightbyte: number): string {
  const inside = scalars(shape).filter(leaf => Math.floor(leaf.offset / EIGHTBYTE) === eightbyte);
  return inside.length === 1 ? inside[0]!.path : '';
}

class Sequence {
  private integers = 0;
  private floats = 0;

  constructor(
    private readonly integerRegisters: readonly RegisterName[],
    private readonly floatRegisters: readonly RegisterName[],
  ) {}

  takeInteger(): RegisterName | undefined {
    return this.integerRegisters[this.integers++];
  }

  take(shape: Shape, classes: readonly Class[]): ValuePart[] | undefined {
    const [integers, floats] = [this.integers, this.floats];
    const parts: ValuePart[] = [];
    for (const [i, kind] of classes.entries()) {
      if (kind === 'NONE') continue;
      const register = kind === 'INTEGER' ? this.integerRegisters[this.integers++] : this.floatRegisters[this.floats++];
      if (register === undefined) {
        this.integers = integers;
        this.floats = floats;
        return undefined;
      }
      const offset = i * EIGHTBYTE;
      parts.push({ register, offset, size: Math.min(EIGHTBYTE, shape.size - offset), path: pathOf(shape, i) });
    }
    return parts;
  }
}

function resultPlace(shape: Shape, sequence: Sequence): Place {
  const classes = classify(shape);
  if (classes === 'X87') return { in: 'registers', parts: [{ register: 'st0', offset: 0, size: 10, path: '' }] };
  if (classes === 'COMPLEX_X87') {
    const part = (register: 'st0' | 'st1', offset: number, path: string): ValuePart => ({ register, offset, size: 10, path });
    return { in: 'registers', parts: [part('st0', 0, '.real'), part('st1', LONG_DOUBLE, '.imag')] };
  }
  const parts = classes === 'MEMORY' ? undefined : sequence.take(shape, classes);
  return parts ? { in: 'registers', parts } : { in: 'memory', address: 'rax' };
}

/** At most one result, as C has it. Parameters beyond the registers of a system call are refused by the kernel's table, not here. */
export function assignSystemV(convention: Convention, params: readonly Shape[], results: readonly Shape[]): Assignment {
  const places = results.map(shape => resultPlace(shape, new Sequence(convention.integerResults, convention.floatResults)));
  const sequence = new Sequence(convention.integerArguments, convention.floatArguments);
  if (places.some(place => place.in === 'memory')) sequence.takeInteger();
  let stack = RETURN_ADDRESS;
  const paramPlaces = params.map((shape): Place => {
    const classes = classify(shape);
    const parts = typeof classes === 'string' ? undefined : sequence.take(shape, classes);
    if (parts) return { in: 'registers', parts };
    // Alignment counts from the first argument slot: RSP+8 at entry is a multiple of 16.
    stack = RETURN_ADDRESS + alignUp(stack - RETURN_ADDRESS, Math.max(EIGHTBYTE, shape.align));
    const offset = stack;
    stack += alignUp(shape.size, EIGHTBYTE);
    return { in: 'stack', offset };
  });
  return { params: paramPlaces, results: places, stackBytes: stack - RETURN_ADDRESS, spillBytes: 0 };
}
