/** What the run has passed: it is run again up to this moment, watched on its way, and put back to where it stands. Nothing that it does is seen outside. */
import type { Observer } from '../../cpu/api.js';
import type { Process } from '../../linux/api.js';
import { instructionsIn } from '../code/decode.js';
import { peek } from '../code/peek.js';
import { CallChecks } from '../lens/checks.js';
import type { Violation } from '../lens/rules.js';
import { type Past, type PastWrite, Target } from '../target.js';
import type { Journey, Timeline } from '../timeline/history.js';
import type { Launcher } from './host.js';
import type { Stop } from './stop.js';

/** Instructions that are run again at most for what nobody has asked for: less than a second of the emulator's time. */
const MOST = 25_000_000;

/** A rule that was broken before. */
export interface PastViolation {
  readonly violation: Violation;
  readonly pc: bigint;
  readonly t: number;
}

/** The session whose run it is. */
interface Owner {
  readonly target: Target;
  readonly launcher: Launcher;
  readonly history: Timeline<Stop> | undefined;
  /** Lets the run be taken elsewhere; what is returned comes back. */
  away(history: Timeline<Stop>): () => void;
}

export class Passed implements Past {
  /** By address, what is known of this moment, and of what was there then. */
  readonly #writes = new Map<bigint, { readonly now: bigint; readonly write: PastWrite | undefined }>();
  #known: { readonly t: number; readonly branch: number } | undefined;

  constructor(private readonly session: Owner) {}

  lastWrite(address: bigint): PastWrite | undefined {
    const { history, target } = this.session;
    if (history === undefined) return undefined;
    const { t, memory } = target.process;
    const now = peek(memory, address);
    if (now === undefined) return undefined;
    const branch = history.branch.id;
    if (this.#known?.t !== t || this.#known.branch !== branch) this.#writes.clear();
    this.#known = { t, branch };
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
    const { process } = this.session.target;
    const { t } = process;
    if (t > Math.min(most, MOST)) return 'far';
    const checks = new CallChecks();
    const target = this.#anew();
    return this.#look(function* (history) {
      yield* history.seek(history.start);
      checks.on = true;
      checks.arm(target);
      try {
        // The instruction that faulted may be the one.
        const stopped = yield* history.again(t + 1, stop => stop.kind === 'observer');
        return stopped ? { violation: checks.violation!, pc: process.current.registers.rip, t: process.t } : undefined;
      } finally {
        checks.on = false;
        checks.arm(target);
      }
    });
  }

  /** What `make` has watched the run with, from its start to this moment; 'far' where more than `most` instructions would have to be run for it. */
  watched<T extends Observer>(most: number, make: (process: Process) => T): T | 'far' | undefined {
    const { process } = this.session.target;
    const { t } = process;
    if (t > most) return 'far';
    return this.#look(function* (history) {
      yield* history.seek(history.start);
      const watcher = make(process);
      const leave = process.observe(watcher);
      try {
        yield* history.again(t);
      } finally {
        leave();
      }
      return watcher;
    });
  }

  #lookForWrite(address: bigint, now: bigint): PastWrite | undefined {
    const { process } = this.session.target;
    const { t } = process;
    const last = this.#look(history =>
      history.backwards(t, function* (piece) {
        if (piece.end < t - MOST) return 'far' as const;
        let last: { readonly behind: bigint; readonly t: number; readonly value: bigint | undefined } | undefined;
        const leave = process.observe({
          accesses: {
            ranges: [{ address, length: 8, access: 'write' }],
            accessed: () => {
              last = { behind: process.cpu.registers.rip, t: process.t, value: peek(process.memory, address) };
              return true;
            },
          },
        });
        try {
          yield* piece.run(() => undefined);
        } finally {
          leave();
        }
        return last;
      }),
    );
    // What the user has written since is none of the program's.
    return last === undefined || last === 'far' || last.value !== now ? undefined : { by: this.#before(last.behind), t: last.t };
  }

  /** The same process, seen at other moments. */
  #anew(): Target {
    const { target, launcher } = this.session;
    return new Target(target.process, objects => launcher.images(objects));
  }

  /** All at once: nobody else gets a turn while the run is elsewhere. Undefined: the program has not run yet, or cannot. */
  #look<T>(way: (history: Timeline<Stop>) => Journey<T | undefined>): T | undefined {
    const { history } = this.session;
    if (history === undefined) return undefined;
    const comeBack = this.session.away(history);
    try {
      const journey = way(history);
      for (let step = journey.next(); ; step = journey.next()) if (step.done) return step.value;
    } finally {
      comeBack();
    }
  }

  /** The instruction in front of an address. */
  #before(behind: bigint): bigint {
    const { images, memory } = this.session.target;
    const func = images.functionAt(behind - 1n);
    if (func === undefined) return behind;
    for (const { address, length } of instructionsIn(memory, func.entry, func.end)) {
      if (address + BigInt(length) === behind) return address;
    }
    return behind;
  }
}
