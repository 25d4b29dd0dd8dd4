/**
 * Event scripts: what threads did, one command a line, to replay on a model. The language is that of a driver of the real race runtime
 * (test/race/oracle.c), and so is what is printed, command by command.
 */
import { Told } from '../../host/told.js';

/** Offsets of a script are bytes in here. */
export const SCRIPT_HEAP = { base: 0xc0_1111_0000, size: 1 << 20 } as const;
/** Longer lines are taken in pieces, as C's fgets with its buffer does. */
const LONGEST = 255;
const LONGEST_WORD = 31;

/** A script says something that cannot be: the message says where. */
export class ScriptError extends Told {
  override name = 'ScriptError';
}

/** A line as it was split. Numbers that are missing are 0. */
export interface ScriptLine {
  readonly word: string;
  readonly numbers: readonly [number, number, number, number];
  /** The words of the numbers, for those of 64 bits. */
  readonly text: string;
}

const NEWLINE = 10;
const MOST = 2n ** 63n - 1n;
const LEAST = -(2n ** 63n);

/** The pieces of a script that a line-driven reader gets, each with its end of line, and the number of the line. */
export function* scriptPieces(text: string): Iterable<readonly [piece: string, line: number]> {
  let line = 1;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = Math.min(newline < 0 ? text.length : newline + 1, start + LONGEST);
    yield [text.slice(start, end), line];
    if (text.charCodeAt(end - 1) === NEWLINE) line++;
    start = end;
  }
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** Splits a piece as `sscanf` with `%31s %li %li %li %li` does; undefined for one without a word. */
export function splitPiece(piece: string, numbers: number[]): string | undefined {
  let at = 0;
  const skip = (): void => {
    while (at < piece.length && isSpace(piece.charCodeAt(at))) at++;
  };
  skip();
  const start = at;
  while (at < piece.length && at - start < LONGEST_WORD && !isSpace(piece.charCodeAt(at))) at++;
  if (at === start) return undefined;
  const word = piece.slice(start, at);
  numbers.fill(0);
  for (let index = 0; index < numbers.length; index++) {
    skip();
    const from = at;
    let value = 0;
    let code = piece.charCodeAt(at);
    const negative = code === 45;
    if (negative || code === 43) code = piece.charCodeAt(++at);
    const digits = at;
    let base = 10;
    if (code === 48) {
      const next = piece.charCodeAt(at + 1) | 32;
      base = next === 120 ? 16 : 8;
      if (base === 16) at += 2;
    }
    const first = at;
    for (;;) {
      code = piece.charCodeAt(at);
      const digit = code >= 48 && code <= 57 ? code - 48 : (code | 32) >= 97 && (code | 32) <= 102 ? (code | 32) - 87 : base;
      if (!(digit < base)) break;
      value = value * base + digit;
      at++;
    }
    if (at === first && digits === first) {
      at = from;
      break;
    }
    numbers[index] = negative ? -value : value;
  }
  return word;
}

/** The same numbers, exact to 64 bits, for values that do not fit a number. */
export function exactNumbers(piece: string): readonly bigint[] {
  const words = piece.trim().split(/\s+/).slice(1, 5);
  return words.map(word => {
    const [, sign = '', digits = '0'] = word.match(/^([+-]?)(0[xX][\da-fA-F]+|\d+)/) ?? [];
    const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
    const value = sign === '-' ? -BigInt(octal) : BigInt(octal);
    // strtol goes no further than its type.
    return BigInt.asUintN(64, value > MOST ? MOST : value < LEAST ? LEAST : value);
  });
}
