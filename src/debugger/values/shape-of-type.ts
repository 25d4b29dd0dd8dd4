import { array, integer, type Shape, shapeOfKind } from '../../abi/shape.js';
import type { Type } from '../../image/api.js';

/** What a calling convention needs to know of a type. */
export function shapeOf(type: Type): Shape {
  switch (type.kind) {
    case 'named':
      return shapeOf(type.underlying);
    case 'array':
      return array(shapeOf(type.elem), type.length);
    case 'struct':
    case 'union': {
      // A bit field is part of an integer: which half of a register it lies in is all that matters.
      const fields = type.fields.map(({ name, type: own, offset, bitSize }) => ({
        name,
        shape: bitSize === undefined ? shapeOf(own) : integer(1),
        offset,
      }));
      return { kind: type.kind, size: type.size, align: Math.max(1, ...fields.map(({ shape }) => shape.align)), fields };
    }
    default:
      return shapeOfKind(type.kind, type.size);
  }
}
