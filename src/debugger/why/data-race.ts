/** A data race that the program stands at: both accesses, and the edge that is missing between them. */
import { raceView } from '../memory/race.js';
import { orderOf, raceStory } from '../session/races.js';
import { shortWhyLines } from '../show/race-why.js';
import type { Journey } from '../timeline/history.js';
import { type Inquiry, type Reason, saying } from './inquiry.js';

/** Bytes that a race is on, as far as a value is followed. */
const MOST_BYTES = 8;

/** `story`: see `raceOf`, while the program stands there. */
export function* ofDataRace(q: Inquiry, { told, before }: ReturnType<typeof raceOf>): Journey<readonly Reason[]> {
  const reasons = told.map(saying);
  if (!before.cell.write) return reasons;
  // The earlier access can be gone to, when nobody has written there since.
  yield* q.at(q.scene.t);
  const spot = { kind: 'memory', address: BigInt(before.address), bytes: Math.min(MOST_BYTES, before.cell.size) } as const;
  const { links } = yield* q.trail(spot, 1);
  const [link] = links;
  return link === undefined ? reasons : [...reasons, { link }];
}

/** What is known of the race at this stop. */
export function raceOf(q: Inquiry) {
  const { session, target } = q;
  const story = raceStory(session, undefined, 0);
  const steps = orderOf(session, raceView(target), [story.now.tid, story.before.tid]);
  return { told: shortWhyLines(target, story, steps), before: story.before };
}
