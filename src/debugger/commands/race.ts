/** Looking into the race detector: a real program's, or a bundled one's. */

import type { RaceThread } from '../../runtime/race/inside/inside.js';
import type { Answer } from '../answer.js';
import { type RaceView, raceView } from '../memory/race.js';
import type { RaceStory } from '../memory/race-story.js';
import { placeOfExpression } from '../session/expressions.js';
import { orderAlone, orderOf, raceBetween, raceStory, secondOpinion } from '../session/races.js';
import type { Session } from '../session/session.js';
import { whoOf } from '../show/race-names.js';
import { secondAnswer } from '../show/race-second.js';
import { orderSvg } from '../show/race-svg.js';
import {
  clockAnswer,
  clockMatrix,
  granuleAt,
  historyAnswer,
  raceSummary,
  shadowAnswer,
  syncAnswer,
  threadsAnswer,
} from '../show/race-text.js';
import { orderLines, orderRows, racerName, storyData, whyLines } from '../show/race-why.js';
import { Arguments, parseCount, splitOptions } from './arguments.js';
import type { Command } from './command.js';

const race = { group: 'race', repeat: 'no', aliases: [] } as const;
/** Events of a history that are told when nobody says how many. */
const HISTORY = 30;
const WHO = 'G is a number that goroutines lists, or tidN: the number that a report has, which is another.';

export const raceCommands: readonly Command[] = [
  {
    ...race,
    name: 'race',
    syntax: ['race'],
    summary: 'which race detector the program has, where its state is, and how many threads and reports there were',
    details:
      'It works on programs of go build -race (Go 1.19 to 1.27), and on bundled programs with --race. Nothing of the detector is changed by looking.',
    completion: [],
    run: (session, args) => {
      args.none();
      return raceSummary(viewOf(session));
    },
  },
  {
    ...race,
    name: 'shadow',
    syntax: ['shadow ADDRESS'],
    summary: 'what the race detector remembers of the 8 bytes at an address: who accessed them, when, and what would race with it now',
    details: [
      'Each 8 bytes have four cells. A cell tells of one access: its bytes (a scalar counts by its first byte only), read or write, atomic, by which goroutine,',
      'and when: sid @ epoch is a slot that goroutines take turns in, and its time, which goes on with each release. What an access now would race with is told',
      'for the selected goroutine: all that its clock does not yet know of.',
    ].join('\n'),
    completion: ['expression'],
    run: (session, args) => {
      const view = viewOf(session);
      return shadowAnswer(view, addressArgument(session, view, args), selectedThread(session, view));
    },
  },
  {
    ...race,
    name: 'race threads',
    syntax: ['race threads [-a]'],
    summary: "the race detector's threads: goroutines with its numbers of them, slots, epochs and traces; -a: also those that have ended",
    completion: [],
    run: (session, args) => {
      const view = viewOf(session);
      const [flags, rest] = splitOptions(args, { '-a': false });
      rest.none();
      return threadsAnswer(view, selectedThread(session, view), flags.has('-a'));
    },
  },
  {
    ...race,
    name: 'race clock',
    syntax: ['race clock', 'race clock G'],
    summary: 'vector clocks: what each goroutine knows of the others, as a matrix; or what one knows',
    details: WHO,
    completion: ['goroutine'],
    run: (session, args) => {
      const view = viewOf(session);
      return args.empty ? clockMatrix(view) : clockAnswer(view, threadArgument(session, view, args));
    },
  },
  {
    ...race,
    name: 'race sync',
    syntax: ['race sync ADDRESS'],
    summary: 'what was released at an address (of a mutex, a channel, an atomic): whose past a goroutine gets that acquires there',
    completion: ['expression'],
    run: (session, args) => {
      const view = viewOf(session);
      return syncAnswer(view, addressArgument(session, view, args));
    },
  },
  {
    ...race,
    name: 'race history',
    syntax: ['race history G [COUNT]'],
    summary: `the trace that the race detector keeps of a goroutine, as calls and accesses; the last ${HISTORY} events, or COUNT`,
    details: `The second stack of a report is found again in it. ${WHO}`,
    completion: ['goroutine'],
    run: (session, args) => {
      const view = viewOf(session);
      const [first, rest] = args.shift();
      if (first === '') throw args.error('race history wants a goroutine');
      return historyAnswer(view, threadArgument(session, view, args.to(first.length)), rest.count(HISTORY));
    },
  },
  {
    ...race,
    name: 'race why',
    syntax: ['race why [N]'],
    summary: 'a race: both accesses with their stacks, what each goroutine knew of the other, and what would have ordered them',
    details: [
      'It speaks of the race that the program stands at (break race), or else of the last that was reported, or of report N, from 1. For what was released and',
      'acquired where, the program is run again from its start up to this moment.',
    ].join('\n'),
    completion: [],
    run: (session, args) => {
      const story = raceStory(session, args.empty ? undefined : args.count(1), args.column);
      const tids = [story.now.tid, story.before.tid] as const;
      const steps = orderOf(session, raceView(session.target), tids);
      return { output: whyLines(session.target, story, steps).join('\n'), data: storyData(story) };
    },
  },
  {
    ...race,
    name: 'race second-opinion',
    syntax: ['race second-opinion'],
    summary:
      'run the program again up to this moment with FastTrack beside its race detector, and list the races that the real one has dropped',
    details: [
      'FastTrack forgets nothing: no cell is evicted, no slot used twice, no trace overwritten. It sees the calls that the compiler has inserted, and of a scalar',
      'also how wide it is, where the code behind the call shows that; the real detector counts the first byte only.',
    ].join('\n'),
    completion: [],
    run: (session, args) => {
      args.none();
      return secondAnswer(session.target, secondOpinion(session, args.column));
    },
  },
  {
    ...race,
    name: 'hb',
    syntax: ['hb [--svg FILE]', 'hb G1 G2 [--svg FILE]'],
    summary:
      'what has ordered two goroutines: each release of one that the other has got, and a race of theirs with its missing edge; alone, those of the last race',
    details: [
      `A line is a step of one of them, at its epoch; <== N says whose past it has got. The program is run again for it. --svg: as a picture. ${WHO}`,
    ].join('\n'),
    completion: ['goroutine'],
    run: happensBefore,
  },
];

