/** Bytes without Node's Buffer: comparing, searching, text. */

const encoder = new TextEncoder();
/** A byte order mark is a character like others. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** What is no UTF-8 becomes U+FFFD. */
export const utf8Text = (bytes: Uint8Array): string => decoder.decode(bytes);

const TWO_DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Two lower-case digits a byte, nothing between. */
export function hexText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += TWO_DIGITS[bytes[i]!]!;
  return text;
}

/** The bytes of such a text. */
export const hexBytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], byte => Number.parseInt(byte, 16));

/** Negative, 0 or positive, as the first difference says; of two that begin alike the shorter is less. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const words = ((a.byteOffset | b.byteOffset) & 3) === 0 ? a.length >> 2 : 0;
  if (words > 0) {
    const left = new Uint32Array(a.buffer, a.byteOffset, words);
    const right = new Uint32Array(b.buffer, b.byteOffset, words);
    for (let i = 0; i < words; i++) if (left[i] !== right[i]) return false;
  }
  for (let i = words * 4; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Where a pattern stands next, from an index on; -1: nowhere. */
export function indexOfBytes(bytes: Uint8Array, pattern: Uint8Array, from = 0): number {
  return search(bytes, pattern, skips(pattern), from);
}

/** Where a pattern stands, every time, in order. */
export function* everyIndexOf(bytes: Uint8Array, pattern: Uint8Array): Iterable<number> {
  const skip = skips(pattern);
  for (let at = search(bytes, pattern, skip, 0); at >= 0; at = search(bytes, pattern, skip, at + 1)) yield at;
}

/** Horspool's table: how far the pattern can move on when a byte stands where its last one is. */
function skips(pattern: Uint8Array): Int32Array {
  const last = pattern.length - 1;
  const skip = new Int32Array(256).fill(pattern.length);
  for (let i = 0; i < last; i++) skip[pattern[i]!] = last - i;
  return skip;
}

function search(bytes: Uint8Array, pattern: Uint8Array, skip: Int32Array, from: number): number {
  const last = pattern.length - 1;
  if (last < 0) return from <= bytes.length ? from : -1;
  if (last === 0) return bytes.indexOf(pattern[0]!, from);
  const end = bytes.length - pattern.length;
  for (let at = from; at <= end; ) {
    const byte = bytes[at + last]!;
    if (byte === pattern[last]) {
      let i = 0;
      while (i < last && bytes[at + i] === pattern[i]) i++;
      if (i === last) return at;
    }
    at += skip[byte]!;
  }
  return -1;
}

/**
 * Numbers of the rows, of `stride` words of 32 bits each, whose word `column` has that value, in order: in a table that is still the file's bytes, by the
 * engine's own search.
 */
export function* everyRowWith(bytes: Uint8Array, stride: number, column: number, value: number): Iterable<number> {
  const { buffer, byteOffset } = (bytes.byteOffset & 3) === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(buffer, byteOffset, bytes.length >> 2);
  for (let at = words.indexOf(value); at >= 0; at = words.indexOf(value, at + 1)) if (at % stride === column) yield (at - column) / stride;
}

/** Base64 (RFC 4648, section 4), and back. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const four = [a! >> 2, ((a! & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63];
    const count = Math.min(4, bytes.length - at + 1);
    text += four.map((each, index) => (index < count ? BASE64[each] : '=')).join('');
  }
  return text;
}

export function fromBase64(text: string): Uint8Array {
  const digits = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const digit of digits) {
    held = ((held << 6) | BASE64.indexOf(digit)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
  }
  return bytes;
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
