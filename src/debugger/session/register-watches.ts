/**
 * Watchpoints on registers. No hardware tells of a register's change, and nobody wants to step: the engine asks in front of each instruction that may
 * write a watched register, and what it will make of it is worked out from the instruction's effects. Only where that differs, or cannot be known, the run
 * stops, and the instruction runs by itself. So a register that is written rarely, as R14, costs little, and one that each other instruction writes much.
 */
import type { EdgeKind, EdgeWatcher, EffectRegister, Effects, Observer, Registers, RegisterWrite } from '../../cpu/api.js';
import { isGpr, valueNow } from '../../cpu/effects/instruction.js';
import type { Process } from '../../linux/api.js';
import { effectsIn } from '../code/decode.js';
import type { RegisterWatchpoint, WatchedRegister } from './breakpoints.js';

/** What SYSCALL leaves in registers (Intel SDM vol. 2; syscalls(2)). */
const BY_SYSCALL: ReadonlySet<EffectRegister> = new Set(['rax', 'rcx', 'r11']);

/** A register's change in a thread. */
export interface RegisterChange {
  readonly breakpoint: RegisterWatchpoint;
  readonly before: bigint;
  readonly after: bigint;
}

interface Site {
  readonly effects: Effects;
  readonly watched: readonly RegisterWatchpoint[];
}

/** The value of a watched part of a thread's registers. */
function valueOfRegister(registers: Registers, { register, offset, bytes }: WatchedRegister): bigint {
  return BigInt.asUintN(8 * bytes, whole(registers, register) >> BigInt(8 * offset));
}

const whole = (registers: Registers, name: EffectRegister): bigint =>
  isGpr(name) ? registers.get(name) : registers.xmm(Number(name.slice('xmm'.length)));

export class RegisterWatches implements Observer {
  readonly edges: EdgeWatcher = { instructions: true, site: (pc, kind) => this.#site(pc, kind), reached: site => this.#reached(site) };
  /** How often an instruction was looked at: what it costs. */
  asked = 0;
  #process: Process | undefined;
  #watched: readonly RegisterWatchpoint[] = [];
  #sites: Site[] = [];
  #leave: (() => void) | undefined;
  #passing = false;

  /** Before the program goes on. */
  arm(process: Process, watched: readonly RegisterWatchpoint[]): void {
    const same = watched.length === this.#watched.length && watched.every((each, index) => each === this.#watched[index]);
    if (same && (process === this.#process || watched.length === 0)) return;
    this.#leave?.();
    this.#process = process;
    this.#watched = watched;
    this.#sites = [];
    this.#leave = watched.length === 0 ? undefined : process.observe(this);
  }

  /** What there is now is what was seen last, in each thread: the run was taken elsewhere. */
  look(process: Process, all: readonly RegisterWatchpoint[]): void {
    for (const each of all) {
      each.last.clear();
      for (const { tid, state, registers } of process.threads)
        if (state !== 'exited') each.last.set(tid, valueOfRegister(registers, each.part));
    }
  }

  /** Whether a watched register of the current thread was changed by no instruction of it, as the kernel does. */
  get changedBefore(): boolean {
    const { tid, registers } = this.#process!.current;
    return this.#watched.some(({ part, last }) => last.has(tid) && last.get(tid) !== valueOfRegister(registers, part));
  }

  /** Runs the instruction that the run has stopped for, or something else, without being asked. */
  pass<T>(run: () => T): T {
    this.#passing = true;
    try {
      return run();
    } finally {
      this.#passing = false;
    }
  }

  /** What has changed in a thread since it was asked last. */
  changes(tid: number): readonly RegisterChange[] {
    const thread = this.#process?.threads.find(each => each.tid === tid);
    if (thread === undefined) return [];
    return this.#watched.flatMap(breakpoint => {
      const after = valueOfRegister(thread.registers, breakpoint.part);
      const before = breakpoint.last.get(tid) ?? after;
      breakpoint.last.set(tid, after);
      return before === after ? [] : [{ breakpoint, before, after }];
    });
  }

  #site(pc: bigint, kind: EdgeKind): number {
    if (kind !== 'instruction') return 0;
    const effects = effectsIn(this.#process!.memory, pc);
    if (effects === undefined) return 0;
    const watched = this.#watched.filter(({ part }) => effects.writes.some(write => isOf(write, part)) || byKernel(effects, part));
    return watched.length === 0 ? 0 : this.#sites.push({ effects, watched });
  }

  /** False: it writes another value, or one that nobody can tell. */
  #reached(number: number): boolean {
    if (this.#passing) return true;
    this.asked++;
    const { effects, watched } = this.#sites[number - 1]!;
    const { tid, registers } = this.#process!.current;
    return watched.every(({ part, last }) => {
      const now = valueOfRegister(registers, part);
      return (last.get(tid) ?? now) === now && this.#after(effects, part, registers) === now;
    });
  }

  /** What the part will be behind an instruction; undefined: that is not known. */
  #after(effects: Effects, part: WatchedRegister, registers: Registers): bigint | undefined {
    if (effects.repeats || byKernel(effects, part)) return undefined;
    let value = whole(registers, part.register);
    for (const write of effects.writes.filter(each => isOf(each, part))) {
      const written = write.certain ? valueNow(effects, write.value, registers, this.#process!.memory) : undefined;
      if (written === undefined || write.bytes > 8) return undefined;
      const shift = BigInt(8 * write.offset);
      const mask = ((1n << BigInt(8 * write.bytes)) - 1n) << shift;
      value = (value & ~mask) | ((written << shift) & mask);
    }
    return BigInt.asUintN(8 * part.bytes, value >> BigInt(8 * part.offset));
  }
}

const isOf = (write: RegisterWrite, { register, offset, bytes }: WatchedRegister): boolean =>
  write.register === register && write.offset < offset + bytes && offset < write.offset + write.bytes;

const byKernel = ({ flow }: Effects, { register }: WatchedRegister): boolean => flow.kind === 'syscall' && BY_SYSCALL.has(register);
