/** Lines of `r14 explore --json`: a header that says what was run, a line for each run, and one at the end. */
import type { RunOutcome } from '../debugger/explore/explorer.js';
import type { RunVerdict } from '../debugger/explore/verdict.js';
import { VERDICTS } from '../explore/names.js';
import type { OrderDecision } from '../explore/party.js';
import type { ScheduledRun } from '../explore/schedule.js';
import { isCount, isFields, isText, isTexts, type ReadFields } from '../host/read-value.js';
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
  /** There was no end within the limit. */
  readonly cut?: true;
  readonly failure?: FailureLine;
}

export interface DoneLine {
  /** Runs that were made; with `interrupted`, those of its part up to `next` only. */
  readonly done: number;
  readonly interrupted?: true;
}

export type ExploreLine = HeaderLine | RunLine | DoneLine;

export function runLine(run: number, { order, steps, verdict, decisions, cut }: RunOutcome, stir: number | undefined): RunLine {
  if (verdict === undefined) return { run, order, steps, ...(cut ? { cut } : {}) };
  const failure = { verdict, stir: stir ?? null, decisions: decisions.map(({ who, count, chosen }) => [who, count, chosen] as const) };
  return { run, order, steps, failure };
}

export const decisionsOf = ({ decisions }: FailureLine): readonly OrderDecision[] =>
  decisions.map(([who, count, chosen]) => ({ who, count, chosen }));

/** What the fields of each line must be, by the one that it is known by. */
const LINES: Readonly<Record<string, (line: ReadFields) => boolean>> = {
  explore: ({ explore, shard }) => isFields(explore) && isSearch(explore) && isShard(shard),
  run: ({ run, order, steps, cut, failure }) =>
    isCount(run) && isText(order) && isCount(steps) && (cut === undefined || cut === true) && (failure === undefined || isFailure(failure)),
  done: ({ done, interrupted }) => isCount(done) && (interrupted === undefined || interrupted === true),
};

const isSearch = ({ program, binary, made, strategy, until, args, env, ...counts }: ReadFields): boolean =>
  [program, binary, made, strategy, until].every(isText) &&
  [args, env].every(isTexts) &&
  [counts.cpus, counts.machine, counts.seed, counts.from, counts.runs].every(isCount);

const isShard = (shard: unknown): boolean =>
  Array.isArray(shard) && shard.length === 2 && shard.every(isCount) && shard[0] >= 1 && shard[0] <= shard[1];

const isFailure = (failure: unknown): boolean => {
  if (!isFields(failure) || !isFields(failure.verdict) || !Array.isArray(failure.decisions)) return false;
  const { kind, text, details } = failure.verdict;
  const isVerdict = isText(kind) && Object.hasOwn(VERDICTS, kind) && isText(text) && isTexts(details);
  const isDecision = (each: unknown) => Array.isArray(each) && each.length === 3 && each.every(isCount);
  return isVerdict && (failure.stir === null || isCount(failure.stir)) && failure.decisions.every(isDecision);
};

/** Reads a line; `where`: for what is wrong with it. Throws Told. */
export function parseExploreLine(text: string, where: string): ExploreLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const kind = isFields(value) ? Object.keys(LINES).find(each => each in (value as ReadFields)) : undefined;
  if (kind !== undefined && LINES[kind]!(value as ReadFields)) return value as ExploreLine;
  throw new Told(`${where}: this is no line of r14 explore --json`);
}
