/** `printf`, `echo` and `output`: what scripts print, to the character. */
import { utf8Text } from '../../host/bytes.js';
import { terminalText } from '../../host/terminal-text.js';
import type { Answer } from '../answer.js';
import { CommandError } from '../errors.js';
import { asValue, wholeString } from '../evaluate/convert.js';
import type { Result } from '../evaluate/operand.js';
import { numberOfResult } from '../evaluate/result.js';
import { evaluated, pointing } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { printExpression } from '../show/print.js';
import { readMemory } from '../values/source.js';
import { underlying } from '../values/types.js';
import { bytesOf, pointerOf } from '../values/value.js';
import { Arguments } from './arguments.js';
import type { Command } from './command.js';

const group = { group: 'session', repeat: 'no', meanwhile: 'acts' } as const;

/** Just that, and no newline behind it. */
const exactly = (output: string): Answer => ({ output, data: output, open: true });

export const printingCommands: readonly Command[] = [
  {
    ...group,
    name: 'echo',
    aliases: [],
    syntax: ['echo TEXT'],
    summary: 'print text, in scripts; a newline only where \\n stands',
    completion: [],
    run: (_session, args) => exactly(unescaped(args.text)),
  },
  {
    ...group,
    meanwhile: 'waits',
    name: 'printf',
    aliases: [],
    syntax: ['printf "FORMAT"[, EXPRESSION]...'],
    summary: "print values as C's printf does: %d %u %x %o %c %s %p %f %g %e",
    details: '%s takes a string of Go or C, or an array of characters. A newline only where \\n stands.',
    completion: ['expression'],
    run: (session, args) => exactly(formatted(session, args)),
  },
  {
    ...group,
    meanwhile: 'waits',
    name: 'output',
    aliases: [],
    syntax: ['output[/F] EXPRESSION'],
    summary: 'print a value and nothing else, no newline either',
    completion: ['expression'],
    format: true,
    run: (session, args) => {
      if (args.empty) throw args.error('output wants an expression');
      const { output, data } = printExpression(session.context(), args, args.format, session.settings.printOptions);
      return { output, data: data(), open: true };
    },
  },
];

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', a: '\x07', b: '\b', f: '\f', r: '\r', v: '\v', e: '\x1b' };

