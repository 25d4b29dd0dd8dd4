import type { Thread } from '../../linux/api.js';
import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import type { Session } from '../session/session.js';
import { type GoroutineRow, goroutineDetails, goroutineLines, goroutineRow, listGoroutines } from '../show/goroutine-text.js';
import { threadLine, threadRow } from '../show/thread-text.js';
import { type Arguments, parseCount } from './arguments.js';
import type { Command } from './command.js';
import { dispatch } from './execute.js';

const goroutines = { group: 'goroutines', repeat: 'no' } as const;

export const goroutineCommands: readonly Command[] = [
  {
    ...goroutines,
    name: 'goroutines',
    aliases: ['grs', 'info goroutines'],
    syntax: [
      'goroutines [-u|-r|-g|-s] [-t [DEPTH]] [-l]',
      'goroutines [-with|-without LOC TEXT]',
      'goroutines -group LOC',
      'goroutines -chan CHANNEL',
      'goroutines -exec COMMAND',
    ],
    summary: 'list goroutines; * marks the selected one',
    details: [
      '-u user location (the default), -r current, -g the go statement, -s the start function; -t adds stacks, -l labels.',
      'LOC is userloc, curloc, goloc, startloc, running, user or label; -with and -without (-w, -wo) filter, -group counts. -chan: those that wait for a channel, in a select too.',
    ].join('\n'),
    completion: [],
    run: (session, args) => listGoroutines(session, args),
  },
  {
    ...goroutines,
    name: 'goroutine',
    aliases: ['gr'],
    syntax: ['goroutine', 'goroutine N', 'goroutine N COMMAND', 'goroutine all COMMAND'],
    summary: 'tell of a goroutine, select one, or run a command in one or all',
    completion: ['goroutine', 'command'],
    run: goroutineCommand,
  },
  {
    ...goroutines,
    name: 'threads',
    aliases: ['info threads'],
    syntax: ['threads'],
    summary: 'list threads; * marks the current one',
    completion: [],
    run: session => {
      const { threads } = session.requireProcess();
      return text(
        threads.map(thread => threadLine(session, thread)).join('\n'),
        threads.map(thread => threadRow(session, thread)),
      );
    },
  },
  {
    ...goroutines,
    name: 'thread',
    aliases: ['tr'],
    syntax: ['thread', 'thread N', 'thread N COMMAND', 'thread apply all|N... COMMAND'],
    summary: 'tell of the current thread, make another one current, or run a command in one or all',
    completion: ['thread', 'command'],
    run: threadCommand,
  },
];

function goroutineCommand(session: Session, args: Arguments): Answer | Promise<Answer> {
  session.requireProcess();
  const [first, rest] = args.shift();
  if (first === '') {
    const current = session.goroutine;
    if (current === undefined) throw new CommandError('this thread runs no goroutine now');
    return { output: goroutineDetails(session, current), data: goroutineRow(session, current) };
  }
  if (first === 'all') return everyGoroutine(session, rest);
  const id = BigInt(parseCount({ text: first, column: args.column }, 0));
  const goroutine = session.go?.goroutines().find(each => each.id === id);
  if (goroutine === undefined) throw args.error(`no goroutine ${id} (goroutines lists them)`);
  if (!rest.empty) return session.selecting({ goroutine, frame: 0, thread: session.threadOf(goroutine) }, () => dispatch(session, rest));
  session.selection = { goroutine, frame: 0, thread: session.threadOf(goroutine) };
  return { output: goroutineDetails(session, goroutine), data: goroutineRow(session, goroutine) };
}

async function everyGoroutine(session: Session, command: Arguments): Promise<Answer> {
  if (command.empty) throw command.error('which command is to be run in all goroutines?');
  const out: string[] = [];
  const data: GoroutineRow[] = [];
  for (const goroutine of session.go?.goroutines() ?? []) {
    out.push(...goroutineLines(session, goroutine));
    data.push(goroutineRow(session, goroutine));
    const answer = await session.selecting({ goroutine, frame: 0, thread: session.threadOf(goroutine) }, () => dispatch(session, command));
    if (answer.output !== '') out.push(answer.output);
  }
  return text(out.join('\n'), data);
}

function threadCommand(session: Session, args: Arguments): Answer | Promise<Answer> {
  const { process } = session;
  session.requireProcess();
  const [first, rest] = args.shift();
  if (first === '') return { output: threadLine(session, session.thread), data: threadRow(session, session.thread) };
  if (first === 'apply') return applyThreads(session, rest);
  const number = parseCount({ text: first, column: args.column });
  const thread = process.threads.find(each => session.threadNumber(each) === number || each.tid === number);
  if (thread === undefined || thread.state === 'exited') throw args.error(`no thread ${number} (threads lists them)`);
  if (!rest.empty) return inThread(session, thread, rest);
  session.selection = { goroutine: undefined, frame: 0, thread };
  return { output: threadLine(session, session.thread), data: threadRow(session, session.thread) };
}

/** Runs a command with another thread looked at. */
function inThread(session: Session, thread: Thread, command: Arguments): Promise<Answer> {
  return session.selecting({ goroutine: undefined, frame: 0, thread }, () => dispatch(session, command));
}

async function applyThreads(session: Session, args: Arguments): Promise<Answer> {
  const match = /^(all|\d+(?:\s+\d+)*)\s+/.exec(args.text);
  if (match === null) throw args.error('thread apply wants all or thread numbers, and a command');
  const command = args.from(match[0].length);
  const wanted = match[1] === 'all' ? undefined : new Set(match[1]!.split(/\s+/).map(Number));
  const out: string[] = [];
  for (const thread of session.process.threads) {
    if (thread.state === 'exited' || (wanted !== undefined && !wanted.has(session.threadNumber(thread)))) continue;
    out.push(threadLine(session, thread));
    const answer = await inThread(session, thread, command);
    if (answer.output !== '') out.push(answer.output);
  }
  return text(out.join('\n'));
}
