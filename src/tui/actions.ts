/** What single keys and the mouse do. */

import type { LessonMove } from '../debugger/lesson/walk.js';
import { LANE_KINDS } from '../debugger/values/lanes.js';
import type { Action } from './action.js';
import { EMPTY } from './editor.js';
import { clicked } from './foot.js';
import { barOf } from './head.js';
import { helpRows } from './help.js';
import type { Input } from './input.js';
import { KEYS, type KeyRow } from './keys.js';
import { bodyHeight, FOOT, hit, isAlone, nextPage, paneContentOf, scrolled, tooSmall } from './layout.js';
import { expressionOfName, paneRegister } from './names.js';
import type { PaneItem } from './pane.js';
import { hasReport } from './panes/output.js';
import { PANES, paneNamed } from './panes/table.js';
import { itemAt, meant, rowsOfPane, searched, selectBy, selectedIn } from './selection.js';
import { type Next, type Spot, type State, touched, type Waiting } from './state.js';
import { rowText } from './text.js';
import { commandAt, commandBy, commandTo } from './time-bar.js';

type Key = Extract<Input, { kind: 'key' }>;
type Pointer = Extract<Input, { kind: 'click' | 'wheel' }>;

/** Places that Backspace knows, at most. */
export const MOST_SPOTS = 100;
/** Commands of keys that wait while another runs. */
const PENDING = 32;
const WHEEL_ROWS = 3;
/** Cells left of an instruction where a click sets a breakpoint. */
const MARK_CELLS = 3;
/** What can be done with a screen that shows nothing. */
const LEAVING: ReadonlySet<Action['kind']> = new Set(['quit', 'interrupt', 'suspend', 'repaint']);
const FLAVOURS = ['go', 'gnu', 'intel'] as const;
const LANES = [undefined, ...LANE_KINDS];

/** A key that is no part of a command line. */
export function pressed(state: State, { name, text }: Key): Next {
  if (state.help !== undefined) return { state: { ...state, help: helped(state, state.help, name || text) } };
  const character = text === ' ' ? 'space' : text;
  const key = KEYS.find(row => row.keys.includes(name === '' ? character : name) && usable(row, state));
  if (key === undefined || (tooSmall(state) && !LEAVING.has(key.action.kind))) return { state };
  if (state.running !== undefined && !key.whileRunning) return { state: waiting(state, key) };
  return act(state, key.action);
}

/** A key while something runs: what it stands for takes its turn. */
function waiting(state: State, { action, keys }: KeyRow): State {
  if (state.pending.length >= PENDING) return state;
  const then = (next: State, last: Waiting): State => ({
    ...next,
    running: state.running,
    asked: state.asked,
    pending: [...state.pending, last],
  });
  switch (action.kind) {
    case 'run':
    case 'lesson':
    case 'own':
    case 'happened':
      return then(state, action);
    case 'hide':
    case 'flavour':
    case 'lanes':
    case 'breakpoint': {
      // Of what is shown now.
      const { state: next, effect } = act(state, action);
      return effect?.kind === 'command' ? then(next, { kind: 'run', line: effect.line }) : next;
    }
    default:
      return noted(state, `${keys[0]} has no turn to wait for: press it when the program stands`);
  }
}

/** Keys that have another meaning where they do not apply. */
const usable = ({ whileSearching, inLesson }: KeyRow, { search, focus, lesson }: State): boolean =>
  (whileSearching !== true || search !== '') && (inLesson !== true || (focus === 'lesson' && lesson !== undefined));

