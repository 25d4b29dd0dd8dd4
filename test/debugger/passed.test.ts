/** What the run has passed. The oracle is another session that goes forward only, and is stopped at each write and each broken rule. */
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, missing } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';

const why = missing('go1.26', 'gcc');

describe.skipIf(why)(`the last write of a word${why ? ` (skipped: ${why})` : ''}`, () => {
  const FIELD = 'runtime.sched.nmidle';

  async function writes(): Promise<{ readonly address: bigint; readonly all: readonly number[] }> {
    const at = debug(buildGo('goroutines'));
    await at.text('break main.main');
    await at.text('continue');
    await at.text('delete');
    const address = BigInt(/0x[0-9a-f]+/.exec(await at.text(`p &${FIELD}`))![0]);
    await at.text(`watch -w *${address}`);
    const all: number[] = [];
    for (;;) {
      const { t, reason } = await at.data('continue');
      if (reason !== 'watchpoint' || all.length === 6) return { address, all };
      all.push(t);
    }
  }

  const last = ({ session }: Debugging, address: bigint): number | undefined => session.past.lastWrite(address)?.t;

  it('is the one that a watchpoint stops at, wherever in the run it is asked for', async () => {
    const { address, all } = await writes();
    expect(all.length).toBeGreaterThan(2);
    const at = debug(buildGo('goroutines'));
    await at.text('continue');
    for (const t of [...all, ...all.toReversed()]) {
      await at.text(`seek ${t}`);
      const { hash } = await at.data('info state');
      expect(last(at, address)).toBe(t);
      expect((await at.data('info state')).hash).toBe(hash);
      await at.text(`seek ${t - 1}`);
      if (t !== all[0]) expect(last(at, address)).toBe(all[all.indexOf(t) - 1]);
    }
  });

  it("is told on a branch too, and what the user has written is not the program's", async () => {
    const { address, all } = await writes();
    const at = debug(buildGo('goroutines'));
    await at.text('continue');
    await at.text(`seek ${all[1]! + 5}`);
    // Another way from here on.
    await at.text('set r12 = 5');
    await at.text('stepi');
    expect(at.session.history!.branch.id).toBe(2);
    expect(last(at, address)).toBe(all[1]);
    await at.text(`set ${FIELD} = 123456`);
    expect(last(at, address)).toBeUndefined();
    await at.text('stepi');
    expect(last(at, address)).toBeUndefined();
    await at.text('branch 1');
    await at.text(`seek ${all[0]! + 1}`);
    expect(last(at, address)).toBe(all[0]);
  });
});

it.skipIf(why)(`the first broken rule is that which abi check stops at${why ? ` (skipped: ${why})` : ''}`, async () => {
  const path = buildC('smash', { flags: ['-O0', '-g', '-fno-stack-protector'] });
  const forth = debug(path, ['--', '2']);
  await forth.text('abi check on');
  const { reason, t } = await forth.data('continue');
  const at = debug(path, ['--', '2']);
  await at.text('continue');
  const found = at.session.past.firstViolation(25_000_000);
  expect(reason === 'abi' ? t : undefined).toBe(typeof found === 'object' ? found.t : undefined);
});
