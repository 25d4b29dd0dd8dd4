/** Several processes under the debugger: whose calls it stops in, and what it sees there, is what gdb stops in and sees. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildC, hasCommand, missing, runR14 } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');
const binary = () => buildC('forks', { flags: ['-g', '-O0'] });

/** Functions of the program that are on the stack, innermost first, with their arguments; and the variable. */
interface Seen {
  readonly frames: readonly string[];
  readonly shared: string;
}

const framesIn = (text: string): string[] => [...text.matchAll(/^#\d+ .*?\b((?:work|main) \([a-z]+=-?\d+)/gm)].map(match => match[1]!);

function inGdb(settings: readonly string[]): Seen[] {
  const each = ['bt', 'print shared', 'continue'];
  const script = ['set pagination off', 'set confirm off', ...settings, 'break work', 'run', ...each, ...each, ...each];
  // Its last commands find no program any more, which is its status.
  const { stdout: out } = spawnSync('gdb', ['-nx', '-batch', ...script.flatMap(line => ['-ex', line]), binary()], { encoding: 'utf8' });
  return [...out.matchAll(/^#0 [^$]*?^\$\d+ = (\d+)$/gm)].map(match => ({ frames: framesIn(match[0]), shared: match[1]! }));
}

async function inR14(at: Debugging, settings: readonly string[]): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const line of [...settings, 'break work']) await at.text(line);
  while (at.session.stop.reason !== 'exited') {
    await at.run('continue');
    if (at.session.stop.reason !== 'breakpoint') continue;
    seen.push({ frames: framesIn(await at.text('bt')), shared: (await at.text('p shared')).trim() });
  }
  return seen;
}

describe.skipIf(why)(`processes${why ? ` (skipped: ${why})` : ''}`, () => {
  it('stops in the parent alone', async () => {
    const seen = await inR14(debug(binary()), []);
    expect(seen).toEqual(inGdb([]));
    expect(seen.length).toBe(1);
  });

  it('follows the child, also when that is another program', async () => {
    const settings = ['set follow-fork-mode child'];
    // gdb is done when the child is; this machine has its parent still.
    const seen = await inR14(debug(binary()), settings);
    expect(seen.slice(0, 2)).toEqual(inGdb(settings));
    expect(seen.map(({ frames }) => frames[0])).toEqual(['work (n=10', 'work (n=100', 'work (n=1']);
  });

  it('stops in all of them, and looks at the one that it has stopped in', async () => {
    const at = debug(binary());
    const seen = await inR14(at, ['set detach-on-fork off']);
    expect(seen.map(({ frames, shared }) => [frames[0], shared])).toEqual([
      ['work (n=10', '1'],
      ['work (n=100', '1'],
      ['work (n=1', '1'],
    ]);
    expect(at.written()).toBe("child 22\nexec'd 202\nparent 4 4\n");
  });

  it('looks at another one, which changes nothing', async () => {
    const at = debug(binary());
    await at.text('catch fork');
    await at.text('catch exec');
    expect(await at.text('continue')).toMatch(/fork: process 1000 has made process 1001; in /);
    expect((await at.data('info inferiors')).map((row: { number: number; current: boolean }) => [row.number, row.current])).toEqual([
      [1, true],
      [2, false],
    ]);
    const before = at.session.target.process.hash();
    await at.text('inferior 2');
    expect(await at.text('bt')).toMatch(/in main \(argc=1/);
    expect(await at.text('threads')).toMatch(/^\* thread 1/);
    await at.text('inferior 1');
    expect(at.session.target.process.hash()).toBe(before);
    expect(JSON.stringify(await at.run('inferior 3'))).toMatch(/no process 3 \(inferiors lists them\)/);
    await at.text('inferior 2');
    expect(await at.text('continue')).toMatch(/process 1001 is now /);
    expect(await at.text('continue')).toMatch(/process 1001 exited with status 4, others go on/);
    expect(at.session.target.process.pid).toBe(1000);
  });

  it('comes to a child again from a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'r14-inferiors-')), 'child.r14');
    const at = ['set follow-fork-mode child', 'break work', 'continue', 'continue', `save ${file}`, 'bt', 'p shared'];
    const text = (args: readonly string[], lines: readonly string[]) => runR14([...args], `${lines.join('\n')}\n`).stdout;
    const before = text(['exec', binary()], at);
    const again = text(['replay', file], ['bt', 'p shared']);
    expect(framesIn(again)).toEqual(framesIn(before));
    expect(framesIn(again)[0]).toBe('work (n=100');
    expect(again.trimEnd().split('\n').at(-1)).toBe('1');
    rmSync(dirname(file), { recursive: true });
  });

  it('goes back in a child, over its beginning too', async () => {
    const at = debug(binary());
    for (const line of ['set follow-fork-mode child', 'break work']) await at.text(line);
    await at.text('continue');
    const { t } = at.session.target.process;
    const hash = at.session.target.process.hash();
    await at.text('continue');
    expect(await at.text('p n')).toBe('100');
    await at.text('reverse-continue');
    expect([at.session.target.process.t, at.session.target.process.pid, await at.text('p n')]).toEqual([t, 1001, '10']);
    expect(at.session.target.process.hash()).toBe(hash);
    await at.text('seek 0');
    expect(at.session.target.process.processes.map(({ pid }) => pid)).toEqual([1000]);
    await at.text('continue');
    expect([at.session.target.process.t, at.session.target.process.pid]).toEqual([t, 1001]);
    expect(at.session.target.process.hash()).toBe(hash);
  });
});
