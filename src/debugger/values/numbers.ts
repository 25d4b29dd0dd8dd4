/** Numbers and strings as Go and gdb write them. */

/** The shortest decimal that reads back as the same float32 or float64, without an exponent below 1e21 (strconv's 'f', -1). */
export function floatText(value: number, size: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = size === 4 ? shortestFloat32(value) : String(value);
  return text.includes('e') ? plainExponent(text) : text;
}

function shortestFloat32(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

/** JavaScript's `1.5e-7` is written out; beyond 21 digits it stays, with Go's two-digit exponent. */
function plainExponent(text: string): string {
  const [mantissa, exponent] = text.split('e') as [string, string];
  const power = Number(exponent);
  if (power >= 21 || power < -21) return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const negative = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  return `${negative}0.${'0'.repeat(-power - 1)}${digits}`;
}

/** C's %g with 9 digits for float and 17 for double, as gdb prints. */
export function cFloatText(value: number, size: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0';
  const precision = size === 4 ? 9 : 17;
  const exponent = value === 0 ? 0 : Number(value.toExponential(precision - 1).split('e')[1]);
  if (exponent < -5 || exponent >= precision) {
    const [mantissa] = value.toExponential(precision - 1).split('e') as [string];
    const sign = exponent < 0 ? '-' : '+';
    return `${trimZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return trimZeros(value.toPrecision(precision));
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

export const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const ESCAPES: Readonly<Record<number, string>> = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r', 92: '\\' };

/** A Go string literal of the bytes: UTF-8 shown as such, other bytes as \xNN. */
export function quoteBytes(bytes: Uint8Array, quote = '"'): string {
  let out = quote;
  for (let at = 0; at < bytes.length; ) {
    const { point, length } = decodeRune(bytes, at);
    if (point === undefined) out += `\\x${bytes[at]!.toString(16).padStart(2, '0')}`;
    else out += quotePoint(point, quote);
    at += length;
  }
  return out + quote;
}

function quotePoint(point: number, quote: string): string {
  const letter = ESCAPES[point];
  if (letter !== undefined) return `\\${letter}`;
  const char = String.fromCodePoint(point);
  if (char === quote) return `\\${quote}`;
  if (PRINTABLE.test(char)) return char;
  if (point < 0x80) return `\\x${point.toString(16).padStart(2, '0')}`;
  return point < 0x1_0000 ? `\\u${point.toString(16).padStart(4, '0')}` : `\\U${point.toString(16).padStart(8, '0')}`;
}

/** One code point of UTF-8; undefined where the bytes are no valid encoding, of length 1 then. */
export function decodeRune(bytes: Uint8Array, at: number): { point: number | undefined; length: number } {
  const first = bytes[at]!;
  if (first < 0x80) return { point: first, length: 1 };
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || first > 0xf4 || at + length > bytes.length) return { point: undefined, length: 1 };
  let point = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i]!;
    if ((byte & 0xc0) !== 0x80) return { point: undefined, length: 1 };
    point = (point << 6) | (byte & 0x3f);
  }
  const least = [0, 0, 0x80, 0x800, 0x1_0000][length]!;
  const valid = point >= least && point <= 0x10_ffff && (point < 0xd800 || point > 0xdfff);
  return valid ? { point, length } : { point: undefined, length: 1 };
}

/** C's escapes: octal for what is not printable. */
export function quoteC(bytes: Uint8Array, quote: string): string {
  let out = quote;
  for (const byte of bytes) {
    const plain = quoteBytes(Uint8Array.of(byte), quote).slice(1, -1);
    if (plain.startsWith('\\x')) out += `\\${byte.toString(8).padStart(3, '0')}`;
    else out += plain;
  }
  return out + quote;
}

/** A string as gdb shows it where the terminal speaks UTF-8: what is printable as such, every other byte in C's escapes. */
export function quoteText(bytes: Uint8Array): string {
  let out = '"';
  for (let at = 0; at < bytes.length; ) {
    const { point, length } = decodeRune(bytes, at);
    const char = point === undefined || point < 0x80 ? '' : String.fromCodePoint(point);
    out += PRINTABLE.test(char) ? char : quoteC(bytes.subarray(at, at + length), '"').slice(1, -1);
    at += length;
  }
  return `${out}"`;
}
