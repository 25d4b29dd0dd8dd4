/**
 * What a user sets of a breakpoint, a row each: how it is read, told on the breakpoint's line, given as data, and written as commands that
 * set it again.
 */
import type { Data } from '../answer.js';
import { type Breakpoint, ENDINGS, type HitCondition, NEWEST, type Watchpoint } from '../session/breakpoints.js';
import { checkCondition } from '../session/expressions.js';
import { type Arguments, parseCount, type Word } from './arguments.js';

interface Property {
  /** Its key in the data. */
  readonly name: string;
  /** Undefined where it is as for any new breakpoint. */
  readonly text?: (breakpoint: Breakpoint) => string | undefined;
  /** `text` stands in brackets at the end of the line, or on a line of its own. */
  readonly where?: 'brackets' | 'below';
  readonly data: (breakpoint: Breakpoint) => Data;
  /** Commands that give it to the breakpoint that was set last; what `settingLine` has said is not said again. */
  readonly save: (breakpoint: Breakpoint) => readonly string[];
}

const OPERATORS = ['>=', '<=', '==', '!=', '>', '<', '%'] as const;

/** Words that `on` takes for something else than a command to run. */
const ON_ITSELF = /^(-clear|trace|--|cond(ition)?\b)/;

const line = (command: string, operand: string | number | undefined): readonly string[] =>
  operand === undefined ? [] : [`${command} ${NEWEST}${operand === '' ? '' : ` ${operand}`}`];

export const condition = {
  name: 'condition',
  /** An expression, behind gdb's `if` or alone; empty: none. Throws CommandError where it cannot be parsed. */
  parse(args: Arguments): string | undefined {
    if (args.empty) return undefined;
    const expression = /^if\s/.test(args.text) ? args.from(2) : args;
    checkCondition(expression.text, expression.column);
    return expression.text;
  },
  text: each => each.condition && `if ${each.condition}`,
  data: each => each.condition ?? null,
  save: each => (saysCondition(each) ? [] : line('condition', each.condition)),
} satisfies Property & { parse: unknown };

export const hitCondition = {
  name: 'hitCondition',
  /** `> 3`, `% 10`. Throws CommandError. */
  parse(args: Arguments, perGoroutine: boolean): HitCondition {
    const operator = OPERATORS.find(each => args.text.startsWith(each));
    if (operator === undefined) throw args.error(`a hit condition is one of ${OPERATORS.join(' ')}, and a number`);
    const number = args.from(operator.length);
    return { operator, count: parseCount({ text: number.text, column: number.column }, 0), perGoroutine };
  },
  text: ({ hitCondition: hits }) => hits && `when ${hits.perGoroutine ? "a goroutine's hits" : 'hits'} ${hits.operator} ${hits.count}`,
  data: ({ hitCondition: hits }) => (hits === undefined ? null : { ...hits }),
  save: ({ hitCondition: hits }) =>
    hits === undefined ? [] : line(`condition ${hits.perGoroutine ? '-per-g-hitcount' : '-hitcount'}`, `${hits.operator} ${hits.count}`),
} satisfies Property & { parse: unknown };

/** Whose hits count. */
type Whose = Pick<Breakpoint, 'thread' | 'goroutine'>;

/** Takes `thread N` or `goroutine N` off the end of a location or an expression. */
export function whose(args: Arguments): readonly [rest: Arguments, whose: Whose] {
  const found = /(?:^|\s)(thread|goroutine)\s+(\d+)$/.exec(args.text);
  if (found === null) return [args, { thread: undefined }];
  const [, kind, number] = found;
  return [args.to(found.index), kind === 'thread' ? { thread: Number(number) } : { thread: undefined, goroutine: BigInt(number!) }];
}

const whoseText = ({ thread, goroutine }: Whose): string | undefined =>
  thread !== undefined ? `thread ${thread}` : goroutine !== undefined ? `goroutine ${goroutine}` : undefined;

const thread = {
  name: 'thread',
  text: each => (whoseText(each) === undefined ? undefined : `in ${whoseText(each)}`),
  data: each => each.thread ?? null,
  save: () => [],
} satisfies Property;

const goroutine = {
  name: 'goroutine',
  data: each => (each.goroutine === undefined ? null : Number(each.goroutine)),
  save: () => [],
} satisfies Property;

