/** What the word being typed may become: the command table says what stands at each place, `candidates` what there is of it. */

import { told } from '../../host/told.js';
import { splitWords } from '../commands/arguments.js';
import type { Command, CompletionKind } from '../commands/command.js';
import { commandTable } from '../commands/table.js';
import type { Session } from '../session/session.js';
import { candidates, members } from './candidates.js';

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
  const lead = line.length - line.trimStart().length;
  const typed = line.slice(lead);
  const names = [...commandTable.names(), ...session.settings.aliases.keys()].filter(name => name.startsWith(typed));
  if (names.length > 0 || !typed.includes(' ')) return { words: names.sort(), start: lead };
  const found = commandOf(session, typed);
  if (found === undefined) return { words: [], start: line.length };
  const from = lead + found.length;
  const args = splitWords(line.slice(from));
  const before = args.filter(word => from + word.column + word.text.length < line.length);
  const { completion } = found.command;
  const command = completion.indexOf('command');
  if (command >= 0 && before.length >= command) {
    const start = from + (args[command]?.column ?? line.length - from);
    const inner = complete(session, line.slice(start), files);
    return { words: inner.words, start: start + inner.start };
  }
  const kinds = kindsAt(completion, before.length, line.slice(from));
  const fields = kinds.includes('expression') ? members(session, line.slice(from)) : undefined;
  if (fields !== undefined) return { words: fields.words, start: line.length - fields.typed };
  const start = line.length - wordLength(kinds, line.slice(from));
  const word = line.slice(start);
  const words = new Set<string>();
  for (const kind of kinds) {
    for (const candidate of candidates(session, kind, { word, before: before.map(each => each.text), files })) {
      if (words.size >= MOST) break;
      if (candidate.startsWith(word)) words.add(candidate);
    }
  }
  return { words: [...words].sort(), start };
}

/** The command that a line names, in two words or one, and where the name ends. */
function commandOf(session: Session, typed: string): { readonly command: Command; readonly length: number } | undefined {
  for (const name of [/^\S+\s+\S+(?=\s)/, /^\S+(?=\s)/].map(form => form.exec(typed)?.[0])) {
    if (name === undefined) continue;
    try {
      const command = commandTable.find(name.replace(/\/.*/, '').replace(/\s+/, ' '), 0, session.settings.aliases);
      return { command, length: name.length };
    } catch (error) {
      // A shorter name, then.
      told(error);
    }
  }
  return undefined;
}

/** The last of a command's arguments goes on for all that follow; behind `if` stands a condition. */
function kindsAt(completion: Command['completion'], index: number, args: string): readonly CompletionKind[] {
  const kind = completion[Math.min(index, completion.length - 1)];
  const kinds = kind === undefined ? [] : typeof kind === 'string' ? [kind] : kind;
  return kinds.includes('location') && (/\sif\s/.test(args) || /(^|\s)\*\S*$/.test(args)) ? ['expression'] : kinds;
}

/** A name within an expression has operators and brackets around it; anything else has blanks. */
function wordLength(kinds: readonly CompletionKind[], args: string): number {
  return (kinds.includes('expression') ? /[\w$./%]*$/ : /\S*$/).exec(args)![0].length;
}
