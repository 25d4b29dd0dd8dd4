import type { Answer } from '../answer.js';
import type { Session } from '../session/session.js';
import type { Console } from './command.js';
import { runKept } from './script.js';

/** The commands of the breakpoint that was stopped at, `silent` aside. */
const commandsOf = ({ stop }: Session): readonly string[] =>
  'breakpoint' in stop ? stop.breakpoint.commands.filter(line => line.trim() !== 'silent') : [];

/** Whether the stop is not to be told: its breakpoint's commands begin with `silent`. */
export const isSilent = ({ stop }: Session): boolean => 'breakpoint' in stop && stop.breakpoint.commands[0]?.trim() === 'silent';

export const hasHook = (session: Session): boolean => commandsOf(session).length > 0;

/** Runs the commands of the breakpoint that was stopped at, and gives back what they print. One that moves the program ends them. */
export async function afterStop(session: Session, console: Console): Promise<Answer> {
  const { stop } = session;
  return runKept(session, commandsOf(session), console, () => session.stop !== stop);
}
