/** What the race detector keeps, in words: shadow, threads, clocks, records of synchronisation, histories. */

import { type RaceSync, type RaceThread, replayCall } from '../../runtime/race/inside/inside.js';
import type { RaceEvent } from '../../runtime/race/inside/trace.js';
import { metaAddress, raceRegion, shadowAddress, shadowedAddress } from '../../runtime/race/layout.js';
import { ACCESS } from '../../runtime/race/v3/layout.js';
import { type Answer, type Data, text } from '../answer.js';
import { CommandError } from '../errors.js';
import type { RaceView } from '../memory/race.js';
import { accessText, cellData, framesAtPc, goroutineId, hexNumber, meetingOf, placeOfStack, whoOf } from './race-names.js';

const GRANULE = 8;
/** Threads that a matrix has columns for. */
const MOST_COLUMNS = 16;

/** The 8 bytes around an address, when they have shadow. Throws CommandError with what the address is instead. */
export function granuleAt(view: RaceView, address: bigint, column: number): number {
  const region = raceRegion(address);
  if (region !== undefined) {
    const of = region.endsWith('shadow') ? `, of ${hexNumber(shadowedAddress(Number(address)))}` : '';
    throw new CommandError(
      `${hexNumber(Number(address))} is in ${region} itself${of}: shadow wants an address of the program's data`,
      column,
    );
  }
  const granule = Number(address - (address % BigInt(GRANULE)));
  if (address < 0x1000n || address >= 0xe0_0000_0000n || view.inside.cells(granule) === undefined) {
    const arenas = arenasText(view);
    throw new CommandError(
      `0x${address.toString(16)} has no shadow: the race detector watches ${arenas ?? 'the data of the program and the heap of Go'} only`,
      column,
    );
  }
  return granule;
}

/** What Go hands the detector accesses of, as its runtime has it in variables. */
function arenasText({ target }: RaceView): string | undefined {
  const word = (name: string): bigint | undefined => {
    const symbol = target.images.symbolsNamed(`runtime.${name}`)[0];
    return symbol && target.memory.allows(symbol.address, 8, 'read') ? target.memory.readU64(symbol.address) : undefined;
  };
  const [data, dataEnd, arena, arenaEnd] = ['racedatastart', 'racedataend', 'racearenastart', 'racearenaend'].map(word);
  if (data === undefined || dataEnd === undefined || arena === undefined || arenaEnd === undefined) return undefined;
  const span = (from: bigint, to: bigint): string => `0x${from.toString(16)}-0x${to.toString(16)}`;
  return `${span(data, dataEnd)} (data) and ${span(arena, arenaEnd)} (heap)`;
}

/** `shadow ADDR`: the cells, and which of them an access by `now` would race with. */
export function shadowAnswer(view: RaceView, granule: number, now: RaceThread | undefined): Answer {
  const { inside } = view;
  const cells = inside.cells(granule)!;
  const clock = now && inside.clockOf(now);
  const who = now && whoOf(view, now.tid);
  const lines = [`8 bytes at ${hexNumber(granule)}, their cells at ${hexNumber(shadowAddress(granule))}:`];
  const rows: Data[] = [];
  cells.forEach((cell, index) => {
    const word = cell.word.toString(16).padStart(8, '0');
    const meets = clock && now ? meetingOf(cell, now.slot?.sid, clock) : undefined;
    rows.push({ ...cellData(view, cell), races: meets ?? null });
    if (cell.kind === 'empty') lines.push(`  ${index}  ${word}  empty`);
    else if (cell.kind === 'marker') lines.push(`  ${index}  ${word}  marker: these bytes have raced, and this cell meets no access`);
    else {
      const tells = meets === undefined ? '' : `; ${MEETINGS[meets]}`;
      lines.push(`  ${index}  ${word}  ${accessText(cell)} by ${whoOf(view, cell.tid)}, sid ${cell.sid} @ ${cell.epoch}${tells}`);
    }
  });
  lines.push(who === undefined ? 'No goroutine is selected: what would race now is not told.' : `Now: an access by ${who}.`);
  return { output: lines.join('\n'), data: { address: hexNumber(granule), shadow: hexNumber(shadowAddress(granule)), cells: rows } };
}

const MEETINGS: Readonly<Record<ReturnType<typeof meetingOf>, string>> = {
  own: 'its own: no race',
  ordered: 'happened before: no race',
  'a write': 'a write now RACES',
  'a plain write': 'a plain write now RACES',
  'any plain access': 'any plain access now RACES',
  'any access': 'any access now RACES',
  nothing: '',
};

