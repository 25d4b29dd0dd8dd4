import { FLAVORS, type Flavor } from '../code/disassemble.js';
import { CommandError } from '../errors.js';
import { LANE_KINDS, type LaneKind } from '../values/lanes.js';
import type { PrintOptions } from '../values/print.js';

const THEMES = ['dark', 'light', 'plain'] as const;
export type Theme = (typeof THEMES)[number];

/** The panes that the full screen can show. */
export const PANE_NAMES = [
  'code',
  'registers',
  'backtrace',
  'lens',
  'memory',
  'lesson',
  'output',
  'goroutines',
  'console',
  'source',
  'race',
  'why',
  'locals',
  'breakpoints',
] as const;

interface SettingRow {
  readonly name: string;
  /** gdb's name for it, after `set`. */
  readonly gdb?: string;
  /** `choices`: any number of them, with spaces between. */
  readonly kind: 'number' | 'choice' | 'choices' | 'text';
  readonly choices?: readonly string[];
  /** Other names of choices. */
  readonly also?: Readonly<Record<string, string>>;
  readonly initial: number | string;
  readonly summary: string;
}

/** All settings: `config NAME VALUE`, and gdb's `set NAME VALUE` where gdb has one. */
export const SETTINGS = [
  {
    name: 'disassemble-flavor',
    gdb: 'disassembly-flavor',
    kind: 'choice',
    choices: FLAVORS,
    also: { att: 'gnu' },
    initial: 'gnu',
    summary: 'syntax of disassembly: gnu (AT&T, also called att), intel or go',
  },
  { name: 'max-string-len', gdb: 'print elements', kind: 'number', initial: 64, summary: 'bytes of a string that are printed' },
  { name: 'max-array-values', kind: 'number', initial: 64, summary: 'elements of an array, slice or map that are printed' },
  { name: 'max-variable-recurse', kind: 'number', initial: 1, summary: 'how deep nested structs and pointers are followed when printed' },
  {
    name: 'source-list-line-count',
    gdb: 'listsize',
    kind: 'number',
    initial: 5,
    summary: 'lines of source before and after the one shown',
  },
  { name: 'stack-depth', kind: 'number', initial: 50, summary: 'frames that bt prints unless told otherwise' },
  { name: 'prompt', gdb: 'prompt', kind: 'text', initial: '(r14) ', summary: 'the prompt' },
  {
    name: 'theme',
    kind: 'choice',
    choices: THEMES,
    initial: 'dark',
    summary: "the screen's colours, for a dark or a light terminal; plain: none",
  },
  {
    name: 'hidden-panes',
    kind: 'choices',
    choices: PANE_NAMES,
    initial: '',
    summary: 'panes that the screen leaves out; their numbers still show them',
  },
  {
    name: 'vector-lanes',
    kind: 'choice',
    choices: ['off', ...LANE_KINDS],
    initial: 'off',
    summary: 'lanes in which the registers pane tells YMM registers, and regs without -lanes too; off: the pane leaves them out',
  },
  {
    name: 'step-slice',
    kind: 'number',
    initial: 50_000,
    summary: 'most instructions between two looks at the clock, which tells when to look at the keyboard, while the program runs',
  },
  {
    name: 'history-memory',
    kind: 'number',
    initial: 1024,
    summary: 'MiB that the way back may take: of what the program has passed, saved states of it beside its own memory',
  },
  {
    name: 'follow-fork-mode',
    gdb: 'follow-fork-mode',
    kind: 'choice',
    choices: ['parent', 'child'],
    initial: 'parent',
    summary: 'which process is looked at when the program has made another one: parent or child',
  },
  {
    name: 'detach-on-fork',
    gdb: 'detach-on-fork',
    kind: 'choice',
    choices: ['on', 'off'],
    initial: 'on',
    summary: 'on: the other process runs by itself; off: all stop at breakpoints, and the one that has is looked at',
  },
  {
    name: 'max-call-instructions',
    kind: 'number',
    initial: 100_000_000,
    summary: 'most instructions, of all threads, that a function which an expression calls may take',
  },
] as const satisfies readonly SettingRow[];

export type SettingName = (typeof SETTINGS)[number]['name'];

