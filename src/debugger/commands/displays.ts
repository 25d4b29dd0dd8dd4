import { told } from '../../host/told.js';
import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import { checkExpression } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { printExpression } from '../show/print.js';
import { parseCount, splitOptions, type Word } from './arguments.js';
import type { Command } from './command.js';
import { examineFrom } from './examine.js';

/** All displays, evaluated anew; an expression that means nothing here says so. */
export function displayText(session: Session): string {
  if (session.exited) return '';
  return session.displays.map(each => `${each.id}: ${label(each)} = ${shown(session, each.expression, each.format)}`).join('\n');
}

function label(display: { readonly expression: string; readonly format: string }): string {
  return display.format === '' ? display.expression : `/${display.format} ${display.expression}`;
}

function shown(session: Session, expression: string, format: string): string {
  try {
    if (/[is]|\d/.test(format)) return `\n${examineFrom(session, { text: expression, column: 0 }, format).output}`;
    return printExpression(session.context(), { text: expression, column: 0 }, format, session.settings.printOptions).output;
  } catch (error) {
    return `<${told(error).message}>`;
  }
}

export const displayCommands: readonly Command[] = [
  {
    name: 'display',
    aliases: ['info display'],
    group: 'data',
    syntax: ['display', 'display[/FMT] EXPRESSION', 'display -a [%FMT] EXPRESSION', 'display -d N'],
    summary: 'print an expression at every stop; alone, print all of them now',
    details: 'With a count, or the formats i and s, memory is shown as x does: display/3i $pc.',
    completion: ['expression'],
    repeat: 'no',
    format: true,
    run: (session, args) => {
      const [flags, rest] = splitOptions(args, { '-a': false, '-d': true });
      const remove = flags.get('-d');
      if (remove !== undefined) return removeDisplay(session, { text: remove, column: args.from(2).column });
      if (rest.empty) return text(displayText(session));
      const percent = /^%(\w+)\s+/.exec(rest.text);
      const target = percent === null ? rest : rest.from(percent[0].length);
      const format = percent?.[1] ?? args.format;
      checkExpression(target.text, target.column);
      const id = (session.displays.at(-1)?.id ?? 0) + 1;
      session.displays.push({ id, expression: target.text, format });
      return text(displayText(session).split('\n').slice(-1)[0]!, { id });
    },
  },
  {
    name: 'undisplay',
    meanwhile: 'acts',
    aliases: ['delete display'],
    group: 'data',
    syntax: ['undisplay [N...]'],
    summary: 'forget displays, or all of them',
    completion: [],
    repeat: 'no',
    run: (session, args) => {
      if (args.empty) session.displays = [];
      for (const word of args.words()) removeDisplay(session, word);
      return text('');
    },
  },
];

function removeDisplay(session: Session, word: Word): Answer {
  const id = parseCount(word);
  const before = session.displays.length;
  session.displays = session.displays.filter(each => each.id !== id);
  if (session.displays.length === before) throw new CommandError(`no display ${id} (display lists them)`, word.column);
  return text('');
}
