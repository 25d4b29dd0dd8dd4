/** Type descriptors, as Go's linker would add them: the head that all kinds have (internal/abi.Type), which is what an interface points to. */
import { KINDS, type Kind } from '../abi/kind.js';
import { alignmentOf, type GoType, sizeOf } from './types.js';

/** abi.Type: Size_ 0, Align_ 21, FieldAlign_ 22, Kind_ 23; 48 bytes in all. */
const BYTES = 48;

/** Hash, names and the parts of composite types are left 0: nothing here compares or prints types at run time. */
export function descriptorBytes(type: GoType): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(sizeOf(type)), true);
  bytes[21] = bytes[22] = alignmentOf(type);
  bytes[23] = KINDS.indexOf(kindOf(type));
  return bytes;
}

function kindOf(type: GoType): Kind {
  switch (type.kind) {
    case 'named':
      return kindOf(type.underlying());
    case 'unsafe-pointer':
      return 'unsafe.Pointer';
    case 'bool':
    case 'int':
    case 'uint':
    case 'float':
    case 'complex':
      return type.name as Kind;
    default:
      return type.kind;
  }
}
