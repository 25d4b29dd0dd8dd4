/**
 * Starts the bundle, which is one function, with what V8 has compiled of it before: that spares the processor a third of its work up to the first
 * screen. Where nothing is kept for this release of Node, it is made behind this start, for the next.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { beginCompiling, calling, compiledFolder, compiledName } from './compiled.js';
import { compiledWebAssembly } from './modules.js';

/** SHA-256 of the bundle beside this file, put in when it is built. */
declare const BUNDLE_DIGEST: string;

/** The bundle's files, in the folder of this one. */
export const FILES = { code: 'r14.cjs', compiled: 'r14.compiled' } as const;
/** What the bundle takes from its surroundings. */
export const SURROUNDINGS = ['require', 'bundleUrl', '__dirname', 'WebAssembly'] as const;

/**
 * V8 compiles what is hot on threads beside r14's own, which on a small machine have to share its processors. So it is told to inline less into
 * what it optimises, and to optimise WebAssembly that has no machine code yet only when a program has run for a while.
 */
const THRIFTY = ['--max-inlined-bytecode-size-cumulative=100', '--wasm-tiering-budget=100000000'];

/**
 * V8 doubles the space of new objects, 1 MB, until it has 16, to look through it less often. What r14 makes while it starts lives long or dies at
 * once: the small space costs less time and memory. In a long session it grows as usual.
 */
const SMALL = '--semi-space-growth-factor=1';
const USUAL = '--semi-space-growth-factor=2';
const STARTING = 1000;

/** How much nicer than r14's own thread those are: the scheduler gives it three times their share where they compete. */
const NICER = 5;

/** Linux sets the priority of a single thread (setpriority(2), "C library/kernel differences"); elsewhere all stays as it is. */
function yieldToOwnThread(): void {
  if (process.platform !== 'linux') return;
  try {
    const niceness = Math.min(getPriority() + NICER, constants.priority.PRIORITY_LOW);
    for (const thread of readdirSync('/proc/self/task')) if (Number(thread) !== process.pid) setPriority(Number(thread), niceness);
  } catch {
    // Without /proc, or where it is not allowed.
  }
}

type Bundle = (require: NodeJS.Require, url: string, dirname: string, wasm: typeof WebAssembly) => Promise<void>;

/** To be called first: V8 takes what it has compiled only under the flags that it had then. */
export function spareProcessors(): void {
  for (const flag of [...THRIFTY, SMALL]) setFlagsFromString(flag);
  yieldToOwnThread();
}

/** Runs r14 with the arguments of this process. Returns the script. */
export async function start(): Promise<Script> {
  spareProcessors();
  const { dirname, url } = import.meta;
  const filename = join(dirname, FILES.code);
  const name = compiledName(BUNDLE_DIGEST);
  const folder = compiledFolder(dirname, name);
  if (folder === undefined) process.once('exit', () => compileBehind(dirname, name));
  const cachedData = folder === undefined ? undefined : compiled(join(folder, FILES.compiled));
  // The bundle is ASCII, which is read faster as Latin-1.
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
  const bundle = script.runInThisContext() as Bundle;
  const later = setTimeout(() => setFlagsFromString(USUAL), STARTING).unref();
  await bundle(createRequire(url), url, dirname, compiledWebAssembly(folder));
  clearTimeout(later);
  return script;
}

/** A process of its own compiles for the next start, when this one has ended. */
function compileBehind(dist: string, name: string): void {
  const cache = beginCompiling(name);
  if (cache === undefined) return;
  const { spawn } = createRequire(import.meta.url)('node:child_process') as typeof import('node:child_process');
  const env = { ...process.env, R14_CACHE: '' };
  spawn(process.execPath, calling(join(dist, 'start.js'), 'compileForCache', dist, cache, name), {
    cwd: dist,
    env,
    stdio: 'ignore',
    detached: true,
  }).unref();
}

function compiled(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
