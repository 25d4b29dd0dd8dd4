import { CLOCK } from './abi/constants.js';

const SECOND = 1_000_000_000n;

/** CLOCK_REALTIME at the start of every process: 2026-01-01 00:00:00 UTC. */
const EPOCH = 1_767_225_600n * SECOND;
/** CLOCK_MONOTONIC at the start: a machine that has been up for 1000 s. */
const UPTIME = 1000n * SECOND;

/** A deadline that far away never comes: Linux's time ends there (KTIME_MAX, 292 years), and a longer sleep lasts for ever. */
export const NEVER = 2 ** 63;
/** The last moment before that which a number can be; time does not go on behind it. */
const LAST = NEVER - 1024;

/** Virtual time: one nanosecond an instruction, and leaps when all threads wait. */
export class VirtualClock {
  private idle = 0;

  constructor(private readonly icount: () => number) {}

  /** How far the time is ahead of the instructions. */
  save(): number {
    return this.idle;
  }

  restore(idle: number): void {
    this.idle = idle;
  }

  /** Nanoseconds since the process started. */
  now(): number {
    return Math.min(this.icount() + this.idle, LAST);
  }

  /** Leaps to a moment that is not behind us. */
  leapTo(moment: number): void {
    const ahead = moment - this.now();
    if (ahead > 0) this.idle += ahead;
  }

  /** Reading of a clock that runs with the wall's, in ns; undefined for others and unknown ones. */
  read(id: number): bigint | undefined {
    const base = baseOf(id);
    return base === undefined ? undefined : base + BigInt(this.now());
  }

  /** The virtual time at which a clock shows `value` ns. */
  when(id: number, value: bigint): number {
    const moment = value - (baseOf(id) ?? 0n);
    return moment > BigInt(NEVER) ? NEVER : moment < 0n ? 0 : Number(moment);
  }

  /** The time stamp counter: one tick a nanosecond, since the machine was switched on. */
  tsc(): bigint {
    return UPTIME + BigInt(this.now());
  }
}

function baseOf(id: number): bigint | undefined {
  switch (id) {
    case CLOCK.REALTIME:
    case CLOCK.REALTIME_COARSE:
    case CLOCK.REALTIME_ALARM:
    case CLOCK.TAI:
      return EPOCH;
    case CLOCK.MONOTONIC:
    case CLOCK.MONOTONIC_RAW:
    case CLOCK.MONOTONIC_COARSE:
    case CLOCK.BOOTTIME:
    case CLOCK.BOOTTIME_ALARM:
      return UPTIME;
    default:
      return undefined;
  }
}