const enabled = {
  name: 'enabled',
  text: each => (each.enabled ? undefined : 'disabled'),
  where: 'brackets',
  data: each => each.enabled,
  save: each => line('disable', each.enabled ? undefined : ''),
} satisfies Property;

export const ignore = {
  name: 'ignore',
  parse: (word: Word): number => parseCount(word, 0),
  text: each => (each.ignore > 0 ? `passed ${each.ignore} more times` : undefined),
  where: 'brackets',
  data: each => each.ignore,
  save: each => line('ignore', each.ignore > 0 ? each.ignore : undefined),
} satisfies Property & { parse: unknown };

export const commands = {
  name: 'commands',
  /** gdb's body in one line: `silent; bt 1; end`. */
  parse: (body: string): string[] => {
    const lines = body.split(';').map(each => each.trim());
    return lines.filter(each => each !== '' && each !== 'end');
  },
  text: each => (each.commands.length === 0 ? undefined : each.commands.join('\n')),
  where: 'below',
  data: each => [...each.commands],
  save: each => each.commands.flatMap(command => line('on', ON_ITSELF.test(command) ? `-- ${command}` : command)),
} satisfies Property & { parse: unknown };

/** In the order that the line tells them in. */
export const PROPERTIES: readonly Property[] = [
  condition,
  hitCondition,
  thread,
  goroutine,
  {
    name: 'temporary',
    text: each => (each.temporary ? 'temporary' : undefined),
    where: 'brackets',
    data: each => each.temporary,
    save: () => [],
  },
  enabled,
  {
    name: 'hits',
    text: ({ hits }) => (hits > 0 ? `hit ${hits} time${hits === 1 ? '' : 's'}` : undefined),
    where: 'brackets',
    data: each => each.hits,
    save: () => [],
  },
  ignore,
  {
    name: 'trace',
    data: each => each.trace,
    save: each => (each.trace && !saysTrace(each) ? line('on', 'trace') : []),
  },
  { name: 'message', data: each => each.message ?? null, save: () => [] },
  commands,
];

/** The verb of a breakpoint tells that it only traces. */
const saysTrace = (each: Breakpoint): boolean => each.kind === 'break' && (each.message !== undefined || !each.temporary);

/** `dprintf` takes no condition of its own. */
const saysCondition = (each: Breakpoint): boolean => each.kind !== 'break' || each.message === undefined;

const WATCH: Readonly<Record<Watchpoint['watch']['access'], string>> = { read: 'rwatch', access: 'awatch', write: 'watch' };

/** The command that sets a breakpoint like this one. */
function settingLine(each: Breakpoint): string {
  const only = whoseText(each) === undefined ? '' : ` ${whoseText(each)}`;
  const behind = `${only}${saysCondition(each) && each.condition !== undefined ? ` if ${each.condition}` : ''}`;
  switch (each.kind) {
    case 'catch':
      return `${each.temporary ? 'tcatch' : 'catch'} ${each.spec}${behind}`;
    case 'register':
      return `watch ${each.spec}${behind}`;
    case 'watch':
      return `${WATCH[each.watch.access]}${each.watch.access === 'write' && !each.onlyChanges ? ' -w' : ''} ${each.spec}${behind}`;
    case 'break': {
      if (each.message !== undefined) return `dprintf ${each.spec}${only},${each.message}`;
      const verb = each.caught ? (each.temporary ? 'tcatch' : 'catch') : each.temporary ? 'tbreak' : each.trace ? 'trace' : 'break';
      const name = each.name === undefined ? '' : `${each.name} `;
      return `${verb} ${name}${each.spec}${behind}`;
    }
  }
}

/** Commands that set a breakpoint like this one, whatever numbers there are then. */
export const savedLines = (breakpoint: Breakpoint): readonly string[] => [
  settingLine(breakpoint),
  ...PROPERTIES.flatMap(property => property.save(breakpoint)),
];

/** Commands that make those that are there unasked what they are here. */
export const standingLines = (standing: readonly Breakpoint[]): readonly string[] =>
  ENDINGS.flatMap(name => {
    const found = standing.find(each => each.name === name);
    if (found === undefined) return [`delete ${name}`];
    return PROPERTIES.flatMap(property => property.save(found))
      .map(each => each.replace(NEWEST, () => name))
      .concat(saysCondition(found) && found.condition !== undefined ? [`condition ${name} ${found.condition}`] : []);
  });
