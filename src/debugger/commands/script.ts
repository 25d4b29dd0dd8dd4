/** Runs gdb's scripts: lines, conditions and loops, the user's own commands, breakpoint commands. */

import { told } from '../../host/told.js';
import { type Answer, printedAnswer } from '../answer.js';
import { CommandError } from '../errors.js';
import type { Result } from '../evaluate/operand.js';
import { numberOfResult, truthOfResult } from '../evaluate/result.js';
import { interrupted } from '../run/control.js';
import { evaluated } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { underlying } from '../values/types.js';
import { Arguments, splitWords } from './arguments.js';
import { withCommands } from './breakpoint-changes.js';
import type { Console, Outcome } from './command.js';
import { BlockReader, type NumberedLine, parseStatements, type ScriptStatement, scriptLines } from './statements.js';

/** Scripts that source scripts, and commands that call themselves, end somewhere. */
const DEEPEST_SCRIPT = 20;
const DEEPEST_CALL = 200;

/** How the lines of a script are run. */
interface Running {
  readonly session: Session;
  readonly console: Console;
  /** Is given what they print. */
  readonly print: (text: string) => void;
  /** Is told of every line's outcome; absent: what it prints is printed. */
  readonly each?: ((outcome: Outcome) => void) | undefined;
  /** True: the rest is not run. */
  readonly over?: () => boolean;
}

/** How a block was left: by its end, or by loop_break or loop_continue. */
type Left = 'end' | 'break' | 'continue';