function happensBefore(session: Session, args: Arguments): Answer {
  const svg = /(?:^|\s)--svg(?:\s+(\S+))?$/.exec(args.text);
  if (svg !== null && svg[1] === undefined) throw args.error('--svg wants a file', args.text.length);
  const rest = svg === null ? args : args.to(svg.index);
  const view = raceView(session.target);
  const words = rest.words();
  if (words.length !== 0 && words.length !== 2) throw rest.error('hb wants two goroutines, or none for those of the last race');
  const [one, two] = words.map(word => threadArgument(session, view, new Arguments(word.text, word.column)).tid);
  const story = words.length === 0 ? raceStory(session, undefined, rest.column) : raceBetween(session, one!, two!);
  const tids = words.length === 2 ? ([one!, two!] as const) : ([story!.now.tid, story!.before.tid] as const);
  if (tids[0] === tids[1]) throw rest.error('that is one goroutine: it orders itself');
  const steps = story === undefined ? orderAlone(session, view, tids) : orderOf(session, view, tids);
  if (steps === undefined) throw rest.error('what has ordered them cannot be told: the run is too long to be run again');
  const rows = orderRows(session.target, tids, steps, story);
  const names = [racerOf(view, story, tids[0]), racerOf(view, story, tids[1])] as const;
  const data = rows.map(({ column, text: said, from, racing, step }) => ({
    column,
    text: said,
    from: from ?? null,
    racing,
    epoch: step.epoch,
    t: step.t,
  }));
  if (svg === null) return { output: orderLines(names, rows, story).join('\n'), data };
  session.host.writeFile(svg[1]!, orderSvg(names, rows));
  return { output: `Saved ${rows.length} steps to ${svg[1]!}.`, data };
}

const racerOf = (view: RaceView, story: RaceStory | undefined, tid: number): string => {
  const racer = [story?.now, story?.before].find(each => each?.tid === tid);
  return racer === undefined ? whoOf(view, tid) : racerName(racer);
};

function viewOf(session: Session): RaceView {
  session.requireProcess();
  return raceView(session.target);
}

/** The detector's thread of the selected goroutine. */
function selectedThread(session: Session, view: RaceView): RaceThread | undefined {
  const { goroutine } = session;
  return goroutine && view.threadOf(goroutine);
}

function addressArgument(session: Session, view: RaceView, args: Arguments): number {
  if (args.empty) throw args.error(`${args.verb} wants an address`);
  return granuleAt(view, placeOfExpression(session.context(), args.text, args.column), args.column);
}

function threadArgument(session: Session, view: RaceView, args: Arguments): RaceThread {
  const tid = /^tid\s*(\d+)$/.exec(args.text)?.[1];
  if (tid !== undefined) {
    const thread = view.inside.thread(Number(tid));
    if (thread === undefined) throw args.error(`no tid ${tid}: there were ${view.inside.count} (race threads -a lists them)`);
    return thread;
  }
  const id = BigInt(parseCount({ text: args.text, column: args.column }, 0));
  const goroutine = session.target.go?.goroutines().find(each => each.id === id);
  if (goroutine === undefined)
    throw args.error(`no goroutine ${id} (goroutines lists them; tid${id} is the one that a report calls ${id})`);
  const thread = view.threadOf(goroutine);
  if (thread === undefined) throw args.error(`the race detector was told nothing of goroutine ${id}`);
  return thread;
}
