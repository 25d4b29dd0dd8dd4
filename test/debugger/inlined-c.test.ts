/** Stops in front of inlined calls of optimised C: gdb says the same, stop by stop. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildC, hasCommand, missing } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');

/** Where to begin, and how to go on from there, again and again. */
const WALKS = [
  ['break outer', 'step', 22],
  ['break outer', 'next', 5],
  ['break begins', 'step', 6],
  ['break begins', 'next', 1],
  ['break leaf', 'continue', 3],
  ['break leaf', 'next', 2],
  ['break leaf', 'finish', 1],
  ['break middle', 'step', 2],
  ['break first', 'continue', 1],
  ['break inlines.c:11', 'step', 4],
  ['break inlines.c:23', 'next', 3],
] as const;

type Place = readonly [string, number];

describe.skipIf(why)(`in front of an inlined call${why ? ` (skipped: ${why})` : ''}`, () => {
  const program = () => buildC('inlines', { flags: ['-g', '-O2', '-no-pie'] });

  function gdb(start: string, step: string, count: number): readonly (readonly Place[])[] {
    const commands = [start, 'run', ...Array<string>(count).fill(step)].flatMap(each => ['-ex', each, '-ex', 'echo @@@\\n', '-ex', 'bt']);
    const output = execFileSync('gdb', ['-batch', '-nx', ...commands, program()], { encoding: 'utf8', stdio: 'pipe' });
    return output
      .split('@@@\n')
      .slice(2)
      .map(text =>
        [...text.matchAll(/^#\d+ +(?:0x\w+ in )?(\w+) \(.*\) at .*:(\d+)$/gm)].map(([, name, line]) => [name!, Number(line)] as const),
      );
  }

  it.each(WALKS)('%s, then %s, %d times', async (start, step, count) => {
    const expected = gdb(start, step, count);
    expect(expected).toHaveLength(count + 1);
    const at = debug(program());
    await at.text(start);
    const places: (readonly Place[])[] = [];
    for (const command of ['run', ...Array<string>(count).fill(step)]) {
      await at.text(command);
      const frames: readonly { function: string; line: number | null }[] = await at.data('bt');
      const main = frames.findIndex(frame => frame.function === 'main');
      places.push(frames.slice(0, main + 1).map(frame => [frame.function, frame.line!]));
    }
    expect(places).toEqual(expected);
  });
});
