/** `r14 gdbserver` with gdb itself as its client, and the protocol with a client that has no manners. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { REGISTERS } from '../../src/abi/registers.js';
import { hexText } from '../../src/host/bytes.js';
import { describedBytes, targetXml } from '../../src/server/gdb/description.js';
import { MOST_BYTES, PacketReader, packet } from '../../src/server/gdb/packets.js';
import { GdbConnection } from '../../src/server/gdb/server.js';
import { gdbSignal, linuxSignal } from '../../src/server/gdb/signals.js';
import { buildC, buildGo, hasCommand, missing } from '../support/build.js';
import { debugBundled } from '../support/debug.js';

const root = join(import.meta.dirname, '../..');

const children: { kill(): unknown }[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

/** Starts a server for a program; its port, what it writes, its end. */
async function serving(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'bin/r14.js'), 'gdbserver', ':0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const written = { out: '', err: '' };
  child.stdout.on('data', data => {
    written.out += data;
  });
  const port = await new Promise<number>(resolve =>
    child.stderr.on('data', data => {
      written.err += data;
      const found = /target remote 127\.0\.0\.1:(\d+)/.exec(written.err)?.[1];
      if (found !== undefined) resolve(Number(found));
    }),
  );
  return { port, written, ended: once(child, 'exit') as Promise<[number | null]> };
}

/** What gdb prints of these commands. */
async function gdb(port: number, ...commands: readonly string[]): Promise<string> {
  const all = ['set debuginfod enabled off', 'set pagination off', 'set confirm off', `target remote :${port}`, ...commands];
  const args = ['-nx', '-q', '-batch', ...all.flatMap(command => ['-ex', command])];
  const { stdout, stderr } = await promisify(execFile)('gdb', args, { encoding: 'utf8', timeout: 120_000 });
  return stdout + stderr;
}

const lacking = hasCommand('gdb') ? undefined : 'gdb is missing';
const go = lacking ?? missing('go1.26');
const gcc = lacking ?? missing('gcc');

