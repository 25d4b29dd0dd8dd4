/** What a call needs of the machine while it runs, and how it comes to grief. */
import type { ProcessStop, Thread } from '../../../linux/api.js';
import { OperationError } from '../../evaluate/untyped.js';
import type { CallChecks } from '../../lens/checks.js';
import type { Target } from '../../target.js';
import type { Driver } from '../driver.js';
import type { CallEdge } from './placed.js';

/** Where a call is made. */
export interface CallSite {
  readonly target: Target;
  readonly driver: Driver;
  readonly checks: CallChecks;
  /** The thread whose innermost frame the call is made from: the one that runs next. */
  readonly thread: Thread;
  /** Most instructions that it may take, all threads. */
  readonly most: number;
}

/** A place that a function comes by while it runs, and what is done there. */
export interface Passing {
  readonly at: bigint;
  work(): void;
}

/** A frame that is ready for a call. */
export interface ReadyFrame {
  /** Of the coming call: places are filled here, and its results read. */
  readonly edge: CallEdge;
  /** Runs a function until it returns. `closure` goes to RDX. Throws OperationError when it does not. */
  invoke(entry: bigint, closure: bigint, passing?: Passing): void;
  /** Fresh memory that the callee may keep. `type`: the runtime type of what it shall hold, 0n: bytes without pointers. */
  allocate(size: number, type: bigint): bigint;
  /** The method table of an interface type for a type that it shall hold, both by their descriptors; 0n: that has not the methods. */
  itab(type: bigint, held: bigint): bigint;
}

/** Makes a frame with room for `bytes` of arguments and results, works with it, and puts the thread back to where it stood. */
export type CallMaker = <T>(site: CallSite, bytes: number, work: (frame: ReadyFrame) => T) => T;

const SIGTRAP = 5;

/** No call can be made at this place by this way, and all is as it was. */
export class CallRefused extends OperationError {}

/** Of a call that has not returned: the machine is put back to where it stood. */
export const UNDONE = 'nothing of what it did is left';

/** Runs the process for one call: stops at addresses, and at breakpoints of the program's own. What has been set up to stop for is not asked. */
export class CallRun {
  #left: number;

  constructor(private readonly site: CallSite) {
    this.#left = site.most;
  }

  /** To the next of `addresses`, or to a SIGTRAP. Throws OperationError for everything else that ends or stops the program. */
  until(addresses: readonly bigint[]): ProcessStop & { readonly kind: 'breakpoint' | 'signal' } {
    const { driver, checks, most } = this.site;
    const { process } = driver;
    process.cpu.setBreakpoints(addresses);
    process.cpu.setWatches([]);
    process.catch = { signals: new Set([SIGTRAP]) };
    for (;;) {
      if (driver.remaining <= 0) throw new OperationError('the instruction limit is reached before it returns');
      if (this.#left <= 0)
        throw new OperationError(`it has not returned after ${most} instructions (config max-call-instructions); ${UNDONE}`);
      const before = process.t;
      const stop = driver.run(this.#left, true);
      this.#left -= process.t - before;
      if (stop.kind === 'breakpoint' || stop.kind === 'signal') return stop;
      if (stop.kind === 'observer') checks.takeStop();
      const end = endText(stop);
      if (end !== undefined) throw new OperationError(`${end}; ${UNDONE}`);
    }
  }
}

function endText(stop: ProcessStop): string | undefined {
  switch (stop.kind) {
    case 'exited':
      return `it ended the program with status ${stop.status}`;
    case 'deadlock':
      return 'it waits for ever: every thread waits, and no timer is due';
    case 'input':
      // At 0 others can go on.
      return stop.idle === 0 ? undefined : 'it waits for input, which has not come';
    case 'memory-limit':
      return 'it would touch more memory than --memory allows';
    case 'unsupported':
      return `it came to ${stop.text}, which is not among the instructions that r14 has`;
    default:
      return undefined;
  }
}
