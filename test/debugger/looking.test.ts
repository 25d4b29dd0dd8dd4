/** Commands that look at a stopped program, where gdb's habits decide what they show. */
import { describe, expect, it } from 'vitest';
import { debugBundled } from '../support/debug.js';

describe('looking', () => {
  it('an empty line after x shows as much again, in the same format', async () => {
    const at = debugBundled('newproc-race');
    const addresses = (rows: readonly { address: string }[]) => rows.map(row => BigInt(row.address));
    for (const [first, step] of [
      ['x/4xb $rsp', 4n],
      ['x/2xg $rsp', 16n],
    ] as const) {
      const shown: readonly { address: string }[] = await at.data(first);
      const again: readonly { address: string }[] = await at.data('');
      expect(addresses(again)).toEqual(addresses(shown).map(address => address + step));
    }
    expect(await at.data('x/3i $pc')).toHaveLength(3);
    expect(await at.data('')).toHaveLength(3);
  });

  it('info line is the line of the frame, also where that has made a call', async () => {
    const at = debugBundled('newproc-race');
    await at.text('continue');
    const frames: readonly { index: number; line?: number }[] = await at.data('bt');
    const lines = [];
    for (const { index } of frames) lines.push((await at.data(`frame ${index} info line`))[0].line);
    expect(lines).toEqual(frames.map(frame => frame.line ?? null));
    expect(new Set(lines).size).toBeGreaterThan(5);
  });
});