describe.skipIf(go)(`gdb at the crash${go ? ` (skipped: ${go})` : ''}`, () => {
  const binary = () => buildGo('crash', { toolchain: 'go1.26', race: true });

  it('comes to it, goes back from it, and asks r14', async () => {
    const { port, ended } = await serving(binary());
    const said = await gdb(
      port,
      ...['break main.main', 'continue', 'info threads', 'delete', 'continue', 'p $_siginfo.si_signo', 'p/x $rdi', 'reverse-stepi', 'bt 1'],
      ...['monitor bt 14', 'kill'],
    );
    expect(said).not.toMatch(/warning: (?!File transfers)/);
    expect(said).toMatch(/hit Breakpoint 1, main\.main \(\)/);
    expect(said).toMatch(/\* 1 +Thread \d+ \(goroutine 1\) +main\.main/);
    expect(said).toMatch(/received signal SIGSEGV, Segmentation fault\.\n.* in __tsan_func_enter/);
    expect(said).toMatch(/\$1 = 11\n\$2 = 0x0\n/);
    expect(said).toMatch(/\n#0 .*racecall \(\)/);
    // r14's own words: the innermost and the outermost of its frames.
    expect(said).toMatch(/#0 +0x[0-9a-f]+ in racecall /);
    expect(said).toMatch(/#12 .*runtime\.goexit/);
    expect(await ended).toEqual([0, null]);
  });
});

describe.skipIf(gcc)(`gdb and a C program${gcc ? ` (skipped: ${gcc})` : ''}`, () => {
  const binary = () => buildC('watched', { flags: ['-g', '-O0'] });

  it('has the registers that r14 has', async () => {
    const { port } = await serving(binary());
    const rows = REGISTERS.filter(({ kind, gdb }) => kind !== 'x87' && gdb !== undefined && gdb < 60);
    const name = ({ name, aliases, kind }: (typeof rows)[number]) => (kind === 'control' && name !== 'mxcsr' ? aliases[0]! : name);
    const said = await gdb(
      port,
      'break main',
      'continue',
      ...rows.map(row => `p/x $${name(row)}${row.kind === 'vector' ? '.uint128' : ''}`),
      'monitor regs -a',
      'kill',
    );
    const values = [...said.matchAll(/^\$\d+ = (0x[0-9a-f]+)$/gm)].map(([, value]) => BigInt(value!));
    expect(values).toHaveLength(rows.length);
    for (const [i, row] of rows.entries()) {
      if (row.kind !== 'general' && row.kind !== 'pointer') continue;
      const own = new RegExp(`^ *${row.name} +(0x[0-9a-f]+)`, 'm').exec(said)?.[1];
      expect([row.name, own]).toEqual([row.name, `0x${values[i]!.toString(16).padStart((own?.length ?? 2) - 2, '0')}`]);
    }
  });

  it('has the upper halves of YMM registers, and sets them', async () => {
    const { port } = await serving(binary());
    const said = await gdb(
      port,
      ...['break main', 'continue', 'set $ymm3.v8_int32[7] = 42', 'set $ymm3.v8_int32[0] = 7', 'p $ymm3.v8_int32', 'p $xmm3.v4_int32[0]'],
      ...['monitor p $ymm3.v8_int32', 'kill'],
    );
    expect(said).toMatch(/\$1 = \{7, .*, 42\}\n\$2 = 7\n/);
    expect(said).toMatch(/\n.*\b7, .*\b42[\]}]\n/);
  });

  it('watches, and goes back to the write', async () => {
    const { port, ended } = await serving(binary());
    const said = await gdb(
      port,
      ...['break main', 'continue', 'watch a', 'continue', 'continue', 'p a', 'reverse-continue', 'p a', 'delete', 'detach'],
    );
    const values = [...said.matchAll(/New value = (\d+)/g)].map(([, value]) => Number(value));
    expect(values.slice(0, 2)).toEqual([3, 5]);
    // Going back over a write undoes it.
    expect(said).toMatch(/\$1 = 5\n.*Old value = 5\nNew value = 3\n.*\$2 = 3\n/s);
    // Left to itself, it runs to its end.
    expect(await ended).toEqual([0, null]);
  });

  it('serves the next when one has vanished', async () => {
    const { port, written } = await serving(binary());
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(packet('vCont;c'));
    socket.destroy();
    await expect.poll(() => written.err).toMatch(/gdb has gone/);
    expect(await gdb(port, 'monitor info program', 'kill')).toMatch(/watched/);
  });

  it('catches system calls, and steps over lines as natively', async () => {
    const hello = buildC('hello', { flags: ['-g', '-O0'] });
    const { port } = await serving(hello);
    const steps = ['break main', 'next', 'next', 'next', 'info line', 'catch syscall write', 'continue', 'kill'];
    const said = await gdb(port, steps[0]!, 'continue', ...steps.slice(1));
    expect(said).toMatch(/call to syscall write/);
    const native = execFileSync(
      'gdb',
      [
        '-nx',
        '-q',
        '-batch',
        ...['set debuginfod enabled off', steps[0]!, 'run', ...steps.slice(1, 5)].flatMap(each => ['-ex', each]),
        hello,
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const line = /^Line \d+ of .* starts at address (0x[0-9a-f]+)/m;
    expect(line.exec(said)?.[0].split(' ')[1]).toBe(line.exec(native)?.[0].split(' ')[1]);
  });
});

describe('packets', () => {
  const samples = ['', 'g', 'm400000,10', 'X10,3:#$}', `vFile:pwrite:${'*'.repeat(50)}`];

  it('are the same however the stream is cut', () => {
    const stream = samples.map(packet).join('+');
    for (let cut = 1; cut < stream.length; cut++) {
      const reader = new PacketReader();
      const heard = [stream.slice(0, cut), stream.slice(cut)].flatMap(part => reader.push(part));
      expect(heard).toEqual(samples.map(text => ({ kind: 'packet', text })));
    }
  });

  it('that were damaged are asked for again', () => {
    const kinds = (bytes: string) => new PacketReader().push(bytes).map(({ kind }) => kind);
    expect(kinds('$g#68')).toEqual(['damaged']);
    expect(kinds('$g#zz')).toEqual(['damaged']);
    expect(kinds(`$half${packet('?')}`)).toEqual(['damaged', 'packet']);
    expect(kinds(`$${'a'.repeat(2 * MOST_BYTES + 10)}`)).toEqual(['damaged']);
    expect(kinds('\x03-')).toEqual(['interrupt', 'again']);
  });

  it('have signals by the numbers of gdb, there and back', () => {
    for (let signal = 1; signal <= 64; signal++) expect(linuxSignal(gdbSignal(signal))).toBe(signal);
    expect([7, 10, 17].map(gdbSignal)).toEqual([10, 30, 20]);
  });
});

/** A connection to a bundled program, without sockets. */
function connection() {
  const { session } = debugBundled('newproc-race');
  let sent = '';
  const server = new GdbConnection(session, {
    send: bytes => {
      sent += bytes;
    },
    close: () => undefined,
    debug: true,
  });
  const ask = async (text: string): Promise<string[]> => {
    sent = '';
    server.hear(packet(text));
    await expect.poll(() => sent, { interval: 1 }).toMatch(/\$[^#]*#..$/s);
    const reader = new PacketReader();
    return reader.push(sent).flatMap(heard => (heard.kind === 'packet' ? [heard.text] : []));
  };
  return { session, server, ask };
}

describe('a connection', () => {
  it('tells its registers as they are described', async () => {
    const { session, ask } = connection();
    const bits = [...targetXml().matchAll(/<reg [^>]*bitsize="(\d+)"/g)].map(([, size]) => Number(size));
    const [all] = await ask('g');
    expect(all).toHaveLength(bits.reduce((sum, each) => sum + each, 0) / 4);
    expect(all!.slice(16 * 16, 17 * 16)).toBe(hexText(describedBytes(session.thread.registers, 16)));
    expect(await ask('P0=efbeadde00000000')).toEqual(['OK']);
    expect(session.thread.registers.get('rax')).toBe(0xdeadbeefn);
    expect(await ask('p0')).toEqual(['efbeadde00000000']);
    expect((await ask('P12=00000000'))[0]).toMatch(/^E\.cs cannot be changed/);
  });

  it('reads as far as there is memory, and writes all or nothing', async () => {
    const { session, ask } = connection();
    const { start, end } = session.target.memory.mappings().find(({ name }) => name === '[stack]')!;
    const last = end - 8n;
    expect((await ask(`m${last.toString(16)},10`))[0]).toHaveLength(16);
    expect(await ask(`M${last.toString(16)},10:${'11'.repeat(16)}`)).toEqual(['E0e']);
    expect(await ask(`M${start.toString(16)},2:1234`)).toEqual(['OK']);
    expect(await ask(`m${start.toString(16)},2`)).toEqual(['1234']);
    expect(await ask('m10,8')).toEqual(['E0e']);
  });

  it('says why it stops, in words too', async () => {
    const { ask } = connection();
    const [words, reply] = await ask('vCont;c');
    expect(Buffer.from(words!.slice(1), 'hex').toString()).toMatch(/SIGSEGV in __tsan_func_enter/);
    expect(reply).toMatch(/^T0b06:[0-9a-f]{16};07:[0-9a-f]{16};10:[0-9a-f]{16};thread:/);
    expect((await ask('bs'))[0]).toMatch(/^T05(?:\w\w:[0-9a-f]{16};){3}thread:/);
    expect((await ask('bc'))[0]).toMatch(/thread:[0-9a-f]+;replaylog:begin;$/);
  });

  it('leaves nothing set when it ends within a packet', async () => {
    const { session, server, ask } = connection();
    expect(await ask('Z0,401281,1')).toEqual(['OK']);
    expect(session.breakpoints.all).toHaveLength(1);
    server.hear(packet('g').slice(0, 2));
    await server.end();
    expect(session.breakpoints.all).toEqual([]);
  });
});
