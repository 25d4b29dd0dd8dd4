/** Tokens of Go assembly (the Go project's "A Quick Guide to Go's Assembler"): identifiers may hold the middle dot and the division slash. */
import type { Diagnostics, Position } from './diagnostics.js';

export type TokenKind = 'name' | 'integer' | 'float' | 'string' | 'character' | 'punctuation' | 'newline';

export interface Token {
  readonly kind: TokenKind;
  /** As written; decoded for strings and characters. */
  readonly text: string;
  readonly at: Position;
  /** No white space before it: `NAME(` defines or calls a macro with arguments only so. */
  readonly glued: boolean;
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

/** Splits a source into tokens; comments vanish, a backslash before the end of a line joins it with the next (both lines count). */
export function tokenize(file: string, source: string, diagnostics: Diagnostics): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  let glued = false;
  const position = (): Position => ({ file, line, column: at - lineStart + 1 });
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
      continue;
    }
    if (character === ' ' || character === '\t' || character === '\r') {
      at++;
      glued = false;
      continue;
    }
    if (character === '\\' && /^\\[ \t\r]*\n/.test(source.slice(at, at + 80))) {
      at = source.indexOf('\n', at) + 1;
      newLine();
      glued = false;
      continue;
    }
    if (source.startsWith('//', at)) {
      const end = source.indexOf('\n', at);
      at = end < 0 ? source.length : end;
      continue;
    }
    if (source.startsWith('/*', at)) {
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
    NUMBER.lastIndex = at;
    const number = /[0-9]/.test(character) ? NUMBER.exec(source) : null;
    if (number !== null) {
      push(/^[0-9]+[eE.]|\./.test(number[0]) && !/^0[xX]/.test(number[0]) ? 'float' : 'integer', number[0], number[0].length);
      continue;
    }
    NAME.lastIndex = at;
    const name = NAME.exec(source);
    if (name !== null && character !== '~') {
      push('name', name[0], name[0].length);
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
  if (tokens[tokens.length - 1]?.kind !== 'newline') push('newline', '\n', 0);
  return tokens;
}

function quoted(source: string, start: number, quote: string): { value: string; end: number } | undefined {
  let value = '';
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at];
    if (character === '\n') return undefined;
    if (character === quote) return { value, end: at + 1 };
    if (character !== '\\') {
      value += character;
      continue;
    }
    at++;
    const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{3}))/.exec(source.slice(at, at + 5));
    if (hex !== null) {
      value += String.fromCharCode(Number.parseInt(hex[1] ?? hex[2] ?? hex[3], hex[3] === undefined ? 16 : 8));
      at += hex[0].length - 1;
    } else value += ESCAPES[source[at]] ?? source[at];
  }
  return undefined;
}
