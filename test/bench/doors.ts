/** r14 by its other doors, beside the tools whose doors these are: Delve's adapter, qemu-user's stub for gdb, and gdb with a core file. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DapReader, dapMessage } from '../../src/server/dap/transport.js';
import { buildC, buildGo, GUEST_ENVIRONMENT, hasCommand, type Toolchain } from '../support/build.js';
import { median, qemu, r14, rounds, time } from './timing.js';

interface Beside {
  readonly what: string;
  readonly figure: string;
  readonly promised: string;
}

const beside = (what: string, own: number, theirs: number, whose: string, most: number): Beside => ({
  what,
  figure: `${(own / theirs).toFixed(1)}x (${own.toFixed(2)} s, ${whose} ${theirs.toFixed(2)} s)`,
  promised: `<= ${most}x ${whose}`,
});

const lacking = (what: string, tool: string): Beside => ({ what, figure: `${tool} is not there`, promised: '' });

/** A port that nobody has. */
const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A connection to a server that is starting. */
async function connected(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const there = await new Promise<boolean>(resolve => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)));
    if (there) return socket;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/** Seconds that gdb takes for a thousand `stepi` over a server's connection; the server is up before. */
async function steppedBy(command: string, binary: string, args: (port: number) => readonly string[]): Promise<number> {
  const port = await freePort();
  const server = spawn(command, args(port), { stdio: 'ignore', env: { ...process.env, ...GUEST_ENVIRONMENT, PATH: process.env.PATH } });
  await new Promise(resolve => setTimeout(resolve, 1500));
  const gdb = (...commands: readonly string[]) =>
    execFileSync('gdb', ['-nx', '-batch', ...['set confirm off', ...commands].flatMap(each => ['-ex', each]), binary], { stdio: 'ignore' });
  const start = process.hrtime.bigint();
  gdb(`target remote :${port}`, 'stepi 1000', 'kill');
  const whole = Number(process.hrtime.bigint() - start) / 1e9;
  const before = process.hrtime.bigint();
  gdb();
  server.kill();
  return whole - Number(process.hrtime.bigint() - before) / 1e9;
}

async function stepping(): Promise<Beside> {
  const what = '1,000 stepi by gdb';
  if (!qemu || !hasCommand('gdb')) return lacking(what, 'qemu-user or gdb');
  const binary = buildC('loop', { static: true });
  const own: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(await steppedBy(process.execPath, binary, port => [r14, 'gdbserver', `:${port}`, binary]));
    theirs.push(await steppedBy('qemu-x86_64', binary, port => ['-g', `${port}`, binary]));
  }
  return beside(what, median(own), median(theirs), 'qemu-user', 2);
}

// biome-ignore lint/suspicious/noExplicitAny: messages have bodies of their own shapes.
type Message = any;

/** Just enough of an editor. */
class Editor {
  readonly #reader = new DapReader();
  readonly #heard: Message[] = [];
  #wake: () => void = () => undefined;
  #seq = 1;

  constructor(private readonly socket: Socket) {
    socket.on('data', bytes => {
      for (const each of this.#reader.push(bytes)) if (each.kind === 'message') this.#heard.push(each.value);
      this.#wake();
    });
  }

  async #first(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.#heard.findIndex(fits);
      if (at >= 0) return this.#heard.splice(at, 1)[0];
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }

  send(command: string, given: object): number {
    const seq = this.#seq++;
    this.socket.write(dapMessage({ seq, type: 'request', command, arguments: given }));
    return seq;
  }

  async ask(command: string, given: object = {}): Promise<Message> {
    const seq = this.send(command, given);
    const answer = await this.#first(({ type, request_seq }) => type === 'response' && request_seq === seq);
    if (!answer.success) throw new Error(`${command}: ${answer.message}`);
    return answer.body;
  }

  /** The body of an event. */
  async event(name: string): Promise<Message> {
    return (await this.#first(({ type, event }) => type === 'event' && event === name)).body;
  }
}

/** Seconds from a stop to its stack, scopes and variables, at each of some lines: the median. */
async function shown(server: ChildProcess, port: number, program: string): Promise<number> {
  const socket = await connected(port);
  const editor = new Editor(socket);
  await editor.ask('initialize', { adapterID: 'go', linesStartAt1: true, pathFormat: 'path' });
  editor.send('launch', { mode: 'exec', program, stopOnEntry: false });
  await editor.event('initialized');
  await editor.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'main.main' }] });
  editor.send('configurationDone', {});
  const took: number[] = [];
  for (let line = 0; line < 20; line++) {
    const { threadId } = await editor.event('stopped');
    const start = process.hrtime.bigint();
    const { stackFrames } = await editor.ask('stackTrace', { threadId, startFrame: 0, levels: 20 });
    const { scopes } = await editor.ask('scopes', { frameId: stackFrames[0].id });
    for (const { variablesReference } of scopes.slice(0, 2)) await editor.ask('variables', { variablesReference });
    took.push(Number(process.hrtime.bigint() - start) / 1e9);
    editor.send('next', { threadId });
  }
  socket.destroy();
  server.kill();
  return median(took);
}

async function editing(version: Toolchain): Promise<Beside> {
  const what = 'a stop in an editor: stack, scopes, variables';
  if (!hasCommand('dlv')) return lacking(what, 'dlv');
  const program = buildGo('values', { toolchain: version });
  const serve = async (command: string, args: (port: number) => readonly string[]): Promise<number> => {
    const port = await freePort();
    return shown(spawn(command, args(port), { stdio: 'ignore' }), port, program);
  };
  const own: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(await serve(process.execPath, port => [r14, 'dap', '--listen', `${port}`]));
    theirs.push(await serve('dlv', port => ['dap', '--check-go-version=false', '--listen', `127.0.0.1:${port}`]));
  }
  const [mine, delves] = [median(own), median(theirs)];
  return {
    what,
    figure: `${(mine / delves).toFixed(1)}x (${(1000 * mine).toFixed(1)} ms, Delve ${(1000 * delves).toFixed(1)} ms)`,
    promised: '<= 2x Delve',
  };
}

function opening(): Beside {
  const what = 'a core of 1 GB to its backtrace';
  if (!hasCommand('gdb')) return lacking(what, 'gdb');
  const binary = buildC('sparse');
  const folder = mkdtempSync(join(tmpdir(), 'r14-'));
  const core = join(folder, 'core');
  try {
    const make = ['-nx', '-batch', '-ex', 'run', '-ex', `gcore ${core}`, '-ex', 'kill', binary];
    execFileSync('gdb', make, { stdio: 'ignore' });
    const own = time(process.execPath, [r14, 'core', core, binary, '--batch', '-ex', 'bt']).seconds;
    return beside(what, own, time('gdb', ['-nx', '-batch', '-ex', 'bt', binary, core]).seconds, 'gdb', 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A row for each door. `version`: Go's, of the program that an editor looks at. */
export const doors = async (version: Toolchain): Promise<readonly Beside[]> => [await stepping(), await editing(version), opening()];
