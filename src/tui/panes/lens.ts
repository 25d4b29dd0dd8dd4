import { stagesOf, type Way } from '../../debugger/lens/stages.js';
import type { LensView, Side } from '../../debugger/lens/view.js';
import type { PaneItem, PaneRow, PaneSubject } from '../pane.js';
import { printable, type Row, shortNames, span, type TextSegment } from '../text.js';
import widthOf from '../width.js';

const ARROW = ' -> ';
/** Cells of an origin that leave room for the places behind it. */
const LONG = 16;

/** The call at hand from both sides: its conventions, and the way each argument has come. */
export const lensPane = {
  name: 'lens',
  title: 'call lens',
  short: 'call',
  key: '4',
  content: ({ view }: PaneSubject) => ({ items: view.lens === undefined ? [] : rows(view.lens).map((row): PaneItem => ({ row })) }),
} as const satisfies PaneRow;

function rows({ caller, callee, values, stack }: LensView): readonly Row[] {
  const sides = [caller, callee].filter(side => side !== undefined);
  const named = values.map(({ label, name }) => ` ${label} ${printable(name)}`.trimEnd());
  const column = Math.max(0, ...named.map(widthOf)) + 2;
  return [
    sides.flatMap((side, index) => [...(index === 0 ? [span(' ')] : [span(ARROW, 'dim')]), ...sideText(side)]),
    ...values.flatMap(({ place, value, chain }, index): Row[] => {
      const shown = value === undefined ? span('not known here', 'dim') : span(`= ${printable(shortNames(value.text))}`);
      const argument: Row = [span(named[index]!.padEnd(column)), span(`${place} `), shown];
      return chain === undefined ? [argument] : [argument, ...way(chain)];
    }),
    ...stack.filter(({ wrong }) => wrong).map(({ text }): Row => [span(` ${text}`, 'fault')]),
  ];
}

const sideText = ({ name, callable }: Side): readonly TextSegment[] => [
  span(printable(shortNames(name)), 'function'),
  span(`  ${callable.convention.id}`, 'dim'),
];

/** Where the value was, from its origin on, and under each place the convention that it was passed by. */
function way(chain: Way): readonly Row[] {
  const stages = stagesOf(chain).map(({ place, convention }) => ({
    place,
    convention: convention === 'hand-made assembly' ? 'private' : convention,
  }));
  const widths = stages.map(({ place, convention }) => Math.max(widthOf(place), widthOf(convention)));
  const line = (texts: readonly string[], join: string) => texts.map((text, index) => `${join}${text.padEnd(widths[index]!)}`).join('');
  const places = line(
    stages.map(each => each.place),
    ARROW,
  );
  const conventions = line(
    stages.map(each => each.convention),
    ' '.repeat(ARROW.length),
  );
  const from = `   ${printable(shortNames(chain.complete ? chain.origin : `(${chain.origin})`))}`;
  // A long origin leaves no room for the places behind it: it has a line of its own.
  const own = widthOf(from) > LONG;
  const head = own ? '  ' : from;
  const blank = ' '.repeat(widthOf(head));
  return [...(own ? [[span(from)]] : []), [span(`${head}${places}`.trimEnd())], [span(`${blank}${conventions}`.trimEnd(), 'dim')]];
}