/** The settings of a session, substitution rules for source paths and the user's aliases among them. */
export class Settings {
  readonly #values = new Map<string, number | string>(SETTINGS.map(row => [row.name, row.initial]));
  /** What has been set or dropped: names of settings, `substitute-path /from`, `alias go`. */
  readonly chosen = new Set<string>();
  /** Rules of `config substitute-path`, the first that fits is used. */
  readonly substitutions: { from: string; to: string }[] = [];
  /** Where source files are looked for that are not where they should be; gdb's `directory`. */
  readonly directories: string[] = [];
  /** alias -> command name, from `config alias`. */
  readonly aliases = new Map<string, string>();

  number(name: SettingName): number {
    return this.#values.get(name) as number;
  }

  text(name: SettingName): string {
    return this.#values.get(name) as string;
  }

  /** Bounds of printing. */
  get printOptions(): PrintOptions {
    return {
      maxStringLen: this.number('max-string-len'),
      maxArrayValues: this.number('max-array-values'),
      maxVariableRecurse: this.number('max-variable-recurse'),
    };
  }

  get flavor(): Flavor {
    return this.#values.get('disassemble-flavor') as Flavor;
  }

  /** Undefined: the user has chosen none. */
  get vectorLanes(): LaneKind | undefined {
    return LANE_KINDS.find(kind => kind === this.text('vector-lanes'));
  }

  get theme(): Theme {
    return this.#values.get('theme') as Theme;
  }

  get hiddenPanes(): ReadonlySet<string> {
    return new Set(words(this.text('hidden-panes')));
  }

  /** Name and value of each, in the table's order. */
  entries(): readonly (readonly [name: SettingName, value: number | string])[] {
    return SETTINGS.map(row => [row.name, this.#values.get(row.name)!]);
  }

  /** The row that a name, gdb's name or an unambiguous beginning means. */
  static find(name: string): SettingRow | undefined {
    const rows: readonly SettingRow[] = SETTINGS;
    const exact = rows.find(row => row.name === name || row.gdb === name);
    if (exact !== undefined) return exact;
    const begun = rows.filter(row => row.name.startsWith(name));
    return begun.length === 1 ? begun[0] : undefined;
  }

  /** Sets from text. Throws CommandError, at `column`, when the value does not fit. */
  set(name: string, value: string, column: number): void {
    const row = Settings.find(name);
    if (row === undefined) {
      throw new CommandError(
        `no setting "${name}"; there are ${SETTINGS.map(each => each.name).join(', ')}, substitute-path and alias`,
        column,
      );
    }
    // By the name that was typed: gdb's is not to be answered with another.
    this.#values.set(row.name, parseSetting(row.gdb === name ? { ...row, name } : row, value, column));
    this.chosen.add(row.name);
  }

  /** A source path as it may lie on this host, by the substitution rules. */
  substitute(path: string): string {
    // The rule for all that have no other comes last, whenever it was made.
    const rules = [...this.substitutions.filter(rule => rule.from !== ''), ...this.substitutions.filter(rule => rule.from === '')];
    for (const { from, to } of rules) {
      if (path === from) return to;
      if (from === '' && path.startsWith('/')) continue;
      const prefix = from.endsWith('/') || from === '' ? from : `${from}/`;
      if (path.startsWith(prefix)) return to === '' ? path.slice(prefix.length) : `${to.replace(/\/$/, '')}/${path.slice(prefix.length)}`;
    }
    return path;
  }
}

function parseSetting(row: SettingRow, value: string, column: number): number | string {
  switch (row.kind) {
    case 'number': {
      if (!/^\d+$/.test(value)) throw new CommandError(`${row.name} is a whole number, not "${value}"`, column);
      return Number(value);
    }
    case 'choice':
      return choose(row, value, column);
    case 'choices':
      return [...new Set(words(value).map(word => choose(row, word, column)))].join(' ');
    case 'text':
      return value;
  }
}

const words = (text: string): readonly string[] => text.split(/[\s,]+/).filter(word => word !== '');

function choose({ name, choices = [], also = {} }: SettingRow, value: string, column: number): string {
  const chosen = choices.find(each => each === (also[value] ?? value));
  const all = [...choices, ...Object.keys(also)];
  if (chosen === undefined) throw new CommandError(`${name} is ${all.slice(0, -1).join(', ')} or ${all.at(-1)}, not "${value}"`, column);
  return chosen;
}
