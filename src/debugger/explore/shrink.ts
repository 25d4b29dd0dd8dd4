/** Makes a failing schedule small: delta debugging (Zeller and Hildebrandt, TSE 2002) over its decisions, as each is needed or not. */
import type { OrderDecision } from '../../explore/party.js';
import { replayed } from '../../explore/strategies.js';
import type { Explorer, RunOutcome } from './explorer.js';

export interface Shrunk {
  readonly outcome: RunOutcome;
  readonly stir: number | undefined;
  /** Runs that it took. */
  readonly runs: number;
  /** No decision can be left out any more; else the budget came first. */
  readonly least: boolean;
}

/** How long it may take, and who is told how far it is: runs made, decisions left. */
export interface ShrinkManner {
  /** Runs. */
  readonly most: number;
  readonly enough?: () => boolean;
  readonly tell?: (runs: number, left: number) => void;
}

/**
 * Leaves decisions out while the run still fails alike, for as long as it may take. What a run decides in fact is what is gone on with: a decision that
 * could not be made there is none. Throws nothing; where the failure does not come again, the outcome is what it was.
 */
export async function shrink(
  explorer: Explorer,
  failed: RunOutcome,
  stir: number | undefined,
  { most, enough = () => false, tell }: ShrinkManner,
): Promise<Shrunk> {
  let runs = 0;
  let best = failed;
  let drawn = stir;
  const fails = async (decisions: readonly OrderDecision[], seed: number | undefined): Promise<boolean> => {
    tell?.(runs, best.decisions.length);
    runs++;
    const outcome = await explorer.run(replayed(decisions), seed);
    if (outcome.verdict?.kind !== failed.verdict!.kind || outcome.decisions.length > decisions.length) return false;
    best = outcome;
    drawn = seed;
    return true;
  };
  // Perhaps Go's own chance has nothing to do with it, or nothing else has.
  if (drawn !== undefined && runs < most) await fails(best.decisions, undefined);
  if (runs < most && best.decisions.length > 0) await fails([], drawn);
  let parts = 2;
  while (best.decisions.length > 0 && runs < most && !enough()) {
    const { decisions } = best;
    const size = Math.ceil(decisions.length / parts);
    let smaller = false;
    for (let from = 0; from < decisions.length && runs < most && !enough(); from += size) {
      const rest = [...decisions.slice(0, from), ...decisions.slice(from + size)];
      if (!(await fails(rest, drawn))) continue;
      smaller = true;
      break;
    }
    if (smaller) parts = Math.max(2, Math.min(parts - 1, best.decisions.length));
    else if (enough()) break;
    else if (size > 1) parts = Math.min(decisions.length, parts * 2);
    else return { outcome: best, stir: drawn, runs, least: true };
  }
  return { outcome: best, stir: drawn, runs, least: best.decisions.length === 0 };
}
