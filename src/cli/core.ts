/** `r14 core CORE [PROGRAM]`: a session of what a core file has. */
import { resolve } from 'node:path';
import { coreLauncher } from '../debugger/session/core-launcher.js';
import { stopText } from '../debugger/show/stop-text.js';
import { nodePorts } from '../host/node/ports.js';
import type { CoreProcess } from '../linux/core.js';
import { hold } from './exec.js';
import type { Parsed } from './flags.js';
import { writeOut } from './output.js';

export function coreCommand(parsed: Parsed, path: string): Promise<number> {
  const program = parsed.paths[1];
  const sysroot = parsed.values.get('sysroot')?.[0];
  let opened: CoreProcess | undefined;
  const options = {
    host: nodePorts,
    core: resolve(path),
    cwd: process.cwd(),
    ...(program === undefined ? {} : { program: resolve(program) }),
    ...(sysroot === undefined ? {} : { sysroot }),
  };
  const launch = coreLauncher(options, process => {
    opened = process;
  });
  return hold(parsed, path, launch, {
    attend: session => {
      const { died, missing } = opened!;
      session.stopped(died === undefined ? { reason: 'moment' } : { reason: 'signal', signal: died });
      for (const line of missing) writeOut(2, `r14: ${line}\n`);
    },
    greeting: session => stopText(session),
    idle: undefined,
    finish: (_, status) => status,
  });
}
