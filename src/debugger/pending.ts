import type { CodeBreakpoint } from './breakpoints.js';
import { CommandError } from './errors.js';
import { locate } from './expressions.js';
import type { Session } from './session.js';

const looked = new WeakMap<CodeBreakpoint, number>();

/** Gives addresses to breakpoints whose library is there now. True when one got some. */
export function resolvePending(session: Session): boolean {
  const { length } = session.process.objects;
  let any = false;
  for (const breakpoint of session.breakpoints.pending) {
    if (looked.get(breakpoint) === length) continue;
    looked.set(breakpoint, length);
    try {
      breakpoint.addresses = locate(session, breakpoint.spec, 0).addresses;
      any = true;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  return any;
}