/** `race`: what there is to look at. */
export function raceSummary(view: RaceView): Answer {
  const { inside, target } = view;
  const { state } = inside;
  const alive = [...inside.threads()].filter(each => each.state !== 0).length;
  const { version, bundled } = target.images.go!;
  const built = state.clock === 0x30 ? 'GOAMD64=v3' : 'GOAMD64=v1';
  const lines = [
    `ThreadSanitizer v3${bundled ? ", r14's model of it" : ` of ${version}, ${built}`}; its Context at ${hexNumber(state.context)}, laid out as since Go ${state.since}.`,
    `${inside.count} threads so far, ${alive} alive; ${inside.reported} race${inside.reported === 1 ? '' : 's'} reported; everything was forgotten ${inside.globalEpoch - 1} times for want of epochs.`,
  ];
  const data = {
    version,
    bundled: bundled ?? false,
    context: hexNumber(state.context),
    since: state.since,
    clock: state.clock,
    threads: inside.count,
    alive,
    reported: inside.reported,
    globalEpoch: inside.globalEpoch,
  };
  return { output: lines.join('\n'), data };
}

/** `race threads`: the living, and with `all` those that have ended too. */
export function threadsAnswer(view: RaceView, now: RaceThread | undefined, all: boolean): Answer {
  const { inside } = view;
  const every = [...inside.threads()];
  const shown = every.filter(each => all || each.state !== 0);
  const lines = shown.map(thread => {
    const { tid, status, parent, slot, parts, ignoresSync } = thread;
    const when = slot === undefined ? 'no slot' : `sid ${slot.sid} @ ${slot.epoch}`;
    const from = parent === undefined ? '' : `, created by tid ${parent}`;
    const quiet = ignoresSync === 0 ? '' : `, ignores synchronisation (${ignoresSync})`;
    const place = placeOfThread(view, thread);
    const at = place === undefined ? '' : `, last seen in ${place}`;
    return `${tid === now?.tid ? '*' : ' '} ${whoOf(view, tid)}  ${status}  ${when}, ${parts} part${parts === 1 ? '' : 's'} of trace${from}${quiet}${at}`;
  });
  const left = every.length - shown.length;
  if (left > 0) lines.push(`${left} more ha${left === 1 ? 's' : 've'} ended: race threads -a lists them.`);
  const data = shown.map(({ tid, status, parent, state, slot, parts, ignoresSync }) => ({
    tid,
    goroutine: goroutineId(view, tid) ?? null,
    status,
    parent: parent ?? null,
    state: hexNumber(state),
    sid: slot?.sid ?? null,
    epoch: slot?.epoch ?? null,
    parts,
    ignoresSync,
  }));
  return text(lines.join('\n'), data);
}

const clockEntries = (view: RaceView, clock: Uint16Array): readonly { sid: number; epoch: number; tid: number | undefined }[] =>
  [...clock].flatMap((epoch, sid) => (epoch === 0 ? [] : [{ sid, epoch, tid: view.inside.ownerOf(sid, epoch)?.tid }]));

/** `race clock G`: what one thread knows of the others. */
export function clockAnswer(view: RaceView, thread: RaceThread): Answer {
  const clock = view.inside.clockOf(thread);
  if (clock === undefined) throw new CommandError(`tid ${thread.tid} has ended: its clock is gone`);
  const entries = clockEntries(view, clock);
  const lines = entries.map(({ sid, epoch, tid }) => {
    const other = tid === undefined ? undefined : view.inside.thread(tid);
    if (tid === thread.tid) return `  sid ${sid} @ ${epoch}  itself: it is in this epoch`;
    const at = other?.slot?.sid === sid ? `, which is at ${other.slot.epoch} now` : '';
    return `  sid ${sid} @ ${epoch}  all that ${whoOf(view, tid)} did up to its epoch ${epoch}${at}`;
  });
  const data = entries.map(({ sid, epoch, tid }) => ({ sid, epoch, tid: tid ?? null }));
  return { output: [`${whoOf(view, thread.tid)} knows of:`, ...lines].join('\n'), data };
}

/** `race clock`: rows know of columns. */
export function clockMatrix(view: RaceView): Answer {
  const threads = [...view.inside.threads()].filter(each => each.slot !== undefined);
  const shown = threads.slice(0, MOST_COLUMNS);
  const cell = (value: string): string => value.padStart(8);
  const lines = [`${''.padEnd(30)}${shown.map(each => cell(`tid ${each.tid}`)).join('')}`];
  const rows: Data[] = [];
  for (const row of threads) {
    const clock = view.inside.clockOf(row)!;
    rows.push({ tid: row.tid, clock: shown.map(each => clock[each.slot!.sid] ?? 0) });
    lines.push(
      `${whoOf(view, row.tid).padEnd(30)}${shown.map(each => cell(each === row ? `[${row.slot!.epoch}]` : String(clock[each.slot!.sid]))).join('')}`,
    );
  }
  lines.push(
    'A row knows of a column up to that epoch; in brackets, its own. A smaller number than the bracket below it: what came later is not ordered.',
  );
  const left = threads.length - shown.length;
  if (left > 0) lines.push(`${left} more have no column here: race clock G tells of one.`);
  return { output: lines.join('\n'), data: { columns: shown.map(each => each.tid), rows } };
}

