/** Orders of goroutines in a session: `explore`, `schedule` and `schedule flip`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { version } from '../../src/host/node/package.js';
import { buildGo, missing, runR14 } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = missing('go1.26');

describe.skipIf(why)(`orders in a session${why ? ` (skipped: ${why})` : ''}`, () => {
  it('explore comes to where the program fails in an order, and schedule tells what that is', async () => {
    const at = debug(buildGo('orders', { race: true }), ['--cpus', '8', '--', 'use-before-set']);
    expect(await at.text('schedule')).toContain('This run has no schedule');
    expect(await at.run('schedule flip 1')).toMatchObject({ ok: false, output: expect.stringContaining('there is no decision 1') });
    expect(await at.run('explore -runs none')).toMatchObject({ ok: false, output: expect.stringContaining('-runs wants a whole number') });
    const told = await at.text('explore -runs 200');
    expect(told).toMatch(
      /^Failed at run \d+ from here: fault: runtime error: invalid memory address or nil pointer dereference\n1 of \d+ decisions matter:\n {2}goroutine \d+ is put aside/,
    );
    expect(told).toContain('SIGSEGV');
    expect(await at.text('bt 3')).toContain('main.useBeforeSet');
    const decided = await at.data('schedule');
    expect(decided).toHaveLength(1);
    expect(told).toContain(decided[0].text);
    // The past of a run by a schedule is the same again.
    await at.text('seek -2000');
    const { t } = at.session.target.process;
    const hash = at.session.target.process.hash();
    await at.text('seek -1000000');
    await at.text(`seek ${t}`);
    expect(at.session.target.process.hash()).toBe(hash);
    await at.text('continue');
    expect(await at.data('schedule')).toEqual(decided);
    // What says nothing of the schedule does not come here.
    expect(await at.text('continue')).toContain('again: it runs by a schedule; restart and continue come here');
    expect(await at.run('save steered.r14')).toMatchObject({ ok: false, output: expect.stringContaining('this run goes by a schedule') });
    // Without it the program does well.
    const flipped = await at.text('schedule flip 1');
    expect(flipped).toContain('exited');
    expect(at.written()).toBe('well\n');
    expect(await at.data('schedule')).toEqual([]);
  }, 300_000);

  it('explore that is interrupted before its first run says so, and the session is as it was', async () => {
    const at = debug(buildGo('orders', { race: true }), ['--cpus', '8', '--', 'use-before-set', 'mended']);
    const told = at.text('explore -runs 200');
    at.session.interrupt();
    expect(await told).toBe('Nothing found in 0 runs from here, 0 different orders: interrupted.');
    expect(await at.text('schedule')).toContain('This run has no schedule');
  }, 300_000);

  it('explore begins where the program stands, in a branch of its own, and the run before stays as it was', async () => {
    const at = debug(buildGo('orders', { race: true }), ['--cpus', '8', '--', 'race-window']);
    await at.text('break main.raceWindow');
    await at.text('continue');
    const { process } = at.session.target;
    const { t } = process;
    const hash = process.hash();
    const told = await at.text('explore -runs 200');
    expect(told).toMatch(/^Failed at run \d+ from here: race: data race: .*\n2 of \d+ decisions matter:\n/);
    // It stands in front of the report: what has happened in order is the other's write first.
    expect(told).toMatch(/ {2}now: {4}read of .* in main\.raceWindow at .*\n {2}before: write of .* in main\.raceWindow\.func1 at/);
    expect(await at.text('branches')).toMatch(new RegExp(`from branch 1 at t=${t.toLocaleString('en')}: explore: run`));
    const there = { t: process.t, hash: process.hash() };
    const decided: readonly { readonly text: string }[] = await at.data('schedule');
    expect(decided).toHaveLength(2);
    // Kept in a file, it is the same run elsewhere.
    const folder = mkdtempSync(join(tmpdir(), 'r14-exploring-'));
    const file = join(folder, 'found.schedule');
    expect(await at.text(`schedule save ${file}`)).toContain(`Saved to ${file}: r14 exec --schedule ${file} `);
    // It says which r14 has made it: that of the test is no release.
    writeFileSync(file, at.files.get(file)!.replace(`made-by ${at.session.host.version}\n`, `made-by ${version()}\n`));
    const elsewhere = runR14([
      'exec',
      '--batch',
      '-ex',
      'continue',
      '-ex',
      'schedule',
      '--schedule',
      file,
      buildGo('orders', { race: true }),
    ]);
    rmSync(folder, { recursive: true });
    expect(elsewhere.stdout).toContain(`t=${there.t.toLocaleString('en')}  data race, breakpoint`);
    for (const { text } of decided) expect(elsewhere.stdout).toContain(text);
    // The way back, and the same way again.
    await at.text(`seek ${t + 100}`);
    await at.text(`seek ${there.t}`);
    expect({ t: process.t, hash: process.hash() }).toEqual(there);
    // Without a decision it does well; so does the run as it was, whose threads have fair turns.
    expect(await at.text('schedule flip 2')).toContain('exited with status 0');
    await at.text('branch 1');
    expect({ t: process.t, hash: process.hash() }).toEqual({ t, hash });
    expect(await at.text('schedule')).toContain('This run has no schedule');
    expect(await at.text('continue')).toContain('exited with status 0');
  }, 300_000);

  it('explore stops where goroutines wait for ever, and names them', async () => {
    const at = debug(buildGo('orders', { race: true }), ['--cpus', '8', '--', 'pair-in-crowd']);
    await at.text('break main.pairInCrowd');
    await at.text('continue');
    const told = await at.text('explore');
    expect(told).toMatch(
      /^Failed at run \d+ from here: deadlock: 2 goroutines wait for ever while others go on\n {2}goroutine \d+ \[sync\.Mutex\.Lock\] in main\.pairInCrowd/,
    );
    expect(told).toMatch(/^\d+ of \d+ decisions matter:$/m);
    expect(at.session.exited).toBe(false);
    expect(at.session.target.go!.goroutines().filter(({ waitReason }) => waitReason === 'sync.Mutex.Lock')).toHaveLength(2);
  }, 300_000);

  it('explore that is interrupted leaves the program as it stands', async () => {
    const at = debug(buildGo('orders', { race: true }), ['--cpus', '8', '--', 'two-locks', 'mended']);
    await at.text('break main.twoLocks');
    await at.text('continue');
    const { process } = at.session.target;
    const before = { t: process.t, hash: process.hash() };
    let told: string | undefined;
    at.session.events.on('progress', ({ text }) => {
      told = text;
      at.session.interrupt();
    });
    expect(await at.text('explore -runs 1000000')).toMatch(
      /^Nothing found in [1-9]\d* runs? from here, \d+ different orders: interrupted\.$/,
    );
    expect(told).toMatch(/^explore: \d+ of 1000000 runs, \d+ orders, .*\d+:\d\d$/);
    expect({ t: process.t, hash: process.hash() }).toEqual(before);
    expect(await at.text('schedule')).toContain('This run has no schedule');
  }, 300_000);
});
