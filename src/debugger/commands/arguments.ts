import { CommandError } from '../errors.js';

export interface Word {
  readonly text: string;
  /** Column in the command line. */
  readonly column: number;
}

/** What stands behind a command's name. Errors made here point into the line as it was typed. */
export class Arguments {
  constructor(
    /** Without blanks at either end. */
    readonly text: string,
    /** Column of `text` in the command line. */
    readonly column: number,
    /** `x` of `p/x`, `8gx` of `x/8gx`; empty when there is none. */
    readonly format: string = '',
    /** The name or alias that was typed, in full. */
    readonly verb: string = '',
  ) {}

  get empty(): boolean {
    return this.text === '';
  }

  error(message: string, offset = 0): CommandError {
    return new CommandError(message, this.column + offset);
  }

  /** Words split at blanks; quotes and brackets keep blanks together. */
  words(): readonly Word[] {
    return splitWords(this.text).map(word => ({ text: word.text, column: word.column + this.column }));
  }

  /** What is left from `offset` on. */
  from(offset: number): Arguments {
    const tail = this.text.slice(offset);
    const blanks = tail.length - tail.trimStart().length;
    return new Arguments(tail.trim(), this.column + offset + blanks, this.format, this.verb);
  }

  /** What is left in front of `offset`. */
  to(offset: number): Arguments {
    return new Arguments(this.text.slice(0, offset).trim(), this.column, this.format, this.verb);
  }

  /** The first word, and what follows it. */
  shift(): readonly [first: string, rest: Arguments] {
    const word = splitWords(this.text)[0];
    if (word === undefined) return ['', this];
    return [word.text, this.from(word.column + word.text.length)];
  }

  withFormat(format: string): Arguments {
    return new Arguments(this.text, this.column, format, this.verb);
  }

  /** A whole number of at least `minimum`, or `fallback` when there is nothing. */
  count(fallback: number, minimum = 1): number {
    if (this.empty) return fallback;
    return parseCount({ text: this.text, column: this.column }, minimum);
  }

  /** Fails when there is anything. */
  none(): void {
    if (!this.empty) throw this.error(`${this.verb} takes no argument`);
  }
}

export function parseCount(word: Word, minimum = 1): number {
  const value = /^(0x[0-9a-f_]+|[0-9_]+|-[0-9_]+)$/i.test(word.text) ? Number(word.text.replaceAll('_', '')) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new CommandError(`"${word.text}" is not a whole number of at least ${minimum}`, word.column);
  }
  return value;
}

/** Splits at blanks outside of quotes and brackets; columns count from the start of `source`. */
export function splitWords(source: string): readonly Word[] {
  const words: Word[] = [];
  let start = -1;
  let depth = 0;
  let quote = '';
  for (let index = 0; index <= source.length; index++) {
    const char = source[index];
    if (char === undefined || (/\s/.test(char) && depth === 0 && quote === '')) {
      if (start >= 0) words.push({ text: source.slice(start, index), column: start });
      start = -1;
      continue;
    }
    if (start < 0) start = index;
    if (quote !== '') {
      if (char === '\\') index++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'" || char === '`') quote = char;
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth = Math.max(0, depth - 1);
  }
  return words;
}

/** The text of a word without its outer quotes. */
export function unquote(word: string): string {
  const quoted = /^(["'`])(.*)\1$/s.exec(word);
  return quoted ? quoted[2]! : word;
}

/**
 * Splits options (`-a`, `-depth 3`) off the front. `known` maps each option to whether a value follows it. A `-` that starts a number or
 * expression ends the options.
 */
export function splitOptions(
  args: Arguments,
  known: Readonly<Record<string, boolean>>,
): readonly [flags: ReadonlyMap<string, string>, rest: Arguments] {
  const flags = new Map<string, string>();
  let rest = args;
  for (;;) {
    const match = /^-{1,2}[a-zA-Z][\w-]*(?=\s|$)/.exec(rest.text);
    if (!match) return [flags, rest];
    const name = match[0].replace(/^--/, '-');
    const takesValue = known[name];
    if (takesValue === undefined) {
      const names = Object.keys(known).join(' ');
      throw rest.error(`${args.verb} has no option ${match[0]}${names === '' ? '' : `; it has ${names}`}`);
    }
    rest = rest.from(match[0].length);
    if (!takesValue) {
      flags.set(name, '');
      continue;
    }
    const [value, after] = rest.shift();
    if (value === '') throw rest.error(`${name} wants a value`);
    flags.set(name, unquote(value));
    rest = after;
  }
}
