/** A record of what a run was given as its standard input. */
import { countLeading } from './count-leading.js';
import type { HostInput } from './input.js';

/** All of it, where it comes from, or a record of it. */
export type GuestInput = Uint8Array | HostInput | InputLog;

/** A run's place in its input. */
interface InputPosition {
  /** How often it has asked. */
  readonly asked: number;
  /** Bytes that it has taken. */
  readonly taken: number;
}

/** Where a run is in its input, and what of it has come that it has not taken: plain data. */
export interface SavedInput {
  readonly taken: number;
  /** What chance of the host's has made of it. */
  readonly aside: {
    readonly asked: number;
    readonly held: Uint8Array;
    readonly ended: boolean;
    readonly hungry: boolean;
    readonly told: boolean;
  };
}

/** `start`: bytes before it; `ask`: which question brought it. */
interface KeptPiece {
  readonly start: number;
  readonly ask: number;
  readonly bytes: Uint8Array;
}

/** What came and when, for another process: plain data. */
export interface InputRecord {
  readonly pieces: readonly KeptPiece[];
  readonly known: number;
  readonly closedAt: number;
  readonly endedAt: number;
  readonly passes: readonly number[];
}

/** Bytes that are kept for a run that goes back. */
const MOST = 64 * 2 ** 20;
/** What a piece is reckoned as besides its bytes. */
const PIECE = 64;

/**
 * An input with a record of what came and when: after how many questions. A run that has gone back asks the same questions again and gets the
 * same answers, at the same places; one that has been changed since gets the same bytes. The host is asked only what was never asked.
 */
export class InputLog {
  /** Questions so far, in the run's own count. */
  asked = 0;
  private taken = 0;
  /** What has come, oldest first. */
  private readonly pieces: KeptPiece[] = [];
  /** Bytes before the first piece, which are not kept. */
  private gone = 0;
  /** Bytes in all. */
  private came = 0;
  /** Questions that the host was asked. */
  private known = 0;
  private closedAt = Number.POSITIVE_INFINITY;
  private endedAt = Number.POSITIVE_INFINITY;
  /** Questions that time passed at. */
  private readonly passes = new Set<number>();
  /** The last look found nothing, and more may come. */
  hungry = false;
  /** It is known outside that the run is hungry. */
  told = false;

  /** `host`: what is asked behind the end of the record. `record`: one to begin with. `most`: the oldest that was read goes when there are more bytes. */
  constructor(
    private readonly host: HostInput,
    record?: InputRecord,
    private readonly most = MOST,
  ) {
    if (record === undefined) return;
    const { pieces, passes, ...rest } = record;
    Object.assign(this, rest);
    this.pieces.push(...pieces);
    for (const ask of passes) this.passes.add(ask);
    const last = pieces.at(-1);
    if (last !== undefined) this.came = last.start + last.bytes.length;
    this.taken = this.gone = pieces[0]?.start ?? 0;
  }

  record(): InputRecord {
    const { pieces, known, closedAt, endedAt, passes } = this;
    return { pieces: [...pieces], known, closedAt, endedAt, passes: [...passes] };
  }

  /** Looks for `want` bytes. `available` is how many of them are there; none and `ended`: it is all read. */
  look(want: number): { readonly available: number; readonly closed: boolean; readonly ended: boolean; readonly came: number } {
    const ask = ++this.asked;
    let came = this.visible(ask);
    if (ask > this.known) {
      this.known = ask;
      if (came - this.taken < want && ask < this.endedAt) {
        const { bytes, closed } = this.host.take(want - (came - this.taken));
        if (bytes.length > 0) this.pieces.push({ start: this.came, ask, bytes });
        this.came += bytes.length;
        if (closed) this.closedAt = Math.min(this.closedAt, ask);
        if (closed && bytes.length === 0) this.endedAt = ask;
        came = this.came;
        this.bound();
      }
    }
    const available = Math.min(want, came - this.taken);
    const ended = available === 0 && this.endedAt <= ask;
    const hungry = available === 0 && !ended;
    this.told &&= hungry;
    this.hungry = hungry;
    return { available, closed: this.closedAt <= ask, ended, came };
  }

  /** The next `length` bytes, which are there. */
  take(length: number): Uint8Array {
    const out = new Uint8Array(length);
    this.copy(out);
    this.taken += length;
    return out;
  }

