/** What becomes of compiled code when the guest's changes, when there is too much of it, and where none can be made: the interpreter is the oracle. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PROT } from '../../src/cpu/api.js';
import { Machine } from '../../src/cpu/cpu.js';
import { loadJit, type TierOptions } from '../../src/cpu/tier.js';

beforeAll(loadJit);
afterEach(() => vi.restoreAllMocks());

const CODE = 0x40_1000n;
const ALL = PROT.read | PROT.write | PROT.exec;

/** mov $1000,%ecx; 1: add $N,%rax; dec %rcx; jnz 1b; int3 */
const adding = (by: number): Uint8Array => Uint8Array.from([0xb9, 0xe8, 3, 0, 0, 0x48, 0x83, 0xc0, by, 0x48, 0xff, 0xc9, 0x75, 0xf7, 0xcc]);

function machine(tiers: Partial<TierOptions> = {}, prot: number = ALL): Machine {
  const cpu = new Machine({ memory: 16 << 20, tiers: { engine: 'jit', eager: true, warm: 0, ...tiers } });
  cpu.memory.map(CODE, 0x4000n, prot);
  return cpu;
}

/** Runs from an address to the next stop; RAX begins at 0. */
function from(cpu: Machine, rip: bigint): { kind: string; rax: bigint; rip: bigint } {
  cpu.registers.rip = rip;
  cpu.registers.set('rax', 0n);
  const { kind } = cpu.run(1_000_000);
  return { kind, rax: cpu.registers.get('rax'), rip: cpu.registers.rip };
}

const compiledBy = (cpu: Machine, act: () => void): number => {
  const before = cpu.tierStats!.compiled;
  act();
  return cpu.tierStats!.compiled - before;
};

