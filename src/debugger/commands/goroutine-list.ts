/** `goroutines`: its options, and the list that they ask for. */
import { channelsOfWaiting } from '../../runtime/channel-waiters.js';
import type { Goroutine } from '../../runtime/goroutine.js';
import type { Answer } from '../answer.js';
import { CommandError } from '../errors.js';
import { addressOfExpression } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { frameLine } from '../show/frame-text.js';
import {
  goroutineLines,
  goroutinePlaceText,
  goroutineRow,
  isUserGoroutine,
  labelsOf,
  type PlaceKind,
  placeOfGoroutine,
  stackOf,
} from '../show/goroutine-text.js';
import type { Target } from '../target.js';
import { type Arguments, parseCount } from './arguments.js';
import type { Console } from './command.js';

const LOCATIONS = ['userloc', 'curloc', 'goloc', 'startloc', 'running', 'user', 'label'] as const;
type LocationKind = (typeof LOCATIONS)[number];

interface ListOptions {
  kind: PlaceKind;
  depth: number;
  labels: boolean;
  filters: { kind: LocationKind; text: string; negative: boolean }[];
  group: { kind: LocationKind; text: string } | undefined;
  /** Address of the channel that they wait for. */
  channel: bigint | undefined;
  command: string | undefined;
}

/** `goroutines`. */
export async function listGoroutines(session: Session, args: Arguments, console: Console): Promise<Answer> {
  session.requireProcess();
  const { target } = session;
  const options = parseOptions(session, args);
  const { go } = target;
  if (go === undefined) return { output: 'This is not a Go program.', data: [] };
  if (go.symbols.allgs === undefined) throw new CommandError("neither the program's symbols nor its code tell where its goroutines are");
  const all = go.goroutines();
  const waits = options.channel === undefined ? undefined : channelsOfWaiting(target.memory, target.images);
  if (options.channel !== undefined && waits === undefined)
    throw new CommandError("the program's types do not tell what its goroutines wait for");
  const wanted = all.filter(
    each =>
      options.filters.every(filter => matches(target, each, filter.kind, filter.text) !== filter.negative) &&
      (waits === undefined || waits(each).includes(options.channel!)),
  );
  const out: string[] = [];
  if (options.group === undefined) {
    for (const goroutine of wanted) out.push(...(await entry(session, goroutine, options, console)));
    out.push(`[${wanted.length} goroutines]`);
  } else {
    for (const [name, members] of grouped(target, wanted, options.group)) {
      out.push(name);
      for (const goroutine of members.slice(0, 5))
        out.push(...(await entry(session, goroutine, options, console)).map(line => `\t${line}`));
      if (members.length > 5) out.push('\t...');
      out.push(`\tTotal: ${members.length}`);
    }
  }
  return { output: out.join('\n'), data: wanted.map(each => goroutineRow(target, each)) };
}

async function entry(session: Session, goroutine: Goroutine, options: ListOptions, console: Console): Promise<readonly string[]> {
  const { target } = session;
  const lines = [...goroutineLines(target, goroutine, session.goroutine, options.kind)];
  if (options.labels) {
    const labels = labelsOf(target, goroutine);
    if (labels.size > 0) lines.push(`\tLabels: ${[...labels].map(([key, value]) => `${key}:${value}`).join(', ')}`);
  }
  if (options.depth > 0) {
    const stack = stackOf(target, goroutine);
    for (const frame of stack.frames(options.depth)) lines.push(`\t${frameLine(stack, frame)}`);
  }
  if (options.command !== undefined) {
    const outcome = await session.selecting({ goroutine, frame: 0, thread: target.threadOf(goroutine) }, () =>
      console.execute(session, options.command!),
    );
    if (outcome.output !== '') lines.push(outcome.output);
  }
  return lines;
}

function parseOptions(session: Session, args: Arguments): ListOptions {
  const options: ListOptions = {
    kind: 'userloc',
    depth: 0,
    labels: false,
    filters: [],
    group: undefined,
    channel: undefined,
    command: undefined,
  };
  let rest = args;
  while (!rest.empty) {
    const [option, after] = rest.shift();
    const flag = option.replace(/^--/, '-');
    if (flag === '-u' || flag === '-r' || flag === '-g' || flag === '-s') {
      options.kind = ({ '-u': 'userloc', '-r': 'curloc', '-g': 'goloc', '-s': 'startloc' } as const)[flag];
      rest = after;
    } else if (flag === '-l') {
      options.labels = true;
      rest = after;
    } else if (flag === '-t') {
      const [depth, behind] = after.shift();
      const numbered = /^\d+$/.test(depth);
      options.depth = numbered ? parseCount({ text: depth, column: after.column }) : 10;
      rest = numbered ? behind : after;
    } else if (['-with', '-w', '-without', '-wo'].includes(flag)) {
      const [kind, operand] = location(after);
      const takesText = kind !== 'running' && kind !== 'user';
      const [text, behind] = takesText ? operand.shift() : ['', operand];
      options.filters.push({ kind, text, negative: flag === '-without' || flag === '-wo' });
      rest = behind;
    } else if (flag === '-group') {
      const [kind, operand] = location(after);
      const [text, behind] = kind === 'label' ? operand.shift() : ['', operand];
      options.group = { kind, text };
      rest = behind;
    } else if (flag === '-chan') {
      if (after.empty) throw after.error('-chan wants a channel');
      const [expression, behind] = after.shift();
      options.channel = addressOfExpression(session.context(), expression, after.column);
      rest = behind;
    } else if (flag === '-exec') {
      if (after.empty) throw after.error('-exec wants a command');
      options.command = after.text;
      return options;
    } else throw rest.error(`goroutines has no option ${option}; it has -u -r -g -s -t -l -with -without -group -chan -exec`);
  }
  return options;
}

function location(args: Arguments): readonly [LocationKind, Arguments] {
  const [word, rest] = args.shift();
  const kind = LOCATIONS.find(each => each === word);
  if (kind === undefined) throw args.error(`"${word}" is none of ${LOCATIONS.join(', ')}`);
  return [kind, rest];
}

function matches(target: Target, goroutine: Goroutine, kind: LocationKind, text: string): boolean {
  const value = locationText(target, goroutine, kind, text);
  if (kind === 'running' || kind === 'user') return value === 'true';
  if (kind === 'label') return text.includes('=') ? value === text.slice(text.indexOf('=') + 1) : value !== '';
  return value.includes(text);
}

function locationText(target: Target, goroutine: Goroutine, kind: LocationKind, text: string): string {
  if (kind === 'running') return String(target.threadOf(goroutine) !== undefined);
  if (kind === 'user') return String(isUserGoroutine(target, goroutine));
  if (kind === 'label') return labelsOf(target, goroutine).get(text.split('=')[0]!) ?? '';
  const place = placeOfGoroutine(target, goroutine, kind);
  return goroutinePlaceText(place);
}

function grouped(target: Target, all: readonly Goroutine[], group: NonNullable<ListOptions['group']>): ReadonlyMap<string, Goroutine[]> {
  const groups = new Map<string, Goroutine[]>();
  for (const goroutine of all) {
    const value = locationText(target, goroutine, group.kind, group.text);
    const name = `${group.kind === 'label' ? group.text : group.kind}=${value}`;
    groups.set(name, [...(groups.get(name) ?? []), goroutine]);
  }
  return groups;
}
