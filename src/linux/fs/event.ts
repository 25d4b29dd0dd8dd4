import { O, POLL } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import type { DescriptorTimer, Timers } from '../timers.js';
import { OpenFile, WOULD_BLOCK, type WouldBlock } from './open-file.js';
import { type Stat, syntheticStat } from './stat.js';

const COUNTER_MAX = 0xffff_ffff_ffff_fffen;

function word(value: bigint): Uint8Array {
  return new Uint8Array(new BigUint64Array([value]).buffer);
}

/** eventfd(2): a counter. */
export class EventFd extends OpenFile {
  constructor(
    private counter: bigint,
    private readonly semaphore: boolean,
    flags: number,
  ) {
    super('anon_inode:[eventfd]', O.RDWR | flags);
  }

  override get tells(): boolean {
    return true;
  }

  override get pollable(): boolean {
    return true;
  }

  override readiness(): number {
    return (this.counter > 0n ? POLL.IN | POLL.RDNORM : 0) | (this.counter < COUNTER_MAX ? POLL.OUT | POLL.WRNORM : 0);
  }

  override read(length: number): Uint8Array | WouldBlock {
    if (length < 8) throw new Errno(E.INVAL);
    if (this.counter === 0n) return WOULD_BLOCK;
    const value = this.semaphore ? 1n : this.counter;
    this.counter -= value;
    this.events++;
    return word(value);
  }

  override write(bytes: Uint8Array): number | WouldBlock {
    if (bytes.length < 8) throw new Errno(E.INVAL);
    const value = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (value > COUNTER_MAX) throw new Errno(E.INVAL);
    if (this.counter + value > COUNTER_MAX) return WOULD_BLOCK;
    this.counter += value;
    this.events++;
    return 8;
  }

  stat(): Stat {
    return syntheticStat(0o600, 11n);
  }

  save() {
    return { ...this.common('eventfd'), counter: this.counter, semaphore: this.semaphore };
  }

  static restore(saved: ReturnType<EventFd['save']>): EventFd {
    return new EventFd(saved.counter, saved.semaphore, saved.flags);
  }
}

/** timerfd_create(2): a count of expirations. */
export class TimerFd extends OpenFile {
  private expirations = 0n;
  readonly timer: DescriptorTimer;

  constructor(
    readonly clockId: number,
    private readonly timers: Timers,
    flags: number,
  ) {
    super('anon_inode:[timerfd]', O.RDWR | flags);
    this.timer = { kind: 'descriptor', clock: 'wall', deadline: undefined, interval: 0, file: this };
  }

  /** The timer is due. */
  expired(count: number): void {
    this.expirations += BigInt(count);
    this.events++;
  }

  /** `deadline` in virtual ns; undefined disarms. */
  set(deadline: number | undefined, interval: number): void {
    this.expirations = 0n;
    if (deadline === undefined) this.timers.disarm(this.timer);
    else this.timers.arm(this.timer, deadline, interval);
  }

  override get tells(): boolean {
    return true;
  }

  override get pollable(): boolean {
    return true;
  }

  override readiness(): number {
    return this.expirations > 0n ? POLL.IN | POLL.RDNORM : 0;
  }

  override read(length: number): Uint8Array | WouldBlock {
    if (length < 8) throw new Errno(E.INVAL);
    if (this.expirations === 0n) return WOULD_BLOCK;
    const value = this.expirations;
    this.expirations = 0n;
    return word(value);
  }

  override close(): void {
    this.timers.disarm(this.timer);
  }

  stat(): Stat {
    return syntheticStat(0o600, 12n);
  }

  save() {
    const { clockId, expirations } = this;
    const { deadline, interval } = this.timer;
    return { ...this.common('timerfd'), clockId, expirations, deadline, interval };
  }

  static restore(saved: ReturnType<TimerFd['save']>, { timers }: { readonly timers: Timers }): TimerFd {
    const file = new TimerFd(saved.clockId, timers, saved.flags);
    file.expirations = saved.expirations;
    file.timer.deadline = saved.deadline;
    file.timer.interval = saved.interval;
    return file;
  }
}
