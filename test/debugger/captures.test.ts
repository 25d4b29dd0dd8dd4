/** What closures have captured, on their first line: as the program itself prints it. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildGo, hasCommand, missing, runNative, toolchains } from '../support/build.js';
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

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('go1.22.12');

it.skipIf(why)(
  `Go 1.22, optimised: what is captured has the line of its first use, and is there on it as gdb has it${why ? ` (skipped: ${why})` : ''}`,
  async () => {
    const path = buildGo('crash', { toolchain: 'go1.22.12', race: true, variant: 'injected' });
    const { text, session } = debug(path);
    await text('break *runtime.newproc1.func1');
    await text('continue');
    const { rip } = session.thread.registers;
    const steps = Array.from({ length: 8 }, () => ['stepi', 'info locals']).flat();
    const commands = ['handle SIGURG nostop noprint', `break *0x${rip.toString(16)}`, 'run', ...steps];
    const gdb = spawnSync('gdb', ['-batch', '-nx', ...commands.flatMap(each => ['-ex', each]), path], { encoding: 'utf8' }).stdout;
    const expected = [...gdb.matchAll(/^callergp = (?:(0x[0-9a-f]+)|<optimized out>)/gm)].map(([, value]) => value ?? null);
    expect(expected).toHaveLength(8);
    const found: (string | null)[] = [];
    for (let step = 0; step < 8; step++) {
      await text('stepi');
      found.push(/^callergp = .*\((0x[0-9a-f]+)\)$/m.exec(await text('locals'))?.[1] ?? null);
      expect(await text('locals')).toContain('callergp = ');
    }
    expect(found).toEqual(expected);
  },
);
