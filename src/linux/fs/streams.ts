import type { InputLog } from '../../host/input-log.js';
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

  override waiting(): number {
    return 0;
  }

  override write(bytes: Uint8Array): number {
    this.log.write(this.descriptor, bytes);
    return bytes.length;
  }

  stat(): Stat {
    return syntheticStat(S.IFIFO | 0o600, 10n);
  }

  save() {
    return { ...this.common('output'), descriptor: this.descriptor };
  }

  static restore(saved: ReturnType<OutputStream['save']>, { output }: { readonly output: OutputLog }): OutputStream {
    return new OutputStream(saved.descriptor, output);
  }
}

/** Standard input: a pipe that somebody outside writes to. */
export class InputStream extends OpenFile {
  /** Bytes that had come when it was looked at last. */
  private came = 0;
  private closed = false;

  constructor(private readonly input: InputLog) {
    super('pipe:[0]', O.RDONLY);
  }

  override get pollable(): boolean {
    return true;
  }

  private look(want: number): ReturnType<InputLog['look']> {
    const found = this.input.look(want);
    if (found.came > this.came || found.closed !== this.closed) this.events++;
    this.came = found.came;
    this.closed = found.closed;
    return found;
  }

  override readiness(): number {
    const { available, closed } = this.look(1);
    return (available > 0 ? POLL.IN | POLL.RDNORM : 0) | (closed ? POLL.HUP : 0);
  }

  override waiting(): number {
    return this.look(PIPE_SIZE).available;
  }

  override read(length: number): Uint8Array | WouldBlock {
    if (length === 0) return new Uint8Array(0);
    const { available, ended } = this.look(length);
    return available === 0 && !ended ? WOULD_BLOCK : this.input.take(available);
  }

  /** What comes now is for nobody. */
  override close(): void {
    this.input.hungry = false;
  }

  stat(): Stat {
    return syntheticStat(S.IFIFO | 0o600, 9n);
  }

  save() {
    return { ...this.common('input'), came: this.came, closed: this.closed };
  }

  static restore(saved: ReturnType<InputStream['save']>, { input }: { readonly input: InputLog }): InputStream {
    const file = new InputStream(input);
    file.came = saved.came;
    file.closed = saved.closed;
    return file;
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

  constructor(
    private readonly inode: number,
    flags: number,
  ) {
    this.reader = new PipeReader(this, inode, flags);
    this.writer = new PipeWriter(this, inode, flags);
  }

  /** Chunks are never written to. */
  save() {
    const { inode, size, readers, writers } = this;
    return { inode, chunks: [...this.chunks], size, readers, writers };
  }

  static restore({ inode, chunks, ...rest }: ReturnType<Pipe['save']>): Pipe {
    const pipe = new Pipe(inode, 0);
    pipe.chunks.push(...chunks);
    return Object.assign(pipe, rest);
  }

  changed(): void {
    this.reader.events++;
    this.writer.events++;
  }
}

class PipeReader extends OpenFile {
  constructor(
    private readonly pipe: Pipe,
    private readonly inode: number,
    flags: number,
  ) {
    super(`pipe:[${inode}]`, O.RDONLY | flags);
  }

  override get tells(): boolean {
    return true;
  }

  override get pollable(): boolean {
    return true;
  }

  override waiting(): number {
    return this.pipe.size;
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
    return syntheticStat(S.IFIFO | 0o600, BigInt(this.inode));
  }

  save() {
    return { ...this.common('pipe reader'), pipe: this.pipe.save() };
  }
}

class PipeWriter extends OpenFile {
  constructor(
    private readonly pipe: Pipe,
    private readonly inode: number,
    flags: number,
  ) {
    super(`pipe:[${inode}]`, O.WRONLY | flags);
  }

  override get tells(): boolean {
    return true;
  }

  override get pollable(): boolean {
    return true;
  }

  override waiting(): number {
    return this.pipe.size;
  }

  override readiness(): number {
    if (this.pipe.readers === 0) return POLL.OUT | POLL.ERR;
    return this.pipe.size <= PIPE_SIZE - PIPE_BUF ? POLL.OUT | POLL.WRNORM : 0;
  }

  override get mostWritten(): number {
    return PIPE_SIZE;
  }

  /** Also what is torn: less than PIPE_BUF is taken as a whole or not at all. */
  override free(): number {
    const room = PIPE_SIZE - this.pipe.size;
    return this.pipe.readers === 0 || room >= PIPE_BUF ? Math.max(room, PIPE_BUF) : 0;
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
    return syntheticStat(S.IFIFO | 0o600, BigInt(this.inode));
  }

  save() {
    return { ...this.common('pipe writer'), pipe: this.pipe.save() };
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

/** Random bytes of one read. */
const MOST_RANDOM = 1 << 18;

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
    // A long one is cut short, as by a signal: each byte takes a hundred times what others do.
    return this.device === 'random' || this.device === 'urandom'
      ? this.random.bytes(Math.min(length, MOST_RANDOM))
      : new Uint8Array(length);
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

  save() {
    return { ...this.common('device'), device: this.device, position: this.position };
  }

  static restore(saved: ReturnType<Device['save']>, { random }: { readonly random: Prng }): Device {
    const file = new Device(saved.device, saved.flags, random);
    file.position = saved.position;
    return file;
  }
}
