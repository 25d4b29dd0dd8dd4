/** The screen's last two lines: what is typed, or else the panes and their keys; and below it what the keys do now. Both can be clicked. */
import type { Action, Asking } from './action.js';
import { KEYS, type KeyRow } from './keys.js';
import { layout } from './layout.js';
import { PANES, type Pane } from './panes/table.js';
import { promptRow } from './prompt.js';
import type { State } from './state.js';
import { printable, type Row, span, type TextRole } from './text.js';
import widthOf from './width.js';

const PROMPTS: Readonly<Record<Asking, string>> = {
  command: '(r14) ',
  search: 'search: ',
  place: 'go to: ',
  answer: 'answer: ',
  watch: 'watch: ',
};

/** A piece of a line, and what a click on it does. */
interface Piece {
  readonly text: string;
  readonly role: TextRole;
  readonly action?: Action;
}

export function footer(state: State): readonly Row[] {
  const typed =
    state.line === undefined ? undefined : promptRow(state.line, state.columns, state.reading ? 'input: ' : PROMPTS[state.asking]);
  return [typed ?? rowOf(upper(state)), rowOf(lower(state))];
}

const ENTERS: Readonly<Record<Asking, string>> = {
  command: 'enter runs it',
  search: 'enter searches',
  place: 'enter goes there',
  answer: 'enter gives it',
  watch: 'enter watches it',
};

const rowOf = (pieces: readonly Piece[]): Row => pieces.map(({ text, role }) => span(text, role));

/** What a click on one of the two lines does, `row` 0 or 1. */
export function clicked(state: State, row: number, column: number): Action | undefined {
  const pieces = row === 1 ? lower(state) : state.line === undefined ? upper(state) : [];
  let from = 0;
  for (const { text, action } of pieces) {
    const to = from + widthOf(text);
    if (column >= from && column < to) return action;
    from = to;
  }
  return undefined;
}

/** What there is to say of the last key, or the panes: those that have no place on the screen are found here, and how to come back from one. */
function upper(state: State): readonly Piece[] {
  if (state.notice !== '') return [{ text: ` ${printable(state.notice)}`, role: 'changed' }];
  const shown = new Set(layout(state).map(place => place.pane.name));
  const worth = PANES.filter(pane => shown.has(pane.name) || (pane.useful?.(state) ?? true));
  const pieces = (name: (pane: Pane) => string, wanted: (pane: Pane) => boolean = () => true): readonly Piece[] =>
    worth.filter(wanted).flatMap((pane): Piece[] => {
      const role = pane.name === state.focus ? 'focus' : shown.has(pane.name) ? 'plain' : 'dim';
      const action: Action = { kind: 'pane', name: pane.name };
      return [
        { text: ' ', role: 'plain' },
        { text: `${pane.key} ${name(pane)}`, role, action },
      ];
    });
  const full = pieces(pane => pane.title);
  const short = pieces(pane => pane.short ?? pane.title);
  const fitting = [full, short].find(each => cells(each) <= state.columns);
  // Those that are on the screen have their keys in their titles.
  return (
    fitting ??
    pieces(
      pane => pane.short ?? pane.title,
      pane => !shown.has(pane.name) || pane.name === state.focus,
    )
  );
}

const cells = (pieces: readonly Piece[]): number => pieces.reduce((sum, { text }) => sum + widthOf(text), 0);

const SEPARATOR: Piece = { text: ' · ', role: 'dim' };

/** As many of the hints as there is room for; how to type, to learn more and to leave are always among them. */
function lower(state: State): readonly Piece[] {
  const all = hints(state);
  const kept = all.filter(({ row }) => row?.always);
  const first = all.filter(({ row }) => !row?.always);
  const line = (): readonly Piece[] => [
    { text: ' ', role: 'dim' },
    ...[...first, ...kept].flatMap(({ text, row }, index): Piece[] => [
      ...(index === 0 ? [] : [SEPARATOR]),
      { text, role: 'dim', ...(row === undefined ? {} : { action: row.action }) },
    ]),
  ];
  while (first.length > 0 && cells(line()) > state.columns) first.pop();
  return line();
}

interface Hint {
  readonly text: string;
  readonly row?: KeyRow;
}

/** What can be done now, the most useful first. */
function hints(state: State): readonly Hint[] {
  if (state.help !== undefined) return [{ text: 'up and down scroll' }, { text: 'any other key goes back' }];
  if (state.reading) return [{ text: 'enter sends the line' }, { text: 'ctrl-d ends the input' }, { text: 'ctrl-c stops the program' }];
  if (state.line !== undefined)
    return [
      { text: ENTERS[state.asking] },
      { text: 'escape leaves it' },
      ...(state.asking === 'search' || state.asking === 'answer' ? [] : [{ text: 'tab completes' }]),
      ...(state.asking === 'command' ? [{ text: 'up and down: commands before' }, { text: 'pageup, pagedown: console' }] : []),
    ];
  // In a lesson a selected name is what somebody is about to look at.
  const first = (row: KeyRow): boolean => row.action.kind === 'enter' && state.focus === 'lesson';
  return [...KEYS.filter(first), ...KEYS.filter(row => !first(row))].flatMap((row): Hint[] => {
    const hint = typeof row.hint === 'function' ? row.hint(state) : row.hint;
    return hint === undefined || (state.running !== undefined && !row.whileRunning) ? [] : [{ text: hint, row }];
  });
}
