import type { GoroutineSummary, ThreadSummary } from '../../debugger/show/goroutine-summary.js';
import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { printable, shortNames, span } from '../text.js';

const STATE = 15;

/** Goroutines, and below them the threads that run them. */
export const goroutinesPane = {
  name: 'goroutines',
  title: 'goroutines',
  short: 'gos',
  key: '8',
  folds: true,
  content: ({ view }: PaneSubject) => ({
    items: [...view.goroutines.map(goroutine), ...view.threads.map(thread)],
    anchor: Math.max(
      0,
      view.goroutines.findIndex(({ current }) => current),
    ),
  }),
} as const satisfies PaneRow;

function goroutine({ id, state, thread, current, name, where }: GoroutineSummary): PaneItem {
  const on = thread === undefined ? '' : `  thread ${thread}`;
  return { row: line(current, `g ${String(id).padEnd(5)}`, state, name, `${where}${on}`), goroutine: id };
}

function thread({ number, m, state, goroutine: runs, current, name, where }: ThreadSummary): PaneItem {
  const facts = [where, m, runs === undefined ? '' : `goroutine ${runs}`].filter(part => part !== '').join('  ');
  return { row: line(current, `thread ${String(number).padEnd(2)}`.slice(0, 9), state, name, facts), thread: number };
}

function line(current: boolean, who: string, state: string, name: string, facts: string): PaneItem['row'] {
  const text = `${who.padEnd(9)} ${printable(state).slice(0, STATE).padEnd(STATE)} ${printable(shortNames(name))}`;
  return [span(`${current ? '*' : ' '}${text}`, current ? 'selected' : 'plain'), span(`  ${facts}`, 'dim')];
}
