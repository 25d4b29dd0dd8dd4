/** A race, and what would have ordered it, in words; and the order of two goroutines as two columns. */
import { goMinor } from '../../image/go/version.js';
import type { Data } from '../answer.js';
import { describeAddress } from '../code/describe.js';
import type { OrderStep } from '../memory/race-order.js';
import { isDropped, type RaceStory, type RacingAccess } from '../memory/race-story.js';
import type { Target } from '../target.js';
import { accessText, framesAtPc, hexNumber, placeOfStack } from './race-names.js';

/** Frames of a stack that are shown. */
const MOST_FRAMES = 12;
/** Steps in front of a race that are told. */
const MOST_STEPS = 40;

export const racerName = ({ tid, goroutine }: Pick<RacingAccess, 'tid' | 'goroutine'>): string =>
  goroutine === undefined ? `tid ${tid} (${tid === 1 ? 'main, ' : ''}ended)` : `goroutine ${goroutine} (tid ${tid})`;

/** `write of byte 0 at 0xc0000a0120 by goroutine 19 (tid 8)`. */
export const racingText = (access: RacingAccess): string =>
  `${accessText(access.cell)} at ${hexNumber(access.address)} by ${racerName(access)}`;

/** What lies at an address: a variable's name; of the heap, only that. */
function dataName({ images }: Target, address: number): string {
  const name = describeAddress(images, BigInt(address));
  return name === undefined ? hexNumber(address) : `${name} (${hexNumber(address)})`;
}

/** Both accesses in two lines, for a stop. */
export function racePair(target: Target, { now, before }: RaceStory): readonly string[] {
  const at = (access: RacingAccess): string => {
    const place = access.stack && placeOfStack(target, access.stack);
    return `${racingText(access)}${place === undefined ? '' : `, in ${place}`}`;
  };
  return [`now:    ${at(now)}`, `before: ${at(before)}`];
}

function stackLines(target: Target, { stack }: RacingAccess): readonly string[] {
  if (stack === undefined) return ['    the trace no longer reaches back to it: the detector drops such a race, and prints nothing'];
  const frames = [...stack].reverse().flatMap(pc => framesAtPc(target, pc));
  const shown = frames.slice(0, MOST_FRAMES).map(each => `    ${each}`);
  return frames.length > MOST_FRAMES ? [...shown, `    and ${frames.length - MOST_FRAMES} more`] : shown;
}

/** What of a run's order speaks of a race: of both goroutines. */
interface Missing {
  /** The last time that the later goroutine got something of the earlier one's past. */
  readonly got: OrderStep | undefined;
  /** Its last acquire at all. */
  readonly acquired: OrderStep | undefined;
  /** The earlier one's last release in front of its access, and its first behind it. */
  readonly last: OrderStep | undefined;
  readonly next: OrderStep | undefined;
}

function missingOf({ now, before, t }: RaceStory, steps: readonly OrderStep[]): Missing {
  const past = steps.filter(step => step.t <= t);
  const own = past.filter(step => step.tid === now.tid);
  const others = past.filter(step => step.tid === before.tid && step.kind === 'release');
  return {
    got: own.findLast(step => step.of !== undefined),
    acquired: own.findLast(step => step.kind === 'acquire'),
    last: others.findLast(step => step.epoch < before.cell.epoch),
    next: others.find(step => step.epoch >= before.cell.epoch),
  };
}

/** `at main.mutex (0x621340), in main.f at main.go:12`. */
function stepPlace(target: Target, { address, stack }: OrderStep): string {
  const where = placeOfStack(target, stack);
  const at = address === undefined ? 'by a go statement' : `at ${dataName(target, address)}`;
  return where === undefined ? at : `${at}, in ${where}`;
}

/** `race why`. `steps`: what ordered the two; undefined: it is not known. */
export function whyLines(target: Target, story: RaceStory, steps: readonly OrderStep[] | undefined): readonly string[] {
  const { now, before } = story;
  return [
    `Data race on ${dataName(target, before.address)}${isDropped(story) ? ', which the detector does not report' : ''}:`,
    `  now:    ${racingText(now)}, sid ${now.cell.sid} @ ${now.cell.epoch}`,
    ...stackLines(target, now),
    `  before: ${racingText(before)}, sid ${before.cell.sid} @ ${before.cell.epoch}`,
    ...stackLines(target, before),
    'What is missing between them:',
    ...missingLines(target, story, steps),
    ...notesOf(target, story),
  ];
}

