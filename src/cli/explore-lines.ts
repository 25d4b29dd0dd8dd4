/** Lines of `r14 explore --json`: a header that says what was run, a line for each run, and one at the end. */
import type { RunOutcome } from '../debugger/explore/explorer.js';
import type { RunVerdict } from '../debugger/explore/verdict.js';
import type { OrderDecision } from '../explore/party.js';
import type { ScheduledRun } from '../explore/schedule.js';
import { Told } from '../host/told.js';

/** What the parts of one search have in common. */
export interface SearchOf extends ScheduledRun {
  readonly strategy: string;
  readonly seed: number;
  readonly until: string;
  readonly from: number;
  readonly runs: number;
}

export interface HeaderLine {
  readonly explore: SearchOf;
  readonly shard: readonly [index: number, of: number];
}

/** Of one that has failed, with all that it takes to make it again. */
export interface FailureLine {
  readonly verdict: RunVerdict;
  readonly stir: number | null;
  /** who, count, chosen: as in a schedule. */
  readonly decisions: readonly (readonly [number, number, number])[];
}

export interface RunLine {
  readonly run: number;
  readonly order: string;
  readonly steps: number;
  readonly failure?: FailureLine;
}

export interface DoneLine {
  /** Runs that were made; with `interrupted`, those of its part up to `next` only. */
  readonly done: number;
  readonly interrupted?: true;
}

export type ExploreLine = HeaderLine | RunLine | DoneLine;

export function runLine(run: number, { order, steps, verdict, decisions }: RunOutcome, stir: number | undefined): RunLine {
  if (verdict === undefined) return { run, order, steps };
  const failure = { verdict, stir: stir ?? null, decisions: decisions.map(({ who, count, chosen }) => [who, count, chosen] as const) };
  return { run, order, steps, failure };
}

export const decisionsOf = ({ decisions }: FailureLine): readonly OrderDecision[] =>
  decisions.map(([who, count, chosen]) => ({ who, count, chosen }));

/** Reads a line; `where`: for what is wrong with it. Throws Told. */
export function parseExploreLine(text: string, where: string): ExploreLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof value === 'object' && value !== null && ('explore' in value || 'run' in value || 'done' in value)) return value as ExploreLine;
  throw new Told(`${where}: this is no line of r14 explore --json`);
}
