import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import type { Breakpoint } from '../session/breakpoints.js';
import { locate } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { type Arguments, splitOptions, type Word } from './arguments.js';
import { commands, condition, hitCondition, ignore } from './breakpoint-properties.js';
import { breakpointLine, breakpointRow } from './breakpoint-text.js';
import type { Command } from './command.js';

const group = { group: 'breakpoints', repeat: 'no', meanwhile: 'acts' } as const;

/** What is done with breakpoints that are there. */
export const breakpointChangeCommands: readonly Command[] = [
  {
    ...group,
    name: 'condition',
    aliases: ['cond'],
    syntax: [
      'condition BREAKPOINT EXPRESSION',
      'condition -hitcount BREAKPOINT OP N',
      'condition -per-g-hitcount BREAKPOINT OP N',
      'condition -clear BREAKPOINT',
      'condition BREAKPOINT',
    ],
    summary: 'stop at a breakpoint only if an expression holds, or at some hits only',
    details: 'OP is one of > >= < <= == != and % (every Nth).',
    completion: ['breakpoint', 'expression'],
    run: conditionCommand,
  },
  {
    ...group,
    name: 'ignore',
    aliases: [],
    syntax: ['ignore BREAKPOINT N'],
    summary: 'pass a breakpoint N times before it stops again',
    completion: ['breakpoint'],
    run: (session, args) => {
      const [first, second] = args.words();
      const breakpoint = wanted(session, first, args);
      if (second === undefined) throw args.error('how many times is it to be ignored?', args.text.length);
      breakpoint.ignore = ignore.parse(second);
      session.breakpoints.changed(breakpoint);
      return text(`Breakpoint ${breakpoint.id} is passed ${breakpoint.ignore} times.`);
    },
  },
  {
    ...group,
    name: 'on',
    aliases: [],
    syntax: ['on BREAKPOINT COMMAND', 'on BREAKPOINT trace', 'on BREAKPOINT -clear'],
    summary: 'run a command whenever a breakpoint stops; several are run in turn',
    details: 'A command that is called trace or condition is written behind `--`: on 1 -- trace main.f.',
    completion: ['breakpoint', 'command'],
    run: (session, args) => {
      const [first] = args.words();
      const breakpoint = wanted(session, first, args);
      const [, rest] = args.shift();
      if (rest.empty) return text(breakpoint.commands.join('\n'));
      if (rest.text === '-clear') breakpoint.commands = [];
      else if (rest.text === 'trace') breakpoint.trace = true;
      else if (/^cond(ition)?\b/.test(rest.text)) breakpoint.condition = condition.parse(rest.shift()[1]);
      else breakpoint.commands.push(/^--\s/.test(rest.text) ? rest.from(2).text : rest.text);
      session.breakpoints.changed(breakpoint);
      return text('');
    },
  },
  {
    ...group,
    name: 'commands',
    aliases: [],
    syntax: ['commands [BREAKPOINT] COMMAND[; COMMAND...]', 'commands [BREAKPOINT...]'],
    summary: "set the commands that run whenever a breakpoint stops (the newest, unless one is named), gdb's way",
    details:
      'They replace those set before. Alone, or with numbers of breakpoints only, the commands follow in lines of their own, up to `end`. Where they begin with `silent`, the stop is not told.',
    completion: ['breakpoint', 'command'],
    run: (session, args) => {
      const numbered = /^(\d+|\$bpnum)(?=\s|$)/.exec(args.text);
      const breakpoint = numbered ? wanted(session, args.words()[0], args) : session.breakpoints.all.at(-1);
      if (breakpoint === undefined) throw args.error('there is no breakpoint yet');
      breakpoint.commands = commands.parse((numbered ? args.from(numbered[0].length) : args).text);
      session.breakpoints.changed(breakpoint);
      return text('');
    },
  },
  {
    ...group,
    name: 'toggle',
    aliases: [],
    syntax: ['toggle BREAKPOINT'],
    summary: 'disable a breakpoint that is enabled, and the other way round',
    completion: ['breakpoint'],
    run: (session, args) => {
      const breakpoint = wanted(session, args.words()[0], args);
      breakpoint.enabled = !breakpoint.enabled;
      session.breakpoints.changed(breakpoint);
      return text(breakpointLine(session.target.images, breakpoint), breakpointRow(session.target.images, breakpoint));
    },
  },
  {
    ...group,
    name: 'enable',
    aliases: ['enable breakpoints'],
    syntax: ['enable [BREAKPOINT...]'],
    summary: 'enable breakpoints, or all of them',
    completion: ['breakpoint'],
    run: (session, args) => setEnabled(session, args, true),
  },
  {
    ...group,
    name: 'disable',
    aliases: ['disable breakpoints'],
    syntax: ['disable [BREAKPOINT...]'],
    summary: 'disable breakpoints, or all of them, without forgetting them',
    completion: ['breakpoint'],
    run: (session, args) => setEnabled(session, args, false),
  },
  {
    ...group,
    name: 'clear',
    aliases: [],
    syntax: ['clear BREAKPOINT', 'clear LOCATION'],
    summary: 'delete a breakpoint by number or name, or those at a location',
    completion: [['breakpoint', 'location']],
    run: (session, args) => {
      if (args.empty) throw args.error('clear wants a breakpoint or a location');
      const named = session.breakpoints.named(args.text);
      return remove(session, named === undefined ? atLocation(session, args) : [named]);
    },
  },
  {
    ...group,
    name: 'delete',
    aliases: ['d', 'del', 'clearall', 'delete breakpoints'],
    syntax: ['delete [BREAKPOINT...]', 'clearall [LOCATION]'],
    summary: 'delete breakpoints, or all of them',
    completion: ['breakpoint'],
    run: (session, args) => {
      if (args.empty) return remove(session, [...session.breakpoints.all]);
      if (args.verb === 'clearall') return remove(session, atLocation(session, args));
      return remove(
        session,
        args.words().map(word => wanted(session, word, args)),
      );
    },
  },
];

