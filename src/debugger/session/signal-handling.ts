/** What happens at a signal, gdb's `handle`: stop, print, pass. */
import { signalName } from '../../linux/abi/signals.js';

export interface Handling {
  readonly stop: boolean;
  readonly print: boolean;
  readonly pass: boolean;
}

/** SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGSEGV. */
const FATAL: ReadonlySet<number> = new Set([4, 5, 6, 7, 8, 11]);
const SIGTRAP = 5;

/** Settings per signal: what kills is stopped at; SIGTRAP was meant for the debugger and is not passed on. */
export class SignalHandling {
  readonly #changed = new Map<number, Handling>();

  constructor(private readonly onChange: () => void = () => undefined) {}

  /** What is stopped at unless told otherwise. */
  get fatal(): ReadonlySet<number> {
    return FATAL;
  }

  of(signal: number): Handling {
    return this.#changed.get(signal) ?? { stop: FATAL.has(signal), print: FATAL.has(signal), pass: signal !== SIGTRAP };
  }

  set(signal: number, change: Partial<Handling>): Handling {
    const next = { ...this.of(signal), ...change };
    // As in gdb: who stops also prints.
    const handling = change.print === false ? { ...next, stop: false } : { ...next, print: next.print || next.stop };
    this.#changed.set(signal, handling);
    this.onChange();
    return handling;
  }

  /** Signals that the kernel has to report; undefined: its own choice is enough. */
  get reported(): ReadonlySet<number> | undefined {
    const extra = [...this.#changed].filter(([signal, { stop, print, pass }]) => !FATAL.has(signal) && (stop || print || !pass));
    return extra.length === 0 ? undefined : new Set([...FATAL, ...extra.map(([signal]) => signal)]);
  }

  /** All that are not left alone, by number. */
  rows(): readonly (Handling & { readonly signal: string })[] {
    const numbers = [...new Set([...FATAL, ...this.#changed.keys()])].sort((a, b) => a - b);
    return numbers.map(number => ({ signal: signalName(number), ...this.of(number) }));
  }
}
