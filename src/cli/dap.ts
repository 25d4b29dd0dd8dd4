/** `r14 dap`: sessions that editors drive, over standard input and output or TCP; one client at a time. */
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { reserveMemory } from '../cpu/memory/reserve.js';
import { assembledLauncher, launcher } from '../debugger/session/launcher.js';
import { Session } from '../debugger/session/session.js';
import type { NodeClients } from '../host/node/clients.js';
import { QueuedInput } from '../host/node/input.js';
import { terminalText } from '../host/terminal-text.js';
import { DapConnection } from '../server/dap/connection.js';
import type { Launch } from '../server/dap/launch.js';
import { dapMessage } from '../server/dap/transport.js';
import { bundled } from './bundled.js';
import { completeFile } from './complete-file.js';
import { numberFlag, type Parsed, parseCommandLine, sizeFlag, UsageError } from './flags.js';
import { forwardedClients } from './forward.js';
import { nodeHost } from './host.js';
import { stdinFlag } from './input.js';
import { writeOut } from './output.js';
import { processOptions } from './process-options.js';

const LOOPBACK = '127.0.0.1';
const MEBIBYTE = 2 ** 20;
/** Instructions that may be run again to say more of a stop: somebody reads it. */
const AGAIN = 25_000_000;
/** What a client hears while another is served. */
const BUSY = [
  { seq: 1, type: 'event', event: 'output', body: { category: 'important', output: 'r14 serves another editor now\n' } },
  { seq: 2, type: 'event', event: 'terminated' },
];

const say = (text: string): void => writeOut(2, `r14: ${terminalText(text)}\n`);

/** Serves the client at standard input, or those that connect, until it is ended. Returns the exit status. */
export async function serveEditors(parsed: Parsed): Promise<number> {
  const port = numberFlag(parsed, 'listen', 0);
  if (port === undefined) {
    await serve(process.stdin, process.stdout);
    process.stdin.destroy();
    return 0;
  }
  if (port > 65535) throw new UsageError(`--listen: there is no port ${port}; the last is 65535`);
  let busy = false;
  const server = createServer({ noDelay: true }, (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    if (busy) {
      for (const each of BUSY) socket.write(dapMessage(each));
      socket.end();
      return;
    }
    busy = true;
    void serve(socket, socket).finally(() => {
      busy = false;
      say('the editor has gone; the next may connect');
    });
  });
  server.listen(port, LOOPBACK);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new UsageError(`cannot listen on ${LOOPBACK}:${port}: ${(error as Error).message}`);
  }
  const address = server.address();
  say(`editors may connect to ${LOOPBACK}:${typeof address === 'object' && address !== null ? address.port : port}`);
  await once(server, 'close');
  return 0;
}

/** Until the client has left. */
async function serve(from: Readable, to: Writable): Promise<void> {
  const held: NodeClients[] = [];
  const connection = new DapConnection({
    send: bytes => void to.write(bytes),
    close: () => void (from === process.stdin ? from.destroy() : to.end()),
    launch: launch => open(launch, to, held),
    files: completeFile,
    debug: process.env.R14_DEBUG === '1',
  });
  // Who reads no more has gone.
  to.on('error', () => from.destroy());
  from.on('data', (bytes: Uint8Array) => connection.hear(bytes));
  await new Promise<void>(resolve => from.once('end', resolve).once('close', resolve).once('error', resolve));
  await connection.end();
  for (const clients of held) await clients.end();
}

/** `held`: gets who serves the program's clients until the editor has gone. */
async function open(launch: Launch, to: Writable, held: NodeClients[]): Promise<Session> {
  const cwd = launch.cwd === undefined ? process.cwd() : resolve(launch.cwd);
  if (!existsSync(cwd) || !statSync(cwd).isDirectory()) throw new UsageError(`cwd: ${cwd} is no folder`);
  const { what } = launch;
  const file = resolve(cwd, what.path);
  const typed = new QueuedInput(false);
  const host = nodeHost(typed, AGAIN);
  const breathe = async (): Promise<void> => {
    await host.breathe();
    // A program that writes faster than the client reads waits for it.
    if (to.writableNeedDrain && !to.destroyed) await Promise.race([once(to, 'drain'), once(to, 'close')]);
  };
  if (what.kind === 'replay') {
    const { openRecording } = await import('./replay.js');
    const { launch: launcher, arrive } = await openRecording(parseCommandLine(['replay', ...launch.flags, file]), file);
    const session = new Session(launcher, { ...host, breathe });
    await arrive(session);
    return session;
  }
  if (what.kind === 'core') {
    const { coreToOpen } = await import('./core.js');
    const opened = coreToOpen(parseCommandLine(['core', ...launch.flags, file]), file, cwd, launch.program);
    const session = new Session(opened.launch, { ...host, breathe });
    opened.attend(session);
    return session;
  }
  const path = existsSync(file) || what.path.includes('/') ? file : what.path;
  const given = parseCommandLine(['exec', ...launch.flags, path, '--', ...launch.args]);
  const steered = given.values.has('schedule') ? (await import('./scheduled.js')).steeredRun(given, path) : undefined;
  const parsed = steered?.parsed ?? given;
  reserveMemory(sizeFlag(parsed, 'memory'));
  const options = { ...processOptions(parsed, path), cwd };
  const assembled = await bundled(parsed, path);
  const free = assembled === undefined ? launcher({ ...options, path: file }) : assembledLauncher(assembled, options);
  const start = steered?.launcher(free, path) ?? free;
  const clients = await forwardedClients(parsed);
  if (clients !== undefined) held.push(clients);
  const session = new Session(
    start,
    { ...host, breathe, ...(clients === undefined ? {} : { clients }) },
    numberFlag(parsed, 'limit', 1),
    undefined,
    stdinFlag(parsed),
  );
  const history = sizeFlag(parsed, 'history-memory');
  if (history !== undefined) session.settings.set('history-memory', String(Math.ceil(history / MEBIBYTE)), 0);
  return session;
}
