/**
 * Going back and forth in a run. The oracle is the run itself: another process of the same program that goes forward only, without a history, is at each
 * moment what the one that came there by whatever way must be.
 */
import { describe, expect, it } from 'vitest';
import { elfBytes } from '../../src/asm/elf.js';
import { nodeAssets } from '../../src/host/node/assets.js';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Process } from '../../src/linux/api.js';
import { startProcess } from '../../src/linux/process.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';
import { buildC, buildGo, missing, toolchains } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

/** Moments are chance, the same each time. */
let state = 20261130;
const random = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

interface Subject {
  readonly name: string;
  readonly open: () => Debugging;
  /** The same program, without a debugger. */
  readonly plain: () => Process;
}

const quiet = { host: nodePorts, output: () => undefined };

const bundled = (name: string): Subject => ({
  name,
  open: () => debugBundled(name),
  plain: () => {
    const program = new Catalog(nodeAssets).build(name);
    const extension = program.extension === undefined ? {} : { extension: program.extension };
    return startProcess({ ...quiet, ...extension, path: name, program: elfBytes(program), cwd: process.cwd() });
  },
});

const real = (name: string, build: () => string): Subject => ({
  name,
  open: () => debug(build()),
  plain: () => startProcess({ ...quiet, path: build(), args: [build()], cwd: process.cwd() }),
});

const why = missing('go1.26', 'gcc');
const ALL: readonly Subject[] = [
  ...['newproc-race', 'scheduler', 'stack-growth', 'systemstack'].map(bundled),
  ...(why
    ? []
    : [
        real('threads in C', () => buildC('threads')),
        real('signals in C', () => buildC('signals')),
        real('timers', () => buildGo('timers')),
        real('signals in Go', () => buildGo('signals')),
        ...toolchains().flatMap(go => [
          real(`goroutines, ${go}`, () => buildGo('goroutines', { toolchain: go })),
          real(`crash -race, ${go}`, () => buildGo('crash', { race: true, toolchain: go })),
        ]),
      ]),
];

/** With R14_ALL=1 all of them. */
const SAMPLE = /newproc|stack-growth|threads|signals in Go|goroutines, go1.26|crash -race, go1.(?:19|27)/;
const SUBJECTS = process.env.R14_ALL === '1' ? ALL : ALL.filter(({ name }) => SAMPLE.test(name));

/** Hashes of a run at some moments, in the order of time. */
function hashesOf(process: Process, moments: readonly number[]): Map<number, string> {
  process.catch = { signals: new Set() };
  const hashes = new Map<number, string>();
  for (const moment of [...moments].sort((one, other) => one - other)) {
    while (process.t < moment) process.run({ budget: moment - process.t, pass: true });
    hashes.set(moment, process.hash());
  }
  return hashes;
}

const hash = async (at: Debugging): Promise<{ t: number; hash: string }> => at.data('info state');

describe(`moments of a run${why ? ` (real programs skipped: ${why})` : ''}`, () => {
  for (const { name, open, plain } of SUBJECTS) {
    it(`${name}: the state at t is the same, whatever way led there`, async () => {
      const at = open();
      await at.run('continue');
      const { t } = at.session.target.process;
      const moments = [1, ...Array.from({ length: 5 }, () => 1 + random(t - 2)), t - 1];
      const expected = hashesOf(plain(), moments);
      const end = await hash(at);
      const written = at.written();
      for (const moment of [...moments.toReversed(), ...moments, moments[3]!, moments[3]!]) {
        await at.text(`seek ${moment}`);
        expect(await hash(at)).toEqual({ t: moment, hash: expected.get(moment) });
      }
      await at.text('seek end');
      expect(await hash(at)).toEqual(end);
      // And by running on from the past.
      await at.text(`seek ${moments[2]}`);
      await at.run('continue');
      expect(await hash(at)).toEqual(end);
      expect(at.written()).toBe(written);
    });

    it(`${name}: so many instructions forth and back are none`, async () => {
      const at = open();
      await at.run('continue');
      const { t } = at.session.target.process;
      for (const count of [1, 2, 37]) {
        await at.text(`seek ${random(Math.max(1, t - 2000))}`);
        const before = await hash(at);
        const { process } = at.session.target;
        const { tid } = process.current;
        await at.text(`stepi ${count}`);
        if (at.session.stop.reason !== 'step') continue;
        expect(process.current.tid).toBe(tid);
        await at.text(`reverse-stepi ${count}`);
        expect(await hash(at)).toEqual(before);
      }
    });
  }
});

