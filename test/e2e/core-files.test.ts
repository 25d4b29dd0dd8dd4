/** `r14 core`: core files of the kernel and of gdb, beside the same programs running; and files that are none. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildC, buildGo, hasCommand, missing, runR14, type Toolchain } from '../support/build.js';
import { type Frame, session } from '../support/session.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-core-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The core file of a program that dies: the kernel's, where it writes them to where the program runs, else gdb's. */
function coreOf(program: string): string {
  const own = mkdtempSync(join(folder, 'run-'));
  if (!readFileSync('/proc/sys/kernel/core_pattern', 'utf8').startsWith('|')) {
    spawnSync('sh', ['-c', 'ulimit -c unlimited; exec "$0"', program], { cwd: own, env: { ...process.env, GOTRACEBACK: 'crash' } });
    const found = readdirSync(own).find(name => name.startsWith('core'));
    if (found !== undefined) return join(own, found);
  }
  return gcoreOf(program);
}

/** gdb's core file of a program that dies: it has not what was mapped and never changed, libraries' code above all. */
function gcoreOf(program: string): string {
  const core = join(mkdtempSync(join(folder, 'gcore-')), 'core');
  execFileSync('gdb', ['-nx', '-batch', '-ex', 'run', '-ex', `generate-core-file ${core}`, program], { stdio: 'ignore' });
  return core;
}

/** What commands in a core file print, as data. */
function inCore(core: string, program: string, ...commands: readonly string[]) {
  const { stdout, stderr } = runR14(['core', '--batch', '--json', ...commands.flatMap(each => ['-ex', each]), core, program]);
  const answers = stdout.split('\n').flatMap(line => (line.startsWith('{"command"') ? [JSON.parse(line)] : []));
  if (answers.length !== commands.length) throw new Error(stdout + stderr);
  return answers as { ok: boolean; output: string; data: never }[];
}

const names = (frames: readonly Frame[]) => frames.map(frame => frame.function);
const fromFault = (frames: readonly Frame[]) => names(frames.slice(frames.findIndex(frame => frame.function === '__tsan_func_enter')));

for (const toolchain of ['go1.26', 'go1.19'] as const satisfies readonly Toolchain[]) {
  const why = missing(toolchain) ?? (hasCommand('gdb') ? undefined : 'gdb is missing');
  describe.skipIf(why)(`the crash, ${toolchain}${why ? ` (skipped: ${why})` : ''}`, () => {
    it('has the frames that it has while it runs', () => {
      const binary = buildGo('crash', { toolchain, race: true });
      const live: readonly Frame[] = session(binary, ['continue', 'bt']).data('bt');
      const core = coreOf(binary);
      const [bt, racing, goroutines] = inCore(core, binary, 'bt', 'race threads', 'goroutines');
      expect(fromFault(bt!.data)).toEqual(names(live));
      expect(names(live).length).toBeGreaterThanOrEqual(14);
      expect(bt!.output).toMatch(/stack switch: g0 -> goroutine 1/);
      // What the detector remembers is in the file.
      expect(racing!.output).toMatch(/goroutine 1 \(tid 1\)/);
      expect(goroutines!.output).toMatch(/Goroutine 1 /);
      rmSync(core);
    });
  });
}

