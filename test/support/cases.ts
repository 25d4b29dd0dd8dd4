/**
 * How each guest program is run, and the exit status it must have. What it prints is not written here: the host's own run says.
 */
import type { RunInput } from './build.js';

export interface Case extends RunInput {
  readonly program: string;
  /** As a shell sees it; 0 unless named. */
  readonly status?: number;
  /** With -race, where that differs. */
  readonly raceStatus?: number;
  /** Without -race only, and why. */
  readonly plainOnly?: string;
}

const panics: readonly Case[] = [
  'string',
  'error',
  'custom',
  'int',
  'opaque',
  'nil',
  'index',
  'divide',
  'assert',
  'closed',
  'goroutine',
  'again',
  'nested',
  'overflow',
].map(kind => ({ program: 'panics', args: [kind], status: 2 }));

/** Programs of `programs/go` whose race report makes the status 66. */
const racy = ['race-counter', 'race-shapes', 'race-map', 'race-missed'];

const special: readonly Case[] = [
  { program: 'breakpoint', status: 2 },
  { program: 'tracebacks', status: 2 },
  { program: 'deadlock', status: 2, plainOnly: 'with -race, cgo is in, and the runtime looks for no deadlock: it hangs' },
  { program: 'exits', status: 3 },
  { program: 'exits', args: ['0'] },
  { program: 'exits', args: ['255'], status: 255 },
  { program: 'files', args: ['one', 'two words', ''], env: { R14_TEST: 'a value' }, stdin: 'some input\nmore' },
  { program: 'pipes', stdin: 'first line\nsecond line\nno newline' },
  { program: 'signals', status: 143 },
  { program: 'values', status: 2 },
  ...panics,
  ...racy.map(program => ({ program, raceStatus: 66 })),
];

/** The runs of all Go programs but `crash`, which has tests of its own. */
export const goCases = (programs: readonly string[]): Case[] =>
  programs
    .filter(program => program !== 'crash')
    .flatMap(program => {
      const own = special.filter(one => one.program === program);
      return own.length > 0 ? own : [{ program }];
    });

export interface CCase extends RunInput {
  readonly program: string;
  readonly status?: number;
}

/** How `input.c` can be told to read. */
export const INPUT_WAYS = ['read', 'bytes', 'poll', 'patient', 'select', 'epoll', 'nonblock', 'ahead', 'thread'] as const;

const specialC: readonly CCase[] = [
  { program: 'hello', args: ['there', 'x'], status: 2 },
  { program: 'jumps', status: 7 },
  { program: 'noreturn', status: 2 },
  { program: 'signals', status: 137 },
  { program: 'callers' },
  { program: 'callers', args: ['x'], status: 134 },
  { program: 'smash' },
  { program: 'smash', args: ['2'] },
  { program: 'files', env: { R14_TEST: 'a value' } },
  { program: 'kernel-signals', status: 139 },
  { program: 'kernel-threads', status: 44 },
  { program: 'sockets', status: 141 },
  { program: 'sparse', status: 134 },
  { program: 'pipes', stdin: 'first line\nsecond line\n' },
  ...INPUT_WAYS.map(way => ({ program: 'input', args: [way], stdin: Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join('') })),
  ...(
    [
      ['abort', 134],
      ['null', 139],
      ['overflow', 139],
      ['divide', 136],
      ['exit', 200],
      ['quick', 17],
      ['trap', 132],
      ['assert', 134],
    ] as const
  ).map(([way, status]) => ({ program: 'aborts', args: [way], status })),
];

/** The runs of all C programs. */
export const cCases = (programs: readonly string[]): CCase[] =>
  programs.flatMap(program => {
    const own = specialC.filter(one => one.program === program);
    return own.length > 0 ? own : [{ program }];
  });

/** A name for a test. */
export const caseName = ({ program, args = [] }: Case | CCase): string => [program, ...args.map(arg => arg || "''")].join(' ');
