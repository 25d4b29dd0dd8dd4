import { goroutineLines } from '../../debugger/goroutine-text.js';
import type { Session } from '../../debugger/session.js';

export interface GoroutineRow {
  readonly id: number;
  readonly text: string;
}

export function observeGoroutines(session: Session): readonly GoroutineRow[] {
  return (session.go?.goroutines() ?? []).flatMap(goroutine =>
    goroutineLines(session, goroutine).map(line => ({
      id: Number(goroutine.id),
      text: line.replace('Goroutine ', '').replace(/- User: (?:\S*\/)?/, ' '),
    })),
  );
}
