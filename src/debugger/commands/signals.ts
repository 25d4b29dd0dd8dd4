import { hex } from '../../host/hex.js';
import { signalName } from '../../linux/abi/signals.js';
import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import { signalArgument } from '../session/numbers.js';
import type { Session } from '../session/session.js';
import type { Handling } from '../session/signal-handling.js';
import type { Command } from './command.js';

/** Words of `handle`, and what they change. */
export const SIGNAL_ACTIONS: Readonly<Record<string, Partial<Handling>>> = {
  stop: { stop: true },
  nostop: { stop: false },
  print: { print: true },
  noprint: { print: false },
  pass: { pass: true },
  nopass: { pass: false },
  noignore: { pass: true },
  ignore: { pass: false },
};

const ALL = Array.from({ length: 31 }, (_, index) => index + 1);

export const signalCommands: readonly Command[] = [
  {
    name: 'handle',
    meanwhile: 'acts',
    aliases: [],
    group: 'breakpoints',
    syntax: ['handle SIGNAL... ACTION...'],
    summary: 'say what happens at a signal: stop or nostop, print or noprint, pass or nopass to the program',
    details: 'SIGNAL is a name, a number or all. What is stopped at is also printed.',
    completion: ['signal'],
    repeat: 'no',
    run: (session, args) => {
      const numbers: number[] = [];
      let change: Partial<Handling> = {};
      for (const word of args.words()) {
        const action = SIGNAL_ACTIONS[word.text];
        const number = action === undefined ? signalArgument(word.text) : undefined;
        if (action !== undefined) change = { ...change, ...action };
        else if (word.text === 'all') numbers.push(...ALL);
        else if (number !== undefined) numbers.push(number);
        else throw new CommandError(`"${word.text}" is neither a signal nor one of ${Object.keys(SIGNAL_ACTIONS).join(' ')}`, word.column);
      }
      if (numbers.length === 0) throw args.error('handle wants a signal, and what to do at it');
      for (const number of numbers) session.signals.set(number, change);
      return signalTable(session);
    },
  },
  {
    name: 'info signals',
    aliases: ['info handle'],
    group: 'information',
    syntax: ['info signals'],
    summary: 'what happens at signals, and the signal frames on the current stack',
    completion: [],
    repeat: 'no',
    run: session => {
      const table = signalTable(session);
      if (session.exited) return table;
      const frames = session.thread.signalFrames.map(({ frame, signal }) => ({ frame: hex(frame), signal: signalName(signal) }));
      const lines = frames.map(({ frame, signal }) => `handling ${signal}, whose frame is at ${frame}`);
      return text([table.output, ...lines].join('\n'), { handling: table.data, frames });
    },
  },
];

function signalTable(session: Session): Answer {
  const rows = session.signals.rows();
  const yes = (value: boolean) => (value ? 'yes' : 'no').padEnd(5);
  const lines = rows.map(row => `${row.signal.padEnd(10)} ${yes(row.stop)} ${yes(row.print)} ${yes(row.pass)}`.trimEnd());
  return text(
    ['signal     stop  print pass', ...lines, 'Others pass to the program without a stop.'].join('\n'),
    rows.map(row => ({ ...row })),
  );
}
