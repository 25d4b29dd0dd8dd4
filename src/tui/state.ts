/** The screen's state and the one pure function that changes it. Effects are data: the shell around carries them out. */
import type { Input } from './input.js';
import { type Action, KEYS } from './keys.js';
import { carried, scrolled } from './layout.js';
import type { PaneState, Shown } from './pane.js';
import { PANES, type PaneName, untouched } from './panes/table.js';
import type { View } from './view/view.js';

export interface State extends Shown {
  readonly rows: number;
  readonly columns: number;
  readonly focus: PaneName;
  readonly zoomed: boolean;
  readonly panes: Readonly<Record<PaneName, PaneState>>;
  /** The line being typed; undefined: single keys are commands. */
  readonly line: string | undefined;
  /** Newest first. */
  readonly history: readonly string[];
  readonly recalled: number;
  readonly running: string | undefined;
  /** Commands of keys that came while another ran. */
  readonly pending: readonly string[];
  readonly help: boolean;
}

export type Message =
  | Input
  | { readonly kind: 'size'; readonly rows: number; readonly columns: number }
  | { readonly kind: 'stopped'; readonly view: View }
  /** A command's answer. */
  | { readonly kind: 'answer'; readonly text: string }
  /** What the program has written. */
  | { readonly kind: 'written'; readonly text: string }
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'completed'; readonly line: string; readonly words: readonly string[] };

export type Effect =
  | { readonly kind: 'command'; readonly line: string }
  | { readonly kind: 'complete'; readonly line: string }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'quit' };

export interface Next {
  readonly state: State;
  readonly effect?: Effect;
}

/** Kept of the console, and of what the program writes. */
const MOST_LINES = 5000;
const PENDING = 32;

export function initial(view: View, rows: number, columns: number, history: readonly string[]): State {
  return {
    view,
    before: undefined,
    rows,
    columns,
    focus: 'code',
    zoomed: false,
    panes: untouched,
    console: [],
    output: [''],
    line: undefined,
    history,
    recalled: -1,
    running: undefined,
    pending: [],
    help: false,
  };
}

export function update(state: State, message: Message): Next {
  switch (message.kind) {
    case 'size':
      return { state: { ...state, rows: message.rows, columns: message.columns } };
    case 'stopped': {
      const moved = message.view.t !== state.view.t;
      const fresh: State = { ...state, view: message.view, before: moved ? state.view : state.before, running: undefined };
      const stopped: State = { ...fresh, panes: carried(state, fresh) };
      const [line, ...pending] = state.pending;
      return line === undefined ? { state: stopped } : act({ ...stopped, pending }, { kind: 'run', line });
    }
    case 'answer':
      return { state: say(state, message.text) };
    case 'written':
      return { state: written(state, message.text) };
    case 'progress':
      return { state: { ...state, running: message.text } };
    case 'completed':
      return {
        state:
          message.words.length > 0 ? say({ ...state, line: message.line }, message.words.join('  ')) : { ...state, line: message.line },
      };
    case 'click':
    case 'wheel':
    case 'paste':
      return { state };
    case 'key':
      return state.line === undefined ? command(state, message.name, message.text) : type(state, state.line, message.name, message.text);
  }
}

/** Lines into the console, whose end is shown again. */
function say(state: State, text: string): State {
  const lines = text.replace(/\n$/, '').split('\n');
  return { ...state, console: [...state.console, ...lines].slice(-MOST_LINES), panes: touched(state, 'console', { top: undefined }) };
}

function written(state: State, text: string): State {
  const [rest = '', ...lines] = text.split('\n');
  const output = [...state.output.slice(0, -1), (state.output.at(-1) ?? '') + rest, ...lines].slice(-MOST_LINES);
  return { ...state, output, panes: touched(state, 'output', { top: undefined }) };
}

const touched = (state: State, name: PaneName, change: Partial<PaneState>): State['panes'] => ({
  ...state.panes,
  [name]: { ...state.panes[name], ...change },
});

/** Keys of the line editor. */
function type(state: State, line: string, name: string, text: string): Next {
  const recall = (to: number): Next => {
    const recalled = Math.max(-1, Math.min(state.history.length - 1, to));
    return { state: { ...state, recalled, line: recalled < 0 ? '' : state.history[recalled]! } };
  };
  switch (name) {
    case 'return': {
      if (line.trim() === '') return { state: { ...state, line: undefined } };
      const history = [line, ...state.history.filter(old => old !== line)].slice(0, 1000);
      return { state: say({ ...state, line: undefined, history, recalled: -1 }, `(r14) ${line}`), effect: { kind: 'command', line } };
    }
    case 'escape':
    case 'ctrl-c':
      return { state: { ...state, line: undefined, recalled: -1 } };
    case 'backspace':
      return { state: line === '' ? { ...state, line: undefined } : { ...state, line: [...line].slice(0, -1).join('') } };
    case 'ctrl-u':
      return { state: { ...state, line: '' } };
    case 'ctrl-w':
      return { state: { ...state, line: line.replace(/\S*\s*$/, '') } };
    case 'up':
      return recall(state.recalled + 1);
    case 'down':
      return recall(state.recalled - 1);
    case 'tab':
      return { state, effect: { kind: 'complete', line } };
    case 'ctrl-r': {
      const at = state.history.findIndex((old, index) => index > state.recalled && old.includes(line));
      return at < 0 ? { state } : { state: { ...state, recalled: at, line: state.history[at]! } };
    }
    case 'ctrl-z':
      return { state, effect: { kind: 'suspend' } };
    default:
      return text === '' ? { state } : { state: { ...state, line: line + text } };
  }
}

/** Single keys, from the one table. */
function command(state: State, name: string, text: string): Next {
  if (state.help) return { state: { ...state, help: false } };
  const key = KEYS.find(row => row.keys.includes(name === '' ? text : name));
  if (key === undefined) return { state };
  if (state.running !== undefined && !key.whileRunning) {
    if (key.action.kind !== 'run' || state.pending.length >= PENDING) return { state };
    return { state: { ...state, pending: [...state.pending, key.action.line] } };
  }
  return act(state, key.action);
}

function act(state: State, action: Action): Next {
  switch (action.kind) {
    case 'run':
      return { state: say({ ...state, running: action.line }, `(r14) ${action.line}`), effect: { kind: 'command', line: action.line } };
    case 'focus': {
      const at = PANES.findIndex(pane => pane.name === state.focus) + action.by;
      return { state: { ...state, focus: PANES[(at + PANES.length) % PANES.length]!.name } };
    }
    case 'pane':
      return { state: { ...state, focus: action.name } };
    case 'scroll':
      return { state: { ...state, panes: touched(state, state.focus, { top: scrolled(state, state.focus, action.by) }) } };
    case 'zoom':
      return { state: { ...state, zoomed: !state.zoomed } };
    case 'type':
      return { state: { ...state, line: '' } };
    case 'help':
      return { state: { ...state, help: true } };
    case 'interrupt':
      return state.running === undefined
        ? { state: say(state, 'q quits') }
        : { state: { ...state, pending: [] }, effect: { kind: 'interrupt' } };
    case 'suspend':
      return { state, effect: { kind: 'suspend' } };
    case 'quit':
      return { state, effect: { kind: 'quit' } };
  }
}
