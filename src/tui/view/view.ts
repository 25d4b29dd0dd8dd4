/** What the screen shows of a session at a stop, as plain data: drawing it needs the session no more. */

import type { Flavor } from '../../debugger/code/disassemble.js';
import { breakpointLine } from '../../debugger/commands/breakpoint-text.js';
import { lensView } from '../../debugger/lens/lens.js';
import type { LensView as Lens } from '../../debugger/lens/view.js';
import type { Session } from '../../debugger/session/session.js';
import type { Theme } from '../../debugger/session/settings.js';
import { type FrameValues, NO_VALUES } from '../../debugger/show/changed-registers.js';
import { type CodeWindow, codeWindow } from '../../debugger/show/code-window.js';
import { type FrameSummary, frameSummaries } from '../../debugger/show/frame-summary.js';
import { frameValues } from '../../debugger/show/frame-values.js';
import { type GoroutineSummary, goroutineSummaries, type ThreadSummary, threadSummaries } from '../../debugger/show/goroutine-summary.js';
import { codeLook } from '../../debugger/show/listing.js';
import { type RacePicture, racePicture } from '../../debugger/show/race-picture.js';
import type { RegisterFact } from '../../debugger/show/registers-text.js';
import { stopData, stopHeadline } from '../../debugger/show/stop-text.js';
import type { LaneKind } from '../../debugger/values/lanes.js';
import { grouped } from '../../host/grouped.js';
import { type LocalsView, NO_LOCALS, observeLocals } from './locals.js';
import { type MemoryView, observeMemory } from './memory.js';
import { observeRegisters } from './registers.js';
import { NO_SOURCE, observeSource, type SourceView } from './source.js';
import { observeTime, type TimeView } from './time.js';

/** Where the user went in a pane; absent: the pane follows the selected frame. */
export interface Looking {
  readonly code?: bigint | undefined;
  readonly memory?: bigint | undefined;
}

interface Head {
  readonly looking: Looking;
  readonly title: string;
  readonly place: string;
  readonly t: string;
  readonly time?: TimeView | undefined;
  /** What happened and where, in a line; `detail` says why. */
  readonly stop: { readonly what: string; readonly detail: string };
  readonly fault: boolean;
  readonly atStart: boolean;
  readonly exited: boolean;
  readonly flavor: Flavor;
  readonly theme: Theme;
  /** How vector registers are told, if they are. */
  readonly lanes: LaneKind | undefined;
  /** Panes that the user has hidden. */
  readonly hidden: ReadonlySet<string>;
  readonly breakpoints: ReadonlySet<bigint>;
  /** How many expressions are watched. */
  readonly watches: number;
}

interface Parts {
  readonly code: CodeWindow;
  readonly registers: readonly RegisterFact[];
  readonly values: FrameValues;
  readonly frames: readonly FrameSummary[];
  readonly memory: MemoryView;
  readonly goroutines: readonly GoroutineSummary[];
  readonly threads: readonly ThreadSummary[];
  readonly lens: Lens | undefined;
  readonly source: SourceView;
  readonly race: RacePicture | undefined;
  readonly locals: LocalsView;
  readonly stops: readonly StopRow[];
}

/** A breakpoint of any kind, as it is listed. */
export interface StopRow {
  readonly id: number;
  readonly enabled: boolean;
  readonly text: string;
  readonly addresses: readonly bigint[];
}

export type View = Head & Parts;

/** What is known where there is no process. */
export const NOTHING: Parts = {
  code: { rows: [], anchor: 0 },
  registers: [],
  values: NO_VALUES,
  frames: [],
  memory: { rows: [] },
  goroutines: [],
  threads: [],
  lens: undefined,
  source: NO_SOURCE,
  race: undefined,
  locals: NO_LOCALS,
  stops: [],
};

/** Frames that a backtrace shows at most. */
const FRAMES = 200;

/** What each pane reads of a session that has a process. */
const PARTS: { readonly [Name in keyof Parts]: (session: Session, looking: Looking) => Parts[Name] } = {
  code: (session, looking) => codeWindow(session.stack, session.frame, codeLook(session), looking.code),
  registers: observeRegisters,
  values: session => frameValues(session.stack, session.frame),
  frames: session => frameSummaries(session.stack, FRAMES, session.selection.frame),
  memory: (session, looking) => observeMemory(session, looking.memory),
  goroutines: session => goroutineSummaries(session.stack),
  threads: session => threadSummaries(session.stack),
  lens: session => lensView(session.scene),
  source: observeSource,
  race: racePicture,
  locals: observeLocals,
  stops: ({ breakpoints, target }) =>
    breakpoints.all.map(each => ({
      id: each.id,
      enabled: each.enabled,
      text: breakpointLine(target.images, each),
      addresses: each.kind === 'break' ? each.addresses : [],
    })),
};

/** Reads what the panes show, each part when it is first asked for. Never throws for what the program has made unreadable: such places say so. */
export function observe(session: Session, title: string, looking: Looking = {}): View {
  const base = {
    looking,
    title,
    t: grouped(session.target.process.t),
    time: observeTime(session),
    flavor: session.settings.flavor,
    theme: session.settings.theme,
    lanes: session.settings.vectorLanes,
    hidden: session.settings.hiddenPanes,
    breakpoints: session.breakpoints.addresses,
    watches: session.displays.length,
  };
  const stop = stopHeadline(session);
  if (session.exited)
    return { ...base, place: '', stop, fault: false, atStart: false, exited: true, ...NOTHING, race: racePicture(session) };
  const data = stopData(session);
  const stack = session.frame.physical.stack.name;
  const on = stack.startsWith('goroutine') ? '' : ` on ${stack}`;
  const place = `${data.goroutine === null ? '' : `goroutine ${data.goroutine}${on}   `}thread ${data.thread}`;
  const head = {
    ...base,
    place,
    stop,
    fault: session.stop.reason === 'signal' || session.stop.reason === 'ending',
    atStart: session.stop.reason === 'start',
    exited: false,
  };
  // What changes is told by the registers: they are read while they can be.
  return later(session, head, { registers: observeRegisters(session), values: frameValues(session.stack, session.frame) });
}

/** The parts that nobody looks at cost nothing; once the program has moved on they cannot be read any more, and are empty. */
function later(session: Session, head: Head, read: Pick<Parts, 'registers' | 'values'>): View {
  const { process } = session.target;
  const { t } = process;
  const known: { -readonly [Name in keyof Parts]?: Parts[Name] } = { ...read };
  const part = <Name extends keyof Parts>(name: Name): Parts[Name] => {
    const read = known[name] as Parts[Name] | undefined;
    if (read !== undefined) return read;
    if (session.target.process !== process || process.t !== t) return NOTHING[name];
    const fresh = PARTS[name](session, head.looking);
    known[name] = fresh;
    return fresh;
  };
  const view = { ...head };
  for (const name of Object.keys(PARTS) as (keyof Parts)[]) Object.defineProperty(view, name, { get: () => part(name) });
  return view as View;
}
