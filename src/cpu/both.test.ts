import { beforeAll, expect, test } from 'vitest';
import { PROT } from './api.js';
import { runBoth, type TwiceMachine } from './both.js';
import { Machine } from './cpu.js';
import { loadJit } from './tier.js';

beforeAll(loadJit);

const CODE = 0x401000n;
const DATA = 0x600000n;

/** ADD RAX, RCX; MOV [RDI], RAX; DEC RCX; JNE to the first: 500 rounds. */
function counting(): Machine {
  const cpu = new Machine({ memory: 1 << 20, tiers: { engine: 'both', eager: true, warm: 0 } });
  cpu.memory.map(CODE, 4096n, PROT.read | PROT.exec);
  cpu.memory.write(CODE, Uint8Array.from([0x48, 0x01, 0xc8, 0x48, 0x89, 0x07, 0x48, 0xff, 0xc9, 0x75, 0xf5, 0xcc]));
  cpu.memory.map(DATA, 4096n, PROT.read | PROT.write);
  cpu.registers.set('rcx', 500n);
  cpu.registers.set('rdi', DATA);
  cpu.registers.rip = CODE;
  return cpu;
}

/** The machine, with something done to it behind whatever compiled code has run past a moment. */
function spoiled(cpu: Machine, moment: number, spoil: () => void): TwiceMachine {
  return {
    get icount() {
      return cpu.icount;
    },
    memory: cpu.memory,
    save: () => cpu.save(),
    restore: state => cpu.restore(state),
    runWith: (engine, budget, pass) => {
      const stop = cpu.runWith(engine, budget, pass);
      if (engine === 'jit' && cpu.icount >= moment) spoil();
      return stop;
    },
  };
}

test('what both engines do alike goes on', () => {
  const cpu = counting();
  expect(cpu.run(1_000_000)).toMatchObject({ kind: 'fault', fault: { vector: '#BP' } });
  expect(cpu.registers.get('rax')).toBe((500n * 501n) / 2n);
  expect(cpu.tierStats!.compiled).toBeGreaterThan(1000);
});

test('the first instruction behind which a register differs is named', () => {
  const cpu = counting();
  const machine = spoiled(cpu, 777, () => cpu.registers.set('rbx', 1n));
  expect(() => runBoth(machine, 100_000, false)).toThrow('the engines differ behind t=777: in compiled code rbx differs');
});

test('and so is memory', () => {
  const cpu = counting();
  const machine = spoiled(cpu, 1234, () => cpu.memory.write(DATA + 17n, Uint8Array.of(1)));
  expect(() => runBoth(machine, 100_000, false)).toThrow('the engines differ behind t=1234: in compiled code memory at 0x600011 differs');
});

test('32 bytes of the stack that go on on the next page are read and written there', () => {
  // VMOVDQU (RSP), Y0; VPADDD Y0, Y1, Y1; VMOVDQU Y1, (RSP); DEC RCX; JNE to the first.
  const code = [0xc5, 0xfe, 0x6f, 0x04, 0x24, 0xc5, 0xf5, 0xfe, 0xc8, 0xc5, 0xfe, 0x7f, 0x0c, 0x24, 0x48, 0xff, 0xc9, 0x75, 0xed, 0xcc];
  for (const before of [31n, 24n, 17n, 16n, 15n, 8n, 1n]) {
    const cpu = new Machine({ memory: 1 << 20, tiers: { engine: 'both', eager: true, warm: 0 } });
    cpu.memory.map(CODE, 4096n, PROT.read | PROT.exec);
    cpu.memory.write(CODE, Uint8Array.from(code));
    cpu.memory.map(DATA, 8192n, PROT.read | PROT.write);
    // The second page comes first: they do not lie side by side.
    for (const page of [DATA + 4096n, DATA])
      cpu.memory.write(
        page,
        Uint8Array.from({ length: 4096 }, (_, at) => at * 7 + Number(page >> 12n)),
      );
    cpu.registers.set('rcx', 400n);
    cpu.registers.set('rsp', DATA + 4096n - before);
    cpu.registers.rip = CODE;
    expect(cpu.run(1_000_000)).toMatchObject({ kind: 'fault', fault: { vector: '#BP' } });
    expect(cpu.tierStats!.compiled).toBeGreaterThan(1000);
  }
});
