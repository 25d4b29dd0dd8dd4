/** Compressed sections: SHF_COMPRESSED (gABI) with zlib or zstd, and the older `.zdebug_*` with a `ZLIB` header. */
import type { Unpack, Unpacker } from '../../host/unpack.js';
import { ByteReader, FormatError } from '../bytes.js';

const ELFCOMPRESS_ZLIB = 1;
const ELFCOMPRESS_ZSTD = 2;
/** Deflate cannot do better (1032:1); a header that promises more is a lie, and must not become an allocation. */
const BEST_ZLIB_RATIO = 1032;
/**
 * Debug sections shrink to a third or a fourth. What would grow to this many times its size, or to more than any debug section has, is a bomb: it
 * takes the debugger's memory and time, and tells it nothing. Small sections may grow to so many bytes all the same.
 */
const MOST_GROWTH = 64;
const SMALL = 16 * 2 ** 20;
const MAX_SIZE = 2 ** 31;

/** Contents of a section with an Elf64_Chdr in front. */
export function decompressSection(bytes: Uint8Array, name: string, unpack: Unpack): Uint8Array {
  const r = new ByteReader(bytes, name);
  const type = r.u32();
  r.skip(4);
  const size = r.size64();
  r.skip(8);
  const packed = r.slice(r.remaining);
  if (type === ELFCOMPRESS_ZLIB) return inflate(packed, size, name, unpack);
  if (type !== ELFCOMPRESS_ZSTD) throw new FormatError(`${name}: compression type ${type} is unknown`);
  if (!unpack.zstd) throw new FormatError(`${name}: is compressed with zstd, which cannot be decompressed here`);
  return guarded(name, size, packed, unpack.zstd);
}

/** Contents of a `.zdebug_*` section: `ZLIB`, big-endian size, zlib stream. Others are returned as they are. */
export function decompressLegacy(bytes: Uint8Array, name: string, unpack: Unpack): Uint8Array {
  if (bytes.length < 12 || !(bytes[0] === 0x5a && bytes[1] === 0x4c && bytes[2] === 0x49 && bytes[3] === 0x42)) return bytes;
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(4, false));
  return inflate(bytes.subarray(12), size, name, unpack);
}

function inflate(packed: Uint8Array, size: number, name: string, unpack: Unpack): Uint8Array {
  if (!unpack.zlib) throw new FormatError(`${name}: is compressed, and cannot be decompressed here`);
  if (size > packed.length * BEST_ZLIB_RATIO + 64)
    throw new FormatError(`${name}: ${packed.length} bytes of zlib cannot hold the ${size} that its header promises`);
  return guarded(name, size, packed, unpack.zlib);
}

function guarded(name: string, size: number, packed: Uint8Array, decompress: Unpacker): Uint8Array {
  if (size > MAX_SIZE || (size > SMALL && size > packed.length * MOST_GROWTH))
    throw new FormatError(`${name}: ${packed.length} bytes that become ${size} are no debug information: left compressed`);
  let result: Uint8Array;
  try {
    result = decompress(packed, size || 1);
  } catch (error) {
    throw new FormatError(`${name}: does not decompress: ${(error as Error).message}`);
  }
  if (result.length !== size) throw new FormatError(`${name}: decompresses to ${result.length} bytes, its header says ${size}`);
  return result;
}
