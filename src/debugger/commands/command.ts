import type { Answer, Data } from '../answer.js';
import type { Meanwhile } from '../session/requests.js';
import type { Session } from '../session/session.js';
import type { Arguments } from './arguments.js';

/** What may be completed at an argument's place. `command`: the rest of the line is a command of its own. */
export type CompletionKind =
  | 'command'
  | 'location'
  | 'expression'
  | 'register'
  | 'file'
  | 'setting'
  | 'value'
  | 'breakpoint'
  | 'goroutine'
  | 'thread'
  | 'function'
  | 'type'
  | 'frame'
  | 'topic'
  /** What `catch` catches, and which of it. */
  | 'event'
  | 'caught'
  /** A moment of the run that has a name. */
  | 'moment'
  | 'signal';

/** Chapters of the help, in the order they are printed. */
export const GROUPS = ['running', 'time', 'breakpoints', 'stack', 'data', 'code', 'goroutines', 'race', 'information', 'session'] as const;
export type Group = (typeof GROUPS)[number];

/** One row of the command table: everything that help, completion, documentation and dispatch know of a command. */
export interface Command {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly group: Group;
  /** One line a form, without the command's aliases. */
  readonly syntax: readonly string[];
  /** One line, no full stop. */
  readonly summary: string;
  /** More, when the summary does not say it all. */
  readonly details?: string;
  /** What stands at each argument's place; the last goes on for all that follow. */
  readonly completion: readonly (CompletionKind | readonly CompletionKind[])[];
  /** An empty line after it does it again: not at all, as typed, or the bare command (`x` and `list` go on). */
  readonly repeat: 'no' | 'same' | 'bare';
  /** What becomes of it when it is asked for while the program runs; absent: it waits. */
  readonly meanwhile?: Meanwhile;
  /** Takes gdb's `/FMT` behind its name. */
  readonly format?: boolean;
  readonly run: (session: Session, args: Arguments, console: Console) => Answer | Promise<Answer>;
}

/** What has become of a line: what `--json` prints for a command. */
export interface Outcome {
  readonly command: string;
  readonly ok: boolean;
  readonly output: string;
  /** Where it is not `ok`: `{error, column, own}`. */
  readonly data: Data;
  /** As in Answer. */
  readonly open?: boolean;
}

/** The commands, for those of them that run others or tell of them. */
export interface Console {
  /** Runs the command that `args` holds whole: name, format and arguments (`goroutine 1 bt`). Throws what it throws. */
  dispatch(session: Session, args: Arguments): Answer | Promise<Answer>;
  /** Runs one line without a thought to repetition. Never throws. */
  execute(session: Session, line: string): Promise<Outcome>;
  readonly table: {
    readonly commands: readonly Command[];
    /** The command that a name means; `column` is where it stands in the line. Throws CommandError. */
    find(name: string, column: number, aliases?: ReadonlyMap<string, string>): Command;
  };
}
