/** A folder that the guest was given is used by others too: another r14, and somebody who takes away what stands there. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Process } from '../../src/linux/api.js';
import { startProcess } from '../../src/linux/process.js';
import { missing } from '../support/build.js';

const why = missing('gcc');
const ROUNDS = 150;

describe.skipIf(why)(`a folder that others use too${why ? ` (skipped: ${why})` : ''}`, () => {
  let top = '';
  const at = (name: string): string => join(top, name);
  beforeAll(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'r14-shared-')));
    execFileSync('gcc', ['-w', '-O1', '-static', '-o', at('guest'), join(import.meta.dirname, 'guests/shared.c')]);
  });
  afterAll(() => rmSync(top, { recursive: true }));
  beforeEach(() => {
    for (const name of ['in', 'out']) rmSync(at(name), { recursive: true, force: true });
    mkdirSync(at('in'));
    mkdirSync(at('out'));
  });

  function begin(args: readonly string[]): { process: Process; said: () => string } {
    let output = '';
    const process = startProcess({
      host: nodePorts,
      path: at('guest'),
      args: ['guest', ...args],
      cwd: at('in'),
      allowWrite: [at('in')],
      output: ({ bytes }) => {
        output += Buffer.from(bytes).toString();
      },
    });
    process.catch = { signals: new Set() };
    return { process, said: () => output };
  }

  it('is written by two at the same time, who each find what is whole', () => {
    const both = [begin(['share', 'a', String(ROUNDS)]), begin(['share', 'b', String(ROUNDS)])];
    // Each goes on for a few system calls, then the other.
    for (let left = 1e5; left > 0; left--) {
      const stops = both.map(({ process }, index) => process.run({ budget: 300 + 170 * index }).kind);
      if (stops.every(kind => kind === 'exited')) break;
    }
    expect(both.map(({ said }) => said())).toEqual(['kept\n', 'kept\n']);
    const log = readFileSync(at('in/log'), 'utf8');
    expect([...log].sort().join('')).toBe('a'.repeat(ROUNDS) + 'b'.repeat(ROUNDS));
    // They did take turns.
    expect(log).toMatch(/ab+a+b/);
    expect(
      readdirSync(at('in'))
        .filter(name => name !== 'folder')
        .sort(),
    ).toEqual(['log', 'one', 'two']);
  });

  it('takes paths as long as natively, and no longer', () => {
    const { process, said } = begin(['long']);
    expect(process.run({ budget: 1e9 })).toEqual({ kind: 'exited', status: 0 });
    rmSync(at('in'), { recursive: true });
    mkdirSync(at('in'));
    expect(said()).toBe(execFileSync(at('guest'), ['long'], { cwd: at('in'), encoding: 'utf8' }));
    expect(said()).toContain('deep: 300 0');
  });

  it('goes on with what it has open, and is led nowhere else, when that is taken away', () => {
    mkdirSync(at('in/deep'));
    writeFileSync(at('in/deep/file'), 'given');
    writeFileSync(at('out/file'), 'outside');
    writeFileSync(at('out/secret'), 'SECRET');
    const { process, said } = begin(['gone']);
    expect(process.run({ budget: 2e5 }).kind).toBe('budget');
    expect(said()).toBe('begins with given\n');
    rmSync(at('in/deep'), { recursive: true });
    symlinkSync(at('out'), at('in/deep'));
    writeFileSync(at('in/ready'), '');
    expect(process.run({ budget: 5e6 })).toEqual({ kind: 'exited', status: 0 });
    expect(said().split('\n').slice(1, -1)).toEqual([
      'read 5: given',
      'size 0 5',
      'wrote 5, cut 0',
      'by name 1',
      'folder 0',
      'secret 0',
      'made 0',
    ]);
    expect(readdirSync(at('out')).sort()).toEqual(['file', 'secret']);
    expect(readFileSync(at('out/file'), 'utf8')).toBe('outside');
  });
});
