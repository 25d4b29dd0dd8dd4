/** zstd (RFC 8878), at once, where the host has none: a browser, and Node before 22.15. */
import { Decompress } from 'fzstd';
import type { Unpacker } from '../unpack.js';

const MAGIC = 0xfd2fb528;
/** Frames without contents: 0x184d2a50 to ...5f. */
const SKIPPED = 0x184d2a5;
/** Bytes of a window: level 19 has 8 MiB. All of it is moved for each block of 128 KiB, so what names more would take minutes to fail. */
const MOST_WINDOW = 2 ** 25;
/** Bytes of a frame's content size and of its dictionary's name, by what its descriptor says (3.1.1.1). */
const SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
/** A block of one byte that is repeated. */
const RLE = 1;

/** Looks at the frames before they are unpacked. Throws RangeError for a window that nobody needs, or a content size of more than `most`. */
function checkFrames(packed: Uint8Array, most: number): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at < packed.length; ) {
    const magic = view.getUint32(at, true);
    if (magic >>> 4 === SKIPPED) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== MAGIC) throw new RangeError('no frame of zstd');
    const descriptor = view.getUint8(at + 4);
    const single = (descriptor & 0x20) !== 0;
    const sizeBytes = SIZE_BYTES[(descriptor >> 6) as 0 | 1 | 2 | 3] || (single ? 1 : 0);
    const head = at + 5 + (single ? 0 : 1) + DICTIONARY_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3];
    if (single) {
      // Its window is its content.
      const high = sizeBytes === 8 ? view.getUint32(head + 4, true) : 0;
      const low = sizeBytes === 1 ? view.getUint8(head) : sizeBytes === 2 ? view.getUint16(head, true) + 256 : view.getUint32(head, true);
      if (high > 0 || low > most) throw new RangeError(`more than ${most} bytes`);
    } else if (2 ** (10 + (view.getUint8(at + 5) >> 3)) > MOST_WINDOW) throw new RangeError(`a window of more than ${MOST_WINDOW} bytes`);
    at = head + sizeBytes;
    for (let last = false; !last; ) {
      const block = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
      last = (block & 1) !== 0;
      at += 3 + (((block >> 1) & 3) === RLE ? 1 : block >> 3);
    }
    // Its checksum.
    if ((descriptor & 4) !== 0) at += 4;
  }
}

export const unzstd: Unpacker = (packed, most) => {
  checkFrames(packed, most);
  const pieces: Uint8Array[] = [];
  let length = 0;
  new Decompress(piece => {
    length += piece.length;
    if (length > most) throw new RangeError(`more than ${most} bytes`);
    pieces.push(piece.slice());
  }).push(packed, true);
  const plain = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    plain.set(piece, at);
    at += piece.length;
  }
  return plain;
};
