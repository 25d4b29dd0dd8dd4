/** The bundle starts with what V8 has compiled of it and of its WebAssembly, and as well without. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { compiledFile } from '../src/cli/learn.js';
import { machineCodeFile } from '../src/cli/modules.js';
import { MAIN } from '../src/cli/start.js';

const root = join(import.meta.dirname, '..');
const copy = mkdtempSync(join(tmpdir(), 'r14-'));
const dist = join(copy, 'dist');
/** What V8 has compiled, in the folder of the bundle. */
const kept = readdirSync(join(root, 'dist')).find(name => name.startsWith('compiled-')) ?? 'compiled';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

beforeEach(() => {
  for (const name of ['package.json', 'dist']) cpSync(join(root, name), join(copy, name), { recursive: true });
  // As nobody has run it.
  for (const name of readdirSync(join(dist, kept))) if (name.startsWith('learnt-')) rmSync(join(dist, kept, name));
});
afterAll(() => rmSync(copy, { recursive: true }));

/** What `r14 --version` prints of r14 itself. */
const bare = (printed: string): string => printed.replace(/ \(Node .*\)$/m, '');

/** What a program prints that imports from the copy's `start.js`. */
function printed(imported: string, program: string, ...args: readonly string[]): string {
  const main = join(copy, 'main.mjs');
  writeFileSync(main, `import { ${imported} } from './dist/start.js';\n${program}\n`);
  return execFileSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { ...process.env, R14_CACHE: '' } });
}

describe('the bundle', () => {
  const compiled = join(dist, kept, compiledFile(MAIN));
  /** What `r14 --version` prints, without what it runs on, and whether V8 has thrown away what is compiled. */
  const started = (): string => bare(printed('start', 'console.log((await start()).get("main").cachedDataRejected);', '--version'));

  it('takes what is compiled', () => expect(started()).toBe(`r14 ${version}\nfalse\n`));

  it('compiles what does not fit', () => {
    writeFileSync(compiled, readFileSync(compiled).subarray(0, 1000));
    expect(started()).toBe(`r14 ${version}\ntrue\n`);
  });

  it('compiles when there is nothing, and keeps that', () => {
    rmSync(compiled);
    expect(started()).toBe(`r14 ${version}\nundefined\n`);
    expect(started()).toBe(`r14 ${version}\nfalse\n`);
  });

  it('keeps what the first runs of a kind have compiled, and no more', () => {
    const kept = Array.from({ length: 6 }, () => {
      rmSync(compiled, { force: true });
      started();
      return existsSync(compiled);
    });
    expect(kept).toEqual([true, true, true, true, false, false]);
  });

  it('keeps what the next start takes, whatever flags the run has set', () => {
    rmSync(compiled);
    const engine = "import { setFlagsFromString } from 'node:v8'; await start(); setFlagsFromString('--wasm-tiering-budget=1800000');";
    expect(bare(printed('start', engine, '--version'))).toBe(`r14 ${version}\n`);
    expect(existsSync(compiled)).toBe(true);
    expect(started()).toBe(`r14 ${version}\nfalse\n`);
  });

  it('replaces what does not fit, however many runs there have been', () => {
    for (let run = 0; run < 5; run++) started();
    writeFileSync(compiled, readFileSync(compiled).subarray(0, 1000));
    expect(started()).toBe(`r14 ${version}\ntrue\n`);
    expect(started()).toBe(`r14 ${version}\nfalse\n`);
  });

  it('keeps nothing that was compiled under flags of which it knows nothing', () => {
    rmSync(compiled);
    const main = join(copy, 'main.mjs');
    writeFileSync(main, "import { start } from './dist/start.js';\nawait start();\n");
    execFileSync(process.execPath, ['--no-opt', main, '--version'], { env: { ...process.env, R14_CACHE: '' } });
    expect(existsSync(compiled)).toBe(false);
  });

  it('the parts assign nothing later to what they export', () => {
    let checked = 0;
    const files = readdirSync(dist).filter(name => name.endsWith('.cjs'));
    const parts = files.flatMap(name => readFileSync(join(dist, name), 'utf8').split(/^(?="[\w-]+":\(async)/m));
    for (const code of parts) {
      const exported = /return\s?\{([^{}]*)\}\}[,\s})]*$/.exec(code)?.[1];
      for (const name of exported?.match(/[\w$]+(?=,|$)/g) ?? []) {
        const assigned = code.match(new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}=(?!=)`, 'g')) ?? [];
        checked++;
        expect({ part: code.slice(0, 40), name, assigned: assigned.length }).toEqual({
          part: code.slice(0, 40),
          name,
          assigned: Math.min(assigned.length, 1),
        });
      }
    }
    expect(checked).toBeGreaterThan(100);
  });
});

describe.each(readdirSync(join(root, 'dist')).filter(name => name.endsWith('.wasm')))('%s', name => {
  const module = join(dist, name);
  const folder = join(dist, kept);
  const code = join(folder, machineCodeFile(readFileSync(join(root, 'dist', name))));
  const taken = (): string =>
    printed(
      'precompiled, spareProcessors',
      `import { readFileSync } from 'node:fs';
      spareProcessors();
      console.log(precompiled(${JSON.stringify(folder)}, readFileSync(${JSON.stringify(module)})) instanceof WebAssembly.Module);`,
    );

  it('takes its machine code', () => expect(taken()).toBe('true\n'));

  it('does without when that is cut short', () => {
    writeFileSync(code, readFileSync(code).subarray(0, 100_000));
    expect(taken()).toBe('false\n');
  });

  it('does without when that is of another module', () => {
    const other = readFileSync(code);
    other[other.length - 1]! ^= 1;
    writeFileSync(code, other);
    expect(taken()).toBe('false\n');
  });

  it('does without when there is none', () => {
    rmSync(code);
    expect(taken()).toBe('false\n');
  });
});

it('a copy that was not built says so, in one line', () => {
  rmSync(dist, { recursive: true });
  cpSync(join(root, 'bin'), join(copy, 'bin'), { recursive: true });
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, 'bin/r14.js'), '--version'], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: 'r14: this copy has not been built: npm run build in its folder\n',
  });
});
