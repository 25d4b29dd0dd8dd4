/** What `why` asks of a run: where it stood when the question came, and the way to any moment before. */
import type { Func } from '../../image/api.js';
import { describeCode } from '../code/describe.js';
import type { Faulted } from '../code/operands.js';
import { entryOf } from '../run/backwards.js';
import { type Trail, trailOf } from '../run/origin.js';
import type { Session } from '../session/session.js';
import type { Stop } from '../session/stop.js';
import { isUserCode } from '../show/goroutine-text.js';
import { lineText } from '../show/line-text.js';
import type { ToldLink } from '../show/origin-text.js';
import { type LogicalFrame, lookupPc, type PhysicalFrame } from '../stack/frame.js';
import type { Target } from '../target.js';
import type { Journey, Timeline } from '../timeline/history.js';
import type { ValueSpot } from '../timeline/origin.js';

/** A sentence, or a link of an origin, which has a number for `goto`. */
export type Reason = { readonly text: string } | { readonly link: ToldLink };

export const saying = (text: string): Reason => ({ text });

/** What is looked at while the program stands where it stopped. */
export interface StopScene {
  readonly stop: Stop;
  readonly faulted: Faulted | undefined;
  readonly frames: readonly LogicalFrame[];
  readonly tid: number;
  readonly t: number;
}

/** Frames that are looked at. */
export const FRAMES = 64;

export class Inquiry {
  constructor(
    readonly session: Session,
    readonly history: Timeline<Stop>,
    readonly scene: StopScene,
  ) {}

  get target(): Target {
    return this.session.target;
  }

  /** The same run, asked about another stop of it. */
  about(scene: StopScene): Inquiry {
    return new Inquiry(this.session, this.history, scene);
  }

  /** Goes to a moment. */
  *at(t: number): Journey<void> {
    yield* this.history.seek(t);
    this.looked();
  }

  /** After the run was taken elsewhere: the stack is that of the thread that runs next. */
  looked(): void {
    this.target.changed();
    this.session.selection = { goroutine: undefined, frame: 0 };
  }

  /** Frames of the thread that runs next. */
  frames(count = FRAMES): readonly LogicalFrame[] {
    return this.target.stack().frames(count);
  }

  /** Where a place's value came from, as it is now. */
  *trail(spot: ValueSpot, most?: number, enough?: (link: ToldLink) => boolean): Journey<Trail> {
    return yield* trailOf(this.session, this.history, spot, most, enough);
  }

  /** When the function of a frame that stands now was entered; undefined: where it begins is not known. */
  *entry(frame: LogicalFrame): Journey<number | undefined> {
    if (frame.physical.func === undefined || frame.physical.cfa === undefined) return undefined;
    return yield* entryOf(this.session, this.history, frame);
  }

  /** `main.put+19 (main.go:31)`. */
  place(pc: bigint): string {
    const { images } = this.target;
    const line = lineText(images, pc);
    return `${describeCode(images, pc)}${line === '' ? '' : ` (${line})`}`;
  }

  /** A frame's function and line. */
  where(frame: LogicalFrame): string {
    const { name, file, line } = frame;
    return line === undefined ? nameOf(this, frame.physical, name) : `${name} (${file!.split('/').at(-1)}:${line})`;
  }
}

const nameOf = ({ target }: Inquiry, physical: PhysicalFrame, name: string): string =>
  physical.func === undefined ? describeCode(target.images, lookupPc(physical)) : name;

/** Frames of the program's own code: of Go, what is not the runtime's; of C, what is of no library. */
export const ownFrames = (q: Inquiry, frames: readonly LogicalFrame[]): readonly LogicalFrame[] =>
  frames.filter(frame => (q.target.go === undefined ? isOwn(q, frame.physical.func) : isUserCode(frame)));

/** Functions of C's library, where it is linked into the program. */
const OF_LIBRARY =
  /^(?:_|(?:abort|raise|gsignal|pthread_\w+|[cm]alloc\w*|realloc\w*|c?free|tcache_\w+|sysmalloc\w*|unlink_chunk\w*|munmap|mmap)\b)/;

/** Whether a function is the program's own, and of no library: those that are linked in have no lines where the program has some. */
export function isOwn({ target }: Inquiry, func: Func | undefined): func is Func {
  const { images } = target;
  const [program, ...libraries] = images.all;
  if (func === undefined || images.at(func.entry) !== program) return false;
  if (libraries.length > 0 || target.go !== undefined) return true;
  const main = images.functionsNamed('main')[0];
  const lines = main !== undefined && images.lineAt(main.entry) !== undefined;
  return lines ? images.lineAt(func.entry) !== undefined : !OF_LIBRARY.test(func.name);
}

export const registerSpot = (name: string, tid: number): ValueSpot => ({
  kind: 'register',
  register: name as 'rax',
  offset: 0,
  bytes: 8,
  tid,
});