/** `race sync ADDR`. */
export function syncAnswer(view: RaceView, address: number): Answer {
  const found = view.inside.syncs(address);
  const where = `${hexNumber(address)} (its word of meta memory is at ${hexNumber(metaAddress(address))})`;
  if (found === undefined || found.length === 0) return text(`Nothing was released or acquired at ${where}.`, []);
  const lines = found.flatMap((sync): readonly string[] => {
    const head = `SyncVar ${hexNumber(sync.object)} of ${hexNumber(sync.address)}`;
    if (sync.clock === undefined) return [`${head}: nothing was released there yet`];
    return [
      `${head}: who acquires there gets`,
      ...clockEntries(view, sync.clock).map(
        ({ sid, epoch, tid }) => `  sid ${sid} @ ${epoch}  all that ${whoOf(view, tid)} did up to its epoch ${epoch}`,
      ),
    ];
  });
  return { output: lines.join('\n'), data: found.map(each => syncData(view, each)) };
}

const syncData = (view: RaceView, { object, address, clock }: RaceSync): Data => ({
  object: hexNumber(object),
  address: hexNumber(address),
  clock: clock === undefined ? null : clockEntries(view, clock).map(({ sid, epoch, tid }) => ({ sid, epoch, tid: tid ?? null })),
});

interface Told {
  readonly depth: number;
  readonly event: RaceEvent;
}

/** `race history G [COUNT]`: the newest events of a trace as calls. */
export function historyAnswer(view: RaceView, thread: RaceThread, count: number): Answer {
  const { target, inside } = view;
  const stack: number[] = [];
  const all: Told[] = [];
  const lost: string[] = [];
  let total = 0;
  for (const event of inside.events(thread)) {
    if (event.kind === 'lost') lost.push(event.why);
    const depth = event.kind === 'exit' ? Math.max(0, stack.length - 1) : stack.length;
    replayCall(stack, event);
    total++;
    all.push({ depth, event });
    if (all.length > 2 * count) all.splice(0, all.length - count);
  }
  const shown = all.slice(-count);
  const lines = shown.map(({ depth, event }) => `${'  '.repeat(Math.min(depth, 40))}${eventText(event, pc => framesAtPc(target, pc)[0]!)}`);
  const head = `${whoOf(view, thread.tid)}: ${total} events in ${thread.parts} part${thread.parts === 1 ? '' : 's'} of its trace${total > shown.length ? `, the last ${shown.length} of them` : ''}.`;
  if (lost.length > 0) lines.push(`Lost: ${lost[0]}${lost.length > 1 ? ` (and ${lost.length - 1} more)` : ''}.`);
  const data = shown.map(({ depth, event }) => ({ depth, ...eventData(event) }));
  return { output: [head, ...lines].join('\n'), data: { tid: thread.tid, total, lost, events: data } };
}

function eventText(event: RaceEvent, place: (pc: number) => string): string {
  switch (event.kind) {
    case 'part':
      return '-- a part of the trace begins: time and calls as they were then';
    case 'enter':
      return `call from ${place(event.pc)}`;
    case 'exit':
      return 'return';
    case 'access':
      return `${event.typ & ACCESS.atomic ? 'atomic ' : ''}${event.typ & ACCESS.read ? 'read' : 'write'} of ${event.size} at ${hexNumber(event.address)}  ${place(event.pc)}`;
    case 'time':
      return `-- sid ${event.sid} @ ${event.epoch}: what comes is of a new epoch (it released, or got a slot)`;
    case 'lost':
      return `-- lost: ${event.why}`;
    default:
      return `${event.kind} ${hexNumber(event.address)}`;
  }
}

function eventData(event: RaceEvent): { readonly [key: string]: Data } {
  const numbers = Object.entries(event).map(([key, value]) => [key, key === 'pc' || key === 'address' ? hexNumber(value) : value] as const);
  return Object.fromEntries(numbers) as { readonly [key: string]: Data };
}

/** Where the detector thinks that a thread is in the program. */
function placeOfThread(view: RaceView, thread: RaceThread): string | undefined {
  const stack = view.inside.stackOf(thread);
  return stack && placeOfStack(view.target, stack.pc === 0 ? stack.frames : [...stack.frames, stack.pc]);
}
