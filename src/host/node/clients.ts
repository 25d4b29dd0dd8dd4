/** Clients that connect to ports of this machine's own, for a guest that listens behind them. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { ClientEvent, ClientRoom, HostClients, Parting } from '../clients.js';
import { hostReason } from '../files.js';
import { HostPace } from '../host-pace.js';
import { Told } from '../told.js';

/** A port of this machine's, and the guest's behind it. */
export interface Forward {
  /** 0: any that is free. */
  readonly host: number;
  readonly guest: number;
}

const LOOPBACK = '127.0.0.1';
/** Clients at once; more are turned away. */
const MOST_CLIENTS = 1024;
/** Bytes that are handed in at once, and those that may wait for a client before it gets no more. */
const PIECE = 65_536;
const MOST_WAITING = 262_144;
/** Milliseconds of the guest's running that a client waits for somebody to listen; of them a look counts so many at most, for the guest may have stood still. */
const PATIENCE = 5000;
const LOOK = 100;
/** After so many milliseconds without a look it has. */
const STILL = 1000;
/** Milliseconds in which a client takes something of what was left for it at the end. */
const LAST = 2000;

interface Connection {
  readonly socket: Socket;
  /** Bytes that it was given. */
  given: number;
  /** It sends no more, and that was told. */
  ended: boolean;
  parted: Parting | undefined;
}

export class NodeClients implements HostClients {
  readonly #servers: Server[] = [];
  /** Who has not been handed in yet, with its patience. */
  #waiting: { readonly socket: Socket; readonly port: number; patience: number }[] = [];
  readonly #connections = new Map<number, Connection>();
  /** Of these something is to be told. */
  readonly #active = new Set<number>();
  /** Handed in once, and to be seen to its end. */
  readonly #leaving = new Set<Socket>();
  #next = 1;
  #looked: number;
  /** Something has happened that nobody has asked for yet. */
  #news = false;
  #wake: () => void = () => undefined;
  readonly #pace = new HostPace(() => performance.now());

  private constructor() {
    this.#looked = performance.now();
  }

