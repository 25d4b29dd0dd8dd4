import { describe, expect, it } from 'vitest';
import { type Access, type EdgeKind, type EdgeTest, type Observer, PROT, type Watch } from './api.js';
import { Machine } from './cpu.js';
import { EDGE } from './layout.js';

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

/** What the engine finds in order it does not ask about: `told` is told before the run. */
function doubted(
  tests: Readonly<Partial<Record<EdgeKind, EdgeTest>>>,
  told: (cpu: Machine) => void,
  code: readonly number[] = BYTES,
): EdgeKind[] {
  const cpu = machine();
  cpu.memory.write(CODE, Uint8Array.from(code));
  const seen: EdgeKind[] = [];
  const kinds = Object.keys(tests) as EdgeKind[];
  cpu.observe({
    edges: {
      site: (pc, kind) => (kind in tests && (kind !== 'entry' || pc === FUNCTION) ? kinds.indexOf(kind) + 1 : 0),
      test: site => tests[kinds[site - 1]!],
      reached: site => seen.push(kinds[site - 1]!) > 0,
    },
  });
  told(cpu);
  expect(cpu.run(100)).toMatchObject({ kind: 'fault', fault: { vector: '#UD' } });
  return seen;
}

describe('what the engine looks at before it asks', () => {
  /** The same, and the function ends with RBX = 0: sub %rbx,%rbx; nop; nop; nop; ret. */
  const CLOBBERS = [...BYTES.slice(0, 15), 0x48, 0x29, 0xdb, ...Array<number>(7).fill(0x90), 0xc3];
  const calls = (flags = 0): EdgeTest => ({ kind: 'calls', flags, returnAddress: MOVE });
  const returns = (flags: number): EdgeTest => ({ kind: 'returns', flags });
  const nothing = (): void => undefined;

  it('is what a callee has kept', () => {
    const tests = { call: calls(), return: returns(EDGE.saved | EDGE.forwards) };
    expect(doubted(tests, nothing)).toEqual([]);
    expect(doubted(tests, nothing, CLOBBERS)).toEqual(['return']);
    // Nothing was saved: nothing is missed.
    expect(doubted({ return: tests.return }, nothing, CLOBBERS)).toEqual([]);
  });

  it('is RSP at a call, DF, and an argument', () => {
    expect(doubted({ call: calls(EDGE.aligned) }, nothing)).toEqual([]);
    expect(doubted({ call: calls(EDGE.aligned) }, cpu => cpu.registers.set('rsp', STACK - 0x108n))).toEqual(['call']);
    expect(doubted({ call: calls(EDGE.argument) }, nothing)).toEqual(['call']);
    expect(doubted({ call: calls(EDGE.argument) }, cpu => cpu.registers.set('rdi', 1n))).toEqual([]);
    const backwards = (cpu: Machine): void => {
      cpu.registers.rflags |= 0x400n;
    };
    expect(doubted({ call: calls(), return: returns(EDGE.forwards) }, backwards)).toEqual(['call', 'return']);
  });

  it("is where RBP points, by the caller's frame", () => {
    const tests = { return: returns(EDGE.frame) };
    const rbp = STACK - 0x100n - 8n + 32n;
    const at = (frame: number, value: bigint) => (cpu: Machine) => {
      cpu.edgeFacts.tellCaller(MOVE, frame, 0);
      cpu.registers.set('rbp', value);
    };
    expect(doubted(tests, nothing)).toEqual(['return']);
    expect(doubted(tests, at(32, rbp))).toEqual([]);
    expect(doubted(tests, at(32, rbp + 8n))).toEqual(['return']);
    expect(doubted(tests, at(Number.NaN, 0n))).toEqual([]);
  });

  it('is all that Go code is entered with', () => {
    const tests = { entry: { kind: 'entersGo', needed: 16 } } as const;
    const g = DATA + 0x100n;
    const told = (change: (cpu: Machine) => void) => (cpu: Machine) => {
      const { registers, edgeFacts, memory } = cpu;
      registers.set('r14', g);
      registers.fsBase = DATA + 0x80n;
      memory.writeU64(DATA + 0x78n, g);
      memory.writeU64(g + 16n, 1n);
      memory.readU64(g);
      edgeFacts.tellThread(registers.fsBase, -8n);
      edgeFacts.tellStack(g, STACK - 0x1000n, STACK);
      edgeFacts.tellCaller(MOVE, Number.NaN, 0);
      change(cpu);
    };
    // The page is reached by the guest first, so that it can be looked at without help.
    const reaching = [0x48, 0x8b, 0x03, 0x90, 0x90, ...BYTES.slice(5)];
    const run = (change: (cpu: Machine) => void) =>
      doubted(
        tests,
        told(cpu => {
          cpu.registers.set('rbx', DATA);
          change(cpu);
        }),
        reaching,
      );
    expect(run(nothing)).toEqual([]);
    const changes: readonly ((cpu: Machine) => void)[] = [
      cpu => cpu.registers.set('r14', g + 8n),
      cpu => cpu.memory.writeU64(DATA + 0x78n, g + 8n),
      cpu => cpu.memory.writeU64(g + 16n, 0n),
      cpu => cpu.registers.setXmm(15, 1n << 64n),
      cpu => cpu.edgeFacts.tellStack(g, STACK - 0x80n, STACK),
      cpu => cpu.edgeFacts.tellThread(DATA, -8n),
      cpu => cpu.edgeFacts.tellCaller(MOVE, 8, 0),
      cpu => cpu.edgeFacts.clear(),
    ];
    for (const change of changes) expect(run(change)).toEqual(['entry']);
  });

  it('is forgotten when the machine goes back', () => {
    const cpu = machine();
    cpu.edgeFacts.open(STACK - 8n, { returnAddress: 1n, target: 2n, behind: 3n, func: 4, owner: 5n });
    expect(cpu.edgeFacts.opened(STACK - 8n)).toEqual({ returnAddress: 1n, target: 2n, behind: 3n, func: 4, owner: 5n });
    cpu.restore(cpu.save());
    expect(cpu.edgeFacts.opened(STACK - 8n)).toBeUndefined();
  });
});
