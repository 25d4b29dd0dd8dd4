import { describe, expect, it } from 'vitest';
import { AT } from '../abi/constants.js';
import { buildInitialStack } from './initial-stack.js';
import { STACK_TOP } from './layout.js';

describe('the initial stack', () => {
  const stack = buildInitialStack({
    execfn: './prog',
    args: ['prog', 'two words', ''],
    env: ['A=1', 'B='],
    random: new Uint8Array(16).fill(0xab),
    auxv: [
      [AT.PAGESZ, 4096n],
      [AT.RANDOM, 0n],
      [AT.EXECFN, 0n],
      [AT.PLATFORM, 0n],
    ],
  });
  const view = new DataView(stack.bytes.buffer);
  const word = (index: number) => view.getBigUint64(8 * index, true);
  const text = (address: bigint) => {
    const at = Number(address - stack.sp);
    return new TextDecoder().decode(stack.bytes.subarray(at, stack.bytes.indexOf(0, at)));
  };

  it('begins on 16 bytes with argc, argv, envp and auxv', () => {
    expect(stack.sp % 16n).toBe(0n);
    expect(stack.sp + BigInt(stack.bytes.length)).toBe(STACK_TOP);
    expect(word(0)).toBe(3n);
    expect([1, 2, 3].map(i => text(word(i)))).toEqual(['prog', 'two words', '']);
    expect(word(4)).toBe(0n);
    expect([5, 6].map(i => text(word(i)))).toEqual(['A=1', 'B=']);
    expect(word(7)).toBe(0n);
    expect([word(8), word(9)]).toEqual([BigInt(AT.PAGESZ), 4096n]);
    expect([word(16), word(17)]).toEqual([0n, 0n]);
    expect(stack.auxv.length).toBe(5 * 16);
  });

  it('holds the strings in the order of Linux, the path at the very top', () => {
    const [random, execfn, platform] = [word(11), word(13), word(15)];
    expect(execfn).toBe(STACK_TOP - 8n - 7n);
    expect(text(execfn)).toBe('./prog');
    expect(text(platform)).toBe('x86_64');
    expect([...stack.bytes.subarray(Number(random - stack.sp), Number(random - stack.sp) + 16)]).toEqual(Array(16).fill(0xab));
    const places = [random, platform, word(1), word(2), word(3), word(5), word(6), execfn];
    expect(places).toEqual(places.toSorted((a, b) => (a < b ? -1 : 1)));
  });
});
