/**
 * The precise detectors: FastTrack and DJIT+ find the same races on the same lines, though they remember different things, and ThreadSanitizer
 * finds none that they do not.
 */
import { describe, expect, it } from 'vitest';
import { compareModels, runModels } from '../../src/runtime/race/compare.js';
import { replayScript } from '../../src/runtime/race/replay.js';
import { runR14 } from '../support/build.js';
import { randomScript } from './scripts.js';

const run = (text: string) => Object.fromEntries(runModels(text).map(each => [each.model, each]));

describe('on random scripts', () => {
  it.each(Array.from({ length: 24 }, (_, index) => 5000 + index))('%i', { timeout: 60_000 }, seed => {
    const { v2, v3, fasttrack, djit } = run(randomScript(seed));
    expect([...fasttrack!.raced]).toEqual([...djit!.raced]);
    expect(fasttrack!.reports).toBe(djit!.reports);
    // A cell forgets; it never invents. What a word marks as raced, and what follows from a race, is not new.
    for (const { raced } of [v2!, v3!]) expect([...raced.keys()].filter(word => !djit!.raced.has(word))).toEqual([]);
  });
});

/** Eight threads read a word after another wrote it, then one writes it: at most four can be remembered. */
const EVICTED = [
  ...Array.from({ length: 9 }, (_, index) => `start 0 ${index + 1} 0x1000`),
  ...Array.from({ length: 8 }, (_, index) => [
    ...Array<string>(index).fill(`enter ${index + 1} 0x2000`),
    `r ${index + 1} 0 0x300${index}`,
  ]).flat(),
  ...Array.from({ length: 7 }, (_, index) => [`rel ${index + 2} ${64 + index * 8}`, `acq 9 ${64 + index * 8}`]).flat(),
  'w 9 0 0x4000',
  'fini',
].join('\n');

it('an access that was evicted is missed by ThreadSanitizer alone', () => {
  const { v3, fasttrack, djit } = run(EVICTED);
  expect([v3!.raced.size, fasttrack!.raced.size, djit!.raced.size]).toEqual([0, 1, 1]);
  expect(compareModels(EVICTED)).toContain('v3 missed the race in the word at 0, which is found in line 60: w 9 0 0x4000\n');
});

it('FastTrack does less than DJIT+ where accesses are ordered', () => {
  const handOver = Array.from({ length: 400 }, (_, index) => [
    `acq ${index % 2} 8`,
    `w ${index % 2} 0 0x1000`,
    `rel ${index % 2} 8`,
  ]).flat();
  const { fasttrack, djit } = run(['start 0 1 0x1000', ...handOver].join('\n'));
  expect(fasttrack!.bytes).toBeLessThan(djit!.bytes);
  expect(fasttrack!.raced.size + djit!.raced.size).toBe(0);
});

it('a precise detector reports both stacks whole, and says what it remembers', () => {
  let printed = '';
  const script = [
    'start 0 1 0x1000',
    'enter 1 0x2000',
    'enter 1 0x2010',
    'w 1 3 0x3000',
    'sh 0',
    'thr 1',
    'clk 1',
    'meta 8',
    'r 0 3 0x3010',
    'sh 0',
    'fini',
  ];
  const status = replayScript(script.join('\n'), { model: 'fasttrack', print: text => (printed += text) });
  expect(status).toBe(66);
  expect(printed).toBe(`sh[0]: 3:{W 1@1}
thr1 ep=1 ign_sync=0 stackdepth=2 tid=1
clk1: 0:1 1:1
meta[0x8]=0
==================
WARNING: DATA RACE
Read at 0x00c011110003 by goroutine 0:
  f3010()
      x.go:1 +0x3010

Previous write at 0x00c011110003 by main goroutine:
  f3000()
      x.go:1 +0x3000
  f2010()
      x.go:1 +0x2010

Goroutine 0 (running) created at:
  [failed to restore the stack]
==================
sh[0]: 3:raced
Found 1 data race(s)
`);
});

describe('on bundled programs as they run', () => {
  /** The table's numbers, by model. */
  const compared = (name: string, variant: string) => {
    const { status, stdout } = runR14(['race', 'compare', name, '--variant', variant]);
    expect(status).toBe(0);
    const rows = stdout.split('\n').slice(1, 5);
    return Object.fromEntries(
      rows.map(row => {
        const [model, words, missed, reports] = row.split(/ +/);
        return [model!, { words: Number(words), missed: Number(missed), reports: Number(reports) }];
      }),
    );
  };

  it.each([
    ['race-counter', 'racy'],
    ['race-map', 'swiss'],
    ['race-waitgroup', 'racy'],
    ['race-history', 'lost'],
    ['race-mutex', 'mended'],
    ['race-select', 'mended'],
  ])('%s %s: as many reports as the run has, and the precise detectors find the same words', (name, variant) => {
    const { stderr } = runR14(['run', name, '--variant', variant, '--race', 'true']);
    const found = Number(/^Found (\d+) data race/m.exec(stderr)?.[1] ?? 0);
    const { v3, fasttrack, djit } = compared(name, variant);
    expect(v3!.reports).toBe(found);
    expect(fasttrack).toEqual(djit);
    expect(fasttrack!.missed).toBe(0);
    if (variant === 'mended') expect(fasttrack!.words).toBe(0);
  });

  it('says what is missed and where it was found', () => {
    const { stdout } = runR14(['race', 'compare', 'race-history', '--variant', 'lost']);
    expect(stdout).toMatch(/^v3 +1 +0 +0 /m);
    expect(stdout).toMatch(/^fasttrack +1 +0 +1 /m);
  });

  it.each([
    [['no-such'], 'no-such: there is no such file, and no bundled program of that name'],
    [['go-args'], 'go-args has no -race build'],
    [['race-map', '--variant', 'x'], 'race-map has no variant "x"; there are hash, swiss, mended'],
    [['race-map', '--model', 'v2'], '--model: race-map is a bundled program, which is compared as it runs, on all models'],
    [['race-map', '--limit', '1000'], 'race-map: stopped after 1000 instructions (--limit)'],
  ])('%j is refused', (args, said) => {
    const { status, stdout, stderr } = runR14(['race', 'compare', ...args]);
    expect([stdout, stderr.split(' (r14 --help)')[0]!.trim()]).toEqual(['', `r14: ${said}`]);
    expect(status).not.toBe(0);
  });
});
