/** `telescope`: values as `x` reads them, names as the stack walk and `p` know them. */
import { describe, expect, it } from 'vitest';
import { buildC, missing } from '../support/build.js';
import { debug, debugBundled } from '../support/debug.js';

interface Row {
  readonly address: string;
  readonly value: string | null;
  readonly registers: readonly string[];
  readonly chain: readonly { readonly value: string; readonly region: string | null; readonly name: string | null }[];
  readonly end: string | null;
  readonly text: string | null;
  readonly slot: string | null;
}

describe('telescope at the bundled crash', () => {
  const crash = async () => {
    const at = debugBundled('newproc-race');
    await at.text('continue');
    return at;
  };

  it('shows the words that x shows, from the stack pointer', async () => {
    const at = await crash();
    const rows: Row[] = await at.data('telescope 40');
    const words: { value: string }[] = await at.data('x/40gx $rsp');
    expect(rows.map(row => BigInt(row.value!))).toEqual(words.map(word => BigInt(word.value)));
    expect(rows[0]!.registers).toContain('rsp');
  });

  it('tells the return addresses of all frames on the stack, and only those', async () => {
    const at = await crash();
    const rows: Row[] = await at.data('telescope 100');
    const frames: { index: number; pc: string; inlined: boolean; stack: string }[] = await at.data('bt');
    const told = rows.flatMap(({ slot, value }) => {
      const match = /^returns to #(\d+)$/.exec(slot ?? '');
      return match === null ? [] : [[Number(match[1]), value]];
    });
    const onG0 = frames.filter(frame => frame.stack === 'g0' && frame.index > 0);
    // A frame with inlined calls is returned to at the innermost of them.
    const expected = onG0.filter((frame, index) => index === 0 || frame.pc !== onG0[index - 1]!.pc).map(frame => [frame.index, frame.pc]);
    expect(told).toEqual(expected);
  });

  it('names the arguments that lie on the stack as the frames have them', async () => {
    const at = await crash();
    const rows: Row[] = await at.data('telescope 60');
    const row = rows.find(each => each.slot?.startsWith('callpc+0(FP) uintptr of #3'))!;
    expect(await at.text('frame 3 args')).toContain(String(BigInt(row.value!)));
    const fn = rows.find(each => each.slot === 'fn *runtime.funcval of #7')!;
    expect(await at.text('frame 7 p/x fn')).toContain(fn.value!);
  });

  it('names the fields of what has a type', async () => {
    const at = await crash();
    const rows: Row[] = await at.data('telescope &runtime.g0 16');
    const m = rows.find(row => row.slot === 'runtime.g0.m *runtime.m')!;
    expect(m.address).toBe(await at.text('p/x &runtime.g0.m'));
    expect(m).toMatchObject({ end: 'object', chain: [{ name: 'runtime.m0' }] });
    const curg: Row[] = await at.data('telescope runtime.m0.curg 1');
    expect(curg[0]!.slot).toBe("goroutine 1's g runtime.g");
  });

  it('ends in loops, at numbers and where memory ends', async () => {
    const at = await crash();
    await at.text('set *(*uint64)(RSP) = RSP + 8');
    await at.text('set *(*uint64)(RSP + 8) = RSP');
    await at.text('set *(*uint64)(RSP + 16) = 0x10');
    const [self, , number]: Row[] = await at.data('telescope 3');
    expect(self!.end).toBe('loop');
    expect(self!.chain).toHaveLength(3);
    expect(number).toMatchObject({ value: '0x10', end: 'number', chain: [{ region: null }] });
    const beyond: Row[] = await at.data('telescope 0x10');
    expect(beyond).toMatchObject([{ address: '0x10', value: null }]);
    expect(await at.text('telescope 0x10')).toContain('cannot be read');
  });

  it('goes on where it ended, and says what is wrong', async () => {
    const at = await crash();
    const first: Row[] = await at.data('telescope &runtime.g0 4');
    const next: Row[] = await at.data('telescope');
    expect(BigInt(next[0]!.address)).toBe(BigInt(first[3]!.address) + 8n);
    expect((await at.run('telescope 100000')).output).toContain('at most 4096 words');
    expect((await at.run('telescope nosuch 4')).ok).toBe(false);
  });
});

const why = missing('gcc');

describe.skipIf(why)(`telescope of a C program${why ? ` (skipped: ${why})` : ''}`, () => {
  it('shows the text that pointers lead to: argv and the environment', async () => {
    const path = buildC('loop');
    const at = debug(path);
    const rows: Row[] = await at.data('telescope $rsp 4');
    expect(rows[0]!.value).toBe('0x1');
    expect(rows[1]!.text).toBe(path.length <= 32 ? path : `${path.slice(0, 32)}…`);
    expect(rows[3]!.text).toMatch(/^[A-Z]+=/);
  });
});
