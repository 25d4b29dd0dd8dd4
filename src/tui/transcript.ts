/** Text that comes: the console's, and what the program writes. Who has scrolled away keeps the place that is being read. */
import { layout, paneContentOf } from './layout.js';
import { paneNamed } from './panes/table.js';
import { type State, touched } from './state.js';

/** Kept of the console, and of what the program writes; a line that is longer goes on in the next. */
const MOST_LINES = 5000;
const MOST_CHARACTERS = 1 << 22;
const LONGEST_LINE = 1 << 16;

/** Lines into the console; its end is shown unless somebody reads elsewhere in it. */
export const say = (state: State, text: string): State =>
  kept(state, 'console', [...state.console, ...text.replace(/\n$/, '').split('\n')]);

export function written(state: State, text: string, end = state.written): State {
  const [rest = '', ...lines] = text.split('\n');
  return kept({ ...state, written: end }, 'output', [...state.output.slice(0, -1), (state.output.at(-1) ?? '') + rest, ...lines]);
}

/** The latest of these lines, as many as are kept. What goes at the beginning goes from in front of what is read as well. */
function kept(before: State, name: 'console' | 'output', lines: readonly string[]): State {
  const cut = lines.flatMap(line =>
    line.length <= LONGEST_LINE
      ? line
      : Array.from({ length: Math.ceil(line.length / LONGEST_LINE) }, (_, i) => line.slice(i * LONGEST_LINE, (i + 1) * LONGEST_LINE)),
  );
  let first = cut.length;
  for (let room = MOST_CHARACTERS; first > 0 && cut.length - first < MOST_LINES; first--) {
    room -= cut[first - 1]!.length;
    if (room < 0) break;
  }
  const after: State = { ...before, [name]: cut.slice(first) };
  const { top } = before.panes[name];
  if (top === undefined || first === 0) return after;
  const width = layout(before).find(place => place.pane.name === name)?.width ?? before.columns;
  const gone = paneContentOf({ ...before, [name]: cut.slice(0, first) }, paneNamed(name), width).items.length;
  return { ...after, panes: touched(after, name, { top: Math.max(0, top - gone), selected: undefined }) };
}
