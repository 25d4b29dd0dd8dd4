/** What has happened in the course of a run, and when: enough of it to be looked at all at once, in the same room however long the run is. */

/** Kinds of what is kept. `goroutine` and `stack`: another one is gone on with. */
export const COURSE_KINDS = ['output', 'goroutine', 'syscall', 'stack'] as const;
export type CourseKind = (typeof COURSE_KINDS)[number];

/** Pieces of time that are told apart, of which at least half are used. */
const PIECES = 512;
const NEVER = -1;

export class Course {
  /** Instructions of a piece: a power of two. */
  #width = 1;
  /** Of each kind in each piece when it came first, and when last. */
  #first = new Float64Array(COURSE_KINDS.length * PIECES).fill(NEVER);
  #last = new Float64Array(COURSE_KINDS.length * PIECES).fill(NEVER);

  /** `start`: no moment is before it. */
  constructor(private readonly start: number) {}

  /** Noted again, as by a run that comes by the same place once more, it is the same. */
  note(kind: CourseKind, t: number): void {
    while (t - this.start >= this.#width * PIECES) this.#widen();
    const at = COURSE_KINDS.indexOf(kind) * PIECES + Math.floor((t - this.start) / this.#width);
    const first = this.#first[at]!;
    if (first === NEVER || t < first) this.#first[at] = t;
    if (t > this.#last[at]!) this.#last[at] = t;
  }

  /** Two pieces become one. */
  #widen(): void {
    this.#width *= 2;
    const [first, last] = [this.#first, this.#last];
    this.#first = new Float64Array(first.length).fill(NEVER);
    this.#last = new Float64Array(last.length).fill(NEVER);
    for (let at = 0; at < first.length; at += 2) {
      const into = Math.floor(at / PIECES) * PIECES + ((at % PIECES) >> 1);
      this.#first[into] = first[at] === NEVER ? first[at + 1]! : first[at]!;
      this.#last[into] = last[at + 1] === NEVER ? last[at]! : last[at + 1]!;
    }
  }

  /** Moments of a kind in their order: of each piece of time the first and the last. */
  moments(kind: CourseKind): readonly number[] {
    const moments: number[] = [];
    const from = COURSE_KINDS.indexOf(kind) * PIECES;
    for (let at = from; at < from + PIECES; at++) {
      const [first, last] = [this.#first[at]!, this.#last[at]!];
      if (first !== NEVER) moments.push(first);
      if (last !== first) moments.push(last);
    }
    return moments;
  }

  /** The same up to a moment, to go on from there in another way. */
  upTo(t: number): Course {
    const begun = new Course(this.start);
    for (const kind of COURSE_KINDS) for (const moment of this.moments(kind)) if (moment <= t) begun.note(kind, moment);
    return begun;
  }
}
