/** YMM registers in expressions, as gdb has them of a native process. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildC, hasCommand, missing } from '../support/build.js';
import { debug, debugFile } from '../support/debug.js';

const avx = /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? undefined : 'the processor has no AVX2';
const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc') ?? avx;

const VIEWS = ['v8_float', 'v4_double', 'v32_int8', 'v16_int16', 'v8_int32', 'v4_int64', 'v2_int128'];
const numbers = (text: string): string[] =>
  [...text.replace(/^\$\d+ = |\[\d+\]\w+/g, '').matchAll(/-?[\d.]+(?:e[-+]\d+)?/g)].map(([number]) => number);

describe.skipIf(why)(`YMM registers${why ? ` (skipped: ${why})` : ''}`, () => {
  it("have gdb's views, and Go's names", async () => {
    const binary = buildC('ymm');
    const at = debug(binary);
    for (const line of ['break seen', 'continue']) await at.run(line);
    // Elements that repeat are written out.
    const lines = ['set print repeats 0', ...VIEWS.map(view => `print $ymm3.${view}`)];
    const said = execFileSync(
      'gdb',
      ['-nx', '-batch', '-ex', 'break seen', '-ex', 'run', ...lines.flatMap(line => ['-ex', line]), binary],
      {
        encoding: 'utf8',
      },
    );
    const native = said.split('\n').filter(line => line.startsWith('$'));
    expect(native).toHaveLength(VIEWS.length);
    for (const [index, view] of VIEWS.entries()) {
      // gdb prints more digits of a float than tell it from others.
      const as = (text: string): number => (view === 'v8_float' ? Math.fround(Number(text)) : Number(text));
      const own = numbers(await at.text(`print $ymm3.${view}`)).map(as);
      expect(own, view).toEqual(numbers(native[index]!).map(as));
    }
    expect(await at.text('print Y3.float64')).toBe(await at.text('print $ymm3.v4_double'));
    expect(await at.text('print X3.int64')).toBe(await at.text('print $xmm3.v2_int64'));
  });

  it('are set by lanes, each half alone or both', async () => {
    const at = debug(buildC('ymm'));
    for (const line of ['break seen', 'continue', 'set $ymm3.v8_int32[7] = 5', 'set X3.int64[0] = -1']) await at.run(line);
    expect(await at.text('print $ymm3.v4_int64')).toMatch(/\{?\[?-1, ?2, ?3, ?22904182040|-1,2,3,/);
    expect(await at.text('regs -lanes int64 Y3')).toMatch(/^ymm3 +0x00000005[0-9a-f]{56} v4_int64 \{-1, 2, 3, \d+\}$/);
    await expect(at.text('regs -lanes words Y3')).rejects.toThrow(/-lanes wants one of float/);
  });
});

it.each([0, 1, 2, 3])(
  'the origin of lane %i is the memory that its bytes were loaded from, through the halves that change places',
  async lane => {
    const at = debugFile(`#include "textflag.h"
GLOBL ·four(SB), RODATA, $32
TEXT ·main(SB), NOSPLIT, $0
	VMOVDQU ·four(SB), Y1
	VPERM2I128 $1, Y1, Y1, Y2
	VZEROUPPER
	RET
`);
    for (const line of ['break main.main', 'continue', 'stepi', 'stepi']) await at.run(line);
    const told = await at.text(`origin $ymm2.v4_int64[${lane}]`);
    // VPERM2I128 $1 (Intel SDM): the upper half of its source becomes the lower, and the lower the upper.
    const from = 8 * ((lane + 2) % 4);
    expect(told).toContain(`from main.four${from === 0 ? '' : `+0x${from.toString(16)}`} (0x`);
  },
);
