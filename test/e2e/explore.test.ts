/**
 * `r14 explore` on the bugs of programs/go/orders, each of which has a twin without the bug. R14_ALL=1: all of them, replayed 20 times, and 2,000
 * orders of each twin.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decisionText } from '../../src/debugger/explore/decision-text.js';
import { Explorer, type RunOutcome } from '../../src/debugger/explore/explorer.js';
import { searchRun, usualRun } from '../../src/debugger/explore/search.js';
import { shrink } from '../../src/debugger/explore/shrink.js';
import { USUAL_UNTIL } from '../../src/debugger/explore/verdict.js';
import { launcher } from '../../src/debugger/session/launcher.js';
import type { VerdictKind } from '../../src/explore/names.js';
import { replayed } from '../../src/explore/strategies.js';
import { nodePorts } from '../../src/host/node/ports.js';
import { buildGo, missing, runR14 } from '../support/build.js';

/** What each comes to, and the function where its order matters. */
const BUGS: Readonly<Record<string, readonly [VerdictKind, string]>> = {
  'use-before-set': ['fault', 'useBeforeSet'],
  'use-after-close': ['panic', 'useAfterClose'],
  'published-early': ['fault', 'publishedEarly'],
  'late-callback': ['exit', 'lateCallback'],
  // Of one goroutine: Go's own chance, and nothing to decide.
  'map-order': ['exit', 'mapOrder'],
  'dropped-wake': ['deadlock', 'droppedWake'],
  'wait-once': ['panic', 'waitOnce'],
  'signal-one': ['deadlock', 'signalOne'],
  'double-close': ['panic', 'doubleClose'],
  // The detector comes before the panic: it knows closing as a write.
  'send-on-closed': ['race', 'sendOnClosed'],
  'two-locks': ['deadlock', 'twoLocks'],
  'three-locks': ['deadlock', 'threeLocks'],
  // Main goes on: Go itself would never say so.
  'pair-in-crowd': ['deadlock', 'pairInCrowd'],
  'read-twice': ['deadlock', 'readTwice'],
  'lock-and-send': ['deadlock', 'lockAndSend'],
  permits: ['deadlock', 'permits'],
  'add-inside': ['exit', 'addInside'],
  'done-twice': ['panic', 'doneTwice'],
  'leak-timeout': ['leak', 'leakTimeout'],
  'leak-cancelled': ['leak', 'leakCancelled'],
  'leak-first-error': ['leak', 'leakFirstError'],
  'lost-update': ['exit', 'lostUpdate'],
  'lost-in-loop': ['exit', 'lostInLoop'],
  // Goroutines without a thread: Go's scheduler has them take turns.
  'one-cpu': ['exit', 'lostUpdate'],
  overdrawn: ['exit', 'overdrawn'],
  'made-twice': ['exit', 'madeTwice'],
  aba: ['exit', '(*stack).'],
  flags: ['exit', 'flags'],
  'select-loses': ['exit', 'selectLoses'],
  'race-unlocked': ['race', 'raceUnlocked'],
  'race-window': ['race', 'raceWindow'],
  'race-two-windows': ['race', 'raceTwoWindows'],
};

/** One of each kind, in every run of the tests. */
const SAMPLE = ['one-cpu', 'map-order', 'use-before-set', 'two-locks', 'done-twice', 'leak-timeout', 'lost-update', 'race-two-windows'];
const ALL = process.env.R14_ALL === '1';
const NAMES = ALL ? Object.keys(BUGS) : SAMPLE;
const MOST_RUNS = 200;
const AGAIN = ALL ? 20 : 3;
const TWIN_RUNS = ALL ? 2000 : 25;

const why = missing('go1.26');
const limits = { until: USUAL_UNTIL, limit: 500_000_000, hang: 10e9 };

