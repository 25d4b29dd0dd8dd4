import { beforeAll, expect, test } from 'vitest';
import { PROT } from './api.js';
import { runBoth, type TwiceMachine } from './both.js';
import { Machine } from './cpu.js';
import { loadJit } from './tier.js';

beforeAll(loadJit);

const CODE = 0x401000n;
const DATA = 0x600000n;
/** Behind the first page begin others that do not lie behind it in the host's memory. */
const APART = 0x63f000n;

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

/** Maps two pages with something in them; the second is touched first. */
function fillTwoPages({ memory }: Machine, first: bigint): void {
  memory.map(first, 8192n, PROT.read | PROT.write);
  for (const page of [first + 4096n, first])
    memory.write(
      page,
      Uint8Array.from({ length: 4096 }, (_, at) => at * 7 + Number(page >> 12n)),
    );
}

test.each([
  { edge: 'in one piece', first: DATA },
  { edge: 'apart', first: APART },
])('accesses that share a look at the TLB do what each does alone, up to pages that lie $edge and over their edge', ({ first }) => {
  // 1: mov (%rdi),%rax; add 8(%rdi),%rdx; adc 16(%rdi),%rbx; push %rax; add %rcx,24(%rdi); sub 28(%rdi),%r9; movzbl 5(%rdi),%esi; pop %r8;
  // mov %rsi,-8(%rsp); sbb %r8,12(%rdi); inc %rdi; xor %edi,-16(%rsp); dec %rcx; jne 1b; int3
  const code = '488b074803570848135f105048014f184c2b4f1c0fb67705415848897424f84c19470c48ffc7317c24f048ffc975d1cc';
  for (const stack of [-40n, 0n, 4n, 8n, 12n, 20n]) {
    const cpu = new Machine({ memory: 1 << 20, tiers: { engine: 'both', eager: true, warm: 0 } });
    cpu.memory.map(CODE, 4096n, PROT.read | PROT.exec);
    cpu.memory.write(CODE, Buffer.from(code, 'hex'));
    fillTwoPages(cpu, first);
    cpu.registers.set('rcx', 100n);
    cpu.registers.set('rdi', first + 4096n - 60n);
    cpu.registers.set('rsp', first + 4096n + stack);
    cpu.registers.rip = CODE;
    expect(cpu.run(1_000_000)).toMatchObject({ kind: 'fault', fault: { vector: '#BP' } });
    expect(cpu.tierStats!.compiled).toBeGreaterThan(1000);
  }
});

test('32 bytes of the stack that go on on the next page are read and written there', () => {
  // VMOVDQU (RSP), Y0; VPADDD Y0, Y1, Y1; VMOVDQU Y1, (RSP); DEC RCX; JNE to the first.
  const code = [0xc5, 0xfe, 0x6f, 0x04, 0x24, 0xc5, 0xf5, 0xfe, 0xc8, 0xc5, 0xfe, 0x7f, 0x0c, 0x24, 0x48, 0xff, 0xc9, 0x75, 0xed, 0xcc];
  for (const before of [31n, 24n, 17n, 16n, 15n, 8n, 1n]) {
    const cpu = new Machine({ memory: 1 << 20, tiers: { engine: 'both', eager: true, warm: 0 } });
    cpu.memory.map(CODE, 4096n, PROT.read | PROT.exec);
    cpu.memory.write(CODE, Uint8Array.from(code));
    fillTwoPages(cpu, APART);
    cpu.registers.set('rcx', 400n);
    cpu.registers.set('rsp', APART + 4096n - before);
    cpu.registers.rip = CODE;
    expect(cpu.run(1_000_000)).toMatchObject({ kind: 'fault', fault: { vector: '#BP' } });
    expect(cpu.tierStats!.compiled).toBeGreaterThan(1000);
  }
});
