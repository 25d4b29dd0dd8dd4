/** What `expect` claims, in lessons and scripts, and what contradicts it. */
import { told } from '../../host/told.js';
import { CommandError } from '../errors.js';
import { parseExpression } from '../evaluate/parser.js';
import { holds } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { printExpression } from '../show/print.js';

export type Expectation =
  | { readonly kind: 'holds'; readonly expression: string }
  | { readonly kind: 'at' | 'signal' | 'printed' | 'shows'; readonly text: string }
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'frames'; readonly functions: readonly string[] };

/** The forms, a line each: what is written, and what it claims. */
export const EXPECTATIONS = [
  ['expect EXPRESSION', 'must hold in the selected frame'],
  ['expect at FUNCTION', 'the innermost function'],
  ['expect signal NAME', 'the program was stopped by that signal'],
  ['expect exit N', 'the program has ended with that status'],
  ['expect printed TEXT', "the program's output has that text"],
  ['expect shows TEXT', 'the command before has answered with that text'],
  ['expect frames F G H', 'the functions of the whole backtrace, innermost first'],
] as const;

/** What stands behind `expect`. Throws CommandError or ExpressionError. */
export function parseExpectation(rest: string): Expectation {
  const [, word = '', text = ''] = /^(at|signal|printed|shows|exit|frames)\s+(.+)$/.exec(rest) ?? [];
  switch (word) {
    case 'at':
    case 'signal':
    case 'printed':
    case 'shows':
      return { kind: word, text };
    case 'exit':
      if (!/^\d+$/.test(text)) throw new CommandError('expect exit wants a status, as 0');
      return { kind: 'exit', status: Number(text) };
    case 'frames':
      return { kind: 'frames', functions: text.split(/\s+/) };
    default:
      if (rest === '') throw new CommandError('expect wants an expression, as RDI == 0, or at, signal, exit, printed, shows or frames');
      parseExpression(rest);
      return { kind: 'holds', expression: rest };
  }
}

/** What contradicts it; undefined: it is so. `printed`: what the program has written; `answer`: what the command before has answered. */
export function contradiction(
  session: Session,
  expected: Expectation,
  { printed, answer }: { readonly printed: string; readonly answer: string },
): string | undefined {
  const { stop } = session;
  switch (expected.kind) {
    case 'holds':
      return unheld(session, expected.expression);
    case 'at': {
      const name = session.exited ? 'nowhere: the program has ended' : session.frames(1)[0]?.name;
      return name === expected.text ? undefined : `the program stands in ${name ?? 'no function'}`;
    }
    case 'signal':
      if (stop.reason === 'signal' && stop.signal.name === expected.text) return undefined;
      return stop.reason === 'signal' ? `the signal is ${stop.signal.name}` : `the program was stopped by no signal: ${stop.reason}`;
    case 'exit':
      if (stop.reason === 'exited' && stop.status === expected.status) return undefined;
      return stop.reason === 'exited' ? `the status is ${stop.status}` : `the program has not ended: ${stop.reason}`;
    case 'printed':
      return printed.includes(expected.text) ? undefined : `the program has written ${JSON.stringify(printed)}`;
    case 'shows':
      return answer.includes(expected.text) ? undefined : `the answer is\n${answer}`;
    case 'frames': {
      const names = session.exited ? [] : session.frames().map(frame => frame.name);
      return names.join(' ') === expected.functions.join(' ') ? undefined : `the frames are ${names.join(' ')}`;
    }
  }
}

function unheld(session: Session, expression: string): string | undefined {
  const shown = (text: string): string => printExpression(session.context(), { text, column: 0 }, '', session.settings.printOptions).output;
  try {
    if (holds(session.context(), expression)) return undefined;
    const sides = /^([^=!<>]+)(?:==|!=|<=?|>=?)([^=!<>]+)$/.exec(expression)?.slice(1) ?? [];
    return sides.length > 0 ? sides.map(side => `${side.trim()} is ${shown(side.trim())}`).join(', ') : 'it does not hold';
  } catch (error) {
    return told(error).message;
  }
}
