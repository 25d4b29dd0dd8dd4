/** Clients from outside (--forward). The oracles are the same server run on the host, and the hash of the whole machine where a run is done again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ClientEvent, ClientLog, type HostClients } from '../src/host/clients.js';
import { nodePorts } from '../src/host/node/ports.js';
import { startProcess } from '../src/linux/process.js';
import { buildC, buildGo, missing, runR14 } from './support/build.js';

const why = missing('go1.26', 'gcc');
const folder = mkdtempSync(join(tmpdir(), 'r14-forward-'));
const r14 = join(import.meta.dirname, '../bin/r14.js');
const running: ChildProcess[] = [];
afterAll(() => {
  for (const each of running) each.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A program that runs beside the test, with what it has printed. */
class Beside {
  text = '';
  readonly child: ChildProcess;
  readonly status: Promise<number | null>;

  constructor(file: string, args: readonly string[]) {
    this.child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    running.push(this.child);
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (this.text += text));
    this.status = once(this.child, 'close').then(([status]) => status as number | null);
  }

  async says(what: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = what.exec(this.text);
      if (found) return found;
      if (this.child.exitCode !== null) throw new Error(`it ended without ${what}: ${this.text}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  async port(): Promise<number> {
    return Number((await this.says(/127\.0\.0\.1:(\d+)/))[1]);
  }
}

const emulated = (command: 'run' | 'exec', ...args: readonly string[]): Beside => new Beside(process.execPath, [r14, command, ...args]);
const commands = (...lines: string[]): string[] => lines.flatMap(line => ['-ex', line]);

async function ask(port: number, path: string, { body, agent, slow }: { body?: Buffer; agent?: Agent; slow?: boolean } = {}) {
  const asked = request({ port, path, host: '127.0.0.1', method: body === undefined ? 'GET' : 'POST', ...(agent ? { agent } : {}) });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  // What is not read is held back, up to the program itself.
  if (slow) await new Promise(resolve => setTimeout(resolve, 300));
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return { status: answer.statusCode, body: Buffer.concat(pieces) };
}

/** What a client gets that has a connection of its own, and says what a socket hears until it is over. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let heard = '';
  socket.on('data', (each: string) => (heard += each)).on('error', error => (heard += (error as NodeJS.ErrnoException).code));
  socket.end(text);
  await new Promise(resolve => socket.on('close', resolve));
  return heard.replace(/^Date: .*\r\n/m, '');
}

describe.skipIf(why)(`clients from outside${why ? ` (skipped: ${why})` : ''}`, () => {
  const server = why === undefined ? buildGo('http') : '';
  const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index * 7 + (index >> 12)));

  it('get what they get of the program on the host', async () => {
    const answers = async (port: number) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const kept = [];
      for (const n of [1, 2, 3]) kept.push(await ask(port, `/hello?n=${n}`, { agent }));
      agent.destroy();
      const together = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(port, `/hello?n=${n}`)));
      const echo = await ask(port, '/echo', { body: large });
      const slow = await ask(port, '/echo', { body: large, slow: true });
      const stream = await ask(port, '/stream');
      const nothing = await ask(port, '/nothing');
      const half = await raw(port, 'GET /hello?n=half HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      const hijacked = await raw(port, 'GET /hijack HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\none\ntwo\n');
      const wrong = await raw(port, 'nonsense\r\n\r\n');
      const bye = await ask(port, '/quit');
      return { kept, together, same: [echo, slow].map(({ body }) => body.equals(large)), stream, nothing, half, hijacked, wrong, bye };
    };
    const native = new Beside(server, ['0']);
    const expected = await answers(await native.port());
    expect(await native.status).toBe(3);
    const guest = emulated('run', '--forward', '0:8080', server, '--', '8080');
    expect(await answers(await guest.port())).toEqual(expected);
    expect(await guest.status).toBe(3);
    expect(expected.same).toEqual([true, true]);
    expect(guest.text).toMatch(/^r14: 127\.0\.0\.1:\d+ leads to port 8080 of the program\nlistening on 127\.0\.0\.1:8080\n$/);
  });

  it('wait while the program stands, and what they sent comes again when it goes back and when it is replayed', async () => {
    const file = join(folder, 'clients.r14');
    const stop = 'break main.handlers.func1';
    const guest = emulated(
      'exec',
      ...['--batch', '--forward', '0:8080', ...commands(stop, 'c', 'info state', 'c', 'info state', 'p *r.URL', `save ${file}`)],
      ...[
        ...commands('reverse-continue', 'info state', 'p *r.URL', 'c', 'info state', 'delete', 'c', 'reverse-step', 'info state', 'c'),
        server,
      ],
      ...['--', '8080'],
    );
    const port = await guest.port();
    const first = await ask(port, '/hello?n=1');
    const [second, third] = await Promise.all([ask(port, '/hello?n=2'), ask(port, '/quit').catch(() => undefined)]);
    expect([first, second].map(({ body }) => String(body))).toEqual(['hello 1', 'hello 2']);
    expect(third === undefined || String(third.body) === 'bye').toBe(true);
    expect(await guest.status).toBe(0);
    const states = guest.text.match(/^t=[\d,]+ {2}[0-9a-f]{64}.*$/gm)!;
    expect(states).toHaveLength(5);
    // Back at the first stop, and forward at the second again.
    expect(states[2]).toBe(states[0]);
    expect(states[3]).toBe(states[1]);
    const replayed = runR14(['replay', '--batch', ...commands('info state', 'p *r.URL'), file]);
    expect(replayed.stderr).toBe('');
    expect(replayed.stdout).toContain(states[1]!);
    expect(replayed.stdout).toContain('RawQuery: "n=2"');
  });

  it('are the same in a run by their record, whatever slices it is cut into', () => {
    const text = (words: string) => new TextEncoder().encode(words);
    const get = (path: string) => text(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    // One event an answer, the next when the guest has nothing else to do.
    const script: ClientEvent[] = [
      { kind: 'connects', client: 1, port: 8080 },
      { kind: 'connects', client: 2, port: 8080 },
      { kind: 'sends', client: 2, bytes: get('/hello?n=2').subarray(0, 9) },
      { kind: 'sends', client: 1, bytes: get('/stream') },
      { kind: 'leaves', client: 1 },
      { kind: 'sends', client: 2, bytes: get('/hello?n=2').subarray(9) },
      { kind: 'sends', client: 2, bytes: get('/quit') },
    ];
    const heard: string[] = [];
    const hear = (bytes: Uint8Array) => heard.push(new TextDecoder().decode(bytes).split('\r\n\r\n')[1]!);
    const host: HostClients = {
      open: true,
      ask: guest => {
        const taken = guest.waiting.filter(client => client === 2);
        for (const client of taken) hear(guest.output(client).bytes);
        if (taken.length > 0) return taken.map(client => ({ kind: 'takes', client, count: 1e6 }));
        return guest.door(8080) === 'open' ? script.splice(0, 1) : [];
      },
      // What the last answer leaves when the program has ended.
      rest: (_client, _at, bytes) => hear(bytes),
      part: () => undefined,
      passed: () => true,
    };
    const run = (clients: ClientLog, budget: number): string => {
      const options = { host: nodePorts, path: server, args: [server, '8080'], forward: [8080], clients, output: () => undefined };
      const process = startProcess(options);
      for (;;) {
        const stop = process.run({ budget });
        if (stop.kind === 'exited') return `${stop.status} ${process.t} ${process.hash()}`;
        if (stop.kind !== 'budget' && stop.kind !== 'input') throw new Error(stop.kind);
      }
    };
    const log = new ClientLog(host);
    const first = run(log, 1e9);
    expect(first).toMatch(/^3 /);
    expect(heard).toEqual(['hello 2', 'bye']);
    for (const budget of [12_345, 1e9]) expect(run(new ClientLog(undefined, log.record()), budget)).toBe(first);
  });

  it('that vanish half way leave the program as it is', async () => {
    const guest = emulated('run', '--forward', '0:8080', server, '--', '8080');
    const port = await guest.port();
    await guest.says(/listening/);
    const sender = connect(port, '127.0.0.1');
    sender.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
    sender.write(large.subarray(0, 100_000));
    await once(sender, 'data');
    sender.resetAndDestroy();
    const reader = request({ port, path: '/echo', host: '127.0.0.1', method: 'POST' }).on('error', () => undefined);
    reader.end(large);
    const [answer] = (await once(reader, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    reader.destroy();
    expect(String((await ask(port, '/hello?n=still')).body)).toBe('hello still');
    await ask(port, '/quit');
    expect(await guest.status).toBe(3);
  });

  it('are turned away where nobody listens', async () => {
    const ends = emulated('run', '--forward', '0:8080', buildC('input'), '--', 'read');
    const refused = raw(await ends.port(), 'anybody?');
    ends.child.stdin!.end('x');
    expect(await refused).toBe('ECONNRESET');
    await ends.status;
    const elsewhere = emulated('run', '--forward', '0:8081', server, '--', '8080');
    expect(await raw(await elsewhere.port(), 'anybody?')).toBe('ECONNRESET');
    elsewhere.child.kill();
  });

  it('are waited for until Ctrl-C, at no cost', async () => {
    const guest = emulated('exec', '--batch', '--forward', '0:8080', ...commands('c', 'p 6*7'), server, '--', '8080');
    await guest.says(/listening/);
    await new Promise(resolve => setTimeout(resolve, 300));
    guest.child.kill('SIGINT');
    await guest.says(/interrupted/i);
    expect(await guest.status).toBe(0);
    expect(guest.text).toMatch(/^42$/m);
  });

  it('ports that cannot be are told of in one line', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    for (const [given, says] of [
      [`${port}:8080`, `cannot listen on 127.0.0.1:${port}: address already in use; --forward HOST:8080 takes another port`],
      ['web', '"web" is neither a port nor HOST:PORT, of 127.0.0.1 and of the program (r14 --help)'],
      ['70000', '"70000" is neither a port nor HOST:PORT, of 127.0.0.1 and of the program (r14 --help)'],
      ['0.0.0.0:1:8080', '"0.0.0.0:1:8080" is neither a port nor HOST:PORT, of 127.0.0.1 and of the program (r14 --help)'],
      ['8080:80', 'the program cannot listen at ports below 1024: "8080:80" (r14 --help)'],
    ] as const)
      expect(runR14(['run', '--forward', given, server, '--', '8080'])).toEqual({
        status: 2,
        stdout: '',
        stderr: `r14: --forward: ${says}\n`,
      });
    taken.close();
  });
});
