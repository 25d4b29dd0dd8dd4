/**
 * Starts the bundle, whose parts are functions, with what V8 has compiled of them before: that spares the processor a third of its work up to the
 * first screen. Where nothing is kept for this release of Node, it is made behind this start, for the next.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { beginCompiling, calling, compiledFolder, compiledName } from './compiled.js';
import { compiledFile, learn } from './learn.js';
import { compiledWebAssembly } from './modules.js';

/** SHA-256 of the bundle beside this file, put in when it is built. */
declare const BUNDLE_DIGEST: string;

/** The part of the bundle that is run first, and the file that it is in. */
export const MAIN = 'main';
/** The name of a file of parts, in the folder of this one. Its value is an object of them. */
export const codeFile = (file: string): string => `${file}.cjs`;
/** What each part of the bundle takes from its surroundings. */
export const SURROUNDINGS = ['require', 'bundleUrl', '__dirname', 'WebAssembly', 'importPart'] as const;

/**
 * V8 compiles what is hot on threads beside r14's own, which on a small machine have to share its processors. So it is told to inline less into
 * what it optimises, and to optimise WebAssembly that has no machine code yet only when a program has run for a while.
 */
const THRIFTY = ['--max-inlined-bytecode-size-cumulative=100', '--wasm-tiering-budget=100000000'];

/**
 * V8 takes what compiled regions say of their branches: what is seldom gone to keeps no registers from the rest. Only where the flag is known to be
 * there, up to Node 22: V8 says on stderr of one that it does not know.
 */
const HINTS = Number.parseInt(process.versions.v8, 10) < 13 ? ['--experimental-wasm-branch-hinting'] : [];

/**
 * V8 doubles the space of new objects, 1 MB, until it has 16, to look through it less often. What r14 makes while it starts lives long or dies at
 * once: the small space costs less time and memory. In a long session it grows as usual.
 */
const SMALL = ['--semi-space-growth-factor=1', '--heap-growing-percent=500'];
const USUAL = ['--semi-space-growth-factor=2', '--heap-growing-percent=0'];
const STARTING = 1000;

function setFlags(flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag);
}

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

/** What a part exports. */
type Exports = Readonly<Record<string, unknown>>;
type ImportPart = (file: string, part: string) => Promise<Exports>;
type Part = (require: NodeJS.Require, url: string, dirname: string, wasm: typeof WebAssembly, importPart: ImportPart) => Promise<Exports>;

/** To be called first, and before what is compiled is kept: V8 takes that only under the flags that it had then. */
const setStartingFlags = (): void => setFlags([...THRIFTY, ...HINTS, ...SMALL]);

/** The flags of a start, and the threads that V8 has beside r14's own made to yield to it. */
export function spareProcessors(): void {
  setStartingFlags();
  yieldToOwnThread();
}

/** Runs r14 with the arguments of this process. `learning`: what is compiled is kept at its end. Returns the scripts of the files that were needed. */
export async function start(learning = true): Promise<ReadonlyMap<string, Script>> {
  spareProcessors();
  const { dirname, url } = import.meta;
  const name = compiledName(BUNDLE_DIGEST);
  const folder = compiledFolder(dirname, name);
  if (learning && folder === undefined) process.once('exit', () => compileBehind(dirname, name));
  const later = setTimeout(() => setFlags(USUAL), STARTING).unref();
  const require = createRequire(url);
  const wasm = compiledWebAssembly(folder);
  const scripts = new Map<string, Script>();
  if (learning && folder !== undefined)
    process.once('exit', () => {
      setStartingFlags();
      learn(folder, scripts);
    });
  const imported = new Map<string, Promise<Exports>>();
  const files = new Map<string, Readonly<Record<string, Part>>>();
  const partsOf = (file: string): Readonly<Record<string, Part>> => {
    let parts = files.get(file);
    if (parts === undefined) {
      const filename = join(dirname, codeFile(file));
      const cachedData = folder === undefined ? undefined : compiled(join(folder, compiledFile(file)));
      // The bundle is ASCII, which is read faster as Latin-1.
      const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
      scripts.set(file, script);
      parts = script.runInThisContext() as Readonly<Record<string, Part>>;
      files.set(file, parts);
    }
    return parts;
  };
  const importPart: ImportPart = (file, part) => {
    let exports = imported.get(part);
    if (exports === undefined) {
      exports = partsOf(file)[part]!(require, url, dirname, wasm, importPart);
      imported.set(part, exports);
    }
    return exports;
  };
  await importPart(MAIN, MAIN);
  clearTimeout(later);
  return scripts;
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
