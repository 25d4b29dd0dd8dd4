/**
 * Programs whose file has been changed here and there, opened, run and looked at: `npm run fuzz -- --elf`. A step is a change of some bytes;
 * most lie in headers and in what debuggers read.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePorts } from '../../src/host/node/ports.js';
import { Told } from '../../src/host/told.js';
import { Elf } from '../../src/image/elf/elf.js';
import { buildC, buildGo, toolchain } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';
import { Random } from '../vectors/random.js';
import type { Fuzzed } from './fuzzed.js';
import { answersTo } from './sessions.js';

interface Change {
  /** Which program. */
  readonly base: number;
  readonly at: number;
  readonly bytes: readonly number[];
}

interface Base {
  readonly bytes: Uint8Array;
  /** Ranges of the file that somebody reads, each drawn as often as others. */
  readonly places: readonly (readonly [start: number, size: number])[];
}

const LINES = [
  'info functions main',
  'break main',
  'continue',
  'bt',
  'info locals',
  'args',
  'p *node',
  'ptype struct node',
  'info line main',
  'list main',
  'disassemble',
  'step 3',
  'x/8i $pc',
  'telescope 8',
  'info sharedlibrary',
  'goroutines',
  'whatis main',
  'finish',
  'continue 100000',
];
const READ = /^\.(debug_|zdebug_|gopclntab|go\.|symtab|strtab|dynsym|dynstr|eh_frame|rela|note|interp|dynamic|typelink|text$)/;

let bases: readonly Base[] | undefined;

function programs(): readonly Base[] {
  if (bases !== undefined) return bases;
  const paths = [buildC('values'), buildC('values', { flags: ['-O1', '-g', '-gz'] }), buildC('callers', { static: true })];
  if (toolchain('go1.26') !== undefined) paths.push(buildGo('hello'));
  bases = paths.map(path => {
    const bytes = readFileSync(path);
    const { sections } = new Elf(bytes, path, nodePorts.unpack);
    const table = bytes.readUIntLE(40, 6);
    const read = sections.filter(each => READ.test(each.name) && each.size > 0).map(each => [each.offset, each.size] as const);
    return { bytes, places: [[0, 64], [64, 56 * 12], [table, Math.max(64, bytes.length - table)], ...read] };
  });
  return bases;
}

/** Bytes that are at the edge of something: lengths, offsets, LEB128 that go on. */
function edge(random: Random): number[] {
  const word = (value: bigint, size: number): number[] => Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
  const size = random.pick([1, 1, 2, 4, 8]);
  const values = [0n, 1n, 0x7fn, 0x80n, 0xffn, (1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n, 1n << 40n, (1n << 63n) - 1n, 1n << 63n, -1n];
  return random.chance(40) ? word(random.u64(), size) : word(random.pick(values), size);
}

function made(seed: number): Change[] {
  const random = new Random(seed);
  const all = programs();
  const base = random.below(all.length);
  const { places, bytes } = all[base]!;
  return Array.from({ length: 1 + random.below(24) }, () => {
    const [start, size] = random.pick(places);
    // Beginnings matter most: headers of units, tables, notes.
    const at = start + (random.chance(30) ? random.below(Math.min(size, 64)) : random.below(size));
    return { base, at: Math.min(at, bytes.length - 1), bytes: edge(random) };
  });
}

async function run(changes: readonly Change[]): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'r14-elf-'));
  try {
    const bytes = Uint8Array.from(programs()[changes[0]!.base]!.bytes);
    for (const { at, bytes: changed } of changes)
      for (const [i, byte] of changed.entries()) if (at + i < bytes.length) bytes[at + i] = byte;
    const path = join(folder, 'program');
    writeFileSync(path, bytes);
    let session: Debugging;
    try {
      session = debug(path, ['--memory', '64M']);
    } catch (error) {
      if (error instanceof Told) return error.message.includes('\n') ? `more than a line: ${error.message}` : undefined;
      return `r14's own: ${(error as Error).stack}`;
    }
    // A program that has been changed may run for ever.
    session.session.driver.remaining = 300_000;
    return await answersTo(session, LINES);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const elf: Fuzzed<Change> = {
  name: 'elf',
  made,
  run,
  shown: ({ base, at, bytes }) =>
    `program ${base}, at 0x${at.toString(16)}: ${bytes.map(byte => byte.toString(16).padStart(2, '0')).join(' ')}`,
  unit: 'changes',
};
