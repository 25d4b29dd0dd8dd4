import type { Assembled } from '../asm/program.js';
import { printedAnswer } from '../debugger/answer.js';
import type { Outcome } from '../debugger/commands/command.js';
import { commandLine, run } from '../debugger/commands/execute.js';
import { runScript } from '../debugger/commands/script.js';
import { CommandError } from '../debugger/errors.js';
import { assembledLauncher, launcher } from '../debugger/session/launcher.js';
import { Session } from '../debugger/session/session.js';
import { ownInput, QueuedInput } from '../host/node/input.js';
import type { Process } from '../linux/api.js';
import { asciiWanted, heard, numberFlag, type Parsed, screenWanted } from './flags.js';
import { nodeHost } from './host.js';
import { stdinFlag } from './input.js';
import { Outlet, writeOut } from './output.js';
import { processOptions } from './process-options.js';
import { openScreen } from './screen.js';

/** What `--call` has called. */
interface Call {
  /** What it has returned, in words; undefined: it has not returned. */
  result(process: Process): string | undefined;
  /** Prints that. */
  tell(result: string | undefined): void;
}

const WELCOME = 'Stopped before the first instruction. start runs to main, b SYMBOL sets a breakpoint, c runs, help shows all.';

/** `r14 exec` and `r14 asm`: a debugging session, of the flags' commands and then of the keyboard or standard input. Returns the exit status. */
export async function debug(parsed: Parsed, path: string, assembled?: Assembled, call?: Call): Promise<number> {
  const json = parsed.values.has('json');
  const batch = parsed.values.has('batch');
  const limit = numberFlag(parsed, 'limit', 1);
  // JSON has standard output to itself.
  const outlet = new Outlet(json ? 2 : 1);
  const options = processOptions(parsed, path);
  const launch = assembled === undefined ? launcher(options) : assembledLauncher(assembled, options);
  const screen = !json && !batch && screenWanted(parsed);
  const interactive = !batch && process.stdin.isTTY === true && !json;
  const own = batch ? ownInput() : undefined;
  const typed = own ?? (screen || interactive ? new QueuedInput(false) : undefined);
  const launched = call === undefined ? launch : { ...launch, result: call.result };
  const session = new Session(launched, nodeHost(typed), limit, undefined, stdinFlag(parsed));
  outlet.attend(session);
  if (!json && !screen) session.printed = text => writeOut(1, text);
  const finish = (status: number): number => {
    own?.end();
    if (call !== undefined && call.result(session.target.process) === undefined) call.tell(undefined);
    return status;
  };
  if (screen) {
    const script = parsed.script.map(({ kind, text }) => (kind === 'ex' ? text : `source ${text}`));
    await openScreen({ session }, { title: path.split('/').at(-1)!, ascii: asciiWanted(parsed), script }, outlet);
    // The screen is gone, and what it has told with it.
    call?.tell(call.result(session.target.process));
    return session.exitStatus ?? 0;
  }
  const interrupt = () => session.interrupt();
  process.on('SIGINT', interrupt);
  let failed = false;
  const report = (outcome: Outcome) => {
    failed ||= !outcome.ok;
    if (json) writeOut(1, `${JSON.stringify(outcome)}\n`);
    else writeOut(outcome.ok ? 1 : 2, printedAnswer(outcome));
  };
  if (interactive) writeOut(1, `${WELCOME}\n`);
  const begin = async () => {
    for (const { kind, text } of parsed.script) {
      if (session.ended) break;
      if (kind === 'ex') report(await run(session, text));
      else await script(session, text, json, report);
    }
  };
  if (interactive) {
    const { converse } = await import('./repl.js');
    process.off('SIGINT', interrupt);
    await converse(session, heard(parsed), begin);
    return finish(session.exitStatus ?? 0);
  }
  await begin();
  const status = () => session.exitStatus ?? (failed ? 1 : 0);
  if (batch || session.ended) return finish(status());
  await readCommands(session, report);
  return finish(status());
}

/** `-x FILE`: in JSON every line of it is an outcome of its own, and the file itself none, unless it is what is wrong. */
async function script(session: Session, path: string, json: boolean, report: (outcome: Outcome) => void): Promise<void> {
  const command = `source ${path}`;
  let failed = false;
  const each = (outcome: Outcome) => {
    failed ||= !outcome.ok;
    report(outcome);
  };
  try {
    const answer = await runScript(session, path, commandLine, json ? each : undefined);
    if (!json) report({ command, ok: true, ...answer });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (!failed) report({ command, ok: false, output: error.message, data: { error: error.message, column: null, own: false } });
  }
}

/** Standard input that is no terminal: a command a line. */
async function readCommands(session: Session, report: (outcome: Outcome) => void): Promise<void> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    report(await run(session, line));
    if (session.ended) break;
  }
  lines.close();
}
