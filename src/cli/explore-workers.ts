/** Workers of a search: processes of r14, each of which does a part of it and prints its lines, as another machine would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { firstRunOf, type SearchPart, shardOf } from '../debugger/explore/search.js';
import { parseExploreLine, type RunLine } from './explore-lines.js';
import type { Parsed } from './flags.js';

/** What a worker is not to have of the command line. */
const OWN = new Set(['workers', 'shard', 'json']);

interface Worker {
  readonly child: ChildProcess;
  readonly part: SearchPart;
  /** The last of its runs that it has told of; 0: none. */
  last: number;
  done: boolean;
  error: string;
}

/** How the workers ended: what is wrong with each that has not done its part. */
export interface WorkersEnd {
  readonly troubles: readonly string[];
  /** All runs before it are done. */
  readonly next: number;
}

export class Workers {
  private readonly workers: Worker[];
  /** The lowest run that has failed. */
  private bound = Number.POSITIVE_INFINITY;
  private stopping = false;

  constructor(
    parsed: Parsed,
    path: string,
    private readonly part: SearchPart,
    count: number,
    private readonly told: (line: RunLine) => void,
  ) {
    const flags = [...parsed.values].flatMap(([name, values]) =>
      OWN.has(name) ? [] : values.map(value => (value === '' ? `--${name}` : `--${name}=${value}`)),
    );
    this.workers = Array.from({ length: count }, (_, index) => {
      const own = shardOf(part, index + 1, count);
      const args = ['explore', ...flags, '--workers=1', '--json', `--shard=${own.index}/${own.of}`, path, '--', ...parsed.args];
      const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return { child, part: own, last: 0, done: false, error: '' };
    });
  }

  /** Has all of them stop soon; what they have told stays. */
  stop(): void {
    this.stopping = true;
    for (const { child } of this.workers) child.kill('SIGTERM');
  }

  async end(): Promise<WorkersEnd> {
    await Promise.all(this.workers.map(worker => this.follow(worker)));
    const troubles = this.workers.flatMap(({ done, error, last }, index) => {
      if (done || this.stopping || last >= this.bound) return [];
      return [
        `worker ${index + 1} of ${this.workers.length} ended before its part was done${last === 0 ? '' : `, behind run ${last}`}: ${error}`,
      ];
    });
    const { from, runs } = this.part;
    const next = Math.min(
      ...this.workers.map(({ done, last, part }) => (done ? from + runs : last === 0 ? firstRunOf(part) : last + part.of)),
    );
    return { troubles, next };
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
      if (line.failure !== undefined && line.run < this.bound) this.bound = line.run;
      // What the others do below the first failure is waited for, so that it is the first in every search.
      for (const each of this.workers) if (each.last >= this.bound) each.child.kill('SIGTERM');
    }
    worker.error = await ended;
  }
}
