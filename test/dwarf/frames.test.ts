import { describe, expect, it } from 'vitest';
import type { UnwindRow } from '../../src/image/api.js';
import { ElfSymbolTable } from '../../src/image/elf/symbols.js';
import { buildC, buildGo, hasCommand, missing, type Toolchain } from '../support/build.js';
import { compile, hex, open, run } from './open.js';

/** System V names in DWARF's order (psABI, table 3.36). */
const NAMES = ['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'ra'];

type Rule = UnwindRow['registers'] extends ReadonlyMap<number, infer R> ? R : never;

const signed = (n: number) => (n < 0 ? `${n}` : `+${n}`);

/** A rule as readelf writes it; it writes `u` for a register without a rule too. */
function spell(rule: Rule | undefined): string {
  if (rule === undefined || rule === 'undefined') return 'u';
  if (rule === 'same') return 's';
  if ('atCfa' in rule) return `c${signed(rule.atCfa)}`;
  if ('valueCfa' in rule) return `v${signed(rule.valueCfa)}`;
  if ('register' in rule) return NAMES[rule.register]!;
  return 'expression' in rule ? 'exp' : 'vexp';
}

/** Rows of readelf's interpreted dump that cover an address: pc, CFA, registers by name. */
function* readelfRows(path: string): Generator<{ pc: bigint; cfa: string; registers: Map<string, string> }> {
  let end = 0n;
  let columns: string[] = [];
  let pending: { pc: bigint; cfa: string; registers: Map<string, string> } | undefined;
  let inherited: { cfa: string; registers: Map<string, string> } | undefined;
  for (const text of run('readelf', ['--debug-dump=frames-interp', '-W', path]).split('\n')) {
    const header = / FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)/.exec(text);
    if (header) end = BigInt(`0x${header[2]}`);
    else if (/ CIE |^Contents/.test(text)) end = 0n;
    else if (text.startsWith('   LOC')) columns = text.trim().split(/\s+/).slice(2);
    const row = /^([0-9a-f]{16}) (.*)$/.exec(text.trimEnd());
    const isRow = row && !/ (FDE|CIE) /.test(text) && end > 0n;
    const next = isRow ? BigInt(`0x${row[1]}`) : undefined;
    // Of rows at one address only the last is in force.
    if (pending && pending.pc !== next) {
      yield pending;
      pending = undefined;
    }
    if (!isRow || next! >= end) continue;
    const [cfa = '', ...rules] = row[2]!
      .replace(/\w+ \((\w+)\)/g, '$1')
      .trim()
      .split(/\s+/);
    inherited = { cfa, registers: new Map(columns.map((name, i) => [name, rules[i]!])) };
    pending = { pc: next!, ...inherited };
  }
  if (pending) yield pending;
}

function compare(path: string): { count: number; wrong: string[]; problems: string[] } {
  const { dwarf, problems } = open(path);
  const wrong: string[] = [];
  let count = 0;
  for (const { pc, cfa, registers } of readelfRows(path)) {
    // Code that the linker dropped.
    if (pc === 0n) continue;
    count++;
    const mine = dwarf.unwindAt(pc);
    const mineCfa = !mine ? 'none' : 'expression' in mine.cfa ? 'exp' : `${NAMES[mine.cfa.register]}${signed(mine.cfa.offset)}`;
    const bad = [...registers].filter(([name, rule]) => spell(mine?.registers.get(NAMES.indexOf(name))) !== rule);
    if (mineCfa !== cfa || bad.length > 0) wrong.push(`${hex(pc)}: CFA ${mineCfa}, not ${cfa}; ${bad.join(' ')}`);
  }
  return { count, wrong, problems };
}

const GO: readonly { toolchain: Toolchain; race: boolean }[] = [
  { toolchain: 'go1.26', race: false },
  { toolchain: 'go1.26', race: true },
  { toolchain: 'go1.19', race: false },
];

describe.skipIf(!hasCommand('readelf') && process.env.CI !== 'true')('unwind rules are those of readelf (apt-get install binutils)', () => {
  for (const { toolchain, race } of GO) {
    it.skipIf(missing(toolchain))(`in ${toolchain}${race ? ' -race' : ''}`, () => {
      const { count, wrong, problems } = compare(buildGo('maps', { toolchain, race }));
      expect(wrong).toEqual([]);
      expect(problems).toEqual([]);
      expect(count).toBeGreaterThan(5000);
    });
  }

  it.skipIf(missing('gcc'))('in a static C program, whose libc was written with all kinds of them', () => {
    const { count, wrong, problems } = compare(buildC('hello', { static: true }));
    expect(wrong).toEqual([]);
    expect(problems).toEqual([]);
    expect(count).toBeGreaterThan(5000);
  });

  it.skipIf(missing('gcc'))('in C++, whose CIEs name a personality', () => {
    const { count, wrong, problems } = compare(compile('shapes.cc', ['-g', '-O2', '-static']));
    expect(wrong).toEqual([]);
    expect(problems).toEqual([]);
    expect(count).toBeGreaterThan(5000);
  });

  it.skipIf(missing('gcc'))('the trampoline of signals is marked, and finds its CFA by an expression', () => {
    const { dwarf, elf } = open(buildC('hello', { static: true }));
    const [trampoline] = ElfSymbolTable.of(elf)!.named('__restore_rt');
    const row = dwarf.unwindAt(BigInt(trampoline!.address));
    expect(row).toMatchObject({ signalFrame: true, cfa: { expression: expect.any(Uint8Array) } });
    expect(row?.registers.get(7)).toMatchObject({ expression: expect.any(Uint8Array) });
  });

  it.skipIf(missing('gcc'))('in .debug_frame of C', () => {
    const path = compile('shapes.c', ['-g', '-O2', '-fno-asynchronous-unwind-tables', '-fno-exceptions']);
    const { count, wrong } = compare(path);
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(5);
  });
});