/** The same for who reads it at a stop: both accesses in a line each, and what is missing between them. */
export const shortWhyLines = (target: Target, story: RaceStory, steps: readonly OrderStep[] | undefined): readonly string[] => [
  `data race on ${dataName(target, story.before.address)}`,
  ...racePair(target, story),
  ...missingLines(target, story, steps).map(each => each.trim()),
];

/** The edge that is not there: what each goroutine had of the other's past, and where it could have got it. */
function missingLines(target: Target, story: RaceStory, steps: readonly OrderStep[] | undefined): readonly string[] {
  const { now, before, released } = story;
  const [later, earlier] = [racerName(now), racerName(before)];
  const lines = [
    now.knows === 0 || now.knows === undefined
      ? `  ${later} has got nothing of what ${earlier} did: its clock has 0 for sid ${before.cell.sid}; the access was in epoch ${before.cell.epoch}.`
      : `  ${later} knows of ${earlier} up to epoch ${now.knows} (sid ${before.cell.sid}); the access was in epoch ${before.cell.epoch}.`,
  ];
  if (before.knows !== undefined && before.knows >= now.cell.epoch)
    lines.push(`  ${earlier} knows of ${later} up to epoch ${before.knows}, which is no order this way.`);
  if (steps === undefined) {
    const place = released && placeOfStack(target, released);
    lines.push(
      place === undefined
        ? `  ${earlier} has released nothing since, as far as its trace tells.`
        : `  ${earlier} released next in ${place}.`,
    );
  } else {
    const { got, acquired, last, next } = missingOf(story, steps);
    if (last !== undefined) lines.push(`  ${earlier} released last in front of its access ${stepPlace(target, last)}.`);
    lines.push(
      next === undefined
        ? `  ${earlier} has released nothing since its access.`
        : `  ${earlier} released next behind its access ${stepPlace(target, next)}.`,
    );
    if (got !== undefined)
      lines.push(
        `  ${later} got of its past last ${got.kind === 'start' ? 'when it was started' : stepPlace(target, got)}: up to epoch ${got.of}.`,
      );
    if (acquired !== undefined && acquired !== got)
      lines.push(`  ${later} acquired last ${stepPlace(target, acquired)}: nothing of ${earlier} was to be had there.`);
  }
  lines.push(
    `It would be ordered if ${earlier} released (unlock, send, Done, atomic store) behind its ${before.cell.write ? 'write' : 'read'}, and ${later} acquired at the same place (lock, receive, Wait, atomic load) before its ${now.cell.write ? 'write' : 'read'}.`,
  );
  return lines;
}

/** What a reader of a report may not expect, where it bears on this one. */
function notesOf(target: Target, { now, before }: RaceStory): readonly string[] {
  const both = [now, before];
  const frames = both.flatMap(({ stack }) => (stack ?? []).flatMap(pc => framesAtPc(target, pc)));
  const names = (beginning: string): boolean => frames.some(frame => frame.startsWith(beginning));
  const minor = goMinor(target.images.go?.version ?? '') ?? 0;
  const notes: readonly (readonly [boolean, string])[] = [
    [
      both.some(({ tid, goroutine }) => goroutine !== undefined && goroutine !== tid),
      'a report calls goroutines by their tids, which are not their numbers',
    ],
    [
      both.some(({ cell }) => cell.size === 1 && !cell.atomic),
      'a scalar of any width counts by its first byte; arrays, structs and copies have all their bytes',
    ],
    [
      names('sync/atomic.'),
      'the function that called sync/atomic is not in the detector\'s stacks, and a report says "write" of atomic stores, adds and failed swaps alike',
    ],
    [names('runtime.mapaccess') && minor >= 27, 'of a map read under Go 1.27 the reading function is missing: its caller is told'],
    [
      names('runtime.raceread') || names('runtime.racewrite'),
      'package sync itself told of this access: its own callers are missing since Go 1.26.2',
    ],
  ];
  return notes.flatMap(([holds, text]) => (holds ? [`Note: ${text}.`] : []));
}

export function storyData(story: RaceStory): Data {
  const access = ({ tid, goroutine, cell, address, stack, knows }: RacingAccess): Data => ({
    tid,
    goroutine: goroutine ?? null,
    access: cell.write ? 'write' : 'read',
    atomic: cell.atomic,
    address: hexNumber(address),
    bytes: cell.size,
    sid: cell.sid,
    epoch: cell.epoch,
    stack: stack?.map(hexNumber) ?? null,
    knows: knows ?? null,
  });
  return { t: story.t, now: access(story.now), before: access(story.before), dropped: isDropped(story) };
}

