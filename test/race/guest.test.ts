/** The detector of a bundled program: what GORACE does, as natively, and that its state is the program's memory and nothing else. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elfBytes } from '../../src/asm/elf.js';
import { nodeAssets } from '../../src/host/node/assets.js';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Process } from '../../src/linux/api.js';
import type { OutputRecord } from '../../src/linux/output.js';
import { resumeProcess, startProcess } from '../../src/linux/process.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';
import { THREAD } from '../../src/runtime/race/v3/layout.js';
import { buildGoSource, missing, runNative, runR14 } from '../support/build.js';
import { debugBundled } from '../support/debug.js';
import { raceReport } from '../support/masks.js';
import { session } from '../support/session.js';

const root = join(import.meta.dirname, '../..');
const NAME = 'race-flag';

describe('GORACE', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'r14-race-'));
    writeFileSync(join(folder, 'setup'), 'race:main.setup\n');
    writeFileSync(join(folder, 'bad'), 'setup\n');
    writeFileSync(join(folder, 'all'), 'race:nosuch\nrace_top:main.setup\nrace:main.*\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const why = missing('go1.24.0');
  /** Verdict, sum and messages; of the reports the functions of the first one tell whether it was cut short. */
  const told = ({ stdout, stderr, status }: { stdout: string; stderr: string; status: number }) => ({
    status,
    reports: stderr.split('WARNING: DATA RACE').length - 1,
    said: `${stdout}${stderr}`
      .replace(/={18}\n[\s\S]*={18}\n/g, '')
      .replace(/(pid[ =])\d+/, '$1N')
      // What the real one says of an option is not repeated.
      .replace(/\t\t- [^\t]*?\(Current Value/g, '\t\t- (Current Value')
      .split('\n')
      .sort(),
  });

  it
    .skipIf(why)
    .each([
      '',
      'exitcode=77',
      'exitcode=0',
      'halt_on_error=1',
      'halt_on_error=1 exitcode=5',
      'report_bugs=0',
      'report_atomic_races=0',
      'verbosity=1',
      'verbosity=1 nosuch=1',
      'word',
      'exitcode=x',
      'exitcode=9:history_size=y',
      'suppress_equal_stacks=maybe',
      'log_path="unclosed',
      'log_path=stdout',
      'log_path=/nonexistent/x',
      'suppressions=FOLDER/setup',
      'suppressions=FOLDER/nosuch',
      'suppressions=FOLDER/bad',
      'print_suppressions=1',
      'print_suppressions=1 suppressions=FOLDER/setup',
      'print_suppressions=1 suppressions=FOLDER/all halt_on_error=1',
      'help=1 exitcode=9',
      'help=yes verbosity=1 nosuch=1 history_size=4 color=never handle_segv=exclusive max_allocation_size_mb=17 strip_path_prefix="a b"',
    ])(`%s${why ? ` (skipped: ${why})` : ''}`, { timeout: 60_000 }, value => {
    // What is natively run is kept under its environment: the folder must be named alike each time.
    const GORACE = value.replace('FOLDER', folder);
    const binary = buildGoSource(join(root, 'programs', NAME, 'racy.go'), `${NAME}-racy`, 'go1.24.0');
    const native = told(runNative(binary, { env: { GORACE: `atexit_sleep_ms=0 ${GORACE}`, GOMAXPROCS: '1' } }));
    const own = told(runR14(['run', '--race=true', '--allow-read', folder, '--env', `GORACE=atexit_sleep_ms=0 ${GORACE}`, NAME]));
    const plain = (text: string): string => text.replaceAll(folder, 'FOLDER');
    expect({ ...own, said: own.said.map(plain) }).toEqual({ ...native, said: native.said.map(plain) });
  });

  it('log_path: all goes to a file of that name and the process’s number', () => {
    const path = join(folder, 'log');
    const { stderr, status } = runR14(['run', '--race=true', '--allow-write', folder, '--env', `GORACE=log_path=${path}`, NAME]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 66 });
    const [file] = readdirSync(folder).filter(name => name.startsWith('log.'));
    expect(readFileSync(join(folder, file!), 'utf8')).toBe(readFileSync(join(root, 'programs', NAME, 'racy.report'), 'utf8'));
  });

  it('strip_path_prefix cuts files', () => {
    const { stderr } = runR14(['run', '--race=true', '--env', 'GORACE=strip_path_prefix=programs/', NAME]);
    expect(stderr).toContain(`\n      ${NAME}/main.s:`);
    expect(stderr).not.toContain('programs/');
  });

  it('history_size: what was too long ago is found again', () => {
    const run = (size: number) =>
      runR14(['run', '--race=true', '--variant', 'lost', '--env', `GORACE=history_size=${size}`, 'race-history']);
    expect(run(0)).toMatchObject({ stderr: '', status: 0 });
    expect(raceReport(run(14).stderr)).toContain('Found 1 data race(s)');
  });
});

