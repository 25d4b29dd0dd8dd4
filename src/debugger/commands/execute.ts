import { ownFault, Told, told } from '../../host/told.js';
import type { Answer, Data } from '../answer.js';
import { CommandError } from '../errors.js';
import type { Meanwhile } from '../session/requests.js';
import type { Session } from '../session/session.js';
import { Arguments } from './arguments.js';
import type { Command, Console, Outcome } from './command.js';
import { runDefined, runWhole } from './script.js';
import { BlockReader } from './statements.js';
import { commandTable } from './table.js';

/**
 * Runs one line. Never throws: what goes wrong is the outcome's output, with a caret under the place in the line. An empty line repeats the
 * command before, as far as that one may be repeated.
 */
export function run(session: Session, line: string): Promise<Outcome> {
  return request(session, line, () => runNow(session, line));
}

/** Runs one line without a thought to repetition. Never throws. */
export function execute(session: Session, line: string): Promise<Outcome> {
  return request(session, line, () => executeNow(session, line));
}

/** Characters of a line, as many as a terminal takes: longer ones are not looked at. */
const MOST_TYPED = 4096;

/** Does what is asked for when its turn comes; while the program runs, by the rule of session/requests.ts. */
async function request(session: Session, line: string, work: () => Promise<Outcome>): Promise<Outcome> {
  const { requests } = session;
  if (line.length > MOST_TYPED) {
    const output = `a line of ${line.length} characters is too long: ${MOST_TYPED} at most`;
    return { command: line.slice(0, 80), ok: false, output, data: null };
  }
  const meanwhile = requests.running ? meanwhileOf(session, line) : 'waits';
  if (meanwhile === 'waits') {
    // What came before it was asked for is not meant for it; what comes from now on is, before it runs anything too.
    if (requests.idle) session.takeInterrupt();
    return requests.inTurn(work);
  }
  if (meanwhile === 'refused') {
    const output = 'the program is running: interrupt it first, or wait until it stops';
    return { command: line, ok: false, output, data: null };
  }
  session.aside = true;
  // Done before anything else can be: a command that acts at once waits for nothing.
  const outcome = work();
  session.aside = false;
  return outcome;
}

/** What a line that cannot be understood says is what is wrong with it: at once. */
function meanwhileOf(session: Session, line: string): Meanwhile {
  const typed = line.trim();
  if (typed === '') return 'waits';
  if (typed.startsWith('#')) return 'acts';
  if (inBlock(session) || ownCommand(session, new Arguments(typed, 0)) !== undefined) return 'waits';
  try {
    return resolve(session, new Arguments(typed, 0))[0].meanwhile ?? 'waits';
  } catch (error) {
    told(error);
    return 'acts';
  }
}

/** Takes one line; with others before it it may be a whole that is run, or a part of one yet. */
async function runNow(session: Session, line: string): Promise<Outcome> {
  const reader = readers.get(session) ?? new BlockReader();
  const whole = reader.take(line, 1);
  if (whole === undefined) {
    readers.set(session, reader);
    return { command: line, ok: true, output: '', data: null };
  }
  readers.delete(session);
  if (whole.length === 1) return runLine(session, whole[0]!.text);
  session.lastLine = '';
  const lines = whole.map(({ text }) => text);
  const outcome = await outcomeOf(session, lines.join('\n'), () => runWhole(session, whole, commandLine));
  note(session, lines, outcome);
  return outcome;
}

/** Commands that lead nowhere, and lines that a link has at most. */
const ELSEWHERE = /^\s*(?:share|help|h|\?|transcript|exit|quit|q|save|apropos)\b/;
const MOST_GIVEN = 2000;

/** Keeps lines for a link to here. Where a run was stopped by hand, the moment is what comes again. */
function note({ given, stop, target, exited }: Session, lines: readonly string[], { ok }: Outcome): void {
  if (!ok || given.length + lines.length > MOST_GIVEN || lines.some(line => line.trim() === '' || ELSEWHERE.test(line))) return;
  const byHand = !exited && stop.reason === 'interrupted';
  const seek = `seek ${target.process.t}`;
  if (!byHand) given.push(...lines);
  else if (given.at(-1) !== seek) given.push(seek);
  else given.push(...lines);
}

/** What a line is part of, for sessions where one is begun. */
const readers = new WeakMap<Session, BlockReader>();

/** Whether what is typed next belongs to what was typed: the prompt is another then. */
export const inBlock = (session: Session): boolean => readers.has(session);

/** Forgets what was begun. */
export const leaveBlock = (session: Session): void => void readers.delete(session);

