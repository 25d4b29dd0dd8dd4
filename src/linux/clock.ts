import { CLOCK_TICKS } from '../cpu/api.js';
import { CLOCK } from './abi/constants.js';

const SECOND = 1_000_000_000n;

/** CLOCK_REALTIME at the start of every process: 2026-01-01 00:00:00 UTC. */
export const EPOCH = 1_767_225_600n * SECOND;
/** CLOCK_MONOTONIC at the start: a machine that has been up for 1000 s. */
const UPTIME = 1000n * SECOND;
const UPTIME_NS = Number(UPTIME);

/** A deadline that far away never comes: Linux's time ends there (KTIME_MAX, 292 years), and a longer sleep lasts for ever. */
export const NEVER = 2 ** 63;
/** The last moment before that which a number can be; time does not go on behind it. */
const LAST = NEVER - 1024;

/** Instructions that a processor retires in a nanosecond: what compiled code does on a processor of 3 GHz, about. */
export const PER_NANOSECOND = 8;
/** Of so many ticks an instruction on one processor is a whole number, and so it is on one of up to eight that are busy. */
const TICKS = CLOCK_TICKS;

/** The time of a count of instructions on one processor, in ns. */
export const nanosecondsOf = (instructions: number): number => Math.floor(instructions / PER_NANOSECOND);

/** A moment in ns and ticks of the next, the count of instructions there, and the ticks of each instruction from there on. */
export type SavedClock = { readonly ns: number; readonly ticks: number; readonly from: number; readonly pace: number };

/**
 * Virtual time. It advances with the instructions that retire, a quarter of a nanosecond each on one processor, half as fast when two are busy;
 * and it leaps when all threads wait.
 */
export class VirtualClock {
  private ns = 0;
  private ticks = 0;
  private from = 0;
  private pace = TICKS / PER_NANOSECOND;

  /** What `counter` gives, until it is asked again: that happens at each turn. */
  private readonly reading = { ns: 0, ticks: 0, pace: 0 };

  constructor(private readonly icount: () => number) {}

  save(): SavedClock {
    const { ns, ticks, from, pace } = this;
    return { ns, ticks, from, pace };
  }

  restore({ ns, ticks, from, pace }: SavedClock): void {
    Object.assign(this, { ns, ticks, from, pace });
  }

  /** Nanoseconds since the process started. */
  now(): number {
    return Math.min(this.ns + Math.floor(this.ticksSince() / TICKS), LAST);
  }

  private ticksSince(): number {
    return this.ticks + (this.icount() - this.from) * this.pace;
  }

  /** Takes what has passed as the beginning of what comes. */
  private settle(): void {
    const ticks = this.ticksSince();
    this.ns += Math.floor(ticks / TICKS);
    this.ticks = ticks % TICKS;
    this.from = this.icount();
  }

  /** From now on the instructions are those of so many processors, by turns. */
  share(processors: number): void {
    const pace = Math.max(1, Math.floor(TICKS / PER_NANOSECOND / processors));
    if (pace === this.pace) return;
    this.settle();
    this.pace = pace;
  }

  /** As much time passes as that of so many instructions, which nobody runs. */
  pass(instructions: number): void {
    if (instructions <= 0) return;
    this.settle();
    this.ticks += instructions * this.pace;
  }

  /** Instructions from now until a moment; at least 1. */
  until(moment: number): number {
    if (moment >= NEVER) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.ceil(((moment - this.ns) * TICKS - this.ticksSince()) / this.pace));
  }

  /** Leaps to a moment that is not behind us. */
  leapTo(moment: number): void {
    if (moment <= this.now()) return;
    this.settle();
    this.ns = moment;
  }

  /** What the time stamp counter, one tick a nanosecond, is at this count of instructions, and how it goes on. */
  counter(): { readonly ns: number; readonly ticks: number; readonly pace: number } {
    const { reading } = this;
    reading.ns = UPTIME_NS + this.ns;
    reading.ticks = this.ticksSince();
    reading.pace = this.pace;
    return reading;
  }

  /** Reading of a clock that runs with the wall's, in ns; undefined for others and unknown ones. */
  read(id: number): bigint | undefined {
    const base = clockBase(id);
    return base === undefined ? undefined : base + BigInt(this.now());
  }

  /** The virtual time at which a clock shows `value` ns. */
  when(id: number, value: bigint): number {
    const moment = value - (clockBase(id) ?? 0n);
    return moment > BigInt(NEVER) ? NEVER : moment < 0n ? 0 : Number(moment);
  }
}

/** What a clock that runs with the wall's shows at the start of a process, in ns; undefined for others and unknown ones. */
export function clockBase(id: number): bigint | undefined {
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
