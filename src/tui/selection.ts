/** The selected item of each pane, and how it moves. */
import { layout, linesOf, paneContentOf, type ScreenPlace, scrolled } from './layout.js';
import { isCut, type PaneItem, type PaneState } from './pane.js';
import { type PaneName, paneNamed } from './panes/table.js';
import { type State, touched } from './state.js';
import { rowText } from './text.js';

/** What an item stands for elsewhere: the value that it holds, or else its address. */
export const meant = (item: PaneItem): bigint | undefined => item.value ?? item.address;

const standsForSomething = ({ address, frame, goroutine, thread, register, command, place, names, section, path }: PaneItem): boolean =>
  [address, frame, goroutine, thread, register, command, place, names, section, path].some(each => each !== undefined);

function itemsOf(state: State, name: PaneName): { readonly items: readonly PaneItem[]; readonly anchor?: number | undefined } {
  const place = layout(state).find(each => each.pane.name === name);
  return paneContentOf(state, paneNamed(name), place?.width ?? state.columns);
}

/** What the selected item of the focused pane means; nothing for 0, which much of memory holds. */
export function meantBySelection(state: State): bigint | undefined {
  const { selected } = state.panes[state.focus];
  const item = selected === undefined ? undefined : itemsOf(state, state.focus).items[selected];
  return (item && meant(item)) || undefined;
}

/** The item that keys speak of: the selected one, or else the one that the pane is about. */
export function itemAt(state: State, name: PaneName): PaneItem | undefined {
  const { items, anchor } = itemsOf(state, name);
  return items[state.panes[name].selected ?? anchor ?? -1];
}

/** Rows of a pane, without its title. */
export const rowsOfPane = (state: State, name: PaneName): number =>
  Math.max(1, (layout(state).find(place => place.pane.name === name)?.height ?? 2) - 1);

export function indexOf(state: State, name: PaneName, address: bigint): number | undefined {
  const index = itemsOf(state, name).items.findIndex(item => item.address === address);
  return index < 0 ? undefined : index;
}

/** Selects the `by`th item from the selected one that stands for something, or has no room for all it says; a pane that has none is scrolled. */
export function selectBy(state: State, name: PaneName, by: number): State['panes'] {
  const { items, anchor } = itemsOf(state, name);
  const width = layout(state).find(place => place.pane.name === name)?.width ?? state.columns;
  const choices = items.flatMap((item, index) => (standsForSomething(item) || isCut(item, width) ? [index] : []));
  if (choices.length === 0) return touched(state, name, { top: scrolled(state, name, by) });
  const from = state.panes[name].selected ?? anchor;
  const wanted = from === undefined ? (firstInView(state, name) ?? 0) : choices.findLastIndex(index => index <= from) + by;
  const chosen = Math.max(0, Math.min(choices.length - 1, wanted));
  // Beyond the last of them there may be more to read.
  if (wanted !== chosen && choices[chosen] === from) return touched(state, name, { top: scrolled(state, name, by) });
  const panes = touched(state, name, revealed(state, name, choices[chosen]!));
  return Math.abs(by) < items.length ? panes : { ...panes, [name]: { ...panes[name], top: scrolled(state, name, by) } };

  function firstInView(shown: State, pane: PaneName): number | undefined {
    const place = layout(shown).find(each => each.pane.name === pane);
    const lines = place === undefined ? [] : linesOf(shown, place);
    const first = lines.flatMap(line => ('item' in line ? [choices.indexOf(line.index)] : [])).find(choice => choice >= 0);
    return first;
  }
}

/** The next item with a text, or the one before, around the pane's end; undefined: there is none. Capital letters count where the text has some. */
export function searched(state: State, name: PaneName, text: string, by: 1 | -1): State['panes'] | undefined {
  const { items, anchor } = itemsOf(state, name);
  const fold = text === text.toLowerCase() ? (each: string): string => each.toLowerCase() : (each: string): string => each;
  const begins = items.flatMap((item, index) => (item.goesOn ? [] : [index]));
  const found = begins.filter((index, nth) => {
    const parts = items
      .slice(index, begins[nth + 1] ?? items.length)
      .map(({ row, whole }, part) => (part === 0 ? rowText(whole ?? row) : rowText(row).trim()));
    return fold(parts.join(' ')).includes(text);
  });
  if (found.length === 0) return undefined;
  const from = state.panes[name].selected ?? (by > 0 ? (anchor ?? 0) - 1 : (anchor ?? 0));
  const next = by > 0 ? found.find(index => index > from) : found.findLast(index => index < from);
  return touched(state, name, revealed(state, name, next ?? found.at(by > 0 ? 0 : -1)!));
}

/** The item selected in a pane, and in view there. */
export const selectedIn = (state: State, name: PaneName, index: number): State['panes'] =>
  touched(state, name, revealed(state, name, index));

/** The item selected, and the pane scrolled no further than it needs to be seen. */
function revealed(state: State, name: PaneName, selected: number): PaneState {
  const { top } = state.panes[name];
  const place = layout(state).find(each => each.pane.name === name);
  if (place === undefined) return { top, selected, word: undefined };
  const inView = linesInView({ ...state, panes: touched(state, name, { selected }) }, place);
  if (inView.includes(selected)) return { top, selected, word: undefined };
  const first = inView[0] ?? 0;
  return { top: selected < first ? selected : Math.max(0, selected - (place.height - 2)), selected, word: undefined };
}

const linesInView = (state: State, place: ScreenPlace): readonly number[] =>
  linesOf(state, place).flatMap(line => ('index' in line ? [line.index] : []));
