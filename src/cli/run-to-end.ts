/** A program that is run to its end with nobody at the keys. */
import { Driver } from '../debugger/session/driver.js';
import type { Launcher } from '../debugger/session/host.js';
import { Told } from '../host/told.js';
import type { Process } from '../linux/api.js';

/** Instructions between two looks at whether it has ended. */
const SLICE = 20_000_000;

/** The process at its end, and its status. `begun`: before its first instruction. Throws Told when it does not come to an end within `limit` instructions. */
export function runToEnd(
  launch: Launcher,
  name: string,
  limit = Number.POSITIVE_INFINITY,
  begun: (process: Process) => void = () => undefined,
): { readonly process: Process; readonly status: number } {
  const process = launch.launch(undefined, () => undefined);
  const driver = new Driver(process, limit);
  process.catch = { signals: new Set() };
  begun(process);
  for (;;) {
    const before = process.t;
    const stop = driver.run(SLICE);
    if (stop.kind === 'exited') return { process, status: stop.status };
    if (driver.remaining <= 0) throw new Told(`${name}: stopped after ${limit} instructions (--limit)`);
    if (stop.kind !== 'budget' && stop.kind !== 'signal' && process.t === before)
      throw new Told(`${name}: it does not come to its end (${stop.kind})`);
  }
}
