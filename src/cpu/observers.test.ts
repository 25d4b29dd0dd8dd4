import { describe, expect, it } from 'vitest';
import { type Access, type EdgeKind, type Observer, PROT, type Watch } from './api.js';
import { Machine } from './cpu.js';

const CODE = 0x400000n;
const DATA = 0x600000n;
const STACK = 0x7000_0000_0000n;

/** mov $0x600000,%ebx; call 1f; mov %rbx,%rsp; ud2; 1: movq $7,(%rbx); mov 4(%rbx),%eax; ret */
const BYTES = [
  ...[0xbb, 0, 0, 0x60, 0, 0xe8, 5, 0, 0, 0, 0x48, 0x89, 0xdc, 0x0f, 0x0b],
  ...[0x48, 0xc7, 0x03, 7, 0, 0, 0, 0x8b, 0x43, 4, 0xc3],
];
const CALL = CODE + 5n;
const MOVE = CODE + 10n;
const FUNCTION = CODE + 15n;
const RET = CODE + 25n;

function machine(): Machine {
  const cpu = new Machine({ memory: 16 << 20 });
  cpu.memory.map(CODE, 0x1000n, PROT.read | PROT.exec);
  cpu.memory.map(DATA, 0x1000n, PROT.read | PROT.write);
  cpu.memory.map(STACK - 0x1000n, 0x1000n, PROT.read | PROT.write);
  cpu.memory.write(CODE, Uint8Array.from(BYTES));
  cpu.registers.rip = CODE;
  cpu.registers.set('rsp', STACK - 0x100n);
  return cpu;
}

/** Looks at edges of some kinds, and stops at one address. */
function edges(kinds: readonly EdgeKind[], stopAt?: bigint) {
  const seen: [EdgeKind, bigint][] = [];
  const sites: [EdgeKind, bigint][] = [];
  const observer: Observer = {
    edges: {
      site: (pc, kind) => (kinds.includes(kind) ? sites.push([kind, pc]) : 0),
      reached(site) {
        seen.push(sites[site - 1]!);
        return sites[site - 1]![1] !== stopAt;
      },
    },
  };
  return { observer, seen };
}

function accesses(ranges: readonly Watch[], goOn = true) {
  const seen: Access[] = [];
  const observer: Observer = { accesses: { ranges, accessed: access => seen.push(access) > 0 && goOn } };
  return { observer, seen };
}

describe('observers', () => {
  it('see calls, returns, entries and changes of stack, each its own', () => {
    const cpu = machine();
    const calls = edges(['call', 'return']);
    const stacks = edges(['stack', 'entry', 'call']);
    cpu.observe(calls.observer);
    cpu.observe(stacks.observer);
    expect(cpu.run(100)).toMatchObject({ kind: 'fault', fault: { vector: '#UD' } });
    expect(calls.seen).toEqual([
      ['call', CALL],
      ['return', RET],
    ]);
    expect(stacks.seen).toEqual([
      ['entry', CODE],
      ['call', CALL],
      ['entry', FUNCTION],
      ['entry', MOVE],
      ['stack', MOVE],
    ]);
  });

  it('stop the machine in front of an edge, and the stop says who', () => {
    const cpu = machine();
    const other = edges(['call', 'return']);
    const stopping = edges(['return'], RET);
    cpu.observe(other.observer);
    cpu.observe(stopping.observer);
    expect(cpu.run(100)).toEqual({ kind: 'observer', observer: stopping.observer });
    expect(cpu.registers.rip).toBe(RET);
  });

  it('see accesses to their ranges, and stop behind them', () => {
    const cpu = machine();
    const word: Watch = { address: DATA, length: 4, access: 'access' };
    const upper: Watch = { address: DATA + 4n, length: 4, access: 'read' };
    const both = accesses([word, upper]);
    const stopping = accesses([upper], false);
    cpu.observe(both.observer);
    const leave = cpu.observe(stopping.observer);
    expect(cpu.run(100)).toEqual({ kind: 'observer', observer: stopping.observer });
    expect(cpu.registers.rip).toBe(RET);
    expect(both.seen).toEqual([
      { address: DATA, size: 8, access: 'write' },
      { address: DATA + 4n, size: 4, access: 'read' },
    ]);
    leave();
    expect(cpu.run(100)).toMatchObject({ kind: 'fault' });
  });

  it('leave watchpoints alone, and each watchpoint that is met is told', () => {
    const cpu = machine();
    const seen = accesses([{ address: DATA, length: 8, access: 'write' }]);
    cpu.observe(seen.observer);
    const low: Watch = { address: DATA, length: 4, access: 'write' };
    const high: Watch = { address: DATA + 7n, length: 1, access: 'access' };
    cpu.setWatches([low, high, { address: DATA + 8n, length: 4, access: 'access' }]);
    const hit = { address: DATA, access: 'write' };
    expect(cpu.run(100)).toEqual({
      kind: 'watchpoint',
      hits: [
        { watch: low, ...hit },
        { watch: high, ...hit },
      ],
    });
    expect(seen.seen).toHaveLength(1);
  });

  it('are not asked any more when they have left, and change nothing of the run', () => {
    const plain = machine();
    const watched = machine();
    const calls = edges(['call', 'return', 'entry', 'stack']);
    const leave = watched.observe(calls.observer);
    watched.observe(accesses([{ address: STACK - 0x1000n, length: 0x1000, access: 'access' }]).observer);
    for (const cpu of [plain, watched]) cpu.run(4);
    leave();
    const before = calls.seen.length;
    for (const cpu of [plain, watched]) cpu.run(100);
    expect(calls.seen).toHaveLength(before);
    expect(watched.registers.save()).toEqual(plain.registers.save());
    expect(watched.icount).toBe(plain.icount);
  });
});
