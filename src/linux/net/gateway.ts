import { checkVersion, type Versioned } from '../../cpu/part.js';
import type { ClientEvent, ClientLog, ClientRoom, Parting, SavedClients } from '../../host/clients.js';
import { POLL } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import { AF, IPPROTO, SOCK } from '../abi/sockets.js';
import type { OpenFile } from '../fs/open-file.js';
import { type IpAddress, loopback } from './address.js';
import type { Network } from './network.js';
import { NOTHING_BESIDE } from './socket.js';
import { StreamSocket } from './stream-socket.js';

/** Instructions between two looks at what clients have done, while the guest has something to do. */
const PACE = 100_000;
/** Bytes that are handed out at once. */
const PIECE = 65_536;

/** A client's connection: its end in the guest's network, and how many bytes the client got by it. */
interface Client {
  readonly socket: StreamSocket;
  taken: number;
  /** It was told that the guest sends no more. */
  ended: boolean;
}

/** Connections of clients, by their numbers; when clients are looked at next. */
export type SavedGateway = Versioned<{
  readonly ports: readonly number[];
  readonly due: number;
  readonly clients: readonly { readonly client: number; readonly socket: number; readonly taken: number; readonly ended: boolean }[];
  readonly log: SavedClients;
}>;

/**
 * Where clients from outside come in: each has a socket in the guest's network, which connects as one of another program would. It acts at places
 * of the run that the run alone decides, so that it is the same again by the record of what clients did.
 */
export class Gateway implements ClientRoom {
  private readonly clients = new Map<number, Client>();
  /** At which count of instructions clients are looked at next. */
  private due = 0;

  /** `ports`: those of the guest that clients may reach. `changed`: a socket has changed. `now`: instructions so far. */
  constructor(
    private readonly net: Network,
    private ports: readonly number[],
    private readonly log: ClientLog,
    private readonly changed: () => void,
    private readonly now: () => number,
  ) {}

  /** Whether it is time to look. */
  get isDue(): boolean {
    return this.now() >= this.due;
  }

  /** Whether a guest that can do nothing else may wait for a client. */
  get waits(): boolean {
    return this.log.open && (this.clients.size > 0 || this.ports.some(port => this.listener(port) !== undefined));
  }

  /** Whether the run asks what it has asked before. */
  get again(): boolean {
    return this.log.again;
  }

  passed(ns: number): boolean {
    return this.log.passed(ns);
  }

  /** Has clients do what they have done since the last look. Returns whether that was anything. */
  look(): boolean {
    this.due = this.now() + PACE;
    const events = this.log.ask(this, this.now());
    for (const event of events) this.act(event);
    const parted = this.part();
    if (events.length > 0 || parted) this.changed();
    return events.length > 0 || parted;
  }

  /** No process is left: clients get what there still is for them. */
  over(): void {
    for (const [number, { socket, taken }] of this.clients) {
      this.log.rest(number, taken, received(socket, socket.queue.size, true));
      this.log.part(number, socket.error === 0 ? 'all' : 'reset');
    }
  }

  // ---- ClientRoom ----------------------------------------------------------------------------------------------------------------------

  door(port: number): ReturnType<ClientRoom['door']> {
    const listener = this.listener(port);
    return listener === undefined ? 'closed' : listener.isFull ? 'full' : 'open';
  }

  room(number: number): number {
    // Nothing may come of the question: a run that is done again does not ask it.
    return this.clients.get(number)?.socket.vacancy ?? 0;
  }

  get waiting(): readonly number[] {
    return [...this.clients].filter(([, { socket }]) => !socket.queue.empty).map(([number]) => number);
  }

  output(number: number): ReturnType<ClientRoom['output']> {
    const { socket, taken } = this.clients.get(number)!;
    return { at: taken, bytes: received(socket, PIECE, true) };
  }

  // ---- what clients do -----------------------------------------------------------------------------------------------------------------

  private act(event: ClientEvent): void {
    const client = this.clients.get(event.client);
    if (event.kind === 'connects') this.connect(event.client, event.port);
    // In a run that was changed it may not be there.
    else if (client !== undefined) this.actAs(event, client);
  }

