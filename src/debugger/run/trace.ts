import type { Breakpoint } from '../session/breakpoints.js';
import type { Session } from '../session/session.js';
import { argumentsText } from '../show/frame-text.js';
import { messageText } from './messages.js';

/** What a tracepoint prints: `> goroutine(1): [name] main.f(1, "a")`. */
export function traceLine(session: Session, breakpoint: Breakpoint): string {
  session.target.changed();
  if (breakpoint.message !== undefined) return messageText(session, breakpoint.message);
  const frame = session.frames(1)[0]!;
  const goroutine = session.goroutine;
  const who = goroutine === undefined ? `thread(${session.target.threadNumber(session.thread)})` : `goroutine(${goroutine.id})`;
  const name = breakpoint.name === undefined ? '' : `[${breakpoint.name}] `;
  return `> ${who}: ${name}${frame.name}(${argumentsText(session.stack, frame)})`;
}
