/** Orders of goroutines in a session: `explore`, `schedule` and `schedule flip`. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = missing('go1.26');

describe.skipIf(why)(`orders in a session${why ? ` (skipped: ${why})` : ''}`, () => {
  it('explore starts the program anew in an order in which it fails, and schedule tells what that is', async () => {
    const at = debug(buildGo('orders', { race: true }), ['--cpus', '8', '--', 'use-before-set']);
    expect(await at.text('schedule')).toContain('This run has no schedule');
    expect(await at.run('schedule flip 1')).toMatchObject({ ok: false, output: expect.stringContaining('there is no decision 1') });
    expect(await at.run('explore -runs none')).toMatchObject({ ok: false, output: expect.stringContaining('-runs wants a whole number') });
    const told = await at.text('explore -runs 200');
    expect(told).toMatch(
      /^Failed at run \d+: fault: runtime error: invalid memory address or nil pointer dereference\n1 of \d+ decisions matter:\n {2}goroutine \d+ is put aside/,
    );
    expect(await at.text('schedule')).toContain('Nothing was decided so far');
    const failed = await at.text('continue');
    expect(failed).toContain('SIGSEGV');
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
    expect(await told).toBe('Nothing found in 0 runs, 0 different orders: interrupted.');
    expect(await at.text('schedule')).toContain('This run has no schedule');
  }, 300_000);
});
