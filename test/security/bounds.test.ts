/** A guest that asks for more and more of everything is told where it ends, and r14 keeps no more than it says. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BOUNDS } from '../../src/cli/bounds.js';
import { nodePorts } from '../../src/host/node/ports.js';
import { startProcess } from '../../src/linux/process.js';
import { missing, runR14 } from '../support/build.js';

const why = missing('gcc');
const MEMORY = 64 * 2 ** 20;

describe('the table of bounds', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/security.md'), 'utf8');

  it('is that of docs/security.md', () => {
    const table = page.slice(page.indexOf('| table | bound |'), page.indexOf('## What is not promised'));
    const rows = [...table.matchAll(/^\| (.+?) \| (.+?) \|$/gm)].map(([, name, bound]) => [name, bound]).slice(2);
    expect(rows).toEqual(BOUNDS);
  });

  it('is the help of --memory', () => {
    const { stdout, status } = runR14(['--memory', 'help']);
    expect(status).toBe(0);
    for (const [name, bound] of BOUNDS) expect(stdout).toContain(`${name}\n      ${bound}`.replaceAll('`', ''));
  });
});

describe.skipIf(why)(`a guest that wants all there is${why ? ` (skipped: ${why})` : ''}`, () => {
  it('is held to what it may have', () => {
    const folder = mkdtempSync(join(tmpdir(), 'r14-bounds-'));
    try {
      const path = join(folder, 'guest');
      execFileSync('gcc', ['-w', '-O1', '-static', '-o', path, join(import.meta.dirname, 'guests/bounds.c')]);
      let output = '';
      const before = process.memoryUsage().rss;
      const guest = startProcess({
        host: nodePorts,
        path,
        memory: MEMORY,
        output: ({ bytes }) => {
          output += Buffer.from(bytes).toString();
        },
      });
      guest.catch = { signals: new Set() };
      expect(guest.run({ budget: 1e9 })).toEqual({ kind: 'exited', status: 0 });
      expect(output.trim().split('\n')).toEqual([
        'held timers: EAGAIN',
        'held mappings: ENOMEM',
        'held a file of memory: ENOSPC',
        'held queued signals: EAGAIN',
        'held files: EMFILE',
        'held handlers that never return',
      ]);
      expect(guest.threads.flatMap(({ signalFrames }) => signalFrames).length).toBeLessThan(10);
      // Its pages, as much again for its files, and r14's tables.
      expect(process.memoryUsage().rss - before).toBeLessThan(2 * MEMORY + 2 ** 30);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