  private actAs(event: ClientEvent, { socket, ...client }: Client): void {
    switch (event.kind) {
      case 'sends':
        if (this.sent(socket, event.bytes) < event.bytes.length) this.drop(event.client, true);
        return;
      case 'takes': {
        const { length } = received(socket, event.count, false);
        this.clients.set(event.client, { socket, ...client, taken: client.taken + length });
        return;
      }
      case 'ends':
        if (socket.remote !== undefined) socket.shutdown(false, true);
        return;
      case 'leaves':
        this.drop(event.client, true);
        return;
      default:
    }
  }

  /** Bytes that the guest's side has taken; what it wants no more is gone, as on its way. */
  private sent(socket: StreamSocket, bytes: Uint8Array): number {
    try {
      const count = socket.send(bytes, undefined, NOTHING_BESIDE);
      return typeof count === 'number' ? count : 0;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      return bytes.length;
    }
  }

  private connect(number: number, port: number): void {
    const address = this.listener(port)?.address;
    const { family } = address ?? { family: AF.INET };
    const socket = new StreamSocket(this.net, { family, type: SOCK.STREAM, protocol: IPPROTO.TCP, inode: this.net.newInode() }, 0);
    this.net.hold(socket);
    this.clients.set(number, { socket, taken: 0, ended: false });
    try {
      socket.connect(address ?? loopback(AF.INET, port), true);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      if (error.number === E.INPROGRESS && socket.error === 0) return;
      this.leave(number, 'reset');
    }
  }

  /** Who listens at a port, and at which loopback address a client reaches it. */
  private listener(port: number): { readonly address: IpAddress; readonly isFull: boolean } | undefined {
    for (const family of [AF.INET, AF.INET6] as const) {
      const address = loopback(family, port);
      const socket = this.net.listenerAt(address);
      if (socket instanceof StreamSocket) return { address, isFull: socket.isFull };
    }
    return undefined;
  }

  // ---- what the guest does -------------------------------------------------------------------------------------------------------------

  /** Tells clients that the guest sends no more, once they have taken everything. Returns whether there were any. */
  private part(): boolean {
    let any = false;
    for (const [number, client] of this.clients) {
      const { socket } = client;
      if (!socket.queue.empty) continue;
      const ready = socket.readiness();
      if ((ready & POLL.ERR) !== 0) this.leave(number, 'reset');
      else if ((ready & POLL.RDHUP) === 0) continue;
      else if (socket.alone || socket.shutWrite) this.leave(number, 'all');
      else if (client.ended) continue;
      else {
        client.ended = true;
        this.log.part(number, 'half');
      }
      any = true;
    }
    return any;
  }

  private leave(number: number, how: Parting): void {
    this.log.part(number, how);
    this.drop(number, how === 'reset');
  }

  /** Nothing is left of a connection. `reset`: not by the guest's will, which is told so. */
  private drop(number: number, reset: boolean): void {
    const client = this.clients.get(number);
    if (client === undefined) return;
    this.clients.delete(number);
    if (reset) client.socket.linger = { on: 1, seconds: 0 };
    this.net.drop([client.socket]);
  }

  save(): SavedGateway {
    const { ports, due, log } = this;
    const clients = [...this.clients].map(([client, { socket, taken, ended }]) => ({ client, socket: socket.id, taken, ended }));
    return { version: 1, ports, due, clients, log: log.save() };
  }

  /** Once the open files are there. */
  restore(saved: SavedGateway, file: (id: number) => OpenFile): void {
    checkVersion('gateway', saved, 1);
    this.ports = saved.ports;
    this.due = saved.due;
    this.clients.clear();
    for (const { client, socket, taken, ended } of saved.clients)
      this.clients.set(client, { socket: file(socket) as StreamSocket, taken, ended });
    this.log.restore(saved.log);
  }
}

/** Bytes that have come to a socket, at most so many; `peek`: they stay there. */
function received(socket: StreamSocket, most: number, peek: boolean): Uint8Array {
  const message = socket.queue.empty ? undefined : socket.receive(most, peek);
  return message === undefined || typeof message === 'string' ? new Uint8Array(0) : message.bytes;
}
