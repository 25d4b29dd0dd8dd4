import { O, POLL, S } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import type { OutputLog } from '../output.js';
import type { Prng } from '../prng.js';
import { OpenFile, SeekableFile, WOULD_BLOCK, type WouldBlock } from './open-file.js';
import { type Stat, syntheticStat } from './stat.js';

/** Standard output or error: a pipe that somebody reads at once. */
export class OutputStream extends OpenFile {
  constructor(
    private readonly descriptor: 1 | 2,
    private readonly log: OutputLog,
  ) {
    super(`pipe:[${descriptor}]`, O.WRONLY);
  }

  override get pollable(): boolean {
    return true;
  }

  override readiness(): number {
    return POLL.OUT | POLL.WRNORM;
  }

  override write(bytes: Uint8Array): number {
    this.log.write(this.descriptor, bytes);
    return bytes.length;
  }

  stat(): Stat {
    return syntheticStat(S.IFIFO | 0o600, 10n);
  }
}

/** Standard input: a pipe that holds all its bytes and whose writer has gone. */
export class InputStream extends OpenFile {
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {
    super('pipe:[0]', O.RDONLY);
  }

  override get pollable(): boolean {
    return true;
  }

  override readiness(): number {
    return this.position < this.bytes.length ? POLL.IN | POLL.RDNORM | POLL.HUP : POLL.HUP;
  }

  override read(length: number): Uint8Array {
    const part = this.bytes.slice(this.position, this.position + length);
    this.position += part.length;
    return part;
  }

  stat(): Stat {
    return syntheticStat(S.IFIFO | 0o600, 9n);
  }

  override describe(): string {
    return `${super.describe()} @${this.position}`;
  }
}

const PIPE_SIZE = 65536;
/** Writes up to this size are not torn (PIPE_BUF). */
const PIPE_BUF = 4096;

/** The buffer between the two ends of pipe2(2). */
export class Pipe {
  readonly chunks: Uint8Array[] = [];
  size = 0;
  readonly reader: PipeReader;
  readonly writer: PipeWriter;
  readers = 1;
  writers = 1;

  constructor(id: number, flags: number) {
    this.reader = new PipeReader(this, id, flags);
    this.writer = new PipeWriter(this, id, flags);
  }

  changed(): void {
    this.reader.events++;
    this.writer.events++;
  }
}

class PipeReader extends OpenFile {
  constructor(
    private readonly pipe: Pipe,
    private readonly id: number,
    flags: number,
  ) {
    super(`pipe:[${id}]`, O.RDONLY | flags);
  }

  override get pollable(): boolean {
    return true;
  }

  override readiness(): number {
    return (this.pipe.size > 0 ? POLL.IN | POLL.RDNORM : 0) | (this.pipe.writers === 0 ? POLL.HUP : 0);
  }

  override read(length: number): Uint8Array | WouldBlock {
    const { pipe } = this;
    if (length === 0) return new Uint8Array(0);
    if (pipe.size === 0) return pipe.writers === 0 ? new Uint8Array(0) : WOULD_BLOCK;
    const out = new Uint8Array(Math.min(length, pipe.size));
    for (let at = 0; at < out.length; ) {
      const chunk = pipe.chunks[0]!;
      const part = chunk.subarray(0, out.length - at);
      out.set(part, at);
      at += part.length;
      if (part.length === chunk.length) pipe.chunks.shift();
      else pipe.chunks[0] = chunk.subarray(part.length);
    }
    pipe.size -= out.length;
    pipe.changed();
    return out;
  }

  override close(): void {
    this.pipe.readers = 0;
    this.pipe.changed();
  }

  stat(): Stat {
    return syntheticStat(S.IFIFO | 0o600, BigInt(this.id));
  }

  override describe(): string {
    return `${super.describe()} ${this.pipe.size}`;
  }
}

class PipeWriter extends OpenFile {
  constructor(
    private readonly pipe: Pipe,
    private readonly id: number,
    flags: number,
  ) {
    super(`pipe:[${id}]`, O.WRONLY | flags);
  }

  override get pollable(): boolean {
    return true;
  }

  override readiness(): number {
    if (this.pipe.readers === 0) return POLL.OUT | POLL.ERR;
    return this.pipe.size <= PIPE_SIZE - PIPE_BUF ? POLL.OUT | POLL.WRNORM : 0;
  }

  /** Throws EPIPE when nobody can read. */
  override write(bytes: Uint8Array): number | WouldBlock {
    const { pipe } = this;
    if (pipe.readers === 0) throw new Errno(E.PIPE);
    const room = PIPE_SIZE - pipe.size;
    if (room === 0 || (bytes.length <= PIPE_BUF && bytes.length > room)) return bytes.length === 0 ? 0 : WOULD_BLOCK;
    const part = bytes.slice(0, room);
    if (part.length > 0) pipe.chunks.push(part);
    pipe.size += part.length;
    pipe.changed();
    return part.length;
  }

  override close(): void {
    this.pipe.writers = 0;
    this.pipe.changed();
  }

  stat(): Stat {
    return syntheticStat(S.IFIFO | 0o600, BigInt(this.id));
  }
}

export type DeviceName = 'null' | 'zero' | 'full' | 'random' | 'urandom';
const DEVICE_NUMBERS: Readonly<Record<DeviceName, bigint>> = { null: 0x103n, zero: 0x105n, full: 0x107n, random: 0x108n, urandom: 0x109n };

export function deviceNamed(path: string): DeviceName | undefined {
  const name = path.startsWith('/dev/') ? path.slice(5) : '';
  return Object.hasOwn(DEVICE_NUMBERS, name) ? (name as DeviceName) : undefined;
}

export function deviceStat(name: DeviceName): Stat {
  return syntheticStat(S.IFCHR | 0o666, DEVICE_NUMBERS[name], 0n, DEVICE_NUMBERS[name]);
}

/** Pages that stay zero, privately mapped. */
const ZERO_PAGES = 'zero';

/** Character devices that every process may open: mem(4), random(4). */
export class Device extends SeekableFile {
  constructor(
    private readonly device: DeviceName,
    flags: number,
    private readonly random: Prng,
  ) {
    super(`/dev/${device}`, flags);
  }

  protected size(): number {
    return 0;
  }

  override readAt(_offset: number, length: number): Uint8Array {
    if (this.device === 'null') return new Uint8Array(0);
    return this.device === 'random' || this.device === 'urandom' ? this.random.bytes(length) : new Uint8Array(length);
  }

  override writeAt(_offset: number, bytes: Uint8Array): number {
    if (this.device === 'full') throw new Errno(E.NOSPC);
    return bytes.length;
  }

  override pages() {
    return this.device === 'zero' ? ZERO_PAGES : undefined;
  }

  stat(): Stat {
    return deviceStat(this.device);
  }
}
