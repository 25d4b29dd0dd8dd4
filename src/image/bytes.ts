/**
 * Little-endian reading with bounds: every reader of `src/image` goes through here, so a corrupt file ends in a `FormatError` that says
 * where, never in `undefined` or a RangeError of JavaScript's own.
 */
import { Told } from '../host/told.js';

/** Bytes that are not what they should be. The message is one line; whoever reads a whole section turns it into a problem entry. */
export class FormatError extends Told {
  override name = 'FormatError';
  constructor(message: string) {
    // Names from a corrupt file must not break the line.
    super(message.replace(/\p{Cc}/gu, '?'));
  }
}

const decoder = new TextDecoder('utf-8');

/** A cursor over bytes. `end` and `offset` count from the start of `bytes`. */
export class ByteReader {
  private readonly view: DataView;
  readonly end: number;

  /** `what` names the bytes in errors (`.debug_info`). */
  constructor(
    readonly bytes: Uint8Array,
    readonly what: string,
    public offset = 0,
    end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = Math.min(end, bytes.length);
    if (!(offset >= 0 && offset <= this.end)) this.fail(`offset 0x${offset.toString(16)} is outside`);
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  fail(message: string): never {
    throw new FormatError(`${this.what}: ${message} (at 0x${this.offset.toString(16)} of 0x${this.end.toString(16)} bytes)`);
  }

  seek(offset: number): void {
    if (!(offset >= 0 && offset <= this.end)) this.fail(`offset 0x${offset.toString(16)} is outside`);
    this.offset = offset;
  }

  skip(length: number): void {
    this.take(length);
  }

  /** Moves past `length` bytes and returns where they start. */
  private take(length: number): number {
    const at = this.offset;
    if (!(length >= 0 && length <= this.end - at)) this.fail(`${length} bytes wanted, ${this.end - at} left`);
    this.offset = at + length;
    return at;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  i8(): number {
    return this.view.getInt8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  i16(): number {
    return this.view.getInt16(this.take(2), true);
  }

  u24(): number {
    const at = this.take(3);
    return this.view.getUint16(at, true) | (this.view.getUint8(at + 2) << 16);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }

  i64(): bigint {
    return this.view.getBigInt64(this.take(8), true);
  }

  /** A 64-bit size or offset as a number; one that a number cannot hold is an error. */
  size64(): number {
    const at = this.take(8);
    const high = this.view.getUint32(at + 4, true);
    if (high >= 0x200000) this.fail(`0x${this.view.getBigUint64(at, true).toString(16)} is no size or offset`);
    return high * 0x1_0000_0000 + this.view.getUint32(at, true);
  }

  /** Unsigned LEB128 as a number (DWARF 5, 7.6); one past 2^53 is an error. */
  uleb(): number {
    let result = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
      if (scale > 2 ** 63) this.fail('LEB128 without end');
    }
    if (result > Number.MAX_SAFE_INTEGER) this.fail('LEB128 value past 2^53');
    return result;
  }

  /** Unsigned LEB128 that may stand for a negative number modulo 2^64, as in Go's offsets from a base address. */
  ulebOffset(): number {
    const start = this.offset;
    let result = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
    }
    this.offset = start;
    const value = Number(BigInt.asIntN(64, this.ulebBig()));
    if (!Number.isSafeInteger(value)) this.fail('offset past 2^53');
    return value;
  }

  /** Signed LEB128 as a number; one past 2^53 either way is an error. */
  sleb(): number {
    const start = this.offset;
    let result = 0;
    let scale = 1;
    let byte: number;
    do {
      byte = this.u8();
      result += (byte & 0x7f) * scale;
      scale *= 128;
      if (scale > 2 ** 77) this.fail('LEB128 without end');
    } while (byte >= 0x80);
    if (byte & 0x40) {
      // A number loses low bits past 2^53, so long encodings of small negative values go through bigint.
      if (scale > 2 ** 49) {
        this.offset = start;
        result = Number(this.slebBig());
      } else result -= scale;
    }
    if (!Number.isSafeInteger(result)) this.fail('LEB128 value past 2^53');
    return result;
  }

  /** Unsigned LEB128, 64 bits, as it wraps. */
  ulebBig(): bigint {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift > 70n) this.fail('LEB128 without end');
      const byte = this.u8();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
  }

  /** Signed LEB128, 64 bits. */
  slebBig(): bigint {
    let result = 0n;
    for (let shift = 0n; ; ) {
      if (shift > 70n) this.fail('LEB128 without end');
      const byte = this.u8();
      result |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return BigInt.asIntN(64, byte & 0x40 ? result - (1n << shift) : result);
    }
  }

  /** `length` bytes, not copied. */
  slice(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A NUL-terminated string as UTF-8, the NUL consumed. */
  cstring(): string {
    const start = this.offset;
    const nul = this.bytes.indexOf(0, start);
    if (nul < 0 || nul >= this.end) this.fail('string without end');
    this.offset = nul + 1;
    return textOf(this.bytes, start, nul);
  }

  /** `length` bytes as UTF-8. */
  string(length: number): string {
    const at = this.take(length);
    return textOf(this.bytes, at, at + length);
  }

  /** A reader over the next `length` bytes, which this one passes. Offsets stay those of `bytes`. */
  sub(length: number): ByteReader {
    const at = this.take(length);
    return new ByteReader(this.bytes, this.what, at, at + length);
  }
}

/** UTF-8 of bytes[start, end). Short ASCII, as most names are, without the decoder's set-up cost. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 48) return decoder.decode(bytes.subarray(start, end));
  let result = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    result += String.fromCharCode(byte);
  }
  return result;
}
