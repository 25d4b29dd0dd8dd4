/** The table of registers, beside what gdb, binutils and the C library say of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REGISTERS, UCONTEXT } from '../src/abi/registers.js';
import { GPR_NAMES } from '../src/cpu/api.js';

const absent = (...tools: string[]): string => {
  const gone = process.env.CI === 'true' ? [] : tools.filter(tool => spawnSync(tool, ['--version']).status !== 0);
  return gone.length === 0 ? '' : ` (skipped: ${gone.join(', ')} is missing)`;
};

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'r14-registers-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The name that gdb has for a register. */
const nameInGdb = (name: string, aliases: readonly string[]): string => aliases.find(alias => /^f(ctrl|stat|tag)$/.test(alias)) ?? name;

describe('the table of registers', () => {
  it('has each name once, and the encodings of the CPU', () => {
    const names = REGISTERS.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    const general = REGISTERS.filter(({ kind }) => kind === 'general');
    expect(Object.fromEntries(general.map(({ name, encoding }) => [name, encoding]))).toEqual(
      Object.fromEntries(GPR_NAMES.map((name, index) => [name, index])),
    );
  });

  const gdb = absent('gdb');
  it.skipIf(gdb)(`has gdb's numbers${gdb}`, () => {
    const description = execFileSync('gdb', ['-nx', '-batch', '-ex', 'starti', '-ex', 'maint print xml-tdesc', '/bin/true'], {
      encoding: 'utf8',
    });
    const registers = [...description.matchAll(/<reg name="(\w+)" bitsize="(\d+)"/g)].map(match => match[1]!);
    expect(registers.length).toBeGreaterThan(50);
    for (const { name, aliases, gdb } of REGISTERS)
      if (gdb !== undefined) expect([gdb, registers[gdb]]).toEqual([gdb, nameInGdb(name, aliases)]);
  });

  const binutils = absent('gcc', 'readelf');
  it.skipIf(binutils)(`has DWARF's numbers${binutils}`, () => {
    const numbered = REGISTERS.filter(({ dwarf }) => dwarf !== undefined);
    const source = ['f:', '.cfi_startproc', ...numbered.map(({ dwarf }) => `.cfi_undefined ${dwarf}`), 'ret', '.cfi_endproc', ''].join(
      '\n',
    );
    const listing = inFolder(folder => {
      writeFileSync(join(folder, 'a.s'), source);
      execFileSync('gcc', ['-c', '-o', join(folder, 'a.o'), join(folder, 'a.s')]);
      return execFileSync('readelf', ['--debug-dump=frames', join(folder, 'a.o')], { encoding: 'utf8' });
    });
    const said = [...listing.matchAll(/DW_CFA_undefined: r(\d+) \(([^\n]+)\)\n/g)].map(([, number, name]) => [Number(number), name]);
    const spelled = (name: string) => name.replace('_base', '.base').replace('eflags', 'rflags');
    expect(said).toEqual(numbered.map(({ name, dwarf }) => [dwarf, spelled(name)]));
  });

  const gcc = absent('gcc');
  it.skipIf(gcc)(`has the offsets of a signal frame's ucontext${gcc}`, () => {
    const constant = (name: string) => ({ rip: 'REG_RIP', eflags: 'REG_EFL' })[name] ?? `REG_${name.toUpperCase()}`;
    const print = UCONTEXT.map(([{ name }]) => `  printf("${name} %zu\\n", offsetof(ucontext_t, uc_mcontext.gregs[${constant(name)}]));`);
    const source = `#define _GNU_SOURCE\n#include <stddef.h>\n#include <stdio.h>\n#include <ucontext.h>\nint main(void) {\n${print.join('\n')}\n}\n`;
    const said = inFolder(folder => {
      writeFileSync(join(folder, 'a.c'), source);
      execFileSync('gcc', ['-o', join(folder, 'a'), join(folder, 'a.c')]);
      return execFileSync(join(folder, 'a'), { encoding: 'utf8' });
    });
    expect(UCONTEXT).toHaveLength(18);
    expect(said.trim().split('\n')).toEqual(UCONTEXT.map(([{ name }, offset]) => `${name} ${offset}`));
  });
});
