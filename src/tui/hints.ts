/** Of keys that do not always do something: what they do now, in a word or two; nothing when they do nothing. */
import { isAlone } from './layout.js';
import { itemAt } from './selection.js';
import type { State } from './state.js';

type Hint = (state: State) => string | undefined;

/** Where a program stands that can go on. */
export const moving =
  (text: string): Hint =>
  ({ view }) =>
    view.frames.length === 0 ? undefined : text;

export const hintOfEnter: Hint = state => {
  const { selected } = state.panes[state.focus];
  if (selected === undefined) return undefined;
  const item = itemAt(state, state.focus);
  if (item?.names !== undefined) {
    const word = Math.min(state.panes[state.focus].word ?? 0, item.names.length - 1);
    return `⏎ show ${item.names[word]!.name}${item.names.length > 1 ? ' ←→' : ''}`;
  }
  if (item?.frame !== undefined) return '⏎ select';
  if (item?.goroutine !== undefined || item?.thread !== undefined) return '⏎ switch';
  return item?.target !== undefined || item?.value !== undefined || item?.address !== undefined ? '⏎ go' : undefined;
};

/** What leads back to all panes must be seen from wherever one is. */
export const hintOfBack: Hint = state => (isAlone(state) ? 'esc all panes' : undefined);
export const hintOfZoom: Hint = state => (isAlone(state) ? undefined : 'z zoom');

export const hintOfRestart: Hint = ({ view }) => (view.exited ? 'R restart' : undefined);
/** Only at the start: later it would start anew. */
export const hintOfMain: Hint = ({ view }) => (view.atStart ? 'm main' : undefined);
export const hintOfLesson: Hint = ({ lesson }) =>
  lesson?.next === undefined
    ? undefined
    : lesson.away
      ? 'space back to the lesson'
      : lesson.exercise === undefined
        ? 'space lesson'
        : 'space exercise';
export const hintOfBackStep: Hint = ({ lesson, focus }) => (focus === 'lesson' && lesson !== undefined ? 'b back' : undefined);
export const hintOfSections: Hint = ({ lesson, focus }) => (focus === 'lesson' && lesson !== undefined ? 'T sections' : undefined);
export const hintOfSearch: Hint = ({ search }) => (search === '' ? undefined : 'n, N next');
