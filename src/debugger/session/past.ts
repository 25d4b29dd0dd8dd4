/**
 * What the run has passed: runs are equal to the bit, so another process of the same program, run from the start to this moment, goes by it again
 * and can be watched. It is asked for rarely, and only of short runs.
 */
import { GPR_NAMES, type Observer, PAGE_SIZE } from '../../cpu/api.js';
import type { Process } from '../../linux/api.js';
import { instructionsIn } from '../code/decode.js';
import { peek } from '../code/peek.js';
import { CallChecks } from '../lens/checks.js';
import type { Violation } from '../lens/rules.js';
import { type Past, type PastWrite, Target } from '../target.js';
import { Driver } from './driver.js';
import type { Launcher } from './host.js';

/** Instructions that are run again at most: less than a second of the emulator's time. */
const MOST = 25_000_000;

/** Bytes that the other process may touch beyond what this one has: it takes the same way. */
const ROOM = 16 * 2 ** 20;

/** A rule that was broken before. */
export interface PastViolation {
  readonly violation: Violation;
  readonly pc: bigint;
  readonly t: number;
}

export class Replay implements Past {
  /** By address, with what was there when it was asked: what is known of a word holds for as long as that is. */
  readonly #writes = new Map<bigint, { readonly now: bigint; readonly write: PastWrite | undefined }>();

  /** `args`: as the process was started. */
  constructor(
    private readonly process: Process,
    private readonly launcher: Launcher,
    private readonly args: readonly string[] | undefined,
  ) {}

  lastWrite(address: bigint): PastWrite | undefined {
    const now = peek(this.process.memory, address);
    if (now === undefined) return undefined;
    const known = this.#writes.get(address);
    if (known?.now === now) return known.write;
    const write = this.#lookForWrite(address, now);
    this.#writes.set(address, { now, write });
    return write;
  }

  /**
   * The first rule of the calling conventions that was broken, as `abi check on` from the start would have told; 'far' where more than `most`
   * instructions would have to be run for it.
   */
  firstViolation(most: number): PastViolation | 'far' | undefined {
    if (this.process.t > Math.min(most, MOST)) return 'far';
    const process = this.#again();
    if (process === undefined) return undefined;
    const target = new Target(process, objects => this.launcher.images(objects));
    const checks = new CallChecks();
    checks.on = true;
    checks.arm(target);
    // The instruction that faulted may be the one.
    const stopped = this.#runTo(process, this.process.t + 1, checks);
    if (!stopped) return undefined;
    const found = { violation: checks.violation!, pc: process.current.registers.rip, t: process.t };
    checks.on = false;
    checks.arm(target);
    this.#runTo(process, this.process.t, undefined);
    return this.#isHere(process) ? found : undefined;
  }

  /**
   * What `make` has watched the other process with, on its way to this moment; 'far' where more than `most` instructions would have to be run for
   * it, undefined where the run cannot be had again.
   */
  watched<T extends Observer>(most: number, make: (process: Process) => T): T | 'far' | undefined {
    if (this.process.t > most) return 'far';
    const process = this.#again(most);
    if (process === undefined) return undefined;
    const watcher = make(process);
    const leave = process.observe(watcher);
    this.#runTo(process, this.process.t, undefined);
    leave();
    return this.#isHere(process) ? watcher : undefined;
  }

  #lookForWrite(address: bigint, now: bigint): PastWrite | undefined {
    const process = this.#again();
    if (process === undefined) return undefined;
    let last: { readonly behind: bigint; readonly t: number } | undefined;
    const watcher: Observer = {
      accesses: {
        ranges: [{ address, length: 8, access: 'write' }],
        accessed: () => {
          last = { behind: process.cpu.registers.rip, t: process.t };
          return true;
        },
      },
    };
    process.observe(watcher);
    this.#runTo(process, this.process.t, undefined);
    return last !== undefined && this.#isHere(process) && peek(process.memory, address) === now
      ? { by: this.#before(last.behind), t: last.t }
      : undefined;
  }

  #again(most = MOST): Process | undefined {
    return this.process.t > most ? undefined : this.launcher.again(this.args, this.process.memory.touchedPages * PAGE_SIZE + ROOM);
  }

  /** Whether an observer has stopped it before that moment. */
  #runTo(process: Process, t: number, observer: Observer | undefined): boolean {
    const driver = new Driver(process);
    while (process.t < t) {
      const before = process.t;
      const stop = driver.run(t - process.t);
      if (stop.kind === 'observer' && stop.observer === observer) return true;
      if (stop.kind === 'exited' || stop.kind === 'deadlock' || (process.t === before && stop.kind !== 'signal')) return false;
    }
    return false;
  }

  /** Whether the other process has come to where this one is: the user has changed nothing on the way. */
  #isHere({ t, current }: Process): boolean {
    const here = this.process.current;
    const equal = GPR_NAMES.every(name => current.registers.get(name) === here.registers.get(name));
    return t === this.process.t && current.tid === here.tid && equal && current.registers.rip === here.registers.rip;
  }

  /** The instruction in front of an address. */
  #before(behind: bigint): bigint {
    const func = this.launcher.images(this.process.objects).functionAt(behind - 1n);
    if (func === undefined) return behind;
    for (const { address, length } of instructionsIn(this.process.memory, func.entry, func.end)) {
      if (address + BigInt(length) === behind) return address;
    }
    return behind;
  }
}
