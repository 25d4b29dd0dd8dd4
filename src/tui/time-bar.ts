/** The time bar, a row of the run so far: where one is in it, and what has happened. A click, the wheel and keys go along it. */
import type { State } from './state.js';
import { type Row, span, type TextRole } from './text.js';
import type { Happening, TimeView } from './view/time.js';

interface Sign {
  readonly sign: string;
  readonly role: TextRole;
  readonly summary: string;
}

/** What can be on the bar. The first two are shown whatever else a cell has; of the others the one that fewest cells have. */
const SIGNS: Readonly<Record<Happening['kind'], Sign>> = {
  fault: { sign: '✗', role: 'bad', summary: 'where the program has faulted or was ended' },
  mark: { sign: '#', role: 'changed', summary: 'a mark, or its number' },
  output: { sign: 'o', role: 'literal', summary: 'the program has written' },
  goroutine: { sign: 'g', role: 'heap', summary: 'another goroutine is gone on with' },
  syscall: { sign: 'c', role: 'code', summary: 'a system call' },
  stack: { sign: 's', role: 'stack', summary: 'code asks for another stack, as systemstack does' },
};
const HERE = '▼';

/** The bar's signs, for the help. */
export const BAR_SIGNS: readonly (readonly [sign: string, summary: string])[] = [
  [HERE, 'where the program stands'],
  ...Object.values(SIGNS).map(({ sign, summary }): [string, string] => [sign, summary]),
];

/** Marks with a number that has one figure show it. */
const LARGEST_FIGURE = 9;

/** In which of `width` cells a moment lies. */
const cellOf = ({ start, end }: TimeView, width: number, t: number): number =>
  Math.min(width - 1, Math.floor(((t - start) * width) / (end - start)));

/** The first moment of a cell. */
const beginOf = ({ start, end }: TimeView, width: number, cell: number): number => start + Math.ceil((cell * (end - start)) / width);

/** What each cell shows of what has happened in it; undefined: nothing has. */
function shownIn(time: TimeView, width: number): readonly (Happening | undefined)[] {
  const cells = Array.from({ length: width }, () => new Map<Happening['kind'], Happening>());
  const filled = new Map<Happening['kind'], number>();
  for (const each of time.happened) {
    const cell = cells[cellOf(time, width, each.t)]!;
    const before = cell.get(each.kind);
    if (before === undefined) filled.set(each.kind, (filled.get(each.kind) ?? 0) + 1);
    if (before === undefined || each.t < before.t) cell.set(each.kind, each);
  }
  const kinds = Object.keys(SIGNS) as Happening['kind'][];
  const events = kinds.slice(2).sort((one, other) => (filled.get(one) ?? 0) - (filled.get(other) ?? 0));
  return cells.map(cell => [...kinds.slice(0, 2), ...events].map(kind => cell.get(kind)).find(each => each !== undefined));
}

export function timeBar(time: TimeView, width: number): Row {
  const here = cellOf(time, width, time.now);
  return shownIn(time, width).map((happening, cell) => {
    if (cell === here) return span(HERE, 'current');
    if (happening === undefined) return cell < here ? span('━', 'dim') : span('─', 'dim');
    const { sign, role } = SIGNS[happening.kind];
    const { mark = LARGEST_FIGURE + 1 } = happening;
    return span(mark <= LARGEST_FIGURE ? String(mark) : sign, role);
  });
}

/** The command that goes where a cell stands for: to what it shows, else to its first moment. */
export function commandAt(time: TimeView, width: number, cell: number): string {
  const happening = shownIn(time, width)[cell];
  if (happening !== undefined) return happening.command;
  return cell === width - 1 ? 'seek end' : `seek ${beginOf(time, width, cell)}`;
}

/** The command that goes a cell on or back; undefined: the bar ends here. */
export function commandBy(time: TimeView, width: number, by: 1 | -1): string | undefined {
  const { start, now, end } = time;
  const cell = cellOf(time, width, now);
  if (by > 0) {
    const to = Math.max(now + 1, beginOf(time, width, cell + 1));
    return now >= end ? undefined : to >= end ? 'seek end' : `seek ${to}`;
  }
  const begin = beginOf(time, width, cell);
  const to = Math.max(start, begin < now ? begin : Math.min(now - 1, beginOf(time, width, cell - 1)));
  return now <= start ? undefined : to === start ? 'seek start' : `seek ${to}`;
}

/** The command that goes to what has happened next, or last before; undefined: nothing has. */
export function commandTo({ view }: Pick<State, 'view'>, by: 1 | -1): string | undefined {
  const { time } = view;
  const rest = time?.happened.filter(({ t }) => (by > 0 ? t > time.now : t < time.now)) ?? [];
  const [nearest] = rest.sort((one, other) => by * (one.t - other.t) || rank(one) - rank(other));
  return nearest?.command;
}

const rank = ({ kind }: Happening): number => Object.keys(SIGNS).indexOf(kind);
