/** Ways back that are ended before they arrive, and what there is no room for: it is said, and nothing is lost. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, missing, runR14 } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

/** Ctrl-C at the first system call that the program makes again while a line is done. */
async function interrupted(at: Debugging, line: string): Promise<{ readonly ok: boolean; readonly output: string }> {
  const leave = at.session.target.process.observe({ syscall: () => at.session.interrupt() });
  try {
    return await at.run(line);
  } finally {
    leave();
  }
}

const state = async (at: Debugging): Promise<unknown> => ({
  ...(await at.data('info state')),
  stop: at.session.stop.reason,
  marks: (await at.data('marks')).map(({ t, note }: { t: number; note: string }) => [t, note]),
  branches: (await at.data('branches')).length,
  backtrace: await at.text('bt'),
});

const why = missing('go1.26', 'gcc');
describe.skipIf(why)(`a way back that Ctrl-C ends${why ? ` (skipped: ${why})` : ''}`, () => {
  for (const [name, open] of [
    ['Go', () => debug(buildGo('goroutines'))],
    ['C with threads', () => debug(buildC('threads'))],
  ] as const) {
    it(`${name}: it stands where it stood, and every way can be gone still`, async () => {
      const at = open();
      await at.text('break main.main'.replace('main.main', name === 'Go' ? 'main.main' : 'main'));
      await at.text('continue');
      await at.text('mark begin');
      await at.text('delete');
      await at.text('stepi 500');
      await at.text('watch $rsp if $rsp == 1');
      const before = await state(at);
      const { t } = at.session.target.process;
      for (const line of ['seek 40', 'reverse-continue', 'seek start', `seek ${t - 20}`, 'origin rsp', 'reverse-finish', 'seek +3000000']) {
        await interrupted(at, line);
        if (line.startsWith('seek +')) break;
        // What comes to its end without a system call has not been ended.
        if (at.session.target.process.t !== t) await at.text(`seek ${t}`);
        const after = (await state(at)) as { stop: string };
        expect({ ...after, stop: undefined }, line).toEqual({ ...(before as object), stop: undefined });
      }
      await at.text('delete');
      await at.text('seek 40');
      expect(at.session.target.process.t).toBe(40);
      await at.text('goto begin');
      await at.text(`seek ${t}`);
      expect((await at.data('info state')).hash).toBe((before as { hash: string }).hash);
    });
  }

  it('the answer says so', async () => {
    const at = debug(buildC('threads'));
    await at.text('break main');
    await at.text('continue');
    await at.text('stepi 2000');
    const { t } = at.session.target.process;
    const { output } = await interrupted(at, `seek ${t - 5}`);
    expect(output).toContain('interrupted on the way: it stands where it stood');
    expect(at.session.target.process.t).toBe(t);
    expect((await interrupted(at, 'origin (*long)0x7ffff7ffe2e0')).output).toBeTypeOf('string');
    expect(at.session.target.process.t).toBe(t);
  });
});

describe('no room', () => {
  it.skipIf(!existsSync('/dev/full'))('on the disk: the message says so, and the session goes on', () => {
    const { stdout, stderr } = runR14(['exec', '-ex', 'continue', '-ex', 'save /dev/full', '-ex', 'rsi', '--batch', 'newproc-race']);
    const text = stdout + stderr;
    expect(text).toContain('cannot write /dev/full: ENOSPC: no space left on device');
    expect(text).toMatch(/racecall\+\d+/);
  });

  it('for saved states: every moment is reached from the start', async () => {
    const at = debugBundled('newproc-race');
    await at.text('config history-memory 0');
    const { t } = await at.data('continue');
    const { hash } = await at.data('info state');
    await at.text('rsi');
    expect(at.session.target.process.t).toBe(t - 1);
    await at.text('seek 100');
    await at.text('seek end');
    expect((await at.data('info state')).hash).toBe(hash);
    expect(at.session.history!.held).toBeLessThan(2 ** 20);
  });
});
