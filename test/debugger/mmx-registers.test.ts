/** MMX registers in expressions, as gdb has the x87 registers of a native process that they lie in. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildC, hasCommand, missing } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');
const lanes = (value: bigint, bits: number): bigint[] =>
  Array.from({ length: 64 / bits }, (_, index) => BigInt.asIntN(bits, value >> BigInt(bits * index)));

describe.skipIf(why)(`MMX registers${why ? ` (skipped: ${why})` : ''}`, () => {
  it('are the low halves of the physical x87 registers, whose tags gdb tells', async () => {
    const binary = buildC('mmx');
    const at = debug(binary);
    for (const line of ['break seen', 'continue']) await at.run(line);
    const said = execFileSync('gdb', ['-nx', '-batch', '-ex', 'break seen', '-ex', 'run', '-ex', 'info float', binary], {
      encoding: 'utf8',
    });
    const native = [...said.matchAll(/R(\d): \w+ +0x([0-9a-f]{4})([0-9a-f]{16})/g)];
    expect(native).toHaveLength(8);
    for (const [, index, above, low] of native) {
      const value = BigInt(`0x${low}`);
      expect(await at.text(`regs mm${index}`)).toMatch(new RegExp(`^mm${index} +0x${low}`));
      expect(await at.text(`regs st${index}`)).toMatch(new RegExp(`^st${index} +0x${above}${low}`));
      for (const bits of [8, 16, 32])
        expect(await at.text(`print $mm${index}.v${64 / bits}_int${bits}`)).toContain(`[${lanes(value, bits).join(',')}]`);
      expect(await at.text(`print M${index}.uint64`)).toBe(await at.text(`print $mm${index}.uint64`));
    }
    const [, tags] = /Tag Word: +0x([0-9a-f]+)/.exec(said)!;
    expect(await at.text('regs ftw')).toBe(`ftw      0x${tags}`);
  });

  it('are set by lanes, and lead back to what they were loaded from', async () => {
    const at = debug(buildC('mmx'));
    for (const line of ['break seen', 'continue']) await at.run(line);
    expect(await at.text('origin $mm4')).toMatch(/movq 0x20\(%rax\),%mm4 +mm4 = 0x1000200030004 from \S*values.*0x20/);
    await at.run('set $mm4.v4_int16[1] = -1');
    expect(await at.text('regs mm4 st4')).toMatch(/^mm4 +0x00010002ffff0004 .*\nst4 +0xffff00010002ffff0004 /);
  });
});
