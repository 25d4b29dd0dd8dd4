/** What keys, clicks and words of the footer ask for. */
import type { LessonMove } from '../debugger/lesson/walk.js';
import type { PaneName } from './panes/table.js';

/** What a line that is typed is: a command, a text to search for, a place to go to, an answer, an expression to watch. */
export type Asking = 'command' | 'search' | 'place' | 'answer' | 'watch';

export type Action =
  /** `typed`: not by a single key, so that the answer is wanted. */
  /** `opening`: one of the first commands, which the user has not given here. */
  | { readonly kind: 'run'; readonly line: string; readonly typed?: boolean; readonly opening?: boolean }
  | { readonly kind: 'focus'; readonly by: 1 | -1 }
  | { readonly kind: 'pane'; readonly name: PaneName }
  /** By so many items, pages or to an end. */
  | { readonly kind: 'select'; readonly by: number; readonly unit: 'item' | 'page' | 'end' }
  | { readonly kind: 'lesson'; readonly move: LessonMove }
  | { readonly kind: 'contents' }
  | {
      readonly kind: 'enter' | 'back' | 'forth' | 'follow' | 'breakpoint' | 'flavour' | 'lanes' | 'zoom' | 'hide' | 'mouse' | 'watch';
    }
  | { readonly kind: 'own' }
  /** Another of the selected item's names. */
  | { readonly kind: 'word'; readonly by: 1 | -1 }
  /** A line is typed. */
  | { readonly kind: 'type'; readonly asking: Asking }
  /** To where the text that is searched for stands next, or stood before. */
  | { readonly kind: 'match'; readonly by: 1 | -1 }
  /** To what has happened next in the run so far, or before. */
  | { readonly kind: 'happened'; readonly by: 1 | -1 }
  | { readonly kind: 'help' | 'interrupt' | 'suspend' | 'repaint' | 'quit' };
