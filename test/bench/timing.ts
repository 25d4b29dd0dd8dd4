/** Commands, timed; and tables of that. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { GUEST_ENVIRONMENT, hasCommand } from '../support/build.js';

/** The first argument that is a number. */
export const rounds = Number(process.argv.slice(2).find(each => /^\d+$/.test(each)) ?? 5);
export const r14 = join(import.meta.dirname, '../../bin/r14.js');
export const qemu = hasCommand('qemu-x86_64');

export const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

/** Median wall time of a command in seconds, and what it last said on stderr. */
export function time(command: string, args: readonly string[], count = rounds, wanted = 0): { seconds: number; stderr: string[] } {
  const stderr: string[] = [];
  const seconds = Array.from({ length: count }, () => {
    const start = process.hrtime.bigint();
    const result = spawnSync(command, args, {
      encoding: 'utf8',
      env: { ...GUEST_ENVIRONMENT, ...ownEnvironment(command) },
      input: '',
      maxBuffer: 1 << 28,
    });
    if (result.error) throw result.error;
    if (result.status !== wanted) throw new Error(`${[command, ...args].join(' ')} ended with status ${result.status}: ${result.stderr}`);
    stderr.push(result.stderr);
    return Number(process.hrtime.bigint() - start) / 1e9;
  });
  return { seconds: median(seconds), stderr };
}

/** node is found by its own PATH; guests get the small environment in each case. */
const ownEnvironment = (command: string) => (command === process.execPath ? { PATH: process.env.PATH } : {});

/** What --stats says. */
export interface Stats {
  instructions: number;
  seconds: number;
  pages: number;
  rss: number;
  jit?: { compiled: number; codeBytes: number };
}

export const million = (n: number): string => (n / 1e6).toFixed(n < 1e8 ? 1 : 0);

export function printTable(table: readonly (readonly string[])[]): void {
  const widths = table[0]!.map((_, column) => Math.max(...table.map(cells => cells[column]!.length)));
  for (const cells of table)
    console.log(
      cells
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}
