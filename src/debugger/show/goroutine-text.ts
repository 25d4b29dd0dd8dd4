/** Goroutines as Delve tells of them. */
import { utf8Text } from '../../host/bytes.js';
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import { channelsOfWaiting } from '../../runtime/channel-waiters.js';
import type { Goroutine } from '../../runtime/goroutine.js';
import { goroutineLabels } from '../../runtime/labels.js';
import { instructionsIn } from '../code/decode.js';
import type { LogicalFrame } from '../stack/frame.js';
import { CallStack, type Target } from '../target.js';
import { mapView } from '../values/map.js';
import { Unreadable } from '../values/source.js';
import { deref, stringBytes, type Value } from '../values/value.js';
import { argumentsText } from './frame-text.js';

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

/** Where a goroutine is: in the user's code, where it stands, at its go statement, at its start. */
export type PlaceKind = 'userloc' | 'curloc' | 'goloc' | 'startloc';

const TITLES: Readonly<Record<PlaceKind, string>> = {
  userloc: 'User',
  curloc: 'Runtime',
  goloc: 'Go',
  startloc: 'Start',
};

/** Goroutines of a deadlock that are told. */
const MOST_WAITING = 20;

/** Frames looked at to find where a goroutine is in the user's code. */
const USER_FRAMES = 64;

/** Not kept with the target: there may be very many of them. */
export const stackOf = (target: Target, goroutine: Goroutine): CallStack => new CallStack(target, { goroutine });

/** What the compiler has made of `go f(x)`, a function that calls f; before Go 1.22 it has the name of a closure. */
const GO_WRAPPER = /\.(?:(?:gowrap|func)?\d+)$/;

/** The place where a goroutine starts: the function of its go statement, where what was started only calls that. */
function startPlace(target: Target, pc: bigint): CodePlace {
  const { images, memory } = target;
  const func = images.functionAt(pc);
  if (func === undefined || !func.wrapper || func.entry !== pc || !GO_WRAPPER.test(func.name)) return placeOfPc(target, pc, pc);
  const called = new Set<Func>();
  for (const { flow, target: to } of instructionsIn(memory, func.entry, func.end)) {
    const callee = flow === 'call' && to !== undefined ? images.functionAt(to) : undefined;
    if (callee !== undefined && !callee.name.startsWith('runtime.morestack')) called.add(callee);
  }
  const [only, another] = called;
  return only === undefined || another !== undefined ? placeOfPc(target, pc, pc) : placeOfPc(target, only.entry, only.entry);
}

function placeOfPc(target: Target, pc: bigint, lookup: bigint): CodePlace {
  const line = target.images.lineAt(lookup);
  return { pc, name: target.images.functionAt(lookup)?.name ?? '??', file: line?.file, line: line?.line };
}

/** Where a goroutine is, in one of Delve's senses. */
export function placeOfGoroutine(target: Target, goroutine: Goroutine, kind: PlaceKind): CodePlace {
  if (kind === 'goloc') return placeOfPc(target, goroutine.gopc, goroutine.gopc - 1n);
  if (kind === 'startloc') return startPlace(target, goroutine.startpc);
  const frames = stackOf(target, goroutine).frames(kind === 'curloc' ? 1 : USER_FRAMES);
  const frame = kind === 'curloc' ? frames[0] : (frames.find(isUserCode) ?? frames[0]);
  if (frame === undefined) return placeOfPc(target, 0n, 0n);
  // One that has not run yet stands at what starts it.
  if (frame.physical.pc === frame.physical.func?.entry) return startPlace(target, frame.physical.pc);
  return { pc: frame.physical.pc, name: frame.name, file: frame.file, line: frame.line };
}

/** Where it is in the user's code. */
export const userPlace = (target: Target, goroutine: Goroutine): CodePlace => placeOfGoroutine(target, goroutine, 'userloc');

/** Not the runtime's unexported functions, nor what the race detector inserts. */
export function isUserCode({ name, file }: { readonly name: string; readonly file?: string | undefined }): boolean {
  if (name === 'runtime.main' || /^runtime\.[A-Z]/.test(name)) return true;
  // The runtime gives functions to other packages, `sync.runtime_Semacquire`.
  const lent = file !== undefined && /\/src\/(internal\/)?runtime\/[^/]+$/.test(file);
  return !lent && !/^(runtime\.|internal\/runtime|race|__tsan|\?\?)/.test(name) && name.includes('.');
}

/** Started by the program rather than by the runtime for itself. */
export function isUserGoroutine(target: Target, goroutine: Goroutine): boolean {
  const { name } = placeOfPc(target, goroutine.startpc, goroutine.startpc);
  return name === 'runtime.main' || !/^runtime\./.test(name);
}

/** Packages in which user code blocks: what calls into them is of interest, and the receiver is what is waited for. */
const LOCKS = /^(internal\/)?sync\./;

/** The innermost frame of user code that is no lock's own. */
export const ownFrame = (frames: readonly LogicalFrame[]): LogicalFrame | undefined =>
  frames.find(each => isUserCode(each) && !LOCKS.test(each.name));

