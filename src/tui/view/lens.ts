import type { Session } from '../../debugger/session.js';

export function observeLens(_session: Session): readonly string[] {
  return [];
}
