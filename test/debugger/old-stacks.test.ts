/** Addresses on a stack that Go has copied: what runtime.copystack was called for, and when, says a breakpoint there. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, toolchains } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = missing('go1.26');

describe.skipIf(why).each(toolchains())(`a stack that was copied, %s${why ? ` (skipped: ${why})` : ''}`, toolchain => {
  it('is named by its goroutine, and until when it was that', async () => {
    const path = buildGo('growing', { toolchain });
    const asked = debug(path);
    await asked.text('tbreak main.deep');
    const { goroutine } = await asked.data('continue');
    await asked.text('break *runtime.copystack');
    const { t } = await asked.data('continue');
    const until = `goroutine ${goroutine}'s stack until t=${t.toLocaleString('en-US')}`;

    const at = debug(path);
    await at.text('break main.deep if n == 0');
    expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint', goroutine });
    const [row] = await at.data('telescope &sink 1');
    expect(row.chain[0]).toMatchObject({ region: 'heap', name: `heap (${until})` });
    await at.text('set $rsp = sink');
    expect(await at.text('info frame')).toMatch(new RegExp(`^ {2}stack +${until}$`, 'm'));
  });
});