const gcc = missing('gcc') ?? (hasCommand('gdb') ? undefined : 'gdb is missing');
describe.skipIf(gcc)(`a C program${gcc ? ` (skipped: ${gcc})` : ''}`, () => {
  let program: string;
  let core: string;
  beforeAll(() => {
    program = buildC('smash', { flags: ['-g', '-O1'] });
    core = coreOf(buildC('aborts', { flags: ['-g', '-O1'] }));
  });
  const aborts = () => buildC('aborts', { flags: ['-g', '-O1'] });

  it('has the frames of its own that gdb has', () => {
    const out = execFileSync('gdb', ['-nx', '-batch', '-ex', 'bt', aborts(), core], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const theirs = [...out.matchAll(/^#\d+ +(?:0x[0-9a-f]+ in )?(\S+) \(/gm)].map(([, name]) => name!.replace(/^__GI_/, ''));
    const [bt, threads] = inCore(core, aborts(), 'bt', 'threads');
    const own = names(bt!.data);
    const at = theirs.indexOf('main');
    expect(at).toBeGreaterThan(0);
    expect(own).toContain('main');
    expect(own[own.indexOf('main') - 1]).toBe(theirs[at - 1]);
    expect(threads!.output).toMatch(/thread 1/);
  });

  it("has the frames that are behind those of libraries in gdb's core files too", () => {
    const [kernels] = inCore(core, aborts(), 'bt');
    const [gdbs] = inCore(gcoreOf(aborts()), aborts(), 'bt');
    expect(names(gdbs!.data)).toContain('main');
    expect(names(gdbs!.data)).toEqual(names(kernels!.data));
  });

  it('that r14 writes is read by gdb, and by itself', () => {
    const dumped = join(folder, 'dumped');
    const at = session(aborts(), ['continue', `dump ${dumped}`, 'bt', 'p $rip', 'p $rsp']);
    expect(at.answers[1]).toMatchObject({ ok: true });
    const said = execFileSync(
      'gdb',
      [
        '-nx',
        '-batch',
        ...['bt', 'p/x $rip', 'p/x $rsp', 'p $_siginfo.si_signo', 'info auxv'].flatMap(each => ['-ex', each]),
        aborts(),
        dumped,
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const theirs = [...said.matchAll(/^#\d+ +(?:0x[0-9a-f]+ in )?(\S+) \(/gm)].map(([, name]) => name!.replace(/^__GI_/, ''));
    expect(theirs).toContain('main');
    expect(said).toMatch(/Program terminated with signal SIGABRT/);
    expect(said).toMatch(/\$3 = 6\n/);
    expect(said).toMatch(/AT_ENTRY/);
    const registers = [...said.matchAll(/^\$[12] = (0x[0-9a-f]+)$/gm)].map(([, value]) => BigInt(value!));
    const [bt, rip, rsp] = inCore(dumped, aborts(), 'bt', 'p $rip', 'p $rsp');
    expect([rip, rsp].map(answer => answer!.output.replace(/^.* = /, ''))).toEqual(
      [at.answers[3], at.answers[4]].map(answer => answer!.output.replace(/^.* = /, '')),
    );
    expect(registers).toHaveLength(2);
    expect(names(bt!.data)).toContain('main');
  });

  it('does not run, and has no past', () => {
    const [went, back, origin, again] = inCore(core, aborts(), 'continue', 'reverse-continue', 'origin rdi', 'restart');
    expect(went).toMatchObject({ ok: false, output: 'a core file does not run: it is what was there when it was written' });
    expect(back!.output).toMatch(/history begins here/);
    expect(origin!.output).toMatch(/what was before is not in it/);
    expect(again).toMatchObject({ ok: false, output: 'a core file does not run, and cannot be started again' });
  });

  it('of another program is refused, and so is what is no core file', () => {
    const said = (...args: readonly string[]) => {
      const { status, stdout, stderr } = runR14(['core', '--batch', '-ex', 'bt', ...args]);
      expect({ stdout, lines: stderr.trim().split('\n').length }).toEqual({ stdout: '', lines: 1 });
      return `${status} ${stderr.trim()}`;
    };
    expect(said(program)).toMatch(/^2 r14: .*: a program, not a core file: r14 exec runs it$/);
    expect(said(import.meta.filename)).toMatch(/^2 r14: .*: not a core file: it is no ELF file$/);
    expect(said(join(folder, 'none'))).toMatch(/^2 r14: .*: no such file$/);
    expect(said(core, program)).toMatch(/^2 r14: .*: not the program of .*: they differ from byte \d+ on$/);
  });

  it('cut short anywhere, tells what it has or why there is nothing', () => {
    const whole = readFileSync(core);
    const cut = join(folder, 'cut');
    for (const length of [0, 10, 63, 64, 500, 3000, 6000, Math.floor(whole.length / 2), whole.length - 1]) {
      writeFileSync(cut, whole.subarray(0, Math.max(length, 1)));
      truncateSync(cut, length);
      const { status, stdout, stderr } = runR14(['core', '--batch', '-ex', 'bt', cut, aborts()]);
      expect([length, status === 2 || status === 0 || status === 1]).toEqual([length, true]);
      expect(stdout + stderr).not.toMatch(/at fault|undefined|NaN/);
      if (length > 0 && length < whole.length) expect(stderr).toMatch(/cut short|no core file|no ELF file/);
    }
  });

  it('with any of its first bytes changed, is read or refused in a line', () => {
    const whole = readFileSync(core);
    const bent = join(folder, 'bent');
    let seed = 7;
    const next = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let i = 0; i < 25; i++) {
      const bytes = Buffer.from(whole);
      for (let changes = 0; changes < 4; changes++) bytes[next(i < 12 ? 2000 : 8000)] = next(256);
      writeFileSync(bent, bytes);
      const { status, stdout, stderr } = runR14(['core', '--batch', '-ex', 'bt 5', '-ex', 'info auxv', bent, aborts()]);
      expect([i, [0, 1, 2].includes(status)]).toEqual([i, true]);
      expect(stdout + stderr).not.toMatch(/at fault/);
    }
    expect(existsSync(bent)).toBe(true);
  });
});
