import { lensLines } from '../../debugger/lens/lens.js';
import type { Session } from '../../debugger/session.js';

export function observeLens(session: Session): readonly string[] {
  return lensLines(session);
}