describe('the state of a detector', () => {
  const program = new Catalog(nodeAssets).build(NAME, { variant: 'racy', race: true });
  const report = readFileSync(join(root, 'programs', NAME, 'racy.report'), 'utf8');
  const hear = () => {
    const decoder = new TextDecoder();
    const heard = { said: '' };
    return {
      heard,
      output: ({ descriptor, bytes }: OutputRecord) => void (descriptor === 2 && (heard.said += decoder.decode(bytes))),
    };
  };
  const begin = () => {
    const { heard, output } = hear();
    const process = startProcess({
      host: nodePorts,
      path: '/x',
      args: ['/x'],
      output,
      program: elfBytes(program),
      extension: program.extension!,
    });
    return { process, heard };
  };
  const end = (process: Process) => process.run({ budget: 10_000_000 });
  const total = ((): number => {
    const { process } = begin();
    end(process);
    return process.t;
  })();

  it.each([0.1, 0.3, 0.5, 0.7, 0.9])('is saved and goes on elsewhere, at %f of the run', part => {
    const { process } = begin();
    process.run({ budget: Math.floor(total * part) });
    const { heard, output } = hear();
    const fresh = new Catalog(nodeAssets).build(NAME, { variant: 'racy', race: true });
    const resumed = resumeProcess(process.save().bytes(), { host: nodePorts, output, extension: fresh.extension! });
    expect(end(resumed)).toEqual({ kind: 'exited', status: 66 });
    expect(report.endsWith(heard.said)).toBe(true);
    expect(heard.said).toContain('Found 2 data race(s)\n');
    end(process);
    expect(resumed.hash()).toBe(process.hash());
  });

  it('goes back with the program', () => {
    const { process, heard } = begin();
    process.run({ budget: Math.floor(total / 3) });
    const saved = process.save();
    end(process);
    const hash = process.hash();
    expect(heard.said).toBe(report);
    heard.said = '';
    process.restore(saved);
    expect(end(process)).toEqual({ kind: 'exited', status: 66 });
    expect(process.hash()).toBe(hash);
    expect(heard.said).toBe(report);
  });

  it('is seen by x, p and watch', () => {
    // main.x is written by the goroutine: its cell says so from then on.
    const { data, answers } = session(
      'race-goroutine',
      [
        'tbreak main.main.func1',
        'continue',
        'p (*(*runtime.threadState)(runtime.m0.curg.racectx)).tid',
        'watch *(*uint32)(0x200000000000 + &main.after * 2)',
        'continue',
        'x/4wx 0x200000000000 + &main.after * 2',
      ],
      ['--race=true', '--variant', 'racy'],
    );
    expect(answers[2]!.output).toBe('2');
    expect(data<{ reason: string }>('watch *(*uint32)(0x200000000000 + &main.after * 2)')).toBeTruthy();
    expect(answers[4]!.output).toContain('watchpoint');
    // sid 2, epoch 1, byte 0, a write: 0x00010201.
    expect(answers[5]!.output).toMatch(/0x00010201\s+0x00000000\s+0x00000000\s+0x00000000$/);
  });

  it('says of an address without shadow that it has none, and dies of an access there as the real one does', () => {
    const { answers } = session(
      'race-counter',
      [
        ...['break race', 'continue', 'shadow 0x10', 'race sync $rip', 'shadow main.counter'],
        ...['delete', 'break __tsan_read', 'restart', 'continue', 'set $rsi = 0x7fff0000', 'continue'],
      ],
      ['--race=true'],
    );
    const arenas = 'the race detector watches 0x408000-0x40e000 (data) and 0xc000000000-0xc004000000 (heap) only';
    expect(answers[2]!.output).toContain(`0x10 has no shadow: ${arenas}`);
    expect(answers[3]!.output).toMatch(/0x40[0-9a-f]+ has no shadow: /);
    expect(answers[4]!.output).toContain('8 bytes at 0x');
    // The cells of the address are read: twice it, and the beginning of shadow memory (tsan_platform.h, MappingGoAmd64).
    expect(answers[10]!.output).toMatch(/SIGSEGV [\s\S]* reads 0x2000fffe0000, which is not mapped/);
  });

  it('loses of a trace that was overwritten what lay there, and no more', async () => {
    const at = debugBundled('race-counter', 'racy');
    await at.text('break race');
    await at.text('continue');
    const history = async () => (await at.text('race history 2')).split('\n').slice(1);
    const whole = await history();
    const call = whole.findIndex(line => line.startsWith('call from runtime.goexit'));
    const { memory } = at.session.target.process;
    const thread = BigInt(await at.text('p/x runtime.m0.curg.racectx'));
    // The words in front of where the next event goes; a call is its pc << 2 | 2 (tsan_trace.h, EventFunc).
    const end = memory.readU64(thread + BigInt(THREAD.tracePos));
    const words = Array.from({ length: 8 }, (_, index) => end - 8n * BigInt(index + 1));
    const isCall = (word: bigint): boolean =>
      (word & 3n) === 2n && at.session.target.images.functionAt(word >> 2n)?.name === 'runtime.goexit';
    const place = words.find(word => isCall(memory.readU64(word)))!;
    // No event is of this type.
    await at.text(`set *(*uint64)(0x${place.toString(16)}) = 0x1c`);
    const without = whole.slice(call + 1).map(line => line.trimStart());
    const damaged = (await history()).map(line => line.trimStart());
    expect(damaged.slice(0, call)).toEqual(whole.slice(0, call).map(line => line.trimStart()));
    expect(damaged[call]).toContain(`the word at 0x${place.toString(16)} is no event`);
    expect(damaged.slice(call + 1)).toEqual([...without, `Lost: the word at 0x${place.toString(16)} is no event.`]);
    expect(without.length).toBeGreaterThan(0);
  });
});
