/** The screen's state and the one pure function that changes it. Effects are data: the shell around carries them out. */
import type { Input } from './input.js';
import { type Action, KEYS } from './keys.js';
import type { View } from './view.js';

export const PANES = ['code', 'registers', 'backtrace', 'memory', 'goroutines', 'console'] as const;
export type Pane = (typeof PANES)[number];

export interface State {
  readonly view: View;
  /** Register lines of the stop before, to mark what changed. */
  readonly before: ReadonlyMap<string, string>;
  readonly rows: number;
  readonly columns: number;
  readonly focus: Pane;
  readonly zoomed: boolean;
  /** Scroll offset of each pane relative to its natural place. */
  readonly scroll: Readonly<Record<Pane, number>>;
  /** Output of commands and of the program, oldest first. */
  readonly console: readonly string[];
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
  | { readonly kind: 'output'; readonly text: string }
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

const CONSOLE_LINES = 5000;
const PENDING = 32;

export function initial(view: View, rows: number, columns: number, history: readonly string[]): State {
  return {
    view,
    before: new Map(),
    rows,
    columns,
    focus: 'code',
    zoomed: false,
    scroll: { code: 0, registers: 0, backtrace: 0, memory: 0, goroutines: 0, console: 0 },
    console: [],
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
      const before = new Map(state.view.registers.map(row => [row.name, row.text]));
      const moved = message.view.t !== state.view.t;
      const stopped: State = {
        ...state,
        view: message.view,
        before: moved ? before : state.before,
        scroll: { ...state.scroll, code: 0 },
        running: undefined,
      };
      const [line, ...pending] = state.pending;
      return line === undefined ? { state: stopped } : act({ ...stopped, pending }, { kind: 'run', line });
    }
    case 'output':
      return { state: say(state, message.text) };
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

function say(state: State, text: string): State {
  const lines = text.replace(/\n$/, '').split('\n');
  return { ...state, console: [...state.console, ...lines].slice(-CONSOLE_LINES), scroll: { ...state.scroll, console: 0 } };
}

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
      const at = PANES.indexOf(state.focus) + action.by;
      return { state: { ...state, focus: PANES[(at + PANES.length) % PANES.length]! } };
    }
    case 'pane':
      return { state: { ...state, focus: PANES[action.index] ?? state.focus } };
    case 'scroll':
      return { state: { ...state, scroll: { ...state.scroll, [state.focus]: state.scroll[state.focus] + action.by } } };
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
