import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { elfBytes } from '../../src/asm/elf.js';
import { nodeAssets } from '../../src/host/node/assets.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';
import { runR14 } from '../support/build.js';
import { type Frame, session } from '../support/session.js';

const root = join(import.meta.dirname, '../..');
const catalog = new Catalog(nodeAssets);

interface Ending {
  readonly variant: string;
  readonly race?: boolean;
  readonly stdout: string;
  readonly status: number;
  /** What standard error says. */
  readonly says?: readonly string[];
  /** All that it says. */
  readonly stderr?: string;
  /** The status on a processor, where there is no race detector, if it is another. */
  readonly undetected?: number;
  /** Functions of the whole stack at the fault, innermost first. */
  readonly stack?: readonly string[];
}

/** From the instrumented method outwards: the same in every crash. */
const NEWPROC = [
  'trace.TakeSnapShot',
  'runtime.contextPropagate',
  'runtime.newproc1.func1',
  'runtime.newproc1',
  'runtime.newproc.func1',
  'runtime.systemstack',
  'runtime.newproc',
  'main.main',
  'runtime.main',
  'runtime.goexit',
];
const NIL_CONTEXT = ['SIGSEGV: segmentation violation\n', ' m=0 sigcode=1 addr=0x10\n', 'goroutine 0 [idle]:\n\ngoroutine 1 [running]:\n'];
/** All that Go's own traceback of this crash names: goroutine 1, from where it left its stack. */
const TRACEBACK = ['runtime.systemstack_switch', 'runtime.newproc', 'main.main', 'runtime.main', 'runtime.goexit'];
const GOOD = { stdout: '42\n', status: 0 };

/** Programs of the race detector: what each variant prints. Where its -race build reports races, `VARIANT.report` is what it says of them. */
const RACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'race-atomic': { racy: '2\n', mended: '2\n' },
  'race-buffer': { racy: '2\n', mended: '2\n' },
  'race-byte': { seen: '1\n', unseen: '1\n', mended: '1\n' },
  'race-capi': { racy: '', mended: '' },
  'race-chan': { racy: '42\n', mended: '42\n' },
  'race-close': { racy: '1\n', mended: '1\n' },
  'race-counter': { racy: '200\n', mended: '200\n' },
  'race-flag': { racy: 'hello, world\n', mended: 'hello, world\n' },
  'race-goroutine': { racy: '2\n', mended: '2\n' },
  'race-history': { recent: '2\n', lost: '2\n', mended: '2\n' },
  'race-loadstore': { racy: '1\n', mended: '2\n' },
  'race-lockorder': { racy: '2\n', hidden: '2\n', mended: '2\n' },
  'race-loopvar': { racy: '3\n3\n3\n', mended: '2\n0\n1\n' },
  'race-map': { hash: '3\n', swiss: '3\n', mended: '3\n' },
  'race-mutex': { racy: '30\n', mended: '30\n' },
  'race-once': { racy: '42\n42\n', mended: '42\n42\n' },
  'race-rwmutex': { racy: '2\n', mended: '2\n' },
  'race-select': { racy: '0\n', mended: '42\n' },
  'race-slots': { few: '2\n', many: '2\n', mended: '2\n' },
  'race-waitgroup': { racy: '42\n', misuse: '42\n', mended: '42\n' },
};
const reportOf = (name: string, variant: string): string | undefined => {
  const path = join(root, 'programs', name, `${variant}.report`);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};
const RACE_ENDINGS = Object.fromEntries(
  Object.entries(RACES).map(([name, variants]) => [
    name,
    Object.entries(variants).flatMap(([variant, stdout]): Ending[] => {
      const report = reportOf(name, variant);
      return [
        { variant, race: false, stdout, status: 0 },
        report === undefined
          ? { variant, race: true, stdout, status: 0 }
          : { variant, race: true, stdout, status: 66, stderr: report, undetected: 0 },
      ];
    }),
  ]),
);

