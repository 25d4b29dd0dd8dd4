/** The time bar of the real screen on a real pseudo-terminal. Where a command goes line mode says, which is asked the same. */
import { beforeAll, describe, expect, it } from 'vitest';
import { runR14 } from './support/build.js';
import { openR14 } from './support/pty.js';

type Screen = ReturnType<typeof openR14>;

/** Signs of the bar, from end to end. */
const BAR = /^ r14 .*? {2}([━─▼✗#ocgs\d]{12,}) {2}t ([\d,]+) /;

/** The bar, where it stands, and the moment that is told beside it. */
function bar(screen: Screen): { signs: string; from: number; t: number; here: number } {
  const [row] = screen.text().split('\n');
  const [, signs = '', t = ''] = BAR.exec(row!) ?? [];
  expect(signs).toContain('▼');
  return { signs, from: row!.indexOf(signs), t: Number(t.replaceAll(',', '')), here: signs.indexOf('▼') };
}

/** What the head says of a program that has ended. */
const ENDED = /^[^\n]*\n.*exited with status/;

/** The moment that is told, also while the row is being drawn. */
const now = (screen: Screen): number => Number(/ t ([\d,]+) /.exec(screen.text())?.[1]?.replaceAll(',', '') ?? Number.NaN);

const at = (t: number): RegExp => new RegExp(`^ r14 .* t ${t.toLocaleString('en-US')} `);

/** What line mode tells of a program that ran to its end or its fault, and then was told something: the moment where it stands. */
function moment(program: string, ...commands: readonly string[]): number {
  const { stdout } = runR14(['exec', '--batch', '--json', ...['continue', ...commands].flatMap(each => ['-ex', each]), program]);
  const told = stdout
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { data?: { t?: number } }).data?.t);
  return told.findLast(t => t !== undefined)!;
}

describe.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('the time bar at %i x %i', (columns, rows) => {
  let fault: number;
  beforeAll(() => {
    fault = moment('newproc-race');
  });

  it('shows the run, and goes where it is clicked and wheeled', async () => {
    const screen = openR14(columns, rows, ['exec', 'newproc-race', '-ex', 'continue']);
    await screen.settles(at(fault));
    const whole = bar(screen);
    expect(whole.here).toBe(whole.signs.length - 1);
    screen.mouse({ row: 0, column: whole.from });
    await screen.settles(/^ r14 .* t \d{1,2} /);
    const first = bar(screen);
    expect(first.signs.at(-1)).toBe('✗');
    screen.mouse({ row: 0, column: first.from + first.signs.length - 1 });
    await screen.settles(at(fault));
    expect(screen.text()).toContain('SIGSEGV in __tsan_func_enter+0');

    // A cell back, and on again.
    const over = { row: 0, column: whole.from + 3 };
    screen.mouse(over, 64);
    await screen.until(() => now(screen) < fault);
    await screen.settles(/▼/);
    const back = bar(screen);
    screen.mouse(over, 64);
    await screen.until(() => now(screen) < back.t);
    await screen.settles(/▼/);
    expect(bar(screen).here).toBe(back.here - 1);
    screen.mouse(over, 65);
    await screen.settles(at(back.t));
    expect(bar(screen)).toEqual(back);

    // The wheel with ctrl over the code: an instruction.
    const code = { ...screen.find('=>'), column: 2 };
    screen.mouse(code, 64 + 16);
    await screen.settles(at(back.t - 1));
    screen.mouse(code, 65 + 16);
    await screen.settles(at(back.t));
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('goes by keys to what has happened: marks, system calls, switches and the fault', async () => {
    const screen = openR14(columns, rows, ['exec', 'newproc-race', '-ex', 'continue']);
    await screen.settles(at(fault));
    screen.type('I');
    await screen.settles(/^ r14 .* t 0 /);
    screen.type('E');
    await screen.settles(at(fault));
    for (let step = 1; step <= 3; step++) {
      const before = now(screen);
      screen.type('<');
      await screen.until(() => now(screen) < before);
    }
    await screen.settles(/▼/);
    const marked = bar(screen).t;
    expect(marked).toBeLessThan(fault);
    screen.type('Kp');
    await screen.settles(at(marked - 1));
    screen.type('>');
    await screen.settles(at(marked));
    screen.type('I');
    await screen.settles(/^ r14 .* t 0 /);
    // Of the last cells one may have both.
    expect(bar(screen).signs).toMatch(/[1-9#].*✗|✗$/);
    screen.type(':delete\r:catch g-switch\r:continue\r');
    await screen.settles(/reakpoint 1 in runtime\.gogo/);
    const { t } = bar(screen);
    screen.type('p>');
    await screen.settles(at(t));
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('shows with the output pane what had been written at a moment', async () => {
    const whole = runR14(['run', 'scheduler']).stdout.trimEnd().split('\n');
    const end = moment('scheduler');
    const screen = openR14(columns, rows, ['exec', 'scheduler', '-ex', 'continue']);
    await screen.settles(at(end));
    screen.type('7z');
    const shown = (): string[] => {
      const lines = screen.text().split('\n');
      const [, pane = ''] = /─7 output[^\n]*\n([\s\S]*?)(?:─9 console|$)/.exec(lines.slice(0, -2).join('\n')) ?? [];
      return pane.split('\n').filter(line => line.trim() !== '');
    };
    await screen.until(() => shown().length === whole.length);
    expect(shown()).toEqual(whole);
    screen.type('I');
    await screen.until(() => shown().length === 0);
    screen.type(':catch syscall write\r');
    await screen.shows('Catchpoint 1');
    // Each write stops at its entry and at its return.
    const prefixes = new Set<string>();
    for (let stop = 0; stop < 100 && !ENDED.test(screen.text()); stop++) {
      const was = screen.text();
      screen.type('c');
      await screen.until(() => screen.text() !== was);
      await screen.settles(new RegExp(`^[^\\n]*\\n.*write\\(|${ENDED.source}`));
      prefixes.add(shown().join('\n'));
    }
    const all = whole.join('\n');
    expect([...prefixes].filter(each => !all.startsWith(each))).toEqual([]);
    expect(prefixes.size).toBeGreaterThan(whole.length);
    expect(shown()).toEqual(whole);
    screen.type('CCCC');
    await screen.until(() => shown().length === whole.length - 1);
    screen.type('E');
    await screen.until(() => shown().length === whole.length);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('is there in lessons', async () => {
    const screen = openR14(columns, rows, ['lesson', '--from-start', 'closures']);
    await screen.settles(/─6 lesson/);
    for (let step = 0; step < 12 && !BAR.test(screen.text().split('\n')[0]!); step++) {
      const was = screen.text();
      screen.type(' ');
      await screen.until(() => screen.text() !== was);
      await screen.settles(/─6 lesson/);
    }
    const { from, t } = bar(screen);
    screen.mouse({ row: 0, column: from });
    await screen.until(() => now(screen) < t);
    await screen.settles(/space back to the lesson/);
    screen.type(' ');
    await screen.settles(at(t));
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});
