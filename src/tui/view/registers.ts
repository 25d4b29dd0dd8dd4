import { registerLines, registerNames } from '../../debugger/registers-text.js';
import type { Session } from '../../debugger/session.js';

export interface RegisterRow {
  readonly name: string;
  readonly text: string;
}

export function observeRegisters(session: Session): readonly RegisterRow[] {
  const names = registerNames(false);
  return registerLines(session, session.frame, names).map((text, index) => ({ name: names[index]!, text }));
}
