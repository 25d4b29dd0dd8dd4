/** `r14 explore` where a search comes to no good end, and what it can be told to look for: on programs/go/searched. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGo, missing } from '../support/build.js';

const why = missing('go1.26');
const bin = join(import.meta.dirname, '../../bin/r14.js');

describe.skipIf(why)(`searches and their ends${why ? ` (skipped: ${why})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'r14-searches-'));
  let searched: string;
  let orders: string;
  beforeAll(() => {
    searched = buildGo('searched', { race: true });
    orders = buildGo('orders', { race: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const explore = (...args: readonly string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [bin, 'explore', ...args], { cwd: folder, encoding: 'utf8' });
    return { stdout, stderr, status };
  };

  /** One that goes on beside the test, until what it says on standard error matches; then `act`, and what it comes to. */
  async function beside(args: readonly string[], until: RegExp, act: (child: ChildProcess) => void) {
    const child = spawn(process.execPath, [bin, 'explore', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, acted] = ['', '', false];
    child.stdout!.on('data', data => (stdout += data));
    child.stderr!.on('data', data => {
      stderr += data;
      if (acted || !until.test(stderr)) return;
      acted = true;
      act(child);
    });
    const status = await new Promise<number | null>(resolve => child.on('close', resolve));
    return { stdout, stderr, status };
  }

  it('counts all who wait for ever, of whom it names the first', () => {
    const { stdout } = explore('--workers', '1', '--runs', '1', searched, '--', 'crowd');
    expect(stdout).toMatch(/^FAILED at run 0: deadlock: 31 goroutines wait for ever, in the usual order/);
  }, 300_000);

  it('a program that never ends is cut off by --limit, which is said, or found where that is looked for', () => {
    const limited = ['--workers', '1', '--runs', '3', '--limit', '30000000'];
    expect(explore(...limited, searched, '--', 'forever')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /^nothing found: 3 runs, .*; 3 of them had no end within --limit, so nothing is known of how they would have ended$/m,
      ),
    });
    expect(explore(...limited, '--until', 'hang', searched, '--', 'forever')).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(
        /^FAILED at run 0: hang: no end within 30000000 instructions, .*: it fails in every order that was tried \(5\)\n/,
      ),
    });
    expect(explore('--workers', '1', '--limit', '1000', searched, '--', 'forever')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'r14: --limit ended it before there was anything to choose: 1000 instructions are too few\n',
    });
  }, 300_000);

  it('a program that sleeps for longer than --hang hangs, and is not asleep for ever', () => {
    const { stdout, status } = explore('--workers', '1', '--until', 'hang', '--hang', '5', searched, '--', 'sleeper');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAILED at run 0: hang: nothing but waiting for 5 s, /);
    expect(stdout).toMatch(/^ {4}goroutine \d+ \[sleep\] in main\.main at /m);
    expect(explore('--workers', '1', '--runs', '3', searched, '--', 'sleeper')).toMatchObject({ status: 0 });
  }, 300_000);

  it('what it prints is found by a regular expression, over lines', () => {
    const { stdout, status } = explore('--workers', '1', '--until', 'output:^second\\nfirst', searched, '--', 'printer');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAILED at run \d+: output: it has printed "second\\nfirst"$/m);
    const schedule = /--schedule (\S+) /.exec(stdout)![1]!;
    const again = spawnSync(process.execPath, [bin, 'run', '--schedule', join(folder, schedule), searched], { encoding: 'utf8' });
    expect(again).toMatchObject({ status: 0, stdout: 'second\nfirst\n' });
  }, 300_000);

  it('a file that changes between runs is what the failure is put down to', async () => {
    const file = join(folder, 'input');
    writeFileSync(file, 'good');
    const { stdout, stderr, status } = await beside(
      ['--workers', '1', '--runs', '1000000', '--allow-read', file, searched, '--', 'file', file],
      /exploring with 1 worker/,
      () => writeFileSync(file, 'bad'),
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAILED at run [1-9]\d*: exit: exit status 3$/m);
    expect(stderr).toContain(
      'r14: now it fails in the usual order too, in which it did well at first: it depends on something outside of r14',
    );
    expect(stdout).not.toContain('decisions matter');
  }, 300_000);

  it("a race that the program's own detector drops is found by a second opinion, which finds none where there is none", () => {
    const missed = buildGo('race-missed', { race: true });
    const search = ['--workers', '1', '--runs', '5', '--until', 'race'];
    for (const [name, why] of [
      ['byte', 'a scalar counts by its first byte'],
      ['slots', "the earlier goroutine's slot had gone to another"],
    ]) {
      expect(explore(...search, missed, '--', name!)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^nothing found: 5 runs/) });
      const { stdout, status } = explore(...search, '--second-opinion', missed, '--', name!);
      expect(status).toBe(1);
      expect(stdout).toMatch(/^FAILED at run 0: race: data race, by FastTrack alone: .*, and write in main\.write at .* before, /);
      expect(stdout).toContain(why);
    }
    const both = explore(...search, '--second-opinion', missed, '--', 'found');
    expect(both.stdout).toMatch(
      /^FAILED at run 0: race: data race: read in main\.read by main goroutine, write in main\.write by goroutine/,
    );
    for (const name of ['two-locks', 'wait-once', 'one-cpu', 'leak-cancelled'])
      expect(explore('--workers', '1', '--runs', '40', '--second-opinion', orders, '--', name, 'mended')).toMatchObject({ status: 0 });
    expect(explore('--second-opinion', buildGo('hello'))).toEqual({
      status: 2,
      stdout: '',
      stderr: 'r14: --second-opinion is for programs with a race detector: build it with -race\n',
    });
  }, 300_000);

  it('the part of a worker that is killed is done by the others', async () => {
    const args = ['--workers', '2', '--runs', '600', orders, '--', 'two-locks', 'mended'];
    const { stdout, stderr, status } = await beside(args, /exploring with 2 workers/, ({ pid }) => {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number);
      expect(children).toHaveLength(1);
      process.kill(children[0]!, 'SIGKILL');
    });
    expect(stderr).toMatch(
      /^r14: worker 2 of 2 ended before its part was done.*: it was killed \(SIGKILL\); what it has found is kept, and the rest of its part is done here$/m,
    );
    expect(stdout).toMatch(/^nothing found: 600 runs, /);
    expect(status).toBe(0);
  }, 300_000);

  it('a disk without room loses nothing that was there, and leaves nothing in part', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [bin, 'explore', '--json', '--runs', '5', orders, '--', 'flags', 'mended'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'r14: its lines cannot be written (ENOSPC): nothing is written\n' });
    // The schedule's place is taken.
    const found = explore('--workers', '1', orders, '--', 'use-before-set');
    const name = /--schedule (\S+) /.exec(found.stdout)![1]!;
    const schedule = readFileSync(join(folder, name), 'utf8');
    rmSync(join(folder, name));
    mkdirSync(join(folder, name));
    const { stdout, stderr: said, status: ended } = explore('--workers', '1', orders, '--', 'use-before-set');
    expect(ended).toBe(1);
    expect(said).toContain(`r14: ${name} cannot be written (EISDIR); this is what was to be in it:\n`);
    expect(stdout).toContain(schedule);
    expect(readdirSync(folder).filter(file => file.startsWith(basename(orders)))).toEqual([name]);
  }, 300_000);
});
