/** Opens a core file for a session: once, for there is nothing to start anew. */
import { Told } from '../../host/told.js';
import { type CoreOptions, type CoreProcess, openCore } from '../../linux/core.js';
import type { Launcher } from './host.js';
import { launcher } from './launcher.js';

/** `opened` is told of the process. */
export function coreLauncher(options: Omit<CoreOptions, 'output' | 'stdin'>, opened: (process: CoreProcess) => void): Launcher {
  const { images, source } = launcher({ host: options.host, path: options.core });
  let done = false;
  return {
    images,
    source,
    launch: (_, output, stdin) => {
      if (done) throw new Told('a core file does not run, and cannot be started again');
      done = true;
      const process = openCore({ ...options, output, ...(stdin === undefined ? {} : { stdin }) });
      opened(process);
      return process;
    },
  };
}
