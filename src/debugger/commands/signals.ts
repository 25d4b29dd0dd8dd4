import { SIGNAL_MAX } from '../../linux/abi/signals.js';
import { text } from '../answer.js';
import { CommandError } from '../errors.js';
import { signalArgument } from '../session/numbers.js';
import type { Handling } from '../session/signal-handling.js';
import { signalStateOf, signalTable } from '../show/signals-text.js';
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
      return signalTable(session, [...new Set(numbers)]);
    },
  },
  {
    name: 'info signals',
    aliases: ['info handle'],
    group: 'information',
    syntax: ['info signals', 'info signals SIGNAL'],
    summary: 'what happens at signals, what the program has installed for them, and where handlers would run',
    details: [
      'For each signal: whether r14 stops, prints and passes it on, as handle says; and what the program does at it: its handler with the flags and the',
      'mask of sigaction. Signals above 31 are told once for all that have the same handler. Then each thread: signals that it blocks, its alternate stack',
      "(sigaltstack), and the stack on which a handler would run if a signal came now. Go's signals run on gsignal; a handler that was installed without",
      'SA_ONSTACK runs on the stack of a goroutine, which is too small for it.',
    ].join('\n'),
    completion: ['signal'],
    repeat: 'no',
    run: (session, args) => {
      const words = args.words();
      const numbers = words.map(({ text: word, column }) => {
        const number = signalArgument(word);
        if (number === undefined || number < 1 || number > SIGNAL_MAX) throw new CommandError(`"${word}" is no signal`, column);
        return number;
      });
      const table = signalTable(session, numbers.length === 0 ? undefined : numbers);
      if (session.exited || numbers.length > 0) return text(table.output, { handling: table.data });
      const threads = session.target.process.threads
        .filter(({ state }) => state !== 'exited')
        .map(thread => signalStateOf(session, thread));
      return text([table.output, ...threads.map(({ output }) => output)].join('\n'), {
        handling: table.data,
        threads: threads.map(({ data }) => data),
      });
    },
  },
];
