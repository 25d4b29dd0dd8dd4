/** What an installed command brings along: completion for shells, a manual page, what r14 runs on. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { completionScript } from '../src/cli/completion.js';
import { CLI_COMMANDS, COMMAND_FLAGS } from '../src/cli/flags.js';
import { CPU_LEVELS } from '../src/cpu/cpuid.js';

const root = join(import.meta.dirname, '..');
const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const r14 = (...args: readonly string[]) => spawnSync(process.execPath, [join(root, 'bin/r14.js'), ...args], { encoding: 'utf8' });

const PROGRAMS = ['newproc-race', 'race-map'];

/** What bash offers for the last of these words. */
function offered(...words: readonly string[]): readonly string[] {
  const typed = words.map(word => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(r14 ${typed}); COMP_CWORD=${words.length}; _r14; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const script = `${completionScript('bash', PROGRAMS)}\n${ask}`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' })
    .split('\n')
    .filter(word => word !== '');
}

it.skipIf(!has('bash'))('bash completes commands, flags and their values', () => {
  expect(offered('')).toEqual([...Object.keys(CLI_COMMANDS), '--help', '--version']);
  expect(offered('exe')).toEqual(['exec']);
  expect(offered('exec', '--se')).toEqual(['--seed']);
  expect(offered('exec', '-')).toEqual(
    COMMAND_FLAGS.filter(({ of }) => of.some(command => command === 'exec')).map(row => `${'gdb' in row ? '-' : '--'}${row.name}`),
  );
  expect(offered('exec', '--race', '')).toEqual(['true', 'false']);
  expect(offered('exec', '--cpu', 'v')).toEqual([...CPU_LEVELS]);
  expect(offered('run', 'race')).toEqual(['race-map']);
  expect(offered('race', 're')).toEqual(['replay']);
  expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  // What is for the program is its own.
  expect(offered('exec', 'newproc-race', '--', '--se')).toEqual([]);
});

it('the scripts of all shells name each command and flag, and are understood', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = completionScript(shell, PROGRAMS);
    for (const name of [...Object.keys(CLI_COMMANDS), ...COMMAND_FLAGS.map(row => row.name)]) expect(script).toContain(name);
    if (!has(shell)) continue;
    const checked = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
    expect([shell, checked.status, checked.stderr]).toEqual([shell, 0, '']);
  }
});

it('a shell that there is no script for is named', () => {
  expect(r14('completion', 'tcsh')).toMatchObject({
    status: 2,
    stderr: 'r14: r14 completion knows bash, zsh, fish, not "tcsh" (r14 --help)\n',
  });
  expect(r14('completion', 'bash').stdout).toMatch(/^# source <\(r14 completion bash\)\n/);
});

it.skipIf(!has('groff'))('the manual page is one that groff has nothing to say of', () => {
  const page = readFileSync(join(root, 'docs/r14.1'));
  const { status, stderr, stdout } = spawnSync('groff', ['-man', '-Tascii', '-P-c', '-ww'], { input: page, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  // Bold is a character over itself.
  const text = stdout.replace(/.[\b]/g, '');
  for (const name of Object.keys(CLI_COMMANDS)) expect(text).toContain(`r14 ${name}`);
});

it('--version tells of r14, Node, V8 and the engine', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const { node, v8 } = process.versions;
  expect(r14('--version').stdout).toBe(`r14 ${version} (Node ${node}, V8 ${v8}, engine jit)\n`);
  const interpreted = spawnSync(process.execPath, [join(root, 'bin/r14.js'), '--version'], {
    env: { ...process.env, R14_ENGINE: 'interpret' },
  });
  expect(`${interpreted.stdout}`).toContain('engine interpret');
});

it('info --self tells what r14 runs on', () => {
  const facts = JSON.parse(r14('info', '--self', '--json').stdout) as Record<string, unknown>;
  expect(facts).toMatchObject({ node: process.versions.node, v8: process.versions.v8, terminal: 'none' });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(r14('info', '--self').stdout.split('\n')[0]).toMatch(new RegExp(`^r14 +${version}$`));
  expect(r14('info', '--self', 'x')).toMatchObject({ status: 2 });
});
