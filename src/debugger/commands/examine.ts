import { hex } from '../../host/hex.js';
import type { Answer } from '../answer.js';
import { CommandError } from '../errors.js';
import { examine, parseExamineFormat } from '../memory/examine.js';
import { addressOfExpression, evaluated, pointing } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { printValue } from '../values/print.js';
import { underlying } from '../values/types.js';
import { pointerOf } from '../values/value.js';
import type { Word } from './arguments.js';

/** `x/FMT EXPRESSION`; without an expression it goes on where the last one ended. */
export function examineFrom(session: Session, source: Word, format: string): Answer {
  const { resume, target, settings } = session;
  const parsed = parseExamineFormat(format, source.column, resume.format ?? { letter: 'x', size: 8 });
  resume.format = parsed;
  const own = parsed.letter === 's' && source.text !== '' ? goString(session, source) : undefined;
  if (own !== undefined) return own;
  const start = source.text === '' ? resume.x : addressOfExpression(session.context(), source.text, source.column);
  if (start === undefined) throw new CommandError('x wants an address', source.column);
  const [answer, next] = examine(target, start, parsed, { flavor: settings.flavor, pc: session.pc });
  resume.x = next;
  const { size } = parsed;
  session.convenience.examined(session.context(), BigInt.asUintN(64, next - BigInt(size)), size);
  return answer;
}

/** A Go string has its length with it, and no NUL at its end. */
function goString(session: Session, source: Word): Answer | undefined {
  const context = session.context();
  const result = evaluated(context, source.text, source.column);
  if (result.kind !== 'value' || underlying(result.value.type).kind !== 'string') return undefined;
  const address = pointing(source.column, () => pointerOf(result.value));
  const text = printValue(context, { ...result.value, whole: true });
  return { output: `${hex(address)}:\t${text}`, data: [{ address: hex(address), value: text }] };
}
