/** What is foretold of an instruction, against what the emulated CPU then does. */
import { describe, expect, it } from 'vitest';
import { disassembleAt } from '../../src/debugger/code/disassemble.js';
import { forecast } from '../../src/debugger/code/forecast.js';
import { buildC, buildGo, missing } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

interface Count {
  /** Instructions whose successor was foretold, by how they go on; branches by whether they are taken. */
  readonly flows: Record<string, number>;
  readonly loads: number;
  /** What came otherwise. */
  readonly wrong: readonly string[];
}

/** Steps, and compares RIP and the results of plain loads with what was foretold. */
async function watch(at: Debugging, steps: number): Promise<Count> {
  const { session } = at;
  const flows: Record<string, number> = {};
  const wrong: string[] = [];
  let loads = 0;
  for (let done = 0; done < steps && !session.exited; done++) {
    const { thread } = session;
    const told = forecast(session.target.memory, thread.registers)!;
    const text = disassembleAt(session.target, session.settings.flavor, thread.registers.rip)!.text;
    await at.run('stepi');
    if (session.stop.reason !== 'step' || session.thread.tid !== thread.tid) continue;
    const { registers } = session.thread;
    const kind =
      told.flow === 'branch' ? `branch ${told.holds ? 'taken' : 'not taken'}` : `${told.indirect ? 'indirect ' : ''}${told.flow}`;
    if (told.flow !== 'system') flows[kind] = (flows[kind] ?? 0) + 1;
    if (told.flow !== 'system' && told.next !== registers.rip) wrong.push(`${text}: 0x${told.next?.toString(16)}`);
    const load = /^mov [^%$,]*(?:\(.*\)|%fs:.*),%(r[a-z]{2}|r[89]|r1[0-5])$/.exec(text);
    if (load === null) continue;
    loads++;
    if (told.access?.value !== registers.get(load[1] as 'rax')) wrong.push(`${text}: ${told.access?.value}`);
  }
  return { flows, loads, wrong };
}

const why = missing('go1.26', 'gcc');

describe.skipIf(why)(`the next instruction${why ? ` (skipped: ${why})` : ''}`, () => {
  it('of a -race binary is foretold, 6,000 times', async () => {
    const at = debug(buildGo('crash', { race: true }));
    await at.run('break main.main');
    await at.run('continue');
    const { flows, loads, wrong } = await watch(at, 6000);
    expect(wrong).toEqual([]);
    expect(Object.keys(flows)).toEqual(
      expect.arrayContaining(['branch taken', 'branch not taken', 'return', 'call', 'indirect call', 'jump', 'next']),
    );
    expect(loads).toBeGreaterThan(300);
  });

  it('of C code is foretold, through the dynamic loader and sorting', async () => {
    const { flows, wrong } = await watch(debug(buildC('sorting')), 6000);
    expect(wrong).toEqual([]);
    expect(flows['branch taken']).toBeGreaterThan(300);
  });
});

describe('the next instruction of the bundled crash', () => {
  it('is the fault: its operand cannot be read', async () => {
    const at = debugBundled('newproc-race');
    await at.text('continue');
    const { thread } = at.session;
    const { process } = at.session.target;
    expect(forecast(process.memory, thread.registers)).toEqual({
      flow: 'next',
      indirect: false,
      access: { address: 0x10n, size: 8, kind: 'read', faults: true, value: undefined },
    });
  });

  it('writes, computes an address, and moves or not', async () => {
    const at = debugBundled('newproc-race');
    const { thread } = at.session;
    const { process } = at.session.target;
    const { registers } = thread;
    const told = (bytes: number[]) => {
      process.memory.write(registers.rip, Uint8Array.from(bytes));
      return forecast(process.memory, registers);
    };
    const rsp = registers.get('rsp');
    // mov %rax,0x8(%rsp)
    expect(told([0x48, 0x89, 0x44, 0x24, 0x08])?.access).toMatchObject({ address: rsp + 8n, kind: 'write', faults: false });
    // lea 0x8(%rsp),%rax
    expect(told([0x48, 0x8d, 0x44, 0x24, 0x08])?.access).toMatchObject({ address: rsp + 8n, kind: 'address', faults: false });
    // addq $1,(%rsp)
    expect(told([0x48, 0x83, 0x04, 0x24, 0x01])?.access).toMatchObject({
      address: rsp,
      kind: 'update',
      value: process.memory.readU64(rsp),
    });
    // push (%rsp): what is read, not where it goes
    expect(told([0xff, 0x34, 0x24])?.access).toMatchObject({ address: rsp, kind: 'read' });
    // push %rax names no memory
    expect(told([0x50])?.access).toBeUndefined();
    registers.rflags = 0x242n;
    // cmove, cmovne, setg
    expect(told([0x48, 0x0f, 0x44, 0xc1])?.holds).toBe(true);
    expect(told([0x48, 0x0f, 0x45, 0xc1])?.holds).toBe(false);
    expect(told([0x0f, 0x9f, 0xc0])?.holds).toBe(false);
    // (bad)
    expect(told([0x06])).toBeUndefined();
  });
});
