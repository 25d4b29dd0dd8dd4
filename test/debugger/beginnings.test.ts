/** From the start of a program to its main function, and to functions of C, those in libraries that are still to be mapped. Oracle: gdb. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, hasCommand, missing } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = missing('go1.26', 'gcc') ?? (hasCommand('gdb') ? undefined : 'gdb is missing: apt-get install gdb');

/** Function and line where gdb's `start` stops. */
function gdbStart(path: string): { readonly name: string; readonly line: number } {
  const commands = ['set debuginfod enabled off', 'start', 'info symbol $pc', 'frame'];
  const out = execFileSync('gdb', ['-q', '-batch', '-nx', ...commands.flatMap(command => ['-ex', command]), path], { encoding: 'utf8' });
  return { name: /^(main[.\w]*)/m.exec(out)![1]!, line: Number(/^#0 .*:(\d+)$/m.exec(out)![1]) };
}

describe.skipIf(why)(`the beginning of a program${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each([
    ['C', () => buildC('loop')],
    ['static C', () => buildC('loop', { static: true })],
    ['Go', () => buildGo('hello', { gcflags: 'all=-N -l' })],
  ])('start runs to where gdb does: %s', async (_, build) => {
    const path = build();
    const at = debug(path);
    const { name, line } = gdbStart(path);
    expect((await at.data('start')).function).toBe(name);
    expect(at.session.frame.line).toBe(line);
    expect(await at.text('breakpoints')).toBe('No breakpoints.');
    expect((await at.data('starti')).t).toBe(0);
    expect(at.session.thread.registers.get('rsp')).toBe(at.session.target.initialSp);
  });

  it('start takes arguments, and says where there is no main', async () => {
    const at = debug(buildC('loop'));
    await at.text('start one two');
    expect(await at.text('p argc')).toBe('3');
    const stripped = debug(buildC('loop', { flags: ['-O1', '-s'] }));
    expect((await stripped.run('start')).output).toContain('starti');
  });

  it('a name of C is not taken for the end of a name of Go', async () => {
    const at = debug(buildGo('cgo'));
    expect(await at.text('break strncpy')).toContain(' for strncpy');
    const { places } = await at.data('break abort');
    await at.text('start');
    expect(at.session.target.images.all.find(({ path }) => /libc\.so/.test(path))!.contains(BigInt(places[0].address))).toBe(true);
    await at.text('break runtime.abort');
    expect((await at.data('breakpoints')).at(-1).places[0].function).toBe('runtime.abort');
  });

  it("what cgo calls is there under Delve's name", async () => {
    const at = debug(buildGo('cgo'));
    await at.text('break C.callBack');
    expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint' });
    expect(at.session.frame.name).toBe('callBack');
    expect((await at.run('break C.nothing')).ok).toBe(false);
  });
});
