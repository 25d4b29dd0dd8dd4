import { ExpressionError } from './errors.js';

export type ExpressionToken =
  | { readonly kind: 'name' | 'register' | 'quoted'; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: 'integer'; readonly value: bigint; readonly start: number; readonly end: number }
  | { readonly kind: 'float' | 'imaginary'; readonly value: number; readonly start: number; readonly end: number }
  | { readonly kind: 'rune'; readonly value: bigint; readonly start: number; readonly end: number }
  | { readonly kind: 'string'; readonly value: Uint8Array; readonly start: number; readonly end: number }
  | { readonly kind: 'operator'; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: 'end'; readonly start: number; readonly end: number };

/** Longest first. */
const OPERATORS = [
  '&^=',
  '<<=',
  '>>=',
  '...',
  '<<',
  '>>',
  '&^',
  '&&',
  '||',
  '==',
  '!=',
  '<=',
  '>=',
  '->',
  '<-',
  ...'+-*/%&|^~<>=!()[]{},;.:?@',
];

const NAME_START = /[\p{L}_]/u;
/** Go's names, C's, C++'s qualified ones (`__tsan::Acquire`) and the middle dot of Go assembly. */
const NAME = /[\p{L}_][\p{L}\p{Nd}_·]*(?:::~?[\p{L}_][\p{L}\p{Nd}_]*)*/uy;
const RESULT = /~[rb]\d+/y;
const REGISTER = /\$[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER =
  /0[xX](?:[0-9a-fA-F_]*\.[0-9a-fA-F_]*|[0-9a-fA-F_]+)[pP][+-]?\d+|0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;

const INTEGER_SUFFIX = /(?:[uU](?:ll|LL|[lL])?|(?:ll|LL|[lL])[uU]?)(?![\p{L}\p{Nd}_])/uy;
const FLOAT_SUFFIX = /[fFlL](?![\p{L}\p{Nd}_])/uy;

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
};

/** Cuts an expression into tokens; the last one is `end`. Throws ExpressionError. */
export function tokenizeExpression(source: string): ExpressionToken[] {
  const tokens: ExpressionToken[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length) {
    const start = at;
    const char = source[at]!;
    if (/\s/.test(char)) {
      at++;
    } else if (char === '~' && match(RESULT) !== undefined) {
      // Delve's and DWARF's names for results without a name.
      at += match(RESULT)!.length;
      tokens.push({ kind: 'name', text: source.slice(start, at), start, end: at });
    } else if (NAME_START.test(String.fromCodePoint(source.codePointAt(at)!))) {
      const text = match(NAME)!;
      at += text.length;
      tokens.push({ kind: 'name', text, start, end: at });
    } else if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(source[at + 1] ?? ''))) {
      const text = match(NUMBER)!;
      at += text.length;
      tokens.push(numberToken(text, source, start));
      if (tokens.at(-1)!.kind === 'imaginary') at++;
      // C's suffixes say of what type a constant is, which here is what it is used as.
      else at += (match(tokens.at(-1)!.kind === 'float' ? FLOAT_SUFFIX : INTEGER_SUFFIX) ?? '').length;
      const next = source[at];
      if (next !== undefined && (NAME_START.test(next) || /\d/.test(next))) {
        throw new ExpressionError(`"${source.slice(start).match(/^[\w.]+/)![0]}" is not a number`, start);
      }
    } else if (char === '$') {
      const text = match(REGISTER);
      if (text === undefined) throw new ExpressionError('a register name must follow $', start);
      at += text.length;
      tokens.push({ kind: 'register', text: text.slice(1), start, end: at });
    } else if (char === '"' || char === '`') {
      const { bytes, end } = readString(source, at, char);
      at = end;
      tokens.push({ kind: 'string', value: bytes, start, end });
    } else if (char === "'") {
      const token = readSingleQuoted(source, at);
      at = token.end;
      tokens.push(token);
    } else {
      const text = OPERATORS.find(operator => source.startsWith(operator, at));
      if (text === undefined) throw new ExpressionError(`unexpected character ${JSON.stringify(char)}`, start);
      at += text.length;
      tokens.push({ kind: 'operator', text, start, end: at });
    }
  }
  tokens.push({ kind: 'end', start: source.length, end: source.length });
  return tokens;
}

