/** What defined types are, names of the program that are r14's too, labels of goroutines, and enumerations of C under Go. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildGo, missing, toolchains } from '../support/build.js';
import { debug } from '../support/debug.js';

const source = readFileSync(join(import.meta.dirname, '../../programs/go/named/main.go'), 'utf8');

/** `main.ID` -> `int`: what the source declares, with packages in front of its own names. */
const declared = [...source.matchAll(/^type (\w+) ([^{\n]+)$/gm)].map(
  ([, name, text]) => [`main.${name}`, text!.replaceAll('...', '[]').replace(/\b[A-Z]\w*/g, 'main.$&')] as const,
);

describe.each(toolchains())('%s', toolchain => {
  const program = (ldflags?: string) => buildGo('named', { toolchain, gcflags: '-N -l', ...(ldflags && { ldflags }) });

  it.each([['with'], ['without']])('ptype says what a defined type is, %s DWARF', async how => {
    const { text, run } = debug(program(how === 'with' ? undefined : '-w'));
    await text('break main.settings');
    await text('continue');
    expect(declared.length).toBeGreaterThan(12);
    let known = 0;
    for (const [name, is] of declared) {
      // The linkers before Go 1.20 do not say which of a function type's parts are results.
      if (toolchain === 'go1.19' && how === 'with' && is.startsWith('func')) continue;
      const { ok, output } = await run(`ptype ${name}`);
      // Without DWARF there are only those that the program can reflect on.
      if (!ok && how === 'without') continue;
      expect(output).toBe(`type ${name} ${is}`);
      known++;
    }
    expect(known).toBeGreaterThan(how === 'with' ? declared.length - 2 : 3);
    expect(await text('ptype main.Shower')).toBe(
      'type main.Shower interface {\n    Hide(int, bool) (main.Name, error)\n    Show() string\n}',
    );
  });

  it("sets the program's variables before r14's settings", async () => {
    const { text, session } = debug(program());
    await text('break main.settings');
    await text('continue');
    await text('next');
    await text('set v = 70');
    await text('set prompt = 50');
    expect([await text('print v'), await text('print prompt')]).toEqual(['70', '50']);
    expect(session.settings.text('prompt')).not.toBe('50');
    expect(await text('print &v')).toMatch(/^\(\*int\)\(0x[0-9a-f]+\)$/);
    // Where the program has none, it is the setting.
    await text('up');
    await text('set prompt (own)');
    expect(session.settings.text('prompt')).toBe('(own)');
  });

  it('goroutines have their labels', async () => {
    const { text } = debug(program());
    await text('break main.settings');
    await text('continue');
    expect(await text('goroutines -l')).toMatch(/main\.waits [^\n]*\n\tLabels: job:read, shard:7/);
  });
});

const why = missing('go1.26', 'gcc');

it.skipIf(why)(`enumerators and C's base types in a C frame under Go are gdb's${why ? ` (skipped: ${why})` : ''}`, async () => {
  const program = buildGo('enums');
  const asked = ['RED', 'GREEN', 'LARGE', 'n', 'sizeof(int)', 'sizeof(long)', 'sizeof(enum color)', '(char) 65', 'c == GREEN'];
  const commands = ['break mixed', 'run', ...asked.map(each => `print ${each}`)];
  const gdb = spawnSync('gdb', ['-nx', '-batch', ...commands.flatMap(each => ['-ex', each]), program], { encoding: 'utf8' });
  const wanted = gdb.stdout.split('\n').flatMap(line => /^\$\d+ = (.*)$/.exec(line)?.[1] ?? []);
  const { text } = debug(program);
  await text('break mixed');
  await text('continue');
  const shown: string[] = [];
  for (const each of asked) shown.push(await text(`print ${each}`));
  expect(shown).toEqual(wanted.map(each => each.replace(/^1$/, 'true').replace(/^0$/, 'false')));
  expect(await text('whatis RED')).toBe('enum color');
});
