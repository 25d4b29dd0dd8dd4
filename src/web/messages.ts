/** What a page and its engine, which runs in a worker, tell each other: plain data. */
import type { LessonMove } from '../debugger/lesson/walk.js';
import type { SharedPlace } from '../debugger/session/share.js';
import type { AssemblyText } from '../runtime/bundled/assembly-text.js';
import type { CourseLesson } from '../runtime/bundled/catalog.js';
import type { Input } from '../tui/input.js';
import type { PaneName } from '../tui/panes/table.js';
import type { Row } from '../tui/text.js';

/** In cells. */
export interface ScreenSize {
  readonly rows: number;
  readonly columns: number;
}

/** A file of a program, by its name: of a library that is the path that the program looks for. The engine reads it. */
export interface GivenFile {
  readonly name: string;
  readonly content: Blob;
}

/** Characters of a text that is assembled: more is no text that somebody reads. */
export const MOST_TEXT = 400_000;
/** The lesson where everybody begins: the crash. */
export const FIRST_LESSON = 'newproc-race';
/** What the playground's program is called. */
export const PLAYED = 'play';
export const PLAYED_FILE = `${PLAYED}.s`;

/** Something wrong with the playground's texts, from line and column 1. */
export interface TextProblem {
  readonly where: 'source' | 'types' | 'call';
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface PlayExample extends Pick<AssemblyText, 'source' | 'types'> {
  readonly name: string;
  readonly title: string;
  readonly call: string;
}

/** What can be opened. */
export type Subject =
  | { readonly kind: 'lesson'; readonly name: string; readonly part?: number }
  | { readonly kind: 'bundled'; readonly name: string; readonly variant?: string; readonly race?: boolean }
  | { readonly kind: 'assembly'; readonly text: AssemblyText }
  | { readonly kind: 'binary'; readonly file: GivenFile; readonly libraries: readonly GivenFile[] };

export type ToEngine =
  | {
      readonly kind: 'open';
      readonly number: number;
      readonly subject: Subject;
      /** What a link says of it. */
      readonly run: SharedPlace | undefined;
    }
  /** Opens what a link leads to, and says so with `linked`. */
  | { readonly kind: 'link'; readonly number: number; readonly link: string }
  /** Is answered with `shared`, or with `refused`. */
  | { readonly kind: 'share' }
  | { readonly kind: 'size'; readonly size: ScreenSize }
  | { readonly kind: 'input'; readonly input: Input }
  /** A line for the debugger, or for the program where that reads. */
  | { readonly kind: 'line'; readonly line: string }
  /** Is answered with `checked`. */
  | { readonly kind: 'check'; readonly text: AssemblyText }
  | { readonly kind: 'walk'; readonly move: LessonMove }
  | { readonly kind: 'stop' };

/** A pane as it stands on the screen: place in cells, rows with the title first. */
export interface PaintedPane {
  readonly name: PaneName;
  readonly title: string;
  readonly focused: boolean;
  readonly row: number;
  readonly column: number;
  readonly width: number;
  readonly height: number;
  readonly rows: readonly Row[];
}

/** A paragraph, a step or an answer of a lesson. `section`: what a click goes to. */
export interface PaintedText {
  readonly row: Row;
  readonly section?: number;
}

export interface PaintedLesson {
  readonly title: string;
  readonly note: string;
  readonly items: readonly PaintedText[];
  /** Index of the first item that is new. */
  readonly fresh: number;
  readonly position: number;
  readonly steps: number;
  readonly away: boolean;
  readonly over: boolean;
  /** An exercise waits for its reader, who types an answer where `answer` says so. */
  readonly exercise: { readonly answer: boolean } | undefined;
}

export interface PaintedScreen extends ScreenSize {
  readonly title: string;
  readonly head: readonly Row[];
  readonly panes: readonly PaintedPane[];
  /** In the place of panes. */
  readonly help: readonly Row[] | undefined;
  readonly foot: readonly Row[];
  readonly lesson: PaintedLesson | undefined;
  readonly running: boolean;
  /** A line is being typed: keys are its letters. */
  readonly typing: boolean;
  /** The program reads what is typed. */
  readonly reading: boolean;
  readonly exited: boolean;
  /** What happened last, for who cannot see what has changed. */
  readonly told: string;
}

export type FromEngine =
  | { readonly kind: 'ready'; readonly course: readonly CourseLesson[]; readonly examples: readonly PlayExample[] }
  | { readonly kind: 'checked'; readonly problems: readonly TextProblem[] }
  | { readonly kind: 'linked'; readonly number: number; readonly place: SharedPlace }
  /** `whole`: the program is in it; `read`: and what the program has read. */
  | { readonly kind: 'shared'; readonly link: string; readonly whole: boolean; readonly read: boolean }
  /** `number`: of what was opened with it. */
  | { readonly kind: 'screen'; readonly number: number; readonly screen: PaintedScreen }
  /** The program runs no further: the screen comes when it has been looked at. */
  | { readonly kind: 'stopping' }
  /** A file that a command has written, for the reader. */
  | { readonly kind: 'file'; readonly name: string; readonly content: Blob }
  /** The reader has left what was open. */
  | { readonly kind: 'left' }
  /** What was to be opened cannot be: in words, nothing has changed. */
  | { readonly kind: 'refused'; readonly text: string }
  /** The engine is at fault, or has no memory left: it has to be started anew. */
  | { readonly kind: 'fault'; readonly text: string };
