/** Watchpoints looked at: their value now, and the memory that it is made of. */
import type { Watch } from '../../cpu/api.js';
import type { Watchpoint } from '../session/breakpoints.js';
import type { Session } from '../session/session.js';
import type { Range } from '../session/watched-expression.js';
import { lookAtWatched, type Watched } from '../session/watches.js';

/** All that is watched for it. */
export const watchesOf = ({ watch, others = [] }: Watchpoint): readonly Watch[] => [watch, ...others];

/** What is there now; an expression is watched where it leads from now on. */
export function lookAtWatchpoint(session: Session, watchpoint: Watchpoint): Watched {
  const { expression, watch, type } = watchpoint;
  const context = session.context();
  const { printOptions } = session.settings;
  if (expression === undefined) return lookAtWatched(context, watch, type, printOptions);
  const { watched, ranges } = expression.look(context, printOptions);
  if (!sameRanges(watchesOf(watchpoint), ranges)) {
    const [first, ...others] = watchesFor(ranges);
    if (first !== undefined) Object.assign(watchpoint, { watch: first, others });
    session.stopsChanged();
  }
  return watched;
}

/** Every write to what an expression depends on is of interest. */
export const watchesFor = (ranges: readonly Range[]): readonly Watch[] =>
  ranges.map(({ address, length }) => ({ address, length, access: 'write' }));

const sameRanges = (watches: readonly Watch[], ranges: readonly Range[]): boolean =>
  watches.length === ranges.length &&
  watches.every(({ address, length }, index) => address === ranges[index]!.address && length === ranges[index]!.length);
