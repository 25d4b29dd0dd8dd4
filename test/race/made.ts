/** Event scripts made for one thing each, which chance would hardly bring about. */
import { randomScript } from './scripts.js';

const join = (...lines: readonly (string | readonly string[])[]): string => `${lines.flat().join('\n')}\n`;

const times = (count: number, line: (index: number) => string | readonly string[]): readonly string[] =>
  Array.from({ length: count }, (_, index) => line(index)).flat();

const hex = (value: number): string => `0x${value.toString(16)}`;
const pc = (index: number): string => hex(0x40_1000 + index * 8);

/** So many events of a thread: calls and returns. */
const pastOf = (thread: number, count: number): readonly string[] =>
  times(count / 2, index => [`enter ${thread} ${pc(index % 500)}`, `exit ${thread}`]);

/** A write by thread 1, so much history of its own behind it, and a read that races with it. */
const historyOf = (count: number): string =>
  join('start 0 1 0x1000', 'start 0 2 0x1010', 'enter 1 0x2000', 'w 1 0 0x3000', pastOf(1, count), 'r 2 0 0x3010', 'sh 0', 'count', 'fini');

/** A write by a thread that ends, then so many threads that start, do something and end. */
const endedOf = (count: number): string =>
  join(
    ...['start 0 1 0x1000', 'start 0 2 0x1010', 'w 1 0 0x3000', 'end 1'],
    times(count, index => [`start 0 ${index + 3} ${pc(index)}`, `w ${index + 3} ${64 + index * 8} ${pc(index)}`, `end ${index + 3}`]),
    ...['r 2 0 0x3010', 'sh 0', 'count', 'fini'],
  );

/** A write by a thread that stays, then so many threads that stay. */
const blockedOf = (count: number): string =>
  join(
    ...['start 0 1 0x1000', 'start 0 2 0x1010', 'w 1 0 0x3000'],
    times(count, index => [`start 0 ${index + 3} ${pc(index)}`, `w ${index + 3} ${64 + index * 8} ${pc(index)}`]),
    ...['r 2 0 0x3010', 'sh 0', 'thr 1', 'w 1 8 0x3020', 'thr 1', 'clk 1', 'clk 2', 'count', 'fini'],
  );

const deepOf = (depth: number): string =>
  join(
    ...['start 0 1 0x1000', 'start 0 2 0x1010'],
    times(depth, index => [`enter 1 ${pc(index)}`, `enter 2 ${pc(index + 5000)}`]),
    ...['start 1 3 0x1020', 'w 1 0 0x3000', 'r 3 0 0x3010', 'w 1 8 0x3020', 'r 2 8 0x3030', 'thr 1', 'thr 2'],
    times(depth, () => 'exit 1'),
    ...['w 1 16 0x3040', 'r 2 16 0x3050', 'count', 'fini'],
  );

