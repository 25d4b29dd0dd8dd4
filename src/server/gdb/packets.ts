/**
 * gdb's remote serial protocol, as bytes: packets out of a stream, and packets for one (GDB manual, appendix E "GDB Remote Serial Protocol", "Overview").
 * Bytes are characters of a string, one each: most of the protocol is text.
 */

/** What came: a packet's contents; a packet that was damaged on its way; a wish to have the last answer again; a wish to stop the program. */
export type Heard =
  | { readonly kind: 'packet'; readonly text: string }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'again' }
  | { readonly kind: 'interrupt' };

/** Bytes of a packet that are taken: what `qSupported` says of us, and as much again for escapes. */
export const MOST_BYTES = 0x20000;

const ESCAPE = '}';
const FLIPPED = 0x20;
const INTERRUPT = '\x03';

/** Takes a stream to pieces, however it is cut. */
export class PacketReader {
  /** What of a packet has come, behind its `$`; undefined: none has begun. */
  #begun: string | undefined;

  push(bytes: string): readonly Heard[] {
    const heard: Heard[] = [];
    let rest = bytes;
    while (rest !== '') {
      if (this.#begun === undefined) rest = this.#between(rest, heard);
      else rest = this.#inside(this.#begun + rest, heard);
    }
    return heard;
  }

  /** Outside of packets: `+` says that the last answer has come well, and what nobody knows is dropped. */
  #between(bytes: string, heard: Heard[]): string {
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] === '$') {
        this.#begun = '';
        return bytes.slice(at + 1);
      }
      if (bytes[at] === '-') heard.push({ kind: 'again' });
      if (bytes[at] === INTERRUPT) heard.push({ kind: 'interrupt' });
    }
    return '';
  }

  #inside(bytes: string, heard: Heard[]): string {
    const again = bytes.indexOf('$');
    const end = bytes.indexOf('#');
    // A `$` is never inside of a packet: the one before was cut short.
    if (again >= 0 && (end < 0 || again < end)) {
      heard.push({ kind: 'damaged' });
      this.#begun = '';
      return bytes.slice(again + 1);
    }
    if (end < 0 || bytes.length < end + 3) {
      this.#begun = bytes;
      if (bytes.length <= 2 * MOST_BYTES) return '';
      this.#begun = undefined;
      heard.push({ kind: 'damaged' });
      return '';
    }
    const body = bytes.slice(0, end);
    const sum = bytes.slice(end + 1, end + 3);
    this.#begun = undefined;
    const whole = /^[0-9a-f]{2}$/i.test(sum) && Number.parseInt(sum, 16) === checksum(body);
    heard.push(whole ? { kind: 'packet', text: unescaped(body) } : { kind: 'damaged' });
    return bytes.slice(end + 3);
  }
}

/** A packet that holds this. */
export function packet(text: string): string {
  const body = text.replace(/[#$}*]/g, special => ESCAPE + String.fromCharCode(special.charCodeAt(0) ^ FLIPPED));
  return `$${body}#${checksum(body).toString(16).padStart(2, '0')}`;
}

function checksum(body: string): number {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum = (sum + body.charCodeAt(i)) & 0xff;
  return sum;
}

const unescaped = (body: string): string =>
  body.replace(/\}(.)/gs, (_, flipped: string) => String.fromCharCode(flipped.charCodeAt(0) ^ FLIPPED));

// ---- what stands in packets ------------------------------------------------------------------------------------------------------------------

/** The bytes of two digits each; undefined: it is none. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** Arguments that a call may have, well below where V8 has no stack for them. */
const PIECE = 4096;

/** Bytes as the characters of a packet. */
export function charactersOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return text;
}

/** The bytes that characters of a packet are. */
export const bytesOfCharacters = (text: string): Uint8Array => Uint8Array.from(text, character => character.charCodeAt(0) & 0xff);