/** A row of a happens-before graph: at most one of both columns has something. */
export interface OrderRow {
  readonly column: 0 | 1;
  readonly text: string;
  readonly step: OrderStep;
  /** The row of the release that this one has got, if it is shown. */
  readonly from: number | undefined;
  readonly racing: boolean;
}

/** The last steps of two goroutines, with the accesses of a race among them. */
export function orderRows(
  target: Target,
  tids: readonly [number, number],
  steps: readonly OrderStep[],
  story?: RaceStory,
): readonly OrderRow[] {
  const all = [...steps];
  if (story !== undefined) {
    const access = ({ tid, cell, address, stack }: RacingAccess, t: number): OrderStep => ({
      tid,
      t,
      kind: 'access',
      epoch: cell.epoch,
      address,
      stack: stack ?? [],
    });
    const { before, now } = story;
    const behind = all.findIndex(
      step => step.tid === before.tid && (step.kind === 'release' || step.kind === 'end') && step.epoch >= before.cell.epoch,
    );
    const first = access(before, behind < 0 ? story.t : all[behind]!.t);
    if (behind < 0) all.push(first);
    else all.splice(behind, 0, first);
    all.splice(all.findLastIndex(step => step.t <= story.t) + 1, 0, access(now, story.t));
  }
  // An acquire that has got nothing of the other says nothing here; nor does a release that nobody has got, but for the last.
  const got = new Set(all.filter(step => step.of !== undefined).map(step => `${other(tids, step.tid)} ${step.of}`));
  const matters = (step: OrderStep, index: number): boolean => {
    if (step.kind === 'acquire') return step.of !== undefined;
    if (step.kind !== 'release') return true;
    return got.has(`${step.tid} ${step.epoch}`) || !all.slice(index + 1).some(each => each.tid === step.tid && each.kind === 'release');
  };
  const shown = all.filter(matters).slice(-MOST_STEPS);
  return shown.map(step => {
    const from =
      step.of === undefined ? -1 : shown.findIndex(each => each.kind === 'release' && each.tid !== step.tid && each.epoch === step.of);
    return {
      column: step.tid === tids[0] ? 0 : 1,
      text: rowText(target, step, story),
      step,
      from: from < 0 ? undefined : from,
      racing: step.kind === 'access',
    };
  });
}

const other = (tids: readonly [number, number], tid: number): number => (tid === tids[0] ? tids[1] : tids[0]);

function rowText(target: Target, step: OrderStep, story: RaceStory | undefined): string {
  const where = placeOfStack(target, step.stack);
  const place = where === undefined ? '' : ` in ${where.replace(/\S*\/(?=[^/]+$)/, '')}`;
  const at = step.address === undefined ? '' : ` ${describeAddress(target.images, BigInt(step.address)) ?? hexNumber(step.address)}`;
  switch (step.kind) {
    case 'start':
      return `@${step.epoch} starts`;
    case 'end':
      return `@${step.epoch} ends`;
    case 'release':
      return step.address === undefined ? `@${step.epoch} go${place}` : `@${step.epoch} releases${at}${place}`;
    case 'acquire':
      return `@${step.epoch} acquires${at}${place}`;
    case 'access': {
      const own = story === undefined ? undefined : [story.now, story.before].find(({ tid }) => tid === step.tid);
      return `@${step.epoch} ${own?.cell.write ? 'WRITES' : 'READS'}${at}${place}`;
    }
  }
}

/** `hb G1 G2` as text: one step a line, edges told by the numbers of their lines. */
export function orderLines(names: readonly [string, string], rows: readonly OrderRow[], story?: RaceStory): readonly string[] {
  const width = Math.max(names[0].length, ...rows.filter(({ column }) => column === 0).map(({ text }) => text.length)) + 2;
  const lines = [`      ${names[0].padEnd(width)}  ${names[1]}`];
  rows.forEach((row, index) => {
    const from = row.from === undefined ? '' : ` <== ${row.from + 1}`;
    const earlier = row.step.of !== undefined && row.from === undefined ? ` <== epoch ${row.step.of}, further back` : '';
    const text = `${row.text}${from}${earlier}${row.racing ? '  - - race' : ''}`;
    lines.push(`${String(index + 1).padStart(4)}  ${row.column === 0 ? text : `${''.padEnd(width)}  ${text}`}`);
  });
  if (story !== undefined) lines.push('- - : no way leads from the one access to the other.');
  return lines;
}
