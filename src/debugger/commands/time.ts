/** Going back and forth in the run. What does it is loaded when it is first asked for. */
import { grouped } from '../../host/grouped.js';
import { hex } from '../../host/hex.js';
import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import { startOf } from '../session/launcher.js';
import type { Session } from '../session/session.js';
import type { Stop } from '../session/stop.js';
import type { Journey, Timeline } from '../timeline/history.js';
import type { Mark } from '../timeline/marks.js';
import { type Arguments, parseCount, splitOptions, unquote } from './arguments.js';
import { savedLines } from './breakpoint-properties.js';
import type { Command, Console } from './command.js';
import { moved } from './running.js';

const time = { group: 'time', repeat: 'same', completion: [], meanwhile: 'refused' } as const;

type Ways = typeof import('../run/backwards.js');
type Way = (ways: Ways, history: Timeline<Stop>) => Journey<Stop>;

/** Takes the run elsewhere, and tells where that is. */
async function go(session: Session, console: Console, way: Way): Promise<Answer> {
  const ways = await import('../run/backwards.js');
  const { reason } = await session.moving(() => ways.travel(session, history => way(ways, history)));
  return moved(session, console, reason === 'interrupted' ? ['interrupted on the way: it stands where it stood'] : []);
}

/** The forward command of each that goes back. */
const REVERSED: Readonly<Record<string, string>> = {
  stepi: 'reverse-stepi',
  nexti: 'reverse-nexti',
  step: 'reverse-step',
  next: 'reverse-next',
  continue: 'reverse-continue',
  finish: 'reverse-finish',
};

