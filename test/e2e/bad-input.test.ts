import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildC, buildGo, missing, type Outcome, runR14 } from '../support/build.js';
import { session } from '../support/session.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-bad-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Where the parts of an ELF header lie (System V gABI, figure 4-3). */
const ELF = { class: 4, machine: 18, entry: 24, phoff: 32, shoff: 40, phentsize: 54, phnum: 56, shnum: 60, shstrndx: 62 } as const;
const PROGRAM_HEADER = { size: 56, type: 0, offset: 8, vaddr: 16, filesz: 32, memsz: 40, align: 48 } as const;
const PT_LOAD = 1;
const PT_INTERP = 3;

const why = missing('gcc', 'go1.26');

/** r14's own trouble must never show. */
function expectNoTrace({ stdout, stderr }: Outcome): void {
  expect(stdout + stderr).not.toMatch(/^\s+at .*[:(]\d+|node:internal|TypeError|RangeError|ReferenceError|\bundefined\b|\[object /m);
}

/** One line that names the file, status 2, and nothing else. */
function expectRefusal(path: string, says: RegExp): void {
  for (const command of ['run', 'exec']) {
    const outcome = runR14(command === 'run' ? ['run', path] : ['exec', '--batch', path]);
    expectNoTrace(outcome);
    expect(outcome.stderr).toMatch(says);
    expect(outcome.stderr).toContain(path);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(outcome).toMatchObject({ stdout: '', status: 2 });
  }
}

describe.skipIf(why)(`bad input${why ? ` (skipped: ${why})` : ''}`, () => {
  let good: Buffer;
  let dynamic: Buffer;
  let count = 0;
  const file = (bytes: Uint8Array | string, mode = 0o755): string => {
    const path = join(folder, `bad${count++}`);
    writeFileSync(path, bytes, { mode });
    return path;
  };
  const edited = (from: Buffer, edit: (copy: Buffer) => void): string => {
    const copy = Buffer.from(from);
    edit(copy);
    return file(copy);
  };
  const headers = (bytes: Buffer, type: number): number[] => {
    const at = Number(bytes.readBigUInt64LE(ELF.phoff));
    const all = Array.from({ length: bytes.readUInt16LE(ELF.phnum) }, (_, i) => at + i * PROGRAM_HEADER.size);
    return all.filter(header => bytes.readUInt32LE(header) === type);
  };
  beforeAll(() => {
    good = readFileSync(buildC('hello', { static: true }));
    dynamic = readFileSync(buildC('hello'));
  });

  it('a file that is not there', () => expectRefusal(join(folder, 'absent'), /no such file/i));
  it('a folder', () => expectRefusal(folder, /directory/i));
  it('an empty file', () => expectRefusal(file(''), /empty/));
  it('a shell script', () => expectRefusal(file('#!/bin/sh\necho hello\n'), /ELF/));
  it('a link to itself', () => {
    const path = join(folder, 'loop');
    symlinkSync(path, path);
    expectRefusal(path, /link|ELOOP/i);
  });
  it.skipIf(process.getuid?.() === 0)('a file that may not be read', () => {
    const path = file(good);
    chmodSync(path, 0);
    expectRefusal(path, /permission/i);
  });
  it('a 32-bit program', () =>
    expectRefusal(
      edited(good, b => b.writeUInt8(1, ELF.class)),
      /32-bit|64-bit|class/i,
    ));
  it('a program for another machine', () =>
    expectRefusal(
      edited(good, b => b.writeUInt16LE(183, ELF.machine)),
      /aarch64|arm64|machine|amd64|x86-64/i,
    ));
  it('a relocatable object', () =>
    expectRefusal(
      edited(good, b => b.writeUInt16LE(1, 16)),
      /executable|relocatable|type/i,
    ));
  it('a truncated file', () => {
    for (const length of [3, 17, 40, 63, 64, 100, 300])
      expectRefusal(file(good.subarray(0, length)), /truncated|ELF|end|past|short|header/i);
  });
  it('a file whose segments are cut off', () => expectRefusal(file(good.subarray(0, 5000)), /truncated|past|end|segment|short/i));
  it('program headers beyond the file', () =>
    expectRefusal(
      edited(good, b => b.writeBigUInt64LE(0x7fff_ffff_ffff_ff00n, ELF.phoff)),
      /program header/i,
    ));
  it('an absurd number of program headers', () =>
    expectRefusal(
      edited(good, b => b.writeUInt16LE(65535, ELF.phnum)),
      /program header/i,
    ));
  it('no program headers', () =>
    expectRefusal(
      edited(good, b => b.writeUInt16LE(0, ELF.phnum)),
      /load|segment|program header/i,
    ));
  it('a program header entry of the wrong size', () =>
    expectRefusal(
      edited(good, b => b.writeUInt16LE(8, ELF.phentsize)),
      /program header/i,
    ));
  it('a segment larger than its memory', () =>
    expectRefusal(
      edited(good, b => b.writeBigUInt64LE(1n, headers(b, PT_LOAD)[1]! + PROGRAM_HEADER.memsz)),
      /segment|memory/i,
    ));
  it('a segment of exabytes', () =>
    expectRefusal(
      edited(good, b => b.writeBigUInt64LE(1n << 62n, headers(b, PT_LOAD).at(-1)! + PROGRAM_HEADER.memsz)),
      /segment|memory|address/i,
    ));
  it('a segment outside the address space', () =>
    expectRefusal(
      edited(good, b => b.writeBigUInt64LE(0xffff_8000_0000_0000n, headers(b, PT_LOAD)[0]! + PROGRAM_HEADER.vaddr)),
      /segment|address/i,
    ));
  it('an interpreter that is not there', () =>
    expectRefusal(
      edited(dynamic, b => b.write('/lib64/no-', Number(b.readBigUInt64LE(headers(b, PT_INTERP)[0]! + PROGRAM_HEADER.offset)))),
      /\/lib64\/no-/,
    ));
  it('section headers beyond the file cost symbols only', () => {
    const path = edited(good, b => b.writeBigUInt64LE(0x7fff_ffff_ffff_ff00n, ELF.shoff));
    const outcome = runR14(['run', path, '--', 'there']);
    expect(outcome).toEqual({ stdout: 'hello, there\n', stderr: '1 arguments\n', status: 1 });
    const debugged = session(path, ['continue', 'info state']);
    expect(debugged.data('continue')).toMatchObject({ reason: 'exited' });
  });

  for (const section of [
    '.debug_abbrev',
    '.debug_addr',
    '.debug_frame',
    '.debug_info',
    '.debug_line',
    '.debug_loclists',
    '.debug_rnglists',
    '.symtab',
    '.strtab',
  ]) {
    it(`a corrupt ${section} costs only what it described`, () => {
      const source = buildGo('hello', { toolchain: 'go1.26', ldflags: '-compressdwarf=false' });
      const { offset, size } = sectionsOf(readFileSync(source)).find(one => one.name === section)!;
      for (const fill of ['noise', 'zero'] as const) {
        const bytes = readFileSync(source);
        for (let i = 0; i < size; i++) bytes[offset + i] = fill === 'zero' ? 0 : (Math.imul(i + 7, 0x9e3779b1) >>> 13) & 0xff;
        const { answers, status, stderr } = session(file(bytes), [
          'break main.main',
          'continue',
          'bt',
          'info locals',
          'list',
          'disas',
          'continue',
        ]);
        expectNoTrace({ stdout: answers.map(answer => answer.output).join('\n'), stderr, status });
        expect([fill, answers.at(-1)]).toMatchObject([fill, { ok: true, data: { reason: 'exited' } }]);
      }
    });
  }

  it('a corrupt gopclntab of a program that does not run is no trouble of ours', () => {
    const bytes = readFileSync(buildGo('hello', { toolchain: 'go1.26' }));
    const table = sectionsOf(bytes).find(section => section.name === '.gopclntab')!;
    for (const [from, to] of [
      [0, 64],
      [64, 20000],
      [0, table.size],
    ] as const) {
      const copy = Buffer.from(bytes);
      copy.fill(0xa5, table.offset + from, table.offset + Math.min(to, table.size));
      const { answers, stderr, status } = session(
        file(copy),
        ['break main.main', 'bt', 'info functions main', 'list'],
        ['--limit', '5000000'],
      );
      expectNoTrace({ stdout: answers.map(answer => answer.output).join('\n'), stderr, status });
      expect(answers).toHaveLength(4);
    }
  });

  it('commands in error say where and change nothing', () => {
    const binary = buildGo('hello', { toolchain: 'go1.26' });
    const wrong = [
      'nosuchcommand',
      'p 1 +',
      'p nosuch',
      'p (',
      'b no.such.function',
      'x/99zz 0',
      'frame 99',
      'set $nosuch.x = 1',
      'thread 99',
      'p *(*int)(0)',
      'list nosuch.go:1',
      'p "unclosed',
    ];
    const { answers, status, stderr } = session(binary, ['info state', ...wrong, 'info state']);
    expectNoTrace({ stdout: answers.map(answer => answer.output).join('\n'), stderr, status });
    expect(answers.map(answer => [answer.command, answer.ok])).toEqual([
      ['info state', true],
      ...wrong.map(command => [command, false]),
      ['info state', true],
    ]);
    for (const answer of answers) expect([answer.command, answer.output]).not.toEqual([answer.command, '']);
    expect(answers.at(-1)!.data).toEqual(answers[0]!.data);
    expect(status).toBe(1);
  });

  it('options in error', () => {
    for (const args of [
      ['--nosuch'],
      ['nosuch'],
      ['run'],
      ['run', '--memory', 'lots', '/bin/true'],
      ['run', '--limit', '-1', '/bin/true'],
      ['run', '--seed', 'x', '/bin/true'],
    ]) {
      const outcome = runR14(args);
      expectNoTrace(outcome);
      expect([args, outcome.status]).toEqual([args, 2]);
      expect(outcome.stderr).not.toBe('');
      expect(outcome.stdout).toBe('');
    }
  });

  it('a guest that loops is stopped by --limit', () => {
    const binary = buildC('loop', { static: true });
    const outcome = runR14(['run', '--limit', '3000000', binary, '--', '1000000000']);
    expectNoTrace(outcome);
    expect(outcome.stderr).toMatch(/3,?000,?000/);
    expect(outcome.status).not.toBe(0);
    const debugged = session(binary, ['continue', 'info state'], ['--limit', '3000000']);
    expect(debugged.data('info state').t).toBe(3_000_000);
  });

  it('a guest that wants more memory than it may touch', () => {
    const outcome = runR14(['run', '--memory', '1M', buildC('heap', { static: true })]);
    expectNoTrace(outcome);
    expect(outcome.status).not.toBe(0);
    expect(outcome.stderr).toMatch(/^r14: at 0x[0-9a-f]+ in \w+.*--memory/m);
  });

  it("a file that cannot be read or written is the command's error, in words", () => {
    const binary = buildC('hello', { static: true });
    const nowhere = join(folder, 'nosuch');
    const { answers } = session(binary, [`source ${nowhere}`, `source ${folder}`, 'transcript /proc/self/no/file', 'print 1']);
    expect(answers.map(answer => answer.ok)).toEqual([false, false, false, true]);
    expect(answers.map(answer => answer.output)).toEqual([
      `cannot read ${nowhere}: no such file`,
      `cannot read ${folder}: a directory, not a file`,
      expect.stringMatching(/^cannot write \/proc\/self\/no\/file: [^\n]+$/),
      '1',
    ]);
  });

  it('a transcript holds what -ex commands print', () => {
    const path = join(folder, 'transcript');
    session(buildC('hello', { static: true }), [`transcript ${path}`, 'print 6*7', 'print nosuch']);
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines.slice(0, 3)).toEqual(['(r14) print 6*7', '42', '(r14) print nosuch']);
    expect(lines[4]).toContain('nosuch');
  });

  it('a pipe whose reader has gone', () => {
    const binary = buildC('floats', { static: true });
    const r14 = join(import.meta.dirname, '../../bin/r14.js');
    for (const command of [`run ${binary}`, `exec --batch -ex 'disas main' -ex 'info functions' ${binary}`, '--help']) {
      const result = spawnSync('bash', ['-c', `node ${r14} ${command} | true; echo \${PIPESTATUS[0]}`], { encoding: 'utf8' });
      expectNoTrace({ stdout: '', stderr: result.stderr, status: 0 });
      expect(result.stderr).toBe('');
    }
  });
});

/** Names, file offsets and sizes of the sections of an ELF file. */
function sectionsOf(bytes: Buffer): { name: string; offset: number; size: number }[] {
  const at = Number(bytes.readBigUInt64LE(ELF.shoff));
  const sections = Array.from({ length: bytes.readUInt16LE(ELF.shnum) }, (_, i) => {
    const header = at + i * 64;
    const type = bytes.readUInt32LE(header + 4);
    return {
      nameAt: bytes.readUInt32LE(header),
      offset: Number(bytes.readBigUInt64LE(header + 24)),
      size: type === 8 ? 0 : Number(bytes.readBigUInt64LE(header + 32)),
    };
  });
  const names = sections[bytes.readUInt16LE(ELF.shstrndx)]!;
  return sections.map(({ nameAt, offset, size }) => {
    const start = names.offset + nameAt;
    return { name: bytes.toString('latin1', start, bytes.indexOf(0, start)), offset, size };
  });
}
