/** A guest that tries to get out of the folder that it was given, and one that looks at what it is told of it. */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodePorts } from '../../src/host/node/ports.js';
import { startProcess } from '../../src/linux/process.js';
import { missing } from '../support/build.js';

const why = missing('gcc');

describe.skipIf(why)(`a guest in its folder${why ? ` (skipped: ${why})` : ''}`, () => {
  let top = '';
  const at = (name: string): string => join(top, name);

  beforeAll(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'r14-guest-')));
    execFileSync('gcc', ['-w', '-O1', '-static', '-o', at('guest'), join(import.meta.dirname, 'guests/paths.c')]);
  });
  afterAll(() => rmSync(top, { recursive: true }));
  beforeEach(() => {
    for (const name of ['in', 'out']) rmSync(at(name), { recursive: true, force: true });
    for (const name of ['in/swap', 'in/deep/deeper', 'out/folder/inner']) mkdirSync(at(name), { recursive: true });
    for (const name of ['in/file', 'in/deep/file', 'in/swap/secret']) writeFileSync(at(name), 'given');
    writeFileSync(at('out/secret'), 'SECRET'.repeat(707));
    writeFileSync(at('out/only-outside'), '');
  });

  function guest(how: string, more: readonly string[] = [], write = true): string[] {
    let output = '';
    const process = startProcess({
      host: nodePorts,
      path: at('guest'),
      args: ['guest', how, at('in'), at('out'), ...more],
      cwd: '/',
      ...(write ? { allowWrite: [at('in')] } : { allowRead: [at('in')] }),
      output: ({ bytes }) => {
        output += Buffer.from(bytes).toString();
      },
    });
    process.catch = { signals: new Set() };
    expect(process.run({ budget: 2e9 })).toEqual({ kind: 'exited', status: 0 });
    return output.trim().split('\n');
  }
  const unharmed = (): void => {
    expect(readdirSync(at('out')).sort()).toEqual(['folder', 'only-outside', 'secret']);
    expect(readFileSync(at('out/secret'), 'utf8')).toBe('SECRET'.repeat(707));
  };

  it('is let out by no path and no link', () => {
    const said = guest('out');
    expect(said.length).toBe(13);
    expect(said.filter(line => !line.startsWith('kept '))).toEqual([]);
    unharmed();
    expect(statSync(at('in/made')).mode & 0o7777).toBe(0o755);
    expect(statSync(at('in/made-folder')).mode & 0o7000).toBe(0);
  });

  it('is not let out between judging and doing', async () => {
    const swapper = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'swapper.ts'), at('in/swap'), at('out')]);
    await new Promise(resolve => swapper.stdout.once('data', resolve));
    try {
      const said = guest('race', ['400']);
      expect(said).toEqual(['kept a folder that is exchanged meanwhile', 'reached the folder between']);
    } finally {
      swapper.kill('SIGKILL');
      await new Promise(resolve => swapper.once('exit', resolve));
    }
    unharmed();
    expect(statSync(at('out/secret')).mode & 0o777).toBe(0o644 & ~process.umask());
  });

  it('is told the same of a tree whose owner, times and place on the disk are others', () => {
    symlinkSync('deep/file', at('in/link'));
    const before = guest('view', [], false);
    rmSync(at('in'), { recursive: true });
    writeFileSync(at('other'), 'takes an inode');
    for (const name of ['in/deep/deeper', 'in/swap']) mkdirSync(at(name), { recursive: true });
    symlinkSync('deep/file', at('in/link'));
    for (const name of ['in/swap/secret', 'in/deep/file', 'in/file']) {
      writeFileSync(at(name), 'given');
      lutimesSync(at(name), 1000, 2000);
    }
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', '12345:54321', at('in')]);
    expect(before.length).toBeGreaterThan(12);
    expect(before.join('\n')).toContain('uid 1000 gid 1000');
    expect(guest('view', [], false)).toEqual(before);
    chmodSync(at('in/file'), 0o4711);
    expect(guest('view', [], false).join('\n')).toContain('mode 100711 ');
  });

  it('reads the libraries that it needs and has brought along, and none that lies beside them', () => {
    mkdirSync(at('own/lib'), { recursive: true });
    writeFileSync(at('lib.c'), 'int answer(void) { return 42; }');
    execFileSync('gcc', ['-shared', '-fPIC', '-Wl,-soname,libown.so.1', '-o', at('own/lib/libown.so.1.2'), at('lib.c')]);
    symlinkSync('libown.so.1.2', at('own/lib/libown.so.1'));
    writeFileSync(at('own/lib/libother.so'), 'SECRET');
    const program = `
      #include <fcntl.h>
      #include <stdio.h>
      int answer(void);
      int main(int argc, char **argv) {
        for (int i = 1; i < argc; i++) printf("%d ", open(argv[i], O_RDONLY) != -1);
        printf("%d\\n", answer());
        return 0;
      }`;
    writeFileSync(at('own.c'), program);
    execFileSync('gcc', ['-w', '-o', at('own/program'), at('own.c'), at('own/lib/libown.so.1.2'), '-Wl,-rpath,$ORIGIN/lib']);
    let output = '';
    const files = ['libown.so.1', 'libown.so.1.2', 'libother.so', 'libnone.so'].map(name => at(`own/lib/${name}`));
    const process = startProcess({
      host: nodePorts,
      path: at('own/program'),
      args: ['program', ...files],
      output: ({ bytes }) => {
        output += Buffer.from(bytes).toString();
      },
    });
    process.catch = { signals: new Set() };
    expect(process.run({ budget: 1e8 })).toEqual({ kind: 'exited', status: 0 });
    expect(output).toBe('1 1 0 0 42\n');
  });
});