export const timeCommands: readonly Command[] = [
  {
    ...time,
    name: 'reverse-stepi',
    aliases: ['rsi'],
    syntax: ['reverse-stepi [N]'],
    summary: 'go back one instruction, or N, of this thread',
    details:
      'Memory, registers, threads and kernel are what they were then, to the bit. What the program has written is not written again.',
    run: (session, args, console) => {
      const count = args.count(1);
      return go(session, console, (ways, history) => ways.stepsBack(session, history, count));
    },
  },
  {
    ...time,
    name: 'reverse-nexti',
    aliases: ['rni'],
    syntax: ['reverse-nexti [N]'],
    summary: 'go back one instruction, over calls to where they were made',
    run: (session, args, console) => {
      const count = args.count(1);
      return go(session, console, (ways, history) => ways.nextsBack(session, history, count));
    },
  },
  {
    ...time,
    name: 'reverse-step',
    aliases: ['rs'],
    syntax: ['reverse-step [N]'],
    summary: 'go back to where the run came to this source line, or to the one before, into calls at their end',
    run: (session, args, console) => {
      const count = args.count(1);
      return go(session, console, (ways, history) => ways.linesBack(session, history, count, true));
    },
  },
  {
    ...time,
    name: 'reverse-next',
    aliases: ['rn'],
    syntax: ['reverse-next [N]'],
    summary: 'the same in this frame, over calls; from its first line to the caller',
    run: (session, args, console) => {
      const count = args.count(1);
      return go(session, console, (ways, history) => ways.linesBack(session, history, count, false));
    },
  },
  {
    ...time,
    name: 'reverse-continue',
    aliases: ['rc', 'rewind', 'rw'],
    syntax: ['reverse-continue'],
    summary: 'go back to where the program was last stopped, or would be now: breakpoints, watchpoints, catchpoints, signals',
    details: [
      'The place where it stands does not count. A watchpoint is met behind the instruction that wrote, as forwards; conditions are asked, hits',
      'are not counted. Where nothing would have stopped it, the history begins.',
    ].join('\n'),
    run: (session, args, console) => {
      args.none();
      return go(session, console, (ways, history) => ways.continueBack(session, history));
    },
  },
  {
    ...time,
    name: 'reverse-finish',
    aliases: ['rfinish'],
    syntax: ['reverse-finish'],
    summary: 'go back to the call of the selected frame',
    run: (session, args, console) => {
      args.none();
      const { frame } = session;
      return go(session, console, (ways, history) => ways.callBack(session, history, frame));
    },
  },
  {
    ...time,
    name: 'rev',
    aliases: ['reverse'],
    syntax: [`rev ${Object.keys(REVERSED).join('|')} [N]`],
    summary: 'the way back of a command that steps or runs',
    completion: ['command'],
    run: (session, args, console) => {
      const [name, rest] = args.shift();
      if (name === '') throw args.error(`rev wants a command: ${Object.keys(REVERSED).join(', ')}`);
      const forward = console.table.find(name, args.column, session.settings.aliases).name;
      const back = REVERSED[forward];
      if (back === undefined) throw args.error(`${forward} has no way back; rev takes ${Object.keys(REVERSED).join(', ')}`);
      return console.table.find(back, args.column).run(session, rest, console);
    },
  },
  {
    ...time,
    name: 'seek',
    aliases: [],
    syntax: ['seek T', 'seek +N|-N', 'seek start|end|fault'],
    summary: 'go to a moment of the run: instructions since its start, all threads',
    details: [
      'Backwards and forwards; what has not been run yet is run, without a stop. `end` is the furthest that was run, as it stood there; `fault` where the',
      'program last faulted, panicked or was ended by Go. `goto` goes to a mark.',
    ].join('\n'),
    completion: ['moment'],
    run: seek,
  },
  {
    ...time,
    name: 'origin',
    aliases: [],
    syntax: ['origin EXPRESSION'],
    summary: 'where a value came from: back through moves, arithmetic, memory, calls and stack switches, instruction by instruction',
    details: [
      'EXPRESSION is a register, a variable or memory (`origin rdi`, `origin (*runtime.g)(R14).racectx`). Each link has a number for `goto`; the machine',
      'stands in front of that instruction then. The way ends at a constant, the kernel, what was loaded, or where knowledge does, and says which.',
      'Of a value that is computed from several, the first is followed. A value larger than 8 bytes is followed by its first 8.',
    ].join('\n'),
    repeat: 'no',
    completion: ['expression'],
    run: originCommand,
  },
  {
    ...time,
    name: 'why',
    aliases: [],
    syntax: ['why'],
    summary: 'what led to this fault, panic or fatal error: the operand, where its value came from, on which stack, and who wrote it',
    details: [
      'All of it is looked up in the run; what is not known is not said. The numbers are for `goto`; `origin` tells a way link by link. Of a panic or a fatal',
      'error it tells the check that failed, and where what was compared came from; of memory, who was given it, who gave it back and who wrote it last.',
    ].join('\n'),
    repeat: 'no',
    run: whyCommand,
  },
  {
    ...time,
    name: 'mark',
    aliases: ['checkpoint', 'check'],
    syntax: ['mark [NOTE]'],
    summary: 'give this moment of the run a number, and a note if you like',
    repeat: 'no',
    run: async (session, args) => {
      const history = await session.remember();
      return text(...told([history.marks.add(history, session.stop, args.text)]));
    },
  },
  {
    ...time,
    name: 'marks',
    aliases: ['info checkpoints', 'checkpoints'],
    syntax: ['marks'],
    summary: 'list the marks, where the program has faulted, and the ends of the history',
    repeat: 'no',
    run: (session, args) => {
      args.none();
      const { history } = session;
      if (history === undefined) return text('No marks.', []);
      const [lines, data] = told(history.marks.all);
      const { start, branch, held, lost } = history;
      const memory = `${(held / 2 ** 20).toFixed(0)} MiB in ${branch.snapshots.length} saved states`;
      const gone = lost === 0 ? '' : `; ${lost} more had no room (config history-memory)`;
      const ends = `the history goes from t=${grouped(start)} to t=${grouped(branch.reached)}, ${memory}${gone}`;
      return text(lines === '' ? ends : `${lines}\n${ends}`, data);
    },
  },
  {
    ...time,
    name: 'branches',
    aliases: [],
    syntax: ['branches'],
    summary: "list the ways that the run has taken: the program's own, and one for each change in the past",
    repeat: 'no',
    run: branchList,
  },
  {
    ...time,
    name: 'branch',
    aliases: [],
    syntax: ['branch N'],
    summary: 'go to the end of another way that the run has taken',
    repeat: 'no',
    run: (session, args, console) => {
      const branch = session.history?.branches.find(({ id }) => String(id) === args.text);
      if (branch === undefined) throw args.error(`no branch "${args.text}"; branches lists them`);
      return go(session, console, (ways, history) => ways.toBranch(history, branch));
    },
  },
  {
    ...time,
    name: 'what-if',
    aliases: [],
    syntax: ['what-if COMMAND [then COMMAND]...'],
    summary: 'do something on a branch of its own, as set TARGET = VALUE then continue; the run so far stays as it is',
    details:
      "For example `what-if set (*runtime.g)(R14).racectx = (*runtime.g)(R14).m.curg.racectx then continue`. `branch 1` goes back to the program's own way.",
    repeat: 'no',
    completion: ['command'],
    run: whatIf,
  },
  {
    ...time,
    name: 'save',
    aliases: [],
    syntax: ['save [-with-binary] FILE.r14'],
    summary: 'write the run to a file: r14 replay FILE.r14 comes to this very moment of it, elsewhere too',
    details: [
      'In it are what the program was started with, its input and what it asked of files, the marks and the breakpoints. The program itself and what it has',
      'read of its libraries are named by their sums, and must be there; -with-binary takes them along.',
    ].join('\n'),
    repeat: 'no',
    completion: ['file'],
    run: saveCommand,
  },
  {
    ...time,
    name: 'dump',
    aliases: ['generate-core-file', 'gcore'],
    syntax: ['dump FILE'],
    summary: 'write a core file of this moment, for gdb, Delve or r14 core',
    details:
      'It is sparse: what the program has never touched takes no room. Of files that it has mapped it has what was changed, as Linux does it.',
    repeat: 'no',
    completion: ['file'],
    run: async (session, args) => {
      if (args.empty) throw args.error('dump wants a file');
      const { threads, t } = session.requireProcess();
      const { corePieces } = await import('../session/core-dump.js');
      session.host.writeFile(unquote(args.text), corePieces(session));
      const count = threads.filter(({ state }) => state !== 'exited').length;
      return text(`Wrote ${args.text}, of ${count} thread${count === 1 ? '' : 's'} at t=${grouped(t)}.`, {
        file: args.text,
        t,
        threads: count,
      });
    },
  },
  {
    ...time,
    name: 'goto',
    aliases: [],
    syntax: ['goto MARK'],
    summary: 'go to a mark, by its number or its note',
    completion: ['moment'],
    run: (session, args, console) => {
      const mark = session.history?.marks.find(args.text);
      if (args.empty) throw args.error('goto wants a mark');
      if (mark === undefined) throw args.error(`no mark "${args.text}"; marks lists them`);
      return go(session, console, (ways, history) => ways.toMark(history, mark));
    },
  },
];