  /** Whether the run asks what it has asked before. */
  get again(): boolean {
    return this.asked < this.known;
  }

  /** HostInput.passed, with a record. */
  passed(ns: number): boolean {
    const ask = ++this.asked;
    if (ask > this.known) {
      this.known = ask;
      if (this.host.passed(ns)) this.passes.add(ask);
    }
    return this.passes.has(ask);
  }

  save(): SavedInput {
    const { asked, taken, hungry, told } = this;
    const held = new Uint8Array(this.visible(asked) - taken);
    this.copy(held);
    return { taken, aside: { asked, held, ended: this.endedAt <= asked, hungry, told } };
  }

  /** Goes to where a run was, this one or another. Throws RangeError when what it had read then is not kept any more. */
  restore({ taken, aside }: SavedInput): void {
    const { asked, held, ended, hungry, told } = aside;
    if (this.has({ asked, taken }, held)) {
      if (taken < this.gone) throw new RangeError(`of the input the bytes from ${this.gone} on are kept, not those from ${taken} on`);
      Object.assign(this, { asked, taken });
    } else this.become({ asked, taken }, held, ended);
    Object.assign(this, { hungry, told });
  }

  /** Whether this log's own run has been there. */
  private has({ asked, taken }: InputPosition, held: Uint8Array): boolean {
    if (asked > this.known || taken > this.came) return false;
    if (taken < this.gone) return true;
    const before = { asked: this.asked, taken: this.taken };
    Object.assign(this, { asked, taken });
    const { held: mine } = this.save().aside;
    Object.assign(this, before);
    return mine.length === held.length && mine.every((byte, index) => byte === held[index]);
  }

  /** Begins with what another r14 has kept. */
  private become({ asked, taken }: InputPosition, held: Uint8Array, ended: boolean): void {
    this.pieces.splice(0, this.pieces.length, { start: taken, ask: asked, bytes: held.slice() });
    this.passes.clear();
    Object.assign(this, { asked, taken, known: asked, gone: taken, came: taken + held.length });
    this.closedAt = this.endedAt = ended ? asked : Number.POSITIVE_INFINITY;
  }

  /** Bytes that had come by that question. */
  private visible(ask: number): number {
    if (ask >= this.known) return this.came;
    const piece = this.pieces[this.count(each => each.ask <= ask) - 1];
    return piece === undefined ? this.gone : piece.start + piece.bytes.length;
  }

  /** What comes next, as far as there is room. */
  private copy(out: Uint8Array): void {
    let at = 0;
    for (let index = this.count(each => each.start <= this.taken) - 1; at < out.length; index++) {
      const { start, bytes } = this.pieces[index]!;
      const from = this.taken + at - start;
      const part = bytes.subarray(from, from + out.length - at);
      out.set(part, at);
      at += part.length;
    }
  }

  /** How many pieces, from the first, something holds of. */
  private count(holds: (piece: KeptPiece) => boolean): number {
    return countLeading(this.pieces.length, index => holds(this.pieces[index]!));
  }

  /** Lets the oldest go that has been read: half of all, so that it happens rarely. */
  private bound(): void {
    if (this.came - this.gone + PIECE * this.pieces.length <= this.most) return;
    const kept = (index: number) => this.came - this.pieces[index]!.start + PIECE * (this.pieces.length - index);
    let count = 0;
    while (count + 1 < this.pieces.length && kept(count) > this.most / 2 && this.pieces[count + 1]!.start <= this.taken) count++;
    this.pieces.splice(0, count);
    this.gone = this.pieces[0]?.start ?? this.came;
  }
}

/** Nobody writes to it any more. */
const CLOSED: HostInput = { take: () => ({ bytes: new Uint8Array(0), closed: true }), passed: () => true };

/** The record of an input; of bytes they are there from the start, and all that there will be. `record`: what it begins with. */
export function inputLog(input: GuestInput, record?: InputRecord): InputLog {
  if (input instanceof InputLog) return input;
  const bytes = input instanceof Uint8Array ? input : undefined;
  const whole = bytes && { pieces: [{ start: 0, ask: 0, bytes }], known: 0, closedAt: 0, endedAt: 0, passes: [] };
  return new InputLog(input instanceof Uint8Array ? CLOSED : input, record ?? whole);
}
