import { createInterface } from 'node:readline';
import { printedAnswer } from '../debugger/answer.js';
import type { Outcome } from '../debugger/commands/command.js';
import { commandLine, run } from '../debugger/commands/execute.js';
import { runScript } from '../debugger/commands/script.js';
import { CommandError } from '../debugger/errors.js';
import type { Launcher } from '../debugger/session/host.js';
import { assembledLauncher, launcher } from '../debugger/session/launcher.js';
import { Session } from '../debugger/session/session.js';
import type { SharedRun } from '../debugger/session/share.js';
import { inputsOf } from '../debugger/session/shared-run.js';
import { ownInput, QueuedInput } from '../host/node/input.js';
import type { Runnable } from '../runtime/bundled/detected.js';
import { asciiWanted, heard, numberFlag, type Parsed, screenWanted, sizeFlag } from './flags.js';
import { forwardedClients } from './forward.js';
import { nodeHost } from './host.js';
import { stdinFlag } from './input.js';
import { keepFiles, keepFlag } from './keep.js';
import { Outlet, writeOut } from './output.js';
import { processOptions } from './process-options.js';
import { openScreen } from './screen.js';

const WELCOME = 'Stopped before the first instruction. start runs to main, b SYMBOL sets a breakpoint, c runs, help shows all.';

/** Where to begin with a Go program of one's own. */
function lessonFor({ target }: Session, path: string): string {
  const { go } = target.images;
  return go === undefined || go.bundled ? '' : `r14 lesson ${path} tells what there is to look at in it.\n`;
}

/** Instructions that may be run again to say more of a stop: a second of the emulator's time for a reader, hundredths for a script. */
const AGAIN = { read: 25_000_000, script: 2_000_000 } as const;

/** `r14 exec`: a debugging session, of the flags' commands and then of the keyboard or standard input. Returns the exit status. */
export async function debug(given: Parsed, path: string, assembled?: Runnable, from?: SharedRun): Promise<number> {
  const steered = given.values.has('schedule') ? (await import('./scheduled.js')).steeredRun(given, path) : undefined;
  const parsed = steered?.parsed ?? given;
  const options = processOptions(parsed, path);
  const launch = assembled === undefined ? launcher(options) : assembledLauncher(assembled, options);
  if (steered === undefined) return hold(parsed, path, launch, undefined, from);
  // What it was found for may be a race: the run stops at its report.
  const script = [{ kind: 'ex', text: 'break race' } as const, ...parsed.script];
  return hold({ ...parsed, script }, path, steered.launcher(launch, path), undefined, from);
}

/** How `r14 asm` differs. */
export interface Manner {
  attend(session: Session): void;
  /** Before anything else is done; what it throws ends r14. */
  arrive?(session: Session): Promise<void>;
  /** What stands above the first prompt; absent: that of a program at its start. */
  greeting?(session: Session): string;
  /** What is done where nobody has given a command; undefined: nothing. */
  readonly idle: ((session: Session) => Promise<void>) | undefined;
  /** The exit status, from the commands'. `shown`: the screen was there. */
  finish(session: Session, status: number, shown: boolean): number;
}

export async function hold(parsed: Parsed, path: string, launch: Launcher, manner?: Manner, from?: SharedRun): Promise<number> {
  const json = parsed.values.has('json');
  const batch = parsed.values.has('batch');
  const limit = numberFlag(parsed, 'limit', 1);
  const kept = keepFlag(parsed);
  // JSON has standard output to itself.
  const outlet = new Outlet(json ? 2 : 1);
  const screen = !json && !batch && screenWanted(parsed);
  const interactive = !batch && process.stdin.isTTY === true && !json;
  const own = batch ? ownInput() : undefined;
  const typed = own ?? (screen || interactive ? new QueuedInput(false) : undefined);
  const clients = await forwardedClients(parsed);
  const session = new Session(
    launch,
    nodeHost(typed, screen ? 0 : interactive ? AGAIN.read : AGAIN.script, screen, clients),
    limit,
    undefined,
    stdinFlag(parsed),
    from?.given && inputsOf(from.given),
  );
  const history = sizeFlag(parsed, 'history-memory');
  if (history !== undefined) session.settings.set('history-memory', String(Math.ceil(history / 2 ** 20)), 0);
  outlet.attend(session);
  if (!json && !screen) session.printed = text => writeOut(1, Buffer.from(text));
  manner?.attend(session);
  await manner?.arrive?.(session);
  const finish = async (status: number, shown = false): Promise<number> => {
    own?.end();
    await clients?.end();
    if (kept !== undefined) keepFiles(kept, session.target.process);
    return manner?.finish(session, status, shown) ?? status;
  };
  if (screen) {
    const script = parsed.script.map(({ kind, text }) => (kind === 'ex' ? text : `source ${text}`));
    const notice = script.length === 0 ? lessonFor(session, path) : '';
    await openScreen(
      { session },
      { title: path.split('/').at(-1)!, ascii: asciiWanted(parsed), script, notice, shared: from?.look },
      outlet,
    );
    // The screen is gone, and what it has told with it.
    await finish(0, true);
    return session.exitStatus ?? 0;
  }
  const interrupt = () => session.interrupt();
  process.on('SIGINT', interrupt);
  let failed = false;
  const report = (outcome: Outcome) => {
    failed ||= !outcome.ok;
    if (json) writeOut(1, `${JSON.stringify(outcome)}\n`);
    else writeOut(outcome.ok ? 1 : 2, Buffer.from(printedAnswer(outcome)));
  };
  if (interactive) writeOut(1, `${manner?.greeting?.(session) ?? `${WELCOME}\n${lessonFor(session, path)}`.trim()}\n`);
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
    await finish(0);
    return session.exitStatus ?? 0;
  }
  await begin();
  const given = batch || session.ended ? 0 : await readCommands(session, report);
  if (manner?.idle !== undefined && given === 0 && parsed.script.length === 0) {
    if (json) report(await run(session, 'continue'));
    else await manner.idle(session);
  }
  return finish(session.exitStatus ?? (failed ? 1 : 0));
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

/** Standard input that is no terminal: a command a line. How many there were. */
async function readCommands(session: Session, report: (outcome: Outcome) => void): Promise<number> {
  let count = 0;
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    count++;
    report(await run(session, line));
    if (session.ended) break;
  }
  lines.close();
  return count;
}
