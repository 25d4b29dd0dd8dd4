/** The race that a stop is about, or that was asked about at it, as the screen shows it. */
import type { ShadowCell } from '../../runtime/race/inside/inside.js';
import { raceView } from '../memory/race.js';
import { isDropped, type RacingAccess } from '../memory/race-story.js';
import { knownPair, knownRace } from '../session/races.js';
import type { Session } from '../session/session.js';
import { accessText, framesAtPc, hexNumber, whoOf } from './race-names.js';
import { type OrderRow, orderRows, racerName } from './race-why.js';

export interface RaceSide {
  readonly who: string;
  readonly access: string;
  /** `sid 1 @ 19`. */
  readonly when: string;
  /** What it knows of the other, or not. */
  readonly knows: string;
  /** The line of source, when it can be read. */
  readonly source: string | undefined;
  /** Innermost first. */
  readonly frames: readonly string[];
}

export interface PictureCell {
  readonly text: string;
  readonly kind: 'empty' | 'marker' | 'read' | 'write';
}

export interface RacePicture {
  /** Undefined: two goroutines were asked about, without a race. */
  readonly race: PicturedRace | undefined;
  readonly names: readonly [string, string];
  /** What has ordered the two; undefined: nobody has asked (`race why`), as the program is run again for it. */
  readonly rows: readonly OrderRow[] | undefined;
}

interface PicturedRace {
  /** The access that found it, and the one before. */
  readonly sides: readonly [RaceSide, RaceSide];
  /** The cells of both accesses, and the word's four as they are since the race was found. */
  readonly met: readonly PictureCell[];
  readonly cells: readonly PictureCell[];
  readonly dropped: boolean;
}

/** Frames of each side. */
const MOST_FRAMES = 6;

export function racePicture(session: Session): RacePicture | undefined {
  const pair = knownPair(session);
  if (pair !== undefined && !session.exited) {
    const view = raceView(session.target);
    const { tids, steps } = pair;
    return { race: undefined, names: [whoOf(view, tids[0]), whoOf(view, tids[1])], rows: orderRows(session.target, tids, steps) };
  }
  const known = knownRace(session);
  if (known === undefined) return undefined;
  const { story, steps } = known;
  const { now, before } = story;
  const side = (access: RacingAccess, other: RacingAccess): RaceSide => {
    const { cell, stack, knows } = access;
    const pc = stack?.at(-1);
    const line = pc === undefined ? undefined : session.target.images.lineAt(BigInt(pc) - 1n);
    const frames =
      stack === undefined
        ? ['the trace no longer reaches back to it']
        : [...stack].reverse().flatMap(each => framesAtPc(session.target, each));
    return {
      who: racerName(access),
      access: `${accessText(cell)} at ${hexNumber(access.address)}`,
      when: `sid ${cell.sid} @ ${cell.epoch}`,
      knows:
        knows === undefined
          ? 'its clock is gone'
          : knows >= other.cell.epoch
            ? `knows tid ${other.tid} up to ${knows}`
            : `knows tid ${other.tid} up to ${knows}, not ${other.cell.epoch}`,
      source: line === undefined ? undefined : session.sources.line(line.file, line.line)?.trim(),
      frames: frames.slice(0, MOST_FRAMES).map(each => each.replace(/ at \S*\/(?=[^/]+$)/, ' ')),
    };
  };
  return {
    race: {
      sides: [side(now, before), side(before, now)],
      met: [now.cell, before.cell].map(cellOf),
      cells: story.cells.map(cellOf),
      dropped: isDropped(story),
    },
    names: [racerName(now), racerName(before)],
    rows: steps && orderRows(session.target, [now.tid, before.tid], steps, story),
  };
}

function cellOf({ kind, offset, size, write, atomic, tid, epoch }: ShadowCell): PictureCell {
  if (kind !== 'access') return { text: kind, kind };
  const bytes = size === 1 ? `${offset}` : `${offset}..${offset + size - 1}`;
  return { text: `${write ? 'W' : 'R'}${atomic ? ' atomic' : ''} ${bytes} tid ${tid ?? '?'} @ ${epoch}`, kind: write ? 'write' : 'read' };
}
