import type { Thread } from '../../linux/api.js';
import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import type { Session } from '../session/session.js';
import { type GoroutineRow, goroutineDetails, goroutineLines, goroutineRow } from '../show/goroutine-text.js';
import { inferiorLine, inferiorRows } from '../show/inferior-text.js';
import { threadLine, threadRow } from '../show/thread-text.js';
import { type Arguments, parseCount } from './arguments.js';
import type { Command, Console } from './command.js';
import { listGoroutines } from './goroutine-list.js';

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
    run: listGoroutines,
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
      const { target } = session;
      return text(
        threads.map(thread => threadLine(target, thread, session.thread)).join('\n'),
        threads.map(thread => threadRow(target, thread, session.thread)),
      );
    },
  },
  {
    ...goroutines,
    name: 'inferiors',
    aliases: ['info inferiors'],
    syntax: ['inferiors'],
    summary: 'list the processes that the program and its children are; * marks the one that is looked at',
    completion: [],
    run: session => {
      const rows = inferiorRows(session.requireProcess());
      return text(rows.map(inferiorLine).join('\n'), rows);
    },
  },
  {
    ...goroutines,
    name: 'inferior',
    aliases: [],
    syntax: ['inferior', 'inferior N'],
    summary: 'tell of the process that is looked at, or look at another one: its threads, memory, breakpoints',
    details:
      'Processes are numbered in the order of their creation; a pid is good too. `config follow-fork-mode` and `config detach-on-fork` say which are followed.',
    completion: [],
    run: inferiorCommand,
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

function inferiorCommand(session: Session, args: Arguments): Answer {
  const process = session.requireProcess();
  const [first] = args.shift();
  if (first !== '') {
    const number = parseCount({ text: first, column: args.column });
    const row = inferiorRows(process).find(each => each.number === number || each.pid === number);
    if (row === undefined || row.state === 'exited') throw args.error(`no process ${number} (inferiors lists them)`);
    process.look(row.pid);
    session.lookAtThread();
    session.target.changed();
    session.stopsChanged();
  }
  const rows = inferiorRows(process).filter(({ current }) => current);
  return text(rows.map(inferiorLine).join('\n'), rows[0]);
}

function goroutineCommand(session: Session, args: Arguments, console: Console): Answer | Promise<Answer> {
  session.requireProcess();
  const [first, rest] = args.shift();
  if (first === '') {
    const current = session.goroutine;
    if (current === undefined) throw new CommandError('this thread runs no goroutine now');
    return { output: goroutineDetails(session.target, current), data: goroutineRow(session.target, current) };
  }
  if (first === 'all') return everyGoroutine(session, rest, console);
  const id = BigInt(parseCount({ text: first, column: args.column }, 0));
  const goroutine = session.target.go?.goroutines().find(each => each.id === id);
  if (goroutine === undefined) throw args.error(`no goroutine ${id} (goroutines lists them)`);
  if (!rest.empty)
    return session.selecting({ goroutine, frame: 0, thread: session.target.threadOf(goroutine) }, () => console.dispatch(session, rest));
  session.selection = { goroutine, frame: 0, thread: session.target.threadOf(goroutine) };
  return { output: goroutineDetails(session.target, goroutine), data: goroutineRow(session.target, goroutine) };
}

async function everyGoroutine(session: Session, command: Arguments, console: Console): Promise<Answer> {
  if (command.empty) throw command.error('which command is to be run in all goroutines?');
  const out: string[] = [];
  const data: GoroutineRow[] = [];
  for (const goroutine of session.target.go?.goroutines() ?? []) {
    out.push(...goroutineLines(session.target, goroutine, session.goroutine));
    data.push(goroutineRow(session.target, goroutine));
    const answer = await session.selecting({ goroutine, frame: 0, thread: session.target.threadOf(goroutine) }, () =>
      console.dispatch(session, command),
    );
    if (answer.output !== '') out.push(answer.output);
  }
  return text(out.join('\n'), data);
}

function threadCommand(session: Session, args: Arguments, console: Console): Answer | Promise<Answer> {
  const { target } = session;
  const { threads } = session.requireProcess();
  const [first, rest] = args.shift();
  if (first === '') return threadAnswer(session);
  if (first === 'apply') return applyThreads(session, rest, console);
  const number = parseCount({ text: first, column: args.column });
  const thread = threads.find(each => target.threadNumber(each) === number || each.tid === number);
  if (thread === undefined || thread.state === 'exited') throw args.error(`no thread ${number} (threads lists them)`);
  if (!rest.empty) return inThread(session, thread, rest, console);
  session.selection = { goroutine: undefined, frame: 0, thread };
  return threadAnswer(session);
}

function threadAnswer({ target, thread }: Session): Answer {
  return { output: threadLine(target, thread, thread), data: threadRow(target, thread, thread) };
}

/** Runs a command with another thread looked at. */
function inThread(session: Session, thread: Thread, command: Arguments, console: Console): Promise<Answer> {
  return session.selecting({ goroutine: undefined, frame: 0, thread }, () => console.dispatch(session, command));
}

async function applyThreads(session: Session, args: Arguments, console: Console): Promise<Answer> {
  const { target } = session;
  const match = /^(all|\d+(?:\s+\d+)*)\s+/.exec(args.text);
  if (match === null) throw args.error('thread apply wants all or thread numbers, and a command');
  const command = args.from(match[0].length);
  const wanted = match[1] === 'all' ? undefined : new Set(match[1]!.split(/\s+/).map(Number));
  const out: string[] = [];
  for (const thread of target.process.threads) {
    if (thread.state === 'exited' || (wanted !== undefined && !wanted.has(target.threadNumber(thread)))) continue;
    out.push(threadLine(target, thread, session.thread));
    const answer = await inThread(session, thread, command, console);
    if (answer.output !== '') out.push(answer.output);
  }
  return text(out.join('\n'));
}