async function runLine(session: Session, line: string): Promise<Outcome> {
  const typed = line.trim();
  if (typed.startsWith('#')) return { command: line, ok: true, output: '', data: null };
  const wanted = typed === '' ? session.lastLine : line;
  const { transcript } = session;
  const outcome = await executeNow(session, wanted);
  note(session, [wanted], outcome);
  session.lastLine = typed === '' ? session.lastLine : repeatable(session, typed);
  if (transcript === undefined) return outcome;
  try {
    const output = outcome.output === '' ? '' : `${outcome.output}\n`;
    session.host.appendFile(transcript.path, `${session.settings.text('prompt')}${wanted}\n${output}`);
  } catch (error) {
    session.transcript = undefined;
    const message = `the transcript ends here: ${told(error).message}`;
    return {
      ...outcome,
      ok: false,
      output: [outcome.output, message].join('\n').trimStart(),
      data: reasonOf(error),
    };
  }
  return transcript.quiet ? { ...outcome, output: '' } : outcome;
}

function repeatable(session: Session, line: string): string {
  try {
    const [command, { format, text }] = resolve(session, new Arguments(line, 0));
    if (command.repeat !== 'bare') return command.repeat === 'same' ? line : '';
    // `list -` goes on backwards.
    if (text === '-') return line;
    // As much again: the count stays, what else `x` was told is its default now.
    const count = /^-?\d+/.exec(format)?.[0];
    return count === undefined ? command.name : `${command.name}/${count}`;
  } catch (error) {
    told(error);
    return '';
  }
}

async function executeNow(session: Session, line: string): Promise<Outcome> {
  const start = line.length - line.trimStart().length;
  if (line.trim() === '') return { command: line, ok: true, output: '', data: null };
  return outcomeOf(session, line, async () => dispatch(session, new Arguments(line.trim(), start)));
}

async function outcomeOf(session: Session, line: string, work: () => Promise<Answer>): Promise<Outcome> {
  let outcome: Outcome;
  try {
    const { output, data, open } = await work();
    outcome = { command: line, ok: true, output, data, ...(open ? { open } : {}) };
  } catch (error) {
    outcome = { command: line, ok: false, output: complaint(session, line, error), data: reasonOf(error) };
  }
  // A claim is about the command before it, however many claims there are.
  if (!/^\s*expect\b/.test(line)) session.answered = outcome.output;
  return outcome;
}

function dispatch(session: Session, args: Arguments): Answer | Promise<Answer> {
  const own = session.defined.size === 0 ? undefined : ownCommand(session, args);
  if (own !== undefined) return runDefined(session, own, args.from(own.length), commandLine);
  const [command, rest] = resolve(session, args);
  return command.run(session, rest, commandLine);
}

/** The name of a command of the user's own that a line begins with. */
function ownCommand({ defined }: Session, { text }: Arguments): string | undefined {
  const name = /^[A-Za-z_][\w-]*/.exec(text)?.[0];
  return name !== undefined && defined.has(name) ? name : undefined;
}

/** What commands see of the others. */
export const commandLine: Console = { dispatch, execute: executeNow, table: commandTable };

function resolve(session: Session, args: Arguments): readonly [Command, Arguments] {
  const name = /^[a-zA-Z?][\w-]*|^./u.exec(args.text)![0];
  let rest = args.from(name.length);
  let wanted = name;
  const family = commandTable.family(name, session.settings.aliases);
  if (family !== undefined) {
    const second = /^[a-zA-Z][\w-]*/.exec(rest.text)?.[0] ?? '';
    if (second === '') wanted = family;
    else if (commandTable.begins(`${family} ${second}`) && !/^\s*(?:=(?!=)|[.[])/.test(rest.text.slice(second.length))) {
      wanted = `${family} ${second}`;
      rest = rest.from(second.length);
    }
  }
  const command = commandTable.find(wanted, args.column, session.settings.aliases);
  const direct = args.text[name.length];
  let format = '';
  if (command.format && direct === '/' && family === undefined) {
    format = /^\/\S*/.exec(rest.text)![0].slice(1);
    rest = rest.from(format.length + 1);
  }
  return [command, new Arguments(rest.text, rest.column, format, command.aliases.includes(wanted) ? wanted : command.name)];
}

/** What a command that failed has for data. */
function reasonOf(error: unknown): Data {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const column = error instanceof CommandError ? error.column : undefined;
  return { error: message, column: column ?? null, own: !(error instanceof Told) };
}

/** Errors that are meant for the user say where; any other is a fault of r14's own. */
function complaint(session: Session, line: string, error: unknown): string {
  if (!(error instanceof Told)) return ownFault(error, session.host.debug);
  const column = error instanceof CommandError ? error.column : undefined;
  if (column === undefined || column > line.length) return error.message;
  return `${line}\n${' '.repeat(column)}^ ${error.message}`;
}
