/** FSIN, FCOS, FSINCOS and FPTAN beside the processor's own: flags and special values equal, results within one unit in the last place. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROT } from '../../src/cpu/api.js';
import { Machine } from '../../src/cpu/cpu.js';
import { missing } from '../support/build.js';
import { Random } from '../vectors/random.js';

const why = missing('gcc') ?? (process.arch === 'x64' ? undefined : 'the processor is no x86-64');

const OPERATIONS = { fsin: [0xd9, 0xfe], fcos: [0xd9, 0xff], fsincos: [0xd9, 0xfb], fptan: [0xd9, 0xf2] } as const;
const SPECIAL = [
  0n, // 0
  1n << 79n, // -0
  0x3fff8000000000000000n, // 1
  0x4000c90fdaa22168c235n, // pi
  0x3fffc90fdaa22168c235n, // pi / 2
  0x403e8000000000000000n, // 2^63
  0x403dffffffffffffffffn, // below it
  0x7fff8000000000000000n, // infinity
  0xffff8000000000000000n,
  0x7fffc000000000000000n, // NaNs
  0x7fffa000000000000000n,
  0x3f80c000000000000000n, // tiny
  0x00000000000000000001n, // subnormal
];
const random = new Random(17);
const ARGUMENTS = [
  ...SPECIAL,
  ...Array.from({ length: 1500 }, () => {
    const exponent = BigInt(16383 + (random.chance(70) ? random.between(-8, 8) : random.between(-90, 62)));
    return ((random.chance(50) ? 1n : 0n) << 79n) | (exponent << 64n) | (1n << 63n) | (random.u64() >> 1n);
  }),
];

const words = (bits: bigint): string => `{0x${BigInt.asUintN(64, bits).toString(16)}ULL, 0x${(bits >> 64n).toString(16)}}`;
const SOURCE = `#include <stdio.h>
#include <string.h>
static struct { unsigned long low; unsigned short high; } in[] = {${ARGUMENTS.map(words).join(', ')}};
#define RUN(name) do { unsigned char st[2][16] = {{0}}; unsigned short sw; \\
  __asm__ volatile("fninit\\n fldt %2\\n " #name "\\n fnstsw %0\\n fstpt %1\\n fstpt 16+%1\\n fninit" : "=a"(sw), "+m"(st) : "m"(in[i])); \\
  printf("%04x", sw & 0x673f); for (int n = 0; n < 2; n++) printf(" %04x%016lx", *(unsigned short *)(st[n] + 8), *(unsigned long *)st[n]); puts(""); } while (0)
int main(void) { for (unsigned i = 0; i < sizeof in / sizeof *in; i++) { RUN(fsin); RUN(fcos); RUN(fsincos); RUN(fptan); } }
`;

function native(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'r14-circular-'));
  try {
    writeFileSync(join(folder, 'a.c'), SOURCE);
    execFileSync('gcc', ['-w', '-O1', '-o', join(folder, 'a'), join(folder, 'a.c')]);
    return execFileSync(join(folder, 'a'), { encoding: 'utf8' }).trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CODE = 0x400000n;
const C1 = 0x200;

describe.skipIf(why)(`circular functions${why ? ` (skipped: ${why})` : ''}`, () => {
  it('are the processor’s, but for the last bit', () => {
    const cpu = new Machine({ memory: 1 << 20 });
    cpu.memory.map(CODE, 0x1000n, PROT.read | PROT.exec);
    const own = ARGUMENTS.flatMap(argument =>
      Object.values(OPERATIONS).map(code => {
        const { registers } = cpu;
        cpu.memory.write(CODE, Uint8Array.from(code));
        registers.fcw = 0x37f;
        registers.fsw = 7 << 11;
        registers.ftw = 0x3fff;
        for (let index = 0; index < 8; index++) registers.setSt(index, index === 0 ? argument : 0n);
        registers.rip = CODE;
        expect(cpu.run(1)).toEqual({ kind: 'budget' });
        return { status: registers.fsw, st: [registers.st(0), registers.st(1)] };
      }),
    );
    const wrong: string[] = [];
    native().forEach((line, index) => {
      const [status, ...st] = line.split(' ').map(text => BigInt(`0x${text}`)) as [bigint, bigint, bigint];
      const name = `${Object.keys(OPERATIONS)[index % 4]} ${ARGUMENTS[index >> 2]!.toString(16)}`;
      const { status: ownStatus, st: ownSt } = own[index]!;
      const count = index % 4 < 2 || (ownStatus & 0x400) !== 0 ? 1 : 2;
      for (let n = 0; n < count; n++) {
        const distance = st[n]! - ownSt[n]!;
        if (distance < -1n || distance > 1n) wrong.push(`${name}: ST(${n}) is ${ownSt[n]!.toString(16)}, natively ${st[n]!.toString(16)}`);
      }
      // How it was rounded goes with the last bit.
      if ((Number(status) ^ ownStatus) & 0x673f & ~C1)
        wrong.push(`${name}: status ${ownStatus.toString(16)}, natively ${status.toString(16)}`);
    });
    expect(wrong).toEqual([]);
  });
});
