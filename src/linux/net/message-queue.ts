import type { SocketAddress } from './address.js';

/** Who has sent: struct ucred. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** What has come: a datagram, or a piece of a stream. */
export interface SocketMessage<F> {
  readonly bytes: Uint8Array;
  readonly from: SocketAddress | undefined;
  /** Open files that came with it, held until somebody takes them. */
  readonly files: readonly F[];
  readonly credentials: Credentials | undefined;
}

/** Pieces up to this size are put together. */
const SMALL = 4096;
/** A message is reckoned as so many bytes more: they may be empty. */
const OVERHEAD = 256;

/** What a socket has received, in order. Bytes are never written to. */
export class MessageQueue<F> {
  private messages: SocketMessage<F>[] = [];
  /** Bytes, and OVERHEAD a message where `records` are kept apart. */
  size = 0;

  constructor(private readonly records: boolean) {}

  get empty(): boolean {
    return this.messages.length === 0;
  }

  /** Bytes that can be read at once: of a record alone. */
  get next(): number {
    return this.records ? (this.messages[0]?.bytes.length ?? 0) : this.size;
  }

  get first(): SocketMessage<F> | undefined {
    return this.messages[0];
  }

  weightOf(length: number): number {
    return this.records ? length + OVERHEAD : length;
  }

  push(message: SocketMessage<F>): void {
    this.size += this.weightOf(message.bytes.length);
    const last = this.messages.at(-1);
    const alone = this.records || last === undefined || message.files.length > 0 || last.files.length > 0;
    if (
      alone ||
      last.bytes.length + message.bytes.length > SMALL ||
      (last.credentials === undefined) !== (message.credentials === undefined)
    ) {
      this.messages.push(message);
      return;
    }
    const bytes = new Uint8Array(last.bytes.length + message.bytes.length);
    bytes.set(last.bytes);
    bytes.set(message.bytes, last.bytes.length);
    this.messages[this.messages.length - 1] = { ...last, bytes };
  }

  /** The first record, all of it. */
  shift(): SocketMessage<F> | undefined {
    const message = this.messages.shift();
    if (message) this.size -= this.weightOf(message.bytes.length);
    return message;
  }

  /** Bytes of a stream, at most so many; behind those that files came with no more are taken at once. `peek`: they stay. */
  take(length: number, peek: boolean): SocketMessage<F> {
    const out = new Uint8Array(Math.min(length, this.size));
    let at = 0;
    let index = 0;
    let files: readonly F[] = [];
    const first = this.messages[0];
    while (at < out.length && files.length === 0) {
      const message = this.messages[index]!;
      const part = message.bytes.subarray(0, out.length - at);
      out.set(part, at);
      at += part.length;
      files = message.files;
      if (peek) index++;
      else if (part.length === message.bytes.length) this.messages.shift();
      else this.messages[0] = { ...message, bytes: message.bytes.subarray(part.length), files: [] };
    }
    if (!peek) this.size -= at;
    return { bytes: out.subarray(0, at), from: first?.from, files: peek ? [] : files, credentials: first?.credentials };
  }

  /** Takes all out. Returns the files that nobody has taken. */
  clear(): F[] {
    const files = this.messages.flatMap(message => message.files);
    this.messages = [];
    this.size = 0;
    return files;
  }

  save(number: (file: F) => number) {
    return this.messages.map(message => ({ ...message, files: message.files.map(number) }));
  }

  restore(saved: readonly SocketMessage<number>[], file: (number: number) => F): void {
    this.messages = saved.map(message => ({ ...message, files: message.files.map(file) }));
    this.size = this.messages.reduce((sum, { bytes }) => sum + this.weightOf(bytes.length), 0);
  }
}
