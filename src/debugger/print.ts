/** `print` and its relations. */
import type { Answer } from './commands/command.js';
import { hex, text } from './commands/command.js';
import { CommandError } from './errors.js';
import { addressOf } from './expressions.js';
import type { Session } from './session.js';

/** An expression and where it stands in the command line. */
export interface Source {
  readonly text: string;
  readonly column: number;
}

/** Formats of `print/F`. */
const FORMATS = 'xduotacfsz';

/** Evaluates and prints, as `p` does. */
export function printExpression(session: Session, source: Source, format: string): Answer {
  if (format !== '' && !(format.length === 1 && FORMATS.includes(format))) {
    throw new CommandError(`no format "${format}"; print has ${[...FORMATS].join(' ')}`, source.column);
  }
  const value = addressOf(session, source.text, source.column);
  return text(format === 'x' ? hex(value) : value.toString(), hex(value));
}

/** `whatis`. */
export function typeOf(session: Session, source: Source): Answer {
  const type = session.images.typeNamed(source.text);
  if (type === undefined) throw new CommandError(`no type "${source.text}"`, source.column);
  return text(type.name, type.name);
}

/** `ptype`: with offsets when asked for. */
export function typeOfDetailed(session: Session, source: Source, _offsets: boolean): Answer {
  return typeOf(session, source);
}

/** `set TARGET = VALUE`. */
export function assign(session: Session, source: Source): Answer {
  const match = /^\$?(\w+)\s*=\s*(.+)$/.exec(source.text);
  if (match === null) throw new CommandError('set wants TARGET = EXPRESSION', source.column);
  session.thread.registers.set(match[1]!.toLowerCase() as never, addressOf(session, match[2]!, source.column));
  session.changed();
  return text('');
}
