/** Times in their zones, as Go prints them. */
import { describe, expect, it } from 'vitest';
import { buildGo, toolchains } from '../support/build.js';
import { debug } from '../support/debug.js';

describe.each(toolchains())('%s', toolchain => {
  it('a time prints in its own zone', async () => {
    const program = buildGo('zones', { toolchain });
    const { text, session, written } = debug(program);
    await text('break *main.at');
    const shown: string[] = [];
    for (;;) {
      await text('continue');
      if (session.exited) break;
      shown.push(/^time\.Time\(([^)]*)\)\{/.exec(await text('print t'))![1]!);
    }
    // In there it has the zones of its own release only.
    const said = written().trimEnd().split('\n');
    expect(said.length).toBeGreaterThan(90);
    expect(shown).toEqual(said);
  });
});
