/** gdb's scripts: lines, and what several of them make together up to `end`. */
import { CommandError } from '../errors.js';

/** A line of a script, with its number. */
export interface NumberedLine {
  readonly text: string;
  readonly number: number;
}

export type ScriptStatement =
  | { readonly kind: 'line'; readonly at: NumberedLine }
  | {
      readonly kind: 'if';
      readonly at: NumberedLine;
      readonly condition: string;
      readonly then: readonly ScriptStatement[];
      readonly otherwise: readonly ScriptStatement[];
    }
  | { readonly kind: 'while'; readonly at: NumberedLine; readonly condition: string; readonly body: readonly ScriptStatement[] }
  /** What is kept as it is written: commands of a breakpoint or of the user's own, and what help says of those. */
  | {
      readonly kind: 'commands' | 'define' | 'document';
      readonly at: NumberedLine;
      readonly name: string;
      readonly body: readonly string[];
    };

type Block = Exclude<ScriptStatement['kind'], 'line'>;

/** What the breakpoints of `commands` may be: none, numbers, ranges. With anything else behind it, it is all on one line. */
const BREAKPOINTS = /^\s*(?:(?:\$bpnum|\d+)(?:-\d+)?(?:\s+|$))*$/;

/** Which block a line opens. */
function opened(line: string): Block | undefined {
  const [, word = '', rest = ''] = /^\s*([a-z]+)\b\s*(.*)$/s.exec(line) ?? [];
  if (word === 'commands') return BREAKPOINTS.test(rest) ? 'commands' : undefined;
  return word === 'if' || word === 'while' || word === 'define' || word === 'document' ? word : undefined;
}

const argumentOf = ({ text }: NumberedLine): string => text.trim().replace(/^\w+\s*/, '');
const isEnd = (line: string): boolean => /^\s*end\s*$/.test(line);
const isElse = (line: string): boolean => /^\s*else\s*$/.test(line);
const isNothing = (line: string): boolean => /^\s*(#.*)?$/.test(line);

/** Takes lines one after the other, until they make a whole. */
export class BlockReader {
  private lines: NumberedLine[] = [];
  private readonly open: { readonly block: Block; readonly at: NumberedLine }[] = [];
  private continued = '';

  /** The line whose `end` is missing; undefined: nothing is begun. */
  get begun(): NumberedLine | undefined {
    return this.open[0]?.at;
  }

  /** Whether what comes next belongs to what has come. */
  get waiting(): boolean {
    return this.open.length > 0 || this.continued !== '';
  }

  /** The lines that are whole now; undefined: more belongs to them. A line that ends in a backslash goes on in the next. */
  take(line: string, number: number): readonly NumberedLine[] | undefined {
    const whole = this.continued + line;
    this.continued = '';
    if (whole.endsWith('\\')) {
      this.continued = whole.slice(0, -1);
      return undefined;
    }
    const at = { text: whole, number };
    this.lines.push(at);
    const inDocument = this.open.at(-1)?.block === 'document';
    const block = inDocument ? undefined : opened(whole);
    if (isEnd(whole) && this.open.length > 0) this.open.pop();
    else if (block !== undefined) this.open.push({ block, at });
    if (this.open.length > 0) return undefined;
    const { lines } = this;
    this.lines = [];
    return lines;
  }
}

/** The statements of whole lines. Throws CommandError for an `else` or `end` that belongs to nothing, and for a block without its end. */
export function parseStatements(lines: readonly NumberedLine[]): ScriptStatement[] {
  let next = 0;
  const until = (ends: (line: string) => boolean, from?: NumberedLine): ScriptStatement[] => {
    const statements: ScriptStatement[] = [];
    for (;;) {
      const at = lines[next];
      if (at === undefined) {
        if (from === undefined) return statements;
        throw new CommandError(`\`${from.text.trim()}\` has no end`);
      }
      if (ends(at.text)) return statements;
      next++;
      if (isNothing(at.text)) continue;
      if (isEnd(at.text) || isElse(at.text)) throw new CommandError(`\`${at.text.trim()}\` belongs to nothing`);
      statements.push(statement(at));
    }
  };
  const raw = (from: NumberedLine, nested: boolean): string[] => {
    const body: string[] = [];
    for (let depth = 1; ; next++) {
      const at = lines[next];
      if (at === undefined) throw new CommandError(`\`${from.text.trim()}\` has no end`);
      if (isEnd(at.text) && --depth === 0) break;
      if (nested && opened(at.text) !== undefined) depth++;
      body.push(at.text);
    }
    next++;
    return body;
  };
  const statement = (at: NumberedLine): ScriptStatement => {
    const kind = opened(at.text);
    const argument = argumentOf(at);
    switch (kind) {
      case undefined:
        return { kind: 'line', at };
      case 'if': {
        if (argument === '') throw new CommandError('if wants a condition');
        const then = until(line => isEnd(line) || isElse(line), at);
        const otherwise = isElse(lines[next++]!.text) ? until(isEnd, at) : undefined;
        if (otherwise !== undefined) next++;
        return { kind, at, condition: argument, then, otherwise: otherwise ?? [] };
      }
      case 'while': {
        if (argument === '') throw new CommandError('while wants a condition');
        const body = until(isEnd, at);
        next++;
        return { kind, at, condition: argument, body };
      }
      default:
        return { kind, at, name: argument, body: raw(at, kind !== 'document') };
    }
  };
  return until(() => false);
}

/** Lines without numbers of their own. */
export const scriptLines = (lines: readonly string[]): NumberedLine[] => lines.map((text, index) => ({ text, number: index + 1 }));