export const MADE: ReadonlyMap<string, string> = new Map<string, string>([
  [
    'victims',
    join(
      times(8, index => `start 0 ${index + 1} ${pc(index)}`),
      times(8, index => [
        `r ${index + 1} 0 ${pc(index)}`,
        'sh 0',
        `r ${index + 1} 3 ${pc(index)}`,
        'sh 0',
        ...times(index, () => `enter ${index + 1} 0x2000`),
      ]),
      ...['wr 0 0 8 0x4000', 'sh 0', 'count'],
      times(8, index => [`r ${index + 1} 0 ${pc(index + 20)}`, 'sh 0', `rr ${index + 1} 0 32 ${pc(index + 30)}`, 'sh 0', 'sh 8']),
      'fini',
    ),
  ],
  [
    'edges',
    join(
      times(5, index => `start 0 ${index + 1} ${pc(index)}`),
      ...['w 1 0 0x3000', 'rel 1 64', 'acq 2 64', 'w 2 0 0x3008', 'clk 2', 'w 1 0 0x3010', 'clk 1'],
      ...['relmerge 2 72', 'relmerge 3 72', 'relacq 4 72', 'clk 4', 'relacq 5 72', 'clk 5', 'acq 1 72', 'clk 1'],
      ...[
        'ignb 1',
        'rel 1 80',
        'acq 2 80',
        'aadd64 1 88 1',
        'sh 88',
        'igne 1',
        'acas64 1 88 9 1',
        'sh 88',
        'clk 1',
        'acas64 1 88 1 2',
        'clk 1',
      ],
      ...[
        'aload64 2 88',
        'clk 2',
        'astore32 3 88 7',
        'aload32 4 88',
        'clk 4',
        'r 5 88 0x3020',
        'fing 5',
        'clk 5',
        'w 5 88 0x3028',
        'sh 88',
      ],
      ...[
        'mlock 1 96 1',
        'munlock 1 96 1',
        'mlock 2 96 0',
        'mlock 3 96 0',
        'munlock 2 96 0',
        'munlock 3 96 0',
        'mlock 4 96 1',
        'clk 4',
        'meta 96',
        'fini',
      ],
    ),
  ],
  [
    'heap',
    join(
      ...[
        'start 0 1 0x1000',
        'start 0 2 0x1010',
        'wr 1 3 100000 0x3000',
        'sh 0',
        'sh 8',
        'sh 0x186a0',
        'rr 2 5 99000 0x3010',
        'sh 0',
        'malloc 1 70000',
      ],
      ...[
        'sh 0',
        'sh 0x11170',
        'sh 0x11178',
        'rr 2 16384 200000 0x3020',
        'sh 0x11178',
        'rel 1 8',
        'rel 1 9',
        'rel 1 15',
        'meta 8',
        'free 9 1',
        'meta 8',
      ],
      times(1500, index => `rel 1 ${index * 8}`),
      ...['meta 0x2000', 'free 0 12000', 'acq 2 16', 'clk 2'],
      times(1500, index => `relmerge 2 ${index * 8 + 4}`),
      times(20, index => `meta ${index * 640}`),
      ...['malloc 0 0', 'free 1024 0', 'meta 1024', 'fini'],
    ),
  ],
  [
    'equal',
    join(
      ...['start 0 1 0x1000', 'start 0 2 0x1010', 'start 0 3 0x1010'],
      times(4, index => [`w 1 ${index * 8} 0x3000`, `w 2 ${index * 8} 0x3010`]),
      times(4, index => [`w 2 ${64 + index * 8} 0x3010`, `w 1 ${64 + index * 8} 0x3000`]),
      times(4, index => [
        `w 1 ${128 + index} 0x3020`,
        `w 2 ${128 + index} ${pc(index)}`,
        `wr 1 ${128 + index} 3 0x3020`,
        `wr 3 ${130 + index} 3 ${pc(index + 9)}`,
      ]),
      ...['astore64 1 256 1', 'w 2 256 0x3030', 'aload32 3 256', 'aadd32 2 260 1', 'r 3 260 0x3040', 'count', 'fini'],
    ),
  ],
  ['history-48600', historyOf(48_600)],
  ['history-49400', historyOf(49_400)],
  ['history-70000', historyOf(70_000)],
  ['ended-60', endedOf(60)],
  ['ended-70', endedOf(70)],
  ['blocked-240', blockedOf(240)],
  ['blocked-260', blockedOf(260)],
  ['deep-260', deepOf(260)],
  ['deep-1200', deepOf(1200)],
  [
    'lines',
    join(
      ...[
        '# a comment',
        '',
        '   ',
        'nothing 1 2',
        `# ${'long '.repeat(70)}`,
        '\tstart\t0 1 0x10',
        'w 1 010 0x3000x',
        'sh 8',
        'w +1 16 -0x1',
        'sh 16',
        'sh',
      ],
      ...[
        'acas64 1 24 0 -1',
        'acas64 1 24 0xffffffffffffffff 9',
        'aadd32 1 24 0xffffffff',
        'axchg64 0 24 0x7fffffffffffffff',
        'aload64 0 24',
        'count 1',
      ],
    ),
  ],
]);

/** All epochs of all slots used up: everything is reset. Four million events. */
const resetScript = (): string =>
  join(
    ...['start 0 1 0x1000', 'start 0 2 0x1010', 'enter 1 0x2000', 'enter 2 0x2010', 'w 1 0 0x3000', 'rel 0 8'],
    times(255 * 16_383 - 3, () => 'rel 0 8'),
    times(30, index => ['rel 0 8', 'thr 0', 'thr 1', 'sh 0', ...(index === 15 ? ['r 2 0 0x3010', 'w 1 16 0x3020', 'clk 1', 'clk 0'] : [])]),
    ...['r 2 16 0x3030', 'w 1 24 0x3040', 'acq 1 8', 'clk 1', 'thr 1', 'thr 2', 'r 2 24 0x3050', 'count', 'fini'],
  );

/** A million events of two threads that go over words of their own, call, and synchronise now and then; without a race. */
export const millionEvents = (): string =>
  join(
    ...['start 0 1 0x1000', 'start 0 2 0x1010', 'enter 1 0x2000', 'enter 2 0x2000'],
    times(100_000, index => {
      const thread = 1 + (index % 2);
      const word = 8 * (thread * 20_000 + ((index * 7919) % 5000));
      return [
        ...[
          `r ${thread} ${word} ${pc(index % 997)}`,
          `w ${thread} ${word} ${pc(index % 991)}`,
          `r ${thread} ${word + 8} ${pc(index % 983)}`,
        ],
        ...[
          `enter ${thread} ${pc(index % 977)}`,
          `w ${thread} ${word + 64} ${pc(index % 971)}`,
          `wr ${thread} ${word + 128} 40 ${pc(index % 967)}`,
        ],
        ...[
          `r ${thread} ${word + 256} ${pc(index % 953)}`,
          `exit ${thread}`,
          `rel ${thread} ${8 * (index % 100)}`,
          `acq ${thread} ${8 * (index % 99)}`,
        ],
      ];
    }),
  );

/** A script as `recorded.txt` names it: `made` ones by name, random ones by seed. */
export function scriptOf(kind: string, name: string): string {
  if (kind !== 'made') return randomScript(Number(name), kind === 'long');
  const made = name === 'reset' ? resetScript() : MADE.get(name);
  if (made === undefined) throw new Error(`no script ${name}`);
  return made;
}