/** How each build of each program ends. */
const ENDINGS: Readonly<Record<string, readonly Ending[]>> = {
  'newproc-race': [
    {
      variant: 'injected',
      race: true,
      stdout: '',
      status: 2,
      says: NIL_CONTEXT,
      stack: ['__tsan_func_enter', 'racecall', 'racefuncenter', 'runtime.racefuncenter', ...NEWPROC],
    },
    {
      variant: 'norace',
      race: true,
      stdout: '',
      status: 2,
      says: NIL_CONTEXT,
      stack: ['__tsan_read_pc', 'racecall', 'runtime.mapiterinit', ...NEWPROC],
    },
    { variant: 'norace-nomap', race: true, ...GOOD },
    { variant: 'clean', race: true, ...GOOD },
    { variant: 'injected', race: false, ...GOOD },
    { variant: 'norace', race: false, ...GOOD },
    { variant: 'norace-nomap', race: false, ...GOOD },
    { variant: 'clean', race: false, ...GOOD },
  ],
  'go-args': [{ variant: 'default', stdout: '123456789\n625\n116\n43\n22\n68\n-3\n-2\n-\n', status: 0 }],
  'abi0-wrapper': [{ variant: 'default', stdout: '42\n49\n', status: 0 }],
  conventions: [
    { variant: 'pointer', ...GOOD },
    { variant: 'frame', stdout: '', status: 2, says: ['SIGSEGV: segmentation violation\n', ' m=0 sigcode=1 addr=0x0\n'] },
    ...['alignment', 'goroutine', 'zero', 'direction', 'mended'].map(variant => ({ variant, ...GOOD })),
  ],
  'go-to-c': [
    { variant: 'ok', stdout: '42\n', status: 0 },
    {
      variant: 'misaligned',
      stdout: '',
      status: 2,
      // The processor's general protection fault has no address: SI_KERNEL, 0.
      says: ['SIGSEGV: segmentation violation\n', ' m=0 sigcode=128 addr=0x0\n'],
      stack: ['sum', 'runtime.asmcgocall', 'main.main', 'runtime.main', 'runtime.goexit'],
    },
    { variant: 'clobbers-rbx', stdout: '13\n', status: 0 },
  ],
  'first-steps': [
    { variant: 'default', stdout: '125\n127\n37\n68\n', status: 0 },
    { variant: 'nil', stdout: '125\n127\n37\n', status: 2, says: ['SIGSEGV: segmentation violation\n', ' m=0 sigcode=1 addr=0x0\n'] },
  ],
  'stack-frames': [
    { variant: 'default', stdout: '5\n', status: 0 },
    { variant: 'cut', stdout: '5\n', status: 0 },
    {
      variant: 'overrun',
      stdout: '',
      status: 2,
      says: ['SIGSEGV: segmentation violation\nPC=0xffffffffffffffff m=0 '],
    },
  ],
  'go-values': [{ variant: 'default', stdout: '12\nworld\n40\n7\n8\n42\n1\n0\n', status: 0 }],
  'defer-panic': [
    { variant: 'recovers', stdout: 'note\n25\nnote\n-1\n', status: 0 },
    { variant: 'fatal', stdout: 'note\n', status: 2, says: ['panic: 7\n\ngoroutine 1 [running]:\nmain.divide(...)\n'] },
  ],
  'go-signals': [
    { variant: 'recovers', stdout: '42\n-1\n', status: 0 },
    {
      variant: 'fatal',
      stdout: '42\n',
      status: 2,
      says: ['SIGSEGV: segmentation violation\n', ' m=0 sigcode=1 addr=0x0\n'],
      stack: ['main.load', 'main.main', 'runtime.main', 'runtime.goexit'],
    },
  ],
  systemstack: [{ variant: 'default', stdout: '3\n', status: 0 }],
  'stack-growth': [{ variant: 'default', stdout: '5050\n16384\n', status: 0 }],
  scheduler: [{ variant: 'default', stdout: '10\n20\n', status: 0 }],
  closures: [{ variant: 'default', stdout: '42\n42\n42\n', status: 0 }],
  ...RACE_ENDINGS,
};

