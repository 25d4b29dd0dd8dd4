/** What a client may have the program stopped for, without a place in it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { execute } from '../../debugger/commands/execute.js';
import { ENDINGS, type EndingKind } from '../../debugger/session/breakpoints.js';
import type { Session } from '../../debugger/session/session.js';

/** A filter that was chosen. */
export interface ChosenFilter {
  readonly filter: string;
  readonly condition: string | undefined;
}

interface FilterRow {
  readonly filter: string;
  readonly label: string;
  readonly description: string;
  readonly default: boolean;
  /** What its condition is; absent: it takes none. */
  readonly condition?: string;
  /** Commands that have it, with what was said of it, or not. A command that sets a breakpoint is undone by its deletion. */
  readonly on: (condition: string | undefined) => readonly string[];
  readonly off?: readonly string[];
}

const ENDING_LABELS: Readonly<Record<EndingKind, readonly [label: string, description: string]>> = {
  panic: ['Panics', 'a panic that nobody recovers'],
  throw: ['Fatal errors', "what Go's runtime throws: fatal error: ..."],
  deadlock: ['Deadlocks', 'all goroutines are asleep'],
  recursion: ['Endless recursion', 'a stack that grows to 64 MiB'],
};

const endingRow = (event: EndingKind): FilterRow => ({
  filter: event,
  label: ENDING_LABELS[event][0],
  description: ENDING_LABELS[event][1],
  default: true,
  condition: 'an expression that is to hold',
  on: condition => [`enable ${event}`, condition === undefined ? `condition -clear ${event}` : `condition ${event} ${condition}`],
  off: [`disable ${event}`],
});

const FAULTS = 'SIGSEGV SIGBUS SIGFPE SIGILL SIGTRAP SIGABRT';

export const FILTERS: readonly FilterRow[] = [
  {
    filter: 'faults',
    label: 'Faults',
    description: FAULTS,
    default: true,
    on: () => [`handle ${FAULTS} stop print`],
    off: [`handle ${FAULTS} nostop noprint`],
  },
  ...ENDINGS.map(endingRow),
  {
    filter: 'race',
    label: 'Data races',
    description: "in a program built with -race: each race's second access, before the report",
    default: false,
    condition: 'an expression that is to hold',
    on: condition => [`break race${condition === undefined ? '' : ` if ${condition}`}`],
  },
  {
    filter: 'signals',
    label: 'Signals',
    description: 'every signal, or those that are named',
    default: false,
    condition: 'names of signals: SIGUSR1 SIGTERM',
    on: condition => [`catch signal ${condition ?? ''}`.trim()],
  },
  {
    filter: 'abi',
    label: 'Broken calling conventions',
    description: 'what a call or return does that its convention does not allow',
    default: false,
    on: () => ['abi check on'],
    off: ['abi check off'],
  },
  {
    filter: 'exit',
    label: "The program's end",
    description: 'before it ends, so that one can go back from there (system call exit_group)',
    default: false,
    on: () => ['catch syscall exit_group'],
  },
];

/** As `initialize` tells of them. */
export const filtersOut = (): readonly DebugProtocol.ExceptionBreakpointsFilter[] =>
  FILTERS.map(({ filter, label, description, default: standard, condition }) => ({
    filter,
    label,
    description,
    default: standard,
    supportsCondition: condition !== undefined,
    ...(condition === undefined ? {} : { conditionDescription: condition }),
  }));

export class ExceptionFilters {
  /** Those that are on, with the breakpoints that they have set. */
  readonly #on = new Map<string, { readonly condition: string | undefined; readonly breakpoints: readonly number[] }>();
  #setting = false;

  constructor(private readonly session: Session) {
    for (const row of FILTERS) if (row.default) this.#on.set(row.filter, { condition: undefined, breakpoints: [] });
  }

  get setting(): boolean {
    return this.#setting;
  }

  /** Has these, and no others. What is wrong with each that was chosen, if anything is. */
  async set(chosen: readonly ChosenFilter[]): Promise<readonly (string | undefined)[]> {
    this.#setting = true;
    try {
      for (const row of FILTERS) {
        const wanted = chosen.find(({ filter }) => filter === row.filter);
        const now = this.#on.get(row.filter);
        if (now !== undefined && (wanted === undefined || wanted.condition !== now.condition)) await this.#leave(row, now.breakpoints);
      }
      const problems: (string | undefined)[] = [];
      for (const { filter, condition } of chosen) problems.push(await this.#have(filter, condition));
      return problems;
    } finally {
      this.#setting = false;
    }
  }

  async #leave({ filter, off = [] }: FilterRow, breakpoints: readonly number[]): Promise<void> {
    this.#on.delete(filter);
    for (const line of off) await execute(this.session, line);
    for (const each of this.session.breakpoints.all.filter(({ id }) => breakpoints.includes(id))) this.session.breakpoints.remove(each);
  }

  async #have(filter: string, condition: string | undefined): Promise<string | undefined> {
    const row = FILTERS.find(each => each.filter === filter);
    if (row === undefined) return `there is no filter ${filter}; there are ${FILTERS.map(each => each.filter).join(', ')}`;
    if (condition !== undefined && row.condition === undefined) return `${filter} takes no condition`;
    if (this.#on.has(filter)) return undefined;
    const breakpoints: number[] = [];
    for (const line of row.on(condition)) {
      const newest = this.session.breakpoints.newest;
      const { ok, output } = await execute(this.session, line);
      if (!ok) {
        await this.#leave(row, breakpoints);
        return output.replace(/^.*\n\s*\^ /s, '').split('\n')[0]!;
      }
      const set = this.session.breakpoints.newest;
      if (set !== undefined && set !== newest) breakpoints.push(set);
    }
    this.#on.set(filter, { condition, breakpoints });
    return undefined;
  }
}
