import { checkVersion, type Versioned } from '../../cpu/part.js';
import { Prng } from '../prng.js';
import type { SocketAddress } from './address.js';

/** How a machine's network is: at once and without loss, unless something else is wanted. */
export interface WireOptions {
  /** How long what is sent is on its way, in ns. */
  readonly netDelay?: number | undefined;
  /** Seed of the chance by which one in ten datagrams is lost, and one in ten pieces of a stream has to be sent again. */
  readonly netLoss?: number | undefined;
}

/** What comes to a socket: something that was sent; that no more is, with what has happened; that somebody wants a connection, for a listener by its number. */
export type Carried =
  | { readonly kind: 'message'; readonly bytes: Uint8Array; readonly from: SocketAddress | undefined }
  | { readonly kind: 'end'; readonly error: number }
  | { readonly kind: 'connection'; readonly listener: number };

/** A socket that things come to. */
interface Recipient {
  readonly id: number;
  readonly references: number;
  /** Bytes that are on their way to it. */
  coming: number;
  come(what: Carried): void;
}

interface Item {
  readonly due: number;
  readonly to: Recipient;
  readonly what: Carried;
  readonly weight: number;
}

/** What is on its way, in the order in which it comes; the network's delay; how far its chance has been drawn. */
export type SavedWire = Versioned<{
  readonly delay: number;
  readonly chance: bigint | undefined;
  readonly items: readonly { readonly due: number; readonly to: number; readonly what: Carried; readonly weight: number }[];
}>;

const UNLUCKY = 10;
/** After which time something is sent again, in ns: TCP_RTO_MIN, and for the first of a connection TCP_TIMEOUT_INIT. */
const AGAIN = 200_000_000;
const FIRST_AGAIN = 1_000_000_000;

/** What is sent between sockets with addresses of IP, and has not come yet. */
export class Wire {
  private delay: number;
  private chance: Prng | undefined;
  private items: Item[] = [];

  /** `now`: virtual time in ns. */
  constructor(
    { netDelay = 0, netLoss }: WireOptions,
    private readonly now: () => number,
  ) {
    this.delay = netDelay;
    this.chance = netLoss === undefined ? undefined : new Prng(netLoss, 5);
  }

  /** Whether a connection takes its time. */
  get slow(): boolean {
    return this.delay > 0 || this.chance !== undefined;
  }

  /** Brings something to a socket: at once where nothing holds it up. */
  bring(to: Recipient, what: Carried, how: 'stream' | 'datagram'): void {
    const unlucky = this.chance?.below(UNLUCKY) === 0;
    if (unlucky && how === 'datagram') return;
    const connects = what.kind === 'connection';
    const late = unlucky ? (connects ? FIRST_AGAIN : AGAIN) : 0;
    let due = this.now() + this.delay * (connects ? 2 : 1) + late;
    // A stream keeps its order.
    if (how === 'stream') for (const item of this.items) if (item.to === to) due = Math.max(due, item.due);
    if (due <= this.now() && !this.items.some(item => item.to === to)) {
      to.come(what);
      return;
    }
    const weight = what.kind === 'message' ? what.bytes.length : 0;
    const at = this.items.findIndex(item => item.due > due);
    this.items.splice(at < 0 ? this.items.length : at, 0, { due, to, what, weight });
    to.coming += weight;
  }

  /** When the next thing comes. */
  get next(): number | undefined {
    return this.items[0]?.due;
  }

  /** Hands out what has come by now. Returns whether that was anything. */
  deliver(): boolean {
    let any = false;
    for (let item = this.items[0]; item !== undefined && item.due <= this.now(); item = this.items[0]) {
      this.items.shift();
      item.to.coming -= item.weight;
      any = true;
      if (item.to.references > 0) item.to.come(item.what);
    }
    return any;
  }

  save(): SavedWire {
    const items = this.items.filter(({ to }) => to.references > 0).map(({ to, ...rest }) => ({ ...rest, to: to.id }));
    return { version: 1, delay: this.delay, chance: this.chance?.save(), items };
  }

  restore(saved: SavedWire, socket: (id: number) => Recipient): void {
    checkVersion('wire', saved, 1);
    this.delay = saved.delay;
    this.chance = saved.chance === undefined ? undefined : new Prng(0, 5);
    if (saved.chance !== undefined) this.chance!.restore(saved.chance);
    this.items = saved.items.map(({ to, ...rest }) => ({ ...rest, to: socket(to) }));
    for (const { to } of this.items) to.coming = 0;
    for (const { to, weight } of this.items) to.coming += weight;
  }
}
