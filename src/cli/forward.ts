/** `--forward [HOST:]PORT`: clients of this machine that may reach the program. */
import type { Forward, NodeClients } from '../host/node/clients.js';
import { type Parsed, UsageError } from './flags.js';
import { writeOut } from './output.js';

/** Ports below it nobody may bind who has no privileges, and the guest has none. */
const UNPRIVILEGED = 1024;
const LAST_PORT = 65_535;

/** What was asked for; undefined when the flag was not given. */
export function forwardFlag(parsed: Parsed): readonly Forward[] | undefined {
  const forwards = parsed.values.get('forward')?.map(text => {
    const [, host, port] = /^(?:(\d{1,5}):)?(\d{1,5})$/.exec(text) ?? [];
    const forward = { host: Number(host ?? port), guest: Number(port) };
    if (!(forward.host <= LAST_PORT && forward.guest <= LAST_PORT))
      throw new UsageError(`--forward: "${text}" is neither a port nor HOST:PORT, of 127.0.0.1 and of the program`);
    if (forward.guest < UNPRIVILEGED)
      throw new UsageError(`--forward: the program cannot listen at ports below ${UNPRIVILEGED}: "${text}"`);
    return forward;
  });
  const twice = forwards?.find(({ host }, index) => host !== 0 && forwards.findIndex(each => each.host === host) < index);
  if (twice !== undefined) throw new UsageError(`--forward: 127.0.0.1:${twice.host} is given twice`);
  return forwards;
}

/** Has clients come; undefined: none may. */
export async function forwardedClients(parsed: Parsed): Promise<NodeClients | undefined> {
  const forwards = forwardFlag(parsed);
  if (forwards === undefined) return undefined;
  // Node's network takes its time to load, at each start.
  const { NodeClients } = await import('../host/node/clients.js');
  return NodeClients.listen(forwards, text => writeOut(2, `r14: ${text}\n`));
}
