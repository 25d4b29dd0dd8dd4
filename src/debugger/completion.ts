/** What the word being typed may become, from the command table and what the program has. */
import type { CompletionKind } from './commands/command.js';
import { commandTable } from './commands/table.js';
import { registerNames } from './registers-text.js';
import type { Session } from './session.js';
import { SETTINGS } from './settings.js';

/** More than these are not offered. */
const MOST = 200;

export interface Completion {
  /** Full replacements of the line from `start` on. */
  readonly words: readonly string[];
  /** Column where the word begins. */
  readonly start: number;
}

/** Completes the last word of a line. `files` lists paths that begin so. */
export function complete(session: Session, line: string, files: (start: string) => readonly string[]): Completion {
  const lead = /^\s*/.exec(line)![0].length;
  const typed = line.slice(lead);
  const names = commandTable.names();
  const begun = names.filter(name => name.startsWith(typed)).sort();
  if (!typed.includes(' ') || (begun.length > 0 && names.some(name => name.includes(' ') && name.startsWith(typed)))) {
    return { words: begun, start: lead };
  }
  const start = line.length - /[^\s*&(,]*$/.exec(line)![0].length;
  const word = line.slice(start);
  const kinds = kindsOf(session, typed);
  const found = new Set<string>();
  for (const kind of kinds) {
    for (const candidate of candidates(session, kind, word, files)) {
      if (candidate.startsWith(word)) found.add(candidate);
      if (found.size >= MOST) break;
    }
  }
  return { words: [...found].sort(), start };
}

function kindsOf(session: Session, typed: string): readonly CompletionKind[] {
  const words = typed.split(/\s+/);
  for (const count of [2, 1]) {
    try {
      return commandTable.find(words.slice(0, count).join(' ').replace(/\/.*/, ''), 0, session.settings.aliases).completion;
    } catch {
      // A shorter name, then.
    }
  }
  return [];
}

function* candidates(session: Session, kind: CompletionKind, word: string, files: (start: string) => readonly string[]): Iterable<string> {
  switch (kind) {
    case 'command':
      yield* commandTable.names();
      break;
    case 'topic':
      yield* commandTable.names().filter(name => name.startsWith('info '));
      break;
    case 'file':
      yield* files(word);
      break;
    case 'setting':
      yield* SETTINGS.map(row => row.name);
      yield* ['substitute-path', 'alias'];
      break;
    case 'breakpoint':
      for (const each of session.breakpoints.all) yield each.name ?? String(each.id);
      break;
    case 'goroutine':
      for (const each of session.go?.goroutines() ?? []) yield String(each.id);
      break;
    case 'thread':
      for (const each of session.process.threads) yield String(session.threadNumber(each));
      break;
    case 'register':
      yield* registers(word);
      break;
    case 'signal':
      yield* ['signal', 'syscall', 'thread'];
      break;
    case 'type':
      for (const image of session.images.all) yield* image.typeNames();
      break;
    case 'function':
    case 'location':
      yield* functions(session, word);
      break;
    case 'expression':
      yield* registers(word);
      yield* locals(session);
      for (const image of session.images.all) for (const each of image.globals()) yield each.name;
      yield* functions(session, word);
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
  const { frame } = session;
  for (const each of session.images.variables(frame.scope, frame.physical.pc)) yield each.name;
}

/** Whole names, and ends of names for who types `Take` for `trace.(*T).TakeSnapShot`. */
function* functions(session: Session, word: string): Iterable<string> {
  if (word.length < 2) return;
  for (const func of session.images.functions()) {
    yield func.name;
    const last = func.name.slice(func.name.lastIndexOf('.') + 1);
    if (last.startsWith(word)) yield last;
  }
}