describe.skipIf(why)(`exploring${why ? ` (skipped: ${why})` : ''}`, () => {
  let program: string;
  const folder = mkdtempSync(join(tmpdir(), 'r14-explore-'));
  beforeAll(() => {
    program = buildGo('orders', { race: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const begin = (...args: readonly string[]): Promise<Explorer> =>
    Explorer.begin(launcher({ host: nodePorts, path: program, args: [program, ...args], cpus: 8, cwd: folder }), limits);

  it('knows all bugs of the program', () => {
    const { stdout } = runR14(['run', program]);
    expect(stdout.trim().split('\n')).toEqual(Object.keys(BUGS).sort());
  });

  for (const name of NAMES) {
    const [kind, place] = BUGS[name]!;
    it(`finds ${name}, makes its schedule small, and comes there again`, async () => {
      const explorer = await begin(name);
      expect((await usualRun(explorer)).outcome.verdict).toBeUndefined();
      let found: RunOutcome | undefined;
      let stir: number | undefined;
      for (let run = 1; run <= MOST_RUNS && found === undefined; run++) {
        const { outcome, stir: seed } = await searchRun(explorer, 'mixed', 0, run);
        if (outcome.verdict !== undefined) [found, stir] = [outcome, seed];
      }
      expect(found?.verdict?.kind).toBe(kind);
      const small = await shrink(explorer, found!, stir, { most: 500 });
      const { decisions, verdict, order } = small.outcome;
      expect(small.least).toBe(true);
      expect(decisions.length).toBeLessThanOrEqual(found!.decisions.length);
      if (small.stir === undefined) expect(decisions.length).toBeGreaterThan(0);
      const { images } = explorer.target;
      for (const decision of decisions) expect(decisionText(images, decision)).toContain('main.');
      if (decisions.length > 0) expect(decisions.map(each => decisionText(images, each)).join('\n')).toContain(`main.${place}`);
      for (let again = 0; again < AGAIN; again++) {
        const outcome = await explorer.run(replayed(decisions), small.stir);
        expect(outcome).toMatchObject({ verdict, order, decisions });
      }
      // Each of them is needed.
      for (const left of decisions.keys()) {
        const { verdict: without } = await explorer.run(replayed(decisions.filter((_, index) => index !== left)), small.stir);
        expect(without?.kind).not.toBe(kind);
      }
    }, 600_000);

    it(`finds nothing in ${name} when it is mended`, async () => {
      const explorer = await begin(name, 'mended');
      expect((await usualRun(explorer)).outcome.verdict).toBeUndefined();
      const orders = new Set<string>();
      for (let run = 1; run <= TWIN_RUNS; run++) {
        const { outcome } = await searchRun(explorer, 'mixed', 0, run);
        expect({ run, verdict: outcome.verdict }).toEqual({ run, verdict: undefined });
        orders.add(outcome.order);
      }
      if (name !== 'map-order') expect(orders.size).toBeGreaterThan(1);
    }, 3_600_000);
  }

  const bin = join(import.meta.dirname, '../../bin/r14.js');
  const explore = (args: readonly string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [bin, 'explore', ...args], { cwd: folder, encoding: 'utf8' });
    return { stdout, stderr, status };
  };

  it('keeps a schedule, by which run and exec come to the same end', () => {
    const { stdout, stderr, status } = explore(['--workers', '2', '--runs', '200', program, '--', 'lost-update']);
    expect(status).toBe(1);
    expect(stderr).toContain('exploring with 2 workers, strategies by turns');
    const file = /r14 exec --schedule (\S+\.schedule) /.exec(stdout)?.[1] ?? '';
    const [, run] = /^FAILED at run (\d+): exit: exit status 1$/m.exec(stdout)!;
    expect(file).toBe(`${basename(program)}-${run}.schedule`);
    expect(stdout).toMatch(/ of \d+ decisions matter/);
    const path = join(folder, file);
    const ran = runR14(['run', '--schedule', path, program]);
    expect(ran).toMatchObject({ status: 1, stdout: 'counted to 1\n' });
    const exec = runR14(['exec', '--batch', '-ex', 'continue', '-ex', 'continue', '--schedule', path, program]);
    expect(exec.stdout).toContain('counted to 1');
    // One worker finds the same run first.
    const alone = explore(['--workers', '1', '--runs', '200', program, '--', 'lost-update']);
    expect(/^FAILED.*$/m.exec(alone.stdout)?.[0]).toBe(/^FAILED.*$/m.exec(stdout)?.[0]);
    // What it decides can be written again.
    const out = join(folder, 'again.schedule');
    expect(runR14(['run', '--schedule', path, '--schedule-out', out, program]).status).toBe(1);
    const decisions = (text: string) => text.split('\n').filter(line => /^\d/.test(line));
    expect(decisions(readFileSync(out, 'utf8'))).toEqual(decisions(readFileSync(path, 'utf8')));
    const refusal = (args: readonly string[]) => runR14(['run', '--schedule', path, ...args]).stderr;
    expect(refusal([program, '--', 'overdrawn'])).toMatch(
      /^r14: \S+\.schedule: it is of a run with the arguments lost-update, not overdrawn\n$/,
    );
    expect(refusal([buildGo('hello')])).toMatch(/: it is of another orders\S* than this one/);
    expect(refusal(['--cpus', '3', program])).toContain('it is of a run with --cpus 8, not 3');
  }, 600_000);

  it('tells at a crash the line that comes there again, by the same schedule', () => {
    const file = /--schedule (\S+) /.exec(explore(['--workers', '1', '--runs', '200', program, '--', 'use-before-set']).stdout)![1]!;
    const exec = runR14(['exec', '--batch', '-ex', 'continue', '-ex', 'continue', '--schedule', join(folder, file), program]);
    const line = /^again: r14 exec (--schedule .*)$/m.exec(exec.stdout)![1]!;
    const [, t, place] = /^(t=\S+) {2}panic: .* in (runtime\.fatalpanic.*)$/m.exec(exec.stdout)!;
    const again = spawnSync('sh', ['-c', `"${process.execPath}" "${bin}" exec --batch ${line}`], { encoding: 'utf8' });
    expect(again.stdout).toContain(`${t}  ${place}\n`);
  }, 300_000);

  it('does a part of the runs, and puts the parts together', () => {
    const part = (index: number) => explore(['--json', '--shard', `${index}/3`, '--runs', '12', program, '--', 'flags', 'mended']).stdout;
    const parts = [1, 2, 3].map(part);
    const runs = parts.flatMap(text =>
      text.split('\n').flatMap(line => (/^\{"run":(\d+)/.exec(line) === null ? [] : [JSON.parse(line).run as number])),
    );
    expect(runs.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    const files = parts.map((text, index) => {
      const file = join(folder, `${index + 1}.jsonl`);
      writeFileSync(file, text);
      return file;
    });
    const merge = (...names: readonly string[]) => explore(['--merge', ...names]);
    expect(merge(...files)).toMatchObject({ status: 0, stderr: '' });
    expect(merge(...files).stdout).toMatch(/flags mended: 3 of 3 parts, 12 runs, \d+ different orders\nnothing found\n$/);
    expect(merge(files[0]!, files[2]!)).toMatchObject({ status: 2, stdout: expect.stringContaining('  missing: 2/3\n') });
    expect(merge(files[0]!, files[0]!).stderr).toContain('are both part 1/3');
    const other = join(folder, 'other.jsonl');
    writeFileSync(other, parts[1]!.replace('"seed":0', '"seed":1'));
    expect(merge(files[0]!, other).stderr).toBe(`r14: ${other} is no part of the search that ${files[0]} is of: its seed is 1, not 0\n`);
    // One that was killed in the middle of a line.
    const cut = join(folder, 'cut.jsonl');
    writeFileSync(cut, parts[1]!.slice(0, parts[1]!.lastIndexOf('{"run"') + 10));
    expect(merge(files[0]!, cut, files[2]!)).toMatchObject({ status: 2, stdout: expect.stringContaining('is not whole') });
    writeFileSync(cut, 'no JSON\n');
    expect(merge(cut).stderr).toBe(`r14: ${cut}:1: this is no line of r14 explore --json\n`);
    const told = (...lines: readonly string[]) => {
      writeFileSync(cut, lines.map(line => `${line}\n`).join(''));
      return merge(cut);
    };
    const header = parts[0]!.slice(0, parts[0]!.indexOf('\n'));
    const wrong = ['{"run":1,"order":"0","steps":1,"failure":{}}', '{"run":1}', '{"done":"1"}', '[]', 'null'];
    for (const line of wrong) expect(told(header, line).stderr).toBe(`r14: ${cut}:2: this is no line of r14 explore --json\n`);
    for (const line of ['{"explore":1}', header.replace('[1,3]', '[4,3]')])
      expect(told(line).stderr).toBe(`r14: ${cut}:1: this is no line of r14 explore --json\n`);
    expect(told(header.replace('[1,3]', '[1,1000000000]')).stdout).toMatch(/^ {2}missing: 2\/1000000000, .* and 999999899 more$/m);
    expect(merge(files[0]!, files[1]!, files[1]!).stderr).toContain('are both part 2/3');
    // A line for a shell, whatever the arguments are.
    const verdict = { kind: 'exit', text: 'exit status 1', details: [] };
    const failed = JSON.stringify({ run: 1, order: '0', steps: 1, failure: { verdict, stir: null, decisions: [[8, 14, 9]] } });
    const { stdout, status } = told(header.replace('["flags","mended"]', '["flags","it\'s so"]'), failed);
    expect(status).toBe(1);
    expect(stdout).toContain(`FAILED at run 1: exit: exit status 1\n`);
    expect(stdout).toContain(`-1.schedule ${basename(program)} -- flags 'it'\\''s so'\n`);
  }, 600_000);

  it('refuses what makes no sense, and says what it can do', () => {
    for (const [args, says] of [
      [['--until', 'luck'], '--until: "luck" is none of race, fault, panic, deadlock, leak, exit, output:REGEX, hang'],
      [['--until', 'output:('], '--until: Invalid regular expression'],
      [['--shard', '4/3'], '--shard: "4/3" is no part of a whole such as 3/20'],
      [['--strategy', 'luck'], 'no strategy "luck"'],
      [['--runs', '0'], '--runs: "0" is not a whole number of at least 1'],
    ] as const) {
      const { stderr, status } = explore([...args, program]);
      expect(stderr).toContain(says);
      expect(status).toBe(2);
    }
    expect(explore([]).stderr).toContain('r14 explore wants the path of a program');
    expect(explore(['--merge']).stderr).toContain('--merge wants files');
  });

  it('says of a program with one order that there is nothing to explore, and of one that always fails that it does', () => {
    expect(explore([buildGo('hello')]).stdout).toMatch(/^nothing to explore: .*, so it has one order, in which it does not fail\n$/);
    const { stdout, status } = explore([buildGo('race-counter', { race: true })]);
    expect(stdout).toMatch(
      /^FAILED at run 0: race: data race: .*, in the usual order, where nothing is decided: it fails in every order that was tried \(5\)\n/,
    );
    expect(status).toBe(1);
    expect(readdirSync(folder).filter(file => /^race-counter.*-0\.schedule$/.test(file))).toHaveLength(1);
  }, 300_000);
});
