/** What closures have captured, on their first line: as the program itself prints it. */
import { describe, expect, it } from 'vitest';
import { buildGo, runNative, toolchains } from '../support/build.js';
import { debug } from '../support/debug.js';

describe.each(toolchains())('%s', toolchain => {
  const program = () => buildGo('captures', { toolchain, gcflags: '-N -l' });

  it('captured variables are there from the first instruction on', async () => {
    const said = runNative(program())
      .stdout.split('\n')
      .filter(line => line.includes('='));
    for (const entry of [true, false]) {
      const { text } = debug(program());
      for (const name of new Set(said.map(line => line.split(' ')[0]))) {
        await text(`break ${entry ? '*' : ''}main.${name}`);
      }
      const shown: string[] = [];
      for (const line of said) {
        await text('continue');
        const [func, ...values] = line.split(' ');
        const names = values.map(each => each.split('=')[0]!);
        const texts = await Promise.all(names.map(async name => `${name}=${(await text(`print ${name}`)).replaceAll('"', '')}`));
        shown.push([func, ...texts].join(' '));
      }
      expect(shown).toEqual(said);
    }
  });

  it('a result is not shown before it is set', async () => {
    const { text, data } = debug(program());
    await text('break main.call');
    await text('continue');
    expect(await text('args')).toContain('~r0 = <not set yet>');
    expect((await data('args')).at(-1)).toMatchObject({ name: '~r0', lost: 'not set yet' });
    // The compiler clears it behind the prologue, and that is a value.
    await text('break main.main.func1');
    await text('continue');
    await text('frame 1');
    expect(await text('args')).toContain('~r0 = 0');
  });
});