describe('what would have stopped the run', () => {
  /** Where the run stands at each stop, until it ends. */
  async function stops(at: Debugging, command: string, most: number): Promise<{ t: number; pc: string | null; reason: string }[]> {
    const seen = [];
    for (let stop = 0; stop < most; stop++) {
      const { t, pc, reason } = await at.data(command);
      if (reason === 'exited' || reason === 'moment' || (reason === 'signal' && command === 'continue')) break;
      seen.push({ t, pc, reason });
    }
    return seen;
  }

  it('breakpoints are visited in reverse, from the end to the start', async () => {
    const at = debugBundled('scheduler');
    await at.text('rbreak ^runtime\\.[gs]');
    await at.text('rbreak ^main');
    const forth = await stops(at, 'continue', 1000);
    expect(forth.length).toBeGreaterThan(3);
    expect(await stops(at, 'reverse-continue', 1000)).toEqual(forth.toReversed());
    expect((await at.run('reverse-continue')).output).toContain('the history begins here');
  });

  it.skipIf(why)(`conditions are asked, and hits are not counted${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = debug(buildGo('goroutines'));
    await at.text('break runtime.newproc1 if callergp.goid == 1');
    const forth = await stops(at, 'continue', 1000);
    expect(forth.length).toBeGreaterThan(1);
    const [{ hits }] = await at.data('breakpoints');
    expect(await stops(at, 'reverse-continue', 1000)).toEqual(forth.toReversed());
    expect((await at.data('breakpoints'))[0].hits).toBe(hits);
  });

  it.skipIf(why)(`watchpoints, and what they have seen${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = debug(buildGo('watches'));
    await at.text('break main.main');
    await at.text('continue');
    await at.text('delete');
    await at.text('watch main.all');
    await at.text('watch main.all.number');
    const changes = (text: string): string[] => text.split('\n').filter(line => line.includes(' -> '));
    const [forth, back]: { t: number; changes: string[] }[][] = [[], []];
    for (;;) {
      const text = await at.text('continue');
      if (at.session.exited) break;
      forth!.push({ t: at.session.target.process.t, changes: changes(text) });
    }
    expect(forth!.length).toBeGreaterThan(3);
    for (;;) {
      const text = await at.text('reverse-continue');
      if (at.session.stop.reason === 'moment') break;
      back!.push({ t: at.session.target.process.t, changes: changes(text) });
    }
    expect(back).toEqual(forth!.toReversed());
  });

  it.skipIf(why)(`lines and calls, back as they came${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = debug(buildGo('goroutines'));
    await at.text('break main.main');
    const begin = await at.data('continue');
    const forth = [begin.t];
    for (let line = 0; line < 5; line++) forth.push((await at.data('next')).t);
    const back = [];
    for (let line = 0; line < 5; line++) back.push((await at.data('reverse-next')).t);
    expect(back).toEqual(forth.slice(0, -1).toReversed());
    await at.text('delete');
    await at.text('break runtime.makeslice');
    await at.text('continue');
    const back1 = await at.data('reverse-finish');
    expect(back1.function).toBe('main.main');
    expect((await at.run('x/i $pc')).output).toMatch(/call.*makeslice/i);
  });
});

describe('the ends, and what is kept', () => {
  it('an ended program is gone back into, and its end is told again', async () => {
    const at = debugBundled('scheduler');
    const { t } = await at.data('continue');
    expect(at.session.exited).toBe(true);
    expect((await at.data('reverse-stepi')).t).toBe(t - 1);
    expect(at.session.exited).toBe(false);
    expect(await at.text('bt')).not.toBe('');
    expect((await at.data('seek end')).reason).toBe('exited');
    expect((await at.run('seek 0')).ok).toBe(true);
    expect((await at.data('continue')).t).toBe(t);
  });

  it('marks are gone to by number and by note', async () => {
    const at = debugBundled('newproc-race');
    await at.text('stepi 100');
    await at.text('mark before');
    const { hash: before } = await hash(at);
    await at.text('continue');
    const fault = await hash(at);
    await at.text('goto before');
    expect((await hash(at)).hash).toBe(before);
    expect((await at.data('seek fault')).signal).toBe('SIGSEGV');
    expect(await hash(at)).toEqual(fault);
    expect((await at.run('goto 7')).output).toContain('no mark "7"');
    expect((await at.run('seek nowhere')).output).toContain('seek wants');
  });

  it('a change in the past begins a branch, and the run before stays', async () => {
    const at = debugBundled('newproc-race');
    await at.text('continue');
    const fault = await hash(at);
    await at.text('rsi');
    await at.text('set r12 = 5');
    await at.text('stepi');
    expect(at.session.history?.branches.map(({ id, from }) => [id, from?.t])).toEqual([
      [1, undefined],
      [2, fault.t - 1],
    ]);
    await at.text('rsi');
    await at.text('stepi');
    expect(await at.text('p $r12')).toContain('5');
  });

  it('what-if leaves the run as it is, and branches are gone to', async () => {
    const at = debugBundled('newproc-race');
    await at.text('continue');
    const fault = await hash(at);
    await at.text('break main.main');
    // The context of the goroutine that it works for, as runtime.racegostart takes it.
    await at.text('seek -15');
    const told = await at.text('what-if set (*runtime.g)(R14).racectx = (*runtime.g)(R14).m.curg.racectx then continue');
    expect(told).toContain('exited with status 0');
    expect(at.written()).toContain('42');
    expect((await at.data('branches')).map(({ id, from }: { id: number; from: number | null }) => [id, from])).toEqual([
      [1, null],
      [2, 1],
    ]);
    expect((await at.data('branch 1')).reason).toBe('signal');
    expect(await hash(at)).toEqual(fault);
    expect((await at.data('branch 2')).reason).toBe('exited');
    expect((await at.run('branch 3')).output).toContain('no branch "3"');
    await at.text('rsi');
    expect((await at.run('what-if nonsense')).output).toContain('branch 3 ends here, branch 2 goes back');
  });

  it.skipIf(why)(`events of Go's runtime are stopped at forwards and backwards${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = debug(buildGo('goroutines'));
    await at.text('break main.main');
    await at.text('continue');
    await at.text('delete');
    for (const [event, name] of [
      ['newproc', /^runtime\.newproc1$/],
      ['goexit', /^runtime\.goexit1$/],
      ['g-switch', /^runtime\.gogo$/],
      ['stack-switch', /^runtime\.(?:systemstack|mcall|morestack|asmcgocall)$/],
    ] as const) {
      await at.text(`catch ${event}`);
      const first = await at.data('continue');
      expect(first.function).toMatch(name);
      const second = await at.data('continue');
      expect(second.function).toMatch(name);
      expect(await at.data('reverse-continue')).toMatchObject({ t: first.t, function: first.function });
      await at.text('delete');
    }
    expect((await at.run('catch gc now')).output).toContain('takes no names');
  });

  it.skipIf(why)(`history is never beyond its memory, and the end is as it was${why ? ` (skipped: ${why})` : ''}`, async () => {
    const paths = [buildGo('crash', { race: true }), buildGo('gc')];
    // Milliseconds of an instruction: what is saved when depends on the host's clock.
    for (const [path, pace] of paths.flatMap(each => [0, 0.000_01, 0.001].map(pace => [each, pace] as const))) {
      const at = debug(path);
      at.session.host.now = () => at.session.target.process.t * pace;
      await at.text('config history-memory 2');
      const history = await at.session.remember();
      let most = 0;
      const look = (): void => {
        most = Math.max(most, history.held);
      };
      at.session.target.process.observe({ syscall: look, threadSwitched: look });
      const { reason, t } = await at.data('continue');
      look();
      const end = await hash(at);
      await at.text('rsi');
      look();
      await at.text(`seek ${Math.floor(t / 3)}`);
      look();
      expect(await at.data('seek end')).toMatchObject({ reason, t });
      look();
      expect(await hash(at)).toEqual(end);
      expect(most).toBeGreaterThan(2 ** 20);
      expect(most, `${path} at ${pace}`).toBeLessThanOrEqual(2 * 2 ** 20);
    }
  });

  it.skipIf(why)(`history keeps to its memory, and still reaches every moment${why ? ` (skipped: ${why})` : ''}`, async () => {
    const path = () => buildGo('crash', { race: true });
    const at = debug(path());
    await at.text('config history-memory 1');
    await at.run('continue');
    expect(at.session.history!.held).toBeLessThanOrEqual(2 ** 20);
    const { t } = at.session.target.process;
    const moment = Math.floor(t / 2);
    await at.text(`seek ${moment}`);
    const expected = hashesOf(startProcess({ ...quiet, path: path(), args: [path()], cwd: process.cwd() }), [moment]);
    expect((await hash(at)).hash).toBe(expected.get(moment));
  });
});
