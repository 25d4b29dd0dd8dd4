import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from 'iced-x86';
import { describe, expect, it } from 'vitest';
import { buildC, missing } from '../../../test/support/build.js';
import { nodePorts } from '../../host/node/ports.js';
import { startProcess } from '../process.js';
import { syscallName } from '../syscalls/table.js';
import { VDSO_FUNCTIONS, vdsoImage } from './vdso.js';

describe('the vDSO', () => {
  it.each(VDSO_FUNCTIONS)('has in $name the instructions that stand beside its bytes', ({ lines }) => {
    const formatter = new Formatter(FormatterSyntax.Intel);
    const normal = (text: string) =>
      text
        .toLowerCase()
        .replace(/\b([0-9a-f]+)h\b/g, (_, digits: string) => String(Number.parseInt(digits, 16)))
        .replace(/0x([0-9a-f]+)/g, (_, digits: string) => String(Number.parseInt(digits, 16)))
        .replace(/\b(short|qword ptr|dword ptr)\b|\s/g, '');
    let ip = 0n;
    for (const [hex, text] of lines) {
      const bytes = Uint8Array.from(hex.split(' ').map(byte => Number.parseInt(byte, 16)));
      if (text !== '') {
        const decoder = new Decoder(64, bytes, DecoderOptions.None);
        decoder.ip = ip;
        const instruction = decoder.decode();
        expect(instruction.length, text).toBe(bytes.length);
        const shown = normal(formatter.format(instruction));
        // What is relative to RIP is shown as the address that it comes to.
        const wanted = normal(text).replace(/\[rip\+(\d+)\]/, (_, by: string) => `[${Number(by) + Number(ip) + bytes.length}]`);
        // Constants of eight bytes are beyond what a number holds.
        if (bytes.length < 10) expect(shown).toBe(wanted);
        instruction.free();
        decoder.free();
      }
      ip += BigInt(bytes.length);
    }
    formatter.free();
  });

  const noReadelf = spawnSync('readelf', ['--version']).error !== undefined;
  it.skipIf(noReadelf)('is a library whose functions have the names and the version that Linux gives them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'r14-'));
    const file = join(folder, 'vdso.so');
    writeFileSync(file, vdsoImage());
    const read = (...options: string[]) => execFileSync('readelf', ['-W', ...options, file], { encoding: 'utf8' });
    const dynamic = read('-d');
    const segments = read('-l');
    const symbols = execFileSync('readelf', ['-W', '-D', '-s', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(dynamic).toContain('Library soname: [linux-vdso.so.1]');
    expect(segments).toMatch(/LOAD .* R E 0x1000/);
    for (const { name } of VDSO_FUNCTIONS) {
      expect(symbols).toMatch(new RegExp(`FUNC +GLOBAL DEFAULT .* __vdso_${name}@@LINUX_2\\.6\n`));
      expect(symbols).toMatch(new RegExp(`FUNC +WEAK +DEFAULT .* ${name}@@LINUX_2\\.6\n`));
    }
  });

  const why = missing('gcc');
  it.skipIf(why)('tells a C program the time that the kernel tells, without asking it', () => {
    for (const isStatic of [true, false]) {
      let output = '';
      const calls: string[] = [];
      const process = startProcess({
        host: nodePorts,
        path: buildC('clocks', { static: isStatic }),
        output: ({ bytes }) => {
          output += new TextDecoder().decode(bytes);
        },
      });
      process.observe({ syscall: ({ phase, number }) => phase === 'entry' && calls.push(syscallName(number)) });
      expect(process.run({ budget: 50_000_000 })).toMatchObject({ kind: 'exited', status: 0 });
      expect(output).toBe('in order: 8 of 8\n');
      // Those that the program makes itself, and of clocks that the page has not.
      const asked = calls.filter(name => ['clock_gettime', 'gettimeofday', 'time', 'getcpu'].includes(name));
      expect(asked.sort()).toEqual(['clock_gettime', 'clock_gettime', 'clock_gettime', 'getcpu', 'gettimeofday', 'time']);
    }
  });
});
