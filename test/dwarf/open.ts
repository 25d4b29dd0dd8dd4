/** Opens the debug information of built programs for the tests, and asks the oracles. */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodePorts } from '../../src/host/node/ports.js';
import { Dwarf } from '../../src/image/dwarf/dwarf.js';
import type { DwarfSource } from '../../src/image/dwarf/source.js';
import { Elf } from '../../src/image/elf/elf.js';
import { ElfSymbolTable } from '../../src/image/elf/symbols.js';

const root = join(import.meta.dirname, '../..');

export interface Opened {
  readonly path: string;
  readonly elf: Elf;
  readonly dwarf: Dwarf;
  readonly problems: string[];
  readonly source: DwarfSource;
}

/** `change` may replace a section's bytes. */
export function open(path: string, change?: (name: string, bytes: Uint8Array) => Uint8Array | undefined): Opened {
  const elf = new Elf(readFileSync(path), path, nodePorts.unpack);
  const symbols = ElfSymbolTable.of(elf);
  const problems: string[] = [];
  const source: DwarfSource = {
    section: name => {
      const bytes = elf.debugSection(name);
      return bytes && change ? change(name, bytes) : bytes;
    },
    sectionAddress: name => elf.sectionNamed(name)?.address,
    bias: 0n,
    goTypes: () => [...(symbols?.named('runtime.types') ?? [])][0]?.address,
    code: (address, length) => elf.memory.slice(address, length),
    threadBlock: () => elf.threadBlock,
    problem: text => problems.push(text),
  };
  return { path, elf, dwarf: new Dwarf(source), problems, source };
}

/** Compiles `test/dwarf/NAME` once per set of flags. */
export function compile(name: string, flags: readonly string[]): string {
  const file = join(import.meta.dirname, name);
  const hash = createHash('sha256').update(readFileSync(file)).update(flags.join(' ')).digest('hex').slice(0, 12);
  const folder = join(root, '.build/dwarf');
  const target = join(folder, `${name}-${hash}`);
  mkdirSync(folder, { recursive: true });
  const temporary = `${target}.${process.pid}`;
  const compiler = name.endsWith('.cc') ? 'g++' : 'gcc';
  const result = spawnSync(compiler, ['-w', ...flags, '-o', temporary, file], { encoding: 'utf8', timeout: 120_000 });
  if (result.status !== 0) throw new Error(result.stderr);
  renameSync(temporary, target);
  return target;
}

export function run(command: string, args: readonly string[], input?: string): string {
  return execFileSync(command, args, {
    encoding: 'utf8',
    input,
    maxBuffer: 256 << 20,
    timeout: 120_000,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** Runs Python inside gdb on a program; the script prints one JSON value behind `RESULT `. */
export function gdbPython<T>(path: string, script: string): T {
  const folder = join(root, '.build/dwarf');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `walk-${process.pid}.py`);
  writeFileSync(file, script);
  // gdb's own status tells how the last command went, not whether the script got to its end.
  const options = { encoding: 'utf8', maxBuffer: 256 << 20, timeout: 120_000 } as const;
  const output = spawnSync('gdb', ['-nx', '-batch', '-iex', 'set debuginfod enabled off', '-x', file, path], options).stdout;
  rmSync(file);
  const line = output.split('\n').find(text => text.startsWith('RESULT '));
  if (!line) throw new Error(`gdb said nothing: ${output.slice(-500)}`);
  return JSON.parse(line.slice(7)) as T;
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** What Go's own debug/dwarf says of a Go program: see oracle/main.go. */
export interface GoAnswer {
  readonly Functions: readonly { Name: string; Low: number; High: number; Frames: Record<string, readonly string[]> }[];
  readonly Structs: readonly { Name: string; Size: number; RuntimeType: number; Fields: readonly string[] | null }[];
  readonly Globals: readonly string[];
}

export function askGo(go: string, env: Readonly<Record<string, string>>, path: string): GoAnswer {
  const source = join(import.meta.dirname, 'oracle/main.go');
  const folder = join(root, '.build/dwarf');
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const oracle = join(folder, `oracle-${hash}`);
  if (!existsSync(oracle)) {
    mkdirSync(folder, { recursive: true });
    const temporary = `${oracle}.${process.pid}`;
    const built = spawnSync(go, ['build', '-o', temporary, source], {
      encoding: 'utf8',
      env: { ...process.env, ...env, GOFLAGS: '' },
      timeout: 280_000,
    });
    if (built.status !== 0) throw new Error(built.stderr);
    renameSync(temporary, oracle);
  }
  return JSON.parse(run(oracle, [path])) as GoAnswer;
}
