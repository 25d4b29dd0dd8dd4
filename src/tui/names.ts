/** Names in a text that stand for something which can be shown: registers, places in memory, functions and variables. */
import { type Row, rowText } from './text.js';
import widthOf from './width.js';

export interface NamePlace {
  readonly name: string;
  /** Its cells in the row: from, and behind its end. */
  readonly from: number;
  readonly to: number;
}

const REGISTER = String.raw`%?(?:[RE]?(?:AX|BX|CX|DX|SI|DI|BP|SP|IP)|R(?:8|9|1[0-5])[DWB]?|X(?:1[0-5]|\d)|[re](?:ax|bx|cx|dx|si|di|bp|sp|ip)|r(?:8|9|1[0-5])|[xy]mm(?:1[0-5]|\d)|EFLAGS)`;
const PLACE = String.raw`-?(?:0x[\da-f]+|\d+)?\(${REGISTER}\)`;
const QUALIFIED = String.raw`[A-Za-z_][\w/]*(?:\.\(\*\w+\)|\.[A-Za-z_]\w*)+`;
const LINE = String.raw`[\w-]+\.(?:go|s|c):\d+`;
const ADDRESS = String.raw`0x[\da-f]{5,16}`;
/** What is a name wherever it stands. The longest comes first. */
const ANYWHERE = new RegExp(`(?<![\\w.$])(?:${PLACE}|${LINE}|${QUALIFIED}|${REGISTER}|${ADDRESS})(?!\\w)`, 'g');
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** Of a code span, a command or an answer. A text that is one identifier is a name, too. */
export function namesIn(text: string): readonly string[] {
  const whole = text.trim();
  return IDENTIFIER.test(whole) ? [whole] : [...whole.matchAll(ANYWHERE)].map(([name]) => name);
}

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Where those names stand in a row, from left to right. */
export function namePlaces(names: readonly string[], row: Row): readonly NamePlace[] {
  if (names.length === 0) return [];
  const text = rowText(row);
  const longest = [...new Set(names)].sort((a, b) => b.length - a.length);
  const any = new RegExp(`(?<![\\w.])(?:${longest.map(escaped).join('|')})(?![\\w])`, 'g');
  return [...text.matchAll(any)].map(({ 0: name, index }) => {
    const from = widthOf(text.slice(0, index));
    return { name, from, to: from + widthOf(name) };
  });
}

/** Words of lessons that expressions have no name for. */
const MEANT: Readonly<Record<string, string>> = { g: 'R14', g0: 'runtime.g0', m0: 'runtime.m0' };

/** The register that a name is, as the registers pane calls it; undefined: it is none. */
export function paneRegister(name: string): string | undefined {
  const plain = (MEANT[name] ?? name).replace(/^%/, '').toLowerCase();
  const whole = /^e?(ax|bx|cx|dx|si|di|bp|sp|ip)$/.exec(plain);
  if (whole !== null) return `r${whole[1]}`;
  const numbered = /^(r(?:8|9|1[0-5]))[dwb]?$/.exec(plain);
  if (numbered !== null) return numbered[1];
  if (/^x(1[0-5]|\d)$/.test(plain)) return `xmm${plain.slice(1)}`;
  return plain;
}

/** An expression for where a name lies. */
export function expressionOfName(name: string): string {
  const [, offset = '', register = ''] = new RegExp(`^(-?(?:0x[\\da-f]+|\\d+)?)\\((${REGISTER})\\)$`).exec(name) ?? [];
  if (register === '') return MEANT[name] ?? name;
  const base = paneRegister(register)!.toUpperCase();
  return offset === '' ? base : `${base}${offset.startsWith('-') ? '' : '+'}${offset}`;
}
