import { describeAddress } from '../debugger/code/describe.js';
import { Driver } from '../debugger/session/driver.js';
import { awaitOutside } from '../debugger/session/host.js';
import { assembledLauncher, launcher } from '../debugger/session/launcher.js';
import { ClientLog } from '../host/clients.js';
import type { Images } from '../image/images.js';
import type { Process, ProcessStop } from '../linux/api.js';
import type { OutputRecord } from '../linux/output.js';
import type { Runnable } from '../runtime/bundled/detected.js';
import { numberFlag, type Parsed } from './flags.js';
import { forwardedClients } from './forward.js';
import { programInput } from './input.js';
import { keepFiles, keepFlag } from './keep.js';
import { writeOut } from './output.js';
import { processOptions } from './process-options.js';

/** Instructions between two looks at Ctrl-C. */
const SLICE = 20_000_000;
/** Milliseconds after which there is one in any case: system calls may take longer than instructions. */
const SPAN = 100;
/** Milliseconds that one waits for whoever comes first of who types and clients, before one looks at both again. */
const BOTH = 100;

/** Flags that have who goes on decided otherwise than by fair turns. */
const STEERING = ['schedule', 'strategy', 'schedule-out'] as const;

/** `r14 run`: the program's output and status. Returns the status. */
export async function runProgram(given: Parsed, path: string, assembled?: Runnable): Promise<number> {
  const started = performance.now();
  const steered = STEERING.some(flag => given.values.has(flag)) ? (await import('./scheduled.js')).steeredRun(given, path) : undefined;
  const parsed = steered?.parsed ?? given;
  const limit = numberFlag(parsed, 'limit', 1) ?? Number.POSITIVE_INFINITY;
  const options = processOptions(parsed, path);
  const kept = keepFlag(parsed);
  const own = programInput(parsed);
  const clients = await forwardedClients(parsed);
  const output = ({ descriptor, bytes }: OutputRecord) => writeOut(descriptor, bytes);
  const fair = assembled === undefined ? launcher(options) : assembledLauncher(assembled, options);
  const launch = steered?.launcher(fair, path) ?? fair;
  const driver = new Driver(launch.launch(undefined, output, own.input, clients && new ClientLog(clients)), limit);
  const { process } = driver;
  process.catch = { signals: new Set() };
  let status: number | undefined;
  while (status === undefined) {
    if (driver.remaining <= 0) {
      writeOut(2, `r14: stopped after ${limit} instructions (--limit)\n`);
      status = 124;
      break;
    }
    const begun = performance.now();
    const stop = driver.run(SLICE, false, () => performance.now() - begun > SPAN);
    status = statusOf(stop, () => placeText(launch.images(process.objects), process.cpu.registers.rip));
    if (stop.kind === 'input') await awaitOutside(stop, own, clients, stop.clients === 'too' ? BOTH : Number.POSITIVE_INFINITY);
    if (stop.kind === 'budget') await new Promise(resolve => setImmediate(resolve));
  }
  own.end();
  await clients?.end();
  steered?.end(process, launch.images(process.objects));
  if (kept !== undefined) keepFiles(kept, process);
  if (parsed.values.has('stats')) tellStats(process, started, status);
  return status;
}

/** The last line of --stats; `started`: when, by performance.now(). */
export function tellStats(process: Process, started: number, status: number): void {
  const seconds = (performance.now() - started) / 1000;
  const { t, syscallCount, syscallCounts, memory } = process;
  const rss = globalThis.process.memoryUsage.rss();
  const { tierStats: jit } = process.cpu;
  const stats = {
    ...{ instructions: t, seconds, exit: status, syscalls: syscallCount, pages: memory.touchedPages, rss },
    calls: Object.fromEntries([...syscallCounts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    ...(jit === undefined ? {} : { jit }),
  };
  writeOut(2, `${JSON.stringify(stats)}\n`);
}

/** The exit status that a stop means; undefined: go on. */
function statusOf(stop: ProcessStop, place: () => string): number | undefined {
  switch (stop.kind) {
    case 'exited':
      return stop.status;
    case 'unsupported': {
      const bytes = [...stop.bytes].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
      writeOut(2, `r14: ${place()}: ${stop.text} (${bytes}) is not in r14's instruction table\n`);
      return 125;
    }
    case 'memory-limit':
      writeOut(2, `r14: ${place()}: the program would touch more memory than --memory allows\n`);
      return 125;
    case 'deadlock':
      writeOut(2, 'r14: deadlock: every thread of the program waits, and no timer is due\n');
      return 125;
    default:
      return undefined;
  }
}

/** `at 0x401136 in main+16`. */
function placeText(images: Images, rip: bigint): string {
  const name = describeAddress(images, rip);
  return `at 0x${rip.toString(16)}${name === undefined ? '' : ` in ${name}`}`;
}