function numberToken(text: string, source: string, start: number): ExpressionToken {
  const end = start + text.length;
  const digits = text.replaceAll('_', '');
  const isHexFloat = /^0[xX].*[pP]/.test(digits);
  const isFloat = isHexFloat || (!/^0[xXbBoO]/.test(digits) && /[.eE]/.test(digits));
  if (source[end] === 'i') return { kind: 'imaginary', value: Number(digits), start, end: end + 1 };
  if (isFloat) return { kind: 'float', value: isHexFloat ? hexFloat(digits) : Number(digits), start, end };
  try {
    const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
    return { kind: 'integer', value, start, end };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ExpressionError(`"${text}" is not a number`, start);
  }
}

function hexFloat(digits: string): number {
  const [, whole, fraction, exponent] = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(digits)!;
  return Number(BigInt(`0x0${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction!.length);
}

function readString(source: string, start: number, quote: string): { bytes: Uint8Array; end: number } {
  if (quote === '`') {
    const end = source.indexOf('`', start + 1);
    if (end < 0) throw new ExpressionError('string without its closing `', start);
    return { bytes: new TextEncoder().encode(source.slice(start + 1, end)), end: end + 1 };
  }
  const bytes: number[] = [];
  let at = start + 1;
  while (at < source.length && source[at] !== '"') {
    const { value, byte, end } = readChar(source, at);
    bytes.push(...(byte ? [value] : new TextEncoder().encode(String.fromCodePoint(value))));
    at = end;
  }
  if (at >= source.length) throw new ExpressionError('string without its closing "', start);
  return { bytes: Uint8Array.from(bytes), end: at + 1 };
}

/** One character or escape of a quoted literal; `byte`: given as \x or octal, so a byte and not a code point. */
function readChar(source: string, at: number): { value: number; byte: boolean; end: number } {
  if (source[at] !== '\\') {
    const value = source.codePointAt(at)!;
    return { value, byte: false, end: at + String.fromCodePoint(value).length };
  }
  const rest = source.slice(at + 1);
  const simple = SIMPLE_ESCAPES[rest[0] ?? ''];
  if (simple !== undefined) return { value: simple, byte: false, end: at + 2 };
  const octal = /^[0-7]{3}/.exec(rest);
  if (octal) return { value: Number.parseInt(octal[0], 8) & 0xff, byte: true, end: at + 4 };
  const hex = /^(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/.exec(rest);
  const value = hex ? Number.parseInt(hex[0].slice(1), 16) : 0x11_0000;
  if (!hex || value > 0x10_ffff) throw new ExpressionError(`unknown escape "\\${rest[0] ?? ''}"`, at);
  return { value, byte: hex[0].startsWith('x'), end: at + 1 + hex[0].length };
}

/** A Go rune or C char, or gdb's quoted name (`'runtime.g'`). */
function readSingleQuoted(source: string, start: number): ExpressionToken {
  const close = source.indexOf("'", start + 1);
  if (source[start + 1] !== "'" && start + 1 < source.length) {
    const isChar = source[start + 1] === '\\' || source[start + 1 + String.fromCodePoint(source.codePointAt(start + 1)!).length] === "'";
    if (isChar) {
      const { value, end } = readChar(source, start + 1);
      if (source[end] !== "'") throw new ExpressionError("character without its closing '", start);
      return { kind: 'rune', value: BigInt(value), start, end: end + 1 };
    }
  }
  if (close < 0) throw new ExpressionError("quoted name without its closing '", start);
  const text = source.slice(start + 1, close);
  if (text === '') throw new ExpressionError('empty quotes', start);
  return { kind: 'quoted', text, start, end: close + 1 };
}
