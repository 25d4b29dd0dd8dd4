/** The screen's state, what changes it, and what it asks for: effects are data, which the shell around carries out. */

import type { LessonMove, LessonView } from '../debugger/lesson/walk.js';
import type { Action, Asking } from './action.js';
import type { EditedLine } from './editor.js';
import type { Input } from './input.js';
import type { PaneState, PaneSubject } from './pane.js';
import { type PaneName, untouched } from './panes/table.js';
import type { Looking, View } from './view/view.js';

/** Where somebody was before going elsewhere. */
export interface Spot {
  readonly focus: PaneName;
  readonly looking: Looking;
  readonly pane: PaneState;
}

/** What takes its turn when something runs, and is made out of what is shown then. */
export type Waiting = Extract<Action, { kind: 'run' | 'lesson' | 'own' | 'happened' }>;

export interface State extends PaneSubject {
  readonly rows: number;
  readonly columns: number;
  readonly focus: PaneName;
  readonly zoomed: boolean;
  readonly panes: Readonly<Record<PaneName, PaneState>>;
  /** Where Enter came from, newest first. */
  readonly back: readonly Spot[];
  /** Where Backspace came from, newest first. */
  readonly forth: readonly Spot[];
  /** What is being typed; undefined: single keys are commands. */
  readonly line: EditedLine | undefined;
  /** What the line is. */
  readonly asking: Asking;
  /** What is searched for in the panes; empty: nothing. */
  readonly search: string;
  /** What there is to say of the last key, until the next. */
  readonly notice: string;
  /** Newest first. */
  readonly history: readonly string[];
  /** Bytes that the program had written when it had written what is shown. */
  readonly written: number;
  /** The program that runs has asked for input: what is typed is for it, until it stops. */
  readonly reading: boolean;
  /** The command that runs. */
  readonly running: string | undefined;
  /** How far it is; undefined while it is too soon to tell, and the screen stays as it is. */
  readonly progress: string | undefined;
  /** The last command was typed or a lesson's: its answer is wanted. What a key has done the other panes show. */
  readonly asked: boolean;
  /** Commands and steps of the lesson that came while another ran. */
  readonly pending: readonly Waiting[];
  /** Rows of the help that are scrolled away; undefined: it is not shown. */
  readonly help: number | undefined;
  readonly mouse: boolean;
  /** The lesson is shown beside the screen, and not on it. */
  readonly lessonBeside: boolean;
  /** Ctrl-c was pressed with nothing to stop: once more leaves. */
  readonly leaving: boolean;
}

export type Message =
  | Input
  | { readonly kind: 'size'; readonly rows: number; readonly columns: number }
  /** A command begins, in its full text. */
  | { readonly kind: 'begun'; readonly line: string }
  | { readonly kind: 'stopped'; readonly view: View; readonly lesson?: LessonView | undefined }
  /** The first commands, to run one after the other. */
  | { readonly kind: 'opening'; readonly lines: readonly string[] }
  /** The same stop, looked at elsewhere: in that pane, at that address. */
  | { readonly kind: 'arrived'; readonly view: View; readonly pane: PaneName; readonly address: bigint }
  /** The same stop, looked at from where one was. */
  | { readonly kind: 'returned'; readonly view: View; readonly spot: Spot }
  /** What has led to this stop is being looked for; with `lines` it is found. */
  | { readonly kind: 'reasons'; readonly lines?: readonly string[]; readonly view?: View }
  /** What there is to say of a key. */
  | { readonly kind: 'notice'; readonly text: string }
  /** A command's answer. */
  | { readonly kind: 'answer'; readonly text: string }
  /** What the program has written; `end`: all of it in bytes. `anew`: it is elsewhere in its run, where it had written just that. */
  | { readonly kind: 'written'; readonly text: string; readonly end?: number; readonly anew?: true }
  /** Another process runs the program: what the one before has written is not its. */
  | { readonly kind: 'renewed' }
  /** It waits for input. */
  | { readonly kind: 'starved' }
  | { readonly kind: 'progress'; readonly text: string }
  /** What belongs behind the cursor, and what else the word could become. */
  | { readonly kind: 'completed'; readonly text: string; readonly words: readonly string[] };

export type Effect =
  /** An empty line repeats the command before. */
  | { readonly kind: 'command'; readonly line: string; readonly opening?: boolean | undefined }
  /** Something of the lesson. */
  | { readonly kind: 'lesson'; readonly move: LessonMove }
  /** Something was typed for the program; undefined: the end of its input. */
  | { readonly kind: 'input'; readonly text: string | undefined }
  | { readonly kind: 'complete'; readonly line: string }
  /** Look at an address, where addresses of its kind are shown. */
  | { readonly kind: 'go'; readonly address: bigint }
  /** Look at what a text means: a symbol, an address, a line of source, an expression; in that pane, or where such places are shown. */
  | { readonly kind: 'find'; readonly text: string; readonly pane: 'code' | 'memory' | undefined }
  /** Look from where one was. */
  | { readonly kind: 'return'; readonly spot: Spot }
  /** Look for what has led to this stop. */
  | { readonly kind: 'reason' }
  | { readonly kind: 'mouse'; readonly on: boolean }
  | { readonly kind: 'interrupt' | 'suspend' | 'repaint' | 'quit' };

export interface Next {
  readonly state: State;
  readonly effect?: Effect;
}

/** No line is begun. */
export const UNWRITTEN: State['output'] = [''];

export function initial(
  view: View,
  rows: number,
  columns: number,
  history: readonly string[],
  lesson?: LessonView,
  lessonBeside = false,
): State {
  return {
    view,
    before: undefined,
    reasons: undefined,
    contents: false,
    opened: new Set(),
    rows,
    columns,
    // Who has not begun to read begins there.
    focus: lesson?.position === 1 ? 'lesson' : 'code',
    zoomed: false,
    panes: untouched,
    back: [],
    forth: [],
    asking: 'command',
    search: '',
    notice: '',
    console: (lesson?.results ?? []).flatMap(({ part, output }) =>
      part.kind === 'command' ? [`(r14) ${part.text}`, ...(output === '' ? [] : output.split('\n'))] : [],
    ),
    output: UNWRITTEN,
    written: 0,
    lesson,
    line: undefined,
    history,
    reading: false,
    running: undefined,
    progress: undefined,
    asked: false,
    pending: [],
    help: undefined,
    mouse: true,
    lessonBeside,
    leaving: false,
  };
}

export const touched = (state: State, name: PaneName, change: Partial<PaneState>): State['panes'] => ({
  ...state.panes,
  [name]: { ...state.panes[name], ...change },
});
