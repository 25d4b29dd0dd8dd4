/**
 * What a session tells those who show it. Line mode, JSON and the screen listen; so can several of them at once.
 *
 * A command that runs the program makes one `continued`, and one `stopped` or `exited`, however many steps it took. `output` and `message` come
 * while it runs. Threads, goroutines and modules are compared at its stop with what was there when it went on: one that came and went in between
 * is not told of, and nothing is compared that nobody listens for.
 */
import type { LoadedObject, Thread } from '../../linux/api.js';
import type { OutputRecord } from '../../linux/output.js';
import type { Breakpoint, BreakpointChange } from './breakpoints.js';
import type { Stop } from './stop.js';

/** By the name of the event, what it tells. */
export interface SessionEvents {
  /** Another process of the program is at its start: threads, goroutines, modules and what was written are none of the one before. */
  readonly started: undefined;
  readonly continued: undefined;
  readonly stopped: { readonly stop: Stop };
  readonly exited: Stop & { readonly reason: 'exited' };
  /** What the program writes. */
  readonly output: OutputRecord;
  /** The program waits for input that is to be typed. */
  readonly starved: undefined;
  /** A line of the debugger's own while the program runs: of a tracepoint, or a signal that is printed and not stopped at. */
  readonly message: { readonly text: string };
  /** How far a command is that takes long, now and then. */
  readonly progress: { readonly text: string };
  readonly thread: { readonly change: 'created' | 'ended'; readonly tid: Thread['tid'] };
  readonly goroutine: { readonly change: 'created' | 'ended'; readonly id: bigint };
  /** The loader has mapped a library. */
  readonly module: { readonly object: LoadedObject };
  /** Set, changed or deleted by a command, or deleted because it was temporary. */
  readonly breakpoint: { readonly change: BreakpointChange; readonly breakpoint: Breakpoint };
}

export type EventName = keyof SessionEvents;

type Listener<Name extends EventName> = (event: SessionEvents[Name]) => void;

export class Events {
  readonly #listeners: { [Name in EventName]?: Set<Listener<Name>> } = {};

  /** Tells `listener` of each event of that name, until the function that it returns is called. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    const listeners: Set<Listener<Name>> = (this.#listeners[name] as Set<Listener<Name>> | undefined) ?? new Set();
    Object.assign(this.#listeners, { [name]: listeners.add(listener) });
    return () => void listeners.delete(listener);
  }

  /** Whether anybody listens for it. */
  wanted(name: EventName): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0;
  }

  emit<Name extends EventName>(name: Name, event: SessionEvents[Name]): void {
    for (const listener of (this.#listeners[name] as Set<Listener<Name>> | undefined) ?? []) listener(event);
  }
}
