/** The package as it is installed: small, alone, and the same under every release of Node that it promises to run on. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledName } from '../src/cli/compiled.js';
import { compiledFile } from '../src/cli/learn.js';
import { MAIN } from '../src/cli/start.js';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'r14-'));
const prefix = join(folder, 'global');
const installed = join(prefix, 'lib/node_modules/r14');
const CRASH = ['exec', '--batch', '-ex', 'continue', '-ex', 'bt', 'newproc-race'];
/** The least that package.json asks for, two whose V8 takes what another has compiled for its own, and the newest of each line. */
const RELEASES = ['20.19.0', '20.20.1', '20', '22', '24', '25'];
let size = 0;

beforeAll(() => {
  const npm = (...args: readonly string[]) =>
    execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const packed = join(folder, npm('pack', '--ignore-scripts', '--pack-destination', folder).trim().split('\n').at(-1)!);
  ({ size } = statSync(packed));
  npm('install', '--global', '--prefix', prefix, '--offline', packed);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Node of a release, from npm's package `node`, kept in `.build`; undefined where it cannot be had. */
function nodeOf(release: string): string | undefined {
  const at = join(root, '.build/node', release);
  const node = join(at, 'node_modules/node/bin/node');
  if (!existsSync(node)) {
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'package.json'), '{}');
    spawnSync('npm', ['install', '--no-audit', '--no-fund', `node@${release}`], { cwd: at });
  }
  return existsSync(node) ? node : undefined;
}

const run = (cache: string, args: readonly string[], node = process.execPath) => {
  const { status, stdout, stderr } = spawnSync(node, [join(prefix, 'bin/r14'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder, R14_CACHE: cache },
  });
  return { status, stdout, stderr };
};

/** Waits until a folder holds what V8 has compiled, all of it. */
async function compiledIn(cache: string): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const found = existsSync(cache) && readdirSync(cache).find(name => name.startsWith('compiled-'));
    if (found) return found;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`nothing is compiled in ${cache}`);
}

it('is at most 5 MB, wants no other package, and holds nothing that V8 has compiled', () => {
  expect(size).toBeLessThan(5 * 2 ** 20);
  const { dependencies, scripts } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, object | undefined>;
  expect(dependencies).toBeUndefined();
  expect(Object.keys(scripts ?? {}).filter(name => /install/.test(name))).toEqual([]);
  expect(readdirSync(join(installed, 'dist')).filter(name => name.includes('compiled'))).toEqual([]);
});

describe.each(RELEASES)('under Node %s', release => {
  it('shows the crash, the same with what is compiled behind the first start', { timeout: 300_000 }, async ({ skip }) => {
    const node = nodeOf(release);
    if (node === undefined) {
      if (process.env.CI === 'true') throw new Error(`npm gives no node@${release}`);
      return skip(`npm gives no node@${release}`);
    }
    const cache = join(folder, `cache-${release}`);
    const plain = run('', CRASH, node);
    expect(plain).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('#13') });
    expect(run(cache, CRASH, node)).toEqual(plain);
    const kept = await compiledIn(cache);
    expect(kept).toContain(`v${release}`);
    expect(run(cache, CRASH, node)).toEqual(plain);
    // That one was taken, so that nothing was made anew.
    expect(readdirSync(cache)).toEqual([kept]);
  });
});

describe('what is compiled', () => {
  const bundle = (): string => {
    const digest = /"([0-9a-f]{64})"/.exec(readFileSync(join(installed, 'dist/start.js'), 'utf8'));
    return compiledName(digest![1]!);
  };
  /** Whether V8 has refused what is in a cache; undefined when r14 has not given it anything. */
  const refused = (cache: string): string => {
    const main = join(folder, 'main.mjs');
    writeFileSync(
      main,
      `import { start } from ${JSON.stringify(join(installed, 'dist/start.js'))};\nconsole.log((await start()).get('main').cachedDataRejected);\n`,
    );
    const env = { PATH: process.env.PATH, HOME: folder, R14_CACHE: cache };
    return execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8', env }).split('\n')[1]!;
  };
  /** A cache with what is no compiled code, under the right name. */
  function foreign(name: string): { cache: string; kept: string } {
    const cache = join(folder, name);
    const kept = join(cache, bundle());
    mkdirSync(kept, { recursive: true, mode: 0o700 });
    writeFileSync(join(kept, compiledFile(MAIN)), 'no code');
    return { cache, kept };
  }

  it('is looked for in a folder of the user alone', () => {
    const ours = foreign('ours');
    expect(refused(ours.cache)).toBe('true');
    const open = foreign('open');
    chmodSync(open.cache, 0o777);
    expect(refused(open.cache)).toBe('undefined');
    const openInside = foreign('open-inside');
    chmodSync(openInside.kept, 0o770);
    expect(refused(openInside.cache)).toBe('undefined');
    symlinkSync(ours.cache, join(folder, 'link'));
    expect(refused(join(folder, 'link'))).toBe('undefined');
    expect(refused(join(folder, 'none'))).toBe('undefined');
  });

  it('is not put where others may write', () => {
    const cache = join(folder, 'shared');
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    expect(run(cache, ['--version']).status).toBe(0);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('is made once by eight starts at once, and three are kept', { timeout: 120_000 }, async () => {
    const cache = join(folder, 'eight');
    const old = ['a', 'b', 'c', 'd'].map(name => `compiled-${name}`);
    for (const name of old) mkdirSync(join(cache, name), { recursive: true, mode: 0o700 });
    chmodSync(cache, 0o700);
    const program = `import { spawn } from 'node:child_process';
      const one = () => new Promise(done => spawn(process.execPath, ${JSON.stringify([join(prefix, 'bin/r14'), '--version'])}, { stdio: 'inherit' }).on('exit', done));
      console.log(JSON.stringify(await Promise.all(Array.from({ length: 8 }, one))));`;
    const env = { PATH: process.env.PATH, HOME: folder, R14_CACHE: cache };
    const ended = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', env });
    expect(JSON.parse(ended.trim().split('\n').at(-1)!)).toEqual(Array(8).fill(0));
    for (let tries = 0; tries < 600 && !existsSync(join(cache, bundle())); tries++) await new Promise(resolve => setTimeout(resolve, 100));
    for (let tries = 0; tries < 50 && readdirSync(cache).length > 3; tries++) await new Promise(resolve => setTimeout(resolve, 100));
    const left = readdirSync(cache);
    expect(left).toHaveLength(3);
    expect(left).toContain(bundle());
  });
});
