/** What is said of a fault at a nil pointer. The oracle is the source: the program's argument is the expression that is nil there. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, type Toolchain } from '../support/build.js';
import { debug } from '../support/debug.js';

for (const toolchain of ['go1.26', 'go1.19'] as const satisfies readonly Toolchain[]) {
  const why = missing(toolchain);
  for (const gcflags of ['', '-N -l']) {
    describe.skipIf(why)(`nil, ${toolchain}${gcflags && ` ${gcflags}`}${why ? ` (skipped: ${why})` : ''}`, () => {
      for (const name of ['dst', 'p.next', 'p.next.next', 'main.head', 'i.type', 'f', 'q']) {
        it(name, async () => {
          const at = debug(buildGo('nils', { toolchain, ...(gcflags && { gcflags }) }));
          await at.text(`restart ${name}`);
          const { output, data } = await at.run('continue');
          expect(data).toMatchObject({ reason: 'signal', signal: 'SIGSEGV' });
          expect(output).toMatch(new RegExp(`, which is not mapped: r\\w+ = 0 = ${name.replaceAll('.', '\\.')}(\\n|$)`));
        });
      }
      for (const [way, name] of [
        [0, 'n.next.next'],
        [2, 'n.f'],
        [3, 'n.arr'],
        [8, 'n.next.next'],
      ] as const) {
        it(`in the case of a jump table: ${name}`, async () => {
          const at = debug(buildGo('tables', { toolchain, ...(gcflags && { gcflags }) }));
          await at.text(`restart ${way}`);
          const { output } = await at.run('continue');
          expect(output).toMatch(new RegExp(`, which is not mapped: r\\w+ = 0 = ${name.replaceAll('.', '\\.')}(\\n|$)`));
        });
      }
    });
  }
}
