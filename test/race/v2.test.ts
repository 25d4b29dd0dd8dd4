/**
 * ThreadSanitizer v2. No toolchain that can still be had links it, so these are the things that were measured of Go 1.18's: what a cell holds, the
 * victim, epochs that count every event, the size of the history and what a report says without it, the limit of goroutines.
 */
import { expect, it } from 'vitest';
import { replayScript } from '../../src/runtime/race/replay.js';

function replay(...script: readonly (string | readonly string[])[]): { printed: string; status: number } {
  let printed = '';
  const status = replayScript(script.flat().join('\n'), { model: 'v2', print: text => (printed += text) });
  return { printed, status };
}

const times = (count: number, line: (index: number) => string | readonly string[]): string[] =>
  Array.from({ length: count }, (_, index) => line(index)).flat();

it('every event has its epoch, and a cell says which bytes', () => {
  const { printed } = replay(
    'start 0 1 0x1000',
    'enter 1 0x2000',
    'w 1 3 0x3000',
    'sh 0',
    'aload32 1 4',
    'sh 0',
    'wr 1 8 8 0x3000',
    'sh 8',
    'thr 1',
  );
  expect(printed).toBe(`sh[0]: {off=3 size=1 tid=1 ep=8194 W} - - -
aload32 -> +8=0 +16=0 +24=0
sh[0]: {off=3 size=1 tid=1 ep=8194 W} {off=4 size=4 tid=1 ep=8196 Ra} - -
sh[0x8]: {off=0 size=8 tid=1 ep=8198 W} - - -
thr1 ep=8198 ign_sync=0 stackdepth=1 tid=1
`);
});

it('the same access again costs nothing until something is released', () => {
  const { printed } = replay('w 0 0 0x3000', 'w 0 0 0x3008', 'r 0 0 0x3010', 'thr 0', 'rel 0 8', 'r 0 0 0x3010', 'thr 0', 'sh 0');
  expect(printed).toBe(`thr0 ep=8193 ign_sync=0 stackdepth=0 tid=0
thr0 ep=8195 ign_sync=0 stackdepth=0 tid=0
sh[0]: {off=0 size=1 tid=0 ep=8193 W} {off=0 size=1 tid=0 ep=8195 R} - -
`);
});

it('the victim follows from the epoch, and a race leaves the cells', () => {
  const { printed } = replay(
    times(5, index => `start 0 ${index + 1} 0x1000`),
    times(5, index => `r ${index + 1} 0 0x3000`),
    ...['sh 0', 'wr 0 0 8 0x4000', 'sh 0', 'count'],
  );
  const [before = '', ...after] = printed.split('\n');
  // Epoch 8193 goes to cell 1.
  expect(before.match(/tid=\d/g)).toEqual(['tid=1', 'tid=5', 'tid=3', 'tid=4']);
  expect(after.slice(-3)).toEqual([before, 'count=1', '']);
});

/** A write with so many events of its thread behind it, and a read that races with it. */
const past = (events: number) =>
  replay(
    ...['start 0 1 0x1000', 'start 0 2 0x1010', 'enter 1 0x2000', 'w 1 0 0x3000'],
    times(events / 2, () => ['enter 1 0x2010', 'exit 1']),
    ...['r 2 0 0x3010', 'fini'],
  ).printed;

it('a history of 32768 events; without it the report says so', () => {
  expect(past(24_000)).toContain('Previous write at 0x00c011110000 by main goroutine:\n  f3000()\n      x.go:1 +0x3000\n\n');
  expect(past(33_000)).toContain('Previous write at 0x00c011110000 by main goroutine:\n  [failed to restore the stack]\n\n');
});

it('no more than 8128 goroutines at once', () => {
  const start = (index: number) => `start 0 ${index + 1} 0x1000`;
  expect(replay(times(8127, start), 'count')).toEqual({ printed: 'count=0\n', status: 0 });
  expect(replay(times(8128, start), 'count')).toEqual({
    printed: 'race: limit on 8128 simultaneously alive goroutines is exceeded, dying\n',
    status: 66,
  });
  // The tid of one that has ended is given out again after 64 others have.
  const turns = times(9000, index => [start(index), `end ${index + 1}`]);
  expect(replay(turns, 'start 0 1 0x1000', 'thr 1').printed).toMatch(/^thr1 ep=\d+ ign_sync=0 stackdepth=0 tid=\d\d?\n$/);
});