/** Whether a text names a vector register as a whole, which is more than a value that can be followed. */
const namesVector = (text: string): boolean => /^\$?(?:[xy]mm|[XY])\d+$/.test(text);

async function originCommand(session: Session, args: Arguments): Promise<Answer> {
  if (args.empty) throw args.error('origin wants an expression: a register, a variable or memory');
  session.requireProcess();
  const [{ excursion }, { spotOf, trailOf }, { linkLines, spotText }] = await Promise.all([
    import('../run/backwards.js'),
    import('../run/origin.js'),
    import('../show/origin-text.js'),
  ]);
  const spot = spotOf(session, args.text, args.column);
  const more = namesVector(args.text)
    ? `, of which the first ${spot.bytes} bytes are followed; a lane of it is ${args.text}.v2_int64[1]`
    : '';
  const head = `${args.text} is ${spotText(session, spot)} at t=${grouped(session.target.process.t)}${more}`;
  const trail = await excursion(session, history => trailOf(session, history, spot));
  if (trail === undefined) return text('interrupted', null);
  const history = session.history!;
  const moments = trail.links.map(({ t, wrote, function: name }) => ({
    t,
    note: `origin ${args.text}: ${wrote} in ${name}`,
    stop: MOMENT,
  }));
  const marks = history.marks.trail(moments, history.branch.id);
  const lines = trail.links.flatMap((link, index) => linkLines(link, marks[index]!.id));
  const data = trail.links.map((link, index) => ({
    mark: marks[index]!.id,
    t: link.t,
    pc: hex(link.pc),
    function: link.function,
    line: link.line,
    where: link.where,
    convention: link.convention,
    instruction: link.instruction,
    wrote: link.wrote,
    value: link.value === undefined ? null : hex(link.value),
    sources: link.sources,
  }));
  // The last link says it then.
  const constant = trail.source.kind === 'constant' && lines.length > 0;
  return text([head, ...lines, ...(constant ? [] : [`     ${trail.end}`])].join('\n'), {
    links: data,
    source: trail.source.kind,
    end: trail.end,
  });
}

