/** A value's way in few lines. */
import type { Trail } from '../run/origin.js';
import { ownFrame } from '../show/goroutine-text.js';
import type { ToldLink } from '../show/origin-text.js';
import type { Journey } from '../timeline/history.js';
import { type Inquiry, type Reason, saying } from './inquiry.js';

/** Links that are told: the first ones, and the last. */
const TOLD = 5;

/** The links that matter most: where it was loaded, and where it was made. */
export function trailReasons({ links, source, end }: Trail, most = TOLD): readonly Reason[] {
  const list = withoutSaves(links);
  // What was not followed to its end has no last link that says more than others.
  if (source.kind === 'more')
    return [
      ...list.slice(0, most - 1).map(link => ({ link })),
      saying(`and further back, which origin tells: ${links.length} links and more`),
    ];
  const shown = list.length <= most ? list : [...list.slice(0, 2), ...list.slice(2 - most)];
  const reasons: Reason[] = shown.map(link => ({ link }));
  if (list.length > most) reasons.splice(2, 0, saying(`${list.length - most} more links, which origin tells`));
  return source.kind === 'constant' && links.length > 0 ? reasons : [...reasons, saying(end)];
}

/** The same, and what another goroutine was at that has written on the way: in whose code, and by whom it was started. */
export function* ofTrail(q: Inquiry, trail: Trail): Journey<readonly Reason[]> {
  const reasons = trailReasons(trail);
  const self = yield* goroutineOf(q);
  if (self === undefined) return reasons;
  for (const link of trail.links) {
    if (link.goroutine === undefined || link.goroutine === self) continue;
    yield* q.at(link.t);
    const goroutine = q.target.goroutineOf(q.target.process.current);
    if (goroutine === undefined) continue;
    const frame = ownFrame(q.frames());
    const at = frame === undefined ? '' : ` was in ${q.where(frame)}`;
    const started =
      goroutine.gopc === 0n ? '' : `${at === '' ? ' was' : ','} started by ${q.place(goroutine.gopc - 1n).replace(/\+\d+ /, ' ')}`;
    return [...reasons, saying(`goroutine ${goroutine.id}${at}${started}`)];
  }
  return reasons;
}

/** The goroutine that the stop is of. */
function* goroutineOf(q: Inquiry): Journey<bigint | undefined> {
  yield* q.at(q.scene.t);
  const { process } = q.target;
  const thread = process.threads.find(({ tid }) => tid === q.scene.tid) ?? process.current;
  return q.target.goroutineOf(thread)?.id;
}

/** Without what a function has only kept, and given back: a register from a slot that the register itself was put into. */
function withoutSaves(links: readonly ToldLink[]): readonly ToldLink[] {
  const kept: ToldLink[] = [];
  for (let index = 0; index < links.length; index++) {
    const one = links[index]!;
    const other = links[index + 1];
    const [slot] = one.from;
    const [back] = other?.from ?? [];
    const isSave =
      one.how === 'moved' &&
      other?.how === 'moved' &&
      one.into.kind === 'register' &&
      slot?.kind === 'memory' &&
      other.into.kind === 'memory' &&
      other.into.address === slot.address &&
      back?.kind === 'register' &&
      back.register === one.into.register;
    if (isSave && index + 2 < links.length) index++;
    else kept.push(one);
  }
  return kept;
}
