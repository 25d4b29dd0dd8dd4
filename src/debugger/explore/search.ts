/** Which runs a search makes: each is a function of the strategy and of its number. */
import { makeStrategy } from '../../explore/strategies.js';
import type { Explorer, RunOutcome } from './explorer.js';

/** A part of a search: the runs from a number on that are `index` modulo `of`. Numbers begin with 1; run 0 is in the usual order. */
export interface SearchPart {
  readonly from: number;
  readonly runs: number;
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

export const WHOLE = { index: 1, of: 1 } as const;

/** A part of a part. */
export const shardOf = (part: SearchPart, index: number, of: number): SearchPart => ({
  ...part,
  index: part.index + part.of * (index - 1),
  of: part.of * of,
});

/** The number of its first run. */
export const firstRunOf = ({ from, index, of }: SearchPart): number => from + ((((index - from) % of) + of) % of);

export function* runsOf(part: SearchPart): Generator<number> {
  const { from, runs, of } = part;
  for (let run = firstRunOf(part); run < from + runs; run += of) yield run;
}

export interface SearchRun {
  readonly run: number;
  readonly outcome: RunOutcome;
  /** What Go's own random choices were drawn from; undefined: they were as they are. */
  readonly stir: number | undefined;
}

/** The run in the usual order, which also tells how many choices a run has. */
export async function usualRun(explorer: Explorer): Promise<SearchRun> {
  return { run: 0, outcome: await explorer.usual(), stir: undefined };
}

/** A run of the search by its number. The usual one has been done. */
export async function searchRun(explorer: Explorer, strategy: string, seed: number, run: number): Promise<SearchRun> {
  const stir = seed + run;
  return { run, outcome: await explorer.run(makeStrategy(strategy, stir, explorer.steps), stir), stir };
}

/** Runs beyond the usual one that are made to say that a program fails whatever the order is. */
export const ALWAYS = 4;
