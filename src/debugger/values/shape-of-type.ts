import { array, complex, float, goInterface, goSlice, goString, integer, type Shape, struct, word } from '../../abi/shape.js';
import type { Type } from '../../image/api.js';

/** What a calling convention needs to know of a type. */
export function shapeOf(type: Type): Shape {
  switch (type.kind) {
    case 'named':
      return shapeOf(type.underlying);
    case 'float':
      return float(type.size);
    case 'complex':
      return complex(type.size);
    case 'string':
      return goString;
    case 'slice':
      return goSlice;
    case 'interface':
      return goInterface;
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
    case 'void':
      return struct({});
    case 'bool':
    case 'int':
    case 'uint':
    case 'char':
    case 'enum':
      return integer(type.size);
    default:
      return word;
  }
}
