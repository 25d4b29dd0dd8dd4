/** Variables of frames and packages as `args`, `locals` and `vars` list them. */
import { frameArguments } from './arguments-of-frame.js';
import type { Answer } from './commands/command.js';
import type { Session } from './session.js';
import type { LogicalFrame } from './stack/frame.js';

/** Arguments of a frame as they stand between parentheses. */
export function argumentsText(session: Session, frame: LogicalFrame): string {
  return frameArguments(session, frame)
    .map(({ name, value }) => (name === '' ? value : `${name}=${value}`))
    .join(', ');
}

/** Lines of `args` or `locals`. */
export function variablesAnswer(
  session: Session,
  frame: LogicalFrame,
  which: 'args' | 'locals',
  _verbose: boolean,
  wanted: RegExp,
): Answer {
  const rows = which === 'args' ? frameArguments(session, frame).filter(each => wanted.test(each.name)) : [];
  if (rows.length === 0) return { output: `(no ${which})`, data: [] };
  return {
    output: rows.map(each => `${each.name} = ${each.value}`).join('\n'),
    data: rows.map(({ name, value, how }) => ({ name, value, how })),
  };
}

/** `bt full`: the local variables of one frame. */
export function variableLines(session: Session, frame: LogicalFrame): readonly string[] {
  return variablesAnswer(session, frame, 'locals', false, /(?:)/).output.split('\n');
}

/** `vars`. */
export function globalsAnswer(_session: Session, _wanted: RegExp, _verbose: boolean): Answer {
  return { output: '', data: [] };
}