/** A breakpoint by number or name. */
function wanted(session: Session, word: Word | undefined, args: Arguments): Breakpoint {
  if (word === undefined) throw args.error(`${args.verb} wants a breakpoint`);
  const breakpoint = session.breakpoints.named(word.text);
  if (breakpoint === undefined) throw new CommandError(`no breakpoint ${word.text} (breakpoints lists them)`, word.column);
  return breakpoint;
}

function conditionCommand(session: Session, args: Arguments): Answer {
  const [flags, rest] = splitOptions(args, { '-hitcount': false, '-per-g-hitcount': false, '-clear': false });
  const breakpoint = wanted(session, rest.words()[0], rest);
  const [, operand] = rest.shift();
  if (flags.has('-clear')) {
    breakpoint.condition = undefined;
    breakpoint.hitCondition = undefined;
  } else if (flags.has('-hitcount') || flags.has('-per-g-hitcount')) {
    breakpoint.hitCondition = hitCondition.parse(operand, flags.has('-per-g-hitcount'));
  } else breakpoint.condition = condition.parse(operand);
  session.breakpoints.changed(breakpoint);
  return text(breakpointLine(session.target.images, breakpoint), breakpointRow(session.target.images, breakpoint));
}

function setEnabled(session: Session, args: Arguments, enabled: boolean): Answer {
  const words = args.words();
  const chosen = words.length === 0 ? session.breakpoints.all : words.map(word => wanted(session, word, args));
  for (const breakpoint of chosen) breakpoint.enabled = enabled;
  session.breakpoints.changed(...chosen);
  return text('');
}

function atLocation(session: Session, args: Arguments): readonly Breakpoint[] {
  const { addresses: places, functions } = locate(session, args.text, args.column);
  const addresses = new Set([...places, ...functions.map(func => func.entry)]);
  const found = session.breakpoints.all.filter(each => each.kind === 'break' && each.addresses.some(address => addresses.has(address)));
  if (found.length === 0) throw args.error(`no breakpoint at ${args.text}`);
  return found;
}

function remove(session: Session, breakpoints: readonly Breakpoint[]): Answer {
  for (const breakpoint of breakpoints) session.breakpoints.remove(breakpoint);
  return text(
    breakpoints
      .map(each => `Deleted ${each.kind === 'break' ? 'breakpoint' : `${each.kind}point`} ${each.id < 0 ? each.name : each.id}.`)
      .join('\n'),
  );
}

/** gdb's `commands N... `, with the lines up to its `end`. */
export function withCommands(session: Session, args: Arguments, body: readonly string[]): void {
  const numbers = args.words().flatMap(word => {
    const range = /^(\d+)-(\d+)$/.exec(word.text);
    if (range === null) return [word];
    const [from, to] = [Number(range[1]), Number(range[2])];
    const between = session.breakpoints.all.filter(({ id }) => id >= from && id <= to);
    if (between.length === 0) throw args.error(`there are no breakpoints ${word.text}`);
    return between.map(({ id }): Word => ({ text: String(id), column: word.column }));
  });
  const last = session.breakpoints.all.at(-1);
  if (numbers.length === 0 && last === undefined) throw args.error('there is no breakpoint yet');
  const meant = numbers.length === 0 ? [last!] : numbers.map(word => wanted(session, word, args));
  for (const breakpoint of meant) breakpoint.commands = body.map(line => line.trim()).filter(line => line !== '' && !line.startsWith('#'));
  session.breakpoints.changed(...meant);
}
