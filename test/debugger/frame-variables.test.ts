/** What a frame can name, and what its arguments are. */
import { describe, expect, it } from 'vitest';
import { candidates } from '../../src/debugger/complete/candidates.js';
import { observe } from '../../src/tui/view/view.js';
import { buildC, buildGo, missing, toolchains } from '../support/build.js';
import { debug } from '../support/debug.js';

describe('a frame whose call does not return', () => {
  const why = missing('gcc');
  const stopped = async () => {
    const at = debug(buildC('noreturn', { flags: ['-O0', '-g'] }));
    await at.text('break leave');
    await at.text('continue');
    await at.text('frame 1');
    expect(await at.text('locals')).toMatch(/^inner = 2$/);
    return at;
  };

  it.skipIf(why)(`lists in info scope what its locals are${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = await stopped();
    expect(await at.data('info scope')).toContainEqual({ name: 'inner', role: 'local', type: 'int', live: true });
  });

  it.skipIf(why)(`completes them${why ? ` (skipped: ${why})` : ''}`, async () => {
    const { session } = await stopped();
    expect([...candidates(session, 'expression', { word: 'i', before: [], files: () => [] })]).toContain('inner');
  });
});

describe.each(toolchains())('arguments of a Go function, %s', toolchain => {
  const stopped = async (func: string) => {
    const at = debug(buildGo('arguments', { toolchain, gcflags: '-N -l' }));
    await at.text(`break main.${func}`);
    await at.text('continue');
    return at;
  };

  it('abi knows of a complex number what args knows', async () => {
    const at = await stopped('scaled');
    const [v] = (await at.data('abi')).values;
    expect(v).toMatchObject({ label: 'arg1', name: 'v', value: '(1 + 2i)' });
    expect(await at.text('abi')).toMatch(/arg1 v\s+XMM0:XMM1\s+= \(1 \+ 2i\)$/m);
  });

  it('the backtrace pane shows a number as a number, whatever code is there', async () => {
    const at = await stopped('show');
    const entry = at.session.target.images.functionsNamed('main.main')[0]!.entry;
    await at.text(`set n = ${entry + 4n}`);
    expect(await at.text('bt 1')).toContain(`n=${entry + 4n}`);
    const [frame] = observe(at.session, 'test').frames;
    expect(frame!.args).toBe(`n=${entry + 4n}`);
  });
});
