import { told } from '../../host/told.js';
import { type Answer, type Data, text } from '../answer.js';
import { CommandError } from '../errors.js';
import { checkExpression } from '../session/expressions.js';
import type { Display, Session } from '../session/session.js';
import { type Printed, printExpression } from '../show/print.js';
import { parseCount, splitOptions, type Word } from './arguments.js';
import type { Command } from './command.js';
import { examineFrom } from './examine.js';

/** All displays, evaluated anew; an expression that means nothing here says so. */
export const displayText = (session: Session): string => evaluatedDisplays(session).map(displayLine).join('\n');

interface Evaluated {
  readonly display: Display;
  readonly printed: Printed;
}

const evaluatedDisplays = (session: Session): readonly Evaluated[] =>
  session.exited ? [] : session.displays.map(display => ({ display, printed: shown(session, display) }));

const displayLine = ({ display, printed }: Evaluated): string => `${display.id}: ${label(display)} = ${printed.output}`;

function displayRow({ display: { id, expression, format }, printed }: Evaluated): Data {
  return { id, expression, format, ...(printed.data() as object) };
}

function label(display: { readonly expression: string; readonly format: string }): string {
  return display.format === '' ? display.expression : `/${display.format} ${display.expression}`;
}

/** With an object as data. */
function shown(session: Session, { expression, format }: Display): Printed {
  const source = { text: expression, column: 0 };
  try {
    if (!/[is]|\d/.test(format)) return printExpression(session.context(), source, format, session.settings.printOptions);
    const { output, data } = examineFrom(session, source, format);
    return { output: `\n${output}`, data: () => ({ memory: data }) };
  } catch (error) {
    const { message } = told(error);
    return { output: `<${message}>`, data: () => ({ error: message }) };
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
      if (rest.empty) {
        const all = evaluatedDisplays(session);
        return text(all.map(displayLine).join('\n'), all.map(displayRow));
      }
      const percent = /^%(\w+)\s+/.exec(rest.text);
      const target = percent === null ? rest : rest.from(percent[0].length);
      const format = percent?.[1] ?? args.format;
      checkExpression(target.text, target.column);
      const id = (session.displays.at(-1)?.id ?? 0) + 1;
      session.displays.push({ id, expression: target.text, format });
      const fresh = evaluatedDisplays(session).at(-1);
      return fresh === undefined ? text('', { id }) : text(displayLine(fresh), displayRow(fresh));
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
