/**
 * Workers of a search beside the process that was started, which does the first part of it: processes of r14, each of which does a part and prints its lines, as
 * another machine would.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { firstRunOf, type SearchPart, shardOf } from '../debugger/explore/search.js';
import { parseExploreLine, type RunLine } from './explore-lines.js';
import type { Parsed } from './flags.js';

/** What a worker is not to have of the command line. */
const OWN = new Set(['workers', 'shard', 'json', 'stats']);

interface Worker {
  readonly child: ChildProcess;
  readonly part: SearchPart;
  /** The last of its runs that it has told of; 0: none. */
  last: number;
  done: boolean;
  error: string;
}

/** What a worker has left of its part. */
export interface WorkerRest {
  readonly rest: SearchPart;
  /** Why; undefined: it was asked to stop, or those before it are enough. */
  readonly trouble: string | undefined;
}

export class Workers {
  /** What is done here, the first of the parts. */
  readonly own: SearchPart;
  /** The lowest run that has failed. */
  bound = Number.POSITIVE_INFINITY;
  private readonly workers: readonly Worker[];
  private readonly followed: Promise<unknown>;
  private stopping = false;

  /** Starts all but the first of so many; `told`: is told of each run. */
  constructor(
    parsed: Parsed,
    path: string,
    part: SearchPart,
    private readonly count: number,
    private readonly told: (line: RunLine) => void,
  ) {
    this.own = shardOf(part, 1, count);
    const flags = [...parsed.values].flatMap(([name, values]) =>
      OWN.has(name) ? [] : values.map(value => (value === '' ? `--${name}` : `--${name}=${value}`)),
    );
    this.workers = Array.from({ length: count - 1 }, (_, index) => {
      const own = shardOf(part, index + 2, count);
      const args = ['explore', ...flags, '--workers=1', '--json', `--shard=${own.index}/${own.of}`, path, '--', ...parsed.args];
      const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return { child, part: own, last: 0, done: false, error: '' };
    });
    this.followed = Promise.all(this.workers.map(worker => this.follow(worker)));
    // Who waits for their end is told.
    this.followed.catch(() => {});
  }

  /** Has all of them stop soon; what they have told stays. */
  stop(): void {
    this.stopping = true;
    for (const { child } of this.workers) child.kill('SIGTERM');
  }

  /** When all have ended. */
  async end(): Promise<readonly WorkerRest[]> {
    await this.followed;
    return this.workers.flatMap(({ done, error, last, part }, index) => {
      if (done) return [];
      const from = last === 0 ? firstRunOf(part) : last + part.of;
      const rest = { ...part, from, runs: Math.max(0, part.from + part.runs - from) };
      const who = `worker ${index + 2} of ${this.count} ended before its part was done${last === 0 ? '' : `, behind run ${last}`}: ${error}`;
      return [{ rest, trouble: this.stopping || last >= this.bound ? undefined : who }];
    });
  }

  private async follow(worker: Worker): Promise<void> {
    const { child } = worker;
    let said = '';
    child.stderr!.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-2000);
    });
    const ended = new Promise<string>(resolve => {
      child.on('error', error => resolve(error.message));
      child.on('close', (code, signal) =>
        resolve(said.trim().split('\n').at(-1) || (signal === null ? `status ${code}` : `it was killed (${signal})`)),
      );
    });
    for await (const text of createInterface({ input: child.stdout! })) {
      const line = parseExploreLine(text, 'a worker');
      if ('done' in line) worker.done = line.interrupted === undefined;
      if (!('run' in line)) continue;
      worker.last = line.run;
      this.told(line);
      if (line.failure !== undefined) this.failed(line.run);
      else if (line.run >= this.bound) child.kill('SIGTERM');
    }
    worker.error = await ended;
  }

  /** A run has failed: what others do below the first is waited for, so that it is the first in every search. */
  failed(run: number): void {
    this.bound = Math.min(this.bound, run);
    for (const { last, child } of this.workers) if (last >= this.bound) child.kill('SIGTERM');
  }
}
