/** What a session must never show, whatever it was given; and a watch over the time that a case takes. */
import { Worker } from 'node:worker_threads';
import type { Debugging } from '../support/debug.js';

/** Milliseconds of the processor that a line may take: others on the machine do not lengthen them. */
export const MOST_TIME = 5000;
/** After so many milliseconds the user presses Ctrl-C. */
const PATIENCE = 3000;
/** A case has many lines; one that takes so many of the processor's, or of the clock's, hangs. */
const HANGS = { processor: 20_000, clock: 180_000 };

/** Runs the lines; what is wrong with an answer, or undefined. `reverse-step 4096` may take its time, but not longer than the user likes. */
export async function answersTo(
  { run, session }: Pick<Debugging, 'run' | 'session'>,
  lines: readonly string[],
): Promise<string | undefined> {
  session.host.breathe = () => new Promise(resolve => setImmediate(resolve));
  for (const line of lines) {
    const begun = process.cpuUsage();
    const patience = setTimeout(() => session.interrupt(), PATIENCE);
    const { output } = await run(line);
    clearTimeout(patience);
    const { user, system } = process.cpuUsage(begun);
    const took = (user + system) / 1000;
    if (took > MOST_TIME) return `${JSON.stringify(line)} took ${took.toFixed(0)} ms`;
    if (output.startsWith('r14 itself is at fault')) return `${JSON.stringify(line)}: ${output.slice(0, 2000)}`;
  }
  return undefined;
}

/** Ends this process with a word when `seed` stays the same for too long: what hangs cannot be asked to stop. */
export class Watchdog {
  readonly #shared = new BigInt64Array(new SharedArrayBuffer(16));
  readonly #worker: Worker;

  constructor(what: string) {
    const code = `
      const { workerData: { shared, what, most } } = require('node:worker_threads');
      const spent = () => process.cpuUsage().user / 1000;
      let last = -1n, since = Date.now(), before = spent();
      setInterval(() => {
        const now = Atomics.load(shared, 1);
        if (now !== last) { last = now; since = Date.now(); before = spent(); }
        else if (Date.now() - since > most.clock || spent() - before > most.processor) {
          require('node:fs').writeSync(1, what + ': seed ' + Atomics.load(shared, 0) + ' hangs\\n');
          process.kill(process.pid, 'SIGKILL');
        }
      }, 500);`;
    this.#worker = new Worker(code, { eval: true, workerData: { shared: this.#shared, what, most: HANGS } });
    this.#worker.unref();
  }

  begin(seed: number): void {
    Atomics.store(this.#shared, 0, BigInt(seed));
    Atomics.add(this.#shared, 1, 1n);
  }

  end(): Promise<number> {
    return this.#worker.terminate();
  }
}
