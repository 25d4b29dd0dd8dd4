/** Goroutines as Delve tells of them. */

import { channelWaiters } from '../../runtime/channel-waiters.js';
import type { Goroutine } from '../../runtime/goroutine.js';
import { goroutineLabels } from '../../runtime/labels.js';
import type { Answer } from '../answer.js';
import { type Arguments, parseCount } from '../commands/arguments.js';
import { CommandError } from '../errors.js';
import { addressOf } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import type { LogicalFrame } from '../stack/frame.js';
import { walk } from '../stack/walker.js';
import { frameLine } from './frame-text.js';

/** A place in code. */
export interface CodePlace {
  readonly pc: bigint;
  readonly name: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

export type GoroutineRow = {
  readonly id: number;
  readonly status: string;
  readonly waitReason: string;
  readonly thread: number | null;
  readonly function: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly pc: string;
};

const LOCATIONS = ['userloc', 'curloc', 'goloc', 'startloc', 'running', 'user', 'label'] as const;
type LocationKind = (typeof LOCATIONS)[number];

const TITLES: Readonly<Record<'userloc' | 'curloc' | 'goloc' | 'startloc', string>> = {
  userloc: 'User',
  curloc: 'Runtime',
  goloc: 'Go',
  startloc: 'Start',
};

/** Frames looked at to find where a goroutine is in the user's code. */
const USER_FRAMES = 64;

function framesOf(session: Session, goroutine: Goroutine, count: number): readonly LogicalFrame[] {
  const found: LogicalFrame[] = [];
  for (const frame of walk(session.walkTarget, session.walkStart({ goroutine, frame: 0 }))) {
    found.push(frame);
    if (found.length >= count) break;
  }
  return found;
}

function placeOfPc(session: Session, pc: bigint, lookup: bigint): CodePlace {
  const line = session.images.lineAt(lookup);
  return { pc, name: session.images.functionAt(lookup)?.name ?? '??', file: line?.file, line: line?.line };
}

/** Where a goroutine is, in one of Delve's senses. */
function placeOfGoroutine(session: Session, goroutine: Goroutine, kind: 'userloc' | 'curloc' | 'goloc' | 'startloc'): CodePlace {
  if (kind === 'goloc') return placeOfPc(session, goroutine.gopc, goroutine.gopc - 1n);
  if (kind === 'startloc') return placeOfPc(session, goroutine.startpc, goroutine.startpc);
  const frames = framesOf(session, goroutine, kind === 'curloc' ? 1 : USER_FRAMES);
  const frame = kind === 'curloc' ? frames[0] : (frames.find(each => isUserCode(each.name)) ?? frames[0]);
  if (frame === undefined) return placeOfPc(session, 0n, 0n);
  return { pc: frame.physical.pc, name: frame.name, file: frame.file, line: frame.line };
}

/** Where it is in the user's code. */
export const userPlace = (session: Session, goroutine: Goroutine): CodePlace => placeOfGoroutine(session, goroutine, 'userloc');

/** Not the runtime's unexported functions, nor what the race detector inserts. */
function isUserCode(name: string): boolean {
  if (name === 'runtime.main' || /^runtime\.[A-Z]/.test(name)) return true;
  return !/^(runtime\.|internal\/runtime|race|__tsan|\?\?)/.test(name) && name.includes('.');
}

/** Started by the program rather than by the runtime for itself. */
function isUserGoroutine(session: Session, goroutine: Goroutine): boolean {
  const { name } = placeOfGoroutine(session, goroutine, 'startloc');
  return name === 'runtime.main' || !/^runtime\./.test(name);
}

function placeText({ pc, name, file, line }: CodePlace): string {
  return `${file === undefined ? '' : `${file}:${line} `}${name} (0x${pc.toString(16)})`;
}

const labelsOf = (session: Session, goroutine: Goroutine): ReadonlyMap<string, string> =>
  goroutineLabels(session.process.memory, session.images.go?.version ?? '', goroutine);

/** The line of a goroutine in the list. */
export function goroutineLines(
  session: Session,
  goroutine: Goroutine,
  kind: 'userloc' | 'curloc' | 'goloc' | 'startloc' = 'userloc',
): readonly string[] {
  const mark = session.goroutine?.address === goroutine.address ? '*' : ' ';
  const thread = session.threadOf(goroutine);
  const notes = thread === undefined ? '' : ` (thread ${session.threadNumber(thread)})`;
  const reason = goroutine.waitReason;
  const state = reason === '' ? (thread === undefined && goroutine.status !== 'waiting' ? ` [${goroutine.status}]` : '') : ` [${reason}]`;
  return [`${mark} Goroutine ${goroutine.id} - ${TITLES[kind]}: ${placeText(placeOfGoroutine(session, goroutine, kind))}${notes}${state}`];
}

export function goroutineRow(session: Session, goroutine: Goroutine): GoroutineRow {
  const place = placeOfGoroutine(session, goroutine, 'userloc');
  const thread = session.threadOf(goroutine);
  return {
    id: Number(goroutine.id),
    status: goroutine.status,
    waitReason: goroutine.waitReason,
    thread: thread === undefined ? null : session.threadNumber(thread),
    function: place.name,
    file: place.file ?? null,
    line: place.line ?? null,
    pc: `0x${place.pc.toString(16)}`,
  };
}

/** `goroutine` without arguments. */
export function goroutineDetails(session: Session, goroutine: Goroutine): string {
  const thread = session.threadOf(goroutine);
  const reason = goroutine.waitReason;
  const lines = [
    `Goroutine ${goroutine.id}: ${goroutine.status}${reason === '' ? '' : ` (${reason})`}${thread === undefined ? '' : `, thread ${session.threadNumber(thread)}`}`,
  ];
  for (const kind of ['curloc', 'userloc', 'goloc', 'startloc'] as const) {
    lines.push(`  ${TITLES[kind]}: ${placeText(placeOfGoroutine(session, goroutine, kind))}`);
  }
  const labels = labelsOf(session, goroutine);
  if (labels.size > 0) lines.push(`  Labels: ${[...labels].map(([key, value]) => `${key}=${value}`).join(' ')}`);
  return lines.join('\n');
}

interface ListOptions {
  kind: 'userloc' | 'curloc' | 'goloc' | 'startloc';
  depth: number;
  labels: boolean;
  filters: { kind: LocationKind; text: string; negative: boolean }[];
  group: { kind: LocationKind; text: string } | undefined;
  /** Address of the channel that they wait for. */
  channel: bigint | undefined;
  command: string | undefined;
}

/** `goroutines`. */
export async function listGoroutines(session: Session, args: Arguments): Promise<Answer> {
  session.requireProcess();
  const options = parseOptions(session, args);
  if (session.go === undefined) return { output: 'This is not a Go program.', data: [] };
  if (session.go.symbols.allgs === undefined)
    throw new CommandError("neither the program's symbols nor its code tell where its goroutines are");
  const all = session.go.goroutines();
  const waits = options.channel === undefined ? undefined : channelWaiters(session.process.memory, session.images);
  if (options.channel !== undefined && waits === undefined)
    throw new CommandError("the program's types do not tell what its goroutines wait for");
  const wanted = all.filter(
    each =>
      options.filters.every(filter => matches(session, each, filter.kind, filter.text) !== filter.negative) &&
      (waits === undefined || waits(each, options.channel!)),
  );
  const out: string[] = [];
  if (options.group === undefined) {
    for (const goroutine of wanted) out.push(...(await entry(session, goroutine, options)));
    out.push(`[${wanted.length} goroutines]`);
  } else {
    for (const [name, members] of grouped(session, wanted, options.group)) {
      out.push(name);
      for (const goroutine of members.slice(0, 5)) out.push(...(await entry(session, goroutine, options)).map(line => `\t${line}`));
      if (members.length > 5) out.push('\t...');
      out.push(`\tTotal: ${members.length}`);
    }
  }
  return { output: out.join('\n'), data: wanted.map(each => goroutineRow(session, each)) };
}

async function entry(session: Session, goroutine: Goroutine, options: ListOptions): Promise<readonly string[]> {
  const lines = [...goroutineLines(session, goroutine, options.kind)];
  if (options.labels) {
    const labels = labelsOf(session, goroutine);
    if (labels.size > 0) lines.push(`\tLabels: ${[...labels].map(([key, value]) => `${key}:${value}`).join(', ')}`);
  }
  if (options.depth > 0) for (const frame of framesOf(session, goroutine, options.depth)) lines.push(`\t${frameLine(session, frame)}`);
  if (options.command !== undefined) {
    const { execute } = await import('../commands/execute.js');
    const outcome = await session.selecting({ goroutine, frame: 0, thread: session.threadOf(goroutine) }, () =>
      execute(session, options.command!),
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
      options.channel = addressOf(session, expression, after.column);
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

function matches(session: Session, goroutine: Goroutine, kind: LocationKind, text: string): boolean {
  const value = locationText(session, goroutine, kind, text);
  if (kind === 'running' || kind === 'user') return value === 'true';
  if (kind === 'label') return text.includes('=') ? value === text.slice(text.indexOf('=') + 1) : value !== '';
  return value.includes(text);
}

function locationText(session: Session, goroutine: Goroutine, kind: LocationKind, text: string): string {
  if (kind === 'running') return String(session.threadOf(goroutine) !== undefined);
  if (kind === 'user') return String(isUserGoroutine(session, goroutine));
  if (kind === 'label') return labelsOf(session, goroutine).get(text.split('=')[0]!) ?? '';
  const place = placeOfGoroutine(session, goroutine, kind);
  return placeText(place);
}

function grouped(session: Session, all: readonly Goroutine[], group: NonNullable<ListOptions['group']>): ReadonlyMap<string, Goroutine[]> {
  const groups = new Map<string, Goroutine[]>();
  for (const goroutine of all) {
    const value = locationText(session, goroutine, group.kind, group.text);
    const name = `${group.kind === 'label' ? group.text : group.kind}=${value}`;
    groups.set(name, [...(groups.get(name) ?? []), goroutine]);
  }
  return groups;
}