export function act(state: State, action: Action): Next {
  const { focus } = state;
  switch (action.kind) {
    case 'run': {
      const { line, typed = false, opening } = action;
      return { state: { ...state, running: line, asked: typed }, effect: { kind: 'command', line, opening } };
    }
    case 'focus': {
      const at = PANES.findIndex(pane => pane.name === focus) + action.by;
      return { state: { ...state, focus: PANES[(at + PANES.length) % PANES.length]!.name } };
    }
    case 'pane': {
      if (action.name === 'why' && state.view.fault && state.reasons === undefined && state.running === undefined)
        return { state: { ...state, focus: 'why' }, effect: { kind: 'reason' } };
      const { race } = state.view;
      // A race is known at its stop, or once it is asked for; what has ordered it, only then.
      const asks = action.name === 'race' && race?.rows === undefined && (race !== undefined || hasReport(state.output));
      return asks ? act({ ...state, focus: 'race' }, { kind: 'run', line: 'race why' }) : { state: { ...state, focus: action.name } };
    }
    case 'select': {
      const unit = { item: 1, page: rowsOfPane(state, focus), end: Number.MAX_SAFE_INTEGER }[action.unit];
      return { state: { ...state, panes: selectBy(state, focus, action.by * unit) } };
    }
    case 'word': {
      const names = itemAt(state, focus)?.names?.length ?? 0;
      const word = Math.max(0, Math.min(names - 1, (state.panes[focus].word ?? 0) + action.by));
      return { state: names === 0 ? state : { ...state, panes: touched(state, focus, { word }) } };
    }
    case 'enter':
      return enter(state, itemAt(state, focus));
    case 'back': {
      const [spot, ...back] = state.back;
      if (spot === undefined) return { state: noted(state, 'there is no place before this one') };
      return { state: { ...state, back, forth: [spotHere(state), ...state.forth] }, effect: { kind: 'return', spot } };
    }
    case 'forth': {
      const [spot, ...forth] = state.forth;
      if (spot === undefined) return { state: noted(state, 'backspace has not come from anywhere') };
      return { state: { ...state, forth, back: [spotHere(state), ...state.back] }, effect: { kind: 'return', spot } };
    }
    case 'match':
      return { state: matched(state, state.search, action.by) };
    case 'own': {
      const own = state.view.frames.find(frame => frame.own);
      return own === undefined
        ? { state: noted(state, "no frame here is the program's own") }
        : act(state, { kind: 'run', line: `frame ${own.index}` });
    }
    case 'follow': {
      if (state.search !== '') return { state: { ...state, search: '' } };
      if (state.zoomed) return act(state, { kind: 'zoom' });
      if (isAlone(state)) return { state: { ...state, focus: 'code' } };
      if (state.running !== undefined) return { state };
      const looking = { ...state.view.looking, [focus]: undefined };
      const spot = { focus, looking, pane: { top: undefined, selected: undefined } };
      return { state: { ...state, zoomed: false }, effect: { kind: 'return', spot } };
    }
    case 'breakpoint':
      return toggle(state, itemAt(state, focus));
    case 'flavour': {
      const next = FLAVOURS[(FLAVOURS.indexOf(state.view.flavor) + 1) % FLAVOURS.length];
      return act(state, { kind: 'run', line: `config disassemble-flavor ${next}` });
    }
    case 'happened': {
      const line = commandTo(state, action.by);
      const told = action.by > 0 ? 'nothing on the time bar is behind this moment' : 'nothing on the time bar is before this moment';
      return line === undefined ? { state: noted(state, told) } : act(state, { kind: 'run', line });
    }
    case 'lanes': {
      const next = LANES[(LANES.indexOf(state.view.lanes) + 1) % LANES.length]!;
      return act(state, { kind: 'run', line: `config vector-lanes ${next ?? 'off'}` });
    }
    case 'lesson':
      return lessonMoved(state, action.move);
    case 'contents':
      return state.lesson === undefined
        ? { state: noted(state, NO_LESSON) }
        : { state: { ...state, focus: 'lesson', contents: !state.contents, panes: touched(state, 'lesson', NOWHERE) } };
    case 'zoom':
      return { state: { ...state, zoomed: !state.zoomed, asked: state.zoomed && state.asked } };
    case 'hide': {
      const hidden = new Set(state.view.hidden);
      const shows = hidden.delete(focus);
      if (!shows) hidden.add(focus);
      const next = shows ? focus : PANES.find(pane => !hidden.has(pane.name))?.name;
      if (next === undefined) return { state: noted(state, 'one pane must remain') };
      return act({ ...state, focus: next, zoomed: false }, { kind: 'run', line: `config hidden-panes "${[...hidden].join(' ')}"` });
    }
    case 'watch': {
      const watch = itemAt(state, 'locals')?.watch;
      const chosen = focus === 'locals' && state.panes.locals.selected !== undefined;
      // While something runs there is a line to be typed in any case: what follows are no keys.
      if (chosen && watch !== undefined && state.running === undefined) return act(state, { kind: 'run', line: `display -d ${watch}` });
      return state.view.exited
        ? { state: noted(state, 'there is nothing to watch any more') }
        : { state: { ...state, line: EMPTY, asking: 'watch' } };
    }
    case 'mouse': {
      const mouse = !state.mouse;
      const told = mouse ? 'the mouse is on' : "the mouse is off: the terminal's own selection works; M switches it on";
      return { state: noted({ ...state, mouse }, told), effect: { kind: 'mouse', on: mouse } };
    }
    case 'type':
      return { state: { ...state, line: EMPTY, asking: action.asking } };
    case 'help':
      return { state: { ...state, help: 0 } };
    case 'interrupt':
      if (state.running !== undefined) return { state: { ...state, pending: [] }, effect: { kind: 'interrupt' } };
      return state.leaving
        ? { state, effect: { kind: 'quit' } }
        : { state: noted({ ...state, leaving: true }, 'nothing runs; ctrl-c once more, or q, quits') };
    case 'suspend':
    case 'repaint':
    case 'quit':
      return { state, effect: { kind: action.kind } };
  }
}

