/** `bt -gdb` against gdb itself: the same frames, true or not, down to where the contents of the stack are the host's. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, hasCommand, missing } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';

const handled = ['handle all nostop noprint pass', 'handle SIGSEGV SIGABRT stop print'];

function gdbNames(binary: string, args: string): readonly string[] {
  const commands = [...handled, `run ${args}`, 'bt'].flatMap(command => ['-ex', command]);
  const out = execFileSync('gdb', ['-q', '-batch', ...commands, binary], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return [...out.matchAll(/^#\d+ +(?:0x[0-9a-f]+ in )?(\S.*?) \(/gm)].map(([, name]) => name!);
}

async function ourNames(at: Debugging, args: string): Promise<readonly string[]> {
  await at.text(`restart ${args}`);
  await at.text('continue');
  return (await at.data('bt -gdb 60')).map((row: { function: string }) => row.function);
}

/** The frames up to the first of the process. */
const upTo = (names: readonly string[], last: string) => names.slice(0, names.indexOf(last) + 1);

const why = missing('gcc') ?? (hasCommand('gdb') ? undefined : 'gdb is missing');
describe.skipIf(why)(`bt -gdb${why ? ` (skipped: ${why})` : ''}`, () => {
  for (const toolchain of ['go1.26', 'go1.19'] as const) {
    for (const variant of ['injected', 'norace'] as const) {
      it(`the crash, ${variant}, ${toolchain}`, async () => {
        const binary = buildGo('crash', { toolchain, race: true, variant });
        const names = upTo(gdbNames(binary, ''), 'runtime.systemstack');
        expect(names.length).toBeGreaterThan(8);
        expect(upTo(await ourNames(debug(binary), ''), 'runtime.systemstack')).toEqual(names);
      });
    }
  }

  it('C without frame pointers, from the library to main', async () => {
    const binary = buildC('callers', { flags: ['-O1', '-g', '-fno-optimize-sibling-calls', '-fno-inline'] });
    const own = (names: readonly string[]) => upTo(names.slice(names.indexOf('deep')), 'main');
    expect(own(await ourNames(debug(binary), 'x'))).toEqual(own(gdbNames(binary, 'x')));
    expect(own(gdbNames(binary, 'x')).length).toBeGreaterThan(3);
  });
});
