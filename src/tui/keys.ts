/** The key table: what single keys do, and the help that `?` shows of it. */
import { PANES, type PaneName } from './panes/table.js';

export type Action =
  /** `typed`: not by a single key, so that the answer is wanted. */
  /** `opening`: one of the first commands, which the user has not given here. */
  | { readonly kind: 'run'; readonly line: string; readonly typed?: boolean; readonly opening?: boolean }
  | { readonly kind: 'focus'; readonly by: 1 | -1 }
  | { readonly kind: 'pane'; readonly name: PaneName }
  /** By so many items, pages or to an end. */
  | { readonly kind: 'select'; readonly by: number; readonly unit: 'item' | 'page' | 'end' }
  | { readonly kind: 'lesson' }
  | { readonly kind: 'enter' | 'back' | 'follow' | 'breakpoint' | 'flavour' | 'zoom' | 'hide' | 'mouse' }
  | { readonly kind: 'type' | 'help' | 'interrupt' | 'suspend' | 'repaint' | 'quit' };

export interface KeyRow {
  /** Names or characters, any of which does it. */
  readonly keys: readonly string[];
  readonly summary: string;
  readonly action: Action;
  /** Shown in the last line of the screen. */
  readonly hint?: string;
  readonly whileRunning?: boolean;
}

const run = (line: string): Action => ({ kind: 'run', line });

export const KEYS: readonly KeyRow[] = [
  { keys: ['space'], summary: "run the lesson's next step", hint: 'space lesson', action: { kind: 'lesson' } },
  { keys: ['s'], summary: 'step one instruction, into calls', hint: 's step', action: run('stepi') },
  { keys: ['n'], summary: 'step one instruction, over calls', hint: 'n over', action: run('nexti') },
  { keys: ['S'], summary: 'step one source line, into calls', action: run('step') },
  { keys: ['N'], summary: 'step one source line, over calls', action: run('next') },
  { keys: ['f'], summary: 'run until the function returns', hint: 'f out', action: run('finish') },
  { keys: ['c'], summary: 'continue to the next stop', hint: 'c continue', action: run('continue') },
  { keys: ['p'], summary: 'go back one instruction, into calls', action: run('reverse-stepi') },
  { keys: ['o'], summary: 'go back one instruction, over calls', action: run('reverse-nexti') },
  { keys: ['P'], summary: 'go back one source line, into calls', action: run('reverse-step') },
  { keys: ['O'], summary: 'go back one source line, over calls', action: run('reverse-next') },
  { keys: ['F'], summary: 'go back to the call of this function', action: run('reverse-finish') },
  { keys: ['C'], summary: 'go back to the stop before', action: run('reverse-continue') },
  { keys: ['E'], summary: 'go to the end of the history', action: run('seek end') },
  { keys: ['b'], summary: 'breakpoint at what is selected, or none', hint: 'b break', action: { kind: 'breakpoint' } },
  { keys: ['u'], summary: 'select the caller frame', action: run('up') },
  { keys: ['d'], summary: 'select the callee frame', action: run('down') },
  { keys: ['v'], summary: 'disassemble as Go, AT&T or Intel do', hint: 'v flavour', action: { kind: 'flavour' } },
  { keys: ['R'], summary: 'restart the program', action: run('restart') },
  { keys: ['A'], summary: 'restart it, and run to where a calling convention is first broken', action: run('abi check first') },
  { keys: ['up', 'k'], summary: 'select the item above', action: { kind: 'select', by: -1, unit: 'item' }, whileRunning: true },
  { keys: ['down', 'j'], summary: 'select the item below', action: { kind: 'select', by: 1, unit: 'item' }, whileRunning: true },
  { keys: ['pageup'], summary: 'a page up', action: { kind: 'select', by: -1, unit: 'page' }, whileRunning: true },
  { keys: ['pagedown'], summary: 'a page down', action: { kind: 'select', by: 1, unit: 'page' }, whileRunning: true },
  { keys: ['home'], summary: 'to the first item', action: { kind: 'select', by: -1, unit: 'end' }, whileRunning: true },
  { keys: ['end'], summary: 'to the last item', action: { kind: 'select', by: 1, unit: 'end' }, whileRunning: true },
  { keys: ['enter'], summary: 'go where the selected item points', hint: '⏎ go', action: { kind: 'enter' } },
  { keys: ['backspace'], summary: 'go back', action: { kind: 'back' } },
  { keys: ['escape'], summary: 'let the pane follow the program again', action: { kind: 'follow' } },
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
  { keys: ['h'], summary: 'hide the focused pane, or show it again; kept for the next time', action: { kind: 'hide' } },
  { keys: ['z'], summary: 'zoom the focused pane, and back', hint: 'z zoom', action: { kind: 'zoom' }, whileRunning: true },
  { keys: ['m'], summary: 'mouse off and on; off, text can be selected', action: { kind: 'mouse' }, whileRunning: true },
  {
    keys: [':'],
    summary: 'type a command; an empty one repeats',
    hint: ': command',
    action: { kind: 'type' },
    whileRunning: true,
  },
  { keys: ['?'], summary: 'show the keys', hint: '? keys', action: { kind: 'help' }, whileRunning: true },
  { keys: ['ctrl-c'], summary: 'stop the running program; twice: quit', action: { kind: 'interrupt' }, whileRunning: true },
  { keys: ['ctrl-l'], summary: 'draw the whole screen anew', action: { kind: 'repaint' }, whileRunning: true },
  { keys: ['ctrl-z'], summary: 'suspend r14', action: { kind: 'suspend' }, whileRunning: true },
  { keys: ['q', 'ctrl-d'], summary: 'quit', hint: 'q quit', action: { kind: 'quit' }, whileRunning: true },
];

/** What else the keyboard and the mouse do, for the help. */
export const POINTING: readonly (readonly [what: string, summary: string])[] = [
  ['click', 'focus, select; switch frame or goroutine'],
  ['click the mark', 'left of code: breakpoint, or none'],
  ['click again', 'breakpoint, or go where it points'],
  ['wheel', 'scroll the pane under the pointer'],
  ['ctrl, alt wheel', 'over code: back and forth in time'],
  ['shift', 'with it the terminal selects text itself'],
];
