/**
 * Starts the bundle, which is one function, with what V8 compiled of it when it was built: that spares the processor a quarter of its work up to
 * the first screen. Another release of Node compiles it anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { compiledWebAssembly } from './modules.js';

export { precompiled } from './modules.js';

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
  // The bundle is ASCII, which is read faster as Latin-1.
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: compiled(join(dirname, FILES.compiled)) });
  const bundle = script.runInThisContext() as Bundle;
  const later = setTimeout(() => setFlagsFromString(USUAL), STARTING).unref();
  await bundle(createRequire(url), url, dirname, compiledWebAssembly(dirname));
  clearTimeout(later);
  return script;
}

function compiled(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