/** A script's line that failed. */
class ScriptError extends CommandError {
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

/** Runs a script up to its first line that fails, which the error names. `each` is told of every line's outcome as it comes. */
export async function runScript(session: Session, path: string, console: Console, each?: (outcome: Outcome) => void): Promise<Answer> {
  if (session.scripts >= DEEPEST_SCRIPT) throw new CommandError(`scripts are nested more than ${DEEPEST_SCRIPT} deep`);
  const script = session.host.readScript(path);
  const printed = printing(session);
  const running: Running = { session, console, each, print: printed.print };
  const reader = new BlockReader();
  session.scripts++;
  try {
    for (const [index, line] of script.split(/\r?\n/).entries()) {
      const whole = reader.take(line, index + 1);
      if (whole === undefined) continue;
      await runLines(running, whole);
      if (session.ended) break;
    }
    if (!session.ended && reader.begun !== undefined)
      throw new ScriptError(`\`${reader.begun.text.trim()}\` has no end`, reader.begun.number);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    throw new CommandError(`${printed.held()}${path}:${error.line}: ${error.message}`);
  } finally {
    session.scripts--;
  }
  return printed.answer();
}

/** Runs a statement that was given whole. */
export async function runWhole(session: Session, lines: readonly NumberedLine[], console: Console): Promise<Answer> {
  const printed = printing(session);
  try {
    await runLines({ session, console, print: printed.print }, lines);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    throw new CommandError(`${printed.held()}${error.message}`);
  }
  return printed.answer();
}

/** Runs commands that were kept, as those of a breakpoint, until `over`. What they print is given back. */
export async function runKept(session: Session, body: readonly string[], console: Console, over: () => boolean): Promise<Answer> {
  const printed = printing(session);
  try {
    await runLines({ session, console, print: printed.print, over }, scriptLines(body));
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    printed.print(`${error.message}\n`);
  }
  return printed.answer();
}

/** Runs a command of the user's own. */
export async function runDefined(session: Session, name: string, args: Arguments, console: Console): Promise<Answer> {
  const words = splitWords(args.text).map(word => word.text);
  // One that was not given stays as it stands, for whoever reads it: there may be nobody.
  const given = (line: string): string =>
    line.replace(/\$arg(\d+)\b|\$argc\b|\$arg\*/g, (whole, index: string | undefined) => {
      if (whole === '$argc') return String(words.length);
      return index === undefined ? args.text : (words[Number(index)] ?? whole);
    });
  if (session.calls >= DEEPEST_CALL) throw new CommandError(`${name} calls itself more than ${DEEPEST_CALL} deep`);
  session.calls++;
  try {
    return await runWhole(session, scriptLines(session.defined.get(name)!.body.map(given)), console);
  } finally {
    session.calls--;
  }
}

/** What is printed goes where the session prints at once; else it is held for the answer. */
function printing(session: Session): { print: (text: string) => void; held: () => string; answer: () => Answer } {
  let held = '';
  const at = session.printed;
  return {
    print: text => {
      if (at === undefined) held += text;
      else if (text !== '') at(text);
    },
    held: () => held,
    answer: () => ({ output: held.replace(/\n$/, ''), data: null, open: !held.endsWith('\n') }),
  };
}

async function runLines(running: Running, lines: readonly NumberedLine[]): Promise<void> {
  let statements: readonly ScriptStatement[];
  try {
    statements = parseStatements(lines);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ScriptError(error.message, lines[0]!.number);
  }
  await runAll(running, statements);
}

async function runAll(running: Running, statements: readonly ScriptStatement[]): Promise<Left> {
  for (const statement of statements) {
    if (running.session.ended || running.over?.()) return 'break';
    const left = await runOne(running, statement);
    if (left !== 'end') return left;
  }
  return 'end';
}

async function runOne(running: Running, statement: ScriptStatement): Promise<Left> {
  const { session, console } = running;
  const { at } = statement;
  switch (statement.kind) {
    case 'line':
      return runLine(running, at);
    case 'if':
      return runAll(running, truth(running, statement) ? statement.then : statement.otherwise);
    case 'while':
      while (truth(running, statement)) {
        if (await interrupted(session)) throw new ScriptError('interrupted', at.number);
        if ((await runAll(running, statement.body)) === 'break') break;
      }
      return 'end';
    case 'commands':
      pointing(at, () => withCommands(session, new Arguments(statement.name, 0, '', 'commands'), statement.body));
      return 'end';
    case 'define':
    case 'document':
      pointing(at, () => define(session, statement, console));
      return 'end';
  }
}

async function runLine(running: Running, at: NumberedLine): Promise<Left> {
  const line = at.text.trim();
  if (line === 'loop_break') return 'break';
  if (line === 'loop_continue') return 'continue';
  const outcome = await running.console.execute(running.session, at.text);
  running.each?.(outcome);
  if (!outcome.ok) throw new ScriptError(outcome.output, at.number);
  if (running.each === undefined) running.print(printedAnswer(outcome));
  return 'end';
}

const truth = ({ session }: Running, { at, condition }: ScriptStatement & { readonly condition: string }): boolean =>
  pointing(at, () => {
    const context = session.context();
    const result = evaluated(context, condition, 0);
    return isTruth(result) ? truthOfResult(context, result) : Number(numberOfResult(context, result)) !== 0;
  });

const isTruth = (result: Result): boolean =>
  result.kind === 'constant' ? result.constant.class === 'bool' : result.kind === 'value' && underlying(result.value.type).kind === 'bool';

function pointing<T>({ number }: NumberedLine, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ScriptError(told(error).message, number);
  }
}

const OWN_NAME = /^[A-Za-z_][\w-]*$/;
const HOOK = /^hook(post)?-/;

function define(
  session: Session,
  { kind, name, body }: ScriptStatement & { kind: 'commands' | 'define' | 'document' },
  console: Console,
): void {
  if (!OWN_NAME.test(name)) throw new CommandError(`${kind} wants the name of a command: letters, digits, _ and -, not "${name}"`);
  if (HOOK.test(name)) throw new CommandError(`${name}: no hooks are run here; commands of a breakpoint are run at its stops`);
  const before = session.defined.get(name);
  if (kind === 'document') {
    if (before === undefined) throw new CommandError(`"${name}" is no command of your own: define it first`);
    session.defined.set(name, { ...before, help: body.join('\n') });
    return;
  }
  // What r14 does is not replaced: a script that counts on it would do something else in silence.
  const own = console.table.commands.find(each => each.name === name || each.aliases.includes(name));
  if (own !== undefined) throw new CommandError(`"${name}" is a command of r14's; another name is wanted`);
  session.defined.set(name, { body, help: before?.help });
}
