/** Wide characters of C and C++, in UTF-16 or UTF-32, as gdb prints them. */
import type { Type } from '../../image/api.js';
import { PRINTABLE, quoteC } from './numbers.js';

/** What stands in front of a literal, and how many bytes a unit has. */
export interface WideKind {
  readonly prefix: string;
  readonly size: number;
}

const WIDE: ReadonlyMap<string, WideKind> = new Map([
  ['wchar_t', { prefix: 'L', size: 4 }],
  ['char16_t', { prefix: 'u', size: 2 }],
  ['char32_t', { prefix: 'U', size: 4 }],
]);
/** Types that lead to others, at most. */
const MOST_NAMES = 20;
/** gdb folds runs of at least this many equal characters. */
const REPEATS = 10;

/** Whether a type is one of wide characters, by its name or that of what it stands for. */
export function wideKind(type: Type): WideKind | undefined {
  let at = type;
  for (let count = 0; count < MOST_NAMES; count++) {
    const kind = WIDE.get(at.name.replace(/\b(?:const|volatile)\b/g, '').trim());
    if (kind !== undefined) return kind.size === at.size ? kind : undefined;
    if (at.kind !== 'named') return undefined;
    at = at.underlying;
  }
  return undefined;
}

export function unitsOf(bytes: Uint8Array, { size }: WideKind): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) =>
    size === 2 ? view.getUint16(2 * index, true) : view.getUint32(4 * index, true),
  );
}

/** One character in quotes: `L'x'`. */
export const wideChar = (units: readonly number[], kind: WideKind): string => `${kind.prefix}'${charsOf(units, kind, "'").join('')}'`;

/** Characters in quotes; long runs are folded into parts of their own. */
export function wideText(units: readonly number[], kind: WideKind): string {
  const chars = charsOf(units, kind, '"');
  const single = charsOf(units, kind, "'");
  const parts: string[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') parts.push(`"${plain}"`);
    plain = '';
  };
  for (let at = 0; at < chars.length; ) {
    let run = 1;
    while (chars[at + run] === chars[at]) run++;
    if (run >= REPEATS) {
      flush();
      parts.push(`'${single[at]}' <repeats ${run} times>`);
    } else plain += chars[at]!.repeat(run);
    at += run;
  }
  flush();
  return kind.prefix + (parts.length === 0 ? '""' : parts.join(', '));
}

/** Each character as it stands in quotes: surrogates that belong together are one. */
function charsOf(units: readonly number[], { size }: WideKind, quote: string): readonly string[] {
  const chars: string[] = [];
  for (let at = 0; at < units.length; at++) {
    const unit = units[at]!;
    const next = units[at + 1] ?? 0;
    if (size === 2 && unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
      chars.push(String.fromCharCode(unit, next));
      at++;
    } else chars.push(oneChar(unit, quote));
  }
  return chars;
}

function oneChar(unit: number, quote: string): string {
  if (unit < 0x80) return quoteC(Uint8Array.of(unit), quote).slice(1, -1);
  const valid = unit <= 0x10_ffff && (unit < 0xd800 || unit > 0xdfff);
  const char = valid ? String.fromCodePoint(unit) : '';
  if (PRINTABLE.test(char)) return char;
  return unit <= 0o777 ? `\\${unit.toString(8).padStart(3, '0')}` : `\\x${unit.toString(16)}`;
}
