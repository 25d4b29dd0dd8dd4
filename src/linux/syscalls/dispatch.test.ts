import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildC, missing } from '../../../test/support/build.js';
import { encodePart } from '../../cpu/part.js';
import { nodePorts } from '../../host/node/ports.js';
import type { Kernel } from '../kernel.js';
import { startProcess } from '../process.js';
import { actOnSyscall, enterSyscall } from './dispatch.js';
import { SYSCALLS } from './table.js';

const why = missing('gcc');
const PLACES = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] as const;

describe.skipIf(why)(`system calls with arguments that make no sense${why ? ` (skipped: ${why})` : ''}`, () => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'r14-syscalls-'));
  afterAll(() => fs.rmSync(scratch, { recursive: true }));

  it('get an answer of Linux, whatever they are', () => {
    let state = 4242;
    const random = (below: number) => (state = (state * 1103515245 + 12345) % 2 ** 31) % below;
    for (let round = 0; round < 12; round++) {
      const process = startProcess({
        host: nodePorts,
        path: buildC('hello', { static: true }),
        allowRead: [scratch],
        allowWrite: [scratch],
        memory: 64 << 20,
        output: () => {},
      });
      const { kernel } = process as unknown as { kernel: Kernel };
      const { registers, memory } = kernel.cpu;
      const main = kernel.scheduler.current!;
      const room = 0x1000_0000n;
      memory.map(room, 0x4000n, 3);
      const text = (at: bigint, value: string) => memory.write(at, new TextEncoder().encode(`${value}\0`));
      text(room, path.join(scratch, 'file'));
      text(room + 0x800n, '/proc/self/maps');
      text(room + 0xc00n, '..');
      const values = [
        () => BigInt(random(12)),
        () => 0n,
        () => 0xffff_ffff_ffff_ffffn,
        () => BigInt(random(2 ** 31)),
        () => 1n << BigInt(random(64)),
        () => room,
        () => room + 0x800n,
        () => room + 0xc00n,
        () => room + BigInt(random(0x4000)),
        () => room + 0x3ffcn,
        () => 0x7fff_ffff_f000n,
        () => 0x8000_0000_0000_0000n,
        () => 4096n << BigInt(random(40)),
        () => BigInt.asUintN(64, BigInt(-random(5000))),
      ];
      for (let i = 0; i < 2500 && !kernel.exit; i++) {
        const row = SYSCALLS[random(SYSCALLS.length)]!;
        if (['exit', 'exit_group', 'rt_sigreturn'].includes(row.name)) continue;
        registers.set('rax', BigInt(row.number));
        for (const name of PLACES) registers.set(name, values[random(values.length)]!());
        const args = PLACES.map(name => `0x${registers.get(name).toString(16)}`).join(', ');
        main.state = 'runnable';
        kernel.cancelWait(main);
        main.wait = undefined;
        enterSyscall(kernel, main);
        actOnSyscall(kernel, main);
        const result = BigInt.asIntN(64, registers.get('rax'));
        expect(result > -4096n || result < -(1n << 62n), `${row.name}(${args}) = ${result}`).toBe(true);
      }
      expect(encodePart(kernel.system.save()).length).toBeGreaterThan(1000);
    }
  });
});