  /** Listens on the loopback address. Throws Told where that cannot be; `say` is told where clients may connect. */
  static async listen(forwards: readonly Forward[], say: (text: string) => void): Promise<NodeClients> {
    const clients = new NodeClients();
    for (const { host, guest } of forwards) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, socket => clients.#came(socket, guest));
      server.maxConnections = MOST_CLIENTS;
      server.listen(host, LOOPBACK);
      try {
        await once(server, 'listening');
      } catch (error) {
        clients.#close();
        const why = hostReason(error).replace(/^listen \w+: (.*?)( [\d.:]+)?$/, '$1');
        throw new Told(`--forward: cannot listen on ${LOOPBACK}:${host}: ${why}; --forward HOST:${guest} takes another port`);
      }
      clients.#servers.push(server);
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : host;
      say(`${LOOPBACK}:${port} leads to port ${guest} of the program`);
    }
    return clients;
  }

  get open(): boolean {
    return this.#servers.length > 0;
  }

  #came(socket: Socket, port: number): void {
    const gone = (): void => void (this.#waiting = this.#waiting.filter(each => each.socket !== socket));
    socket.on('error', () => undefined);
    socket.on('close', gone);
    this.#waiting.push({ socket, port, patience: PATIENCE });
    this.#tell();
  }

  #tell(): void {
    this.#news = true;
    this.#wake();
  }

  ask(guest: ClientRoom): readonly ClientEvent[] {
    this.#news = false;
    const events = [...this.#handIn(guest), ...this.#heard(guest), ...this.#handOut(guest)];
    if (events.length > 0) this.#pace.end();
    return events;
  }

  /** Those who want in, where somebody listens. */
  #handIn(guest: ClientRoom): ClientEvent[] {
    const now = performance.now();
    const ran = Math.min(now - this.#looked, LOOK);
    // A guest that has stood still is not behind.
    if (now - this.#looked > STILL) this.#pace.end();
    this.#looked = now;
    const events: ClientEvent[] = [];
    for (const each of [...this.#waiting]) {
      const { socket, port } = each;
      const door = guest.door(port);
      if (door === 'closed' && (each.patience -= ran) < 0) socket.resetAndDestroy();
      if (door !== 'open') continue;
      this.#waiting.splice(this.#waiting.indexOf(each), 1);
      const client = this.#next++;
      this.#connections.set(client, { socket, given: 0, ended: false, parted: undefined });
      const tell = (): void => {
        this.#active.add(client);
        this.#tell();
      };
      for (const event of ['readable', 'end', 'close']) socket.on(event, tell);
      socket.on('drain', () => this.#tell());
      events.push({ kind: 'connects', client, port });
    }
    return events;
  }

  #heard(guest: ClientRoom): ClientEvent[] {
    const events: ClientEvent[] = [];
    for (const client of [...this.#active]) {
      const connection = this.#connections.get(client);
      const socket = connection?.socket;
      if (connection === undefined || socket === undefined) {
        this.#active.delete(client);
        continue;
      }
      const size = Math.min(guest.room(client), socket.readableLength, PIECE);
      const bytes: Buffer | null = size > 0 ? (socket.read(size) as Buffer | null) : null;
      if (bytes !== null) events.push({ kind: 'sends', client, bytes: new Uint8Array(bytes) });
      // Nothing is left to read: only so the end of it is heard of.
      else if (socket.readableLength === 0) socket.read(0);
      if (socket.destroyed) {
        events.push({ kind: 'leaves', client });
        this.#connections.delete(client);
      } else if (socket.readableEnded && !connection.ended) {
        connection.ended = true;
        events.push({ kind: 'ends', client });
      }
      if (socket.readableLength === 0) this.#active.delete(client);
    }
    return events;
  }

  /** What waits for clients that take more. */
  #handOut(guest: ClientRoom): ClientEvent[] {
    const events: ClientEvent[] = [];
    for (const client of guest.waiting) {
      const connection = this.#connections.get(client);
      if (connection === undefined) events.push({ kind: 'leaves', client });
      else if (connection.socket.writableLength < MOST_WAITING) {
        const { at, bytes } = guest.output(client);
        this.#give(connection, at, bytes);
        events.push({ kind: 'takes', client, count: bytes.length });
      }
    }
    return events;
  }

  /** Of a run that has gone back a client gets what it has not got yet. */
  #give(connection: Connection, at: number, bytes: Uint8Array): void {
    const fresh = bytes.subarray(Math.max(0, connection.given - at));
    if (fresh.length === 0) return;
    connection.given += fresh.length;
    connection.socket.write(fresh);
  }

  rest(client: number, at: number, bytes: Uint8Array): void {
    const connection = this.#connections.get(client);
    if (connection !== undefined) this.#give(connection, at, bytes);
  }

  part(client: number, how: Parting): void {
    const connection = this.#connections.get(client);
    if (connection === undefined || connection.parted === how) return;
    connection.parted = how;
    const { socket } = connection;
    if (how === 'half') socket.end();
    else this.#leave(client, socket, how);
  }

  #leave(client: number, socket: Socket, how: Parting): void {
    this.#connections.delete(client);
    this.#active.delete(client);
    if (how === 'reset') {
      socket.resetAndDestroy();
      return;
    }
    this.#leaving.add(socket);
    socket.on('close', () => this.#leaving.delete(socket));
    socket.end();
    // What it still sends is for nobody.
    socket.removeAllListeners('readable');
    socket.resume();
    socket.on('end', () => socket.destroySoon());
    if (socket.readableEnded) socket.destroySoon();
  }

  passed(ns: number): boolean {
    return this.#pace.passed(ns);
  }

  /** Waits until something has come, or for `idle` ns, if that is said; not longer than `most` milliseconds. */
  async wait(idle: number | undefined, most = Number.POSITIVE_INFINITY): Promise<void> {
    // A client that is waited for may have come already.
    await new Promise(resolve => setImmediate(resolve));
    const time = Math.min(idle === undefined ? most : this.#pace.until(idle), most, this.#waiting.length > 0 ? LOOK : most);
    if (this.#news || time <= 0) return;
    await new Promise<void>(resolve => {
      const timer = time < 2 ** 31 ? setTimeout(resolve, Math.ceil(time)) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }

  /** For another run: its clients are others. */
  renew(): void {
    for (const [client, { socket }] of this.#connections) this.#leave(client, socket, 'reset');
  }

  #close(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  /** Nobody is let in any more. Who has been parted from gets what is left for him, unless he takes nothing. */
  async end(): Promise<void> {
    this.#close();
    for (const { socket } of this.#waiting) socket.resetAndDestroy();
    this.renew();
    for (const socket of this.#leaving) {
      let before = -1;
      while (!socket.destroyed && before !== socket.bytesWritten - socket.writableLength) {
        before = socket.bytesWritten - socket.writableLength;
        const timer = setTimeout(() => socket.emit('late'), LAST);
        await Promise.race([once(socket, 'close'), once(socket, 'late')]);
        clearTimeout(timer);
      }
      socket.destroy();
    }
  }
}
