/** Runs a process from stop to stop, and what it is at each. */
import type { Process } from '../../src/linux/api.js';

export interface Told {
  /** State hash at each stop. */
  readonly hashes: readonly string[];
  /** How it ended. */
  readonly end: string;
}

/** Far enough for any of the programs. */
const LIMIT = 1e11;

/** Runs to each of the moments that lie ahead, and to the end. */
export function runOn(process: Process, moments: readonly number[]): Told {
  const hashes: string[] = [];
  for (const moment of moments) {
    if (moment <= process.t) continue;
    process.run({ budget: moment - process.t });
    hashes.push(process.hash());
  }
  const stop = process.run({ budget: LIMIT });
  hashes.push(process.hash());
  return { hashes, end: JSON.stringify(stop) };
}

/** What was written from a place of the output on. */
export class Heard {
  private readonly records: { readonly at: number; readonly text: string }[] = [];

  readonly listen = ({ at, descriptor, bytes }: { at: number; descriptor: 1 | 2; bytes: Uint8Array }): void => {
    this.records.push({ at, text: `${descriptor}:${Buffer.from(bytes).toString('latin1')}` });
  };

  /** Empties it. */
  take(): string {
    return this.records
      .splice(0)
      .map(({ at, text }) => `${at} ${text}`)
      .join('\n');
  }
}
