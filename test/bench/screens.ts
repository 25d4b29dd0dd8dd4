/** How fast the screen is, from keys to cells, and a lesson, forwards and back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCommandLine } from '../../src/cli/flags.js';
import { lessonSource, stageOf } from '../../src/cli/lesson-source.js';
import { LessonRun } from '../../src/debugger/lesson/run.js';
import { LessonWalk } from '../../src/debugger/lesson/walk.js';
import { grouped } from '../../src/host/grouped.js';
import { median, r14, rounds } from './timing.js';

export interface ScreenFigure {
  readonly what: string;
  readonly figure: string;
  readonly promised: string;
}

const SIZES = [
  [80, 24],
  [120, 40],
  [200, 60],
] as const;
const STEPS = 30;

/** Milliseconds to the first screen of the bundled crash, and from the key to the screen of each of some steps, and of steps back. */
async function shown(cols: number, rows: number): Promise<{ first: number; steps: number[]; back: number[] }> {
  const { spawn } = await import('@lydell/node-pty');
  const env = { ...process.env, CI: 'false', TERM: 'xterm-256color', HOME: mkdtempSync(join(tmpdir(), 'r14-')) };
  const start = performance.now();
  const pty = spawn(process.execPath, [r14, 'exec', 'newproc-race', '-ex', 'continue'], { cols, rows, env });
  let text = '';
  let seen: () => void = () => undefined;
  pty.onData(data => {
    text += data;
    seen();
  });
  const shows = (wanted: RegExp) =>
    new Promise<number>(resolve => {
      seen = () => wanted.test(text) && resolve(performance.now());
      seen();
    });
  const first = (await shows(/ t [1-9].*SIGSEGV.*─1 code/s)) - start;
  let t = Number([...text.matchAll(/ t ([\d,]+) /g)].at(-1)![1]!.replaceAll(',', ''));
  const stepping = async (key: string, by: number): Promise<number> => {
    text = '';
    t += by;
    const pressed = performance.now();
    pty.write(key);
    return (await shows(new RegExp(` t ${grouped(t)} `))) - pressed;
  };
  const [steps, back]: [number[], number[]] = [[], []];
  while (back.length < STEPS) back.push(await stepping('p', -1));
  while (steps.length < STEPS) steps.push(await stepping('s', 1));
  pty.write('q');
  rmSync(env.HOME, { recursive: true });
  return { first, steps, back };
}

/** Milliseconds that all steps of a lesson take, and all steps back. */
async function walked(name: string): Promise<{ forward: number; back: number }> {
  const source = lessonSource(parseCommandLine(['lesson', name]), name);
  const run = new LessonRun(source.lesson, stageOf(source, undefined, undefined, true));
  const walk = new LessonWalk(run);
  await walk.begin();
  const begun = performance.now();
  while (run.next !== undefined) await walk.step();
  const turned = performance.now();
  for (let at = -1; at !== run.position; ) {
    at = run.position;
    await walk.move({ kind: 'back' });
  }
  return { forward: turned - begun, back: performance.now() - turned };
}

export async function screenFigures(): Promise<readonly ScreenFigure[]> {
  const figures: ScreenFigure[] = [];
  for (const [columns, rows] of SIZES) {
    const all: Awaited<ReturnType<typeof shown>>[] = [];
    for (let round = 0; round < rounds; round++) all.push(await shown(columns, rows));
    figures.push(
      {
        what: `first screen of the bundled crash, ${columns} x ${rows}`,
        figure: `${median(all.map(each => each.first)).toFixed(0)} ms`,
        promised: '<= 700 ms',
      },
      {
        what: `a step's new screen, from the key, ${columns} x ${rows}`,
        figure: `${median(all.flatMap(each => each.steps)).toFixed(0)} ms`,
        promised: '<= 30 ms',
      },
      {
        what: `a step back's, from the key, ${columns} x ${rows}`,
        figure: `${median(all.flatMap(each => each.back)).toFixed(0)} ms`,
        promised: '<= 30 ms',
      },
    );
  }
  const ratios: number[] = [];
  for (const name of ['first-steps', 'newproc-race', 'scheduler']) {
    const { forward, back } = await walked(name);
    ratios.push(back / forward);
  }
  figures.push({
    what: 'a lesson back, beside the same forwards',
    figure: `${median(ratios).toFixed(1)}x, ${Math.max(...ratios).toFixed(1)}x at worst`,
    promised: '<= 3x',
  });
  return figures;
}
