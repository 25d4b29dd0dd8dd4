/** Clients from outside, whose connections are handed in to the guest where that is asked for: what they do, and a record of it. */

import { countLeading } from './count-leading.js';

/** What a client has done. Clients have numbers, which are never used twice. */
export type ClientEvent =
  /** It wants a connection, to a port of the guest's. */
  | { readonly kind: 'connects'; readonly client: number; readonly port: number }
  | { readonly kind: 'sends'; readonly client: number; readonly bytes: Uint8Array }
  /** It has taken so many bytes of what the guest has sent. */
  | { readonly kind: 'takes'; readonly client: number; readonly count: number }
  /** It sends no more. */
  | { readonly kind: 'ends'; readonly client: number }
  /** It is gone, and nothing reaches it. */
  | { readonly kind: 'leaves'; readonly client: number };

/** The guest's side, for who is asked what clients have done. */
export interface ClientRoom {
  /** Whether somebody listens at a port, and has room for one more connection. */
  door(port: number): 'closed' | 'full' | 'open';
  /** Bytes of a client that the guest takes now. */
  room(client: number): number;
  /** Clients that something waits for. */
  readonly waiting: readonly number[];
  /** What waits for a client, as far as it is worth handing out at once, and how many bytes it got before that. */
  output(client: number): { readonly at: number; readonly bytes: Uint8Array };
}

/** How the guest leaves a connection: it sends no more; it is done with it; it does not want it. */
export type Parting = 'half' | 'all' | 'reset';

/** Where clients come from: the port that the guest's network asks. */
export interface HostClients {
  /** Whether some may still come. */
  readonly open: boolean;
  /** What has happened since. Never waits. */
  ask(guest: ClientRoom): readonly ClientEvent[];
  /** Takes whatever is left for a client, also where it is slow. */
  rest(client: number, at: number, bytes: Uint8Array): void;
  part(client: number, how: Parting): void;
  /** Asked when the guest can do nothing but wait for a client, or for a moment `ns` away: whether so much time has passed. */
  passed(ns: number): boolean;
}

/** Nobody comes, and who was there is gone. */
const NOBODY: HostClients = {
  open: false,
  ask: ({ waiting }) => waiting.map(client => ({ kind: 'leaves', client })),
  rest: () => undefined,
  part: () => undefined,
  passed: () => true,
};

interface KeptEvents {
  /** Which question brought them, and at which moment `t` of the run it was asked. */
  readonly ask: number;
  readonly t: number;
  readonly events: readonly ClientEvent[];
}

/** What came and when, for another process: plain data. */
export interface ClientRecord {
  readonly known: number;
  readonly kept: readonly KeptEvents[];
  readonly passes: readonly number[];
}

/** A run's place in the record: plain data. What chance of the host's has made of it. */
export interface SavedClients {
  readonly aside: { readonly asked: number };
}

/** Bytes that are kept for a run that goes back, and what an event is reckoned as besides its bytes. */
const MOST = 256 * 2 ** 20;
const EVENT = 64;

const weightOf = ({ events }: KeptEvents): number =>
  events.reduce((sum, event) => sum + EVENT + (event.kind === 'sends' ? event.bytes.length : 0), 0);

/**
 * What clients did, by the questions that the run asks: one that has gone back asks the same questions again and gets the same answers. The host is
 * asked only what was never asked.
 */
export class ClientLog {
  /** Questions so far, in the run's own count. */
  private asked = 0;
  /** Questions that the host was asked. */
  private known = 0;
  private kept: KeptEvents[] = [];
  private weight = 0;
  /** Questions up to which nothing is kept any more. */
  private gone = 0;
  /** Questions that time passed at. */
  private readonly passes: Set<number>;

  constructor(
    private readonly host: HostClients = NOBODY,
    record?: ClientRecord,
    private readonly most = MOST,
  ) {
    this.passes = new Set(record?.passes);
    if (record === undefined) return;
    this.known = record.known;
    this.kept = [...record.kept];
    this.weight = this.kept.reduce((sum, each) => sum + weightOf(each), 0);
  }

  record(): ClientRecord {
    return { known: this.known, kept: [...this.kept], passes: [...this.passes] };
  }

  /** Whether anybody has come. */
  get used(): boolean {
    return this.kept.length > 0;
  }

  /** Whether the run asks what it has asked before. */
  get again(): boolean {
    return this.asked < this.known;
  }

  /** Whether somebody may come, here or in the record. */
  get open(): boolean {
    return this.again || this.host.open;
  }

  /** What clients have done since the last question; `t`: when this one is asked. */
  ask(guest: ClientRoom, t: number): readonly ClientEvent[] {
    const ask = ++this.asked;
    if (ask <= this.known) {
      const row = this.kept[countLeading(this.kept.length, index => this.kept[index]!.ask < ask)];
      return row?.ask === ask ? row.events : [];
    }
    this.known = ask;
    const events = this.host.ask(guest);
    if (events.length > 0) this.keep({ ask, t, events });
    return events;
  }

  private keep(row: KeptEvents): void {
    this.kept.push(row);
    this.weight += weightOf(row);
    if (this.weight <= this.most) return;
    // Half of all, so that it happens rarely.
    let count = 0;
    while (count + 1 < this.kept.length && this.weight > this.most / 2) this.weight -= weightOf(this.kept[count++]!);
    this.gone = this.kept[count - 1]?.ask ?? this.gone;
    this.kept.splice(0, count);
  }

  /** HostClients.passed, with a record. */
  passed(ns: number): boolean {
    const ask = ++this.asked;
    if (ask > this.known) {
      this.known = ask;
      if (this.host.passed(ns)) this.passes.add(ask);
    }
    return this.passes.has(ask);
  }

  /** What the guest does with a client reaches it once, however often the run comes by. */
  part(client: number, how: Parting): void {
    if (!this.again) this.host.part(client, how);
  }

  rest(client: number, at: number, bytes: Uint8Array): void {
    if (!this.again) this.host.rest(client, at, bytes);
  }

  save(): SavedClients {
    return { aside: { asked: this.asked } };
  }

  /** Goes to where a run was, this one or another. Throws RangeError when what clients did since is not kept any more. */
  restore({ aside: { asked } }: SavedClients): void {
    if (asked < this.gone) throw new RangeError('what clients sent then is not kept any more');
    this.asked = asked;
    if (asked <= this.known) return;
    this.known = this.gone = asked;
    this.kept = [];
    this.weight = 0;
    this.passes.clear();
  }
}
