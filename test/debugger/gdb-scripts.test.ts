/** gdb's own scripts: what they print with printf, echo and output is what gdb prints, and they end with the status that they say. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCommand, missing, runR14 } from '../support/build.js';
import { debug, debugBundled } from '../support/debug.js';

const folder = mkdtempSync(join(tmpdir(), 'r14-scripts-'));
afterAll(() => rmSync(folder, { recursive: true }));
const program = join(folder, 'program');

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');

const SOURCE = `#include <stdio.h>
struct point { int x, y; } here = {3, 4};
char name[8] = "abc";
const char *text = "a text";
double half = 0.5;
unsigned char small = 200;
long big = -5;
int add(int a, int b) { return a + b; }
int main(void) {
  int sum = 0;
  for (int i = 0; i < 5; i++) sum = add(sum, i);
  printf("sum %d\\n", sum);
  return 3;
}
`;

/** Of each debugger's output what the script has printed: not what it says of breakpoints and ends. */
const printed = (text: string): string =>
  text.replaceAll(/^(?:(?:Temporary )?[Bb]reakpoint \d|\[|Using host|t=).*\n/gm, '').replaceAll(/^\s*\n/gm, '');

function both(lines: readonly string[]) {
  const script = join(folder, 'script.gdb');
  writeFileSync(script, `${['set pagination off', 'set confirm off', 'set width 0', ...lines].join('\n')}\n`);
  const gdb = spawnSync('gdb', ['-nx', '-batch', '-x', script, program], { encoding: 'utf8' });
  const r14 = runR14(['exec', '--batch', '-x', script, program]);
  return {
    gdb: { status: gdb.status, printed: printed(gdb.stdout) },
    r14: { status: r14.status, printed: printed(r14.stdout) },
    errors: r14.stderr,
  };
}

describe.skipIf(why)(`a script of gdb's${why ? ` (skipped: ${why})` : ''}`, () => {
  beforeAll(() => {
    writeFileSync(`${program}.c`, SOURCE);
    execFileSync('gcc', ['-g', '-O0', '-no-pie', '-o', program, `${program}.c`]);
  });

  it.each([
    [
      'commands of breakpoints, with conditions in them',
      [
        ...['break add', 'commands', '  silent', '  printf "add(%d, %d)\\n", a, b', '  if b == 2', '    echo two\\n', '    set $seen = b'],
        ...['  else', '    printf "other %d\\n", b * 10', '  end', '  continue', 'end'],
        ...['tbreak main', 'commands $bpnum', 'silent', 'echo in main\\n', 'end', 'run', 'printf "%d\\n", $bpnum', 'continue'],
        ...['printf "seen %d, exit %d\\n", $seen, $_exitcode', 'quit $_exitcode + 4'],
      ],
      7,
    ],
    [
      'printf',
      [
        ...['tbreak main', 'commands', 'silent', 'end', 'r'],
        'printf "%d %5d|%-5d|%05d|%+d|%i\\n", 5, 5, 5, 5, 5, -5',
        'printf "%x|%X|%#x|%o|%#o|%u\\n", 255, 255, 255, 8, 8, 7',
        'printf "%c%c %s %s %s %s %%\\n", 65, \'b\', "lit", name, text, text + 2',
        'printf "%f %.2f %g %e %10.3f|%g %g\\n", half, half, half, half, half, 1e100, 100000.0 * 10',
        'printf "%lu %ld %llx %5.1f|\\n", 7, big, big, half',
        'printf "%d %d %d\\n", small, here.y, sizeof(here)',
        'printf "no newline"',
        'echo \\n',
        'printf "\\ttab \\\\ \\"quoted\\"\\n"',
        'exit 300',
      ],
      44,
    ],
    [
      'echo and output',
      [
        ...['echo plain text\\n', 'echo \\ttab and "quotes"\\n', 'echo a\\', 'b\\n', 'output 5', 'echo \\n', 'output/x 255', 'echo \\n'],
        ...['output here.y', 'echo \\n'],
      ],
      0,
    ],
    [
      'variables, conditions, loops and commands of its own',
      [
        ...['set $a = 5', 'set var $b = $a * 2 + 1', 'set $copy = here.x', 'printf "%d %d %d\\n", $a, $b, $copy'],
        ...['define twice', '  printf "twice %d of %d\\n", $arg0 * 2, $argc', '  if $argc > 1', '    twice $arg1', '  end', 'end'],
        ...['document twice', 'Doubles it.', 'end', 'twice 21', 'twice 4 5', 'help twice', 'set $i = 0'],
        ...['while $i < 5', '  set $i = $i + 1', '  if $i == 2', '    loop_continue', '  end', '  if $i > 3', '    loop_break', '  end'],
        ...['  printf "i=%d\\n", $i', 'end', 'if 0', 'echo no\\n', 'else', 'echo yes\\n', 'end', 'while 0', 'end'],
        ...['define empty', 'end', 'empty', '# a comment'],
      ],
      0,
    ],
  ] as const)('%s', (_, lines, status) => {
    const { gdb, r14, errors } = both(lines);
    expect(errors).toBe('');
    expect(gdb.status).toBe(status);
    expect(r14).toEqual(gdb);
  });

  it('says what the program gets when it is run', () => {
    const script = join(folder, 'args.gdb');
    writeFileSync(script, "set args 'one two' three\nrun\nset args\nrun\n");
    const gdb = spawnSync('gdb', ['-nx', '-batch', '-x', script, '/bin/echo'], { encoding: 'utf8' });
    expect(printed(runR14(['exec', '--batch', '-x', script, '/bin/echo']).stdout)).toBe(printed(gdb.stdout));
    expect(printed(gdb.stdout)).toBe('one two three\n');
  });

  it('finds what x has shown', async () => {
    const at = debug(program);
    for (const line of ['break add', 'run', 'x/2xw &here']) await at.text(line);
    const outcome = await at.run('printf "%d %d", $__, $_ == &here.y');
    expect(outcome).toMatchObject({ output: '4 1', open: true });
  });

  it('stops at its first error, which goes to standard error', () => {
    const script = join(folder, 'wrong.gdb');
    const run = (text: string) => {
      writeFileSync(script, text);
      return runR14(['exec', '--batch', '-x', script, '-ex', 'echo then\\n', program]);
    };
    expect(run('echo before\\n\np nonsense\necho after\\n\n')).toMatchObject({ status: 1, stdout: 'before\nthen\n' });
    expect(run('echo before\\n\np nonsense\n').stderr).toMatch(
      /^.*wrong\.gdb:2: p nonsense\n {2}\^ could not find symbol value for nonsense.*\n$/,
    );
    expect(run('if 1\nwhile 0\nend\n').stderr).toMatch(/:1: `if 1` has no end\n$/);
    expect(run('echo x\\n\nend\n').stderr).toMatch(/:2: `end` belongs to nothing\n$/);
    expect(run('else\n').stderr).toMatch(/:1: `else` belongs to nothing\n$/);
    expect(run('if\nend\n').stderr).toMatch(/:1: if wants a condition\n$/);
    expect(run('if nonsense\nend\n').stderr).toMatch(/:1: .*nonsense/);
    expect(run('set $i = 0\nwhile $i < 2\nset $i = $i + 1\np nonsense\nend\n').stderr).toMatch(/:4: p nonsense/);
    expect(run('define print\nend\n').stderr).toMatch(/"print" is a command of r14's/);
    expect(run('define again\nagain\nend\nagain\n').stderr).toMatch(/again calls itself more than 200 deep/);
    expect(run('define one\np $arg0\nend\none\n').stderr).toMatch(/there is no register \$arg0, and nothing was set to that name/);
    expect(run('commands 7\necho x\nend\n').stderr).toMatch(/:1: .*no breakpoint/);
    for (const line of [
      'printf',
      'printf 5',
      'printf "%d"',
      'printf "%d" 5',
      'printf "%q", 1',
      'printf "%s", 1.5',
      'printf "%d", nonsense',
    ])
      expect(run(`${line}\n`)).toMatchObject({ status: 1, stdout: 'then\n' });
  });
});

it('blocks can be typed, line by line, and nothing of a half one is run', async () => {
  const at = debugBundled('closures');
  for (const line of ['define greet', 'echo hello $arg0', 'end', 'if 1 == 1'])
    expect(await at.run(line)).toMatchObject({ ok: true, output: '' });
  expect(await at.run('greet you')).toMatchObject({ ok: true, output: '' });
  expect(await at.run('end')).toMatchObject({ ok: true, output: 'hello you', open: true });
  expect(await at.run('help greet')).toMatchObject({ output: 'greet: a command of your own.' });
  expect(await at.run('set pagination off')).toMatchObject({ ok: true, output: '' });
  expect(await at.run('set nonsense off')).toMatchObject({ ok: false });
});
