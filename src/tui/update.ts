/** The one pure function that changes the screen's state. */

import type { LessonView } from '../debugger/lesson/walk.js';
import { act, MOST_SPOTS, noted, pointed, pressed, spotHere } from './actions.js';
import { EMPTY, insert } from './editor.js';
import { carried } from './layout.js';
import type { PaneState } from './pane.js';
import type { PaneName } from './panes/table.js';
import { indexOf } from './selection.js';
import { type Message, type Next, type State, touched, UNWRITTEN, type Waiting } from './state.js';
import { say, written } from './transcript.js';
import { pasted, typed, typedCandidates } from './typing.js';
import type { View } from './view/view.js';

/** What runs while it is looked for what has led to a stop. */
const LOOKING = 'why';

export function update(state: State, message: Message): Next {
  switch (message.kind) {
    case 'size':
      return { state: { ...state, rows: message.rows, columns: message.columns } };
    case 'begun':
      return { state: say({ ...state, running: message.line }, `(r14) ${message.line}`) };
    case 'stopped': {
      const moved = message.view.t !== state.view.t;
      const before = moved ? state.view : state.before;
      const lesson = message.lesson ?? state.lesson;
      const reasons = moved || !message.view.fault ? undefined : state.reasons;
      const line = state.reading ? undefined : state.line;
      const turned = { ...state, panes: touched(state, 'lesson', turnedTo(state.lesson, lesson)) };
      return goOn(
        shown(turned, { view: message.view, before, lesson, reasons, line, reading: false, running: undefined, progress: undefined }),
      );
    }
    case 'opening': {
      const lines = message.lines.map((line): Waiting => ({ kind: 'run', line, opening: true }));
      const waiting = { ...state, pending: [...state.pending, ...lines] };
      return state.running === undefined ? goOn(waiting) : { state: waiting };
    }
    case 'arrived': {
      const { pane, view, address } = message;
      return { state: { ...at(state, pane, view, address), back: [spotHere(state), ...state.back].slice(0, MOST_SPOTS), forth: [] } };
    }
    case 'returned': {
      const { spot, view } = message;
      const back = shown(state, { view });
      return { state: { ...back, focus: spot.focus, panes: { ...back.panes, [spot.focus]: spot.pane } } };
    }
    case 'reasons': {
      if (message.lines === undefined || message.view === undefined) return { state: { ...state, running: LOOKING } };
      const found = settled(shown(state, { view: message.view, reasons: message.lines }));
      return found.running === undefined ? goOn(found) : { state: found };
    }
    case 'notice':
      return { state: noted(state, message.text) };
    case 'answer':
      // What nobody has run a command for is news.
      return { state: say({ ...state, asked: state.asked || state.running === undefined }, message.text) };
    case 'written':
      return { state: written(message.anew ? { ...state, output: UNWRITTEN } : state, message.text, message.end) };
    case 'starved':
      return { state: { ...state, reading: true, line: state.line ?? EMPTY, asking: 'command', help: undefined } };
    case 'renewed':
      return { state: { ...state, output: UNWRITTEN, written: 0 } };
    case 'progress':
      return { state: state.running === undefined ? state : { ...state, progress: message.text } };
    case 'completed': {
      if (state.line === undefined) return { state };
      const completed = { ...state, line: insert(state.line, message.text) };
      return {
        state: message.words.length > 0 ? say({ ...completed, asked: true }, typedCandidates(completed, message.words)) : completed,
      };
    }
    case 'click':
    case 'wheel':
      return pointed({ ...state, leaving: false, notice: '' }, message);
    case 'paste':
      return { state: pasted(state, message.text) };
    case 'key': {
      const awake = { ...state, notice: '', leaving: state.leaving && message.name === 'ctrl-c' };
      return state.line === undefined ? pressed(awake, message) : typed(awake, state.line, message);
    }
  }
}

/** The next of those that wait; one that asks for nothing keeps no other waiting. */
function goOn(state: State): Next {
  const [action, ...pending] = state.pending;
  if (action === undefined) return { state };
  const next = act({ ...state, pending }, action);
  return next.effect === undefined ? goOn(next.state) : next;
}

/** What a step has brought is read from its beginning; what is said of an exercise stands at the end. */
function turnedTo(before: LessonView | undefined, lesson: LessonView | undefined): Partial<PaneState> {
  if (lesson === undefined || lesson === before) return {};
  if (lesson.fresh !== before?.fresh || lesson.results.length !== before.results.length) return { top: undefined, selected: undefined };
  const told = ({ exercise }: LessonView): string => `${exercise?.said} ${exercise?.hints.length} ${exercise?.solution?.length}`;
  return told(lesson) === told(before) ? {} : { top: Number.MAX_SAFE_INTEGER, selected: undefined };
}

/** What was asked for by `w` is no more what runs. */
const settled = (state: State): State => (state.running === LOOKING ? { ...state, running: undefined, progress: undefined } : state);

/** What a pane shows follows what it showed before. */
function shown(state: State, changes: Partial<State>): State {
  const fresh: State = { ...state, ...changes };
  return { ...fresh, panes: carried(state, fresh) };
}

/** The address selected in the pane, at the place where its content wants to be seen. */
function at(state: State, focus: PaneName, view: View, address: bigint): State {
  const fresh: State = { ...shown(state, { view }), focus };
  return { ...fresh, panes: { ...fresh.panes, [focus]: { top: undefined, selected: indexOf(fresh, focus, address) } } };
}
