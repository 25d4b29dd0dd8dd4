import { run } from '../debugger/commands/execute.js';
import type { Session } from '../debugger/session/session.js';
import type { SharedRun } from '../debugger/session/share.js';
import type { Stop } from '../debugger/session/stop.js';
import { AS_WRITTEN, toFirstCall } from '../debugger/show/first-call.js';
import { type AssembledFiles, AssemblyLauncher } from './asm-launcher.js';
import { hold } from './exec.js';
import { type Parsed, screenWanted } from './flags.js';
import { writeOut } from './output.js';
import { processOptions } from './process-options.js';
import { tellStats } from './run.js';

/** `r14 asm`: a debugging session, as `r14 exec` holds it, of assembled files; calls are also just made, where nothing else is to be done. */
export async function debugAssembly(parsed: Parsed, path: string, asked: AssembledFiles, from?: SharedRun): Promise<number> {
  const started = performance.now();
  const files = new AssemblyLauncher(asked, processOptions(parsed, path));
  const calls = files.calls > 0 ? files : undefined;
  let held: Session | undefined;
  const status = await hold(
    atFirstCall(parsed, asked.calls),
    path,
    files,
    {
      attend: session => {
        held = session;
      },
      idle: calls && (session => makeCalls(session, calls)),
      // Whatever has become of the program is told already; what the calls have become is not, where the screen or the limit ended it.
      finish: (session, status, shown) => {
        const returned = calls?.returned(session.target.process);
        if (returned !== undefined && shown && returned.text !== '') writeOut(1, `${returned.text}\n`);
        if (returned?.unfinished !== undefined) writeOut(2, `r14: ${returned.unfinished} has not returned\n`);
        return session.exitStatus ?? (statusOfStop(session.stop) || status);
      },
    },
    from,
  );
  if (parsed.values.has('stats') && held !== undefined) tellStats(held.target.process, started, status);
  return status;
}

/** The screen opens where the first of the calls begins, in the syntax that the file is written in; commands of the user's own come before that. */
function atFirstCall(parsed: Parsed, calls: readonly string[]): Parsed {
  const way = toFirstCall(calls);
  if (way.length === 0 || parsed.script.length > 0 || parsed.values.has('json') || parsed.values.has('batch') || !screenWanted(parsed))
    return parsed;
  return { ...parsed, script: [AS_WRITTEN, ...way].map(text => ({ kind: 'ex', text })) };
}

/** Nothing of the debugger's is wanted: the calls' results, or why there are none. */
async function makeCalls(session: Session, calls: AssemblyLauncher): Promise<void> {
  for (;;) {
    const { output } = await run(session, 'continue');
    if (session.exited) break;
    writeOut(2, `${output}\n`);
    // What the program makes of a signal is for it to say.
    if (statusOfStop(session.stop) < SIGNALLED) break;
  }
  const { text } = calls.returned(session.target.process);
  if (text !== '') writeOut(1, `${text}\n`);
}

/** From here on statuses are of signals. */
const SIGNALLED = 128;

/** What has become of a program, as a shell and `r14 run` have it; 0 where that is open. */
function statusOfStop(stop: Stop): number {
  switch (stop.reason) {
    case 'exited':
      return stop.status;
    case 'signal':
      return SIGNALLED + stop.signal.signal;
    case 'limit':
      return 124;
    case 'deadlock':
    case 'memory-limit':
    case 'unsupported':
      return 125;
    default:
      return 0;
  }
}