describe('compiled code', () => {
  it('is that of the page as it is, and where that changes all the time nobody compiles', () => {
    const cpu = machine();
    const end = { kind: 'fault', rip: CODE + 15n };
    const compiled = Array.from({ length: 12 }, (_, round) =>
      compiledBy(cpu, () => {
        cpu.memory.write(CODE, adding(round + 1));
        expect(from(cpu, CODE)).toEqual({ ...end, rax: BigInt(1000 * (round + 1)) });
        expect(from(cpu, CODE)).toEqual({ ...end, rax: BigInt(1000 * (round + 1)) });
      }),
    );
    expect(compiled[0]).toBeGreaterThan(1000);
    expect(compiled.slice(5)).toEqual(Array(7).fill(0));
    // Other pages are not.
    cpu.memory.write(CODE + 0x2000n, adding(2));
    from(cpu, CODE + 0x2000n);
    expect(compiledBy(cpu, () => from(cpu, CODE + 0x2000n))).toBeGreaterThan(1000);
  });

  it('changes while it runs, by its own store', () => {
    // mov $100,%ecx; 1: add $1,%rax; incb 1b+3(%rip); dec %ecx; jnz 1b; int3
    const code = [0xb9, 100, 0, 0, 0, 0x48, 0x83, 0xc0, 1, 0xfe, 0x05, 0xf9, 0xff, 0xff, 0xff, 0xff, 0xc9, 0x75, 0xf2, 0xcc];
    const results = (['interpret', 'jit'] as const).map(engine => {
      const cpu = machine({ engine });
      cpu.memory.write(CODE, Uint8Array.from(code));
      return [from(cpu, CODE), cpu.icount];
    });
    // The byte is signed: 1 to 100.
    expect(results[0]).toEqual([{ kind: 'fault', rax: 5050n, rip: CODE + 20n }, 1 + 400 + 1]);
    expect(results[1]).toEqual(results[0]);
  });

  it('goes with its page: protected, unmapped, mapped anew', () => {
    const cpu = machine();
    cpu.memory.write(CODE, adding(7));
    const ran = { kind: 'fault', rax: 7000n, rip: CODE + 15n };
    for (let round = 0; round < 3; round++) expect(from(cpu, CODE)).toEqual(ran);
    expect(cpu.tierStats!.compiled).toBeGreaterThan(1000);
    cpu.memory.protect(CODE, 0x1000n, PROT.read);
    expect(from(cpu, CODE)).toEqual({ kind: 'fault', rax: 0n, rip: CODE });
    cpu.memory.protect(CODE, 0x1000n, ALL);
    expect(from(cpu, CODE)).toEqual(ran);
    cpu.memory.unmap(CODE, 0x1000n);
    expect(from(cpu, CODE)).toEqual({ kind: 'fault', rax: 0n, rip: CODE });
    cpu.memory.map(CODE, 0x1000n, ALL);
    cpu.memory.write(CODE, adding(9));
    expect(from(cpu, CODE)).toEqual({ ...ran, rax: 9000n });
  });

  it('stays within the bytes that it may have', () => {
    const most = 6000;
    const cpu = machine({ most });
    for (let place = 0; place < 64; place++) cpu.memory.write(CODE + BigInt(64 * place), adding(place));
    for (let round = 0; round < 2; round++)
      for (let place = 0; place < 64; place++) {
        const at = CODE + BigInt(64 * place);
        const stop = { kind: 'fault', rax: BigInt(1000 * place), rip: at + 15n };
        expect([from(cpu, at), from(cpu, at)]).toEqual([stop, stop]);
        expect(cpu.tierStats!.codeBytes).toBeLessThanOrEqual(most);
      }
    const { dropped, regions, failed } = cpu.tierStats!;
    expect(dropped).toBeGreaterThan(regions);
    expect(failed).toBe(0);
  });

  it.each([
    ['a module is refused', () => new WebAssembly.CompileError('function body is too large')],
    ['there is no memory for code', () => new RangeError('WebAssembly.Module(): Out of memory')],
  ])('is not missed when %s', (_, error) => {
    const cpu = machine();
    cpu.memory.write(CODE, adding(3));
    const module = vi.spyOn(WebAssembly, 'Module').mockImplementation(function refuse() {
      throw error();
    });
    const ran = { kind: 'fault', rax: 3000n, rip: CODE + 15n };
    for (let round = 0; round < 5; round++) expect(from(cpu, CODE)).toEqual(ran);
    const { failed, compiled } = cpu.tierStats!;
    expect(failed).toBeGreaterThan(0);
    expect(compiled).toBe(0);
    // A block is not tried again.
    const tried = module.mock.calls.length;
    from(cpu, CODE);
    expect(module.mock.calls.length).toBe(tried);
    // Code that is new is.
    module.mockRestore();
    cpu.memory.write(CODE + 0x1000n, adding(4));
    expect(from(cpu, CODE + 0x1000n).rax).toBe(4000n);
    from(cpu, CODE + 0x1000n);
    expect(cpu.tierStats!.compiled).toBeGreaterThan(1000);
  });

  it('is not missed when the table of functions is full', () => {
    const cpu = machine();
    cpu.memory.write(CODE, adding(3));
    vi.spyOn(WebAssembly.Table.prototype, 'grow').mockImplementation(() => {
      throw new RangeError('failed to grow table by 256');
    });
    for (let round = 0; round < 3; round++) expect(from(cpu, CODE)).toEqual({ kind: 'fault', rax: 3000n, rip: CODE + 15n });
    expect(cpu.tierStats).toMatchObject({ compiled: 0, regions: 0 });
    expect(cpu.tierStats!.failed).toBeGreaterThan(0);
  });

  it('is not counted as changing where breakpoints come and go', () => {
    const cpu = machine({}, PROT.read | PROT.exec);
    cpu.memory.write(CODE, adding(5));
    for (let round = 0; round < 20; round++) {
      cpu.setBreakpoints([CODE + 9n]);
      expect(from(cpu, CODE)).toEqual({ kind: 'breakpoint', rax: 5n, rip: CODE + 9n });
      cpu.setBreakpoints([]);
      const compiled = compiledBy(cpu, () => {
        for (let again = 0; again < 3; again++) expect(from(cpu, CODE).rax).toBe(5000n);
      });
      expect(compiled).toBeGreaterThan(1000);
    }
  });
});