/** Something to say of the last key. */
export const noted = (state: State, notice: string): State => ({ ...state, notice });

/** Where one is, to come back to. */
export const spotHere = (state: State): Spot => ({ focus: state.focus, looking: state.view.looking, pane: state.panes[state.focus] });

/** The text's next place in the focused pane, or the one before. */
export function matched(state: State, text: string, by: 1 | -1): State {
  const panes = searched(state, state.focus, text, by);
  const name = PANES.find(pane => pane.name === state.focus)!.title;
  return panes === undefined ? noted(state, `"${text}" is nowhere in ${name}`) : { ...state, panes };
}

const NO_LESSON = 'no lesson is open: r14 lesson NAME opens one';
const NOWHERE = { top: undefined, selected: undefined } as const;

/** Space reads before it does anything; what is asked of a lesson that is left leads back to it first. */
function lessonMoved(state: State, move: LessonMove): Next {
  const { lesson } = state;
  if (lesson === undefined) return { state: noted(state, NO_LESSON) };
  const asking = (asked: LessonMove): Next => {
    const { next } = lesson;
    const running = asked.kind === 'step' && next !== undefined ? next.text : LESSON_RUNS;
    // What a step has answered stands in the lesson.
    return { state: { ...state, contents: false, running, asked: false }, effect: { kind: 'lesson', move: asked } };
  };
  const { exercise } = lesson;
  switch (move.kind) {
    case 'step': {
      if (state.contents) return { state: { ...state, contents: false, panes: touched(state, 'lesson', NOWHERE) } };
      if (lesson.away) return asking({ kind: 'return' });
      const page = nextPage(state, 'lesson');
      if (page !== undefined) return { state: { ...state, panes: touched(state, 'lesson', { top: page, selected: undefined }) } };
      if (lesson.next === undefined) return { state: noted(state, 'the lesson is over') };
      if (exercise?.answer) return { state: { ...state, line: EMPTY, asking: 'answer' } };
      return asking(exercise === undefined ? move : { kind: 'judge' });
    }
    case 'hint':
    case 'leave':
      return exercise === undefined
        ? { state: noted(state, 'no exercise waits here') }
        : asking(move.kind === 'leave' ? { kind: 'leave' } : move);
    default:
      return asking(move);
  }
}

/** What runs while a lesson goes anywhere but on. */
const LESSON_RUNS = 'lesson';

/** The help scrolls, and goes at any other key. */
function helped(state: State, top: number, key: string): number | undefined {
  const action = KEYS.find(row => row.keys.includes(key))?.action;
  if (action?.kind !== 'select') return undefined;
  return helpScrolled(state, top + action.by * { item: 1, page: bodyHeight(state), end: Number.MAX_SAFE_INTEGER }[action.unit]);
}

const helpScrolled = (state: State, top: number): number => helpRows(state, top).top;

