import { CommandError } from '../errors.js';
import type { Command } from './command.js';

const SCREEN = 'the full screen is what r14 opens on a terminal without --line; it is not switched from here';

/** Commands of gdb and Delve that r14 has not, and what to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  layout: SCREEN,
  tui: SCREEN,
  focus: SCREEN,
  attach: 'r14 runs programs on a machine of its own: r14 exec PATH starts one',
};

/** Finds commands by name, alias or unambiguous beginning; `info registers` and its like are found by their two words. */
export class CommandTable {
  readonly #exact = new Map<string, Command>();

  constructor(readonly commands: readonly Command[]) {
    for (const command of commands) {
      for (const name of [command.name, ...command.aliases]) {
        if (this.#exact.has(name)) throw new Error(`two commands are called ${name}`);
        this.#exact.set(name, command);
      }
    }
  }

  /** All names and aliases, for completion. */
  names(): readonly string[] {
    return [...this.#exact.keys()];
  }

  /** The first word that stands for several commands (`info`) which `name` means, if it does. */
  family(name: string, aliases: ReadonlyMap<string, string>): string | undefined {
    const given = aliases.get(name) ?? name;
    const wanted = this.#exact.get(given)?.name ?? given;
    const families = new Set([...this.#exact.keys()].filter(each => each.includes(' ')).map(each => each.split(' ')[0]!));
    if (families.has(wanted)) return wanted;
    if (this.#exact.has(wanted)) return undefined;
    const begun = [...families].filter(each => each.startsWith(wanted));
    return begun.length === 1 ? begun[0] : undefined;
  }

  /** Whether some name begins so. */
  begins(start: string): boolean {
    return [...this.#exact.keys()].some(name => name.startsWith(start));
  }

  /**
   * The command that `name` means, with the user's own aliases looked at first. `column` is where the name stands in the line.
   */
  find(name: string, column: number, aliases?: ReadonlyMap<string, string>): Command {
    const wanted = aliases?.get(name) ?? name;
    const exact = this.#exact.get(wanted);
    if (exact !== undefined) return exact;
    const begun = [...this.#exact].filter(
      ([candidate]) => candidate.startsWith(wanted) && candidate.includes(' ') === wanted.includes(' '),
    );
    const distinct = new Set(begun.map(([, command]) => command));
    if (distinct.size === 1) return begun[0]![1];
    if (distinct.size > 1) {
      const names = [...distinct].map(command => command.name).sort();
      throw new CommandError(`"${name}" is short for several commands: ${names.join(', ')}`, column);
    }
    if (Object.hasOwn(INSTEAD, wanted)) throw new CommandError(`no command "${name}": ${INSTEAD[wanted]}`, column);
    const near = nearest(wanted, this.#exact.keys());
    throw new CommandError(`no command "${name}"${near === undefined ? '' : `; did you mean ${near}?`} (help lists all)`, column);
  }
}

/** The candidate that is at most two typing errors away, if any. */
function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, Math.ceil(word.length / 2));
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate, least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
