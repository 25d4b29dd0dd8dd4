/**
 * A machine that is saved goes on as it went on: restored in place, in another machine, and in another process of r14. For some of the guest
 * programs; with R14_ALL=1 for all of them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { elfBytes } from '../../src/asm/elf.js';
import { nodeAssets } from '../../src/host/node/assets.js';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Process, ProcessOptions } from '../../src/linux/api.js';
import { resumeProcess, startProcess } from '../../src/linux/process.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';
import { buildC, buildGo, cPrograms, GUEST_ENVIRONMENT, goPrograms, missing } from '../support/build.js';
import { caseName, cCases, goCases } from '../support/cases.js';
import { Heard, runOn } from './stops.js';

const all = process.env.R14_ALL === '1';
const scratch = mkdtempSync(join(tmpdir(), 'r14-saved-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Moments of the run are chance, the same each time. */
let state = 20261130;
const random = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state / 2 ** 32) * below;
};

type Given = Omit<ProcessOptions, 'host' | 'output'>;

function start(given: Given, heard: Heard): Process {
  const process = startProcess({ host: nodePorts, output: heard.listen, ...given });
  process.catch = { signals: new Set() };
  return process;
}

/** All that is asked of one program. */
function check(given: Given): void {
  const heard = new Heard();
  const plain = start(given, heard);
  plain.run({ budget: 1e11 });
  const length = plain.t;
  const output = heard.take();
  const moments = Array.from({ length: 4 }, () => 1 + Math.floor(random(length - 1))).sort((a, b) => a - b);
  // What the run is like that nobody saves.
  const expected = runOn(start(given, heard), moments);
  expect(heard.take()).toBe(output);

  const process = start(given, heard);
  const saves = moments.map(moment => {
    if (moment > process.t) process.run({ budget: moment - process.t });
    return { saved: process.save(), hash: process.hash(), before: heard.take() };
  });
  const rest = (index: number) => moments.filter(moment => moment > saves[index]!.saved.t);
  const last = runOn(process, []);
  expect(last.hashes.at(-1)).toBe(expected.hashes.at(-1));
  const tail = heard.take();
  const after = (index: number) => [...saves.slice(index + 1).map(({ before }) => before), tail].filter(Boolean).join('\n');
  expect([saves[0]!.before, after(0)].filter(Boolean).join('\n')).toBe(output);

  const states: { file: string; moments: number[] }[] = [];
  for (const index of [1, 0, 3, 2, 0]) {
    const { saved, hash } = saves[index]!;
    process.restore(saved);
    expect(process.t).toBe(saved.t);
    expect(process.hash()).toBe(hash);
    const told = runOn(process, rest(index));
    expect(told).toEqual({ hashes: expected.hashes.slice(-told.hashes.length), end: expected.end });
    expect(heard.take()).toBe(after(index));
  }
  for (const index of [0, 2]) {
    const { saved, hash } = saves[index]!;
    const bytes = saved.bytes();
    const other = resumeProcess(bytes, { host: nodePorts, output: heard.listen });
    other.catch = { signals: new Set() };
    expect(other.hash()).toBe(hash);
    const told = runOn(other, rest(index));
    expect(told).toEqual({ hashes: expected.hashes.slice(-told.hashes.length), end: expected.end });
    expect(heard.take()).toBe(after(index));
    const file = join(scratch, `state-${index}`);
    writeFileSync(file, bytes);
    states.push({ file, moments: rest(index) });
  }

  const child = spawnSync(globalThis.process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'child.ts')], {
    input: JSON.stringify({ states }),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  expect(child.stderr).toBe('');
  const told = JSON.parse(child.stdout) as { hash: string; hashes: string[]; end: string; output: string }[];
  for (const [n, index] of [0, 2].entries()) {
    const { hash, hashes, end, output: written } = told[n]!;
    expect({ hash, hashes, end, written }).toEqual({
      hash: saves[index]!.hash,
      hashes: expected.hashes.slice(-hashes.length),
      end: expected.end,
      written: after(index),
    });
  }
}

describe('what is saved goes on as it did: bundled programs', () => {
  const catalog = new Catalog(nodeAssets);
  for (const { name } of catalog.list()) {
    it(name, () => check({ path: name, program: elfBytes(catalog.build(name)) }));
  }
});

const needsC = missing('gcc');
describe.skipIf(needsC)(`what is saved goes on as it did: C programs${needsC ? ` (skipped: ${needsC})` : ''}`, () => {
  const some = [
    'kernel-files',
    'kernel-polling',
    'kernel-signals',
    'kernel-threads',
    'own-files',
    'pipes',
    'processes',
    'signals',
    'sockets',
    'threads',
  ];
  for (const one of cCases(all ? cPrograms() : some)) {
    it(caseName(one), () => {
      const path = buildC(one.program, { static: one.program !== 'threads' });
      const stdin = new TextEncoder().encode(one.stdin ?? '');
      check({ path, args: [path, ...(one.args ?? [])], env: { ...GUEST_ENVIRONMENT, ...one.env }, stdin });
    });
  }
});

const needsGo = missing('go1.26');
describe.skipIf(needsGo)(`what is saved goes on as it did: Go programs${needsGo ? ` (skipped: ${needsGo})` : ''}`, () => {
  const some = ['hello', 'channels', 'pipes', 'processes', 'signals', 'timers', 'files', 'http', 'sockets'];
  const cases = goCases(all ? goPrograms() : some).map(one => ({ one, race: false }));
  const racing = goCases(all ? goPrograms() : ['race-counter']).filter(one => !one.plainOnly);
  for (const { one, race } of [...cases, ...racing.map(each => ({ one: each, race: true }))]) {
    it(`${caseName(one)}${race ? ' -race' : ''}`, () => {
      const path = buildGo(one.program, { race });
      const stdin = new TextEncoder().encode(one.stdin ?? '');
      check({ path, args: [path, ...(one.args ?? [])], env: { ...GUEST_ENVIRONMENT, ...one.env }, stdin });
    });
  }
});
