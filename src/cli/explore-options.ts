/** What the flags of `r14 explore` say. */

import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { ExploreLimits } from '../debugger/explore/explorer.js';
import { type SearchPart, WHOLE } from '../debugger/explore/search.js';
import { type Until, USUAL_UNTIL } from '../debugger/explore/verdict.js';
import { VERDICTS, type VerdictKind } from '../explore/names.js';
import type { ScheduledRun } from '../explore/schedule.js';
import { strategyNamed } from '../explore/strategies.js';
import { version } from '../host/node/package.js';
import { numberFlag, type Parsed, UsageError } from './flags.js';

/** Processors that a program under search has: so many goroutines run on threads of their own. */
export const EXPLORE_CPUS = 8;
const USUAL_RUNS = 1000;
/** Instructions of a run: half a minute of the emulator's time. */
const USUAL_LIMIT = 2_000_000_000;
const USUAL_HANG = 10;

export interface ExploreWishes {
  readonly strategy: string;
  readonly seed: number;
  readonly part: SearchPart;
  readonly limits: ExploreLimits;
  /** `--until` as it was given, or in full. */
  readonly until: string;
  readonly workers: number;
  readonly json: boolean;
}

export function exploreWishes(parsed: Parsed): ExploreWishes {
  const { until, text } = untilFlag(parsed);
  const part = { ...shardFlag(parsed), from: numberFlag(parsed, 'from', 1) ?? 1, runs: numberFlag(parsed, 'runs', 1) ?? USUAL_RUNS };
  return {
    strategy: strategyNamed(parsed.values.get('strategy')?.[0] ?? 'mixed'),
    seed: numberFlag(parsed, 'seed', 0) ?? 0,
    part,
    limits: {
      until,
      limit: numberFlag(parsed, 'limit', 1) ?? USUAL_LIMIT,
      hang: (numberFlag(parsed, 'hang', 1) ?? USUAL_HANG) * 1e9,
      secondOpinion: parsed.values.has('second-opinion'),
    },
    until: parsed.values.has('second-opinion') ? `${text}, with a second opinion on races` : text,
    workers: Math.min(numberFlag(parsed, 'workers', 1) ?? availableParallelism(), part.runs),
    json: parsed.values.has('json'),
  };
}

function untilFlag(parsed: Parsed): { until: Until; text: string } {
  const given = parsed.values.get('until')?.[0];
  if (given === undefined) return { until: USUAL_UNTIL, text: [...USUAL_UNTIL.kinds].join(',') };
  const kinds = new Set<VerdictKind>();
  let output: RegExp | undefined;
  // A regular expression is last, and goes to the end: there may be commas in it.
  const [, names = '', pattern] = /^(.*?)(?:(?:^|,)output:(.*))?$/s.exec(given) ?? [];
  for (const name of names.split(',').filter(each => each !== '' || pattern === undefined)) {
    if (!Object.hasOwn(VERDICTS, name) || name === 'output')
      throw new UsageError(`--until: "${name}" is none of ${Object.keys(VERDICTS).join(', ').replace('output', 'output:REGEX')}`);
    kinds.add(name as VerdictKind);
  }
  if (pattern !== undefined) {
    try {
      output = new RegExp(pattern, 'm');
    } catch (error) {
      throw new UsageError(`--until: ${(error as Error).message}`);
    }
    kinds.add('output');
  }
  return { until: { kinds, output }, text: given };
}

function shardFlag(parsed: Parsed): { index: number; of: number } {
  const text = parsed.values.get('shard')?.[0];
  if (text === undefined) return WHOLE;
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (!(Number.isSafeInteger(shard.of) && shard.index >= 1 && shard.index <= shard.of))
    throw new UsageError(`--shard: "${text}" is no part of a whole such as 3/20`);
  return shard;
}

/** What the program is run with; `binary`: the SHA-256 of its file. */
export const scheduledRun = (parsed: Parsed, path: string, binary: string): ScheduledRun => ({
  program: basename(path),
  binary,
  made: version(),
  args: parsed.args,
  env: parsed.values.get('env') ?? [],
  cpus: numberFlag(parsed, 'cpus', 1) ?? EXPLORE_CPUS,
  machine: 0,
});