/** A backslash before anything else stands for that; at the end for nothing. */
function unescaped(text: string): string {
  return text.replace(/\\(?:([0-7]{1,3})|([\s\S])|$)/g, (_, octal: string | undefined, char: string | undefined) =>
    octal === undefined ? (ESCAPES[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Flags, width, precision, length, conversion. */
const CONVERSION = /%([-+ #0]*)(\d*)(?:\.(\d*))?(hh|h|ll|l|j|z|t|L)?([a-zA-Z%])/g;

function formatted(session: Session, args: Arguments): string {
  const literal = /^"((?:[^"\\]|\\[\s\S])*)"\s*(?:,|$)/.exec(args.text);
  if (literal === null) throw args.error('printf wants a format in double quotes, then expressions with commas between');
  const expressions = argumentsOf(args.from(literal[0].length));
  const conversions = [...literal[1]!.matchAll(CONVERSION)].filter(([, , , , , letter]) => letter !== '%');
  if (conversions.length !== expressions.length)
    throw args.error(`the format has ${conversions.length} conversions, for ${expressions.length} values`);
  let next = 0;
  // Escapes are of the format alone, not of what is put into it.
  let out = '';
  let last = 0;
  for (const match of literal[1]!.matchAll(CONVERSION)) {
    out += unescaped(literal[1]!.slice(last, match.index));
    last = match.index + match[0].length;
    const [, flags, width, precision, , letter] = match;
    out +=
      letter === '%' ? '%' : converted(session, expressions[next++]!, { flags: flags!, width: Number(width), precision, letter: letter! });
  }
  return out + unescaped(literal[1]!.slice(last));
}

/** What stands between commas that are in no brackets and quotes. */
function argumentsOf(args: Arguments): Arguments[] {
  if (args.empty) return [];
  const parts: Arguments[] = [];
  let depth = 0;
  let quote = '';
  let start = 0;
  for (let at = 0; at <= args.text.length; at++) {
    const char = args.text[at];
    if (char === undefined || (char === ',' && depth === 0 && quote === '')) {
      const { text, column } = args.from(start).to(at - start);
      parts.push(new Arguments(args.text.slice(start, at).trim() || text, column));
      start = at + 1;
    } else if (quote !== '') {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'" || char === '`') quote = char;
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
  }
  return parts;
}

/** Places that a width or a precision may ask for. */
const MOST_PLACES = 65_536;

interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: string | undefined;
  readonly letter: string;
}

function converted(session: Session, { text, column }: Arguments, how: Conversion): string {
  const context = session.context();
  const result = evaluated(context, text, column);
  const { letter, flags, precision } = how;
  if (how.width > MOST_PLACES || Number(precision ?? 0) > MOST_PLACES)
    throw new CommandError(`printf fills up to ${MOST_PLACES} places`, column);
  return pointing(column, () => {
    if (letter === 's') {
      const whole = terminalText(characters(session, result, column));
      return padded(precision === undefined ? whole : whole.slice(0, Number(precision)), how);
    }
    const value = numberOfResult(context, result);
    const whole = typeof value === 'bigint' ? value : BigInt(Math.trunc(Number.isFinite(value) ? value : 0));
    const unsigned = BigInt.asUintN(result.kind === 'value' && result.value.type.size <= 4 ? 32 : 64, whole);
    switch (letter) {
      case 'd':
      case 'i':
        return padded(signed(digits(whole < 0n ? -whole : whole, 10, precision), whole < 0n, flags), how, true);
      case 'u':
        return padded(digits(unsigned, 10, precision), how, true);
      case 'x':
      case 'X': {
        const hex = `${flags.includes('#') && unsigned !== 0n ? '0x' : ''}${digits(unsigned, 16, precision)}`;
        return padded(letter === 'X' ? hex.toUpperCase() : hex, how, true);
      }
      case 'o':
        return padded(`${flags.includes('#') && unsigned !== 0n ? '0' : ''}${digits(unsigned, 8, precision)}`, how, true);
      case 'c':
        return padded(terminalText(String.fromCodePoint(Number(BigInt.asUintN(21, whole)) % 0x110000)), how);
      case 'p':
        return padded(unsigned === 0n ? '(nil)' : `0x${unsigned.toString(16)}`, how);
      case 'f':
      case 'F':
      case 'e':
      case 'E':
      case 'g':
      case 'G':
        return padded(floating(Number(value), letter, precision, flags), how, true);
      default:
        throw new CommandError(`%${letter} is no conversion that printf has`, column);
    }
  });
}

const digits = (value: bigint, base: number, precision: string | undefined): string =>
  value.toString(base).padStart(precision === undefined ? 1 : Number(precision), '0');

const signed = (text: string, negative: boolean, flags: string): string =>
  `${negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''}${text}`;

function padded(text: string, { flags, width, precision }: Conversion, number = false): string {
  if (flags.includes('-')) return text.padEnd(width);
  const [, sign = '', rest = ''] = /^([-+ ]?(?:0[xX])?)(.*)$/s.exec(text)!;
  if (number && flags.includes('0') && (precision === undefined || text.includes('.')) && rest !== '')
    return sign + rest.padStart(width - sign.length, '0');
  return text.padStart(width);
}

/** As C prints a double. */
function floating(value: number, letter: string, precision: string | undefined, flags: string): string {
  const upper = letter !== letter.toLowerCase();
  const places = precision === undefined ? 6 : Number(precision);
  const text = Number.isFinite(value)
    ? finite(Math.abs(value), letter.toLowerCase(), places, flags.includes('#'))
    : Number.isNaN(value)
      ? 'nan'
      : 'inf';
  const whole = signed(text, value < 0 || Object.is(value, -0), flags);
  return upper ? whole.toUpperCase() : whole;
}

function finite(value: number, letter: string, places: number, all: boolean): string {
  const exponential = (text: string) => text.replace(/e([+-])(\d)$/, 'e$10$2');
  if (letter === 'f')
    return value >= 1e21 ? `${BigInt(value)}${places > 0 ? `.${'0'.repeat(places)}` : ''}` : value.toFixed(Math.min(places, 100));
  if (letter === 'e') return exponential(value.toExponential(Math.min(places, 100)));
  const significant = Math.max(1, Math.min(places, 100));
  const exponent = value === 0 ? 0 : Number(value.toExponential(significant - 1).split('e')[1]);
  const text =
    exponent < -4 || exponent >= significant
      ? exponential(value.toExponential(significant - 1))
      : value.toFixed(Math.min(100, significant - 1 - exponent));
  return all || !text.includes('.') ? text : text.replace(/\.?0+(?=e|$)/, '');
}

/** Most characters of a C string. */
const MOST_CHARACTERS = 1 << 20;

/** What a string of Go, a pointer to characters, or an array of them holds. */
function characters(session: Session, result: Result, column: number): string {
  const context = session.context();
  const value = asValue(result);
  const type = value && underlying(value.type);
  if (value === undefined || type === undefined) throw new CommandError(`that is no string, but a ${result.kind}`, column);
  if (type.kind === 'string') return utf8Text(wholeString(context, value));
  if (type.kind === 'array' && type.elem.size === 1) return utf8Text(untilNul(bytesOf(value)));
  if (type.kind !== 'pointer' && type.kind !== 'int' && type.kind !== 'uint')
    throw new CommandError(`that is no string, but a ${value.type.name}`, column);
  const start = type.kind === 'pointer' ? pointerOf(value) : BigInt.asUintN(64, numberOfResult(context, result) as bigint);
  const out: number[] = [];
  for (let at = start; out.length < MOST_CHARACTERS; at++) {
    const [byte] = readMemory(context.memory, at, 1);
    if (byte === 0) break;
    out.push(byte!);
  }
  return utf8Text(Uint8Array.from(out));
}

const untilNul = (bytes: Uint8Array): Uint8Array => (bytes.includes(0) ? bytes.subarray(0, bytes.indexOf(0)) : bytes);
