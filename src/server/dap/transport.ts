/** The base protocol: JSON behind a header that says how many bytes it has, cut out of a stream. */
import { utf8, utf8Text } from '../../host/bytes.js';

/** Bytes of one message at most. */
const MOST_BODY = 16 * 2 ** 20;
/** Bytes of a header at most, with the empty line behind it. */
const MOST_HEADER = 4096;

const CR = 13;
const LF = 10;

/** A message, or bytes that are none, with what is wrong with them. */
export type DapHeard = { readonly kind: 'message'; readonly value: unknown } | { readonly kind: 'damaged'; readonly why: string };

/** A message as it goes over the wire. */
export function dapMessage(message: object): Uint8Array {
  const body = utf8(JSON.stringify(message));
  const header = utf8(`Content-Length: ${body.length}\r\n\r\n`);
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}

export class DapReader {
  #pending: Uint8Array[] = [];
  #held = 0;
  /** Bytes that must be there before it is worth looking again. */
  #wanted = 1;
  /** Bytes to come that are passed over. */
  #skip = 0;

  /** Takes bytes as they come; gives what is whole. */
  push(bytes: Uint8Array): readonly DapHeard[] {
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    if (skipped < bytes.length) {
      this.#pending.push(bytes.slice(skipped));
      this.#held += bytes.length - skipped;
    }
    const heard: DapHeard[] = [];
    while (this.#held >= this.#wanted) {
      const found = this.#look(this.#all());
      if (found === undefined) break;
      heard.push(found);
    }
    return heard;
  }

  #all(): Uint8Array {
    if (this.#pending.length === 1) return this.#pending[0]!;
    const all = new Uint8Array(this.#held);
    let at = 0;
    for (const each of this.#pending) {
      all.set(each, at);
      at += each.length;
    }
    this.#pending = [all];
    return all;
  }

  #drop(count: number): void {
    const rest = this.#all().subarray(count);
    this.#pending = [rest];
    this.#held = rest.length;
    this.#wanted = 1;
  }

  #look(bytes: Uint8Array): DapHeard | undefined {
    const end = endOfHeader(bytes);
    if (end === undefined) {
      if (bytes.length < MOST_HEADER) {
        this.#wanted = bytes.length + 1;
        return undefined;
      }
      this.#drop(bytes.length);
      return { kind: 'damaged', why: `no header ends within ${MOST_HEADER} bytes` };
    }
    const header = utf8Text(bytes.subarray(0, end));
    const length = /^content-length: *(\d+) *\r?$/im.exec(header)?.[1];
    if (length === undefined) {
      this.#drop(end);
      return { kind: 'damaged', why: 'a header has no Content-Length' };
    }
    const size = Number(length);
    if (size > MOST_BODY) {
      this.#skip = Math.max(0, end + size - bytes.length);
      this.#drop(Math.min(bytes.length, end + size));
      return { kind: 'damaged', why: `a message of ${length} bytes is too long: ${MOST_BODY} at most` };
    }
    if (bytes.length < end + size) {
      this.#wanted = end + size;
      return undefined;
    }
    const text = utf8Text(bytes.subarray(end, end + size));
    this.#drop(end + size);
    try {
      return { kind: 'message', value: JSON.parse(text) };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { kind: 'damaged', why: `a message is not JSON: ${error.message}` };
    }
  }
}

/** Where the body begins; undefined: the empty line has not come yet. */
function endOfHeader(bytes: Uint8Array): number | undefined {
  const most = Math.min(bytes.length, MOST_HEADER);
  for (let at = 0; at + 3 < most; at++)
    if (bytes[at] === CR && bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF) return at + 4;
  return undefined;
}
