/** Breakpoints on functions that the compiler has inlined. The program's own output tells how often it called them. */
import { describe, expect, it } from 'vitest';
import { buildGo, MATRIX, missing } from '../support/build.js';
import { debug } from '../support/debug.js';

describe.each(MATRIX)('a breakpoint on a function that is inlined everywhere: %s', toolchain => {
  const why = missing(toolchain);

  it.skipIf(why).each([
    ['whole', {}],
    ['stripped', { ldflags: '-s -w' }],
  ])(`stops at each call of fmt.Println: %s${why ? ` (${why})` : ''}`, async (_, options) => {
    const at = debug(buildGo('closures', { toolchain, ...options }));
    expect(await at.text('break fmt.Println')).toMatch(
      /^Breakpoint 1 at fmt\.Println \(\d+ locations\)\n +at 0x\w+ for fmt\.Println in main\./,
    );
    let stops = 0;
    for (;;) {
      const { reason } = await at.data('continue');
      if (reason !== 'breakpoint') break;
      stops++;
      const [inner, outer]: { function: string; inlined: boolean }[] = await at.data('bt 2');
      expect(inner).toMatchObject({ function: 'fmt.Println', inlined: true });
      expect(outer!.function).toMatch(/^main\./);
    }
    const lines = at.written().trimEnd().split('\n').length;
    expect(stops).toBe(lines);
    expect(await at.data('breakpoints')).toMatchObject([{ id: 1, location: 'fmt.Println', hits: lines }]);
    expect(await at.text('funcs ^fmt.Println$')).toBe('fmt.Println');
    expect(await at.text('clear fmt.Println')).toBe('Deleted breakpoint 1.');
  });

  it.skipIf(why)('is found by the end of its name, and is gone after one stop when temporary', async () => {
    const at = debug(buildGo('closures', { toolchain }));
    await at.text('tbreak Println');
    expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint' });
    expect(await at.data('breakpoints')).toEqual([]);
  });
});
