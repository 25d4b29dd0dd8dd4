import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildC, buildGo, missing, runR14 } from '../support/build.js';
import { session } from '../support/session.js';

const why = missing('gcc', 'go1.26');
const folder = mkdtempSync(join(tmpdir(), 'r14-sessions-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(why)(`r14 exec, run${why ? ` (skipped: ${why})` : ''}`, () => {
  it('--batch runs -ex and -x in their order and exits 0; guest output goes to stdout', () => {
    const script = join(folder, 'script');
    writeFileSync(script, '# a comment\n\nbreak main.main\ncontinue\n');
    const outcome = runR14(['exec', '--batch', '-ex', 'info state', '-x', script, '-ex', 'continue', buildGo('hello')]);
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toMatch(/hello, world\n/);
    expect(outcome.stdout.indexOf('main.main')).toBeLessThan(outcome.stdout.indexOf('hello, world'));
    expect(outcome.stderr).toBe('');
  });

  it('--batch exits 1 when a command failed, and does the others', () => {
    const outcome = runR14(['exec', '--batch', '-ex', 'nosuch', '-ex', 'p 1+2', buildGo('hello')]);
    expect(outcome.status).toBe(1);
    expect(outcome.stdout + outcome.stderr).toMatch(/nosuch/);
    expect(outcome.stdout).toMatch(/3/);
  });

  it('--json prints one object a command, and the end of the guest is a stop', () => {
    const { answers, status } = session(buildGo('exits'), ['info state', 'continue', 'bt', 'info state'], []);
    expect(status).toBe(1);
    expect(answers.map(answer => answer.command)).toEqual(['info state', 'continue', 'bt', 'info state']);
    expect(answers[1]).toMatchObject({ ok: true, data: { reason: 'exited', status: 3 } });
    for (const answer of answers) expect(Object.keys(answer).sort()).toEqual(['command', 'data', 'ok', 'output']);
    expect(answers[0]!.data).toMatchObject({ t: 0 });
  });

  it('regs -a has vectors, x87, flags and MXCSR', () => {
    const regs = session(buildC('floats'), ['break main', 'continue', 'regs -a']).data<Record<string, string>>('regs -a');
    for (let i = 0; i < 16; i++) expect(regs[`xmm${i}`]).toMatch(/^(0x)?[0-9a-f]{32}$/);
    for (let i = 0; i < 8; i++) expect(regs[`st${i}`]).toBeDefined();
    expect(BigInt(regs.mxcsr!)).toBe(0x1f80n);
    expect(BigInt(regs.eflags!) & 2n).toBe(2n);
    for (const name of ['rax', 'rip', 'rsp', 'r15', 'fs_base']) expect(regs[name]).toMatch(/^0x[0-9a-f]+$/);
  });

  it('equal runs have equal states, at every stop; another seed has another', () => {
    const commands = ['break main.main', 'continue', 'info state', 'continue', 'info state'];
    const states = (options: string[]) =>
      session(buildGo('channels'), commands, options)
        .answers.filter(a => a.command === 'info state')
        .map(a => a.data);
    const first = states([]);
    expect(states([])).toEqual(first);
    expect(states(['--seed', '7'])).not.toEqual(first);
    expect(states(['--seed', '7'])).toEqual(states(['--seed', '7']));
  });

  it('a program that races itself tells the same race twice', () => {
    const binary = buildGo('race-shapes', { race: true });
    const [a, b] = [1, 2].map(() => runR14(['run', binary]));
    expect(a).toEqual(b);
    expect(a!.status).toBe(66);
  });

  it('any seed gives a right answer', () => {
    for (const seed of [1, 2]) {
      const binary = buildGo('mutexes');
      expect(runR14(['run', '--seed', `${seed}`, binary]).stdout).toEqual(runR14(['run', binary]).stdout);
    }
  });

  it('--stats adds one line of JSON on stderr', () => {
    const outcome = runR14(['run', '--stats', buildGo('exits')]);
    const lines = outcome.stderr.trimEnd().split('\n');
    const stats = JSON.parse(lines.pop()!);
    expect(lines).toEqual(['to stderr']);
    expect(Object.keys(stats).sort()).toEqual(['calls', 'exit', 'instructions', 'jit', 'pages', 'rss', 'seconds', 'syscalls']);
    expect(stats.exit).toBe(3);
    expect(outcome.status).toBe(3);
  });

  it('a stop in runtime.Breakpoint selects the frame of its caller', () => {
    const { answers } = session(buildGo('breakpoint', { gcflags: 'all=-N -l' }), ['continue', 'p name', 'p values', 'p total', 'continue']);
    expect(answers[0]!.data).toMatchObject({ reason: 'signal', signal: 'SIGTRAP' });
    expect(answers.slice(1, 4).map(answer => answer.output)).toEqual(['"name"', '[]int len: 3, cap: 3, [1,2,3]', '6']);
  });

  it('breakpoints by function, line, address and condition, and stepping', () => {
    const { answers } = session(buildGo('closures'), [
      'break main.go:70',
      'break main.many if a == 1',
      'tbreak main.main',
      'continue',
      'next',
      'step',
      'si 3',
      'continue',
      'bt 2',
      'info breakpoints',
    ]);
    expect(answers.filter(answer => !answer.ok)).toEqual([]);
    expect(answers[3]!.data).toMatchObject({ reason: 'breakpoint', function: 'main.main' });
  });

  it('the sandbox: only its own binary can be read, until more is allowed', () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'contents');
    const binary = buildC('cat', { static: true });
    expect(runR14(['run', binary, '--', secret])).toMatchObject({ stdout: '', status: 1 });
    expect(runR14(['run', '--allow-read', folder, binary, '--', secret])).toMatchObject({ stdout: 'contents', status: 0 });
    expect(runR14(['run', '--allow-read', secret, binary, '--', secret])).toMatchObject({ stdout: 'contents', status: 0 });
    expect(runR14(['run', '--allow-read', folder, binary, '--', `${folder}/../../etc/ld.so.conf`])).toMatchObject({
      stdout: '',
      status: 1,
    });
  });
});
