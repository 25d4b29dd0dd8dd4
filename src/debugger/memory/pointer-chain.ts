/** Where a word leads: pointers followed, with what each is the address of. */

import { hex } from '../../host/hex.js';
import type { CallStack } from '../target.js';
import { underlying } from '../values/types.js';
import { type Landmark, landmarkOf } from './landmarks.js';

/** One word of a chain. */
export interface Link {
  readonly value: bigint;
  /** What the value is the address of; absent: nothing is mapped there. */
  readonly landmark?: Landmark;
}

/** How a chain ends: at code, at a structure whose type is known, at text, at a word that is no address, where it comes back, or where it is cut. */
export type ChainEnd = { readonly kind: 'code' | 'object' | 'number' | 'loop' | 'more' } | { readonly kind: 'text'; readonly text: string };

export interface Chain {
  readonly links: readonly Link[];
  readonly end: ChainEnd;
}

const MOST_LINKS = 5;
const MOST_TEXT = 32;
/** Bytes that look like text by chance are not text: so many at least, with a NUL behind them or without. */
const LEAST_TEXT = { terminated: 4, open: 8 } as const;

/** The chain that begins with a word; `behind` is what follows the word, which is the length of the text it leads to where it is a Go string's. */
export function chainOf(stack: CallStack, value: bigint, behind?: bigint): Chain {
  const { memory } = stack.target;
  const links: Link[] = [];
  const seen = new Set<bigint>();
  let next = behind;
  for (let word = value; ; ) {
    const landmark = landmarkOf(stack, word);
    links.push(landmark === undefined ? { value: word } : { value: word, landmark });
    if (landmark === undefined) return { links, end: { kind: 'number' } };
    if (landmark.region === 'code') return { links, end: { kind: 'code' } };
    if (landmark.type !== undefined && underlying(landmark.type).kind === 'struct') return { links, end: { kind: 'object' } };
    const text = goText(stack, word, next) ?? textAt(stack, word);
    if (text !== undefined) return { links, end: { kind: 'text', text } };
    if (seen.has(word)) return { links, end: { kind: 'loop' } };
    seen.add(word);
    if (links.length >= MOST_LINKS) return { links, end: { kind: 'more' } };
    if (!memory.allows(word, 8, 'read')) return { links, end: { kind: 'more' } };
    next = memory.allows(word + 8n, 8, 'read') ? memory.readU64(word + 8n) : undefined;
    word = memory.readU64(word);
  }
}

/** Longer strings are rare, and numbers that lie behind a pointer by chance are often larger. */
const LONGEST_STRING = 1n << 16n;

/** The text of a Go string, which ends where its length says and has its neighbour's bytes behind it. */
function goText({ target }: CallStack, address: bigint, length: bigint | undefined): string | undefined {
  const { memory, images } = target;
  if (images.goImage === undefined || length === undefined || length <= 0n || length > LONGEST_STRING) return undefined;
  const ofStrings = images.symbolAt(address)?.symbol.name === 'go:string.*';
  if ((!ofStrings && length < LEAST_TEXT.terminated) || !memory.allows(address, Number(length), 'read')) return undefined;
  const shown = Math.min(Number(length), MOST_TEXT);
  const text = new TextDecoder().decode(memory.read(address, shown));
  const printable = /^(?:[^\p{C}\ufffd]|[\n\t])*/u.exec(text)![0];
  // What is cut may be cut within a character.
  const whole = shown < Number(length) ? printable.length >= text.length - 1 : printable.length === text.length;
  return whole ? `${printable}${shown < Number(length) ? '…' : ''}` : undefined;
}

/** Printable text at an address: up to a NUL, or as much as is shown. */
function textAt(stack: CallStack, address: bigint): string | undefined {
  const { memory } = stack.target;
  let length = MOST_TEXT;
  while (length > 0 && !memory.allows(address, length, 'read')) length >>= 1;
  const bytes = memory.read(address, length);
  const nul = bytes.indexOf(0);
  const text = new TextDecoder().decode(nul < 0 ? bytes : bytes.subarray(0, nul));
  const printable = /^(?:[^\p{C}\ufffd]|[\n\t])*/u.exec(text)![0];
  if (nul >= 0 && printable.length === text.length) return text.length >= LEAST_TEXT.terminated ? text : undefined;
  return printable.length >= LEAST_TEXT.open ? `${printable}…` : undefined;
}

/** A word that is no address: in decimal, where that is short enough to mean something. */
function numberText(value: bigint): string {
  const signed = BigInt.asIntN(64, value);
  return signed > -0x1_0000n && signed < 0x1_0000_0000n && (signed < 0n || signed > 9n) ? signed.toString() : '';
}

/** What stands behind the first word: `runtime.m0.g0 -> 0x404000 runtime.g0`, `-> 0xc000012080 -> "text"`, ``. */
export function chainText(chain: Chain): string {
  const parts: string[] = [];
  for (const [index, { value, landmark }] of chain.links.entries()) {
    // Which stack or that it is the heap is said of the first word; further on the address tells enough.
    const named =
      landmark !== undefined &&
      landmark.name !== '' &&
      (landmark.region === 'code' || landmark.region === 'global' || landmark.type !== undefined || index === 0);
    const number = landmark === undefined && index === 0 ? numberText(value) : '';
    parts.push([...(index === 0 ? [] : [hex(value)]), ...(named ? [landmark.name] : []), ...(number === '' ? [] : [number])].join(' '));
  }
  const { end } = chain;
  if (end.kind === 'text') parts.push(JSON.stringify(end.text));
  if (end.kind === 'loop') parts.push('(a loop)');
  if (end.kind === 'more') parts.push('...');
  return parts.filter((part, index) => index > 0 || part !== '').join(' -> ');
}
