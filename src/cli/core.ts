/** `r14 core CORE [PROGRAM]`: a session of what a core file has. */
import { resolve } from 'node:path';
import { coreLauncher } from '../debugger/session/core-launcher.js';
import type { Launcher } from '../debugger/session/host.js';
import type { Session } from '../debugger/session/session.js';
import { stopText } from '../debugger/show/stop-text.js';
import { nodePorts } from '../host/node/ports.js';
import type { CoreProcess } from '../linux/core.js';
import { hold } from './exec.js';
import type { Parsed } from './flags.js';
import { writeOut } from './output.js';

/** A core file, opened: what shows it, and what a session is to know of it. */
interface OpenedCore {
  readonly launch: Launcher;
  /** Lines of what is missing. */
  attend(session: Session): readonly string[];
}

export function coreCommand(parsed: Parsed, path: string): Promise<number> {
  const { launch, attend } = coreToOpen(parsed, path, process.cwd(), parsed.paths[1]);
  return hold(parsed, path, launch, {
    attend: session => {
      for (const line of attend(session)) writeOut(2, `r14: ${line}\n`);
    },
    greeting: session => stopText(session),
    idle: undefined,
    finish: (_, status) => status,
  });
}

/** `program`: where its program lies now, if elsewhere. */
export function coreToOpen(parsed: Parsed, path: string, cwd: string, program: string | undefined): OpenedCore {
  const sysroot = parsed.values.get('sysroot')?.[0];
  let opened: CoreProcess | undefined;
  const options = {
    host: nodePorts,
    core: resolve(path),
    cwd,
    ...(program === undefined ? {} : { program: resolve(cwd, program) }),
    ...(sysroot === undefined ? {} : { sysroot }),
  };
  const launch = coreLauncher(options, process => {
    opened = process;
  });
  return {
    launch,
    attend: session => {
      const { died, missing } = opened!;
      session.stopped(died === undefined ? { reason: 'moment' } : { reason: 'signal', signal: died });
      return missing;
    },
  };
}