const native = process.platform === 'linux' && process.arch === 'x64';

it('the table of endings has every program and variant', () => {
  const listed = Object.entries(ENDINGS).map(([name, endings]) => [name, [...new Set(endings.map(ending => ending.variant))]]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(catalog.list().map(({ name, variants }) => [name, variants])));
});

describe.each(Object.keys(ENDINGS))('%s', name => {
  for (const { variant, race, stdout, status, says, stderr, undetected, stack } of ENDINGS[name]!) {
    const title = race === undefined ? variant : `${variant}, race=${race}`;
    const flags = ['--variant', variant, ...(race === undefined ? [] : [`--race=${race}`])];

    it(`${title}: ends as it should`, () => {
      const outcome = runR14(['run', ...flags, name]);
      expect(outcome).toMatchObject({ stdout, status });
      if (says === undefined) expect(outcome.stderr).toBe(stderr ?? '');
      for (const text of says ?? []) expect(outcome.stderr).toContain(text);
      if (says === NIL_CONTEXT)
        expect([...outcome.stderr.matchAll(/^(\S+)\(\.\.\.\)\n\tpc=0x4/gm)].map(match => match[1])).toEqual(TRACEBACK);
    });

    it.skipIf(!native)(`${title}: the same on the processor itself${native ? '' : ' (skipped: the host is not Linux on x86-64)'}`, () => {
      const folder = join(root, '.build/bundled');
      mkdirSync(folder, { recursive: true });
      const path = join(folder, `${name}-${variant}-${race ?? ''}`);
      writeFileSync(path, elfBytes(catalog.build(name, { variant, ...(race === undefined ? {} : { race }) })), { mode: 0o755 });
      const outcome = spawnSync(path, { encoding: 'utf8', timeout: 20_000 });
      expect({ stdout: outcome.stdout, status: outcome.status }).toEqual({ stdout, status: undetected ?? status });
      for (const text of says ?? []) expect(outcome.stderr).toContain(text);
    });

    if (stack === undefined) continue;
    it(`${title}: the whole stack at the fault`, () => {
      const { data } = session(name, ['continue', 'bt'], flags);
      expect(data('continue')).toMatchObject({ reason: 'signal', signal: 'SIGSEGV' });
      const frames = data<Frame[]>('bt');
      expect(frames.map(frame => frame.function)).toEqual(stack);
      for (const frame of frames) expect(frame.pc).toMatch(/^0x4[0-9a-f]{5}$/);
    });
  }

  it('its lesson says what is so', () => {
    const outcome = runR14(['lesson', '--check', name]);
    expect(outcome.stdout).not.toMatch(/^FAIL/m);
    expect(outcome).toMatchObject({ stderr: '', status: 0 });
  });
});

it('the crash: ten frames on g0 and four on goroutine 1, of which only the goroutine has a race context', () => {
  const { data, answers } = session('newproc-race', [
    'continue',
    'bt',
    'p *(*runtime.g)(R14)',
    'p runtime.m0.curg.racectx',
    'p R14 == &runtime.g0',
    'p RDI',
    'frame 9',
    'info symbol *(*uintptr)(fn)',
  ]);
  expect(data<Frame[]>('bt').map(frame => frame.stack)).toEqual([...Array(10).fill('g0'), ...Array(4).fill('goroutine 1')]);
  expect(data<Frame[]>('bt').map(frame => frame.inlined)).toEqual(Array.from({ length: 14 }, (_, index) => index === 5));
  const [, , g, context, isG0, first, , closure] = answers.map(answer => answer.output);
  expect(g).toMatch(/\bracectx: 0\b/);
  expect(context).toMatch(/^[1-9]\d+$/);
  expect([isG0, first]).toEqual(['true', '0']);
  // systemstack's argument, on the stack that it left.
  expect(closure).toMatch(/^runtime\.newproc\.func1 in /);
});
