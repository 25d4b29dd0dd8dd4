/** gdb's `dprintf`: a format in quotes and expressions, printed when a breakpoint is passed. */
import { hex } from '../../host/hex.js';
import { told } from '../../host/told.js';
import { CommandError } from '../errors.js';
import { addressOfExpression } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { printExpression } from '../show/print.js';

interface Message {
  readonly format: string;
  readonly expressions: readonly string[];
}

const CONVERSION = /%[-+ #0-9.]*(?:l{0,2}|z)([a-zA-Z%])/g;

/** Takes `"FORMAT",A,B` apart. Throws CommandError at `column` when the two do not fit. */
export function parseMessage(source: string, column: number): Message {
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(source);
  if (quoted === null) throw new CommandError('the format stands in quotes', column);
  let format: string;
  try {
    format = JSON.parse(quoted[0]) as string;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandError('the format has an escape that is none', column);
  }
  const expressions = splitAtCommas(source.slice(quoted[0].length).replace(/^\s*,/, ''));
  const wanted = [...format.matchAll(CONVERSION)].filter(match => match[1] !== '%').length;
  if (wanted !== expressions.length) {
    throw new CommandError(`the format takes ${wanted} values, and ${expressions.length} are given`, column);
  }
  return { format, expressions };
}

export function messageText(session: Session, source: string): string {
  const { format, expressions } = parseMessage(source, 0);
  let next = 0;
  const text = format.replace(CONVERSION, (_, letter: string) => (letter === '%' ? '%' : shown(session, expressions[next++]!, letter)));
  return text.replace(/\n$/, '');
}

function shown(session: Session, expression: string, letter: string): string {
  const source = { text: expression, column: 0 };
  try {
    if (letter === 'x' || letter === 'p') return hex(addressOfExpression(session.context(), expression, 0));
    const { output } = printExpression(session.context(), source, 'duc'.includes(letter) ? letter : '', session.settings.printOptions);
    return letter === 's' ? output.replace(/^"(.*)"$/s, '$1') : output;
  } catch (error) {
    return `<${told(error).message}>`;
  }
}

function splitAtCommas(source: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index <= source.length; index++) {
    const char = source[index];
    if (char === undefined || (char === ',' && depth === 0)) {
      parts.push(source.slice(start, index).trim());
      start = index + 1;
    } else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
  }
  return parts.filter(part => part !== '');
}
