/** The key table: what single keys do, and the help that `?` shows of it. */

import type { Action } from './action.js';
import {
  hintOfBack,
  hintOfBackStep,
  hintOfEnter,
  hintOfLesson,
  hintOfMain,
  hintOfRestart,
  hintOfSearch,
  hintOfSections,
  hintOfZoom,
  moving,
} from './hints.js';
import { PANES } from './panes/table.js';
import type { State } from './state.js';

export interface KeyRow {
  /** Names or characters, any of which does it. */
  readonly keys: readonly string[];
  readonly summary: string;
  readonly action: Action;
  /** Shown in the last line of the screen, while it does something. */
  readonly hint?: string | ((state: State) => string | undefined);
  /** Shown there whatever else has room. */
  readonly always?: true;
  /** Only while something is searched for: before that the key is another's. */
  readonly whileSearching?: true;
  /** The same of the lesson's pane. */
  readonly inLesson?: true;
  readonly whileRunning?: boolean;
}

const run = (line: string): Action => ({ kind: 'run', line });

export const KEYS: readonly KeyRow[] = [
  {
    keys: ['escape'],
    summary: 'all panes again, which follow the program',
    hint: hintOfBack,
    action: { kind: 'follow' },
    whileRunning: true,
  },
  {
    keys: ['n'],
    summary: 'while something is searched for: where it stands next',
    hint: hintOfSearch,
    action: { kind: 'match', by: 1 },
    whileRunning: true,
    whileSearching: true,
  },
  { keys: ['N'], summary: 'where it stood before', action: { kind: 'match', by: -1 }, whileRunning: true, whileSearching: true },
  {
    keys: ['space'],
    summary: 'read the lesson on, then run its next step',
    hint: hintOfLesson,
    action: { kind: 'lesson', move: { kind: 'step' } },
  },
  {
    keys: ['b'],
    summary: 'in the lesson: a step back',
    hint: hintOfBackStep,
    action: { kind: 'lesson', move: { kind: 'back' } },
    inLesson: true,
  },
  { keys: ['T'], summary: "the lesson's sections, to go to one", hint: hintOfSections, action: { kind: 'contents' } },
  { keys: ['H'], summary: "the exercise's next hint, and in the end its solution", action: { kind: 'lesson', move: { kind: 'hint' } } },
  { keys: ['x'], summary: 'leave the exercise, and go on', action: { kind: 'lesson', move: { kind: 'leave' } } },
  { keys: ['m'], summary: "run to main, where the user's code begins", hint: hintOfMain, action: run('start') },
  { keys: ['s'], summary: 'step one instruction, into calls', hint: moving('s step'), action: run('stepi') },
  { keys: ['n'], summary: 'step one instruction, over calls', hint: moving('n over'), action: run('nexti') },
  { keys: ['S'], summary: 'step one source line, into calls', action: run('step') },
  { keys: ['N'], summary: 'step one source line, over calls', action: run('next') },
  { keys: ['f'], summary: 'run until the function returns', hint: moving('f out'), action: run('finish') },
  { keys: ['c'], summary: 'continue to the next stop', hint: moving('c continue'), action: run('continue') },
  { keys: ['p'], summary: 'go back one instruction, into calls', action: run('reverse-stepi') },
  { keys: ['o'], summary: 'go back one instruction, over calls', action: run('reverse-nexti') },
  { keys: ['P'], summary: 'go back one source line, into calls', action: run('reverse-step') },
  { keys: ['O'], summary: 'go back one source line, over calls', action: run('reverse-next') },
  { keys: ['F'], summary: 'go back to the call of this function', action: run('reverse-finish') },
  { keys: ['C'], summary: 'go back to the stop before', action: run('reverse-continue') },
  { keys: ['<'], summary: 'go back to what is on the time bar before', action: { kind: 'happened', by: -1 } },
  { keys: ['>'], summary: 'go on to what is on the time bar next', action: { kind: 'happened', by: 1 } },
  { keys: ['K'], summary: 'mark this moment', action: run('mark') },
  { keys: ['I'], summary: 'go to the beginning of the history', action: run('seek start') },
  { keys: ['E'], summary: 'go to the end of the history', action: run('seek end') },
  { keys: ['b'], summary: 'breakpoint at what is selected, or none', hint: moving('b break'), action: { kind: 'breakpoint' } },
  { keys: ['u'], summary: 'select the caller frame', action: run('up') },
  { keys: ['d'], summary: 'select the callee frame', action: run('down') },
  { keys: ['v'], summary: 'disassemble as Go, AT&T or Intel do', hint: 'v flavour', action: { kind: 'flavour' } },
  { keys: ['V'], summary: 'YMM registers among the registers, in lanes of the next kind, and in the end none', action: { kind: 'lanes' } },
  { keys: ['R'], summary: 'restart the program', hint: hintOfRestart, action: run('restart') },
  { keys: ['A'], summary: 'restart it, and run to where a calling convention is first broken', action: run('abi check first') },
  { keys: ['U'], summary: "select the innermost frame of the program's own code", action: { kind: 'own' } },
  { keys: ['up', 'k'], summary: 'select the item above', action: { kind: 'select', by: -1, unit: 'item' }, whileRunning: true },
  { keys: ['down', 'j'], summary: 'select the item below', action: { kind: 'select', by: 1, unit: 'item' }, whileRunning: true },
  { keys: ['pageup'], summary: 'a page up', action: { kind: 'select', by: -1, unit: 'page' }, whileRunning: true },
  { keys: ['pagedown'], summary: 'a page down', action: { kind: 'select', by: 1, unit: 'page' }, whileRunning: true },
  { keys: ['home'], summary: 'to the first item', action: { kind: 'select', by: -1, unit: 'end' }, whileRunning: true },
  { keys: ['end'], summary: 'to the last item', action: { kind: 'select', by: 1, unit: 'end' }, whileRunning: true },
  { keys: ['enter'], summary: 'go where the selected item points', hint: hintOfEnter, action: { kind: 'enter' } },
  { keys: ['left'], summary: "the selected line's name before", action: { kind: 'word', by: -1 }, whileRunning: true },
  { keys: ['right'], summary: 'its next name, which enter shows', action: { kind: 'word', by: 1 }, whileRunning: true },
  { keys: ['/'], summary: 'search in the focused pane', hint: '/ find', action: { kind: 'type', asking: 'search' }, whileRunning: true },
  {
    keys: ['g'],
    summary: 'go to a symbol, an address, FILE:LINE or an expression',
    hint: moving('g go to'),
    action: { kind: 'type', asking: 'place' },
    whileRunning: true,
  },
  { keys: ['backspace', '['], summary: 'to the place before', action: { kind: 'back' } },
  { keys: [']', 'alt-right'], summary: 'to the place that backspace came from', action: { kind: 'forth' } },
  { keys: ['tab'], summary: 'focus the next pane', hint: 'tab pane', action: { kind: 'focus', by: 1 }, whileRunning: true },
  { keys: ['shift-tab'], summary: 'focus the pane before', action: { kind: 'focus', by: -1 }, whileRunning: true },
  ...PANES.map(
    ({ key, name, title }): KeyRow => ({
      keys: [key],
      summary: `focus ${title}`,
      action: { kind: 'pane', name },
      whileRunning: true,
    }),
  ),
  { keys: ['W'], summary: 'watch an expression; on one that is watched: no longer', action: { kind: 'watch' }, whileRunning: true },
  { keys: ['h'], summary: 'hide the focused pane, or show it again; kept for the next time', action: { kind: 'hide' } },
  { keys: ['z'], summary: 'zoom the focused pane, and back', hint: hintOfZoom, action: { kind: 'zoom' }, whileRunning: true },
  { keys: ['M'], summary: 'mouse off and on; off, text can be selected', action: { kind: 'mouse' }, whileRunning: true },
  {
    keys: [':'],
    summary: 'type a command; an empty one repeats',
    hint: ': command',
    always: true,
    action: { kind: 'type', asking: 'command' },
    whileRunning: true,
  },
  {
    keys: ['?'],
    summary: 'explain what is selected, and show the keys',
    hint: '? keys',
    always: true,
    action: { kind: 'help' },
    whileRunning: true,
  },
  { keys: ['ctrl-c'], summary: 'stop the running program; twice: quit', action: { kind: 'interrupt' }, whileRunning: true },
  { keys: ['ctrl-l'], summary: 'draw the whole screen anew', action: { kind: 'repaint' }, whileRunning: true },
  { keys: ['ctrl-z'], summary: 'suspend r14', action: { kind: 'suspend' }, whileRunning: true },
  { keys: ['q', 'ctrl-d'], summary: 'quit', hint: 'q quit', always: true, action: { kind: 'quit' }, whileRunning: true },
];

/** What else the keyboard and the mouse do, for the help. */
export const POINTING: readonly (readonly [what: string, summary: string])[] = [
  ['click', 'focus, select; switch frame or goroutine'],
  ['click the mark', 'left of code: breakpoint, or none'],
  ['click a name', 'of a lesson: shows it; an arrow: opens the value'],
  ['click again', 'breakpoint, or go where it points'],
  ['click below', 'a pane or a key of the last two lines: as if pressed'],
  ['wheel', 'scroll the pane under the pointer'],
  ['ctrl, alt wheel', 'over code: back and forth in time'],
  ['the time bar', 'in the first row: click goes there, wheel along it'],
  ['shift', 'with it the terminal selects text itself'],
];