async function whyCommand(session: Session, args: Arguments): Promise<Answer> {
  args.none();
  if (session.exited && session.history?.marks.fault !== undefined)
    throw args.error('the program has ended; seek fault goes to where it faulted, and why tells there');
  session.requireProcess();
  const [{ excursion }, { reasons, reasonLines, sceneOf }] = await Promise.all([import('../run/backwards.js'), import('../why/why.js')]);
  const scene = sceneOf(session);
  const told = await excursion(session, history => reasons(session, history, scene));
  if (told === undefined) return text('interrupted', null);
  const history = session.history!;
  const links = told.flatMap(reason => ('link' in reason ? [reason.link] : []));
  const moments = links.map(({ t, wrote, function: name }) => ({ t, note: `why: ${wrote} in ${name}`, stop: MOMENT }));
  const marks = history.marks.trail(moments, history.branch.id);
  const lines = reasonLines(told, link => marks[links.indexOf(link)]!.id);
  return text(lines.join('\n'), lines);
}

const MOMENT = { reason: 'moment' } as const;

function told(marks: readonly Mark<Stop>[]): [string, { mark: number | null; t: number; branch: number; note: string }[]] {
  return [
    marks
      .map(({ id, t, branch, note }) =>
        `${id === 0 ? 'fault' : `mark ${id}`}  t=${grouped(t)}${branch === 1 ? '' : `  branch ${branch}`}  ${note}`.trimEnd(),
      )
      .join('\n'),
    marks.map(({ id, t, branch, note }) => ({ mark: id === 0 ? null : id, t, branch, note })),
  ];
}

function branchList(session: Session, args: Arguments): Answer {
  args.none();
  const { history } = session;
  if (history === undefined) return text('The program has not run yet.', []);
  const rows = history.branches.map(({ id, from, reached, end }) => ({
    id,
    from: from?.branch ?? null,
    at: from?.t ?? null,
    change: from?.change ?? null,
    reached,
    end: end?.note.reason ?? null,
    current: id === history.branch.id,
  }));
  const lines = rows.map(({ id, from, at, change, reached, current }) => {
    const what = at === null ? "the program's own" : `from branch ${from} at t=${grouped(at)}: ${change}`;
    return `${current ? '*' : ' '} ${id}  to t=${grouped(reached)}  ${what}`;
  });
  return text(lines.join('\n'), rows);
}

