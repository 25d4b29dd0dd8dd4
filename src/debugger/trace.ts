import type { CodeBreakpoint } from './breakpoints.js';
import { messageText } from './messages.js';
import type { Session } from './session.js';
import { argumentsText } from './variables.js';

/** What a tracepoint prints: `> goroutine(1): [name] main.f(1, "a")`. */
export function traceLine(session: Session, breakpoint: CodeBreakpoint): string {
  session.changed();
  if (breakpoint.message !== undefined) return messageText(session, breakpoint.message);
  const frame = session.frames(1)[0]!;
  const goroutine = session.goroutine;
  const who = goroutine === undefined ? `thread(${session.threadNumber(session.thread)})` : `goroutine(${goroutine.id})`;
  const name = breakpoint.name === undefined ? '' : `[${breakpoint.name}] `;
  return `> ${who}: ${name}${frame.name}(${argumentsText(session, frame)})`;
}
