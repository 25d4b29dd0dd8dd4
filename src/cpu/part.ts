/**
 * The saved state of the machine's parts: plain data, which is undefined, null, booleans, numbers, bigints, strings, Uint8Arrays, arrays and
 * objects of these. Each part says in a line what its save holds; `version` grows when that changes, and `restore` refuses a version that it does
 * not know. What lies under the key `aside` belongs to a debugger, not to the run: it is saved, but two runs that differ in nothing else are the
 * same.
 */

import { Told } from '../host/told.js';

/** A part's save with its version. */
export type Versioned<T> = T & { readonly version: number };

/** Throws when a part was saved by an r14 that knew it in another form. */
export function checkVersion(what: string, saved: { readonly version: number }, version: number): void {
  if (saved.version !== version) throw new Told(`${what}: saved in version ${saved.version}, this r14 reads version ${version}`);
}

/** Keys whose values are no part of the run. */
const ASIDE = 'aside';

const TAG = { undefined: 0, null: 1, false: 2, true: 3, number: 4, bigint: 5, string: 6, bytes: 7, array: 8, object: 9 } as const;

const utf8 = new TextEncoder();

/** Bytes that say the same for the same data, whatever the order of an object's keys. With `run`, what is aside is left out. Throws for what is no plain data. */
export function encodePart(part: unknown, options: { readonly run?: boolean } = {}): Uint8Array {
  const writer = new Writer();
  write(writer, part, options.run ?? false);
  return writer.done();
}

function write(writer: Writer, part: unknown, run: boolean): void {
  if (part === undefined) writer.byte(TAG.undefined);
  else if (part === null) writer.byte(TAG.null);
  else if (typeof part === 'boolean') writer.byte(part ? TAG.true : TAG.false);
  else if (typeof part === 'number') {
    writer.byte(TAG.number);
    writer.double(part);
  } else if (typeof part === 'bigint') {
    writer.byte(TAG.bigint);
    writer.bytes(utf8.encode(part.toString(16)));
  } else if (typeof part === 'string') {
    writer.byte(TAG.string);
    writer.bytes(utf8.encode(part));
  } else if (part instanceof Uint8Array) {
    writer.byte(TAG.bytes);
    writer.bytes(part);
  } else if (Array.isArray(part)) {
    writer.byte(TAG.array);
    writer.double(part.length);
    for (const each of part) write(writer, each, run);
  } else if (typeof part === 'object' && Object.getPrototypeOf(part) === Object.prototype) {
    const entries = Object.entries(part).filter(([key, value]) => value !== undefined && !(run && key === ASIDE));
    writer.byte(TAG.object);
    writer.double(entries.length);
    for (const [key, value] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
      writer.bytes(utf8.encode(key));
      write(writer, value, run);
    }
  } else throw new TypeError(`no plain data: ${typeof part === 'object' ? part.constructor.name : typeof part}`);
}

/** What `encodePart` made of it. Throws for bytes that it did not make. */
export function decodePart(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const part = read(reader);
  if (!reader.atEnd) throw new Told('saved state with something behind its end');
  return part;
}

function read(reader: Reader): unknown {
  switch (reader.byte()) {
    case TAG.undefined:
      return undefined;
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.number:
      return reader.double();
    case TAG.bigint: {
      const text = reader.text();
      return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
    }
    case TAG.string:
      return reader.text();
    case TAG.bytes:
      return reader.bytes();
    case TAG.array:
      return Array.from({ length: reader.count() }, () => read(reader));
    case TAG.object:
      return Object.fromEntries(Array.from({ length: reader.count() }, () => [reader.text(), read(reader)]));
    default:
      throw new Told('not a saved state of r14');
  }
}

class Writer {
  private buffer = new Uint8Array(1 << 12);
  private view = new DataView(this.buffer.buffer);
  private length = 0;

  private room(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(2 * this.buffer.length, this.length + count));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }

  byte(value: number): void {
    this.room(1);
    this.buffer[this.length++] = value;
  }

  double(value: number): void {
    this.room(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** With their length in front. */
  bytes(value: Uint8Array): void {
    this.double(value.length);
    this.room(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  done(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }
}

class Reader {
  private readonly view: DataView;
  private readonly source: Uint8Array;
  private at = 0;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    // Not a view of a class whose `slice` does not copy.
    this.source = new Uint8Array(buffer, byteOffset, byteLength);
    this.view = new DataView(buffer, byteOffset, byteLength);
  }

  get atEnd(): boolean {
    return this.at === this.source.length;
  }

  byte(): number {
    return this.source[this.advance(1)] ?? -1;
  }

  double(): number {
    return this.view.getFloat64(this.advance(8), true);
  }

  /** A length: each element takes a byte at least. */
  count(): number {
    const count = this.double();
    if (!Number.isInteger(count) || count < 0 || count > this.source.length - this.at) throw new Told('saved state that is cut short');
    return count;
  }

  bytes(): Uint8Array {
    const count = this.count();
    return this.source.slice(this.at, this.advance(count) + count);
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }

  private advance(count: number): number {
    const at = this.at;
    if (at + count > this.source.length) throw new Told('saved state that is cut short');
    this.at += count;
    return at;
  }
}
