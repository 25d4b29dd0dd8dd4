import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import type { Session } from '../session/session.js';
import { backtrace } from '../show/backtrace.js';
import { deferredAnswer } from '../show/deferred.js';
import { frameInfo, frameLine, frameRow, frameStop } from '../show/frame-text.js';
import { gdbBacktrace } from '../show/gdb-backtrace.js';
import { variablesAnswer } from '../show/variables.js';
import { type Arguments, parseCount, splitOptions } from './arguments.js';
import type { Command, Console } from './command.js';
import { pattern } from './pattern.js';

const stack = { group: 'stack', repeat: 'no' } as const;

export const stackCommands: readonly Command[] = [
  {
    ...stack,
    name: 'backtrace',
    aliases: ['bt', 'stack', 'where', 'info stack', 'info s'],
    syntax: ['backtrace [N|-N] [full] [-full] [-offsets] [-how] [-gdb]', 'stack [DEPTH] [-full]'],
    summary: 'the call stack, across stack switches, with inlined calls, C code and signals',
    details: [
      'N frames from the innermost, or -N from the outermost. full adds local variables, -offsets where each frame lies, -how how each is known.',
      '-gdb prints the frames that gdb 13 would, for comparison: those are not all true.',
    ].join('\n'),
    completion: [],
    run: backtraceCommand,
  },
  {
    ...stack,
    name: 'frame',
    aliases: ['f'],
    syntax: ['frame', 'frame N', 'frame N COMMAND', 'frame function NAME'],
    summary: 'select a frame, or run a command in it',
    completion: ['frame', 'command'],
    run: (session, args, console) => {
      const [first, rest] = args.shift();
      if (first === '') return frameStop(session);
      if (first === 'apply') return applyFrames(session, rest, console);
      const command = first === 'function' ? rest.shift()[1] : rest;
      return select(session, frameNumber(session, first, args, rest), command, args.column, console);
    },
  },
  {
    ...stack,
    name: 'up',
    aliases: [],
    syntax: ['up [N]', 'up N COMMAND'],
    summary: 'select the frame N further out',
    completion: [[], 'command'],
    repeat: 'same',
    run: (session, args, console) => relative(session, args, 1, console),
  },
  {
    ...stack,
    name: 'down',
    aliases: ['dow'],
    syntax: ['down [N]', 'down N COMMAND'],
    summary: 'select the frame N further in',
    completion: [[], 'command'],
    repeat: 'same',
    run: (session, args, console) => relative(session, args, -1, console),
  },
  {
    ...stack,
    name: 'info frame',
    aliases: ['info f'],
    syntax: ['info frame'],
    summary: 'the selected frame: where it lies, its caller, its registers, and how each is known',
    completion: [],
    run: session => frameInfo(session.stack, session.frame),
  },
  {
    ...stack,
    name: 'args',
    aliases: ['info args'],
    syntax: ['args [-v] [REGEX]'],
    summary: 'arguments and results of the selected frame',
    completion: [],
    run: (session, args) => variablesCommand(session, args, 'args'),
  },
  {
    ...stack,
    name: 'locals',
    aliases: ['info locals'],
    syntax: ['locals [-v] [REGEX]'],
    summary: 'local variables of the selected frame',
    completion: [],
    run: (session, args) => variablesCommand(session, args, 'locals'),
  },
  {
    ...stack,
    name: 'deferred',
    aliases: [],
    syntax: ['deferred'],
    summary: 'calls that the selected frame has deferred and that are still to run, the next first',
    completion: [],
    run: (session, args) => {
      args.none();
      return deferredAnswer(session.stack, session.frame);
    },
  },
];

function variablesCommand(session: Session, args: Arguments, which: 'args' | 'locals'): Answer {
  const { stack, frame, settings } = session;
  const [flags, rest] = splitOptions(args, { '-v': false });
  return variablesAnswer(stack, frame, which, flags.has('-v'), pattern(rest), settings.printOptions);
}

function backtraceCommand(session: Session, args: Arguments): Answer {
  session.requireProcess();
  let count: number | undefined;
  const flags = new Set<string>();
  const words = args.words();
  for (const { text: word, column } of words) {
    const option = word.replace(/^--?/, '');
    if (/^-?\d+$/.test(word) && count === undefined) count = Number(word);
    else if (['full', 'offsets', 'how', 'gdb'].includes(option)) flags.add(option);
    else throw new CommandError(`backtrace has no option ${word}; it has N -N full -offsets -how -gdb`, column);
  }
  const depth = count ?? session.settings.number('stack-depth');
  if (flags.has('gdb')) return gdbBacktrace(session.target, session.thread.registers, depth);
  const options = { full: flags.has('full'), offsets: flags.has('offsets'), how: flags.has('how') };
  return backtrace(session.stack, depth, { ...options, print: session.settings.printOptions });
}

function frameNumber(session: Session, first: string, args: Arguments, rest: Arguments): number {
  if (first !== 'function') return parseCount({ text: first, column: args.column }, 0);
  const [name] = rest.shift();
  const found = session.frames().find(frame => frame.name === name || frame.name.endsWith(`.${name}`));
  if (found === undefined) throw rest.error(`no frame of "${name}" on this stack`);
  return found.index;
}

function relative(session: Session, args: Arguments, direction: 1 | -1, console: Console): Answer | Promise<Answer> {
  const numbered = /^\d+(?=\s|$)/.exec(args.text);
  const count = numbered === null ? 1 : Number(numbered[0]);
  const wanted = session.selection.frame + direction * count;
  const most = session.frames(Math.max(1, wanted + 1)).length - 1;
  if (wanted < 0 && session.selection.frame === 0) throw args.error('this is the innermost frame');
  if (wanted > most && session.selection.frame === most) throw args.error('this is the outermost frame');
  const command = numbered === null ? args : args.from(numbered[0].length);
  return select(session, Math.min(Math.max(wanted, 0), most), command, args.column, console);
}

/** Selects a frame, for one command if there is one. */
function select(session: Session, index: number, command: Arguments, column: number, console: Console): Answer | Promise<Answer> {
  session.requireProcess();
  const frames = session.frames(index + 1);
  if (index >= frames.length) throw new CommandError(`no frame ${index}: the outermost is ${frames.length - 1}`, column);
  if (!command.empty) return session.selecting({ frame: index }, () => console.dispatch(session, command));
  session.selection = { ...session.selection, frame: index };
  return frameStop(session);
}

async function applyFrames(session: Session, args: Arguments, console: Console): Promise<Answer> {
  const [which, command] = args.shift();
  const { stack } = session;
  const frames = stack.frames(which === 'all' ? undefined : parseCount({ text: which, column: args.column }));
  const out: string[] = [];
  for (const frame of frames) {
    out.push(frameLine(stack, frame));
    const answer = await session.selecting({ frame: frame.index }, () => console.dispatch(session, command));
    if (answer.output !== '') out.push(answer.output);
  }
  return text(
    out.join('\n'),
    frames.map(frame => frameRow(stack, frame)),
  );
}
