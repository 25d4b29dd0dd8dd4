/** Has V8 compile r14 and its WebAssembly, and keeps what it has made of them. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import type { Script } from 'node:vm';
import { claimOf, keepLatest } from './compiled.js';
import { compiledFile } from './learn.js';
import { machineCodeFile, withRuntime } from './modules.js';
import { spareProcessors, start } from './start.js';

/** Off, all functions of a module are optimised at once. */
const LATER = ['liftoff', 'wasm-lazy-compilation', 'wasm-dynamic-tiering'];

/** The machine code of the WebAssembly in `dist`, if V8 gives it away. */
function optimise(dist: string, folder: string): void {
  try {
    withRuntime('SerializeWasmModule', 1, () => undefined);
  } catch (error) {
    if (error instanceof SyntaxError) return;
    throw error;
  }
  for (const name of readdirSync(dist).filter(each => each.endsWith('.wasm'))) {
    const bytes = readFileSync(join(dist, name));
    for (const flag of LATER) setFlagsFromString(`--no-${flag}`);
    const module = new WebAssembly.Module(bytes);
    for (const flag of LATER) setFlagsFromString(`--${flag}`);
    const code = withRuntime('SerializeWasmModule', 1, call => call(module) as ArrayBuffer);
    writeFileSync(join(folder, machineCodeFile(bytes)), Buffer.concat([new Uint8Array(code), bytes]));
  }
}

/** Milliseconds that r14 may take to be warm. What it waits for meanwhile, as for its next picture, keeps no process alive by itself. */
const LONGEST = 120_000;

/** A terminal that nobody sees: once the crash is on its screen, a step is made, and r14 left. */
function unseenTerminal(): void {
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => keys });
  let shown = '';
  const screen = new Writable({
    write(data: Buffer, _encoding, written) {
      shown += data;
      if (/SIGSEGV.*─3 backtrace/s.test(shown)) {
        shown = '';
        keys.write('sq');
      }
      written();
    },
  });
  const size = { columns: 120, rows: 40 };
  Object.defineProperty(process, 'stdin', { value: keys });
  Object.defineProperty(process, 'stdout', {
    value: Object.assign(screen, size, { isTTY: true, fd: 1, getColorDepth: () => 24, getWindowSize: () => [size.columns, size.rows] }),
  });
}

/** What V8 compiles of r14 up to the screen of the crash, loader and kernel included where there is a program for them, and up to its lines. */
async function warm(folder: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'r14-'));
  Object.assign(process.env, { HOME: home, LANG: 'C.UTF-8', TERM: 'xterm-256color' });
  for (const name of ['LC_ALL', 'LC_CTYPE', 'NO_COLOR', 'R14_DEBUG']) delete process.env[name];
  unseenTerminal();
  const crash = ['exec', 'newproc-race', '-ex', 'continue'];
  const runs = [[...crash, '--batch'], crash];
  const smallest = '/bin/true';
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(smallest)) runs.unshift(['run', smallest]);
  // What several runs have compiled is in the script of each: V8 knows the source again.
  const scripts = new Map<string, Script>();
  const hold = setTimeout(() => process.exit(1), LONGEST);
  for (const args of runs) {
    process.argv = [...process.argv.slice(0, 2), ...args];
    for (const [file, script] of await start(false)) scripts.set(file, script);
  }
  clearTimeout(hold);
  // However long that took: under the flags of a start.
  spareProcessors();
  for (const [file, script] of scripts) writeFileSync(join(folder, compiledFile(file)), script.createCachedData());
  rmSync(home, { recursive: true });
}

/** Compiles the bundle in `dist` into a folder that is there. Without this, r14 only starts more slowly. */
export async function compileInto(dist: string, folder: string): Promise<void> {
  spareProcessors();
  optimise(dist, folder);
  await warm(folder);
}

/** Does so into the folder that `beginCompiling` has claimed, and puts it in place whole. */
export async function compileForCache(dist: string, cache: string, name: string): Promise<void> {
  const claim = claimOf(cache, name);
  await compileInto(dist, claim);
  renameSync(claim, join(cache, name));
  keepLatest(cache);
}
