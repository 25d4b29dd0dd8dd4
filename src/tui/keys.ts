/** The key table: what single keys do, and the help that `?` shows of it. */
import { PANES, type PaneName } from './panes/table.js';

export type Action =
  | { readonly kind: 'run'; readonly line: string }
  | { readonly kind: 'focus'; readonly by: 1 | -1 }
  | { readonly kind: 'pane'; readonly name: PaneName }
  | { readonly kind: 'scroll'; readonly by: number }
  | { readonly kind: 'zoom' | 'type' | 'help' | 'interrupt' | 'suspend' | 'quit' };

export interface KeyRow {
  /** Names or characters, any of which does it. */
  readonly keys: readonly string[];
  readonly summary: string;
  readonly action: Action;
  /** Shown in the last line of the screen. */
  readonly hint?: string;
  readonly whileRunning?: boolean;
}

export const KEYS: readonly KeyRow[] = [
  { keys: ['s'], summary: 'step one instruction, into calls', hint: 's step', action: { kind: 'run', line: 'stepi' } },
  { keys: ['n'], summary: 'step one instruction, over calls', hint: 'n over', action: { kind: 'run', line: 'nexti' } },
  { keys: ['S'], summary: 'step one source line, into calls', action: { kind: 'run', line: 'step' } },
  { keys: ['N'], summary: 'step one source line, over calls', action: { kind: 'run', line: 'next' } },
  { keys: ['f'], summary: 'run until the function returns', hint: 'f out', action: { kind: 'run', line: 'finish' } },
  { keys: ['c'], summary: 'continue to the next stop', hint: 'c continue', action: { kind: 'run', line: 'continue' } },
  { keys: ['b'], summary: 'set a breakpoint at the current instruction', hint: 'b break', action: { kind: 'run', line: 'break *$pc' } },
  { keys: ['u'], summary: 'select the caller frame', action: { kind: 'run', line: 'up' } },
  { keys: ['d'], summary: 'select the callee frame', action: { kind: 'run', line: 'down' } },
  { keys: ['g'], summary: 'disassemble in Go syntax', action: { kind: 'run', line: 'config disassemble-flavor go' } },
  { keys: ['a'], summary: 'disassemble in AT&T syntax', action: { kind: 'run', line: 'config disassemble-flavor gnu' } },
  { keys: ['i'], summary: 'disassemble in Intel syntax', action: { kind: 'run', line: 'config disassemble-flavor intel' } },
  { keys: ['R'], summary: 'restart the program', action: { kind: 'run', line: 'restart' } },
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
  { keys: ['z'], summary: 'zoom the focused pane, and back', hint: 'z zoom', action: { kind: 'zoom' }, whileRunning: true },
  { keys: ['up', 'k'], summary: 'scroll up', action: { kind: 'scroll', by: -1 }, whileRunning: true },
  { keys: ['down', 'j'], summary: 'scroll down', action: { kind: 'scroll', by: 1 }, whileRunning: true },
  { keys: ['pageup'], summary: 'scroll up a page', action: { kind: 'scroll', by: -10 }, whileRunning: true },
  { keys: ['pagedown'], summary: 'scroll down a page', action: { kind: 'scroll', by: 10 }, whileRunning: true },
  { keys: [':'], summary: 'type a command (tab completes, up and ctrl-r recall)', hint: ': command', action: { kind: 'type' } },
  { keys: ['?'], summary: 'show the keys', hint: '? keys', action: { kind: 'help' }, whileRunning: true },
  { keys: ['ctrl-c'], summary: 'stop the running program', action: { kind: 'interrupt' }, whileRunning: true },
  { keys: ['ctrl-z'], summary: 'suspend r14', action: { kind: 'suspend' }, whileRunning: true },
  { keys: ['q'], summary: 'quit', hint: 'q quit', action: { kind: 'quit' }, whileRunning: true },
];
