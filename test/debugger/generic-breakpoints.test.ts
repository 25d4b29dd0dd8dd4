/** Breakpoints on generic functions: in all their instances, or in the one that is named. How often each is called stands in the program. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, toolchains } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = missing('go1.26', 'go1.19');

/** Location, and the calls in main that it means. */
const CALLS: readonly (readonly [string, number])[] = [
  ['main.larger', 4],
  ['larger', 4],
  ['larger[...]', 4],
  ['main.keep', 4],
  ['main.(*tree).put', 3],
  ['tree.put', 3],
  ['(*tree).put', 3],
  ['main.larger[int]', 1],
  ['larger[main.myInt]', 1],
  ['larger[myInt]', 1],
  ['larger[string]', 1],
  ['keep[string,[]int]', 1],
  ['main.keep[int, map[string][]main.pair]', 1],
  ['keep[pair, [4]byte]', 1],
  ['keep[[2]int,func(int) string]', 1],
  ['main.(*tree[map[string][]int]).put', 1],
  ['tree[pair].put', 1],
  ['tree[[]func([]int) [2]string].put', 1],
];

/** How often each tracepoint is met in one run. */
async function hits(path: string, locations: readonly string[]): Promise<readonly (readonly [string, number])[]> {
  const at = debug(path);
  for (const location of locations) await at.text(`trace ${location}`);
  expect((await at.data('continue')).reason).toBe('exited');
  const rows: readonly { location: string; hits: number }[] = await at.data('breakpoints');
  return rows.map(({ location, hits }) => [location, hits] as const);
}

describe.skipIf(why)(`breakpoints on generic code${why ? ` (skipped: ${why})` : ''}`, () => {
  const builds = toolchains().flatMap(toolchain => ['', 'all=-N -l'].map(gcflags => ({ toolchain, gcflags })));

  it.each(builds)('are met in the instances that are meant: %o', async how => {
    const locations = CALLS.map(([location]) => location);
    expect(await hits(buildGo('instantiations', how), locations)).toEqual(CALLS);
  });

  it('stop there too', async () => {
    const at = debug(buildGo('instantiations'));
    await at.text('break larger[myInt]');
    await at.text('tbreak main.keep');
    expect((await at.data('continue')).reason).toBe('breakpoint');
    expect(await at.text('p a')).toBe('3');
    expect((await at.data('continue')).function).toMatch(/^main\.keep/);
    expect((await at.data('continue')).reason).toBe('exited');
  });

  it('an instance that there is not is none', async () => {
    const { ok, output } = await debug(buildGo('instantiations')).run('break main.larger[bool]');
    expect(ok).toBe(false);
    expect(output).toContain('there is main.larger[go.shape.');
    expect((await debug(buildGo('instantiations')).run('break main.larger[')).ok).toBe(false);
  });

  it('where the tables do not tell instances apart, all are stopped at, and none is taken for one', async () => {
    const path = buildGo('instantiations', { toolchain: 'go1.19', ldflags: '-s -w' });
    expect(await hits(path, ['main.keep'])).toEqual([['main.keep', 4]]);
    expect((await debug(path).run('break main.keep[string,[]int]')).ok).toBe(false);
  });
});
