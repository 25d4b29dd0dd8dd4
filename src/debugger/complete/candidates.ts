/** The words of each kind that there are: commands, names of the program, registers, numbers of breakpoints and goroutines. */

import { basename } from '../../host/path.js';
import { told } from '../../host/told.js';
import type { Type } from '../../image/api.js';
import { signalName } from '../../linux/abi/signals.js';
import { SYSCALLS } from '../../linux/syscalls/table.js';
import { RUNTIME_EVENTS } from '../../runtime/events.js';
import { type CompletionKind, GROUPS } from '../commands/command.js';
import { SIGNAL_ACTIONS } from '../commands/signals.js';
import { commandTable } from '../commands/table.js';
import { evaluate } from '../evaluate/evaluate.js';
import { parseExpression } from '../evaluate/parser.js';
import { isOfCompiler } from '../evaluate/scope.js';
import { CAUGHT } from '../session/breakpoints.js';
import type { Session } from '../session/session.js';
import { SETTINGS } from '../session/settings.js';
import { GLOSSARY } from '../show/glossary.js';
import { registerNames } from '../show/registers-text.js';
import { underlying } from '../values/types.js';

/** Where a word stands. */
export interface CompletionPlace {
  /** What is typed of it. */
  readonly word: string;
  /** The arguments before it. */
  readonly before: readonly string[];
  /** Lists paths that begin so. */
  readonly files: (start: string) => readonly string[];
}

const SIGNALS = Array.from({ length: 31 }, (_, index) => signalName(index + 1));
/** Names of the program are offered once so much of them is typed. */
const ENOUGH = 2;

/** Words of a kind; the caller picks those that begin as the word does. */
export function* candidates(session: Session, kind: CompletionKind, { word, before, files }: CompletionPlace): Iterable<string> {
  switch (kind) {
    case 'command':
      break;
    case 'topic':
      yield* commandTable.names();
      yield* GROUPS;
      yield* GLOSSARY.flatMap(({ words }) => words.filter(each => !each.includes(' ')));
      break;
    case 'file':
      yield* files(word);
      break;
    case 'setting':
      yield* SETTINGS.map(row => row.name);
      yield* ['substitute-path', 'alias'];
      break;
    case 'value':
      for (const row of SETTINGS) if ('choices' in row && before.includes(row.name)) yield* row.choices;
      break;
    case 'breakpoint':
      for (const each of session.breakpoints.all) yield each.name ?? String(each.id);
      break;
    case 'goroutine':
      yield 'all';
      for (const each of session.target.go?.goroutines() ?? []) yield String(each.id);
      break;
    case 'thread':
      yield 'apply';
      for (const each of session.target.process.threads) yield String(session.target.threadNumber(each));
      break;
    case 'frame':
      yield 'function';
      break;
    case 'register':
      yield* registers(word);
      break;
    case 'event':
      yield* [...CAUGHT, ...Object.keys(RUNTIME_EVENTS)];
      break;
    case 'caught':
      if (before[0] === 'signal') yield* SIGNALS;
      if (before[0] === 'syscall') yield* SYSCALLS.map(row => row.name);
      break;
    case 'moment':
      yield* ['start', 'end', 'fault'];
      for (const { id } of session.history?.marks.all ?? []) if (id > 0) yield String(id);
      break;
    case 'signal':
      yield* ['all', ...SIGNALS, ...Object.keys(SIGNAL_ACTIONS)];
      break;
    case 'type':
      if (word.length >= ENOUGH) yield* named(typeNames(session), word);
      break;
    case 'function':
      if (word.length >= ENOUGH) yield* named(session.target.images.functionNames(), word);
      break;
    case 'location':
      if (word.length < ENOUGH) break;
      yield* named(session.target.images.functionNames(), word);
      for (const image of session.target.images.all) for (const file of image.files()) yield `${basename(file)}:`;
      break;
    case 'expression':
      yield* locals(session);
      yield* registers(word);
      if (word.length < ENOUGH) break;
      yield* named(globalNames(session), word);
      yield* named(session.target.images.functionNames(), word);
      yield* named(typeNames(session), word);
      break;
  }
}

/** In the spelling that was begun: `$r14`, `R14` or `r14`. */
function registers(word: string): readonly string[] {
  const names = registerNames(true);
  if (word.startsWith('$')) return names.map(name => `$${name}`);
  return /^[A-Z]/.test(word) ? names.map(name => name.toUpperCase()) : names;
}

function* locals(session: Session): Iterable<string> {
  if (session.exited) return;
  for (const each of session.frame.variables()) if (!isOfCompiler(each)) yield each.name;
}

function* globalNames(session: Session): Iterable<string> {
  for (const image of session.target.images.all) for (const each of image.globals()) yield each.name;
}

function* typeNames(session: Session): Iterable<string> {
  for (const image of session.target.images.all) yield* image.typeNames();
}

/** Names as they may be typed: whole, from the last element of the package's path on, or the last name alone. */
function* named(names: Iterable<string>, word: string): Iterable<string> {
  for (const name of names) {
    const path = name.slice(0, name.search(/[[({]|$/));
    const starts = [0, path.lastIndexOf('/') + 1, name.lastIndexOf('.') + 1];
    for (const start of starts) if (name.startsWith(word, start)) yield name.slice(start);
  }
}

/** Fields of what stands before a dot or arrow at the end of an expression, and how much of a field is typed. Undefined: no such thing. */
export function members(session: Session, text: string): { readonly words: readonly string[]; readonly typed: number } | undefined {
  const match = /(?:\.|->)([A-Za-z_]\w*)?$/.exec(text);
  if (match === null || session.exited) return undefined;
  const base = text.slice(operandStart(text, match.index), match.index);
  const typed = match[1] ?? '';
  try {
    const result = evaluate(parseExpression(base), session.context());
    if (result.kind !== 'value') return undefined;
    const words = [...new Set(fieldNames(result.value.type))].filter(name => name.startsWith(typed));
    return { words: words.sort(), typed: typed.length };
  } catch (error) {
    // No value: a package, or something not finished yet.
    told(error);
    return undefined;
  }
}

/** Where the operand that ends at `end` starts: names, dots, arrows and whatever is in brackets. */
function operandStart(text: string, end: number): number {
  let at = end;
  for (let depth = 0; at > 0; at--) {
    const char = text[at - 1]!;
    if (')]'.includes(char)) depth++;
    else if ('(['.includes(char)) {
      if (depth-- === 0) break;
    } else if (depth === 0 && char === '>' && text[at - 2] === '-') at--;
    else if (depth === 0 && !/[\w$.]/.test(char)) break;
  }
  return at;
}

/** Also those that embedded structs lend. */
function fieldNames(type: Type, depth = 0): readonly string[] {
  const at = underlying(type);
  if (at.kind === 'pointer') return fieldNames(at.elem, depth);
  if (at.kind !== 'struct' && at.kind !== 'union') return [];
  const lent = depth < 3 ? at.fields.filter(field => field.embedded).flatMap(field => fieldNames(field.type, depth + 1)) : [];
  return [...at.fields.map(field => field.name), ...lent];
}
