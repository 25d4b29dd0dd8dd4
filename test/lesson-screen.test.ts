/** Lessons on a real pseudo-terminal: read, run, gone back in, left and come back to, with their exercises. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runR14 } from './support/build.js';
import { openPty, openR14 } from './support/pty.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const own = (name: string): string => join(folder, name);

/** Presses space, and waits for what that brings. */
async function space(screen: ReturnType<typeof openR14>): Promise<void> {
  const was = screen.text();
  screen.type(' ');
  await screen.until(() => screen.text() !== was);
  // A loaded machine may take its time for a step: then the screen says that it runs.
  await screen.settles(/^(?![\s\S]*running: )[\s\S]*─6 lesson/);
}

/** Text in the words of a screen, whatever its columns. */
const words = (text: string): string => text.replace(/\s+/g, ' ');

describe.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('a lesson at %i x %i', (columns, rows) => {
  it('reads all of its text before it runs a step, and shows what that has answered below it', async () => {
    const screen = openR14(columns, rows, ['lesson', '--from-start', 'newproc-race']);
    await screen.settles(/─6 lesson/);
    screen.type('z');
    await screen.settles(/esc all panes|─6 lesson/);
    const read: string[] = [];
    for (let key = 0; key < 60 && !screen.text().includes('► x/i RIP   space'); key++) {
      read.push(words(screen.text()));
      await space(screen);
    }
    read.push(words(screen.text()));
    screen.type(' ');
    await screen.settles(/✓ expect shows 0x10\(%rdi\)/);
    read.push(words(screen.text()));
    const all = words(
      readFileSync('programs/newproc-race/lesson.md', 'utf8')
        .split('```r14\np RDI')[0]!
        .replace(/```exercise[\s\S]*?```/g, '')
        .replace(/```r14[\s\S]*?```/g, '')
        .replace(/[`*#]|```/g, ''),
    );
    const sentences = all.split(/(?<=[.?:])\s/).filter(each => each.split(' ').length > 3);
    const unread = sentences.filter(sentence => !read.some(page => page.includes(sentence.trim().split(' ').slice(0, 5).join(' '))));
    expect(unread).toEqual([]);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('is gone back in, left, come back to, and taken up where it was left', async () => {
    const screen = openR14(columns, rows, ['lesson', '--from-start', 'closures']);
    await screen.settles(/─6 lesson/);
    while (!screen.text().includes('✓ expect at main.count')) await space(screen);
    const before = screen.find('✓ expect at main.count');
    expect(before.row).toBeGreaterThan(0);
    expect(screen.text()).toMatch(/breakpoint 1 in main\.count/);
    screen.type('b');
    await screen.settles(/► continue/);
    expect(screen.text()).toContain('at the start');
    screen.type(' ');
    await screen.settles(/✓ expect at main\.count/);
    const t = /t ([\d,]+)/.exec(screen.text())![1]!;
    screen.type(':stepi 3\r');
    await screen.settles(/away: space returns/);
    screen.type(' ');
    await screen.hides('away: space returns');
    await screen.shows(new RegExp(`t ${t} `));
    screen.type('T');
    await screen.settles(/space goes on reading/);
    screen.type(' q');
    expect(await screen.exit()).toBe(0);
    const again = openR14(columns, rows, ['lesson', 'closures']);
    await again.settles(/breakpoint 1 in main\.count/);
    again.type('q');
    expect(await again.exit()).toBe(0);
  });

  it('shows what its names stand for: a click on one, or enter, and the next with right', async () => {
    const screen = openR14(columns, rows, ['lesson', '--from-start', 'systemstack']);
    await screen.settles(/─6 lesson/);
    while (!screen.text().includes('✓ expect R14 == &runtime.g0')) await space(screen);
    const { row, column } = screen.find('expect R14 == &runtime.g0');
    const before = screen.text();
    screen.mouse({ row, column: column + 8 });
    await screen.until(() => screen.text() !== before);
    await screen.settles(/r14 +0x[0-9a-f]+ +g =/);
    screen.type('\x7f');
    await screen.settles(/⏎ show R14 ←→/);
    expect(screen.text()).not.toContain('there is no place before this one');
    screen.type('\x1b[C');
    await screen.settles(/⏎ show runtime\.g0 ←→/);
    screen.type('\r');
    await screen.shows(/─5 memory/);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });

  it('waits at an exercise for its reader', async () => {
    const name = own(`new${columns}`);
    runR14(['lesson', '--new', name]);
    const screen = openR14(columns, rows, ['lesson', '--from-start', name]);
    await screen.settles(/► break Add/);
    while (!screen.text().includes('space: type the answer')) await space(screen);
    screen.type(' 16\r');
    await screen.shows('the result has its place behind');
    screen.type('H');
    await screen.shows('hint: Look at the line that begins with TEXT');
    screen.type('H');
    await screen.shows('solution: 24');
    screen.type(' 24\r');
    await screen.settles(/✓ done/);
    while (!words(screen.text()).includes('not yet')) await space(screen);
    screen.type('sss');
    await screen.shows('that is it: space goes on');
    while (!/► continue/.test(screen.text())) await space(screen);
    // An exercise is an excursion: the lesson goes on from where it stood.
    while (!screen.text().includes('exited with status 0')) await space(screen);
    await screen.settles(/exited with status 0[\s\S]*lesson is over|lesson is over[\s\S]*exited with status 0/);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
  });
});

describe('a step that does not end', () => {
  const folderOf = (): string => {
    const name = mkdtempSync(join(folder, 'endless'));
    writeFileSync(join(name, 'spin.s'), '#include "textflag.h"\nTEXT ·Spin(SB), NOSPLIT, $0-0\nloop:\n\tJMP loop\n');
    writeFileSync(join(name, 'types.go'), 'package main\n\nfunc Spin()\n');
    const steps = ['break Spin', 'continue', 'expect at main.Spin', 'delete', 'continue'];
    writeFileSync(
      join(name, 'lesson.md'),
      `---\nprogram: spin.s\ncall: Spin()\n---\n# Endless\n\n\`\`\`r14\n${steps.join('\n')}\n\`\`\`\n`,
    );
    return name;
  };

  it('is resized in its middle, stopped, undone, and left: nothing is lost', async () => {
    const name = folderOf();
    const screen = openR14(80, 24, ['lesson', '--from-start', name]);
    await screen.settles(/► break Spin/);
    while (!screen.text().includes('► delete')) await space(screen);
    const at = /t (\d+) /.exec(screen.text())![1]!;
    await space(screen);
    screen.type(' ');
    await screen.shows(/running: continue/);
    for (const [columns, rows] of [
      [120, 40],
      [60, 15],
      [200, 60],
    ] as const) {
      screen.resize(columns, rows);
      await screen.until(() => {
        const lines = screen.text().split('\n');
        return lines.length === rows && /q quit/.test(lines.at(-1)!) && /running: continue/.test(lines[1]!);
      });
    }
    screen.type('\x03');
    await screen.settles(/interrupted[\s\S]*The lesson is over/);
    screen.type('6b');
    await screen.settles(new RegExp(`t ${at} [\\s\\S]*► continue`));
    screen.type(' ');
    await screen.shows(/running: continue/);
    screen.type('q');
    expect(await screen.exit()).toBe(0);
    const again = openR14(80, 24, ['lesson', name]);
    await again.settles(/► continue/);
    expect(again.text()).toMatch(new RegExp(`t ${at} `));
    again.type('q');
    expect(await again.exit()).toBe(0);
  });

  it('ends where nobody is there to stop it', () => {
    const name = folderOf();
    const { stdout, status } = runR14(['lesson', '--check', '--limit', '1000000', name]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/FAIL +12 {2}continue\n[\s\S]*this step does not end by itself: --limit N allows it more instructions/);
  });
});

describe('a lesson of anybody', () => {
  it('is checked, in lines, JSON and TAP', () => {
    const name = own('checked');
    expect(runR14(['lesson', '--new', name])).toMatchObject({ status: 0, stderr: '' });
    expect(runR14(['lesson', '--new', name])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is there already: nothing was written'),
    });
    expect(runR14(['lesson', '--check', name]).stdout).toMatch(/A lesson of your own: 9 steps, all as the lesson says\n$/);
    expect(runR14(['lesson', '--check', '--tap', join(name, 'lesson.md')]).stdout).toMatch(
      /^TAP version 13\n1\.\.9\nok 1 - 10: break Add\n/,
    );
    const last = runR14(['lesson', '--check', '--json', name]).stdout.trim().split('\n').at(-1)!;
    expect(JSON.parse(last)).toEqual({ title: 'A lesson of your own', steps: 9, wrong: 0 });
  });

  it('that is wrong says where', () => {
    const wrong = (text: string, files: Record<string, string> = {}): { status: number; stderr: string } => {
      const name = mkdtempSync(join(folder, 'wrong'));
      writeFileSync(join(name, 'lesson.md'), text);
      for (const [file, content] of Object.entries(files)) writeFileSync(join(name, file), content);
      const { status, stderr } = runR14(['lesson', '--check', name]);
      return { status: status!, stderr: stderr.replaceAll(`${name}/`, '') };
    };
    const head = '---\nprogram: a.s\n---\n# T\n';
    expect(wrong('# T\n')).toEqual({ status: 2, stderr: expect.stringMatching(/^lesson\.md:1: nothing says what the lesson is about/) });
    expect(wrong('---\nprogramme: a.s\n---\n# T\n').stderr).toMatch(/^lesson\.md:2: "programme: a\.s": a line here is one of/);
    expect(wrong(head).stderr).toMatch(/lesson\.md:2: there is no a\.s\n$/);
    expect(wrong(head, { 'a.s': 'TEXT ·main(SB), $0\n\tNOSUCH\n\tRET\n' }).stderr).toMatch(/lesson\.md:2: a\.s:2/);
    expect(wrong(`${head}\`\`\`r14\nnosuch\n\`\`\`\n`).stderr).toMatch(/^lesson\.md:6: nosuch: /);
    expect(
      wrong(`${head}\`\`\`exercise\nask x\ntell y\n\`\`\`\n`)
        .stderr.split('\n')
        .map(each => each.slice(0, 13)),
    ).toEqual(['lesson.md:7: ', 'lesson.md:6: ', 'lesson.md:6: ', '']);
    expect(wrong('---\nprogram: a\nbuild: touch a\n---\n# T\n').stderr).toMatch(
      /lesson\.md:2: the lesson wants to run "touch a".*--allow-build lets it/,
    );
    expect(wrong(`${head}\`\`\`r14\nvariant other\n\`\`\`\n`).stderr).toMatch(/^lesson\.md:6: no variant "other"; there are program\n$/);
  });

  it('an exercise about a file assembles it, calls it, and says of a result what was foreseen', () => {
    const name = own('files');
    runR14(['lesson', '--new', name]);
    const text = (...lines: readonly string[]) =>
      `---\nprogram: add.s\ncall: Add(2, 3)\n---\n# T\n\`\`\`exercise\n${lines.join('\n')}\n\`\`\`\n`;
    const task = [
      'ask Make Add return the sum.',
      'file mine.s',
      'case Add(2, 3) = 5',
      'case Add(-1, 1) = 0',
      'wrong Add(2, 3) = -1: you subtract',
    ];
    const file = join(name, 'lesson.md');
    writeFileSync(file, text(...task, 'solution add.s'));
    const right = readFileSync(join(name, 'add.s'), 'utf8');
    const tried = (code: string) => {
      writeFileSync(join(name, 'mine.s'), code);
      return runR14(['lesson', '--line', name], '\nq\n').stdout;
    };
    expect(runR14(['lesson', '--line', name], '\nq\n').stdout).toContain('mine.s yet');
    expect(tried(right.replace('ADDQ', 'SUBQ'))).toContain('you subtract');
    expect(runR14(['lesson', '--check', name]).stdout).toMatch(/T: 1 steps, all as the lesson says\n$/);
    expect(tried(right.replace('ADDQ y+8(FP), AX', 'INCQ AX'))).toContain('not yet: Add(2, 3) is to be 5: 3');
    expect(tried(right.replace('ADDQ', 'NOSUCH'))).toMatch(/not yet: Add\(2, 3\) is to be 5: .*mine\.s:6.*NOSUCH/);
    expect(tried(right.replace('MOVQ x+0(FP), AX', 'loop: JMP loop'))).toMatch(/not yet: .*the instruction limit is reached/);
    expect(tried(right.replace('ADDQ', 'MOVQ AX, BP\n\tADDQ'))).toMatch(/not yet: .*frame-pointer chain/);
    expect(tried(right)).toContain('✓ that is it');
    expect(runR14(['lesson', '--check', name]).stdout).toContain('it is done before anything has been done');
    writeFileSync(join(name, 'mine.s'), right.replace('ADDQ', 'SUBQ'));
    writeFileSync(file, text(...task, 'solution mine.s'));
    expect(runR14(['lesson', '--check', name])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('its solution mine.s is refused: you subtract'),
    });
    for (const [lines, problem] of [
      [['ask x', 'file mine.s', 'solution add.s'], /lesson\.md:7: file and case go together/],
      [['ask x', 'file mine.s', 'case Add', 'solution add.s'], /lesson\.md:9: case wants a call and its result/],
      [['ask x', 'file mine.s', 'case Add(1, 2) = 3', 'answer 3', 'solution add.s'], /lesson\.md:7: an exercise with a file has cases/],
    ] as const) {
      writeFileSync(file, text(...lines));
      expect(runR14(['lesson', '--check', name])).toMatchObject({ status: 2, stderr: expect.stringMatching(problem) });
    }
  });

  it('an exercise that cannot be done, or needs no doing, is found by --check', () => {
    const name = own('exercises');
    runR14(['lesson', '--new', name]);
    const file = join(name, 'lesson.md');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('solution 24', 'solution 25').replace('expect *(*uint8)(RIP) == 0xc3', 'expect at main.Add'));
    const { stdout, status } = runR14(['lesson', '--check', name]);
    expect(status).toBe(1);
    expect(stdout).toContain('its own solution is refused: 25');
    expect(stdout).toContain('it is done before anything has been done');
  });

  it('in lines: answers, hints, a step back, sections; marks in ASCII where the locale has no others', async () => {
    const name = own('lines');
    runR14(['lesson', '--new', name]);
    const typed = ['', '', '', '16', 'hint', 'RBX', '24', 'stepi 3', 'back', 'skip', 'sections', 'section 1', 'q'];
    const { stdout, status } = runR14(['lesson', name], `${typed.join('\n')}\n`);
    expect(status).toBe(0);
    expect(stdout).toContain('✗ those are the arguments');
    expect(stdout).toContain('hint: Look at the line');
    expect(stdout).toContain('✗ RBX is not it');
    expect(stdout.match(/✓ that is it/g)).toHaveLength(2);
    expect(stdout).toMatch(/ 1 {2}A lesson of your own\n {2}2 {2}Arguments/);
    const screen = openPty(80, 24, process.execPath, ['bin/r14.js', 'lesson', '--line', '--from-start', name], { LC_ALL: 'C' });
    await screen.shows('(r14) break Add');
    screen.type('\r\r');
    await screen.shows('+ expect at main.Add');
    expect(screen.text()).not.toContain('✓');
    screen.type('q\r');
    expect(await screen.exit()).toBe(0);
  });
});