async function whatIf(session: Session, args: Arguments, console: Console): Promise<Answer> {
  if (args.empty) throw args.error('what-if wants a command: what-if set TARGET = VALUE then continue');
  session.requireProcess();
  const history = await session.remember();
  history.leave(session.stop);
  const before = history.branch.id;
  history.changed(`what-if ${args.text}`, undefined, true);
  const told: string[] = [];
  for (const line of args.text.split(/\s+then\s+/)) {
    const { ok, output } = await console.execute(session, line);
    if (output !== '') told.push(output);
    if (!ok) throw args.error(`branch ${history.branch.id} ends here, branch ${before} goes back: ${output}`);
  }
  const data = { branch: history.branch.id, from: before, output: told };
  return text([...told, `this is branch ${history.branch.id}; branch ${before} goes back`].join('\n'), data);
}

async function saveCommand(session: Session, args: Arguments): Promise<Answer> {
  const [flags, rest] = splitOptions(args, { '-with-binary': false });
  if (rest.empty) throw rest.error('save wants a file: save FILE.r14');
  const [{ recordingText }, history] = await Promise.all([import('../session/recording.js'), session.remember()]);
  const { process } = session.target;
  const start = startOf(process);
  if (start === undefined) throw args.error('of this run is not kept what it took from files');
  if (process.control !== undefined)
    throw args.error('this run goes by a schedule, which a recording does not keep; r14 exec --schedule FILE comes to it again');
  const changed = history.firstChange;
  if (changed !== undefined)
    throw args.error(
      `the run was changed at t=${grouped(changed)}: only what the program does by itself can be done again; branch 1 is that`,
    );
  const { log, started } = start;
  const files = log.save();
  if (files.first > 0) throw args.error('the program has read so much of files that the beginning of it is not kept any more');
  const marks = history.marks.own.filter(({ branch }) => branch === 1).map(({ t, signal, note }) => ({ t, signal, note }));
  const { stop, breakpoints } = session;
  const signal = stop.reason === 'signal' ? stop.signal.signal : undefined;
  // That of the first process goes without saying.
  const looked = process.processes[0]?.pid === process.pid ? undefined : process.pid;
  const written = recordingText(
    {
      made: session.host.version,
      started,
      program: start.program(),
      input: session.input.record(),
      ...(session.clients === undefined ? {} : { clients: session.clients.record() }),
      files,
      moment: { t: process.t, signal, hash: process.hash(), ...(looked === undefined ? {} : { process: looked }) },
      marks,
      commands: breakpoints.all.flatMap(savedLines),
    },
    start.digest,
    flags.has('-with-binary') || session.host.savesWhole === true,
  );
  session.host.writeFile(unquote(rest.text), written);
  return text(`Saved to ${rest.text}: r14 replay ${rest.text} comes to t=${grouped(process.t)}.`, {
    file: rest.text,
    t: process.t,
    bytes: written.length,
  });
}

const TIMES = /^([+-]?)([\d_,]+)$/;

function seek(session: Session, args: Arguments, console: Console): Promise<Answer> {
  const word = args.text.replace(/^t=/, '');
  if (word === 'start') return go(session, console, (ways, history) => ways.toStart(history));
  if (word === 'end') return go(session, console, (ways, history) => ways.toEnd(history));
  if (word === 'fault') {
    const fault = session.history?.marks.fault;
    if (fault === undefined) throw args.error('the program has not faulted');
    return go(session, console, (ways, history) => ways.toMark(history, fault));
  }
  const match = TIMES.exec(word);
  if (match === null) throw args.error('seek wants a number of instructions, +N, -N, start, end or fault');
  const number = parseCount({ text: match[2]!.replaceAll(',', ''), column: args.column + word.length - match[2]!.length }, 0);
  const { t: now } = session.target.process;
  const t = match[1] === '' ? number : match[1] === '+' ? now + number : now - number;
  const start = session.history?.start ?? now;
  if (t < start) throw new CommandError(`the history begins at t=${grouped(start)}`, args.column);
  return go(session, console, (ways, history) => ways.toTime(session, history, t));
}
