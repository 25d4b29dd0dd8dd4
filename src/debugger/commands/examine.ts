import type { Answer } from '../answer.js';
import { CommandError } from '../errors.js';
import { examine, parseExamineFormat } from '../memory/examine.js';
import { addressOfExpression } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import type { Word } from './arguments.js';

/** `x/FMT EXPRESSION`; without an expression it goes on where the last one ended. */
export function examineFrom(session: Session, source: Word, format: string): Answer {
  const { resume, target, settings } = session;
  const parsed = parseExamineFormat(format, source.column, resume.format ?? { letter: 'x', size: 8 });
  resume.format = parsed;
  const start = source.text === '' ? resume.x : addressOfExpression(session.context(), source.text, source.column);
  if (start === undefined) throw new CommandError('x wants an address', source.column);
  const [answer, next] = examine(target, start, parsed, { flavor: settings.flavor, pc: session.pc });
  resume.x = next;
  return answer;
}
