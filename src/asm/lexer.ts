/** Tokens of Go assembly (the Go project's "A Quick Guide to Go's Assembler"): identifiers may hold the middle dot and the division slash. */
import type { Diagnostics, SourcePosition } from './diagnostics.js';

export type TokenKind = 'name' | 'integer' | 'float' | 'string' | 'character' | 'punctuation' | 'newline';

export interface Token {
  readonly kind: TokenKind;
  /** As written; decoded for strings (one UTF-16 unit a byte: `stringBytes`) and characters. */
  readonly text: string;
  readonly at: SourcePosition;
  /** No white space before it: `NAME(` defines or calls a macro with arguments only so. */
  readonly glued: boolean;
  /** What the user has written in its place: the macro that it comes from. */
  readonly written?: string;
}

const NAME = /[A-Za-z_·∕~\u0080-\uffff][A-Za-z0-9_·∕~.\u0080-\uffff]*/y;
const NUMBER =
  /0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:[0-9][0-9_]*\.[0-9]*(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+)|[0-9][0-9_]*/y;
const PUNCTUATION = new Set([
  '<<',
  '>>',
  '->',
  '(',
  ')',
  '<',
  '>',
  '[',
  ']',
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '|',
  '^',
  '~',
  ',',
  ':',
  ';',
  '$',
  '#',
  '=',
  '!',
  '.',
  '@',
  '\\',
  '{',
  '}',
]);
const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  0: '\0',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

const ESCAPED = /^(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/;

/** The tokens of a source. */
export const tokenize = (file: string, source: string, diagnostics: Diagnostics): Token[] =>
  [...tokenLines(file, source, diagnostics)].flat();

/**
 * Splits a source into tokens, line by line, at least one, each with the newline at its end; comments vanish, a backslash before the end of a line lets a macro
 * go on in the next one, with another instruction.
 */
export function* tokenLines(file: string, source: string, diagnostics: Diagnostics): Generator<Token[]> {
  let tokens: Token[] = [];
  let first = true;
  let line = 1;
  let lineStart = 0;
  let at = 0;
  let glued = false;
  const position = (): SourcePosition => ({ file, line, column: at - lineStart + 1 });
  const push = (kind: TokenKind, text: string, length: number): void => {
    tokens.push({ kind, text, at: position(), glued });
    at += length;
    glued = true;
  };
  const newLine = (): void => {
    line++;
    lineStart = at;
  };
  while (at < source.length) {
    const character = source[at];
    if (character === '\n') {
      push('newline', '\n', 1);
      newLine();
      glued = false;
      yield tokens;
      tokens = [];
      first = false;
      continue;
    }
    if (character === ' ' || character === '\t' || character === '\r') {
      at++;
      glued = false;
      continue;
    }
    if (character === '\\' && /^\\[ \t\r]*\n/.test(source.slice(at, at + 80))) {
      push('punctuation', ';', 0);
      at = source.indexOf('\n', at) + 1;
      newLine();
      glued = false;
      continue;
    }
    if (character === '/' && source[at + 1] === '/') {
      const end = source.indexOf('\n', at);
      at = end < 0 ? source.length : end;
      continue;
    }
    if (character === '/' && source[at + 1] === '*') {
      const start = position();
      const end = source.indexOf('*/', at + 2);
      if (end < 0) {
        diagnostics.report(start, 'comment is not closed', 'add */');
        at = source.length;
        continue;
      }
      for (; at < end + 2; at++) {
        if (source[at] === '\n') {
          line++;
          lineStart = at + 1;
        }
      }
      glued = false;
      continue;
    }
    if (character === '"' || character === "'") {
      const start = at;
      const text = quoted(source, at, character);
      if (text === undefined) {
        diagnostics.report(
          position(),
          character === '"' ? 'string is not closed' : 'character is not closed',
          `add ${character} before the end of the line`,
        );
        const end = source.indexOf('\n', at);
        at = end < 0 ? source.length : end;
        continue;
      }
      push(character === '"' ? 'string' : 'character', text.value, text.end - start);
      continue;
    }
    NAME.lastIndex = at;
    if (character !== '~' && NAME.test(source)) {
      push('name', source.slice(at, NAME.lastIndex), NAME.lastIndex - at);
      continue;
    }
    NUMBER.lastIndex = at;
    if (NUMBER.test(source)) {
      const number = source.slice(at, NUMBER.lastIndex);
      push(/^[0-9]+[eE.]|\./.test(number) && !/^0[xX]/.test(number) ? 'float' : 'integer', number, number.length);
      continue;
    }
    const two = source.slice(at, at + 2);
    const punctuation = PUNCTUATION.has(two) ? two : PUNCTUATION.has(character) ? character : undefined;
    if (punctuation === undefined) {
      diagnostics.report(position(), `unexpected character ${JSON.stringify(character)}`);
      at++;
      continue;
    }
    push('punctuation', punctuation, punctuation.length);
  }
  if (tokens.length === 0 && !first) return;
  push('newline', '\n', 0);
  yield tokens;
}

/** The number that an integer token stands for; undefined for `0x` alone or `0o9`. Go's old octals too: 017 is 15. */
export function integerToken(text: string): bigint | undefined {
  const digits = text.replaceAll('_', '').replace(/^0(?=\d)/, '0o');
  try {
    return BigInt(digits);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** The bytes of a string token. */
export const stringTokenBytes = (text: string): Uint8Array => Uint8Array.from(text, byte => byte.charCodeAt(0));

/** Between two quotes: a string as its bytes, one a UTF-16 unit, since `\xff` is one byte and `ÿ` two; a character as it is. */
function quoted(source: string, start: number, quote: string): { value: string; end: number } | undefined {
  let value = '';
  const add = (text: string): void => {
    value += quote === '"' ? String.fromCharCode(...new TextEncoder().encode(text)) : text;
  };
  for (let at = start + 1; at < source.length; at++) {
    const character = String.fromCodePoint(source.codePointAt(at)!);
    if (character === '\n') return undefined;
    if (character === quote) return { value, end: at + 1 };
    if (character !== '\\') {
      add(character);
      at += character.length - 1;
      continue;
    }
    at++;
    const [all, byte, octal, short, long] = ESCAPED.exec(source.slice(at, at + 9)) ?? [''];
    const point = Number.parseInt(short ?? long ?? '', 16);
    if (byte !== undefined) value += String.fromCharCode(Number.parseInt(byte, 16));
    else if (octal !== undefined) value += String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    else if (point <= 0x10ffff) add(String.fromCodePoint(point));
    else add(ESCAPES[source[at]] ?? source[at] ?? '');
    at += Math.max(0, all.length - 1);
  }
  return undefined;
}
