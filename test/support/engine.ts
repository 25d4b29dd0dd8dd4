/** With R14_ENGINE=jit or both, what tests start in their own process runs so, with all of its code compiled soon. */
import type { EngineName, TierOptions } from '../../src/cpu/tier.js';

/** Looks are frequent and everything is hot, so that regions are entered, left and dropped all the time. */
export const SOON = { warm: 0, slice: 777, hot: 1, batch: 3, share: 1e9 } as const satisfies Partial<TierOptions>;

const engine = process.env.R14_ENGINE as EngineName | undefined;
if (engine === 'jit' || engine === 'both') {
  const { loadJit, preferTiers } = await import('../../src/cpu/tier.js');
  preferTiers({ engine, ...SOON });
  await loadJit();
}
