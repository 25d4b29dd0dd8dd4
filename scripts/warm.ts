/**
 * Runs the bundle in a folder once up to the screen of the crash, and keeps what V8 has compiled for that beside it. `bundle.ts` runs this in a process of
 * its own, for which there is a terminal that nobody sees.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

const dist = process.argv[2]!;
const { start, spareProcessors, FILES } = (await import(
  pathToFileURL(join(dist, 'start.js')).href
)) as typeof import('../src/cli/start.js');

const home = mkdtempSync(join(tmpdir(), 'r14-'));
process.env.HOME = home;

/** r14 with these arguments. What both runs have compiled is in the script of either: V8 knows the source again. */
function run(...args: readonly string[]): ReturnType<typeof start> {
  process.argv = [...process.argv.slice(0, 2), ...args];
  return start();
}

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

// The loader and the kernel, where there is a program for them.
const smallest = '/bin/true';
if (process.platform === 'linux' && process.arch === 'x64' && existsSync(smallest)) await run('run', smallest);
const script = await run('exec', 'newproc-race', '-ex', 'continue');
// However long that took: under the flags of a start.
spareProcessors();
writeFileSync(join(dist, FILES.compiled), script.createCachedData());
rmSync(home, { recursive: true });
