/** Functions of C called from expressions, and what they have returned told by finish: gdb says the same. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, hasCommand, MATRIX, missing } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');

const CALLS = [
  'add(1, 2)',
  'add(add(1, 2), -4) * 2',
  'half(3)',
  'half(2.5)',
  'third(1)',
  'next(255)',
  'sum(pair)',
  'make(7)',
  'make(7).y',
  'sum(make(7))',
  'mix(mixed, 3)',
  'fill(9)',
  'total(large)',
  'total(fill(9))',
  'name()',
  'name()[1]',
  'other(RED)',
  'other(other(RED))',
  'many(1, 2, 3, 4, 5, 6, 7, 8)',
  'all(3, 10, 2.5, 30)',
  'counted() + counted()',
  'count',
  'keep("from a call")',
  'kept',
  '(int)strlen("four")',
  '(long)abs(-3)',
];
/** Functions that main comes through, which finish leaves. */
const FINISHED = ['add', 'half', 'third', 'next', 'sum', 'make', 'mix', 'fill', 'total', 'name', 'other', 'many', 'all', 'counted'];

describe.skipIf(why)(`calls of C${why ? ` (skipped: ${why})` : ''}`, () => {
  const program = () => buildC('calls', { flags: ['-g', '-O0', '-no-pie'] });
  const gdb = (commands: readonly string[]) =>
    execFileSync('gdb', ['-batch', '-nx', ...commands.flatMap(each => ['-ex', each]), program()], { encoding: 'utf8', stdio: 'pipe' });

  it('give what they give in gdb, and leave the registers', async () => {
    const output = gdb(['break main', 'run', ...CALLS.flatMap(each => ['echo @@@', `print ${each}`])]);
    const expected = output
      .split('@@@')
      .slice(1)
      .map(each => each.trim().replace(/^\$\d+ = /, ''));
    const at = debug(program());
    await at.text('break main');
    await at.text('run');
    const registers = await at.data('regs -a');
    for (const [index, call] of CALLS.entries()) {
      const shown = await at.text(`print ${call}`);
      expect([call, shown === '(no results)' ? 'void' : shown]).toEqual([call, expected[index]]);
    }
    expect(await at.data('regs -a')).toEqual(registers);
  });

  it('are told by finish', async () => {
    for (const name of FINISHED) {
      const [, value] = /^Value returned is \$1 = (.*)$/m.exec(gdb([`break ${name}`, 'run', 'finish']))!;
      const at = debug(program());
      await at.text(`break ${name}`);
      await at.text('run');
      expect([name, /returned ~r0 = (.*)$/m.exec(await at.text('finish'))?.[1]]).toEqual([name, value]);
    }
  });

  it('are refused, or undone, and say why', async () => {
    const at = debug(program());
    await at.text('break main');
    await at.text('run');
    const before = await at.text('info state');
    const said = async (line: string) => (await at.run(line)).output.split('\n').at(-1);
    expect(await said('call add(1)')).toContain('add takes 2 arguments, not 1');
    expect(await said('call bad(0)')).toMatch(/it ended the program with status 139; nothing of what it did is left/);
    expect(await said('call sum(5)')).toContain('cannot convert');
    expect(await said('call div(7, 2)')).toContain(
      'what div returns is not known, as it has no debug information: cast it, as in (int)div()',
    );
    expect(await at.text('call -pure counted()')).toBe('1');
    expect(await at.text('info state')).toBe(before);
  });
});

/** Whose runtimes enter and leave C each in a way of their own. */
const BUILDS = MATRIX.flatMap(toolchain => [{ toolchain }, { toolchain, race: true }] as const);

describe.each(BUILDS)('from a goroutine of $toolchain (race: $race)', options => {
  const without = missing(options.toolchain, 'gcc');

  it.skipIf(without)(`they run on g0, and may call back${without ? ` (skipped: ${without})` : ''}`, async () => {
    const at = debug(buildGo('cgo', options));
    await at.text('break main.main');
    await at.text('continue');
    const registers = await at.data('regs -a');
    expect(await at.text('call strlen("abc")')).toBe('3');
    expect(await at.text('call (int)atoi("-12") + 1')).toBe('-11');
    expect(await at.data('regs -a')).toEqual(registers);
    // Where Go 1.19 stops first its runtime lets nothing be called.
    await at.text('next');
    // callBack(n) is n by n callbacks, each in the C of the one before.
    const later = await at.data('regs -a');
    expect(await at.text('call callBack(3) + callBack(20)')).toBe('23');
    expect(await at.data('regs -a')).toEqual(later);
    const before = await at.text('info state');
    expect(await at.text('call -pure callBack(4)')).toBe('4');
    expect(await at.text('info state')).toBe(before);
    expect(await at.data('continue')).toMatchObject({ reason: 'exited', status: 0 });
  });

  it.skipIf(without)('and from the C that it is in', async () => {
    const at = debug(buildGo('cgo', options));
    await at.text('break callBack');
    await at.text('continue');
    await at.text('continue');
    const registers = await at.data('regs -a');
    expect(await at.text('call callBack(3)')).toBe('3');
    expect(await at.data('regs -a')).toEqual(registers);
    await at.text('delete');
    expect(await at.data('continue')).toMatchObject({ reason: 'exited', status: 0 });
  });
});
