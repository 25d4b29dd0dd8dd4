import type { Session } from '../session/session.js';
import type { Console } from './command.js';

/** Runs the commands of the breakpoint that was stopped at, and gives back what they print. One that moves the program ends them. */
export async function afterStop(session: Session, console: Console): Promise<string> {
  const { stop } = session;
  if (!('breakpoint' in stop)) return '';
  const out: string[] = [];
  for (const line of stop.breakpoint.commands) {
    const outcome = await console.execute(session, line);
    if (outcome.output !== '') out.push(outcome.output);
    if (session.stop !== stop || !outcome.ok) break;
  }
  return out.join('\n');
}
