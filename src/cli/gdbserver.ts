/** `r14 gdbserver`: a session that gdb drives, over TCP; one client at a time. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { execute } from '../debugger/commands/execute.js';
import { assembledLauncher, launcher } from '../debugger/session/launcher.js';
import { Session } from '../debugger/session/session.js';
import type { NodeClients } from '../host/node/clients.js';
import { terminalText } from '../host/terminal-text.js';
import type { Runnable } from '../runtime/bundled/detected.js';
import { GdbConnection } from '../server/gdb/server.js';
import { numberFlag, type Parsed, sizeFlag, UsageError } from './flags.js';
import { forwardedClients } from './forward.js';
import { nodeHost } from './host.js';
import { stdinFlag } from './input.js';
import { Outlet, writeOut } from './output.js';
import { processOptions } from './process-options.js';

const LOOPBACK = '127.0.0.1';
const EVERYWHERE = '0.0.0.0';
const BUSY = '$E.another gdb is connected#00';
const MEBIBYTE = 2 ** 20;

const say = (text: string): void => writeOut(2, `r14: ${terminalText(text)}\n`);

/** Serves one client after another until one has killed the program or left it to run. Returns the exit status. */
export async function serveGdb(parsed: Parsed, where: string, path: string, assembled?: Runnable): Promise<number> {
  const clients = await forwardedClients(parsed);
  try {
    return await attend(parsed, where, clients, path, assembled);
  } finally {
    await clients?.end();
  }
}

async function attend(
  parsed: Parsed,
  where: string,
  visitors: NodeClients | undefined,
  path: string,
  assembled: Runnable | undefined,
): Promise<number> {
  const port = portOf(where);
  const options = processOptions(parsed, path);
  const launch = assembled === undefined ? launcher(options) : assembledLauncher(assembled, options);
  const session = new Session(
    launch,
    nodeHost(undefined, 0, false, visitors),
    numberFlag(parsed, 'limit', 1),
    undefined,
    stdinFlag(parsed),
  );
  const history = sizeFlag(parsed, 'history-memory');
  if (history !== undefined) session.settings.set('history-memory', String(Math.ceil(history / MEBIBYTE)), 0);
  new Outlet(1).attend(session);
  const clients: Socket[] = [];
  let arrived: () => void = () => undefined;
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => socket.destroy());
    if (clients.length > 0) {
      socket.end(BUSY);
      return;
    }
    clients.push(socket);
    arrived();
  });
  const host = parsed.values.has('listen-all') ? EVERYWHERE : LOOPBACK;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new UsageError(`cannot listen on ${host}:${port}: ${(error as Error).message}`);
  }
  const address = server.address();
  say(`gdb may connect: target remote ${LOOPBACK}:${typeof address === 'object' && address !== null ? address.port : port}`);
  for (;;) {
    if (clients.length === 0)
      await new Promise<void>(resolve => {
        arrived = resolve;
      });
    const left = await serve(session, clients[0]!);
    clients.length = 0;
    if (left === 'stays') {
      say('gdb has gone; the program stays where it is, for the next');
      continue;
    }
    server.close();
    if (left === 'killed') return 0;
    // It runs on, with nobody beside it.
    if (!session.exited) await execute(session, 'continue');
    return session.stop.reason === 'exited' ? session.stop.status : 1;
  }
}

/** Until the client has left. */
async function serve(session: Session, socket: Socket): Promise<GdbConnection['left']> {
  const connection = new GdbConnection(session, {
    send: bytes => void socket.write(bytes, 'latin1'),
    close: () => void socket.end(),
    debug: process.env.R14_DEBUG === '1',
  });
  socket.setEncoding('latin1');
  socket.on('data', (bytes: string) => connection.hear(bytes));
  await new Promise<void>(resolve => socket.once('close', () => resolve()));
  await connection.end();
  return connection.left;
}

/** The number behind the last colon; 0: any that is free. */
function portOf(where: string): number {
  const [, host, digits] = /^(?:(localhost|127\.0\.0\.1)?:)?(\d+)$/.exec(where) ?? [];
  const port = Number(digits ?? Number.NaN);
  if (!(port <= 65535))
    throw new UsageError(
      `"${where}" is not where to listen: :PORT, with a PORT up to 65535${host === undefined ? '; --listen-all lets others connect' : ''}`,
    );
  return port;
}
