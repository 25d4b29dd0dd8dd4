/** `race second-opinion`: what FastTrack has found on a run, beside what the real detector has told of it. */
import { grouped } from '../../host/grouped.js';
import type { Answer } from '../answer.js';
import type { DroppedWhy, SecondOpinion, SecondRace } from '../memory/race-opinion.js';
import type { Target } from '../target.js';
import { framesAtPc, hexNumber } from './race-names.js';

export const DROPPED_WHY: Readonly<Record<DroppedWhy, string>> = {
  'first byte': 'a scalar counts by its first byte, and only other bytes of it were met',
  evicted: 'the cell of the earlier access had been overwritten by a later one (there are four for 8 bytes)',
  'slot reused': "the earlier goroutine's slot had gone to another, whose past it then counts as",
  marked: 'the word had raced before: until its marker is overwritten, range accesses and repeats are not looked at',
  history: 'it was found, but the trace no longer reached back to the earlier access (GORACE=history_size)',
  'told before': 'it was found, but the same two stacks had been reported before (GORACE=suppress_equal_stacks)',
  unknown: 'for a reason that the shadow does not tell',
};
/** Those are the same race, told once: nothing is lost by it. */
export const NO_LOSS: ReadonlySet<DroppedWhy | undefined> = new Set<DroppedWhy | undefined>([undefined, 'told before']);

interface Group {
  readonly text: string;
  readonly races: SecondRace[];
}

/** `write in main.f (x.go:3), and read in main.g (x.go:7) before`. */
export function secondRaceText(target: Target, { mops }: SecondRace): string {
  const [now, before] = mops.map(({ write, stack }) => {
    const place = stack.length === 0 ? '??' : framesAtPc(target, stack.at(-1)!)[0]!;
    return `${write ? 'write' : 'read'} in ${place}`;
  });
  return `${now}, and ${before} before`;
}

export function secondAnswer(target: Target, opinion: SecondOpinion): Answer {
  const groups = new Map<string, Group>();
  const races = opinion.races();
  for (const race of races) {
    const text = secondRaceText(target, race);
    const group = groups.get(text) ?? { text, races: [] };
    group.races.push(race);
    groups.set(text, group);
  }
  const lost = (group: Group): boolean => group.races.every(({ dropped }) => !NO_LOSS.has(dropped));
  const all = [...groups.values()];
  const dropped = all.filter(lost);
  const count = (number: number, what: string): string => `${grouped(number)} ${what}${number === 1 ? '' : 's'}`;
  const lines = [
    `FastTrack, on the same ${count(opinion.told, 'access')}`.replace(/accesss$/, 'accesses') +
      ` and ${count(opinion.syncs, 'synchronisation')}: ${count(all.length, 'pair')} of places race` +
      (all.length === 0
        ? '.'
        : dropped.length === 0
          ? `, and the real detector has reported each${races.some(({ atHand }) => atHand) ? ', or is about to' : ''}.`
          : `; ${dropped.length} of them the real detector has dropped:`),
    ...[...dropped, ...all.filter(group => !lost(group))].flatMap(group => {
      const [first] = group.races;
      const at =
        group.races.length === 1
          ? hexNumber(first!.mops[0].address)
          : `${group.races.length} places from ${hexNumber(first!.mops[0].address)}`;
      const why = [...new Set(group.races.map(({ dropped }) => dropped))].filter(each => !NO_LOSS.has(each));
      return lost(group)
        ? [`  DROPPED   ${group.text}, at ${at}`, ...why.map(each => `            ${DROPPED_WHY[each!]}`)]
        : [`  ${group.races.every(({ atHand }) => atHand) ? 'at hand ' : 'reported'}  ${group.text}, at ${at}`];
    }),
  ];
  const data = {
    accesses: opinion.told,
    synchronisations: opinion.syncs,
    races: races.map(({ mops, dropped: why }) => ({
      address: hexNumber(mops[0].address),
      tids: mops.map(({ tid }) => tid),
      accesses: mops.map(({ write }) => (write ? 'write' : 'read')),
      places: mops.map(({ stack }) => (stack.length === 0 ? '??' : framesAtPc(target, stack.at(-1)!)[0]!)),
      dropped: why ?? null,
    })),
  };
  return { output: lines.join('\n'), data };
}