/** `goroutine 7 [chan receive] in main.worker at main.go:12, for channel 0xc000102000`. */
export function waitText(target: Target, goroutine: Goroutine): string {
  const stack = stackOf(target, goroutine);
  const frames = stack.frames(USER_FRAMES);
  const place = ownFrame(frames) ?? frames[0];
  const at = place?.file === undefined ? '' : ` at ${place.file}:${place.line}`;
  const channels = channelsOfWaiting(target.memory, target.images)?.(goroutine) ?? [];
  const lock = frames.findLast(({ name, index }) => LOCKS.test(name) && index < (place?.index ?? 0));
  const what = [
    ...channels.map(channel => `channel ${hex(channel)}`),
    ...(lock === undefined ? [] : [`${lock.name} (${argumentsText(stack, lock)})`]),
  ];
  const reason = whyWaiting(goroutine) === '' ? '' : ` [${whyWaiting(goroutine)}]`;
  return `goroutine ${goroutine.id}${reason} in ${place?.name ?? '??'}${at}${what.length === 0 ? '' : `, for ${what.join(', ')}`}`;
}

export const waitingGoroutines = (target: Target): readonly Goroutine[] =>
  (target.go?.goroutines() ?? []).filter(each => each.status === 'waiting' && isUserGoroutine(target, each));

/** Who waits for what, a line each. */
export function waitingLines(target: Target): readonly string[] {
  const waiting = waitingGoroutines(target);
  const lines = waiting.slice(0, MOST_WAITING).map(each => waitText(target, each));
  return waiting.length > MOST_WAITING ? [...lines, `and ${waiting.length - MOST_WAITING} more: goroutines lists them`] : lines;
}

export function goroutinePlaceText({ pc, name, file, line }: CodePlace): string {
  return `${file === undefined ? '' : `${file}:${line} `}${name} (${hex(pc)})`;
}

export function labelsOf(target: Target, goroutine: Goroutine): ReadonlyMap<string, string> {
  const { memory, images } = target;
  const labels = goroutineLabels(memory, images.go?.version ?? '', goroutine);
  return labels.size > 0 || goroutine.labels === 0n ? labels : labelsInMap(target, goroutine.labels);
}

/** Before Go 1.24 runtime/pprof has a pointer to a map there. */
function labelsInMap({ memory, images }: Target, address: bigint): ReadonlyMap<string, string> {
  const world = { memory, images: images.all };
  const type = images.typeNamed('map[string]string');
  const labels = new Map<string, string>();
  if (type === undefined) return labels;
  try {
    const view = mapView(world, deref(world, type, address));
    if (view === undefined || view.length > MOST_LABELS) return labels;
    const string = (value: Value): string => utf8Text(stringBytes(world, value, MOST_LABEL_BYTES));
    for (const { key, value } of view.entries()) labels.set(string(key), string(value));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  return new Map([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** More than these means that the pointer led elsewhere. */
const MOST_LABELS = 100;
const MOST_LABEL_BYTES = 1000;

/** `chan receive`, and `chan receive (leaked)` where nothing can end that, as Go's tracebacks have it. */
const whyWaiting = ({ status, waitReason }: Goroutine): string =>
  status === 'leaked' && waitReason !== '' ? `${waitReason} (leaked)` : waitReason;

/** The line of a goroutine in the list; the selected one is marked. */
export function goroutineLines(
  target: Target,
  goroutine: Goroutine,
  selected: Goroutine | undefined,
  kind: PlaceKind = 'userloc',
): readonly string[] {
  const mark = selected?.address === goroutine.address ? '*' : ' ';
  const thread = target.threadOf(goroutine);
  const notes = thread === undefined ? '' : ` (thread ${target.threadNumber(thread)})`;
  const reason = whyWaiting(goroutine);
  const state = reason === '' ? (thread === undefined && goroutine.status !== 'waiting' ? ` [${goroutine.status}]` : '') : ` [${reason}]`;
  return [
    `${mark} Goroutine ${goroutine.id} - ${TITLES[kind]}: ${goroutinePlaceText(placeOfGoroutine(target, goroutine, kind))}${notes}${state}`,
  ];
}

export function goroutineRow(target: Target, goroutine: Goroutine): GoroutineRow {
  const place = placeOfGoroutine(target, goroutine, 'userloc');
  const thread = target.threadOf(goroutine);
  return {
    id: Number(goroutine.id),
    status: goroutine.status,
    waitReason: goroutine.waitReason,
    thread: thread === undefined ? null : target.threadNumber(thread),
    function: place.name,
    file: place.file ?? null,
    line: place.line ?? null,
    pc: hex(place.pc),
  };
}

/** `goroutine` without arguments. */
export function goroutineDetails(target: Target, goroutine: Goroutine): string {
  const thread = target.threadOf(goroutine);
  const reason = goroutine.waitReason;
  const lines = [
    `Goroutine ${goroutine.id}: ${goroutine.status}${reason === '' ? '' : ` (${reason})`}${thread === undefined ? '' : `, thread ${target.threadNumber(thread)}`}`,
  ];
  for (const kind of ['curloc', 'userloc', 'goloc', 'startloc'] as const) {
    lines.push(`  ${TITLES[kind]}: ${goroutinePlaceText(placeOfGoroutine(target, goroutine, kind))}`);
  }
  const labels = labelsOf(target, goroutine);
  if (labels.size > 0) lines.push(`  Labels: ${[...labels].map(([key, value]) => `${key}=${value}`).join(' ')}`);
  return lines.join('\n');
}