/** A click or a turn of the wheel. */
export function pointed(state: State, pointer: Pointer): Next {
  if (state.help !== undefined) {
    return { state: { ...state, help: pointer.kind === 'wheel' ? helpScrolled(state, state.help + pointer.by * WHEEL_ROWS) : undefined } };
  }
  const foot = pointer.row - (state.rows - FOOT);
  if (foot >= 0 && pointer.kind === 'click' && !tooSmall(state)) {
    const asked = clicked(state, foot, pointer.column);
    return asked === undefined ? { state } : act(state, asked);
  }
  const bar = pointer.row === 0 && !tooSmall(state) ? barOf(state) : undefined;
  if (bar !== undefined && pointer.column >= bar.from && pointer.column < bar.from + bar.width) return along(state, bar, pointer);
  const under = hit(state, pointer.row, pointer.column);
  if (under === undefined) return { state };
  const { pane, index, item } = under;
  if (pointer.kind === 'wheel' && pointer.modified && (pane === 'code' || pane === 'source')) {
    // What comes faster than it can be done is not waited for.
    if (state.running !== undefined) return { state };
    const by = pane === 'code' ? 'stepi' : 'step';
    return act(state, { kind: 'run', line: pointer.by < 0 ? `reverse-${by}` : by });
  }
  if (pointer.kind === 'wheel') {
    return { state: { ...state, panes: touched(state, pane, { top: scrolled(state, pane, pointer.by * WHEEL_ROWS) }) } };
  }
  const again = state.focus === pane && index !== undefined && state.panes[pane].selected === index;
  const word = item?.names?.findIndex(({ from, to }) => under.column >= from && under.column < to) ?? -1;
  const selected = { selected: index, word: word < 0 ? undefined : word };
  const focused: State = { ...state, focus: pane, ...(index === undefined ? {} : { panes: touched(state, pane, selected) }) };
  if (item === undefined || state.running !== undefined) return { state: focused };
  if (pane === 'code' && (again || under.column < MARK_CELLS)) return toggle(focused, item);
  const atOnce = word >= 0 || item.frame !== undefined || item.goroutine !== undefined || onArrow(item, under.column);
  return again || atOnce ? enter(focused, item) : { state: focused };
}

/** A click on the time bar goes there, and the wheel a cell on or back. What comes faster than it can be done is not waited for. */
function along(state: State, { from, width }: { readonly from: number; readonly width: number }, pointer: Pointer): Next {
  const { time } = state.view;
  if (time === undefined || state.running !== undefined) return { state };
  const line = pointer.kind === 'click' ? commandAt(time, width, pointer.column - from) : commandBy(time, width, pointer.by);
  return line === undefined ? { state: noted(state, 'here the history ends') } : act(state, { kind: 'run', line });
}

/** Goes to what an item points at. */
function enter(state: State, item: PaneItem | undefined): Next {
  if (item === undefined) return { state };
  const { frame, goroutine, thread, command, section, names, path } = item;
  if (path !== undefined && item.value !== undefined) return { state, effect: { kind: 'go', address: item.value } };
  if (path !== undefined) {
    const opened = new Set(state.opened);
    if (!opened.delete(path)) opened.add(path);
    return { state: { ...state, opened } };
  }
  if (section !== undefined) return act(state, { kind: 'lesson', move: { kind: 'section', number: section } });
  if (names !== undefined) return named(state, names[Math.min(state.panes[state.focus].word ?? 0, names.length - 1)]!.name);
  if (command !== undefined) return act(state, { kind: 'run', line: command });
  if (frame !== undefined) return act(state, { kind: 'run', line: `frame ${frame}` });
  if (goroutine !== undefined) return act(state, { kind: 'run', line: `goroutine ${goroutine}` });
  if (thread !== undefined) return act(state, { kind: 'run', line: `thread ${thread}` });
  const address = item.target ?? meant(item);
  return address === undefined ? { state } : { state, effect: { kind: 'go', address } };
}

/** Shows what a name of a lesson's stands for: a register among the registers, anything else where it lies. */
function named(state: State, name: string): Next {
  const register = paneRegister(name);
  const items = paneContentOf(state, paneNamed('registers'), state.columns).items;
  const selected = items.findIndex(item => item.register === register);
  if (selected < 0) return { state, effect: { kind: 'find', text: expressionOfName(name), pane: undefined } };
  const back = [spotHere(state), ...state.back].slice(0, MOST_SPOTS);
  const focused: State = { ...state, back, forth: [], focus: 'registers' };
  return { state: { ...focused, panes: selectedIn(focused, 'registers', selected) } };
}

/** The arrow of a value that opens is a button. */
const onArrow = ({ path, row }: PaneItem, column: number): boolean => {
  const arrow = path === undefined ? -1 : rowText(row).search(/[►▼]/);
  return arrow >= 0 && column >= arrow - 1 && column <= arrow + 1;
};

/** Sets a breakpoint at what an item stands for, or clears those that are there. */
function toggle(state: State, item: PaneItem | undefined): Next {
  const address = item === undefined ? undefined : meant(item);
  const line = item?.place;
  if (line !== undefined) return act(state, { kind: 'run', line: `break ${line.file}:${line.line}` });
  if (address === undefined) return { state: noted(state, 'nothing with an address is selected') };
  const verb = state.view.breakpoints.has(address) ? 'clear' : 'break';
  return act(state, { kind: 'run', line: `${verb} *0x${address.toString(16)}` });
}
