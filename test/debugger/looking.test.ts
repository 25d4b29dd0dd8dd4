/** Commands that look at a stopped program, where gdb's habits decide what they show. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildC, buildGo, hasCommand, MATRIX, missing } from '../support/build.js';
import { debug, debugAssembly, debugBundled } from '../support/debug.js';

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');

const scratch = mkdtempSync(join(tmpdir(), 'r14-looking-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The binary of a small C program. */
function buildSource(name: string, source: string): string {
  const binary = join(scratch, name);
  writeFileSync(`${binary}.c`, source);
  execFileSync('gcc', ['-O0', '-g', '-w', '-o', binary, `${binary}.c`]);
  return binary;
}

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

  it("the linker's name of ABI0 text is the function, also where it has no counterpart", async () => {
    const at = debugBundled('newproc-race');
    expect(await at.text('disassemble runtime.systemstack.abi0')).toBe(await at.text('disassemble runtime.systemstack'));
    expect((await at.run('disassemble runtime.newproc.abi0')).ok).toBe(false);
  });

  it('a jump to where no memory is says who did it', async () => {
    const at = debugAssembly('TEXT ·main<ABIInternal>(SB), 4, $0-0\n\tMOVQ $0x1234, AX\n\tCALL AX\n\tRET\n');
    expect(await at.text('continue')).toContain('\n  the program jumps to 0x1234, which is not mapped');
  });

  it('what is wrong is pointed at, and changes nothing', async () => {
    const at = debugBundled('newproc-race');
    await at.text('continue');
    for (const [line, caret, says] of [
      ['display 1 +', 11, 'expected a value'],
      ['display -d 9', 11, 'no display 9'],
      ['undisplay 7', 10, 'no display 7'],
      ['frame 99', 6, 'no frame 99'],
      ['watch 1+1', 6, '*1+1'],
      ['bt 1 2', 5, '2'],
      ['p len(5)', 2, 'untyped int'],
    ] as const) {
      const { ok, output } = await at.run(line);
      expect({ line, ok }).toEqual({ line, ok: false });
      expect(output.split('\n')[1]).toMatch(new RegExp(`^ {${caret}}\\^ `));
      expect(output).toContain(says);
    }
    expect(await at.text('info display')).toBe('');
    expect(await at.data('info breakpoints')).toEqual([]);
    expect((await at.data('frame 0 bt'))[0].index).toBe(0);
  });

  it.skipIf(why)(`code without a name tells its library${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = debug(buildC('threads'));
    await at.text('catch thread');
    expect(await at.text('continue')).toContain('thread 2 created, in ');
    await at.text('si 3');
    const lines = (await at.text('info threads')).split('\n');
    const frames: readonly { function: string; pc: string }[] = await at.data('thread 2 bt');
    expect(lines[1]).toContain(frames[0]!.function === '??' ? `${frames[0]!.pc} from /` : frames[0]!.function);
  });

  const go = missing('go1.26');
  it.skipIf(go)(`a defined array is Go's as an argument and as a result${go ? ` (skipped: ${go})` : ''}`, async () => {
    const at = debug(buildGo('values'));
    await at.text('break main.hashed');
    await at.text('continue');
    expect(await at.text('args')).toMatch(/^h = main\.Hash \[\.\.\.\]\np = \(\*main\.Hash\)\(0x[0-9a-f]+\)\n/);
    expect([await at.text('p h'), await at.text('p p')]).toEqual(['main.Hash [1,2,3,4]', '*main.Hash [1,2,3,4]']);
    expect(await at.text('finish')).toContain('\n  returned ~r0 = main.Hash [2,2,3,4]');
  });

  it.skipIf(missing('go1.26'))('goroutines -chan lists who waits for a channel, however Go keeps it', async () => {
    for (const toolchain of MATRIX) {
      if (missing(toolchain)) continue;
      const at = debug(buildGo('channels', { toolchain, gcflags: '-N -l' }));
      await at.text('break main.main');
      await at.text('continue');
      await at.text('until 36');
      const rows: readonly { id: number; function: string; waitReason: string }[] = await at.data('goroutines');
      const waiting = rows.filter(row => row.function === 'main.filter' && /^chan /.test(row.waitReason));
      expect(waiting.length).toBeGreaterThan(3);
      for (const { id, waitReason } of waiting) {
        const frames: readonly { index: number; function: string }[] = await at.data(`goroutine ${id} bt`);
        const { index } = frames.find(frame => frame.function === 'main.filter')!;
        const channel = waitReason === 'chan send' ? 'out' : 'in';
        const found: readonly { id: number }[] = await at.data(`goroutine ${id} frame ${index} goroutines -chan ${channel}`);
        expect(found.map(row => row.id)).toEqual([id]);
      }
    }
  });

  it.skipIf(why)(`disassembly in AT&T syntax is gdb's${why ? ` (skipped: ${why})` : ''}`, async () => {
    // Padding with prefixes, and operands that string and x87 instructions imply, are spelled otherwise.
    const other = /nopw|^(rep\w* )?(stos|movs|scas|cmps|lods)|^f(xch|\w+p)\b/;
    /** Instructions by address, without what is said of their operands. */
    const read = (text: string) =>
      [...text.matchAll(/0x([0-9a-f]+)[^\t\n]*\t(.*)/g)]
        .map(([, address, rest]) => `${address} ${rest!.replace(/ *(<|#).*/, '').replace(/\s+/g, ' ')}`)
        .filter(line => !other.test(line.slice(line.indexOf(' ') + 1)));
    for (const [program, count] of [
      ['floats', 400],
      ['strings', 400],
      ['sorting', 300],
    ] as const) {
      const path = buildC(program, { static: true });
      const command = `x/${count}i main`;
      const expected = read(spawnSync('gdb', ['-nx', '-batch', '-ex', command, path], { encoding: 'utf8' }).stdout);
      expect(expected.length).toBeGreaterThan(count / 2);
      expect(read(await debug(path).text(command))).toEqual(expected);
    }
  });

  it.skipIf(why)(`a range of code has the whole of its last instruction, as gdb's${why ? ` (skipped: ${why})` : ''}`, async () => {
    const path = buildC('sorting', { static: true });
    const at = debug(path);
    const main = BigInt(await at.text('p &main').then(text => /0x[0-9a-f]+/.exec(text)![0]));
    const starts = (text: string) => [...text.matchAll(/^.*?0x0*([0-9a-f]+).*<\w*\+\d+>/gm)].map(([, address]) => address);
    for (let length = 1n; length <= 8n; length++) {
      const ends = [
        `disassemble 0x${main.toString(16)},+${length}`,
        `disassemble 0x${main.toString(16)},0x${(main + length).toString(16)}`,
      ];
      const expected = starts(spawnSync('gdb', ['-nx', '-batch', '-ex', ends[0]!, path], { encoding: 'utf8' }).stdout);
      for (const command of [...ends, `disassemble -a 0x${main.toString(16)} 0x${(main + length).toString(16)}`]) {
        const output = await at.text(command);
        expect({ command, bad: output.includes('(bad)'), starts: starts(output) }).toEqual({ command, bad: false, starts: expected });
      }
    }
  });

  it.skipIf(why)(`x/s escapes what is not printable, as gdb does${why ? ` (skipped: ${why})` : ''}`, async () => {
    const path = buildC('values', { flags: ['-g', '-O0', '-no-pie'] });
    const at = debug(path);
    const commands = ['break stop', 'run', 'x/s raw', 'x/s text', 'x/s &full'];
    const gdb = spawnSync('gdb', ['-nx', '-batch', ...commands.flatMap(command => ['-ex', command]), path], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    const strings = (text: string) => [...text.matchAll(/^0x.*:\t(".*)$/gm)].map(([, string]) => string);
    await at.text('break stop');
    await at.text('continue');
    const mine = [await at.text('x/s raw'), await at.text('x/s text'), await at.text('x/s &full')].join('\n');
    expect(mine).toContain('\\0017\\033[0m');
    expect(strings(mine)).toEqual(strings(gdb.stdout));
  });

  it.skipIf(why)(`a look at untouched pages is not seen by the program${why ? ` (skipped: ${why})` : ''}`, async () => {
    const binary = buildSource(
      'touched',
      `#include <stdio.h>
static int untouched[65536] = {1};
int main(int argc, char **argv) {
  char line[100] = {0};
  fgets(line, sizeof line, fopen("/proc/self/statm", "r"));
  fputs(line, stdout);
  return argc > 5 ? untouched[argc * 5000] : 0;
}
`,
    );
    const run = async (...looks: string[]) => {
      const at = debug(binary);
      for (const line of ['break main', 'continue', ...looks, 'continue']) await at.text(line);
      return { written: at.written(), hash: at.session.target.process.hash() };
    };
    const plain = await run();
    expect(plain.written).toMatch(/^\d+ \d+ 0 1 0 \d+ 0\n$/);
    expect(await run('p untouched[60000]')).toEqual(plain);
    expect(await run('x/1wx &untouched[30000]', 'x/1wx &untouched[40000]', 'x/1wx &untouched[50000]')).toEqual(plain);
  });

  it.skipIf(why)(`what is mapped can be read where memory is used up${why ? ` (skipped: ${why})` : ''}`, async () => {
    const binary = buildSource(
      'greedy',
      `static int big[2000000] = {[0 ... 1999999] = 7};
int main(void) {
  for (int i = 0; i < 2000000; i += 1024) *(volatile int *)(big + i) = 8;
  return 0;
}
`,
    );
    const at = debug(binary, ['--memory', '1M']);
    expect(await at.text('continue')).toContain('memory');
    expect(await at.text('p big[1000000]')).toBe('7');
    expect(await at.text('x/1wx &big[900000]')).toMatch(/0x00000007$/);
  });
});
