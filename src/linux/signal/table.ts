import { checkVersion, type Versioned } from '../../cpu/part.js';
import { SA, SIGNAL_LIMIT } from '../abi/constants.js';
import { defaultAction, SIG, SIGNAL_MAX, SIGNAL_RT_MIN, signalBit, signalName, UNBLOCKABLE } from '../abi/signals.js';
import type { SignalHandler } from '../api.js';
import type { Task } from '../task.js';
import { PendingSignals, type QueuedSignal } from './pending.js';

export const SIG_DFL = 0n;
export const SIG_IGN = 1n;

export interface SignalAction {
  readonly handler: bigint;
  readonly flags: number;
  readonly restorer: bigint;
  readonly mask: bigint;
}

const DEFAULT: SignalAction = { handler: SIG_DFL, flags: 0, restorer: 0n, mask: 0n };
const IGNORED: SignalAction = { ...DEFAULT, handler: SIG_IGN };
const STOPPING = Array.from({ length: SIGNAL_MAX }, (_, index) => index + 1).filter(signal => defaultAction(signal) === 'stop');

/** What the table sees of the process. */
export interface SignalPort {
  readonly tasks: readonly Task[];
  /** Stops all of it, or lets it go on. */
  halt(signal: number): void;
  /** Something has come that a wait may be for. */
  filesChanged(): void;
  /** Ends a wait that a signal interrupts. */
  interrupt(task: Task): void;
  end(status: number, signal?: string): void;
}

/** Actions by signal number, where they are not the default, and the signals that every task blocks. */
export type SavedSignals = Versioned<{
  readonly actions: readonly { readonly signal: number; readonly action: SignalAction }[];
  readonly shared: readonly QueuedSignal[];
}>;

/** Dispositions of the process's signals, and the ways a signal gets to a task. */
export class SignalTable {
  private readonly actions: SignalAction[] = Array.from({ length: SIGNAL_MAX + 1 }, () => DEFAULT);
  /** Signals for the process that every task blocks. */
  readonly shared = new PendingSignals();

  constructor(private readonly process: SignalPort) {}

  action(signal: number): SignalAction {
    return this.actions[signal]!;
  }

  handlers(): SignalHandler[] {
    return this.actions.slice(1).map(({ handler, flags, mask }, index) => ({
      signal: index + 1,
      handler: handler === SIG_DFL ? 'default' : handler === SIG_IGN ? 'ignore' : handler,
      flags: Object.entries(SA)
        .filter(([name, bit]) => name !== 'RESTORER' && (flags & bit) !== 0)
        .map(([name]) => `SA_${name}`),
      mask,
    }));
  }

  /** Whether the code at an address is installed for any signal. */
  handledAt(address: bigint): boolean {
    return this.actions.some(({ handler }) => handler === address);
  }

  setAction(signal: number, action: SignalAction): void {
    this.actions[signal] = action;
    if (this.ignores(signal)) this.discard(signal);
  }

  /** True when the signal would do nothing. */
  ignores(signal: number): boolean {
    const { handler } = this.action(signal);
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signal) === 'ignore');
  }

  /** Signals that are under way, to the process and to its threads. */
  private get queued(): number {
    return this.process.tasks.reduce((sum, { pending }) => sum + pending.list.length, this.shared.list.length);
  }

  /** tgkill and the like. False when the queue is full (EAGAIN). */
  sendToTask(task: Task, entry: QueuedSignal): boolean {
    if (entry.signal === SIG.KILL) {
      this.kill();
      return true;
    }
    this.sent(entry.signal);
    const bit = signalBit(entry.signal);
    if (this.ignores(entry.signal) && (task.blocked & bit) === 0n) return true;
    if (entry.signal >= SIGNAL_RT_MIN && this.queued >= SIGNAL_LIMIT) return false;
    task.pending.add(entry);
    this.wake(task);
    return true;
  }

  /** kill and the like: the first task that does not block it gets it, the main one before others. */
  sendToProcess(entry: QueuedSignal): boolean {
    const bit = signalBit(entry.signal);
    this.sent(entry.signal);
    const open = this.process.tasks.find(task => task.state !== 'exited' && (task.blocked & bit) === 0n);
    if (open || entry.signal === SIG.KILL) return this.sendToTask(open ?? this.process.tasks[0]!, entry);
    if (entry.signal >= SIGNAL_RT_MIN && this.queued >= SIGNAL_LIMIT) return false;
    this.shared.add(entry);
    this.process.filesChanged();
    return true;
  }

  /** A fault's signal: it cannot be put off, and a blocked or ignored one kills. */
  force(task: Task, entry: QueuedSignal): void {
    const bit = signalBit(entry.signal);
    if ((task.blocked & bit) !== 0n || this.action(entry.signal).handler === SIG_IGN) this.actions[entry.signal] = DEFAULT;
    task.blocked &= ~bit;
    task.pending.discard(entry.signal);
    task.pending.add(entry);
  }

  /** Takes off the next signal that the task does not block. */
  next(task: Task): QueuedSignal | undefined {
    // Asked at each turn and system call: no bigint for nothing.
    if (task.pending.isEmpty && this.shared.isEmpty) return undefined;
    const wanted = ~task.blocked;
    return task.pending.take(wanted) ?? this.shared.take(wanted);
  }

  /** Is there one for `next` to take? */
  waitsFor(task: Task): boolean {
    return ((task.pending.mask | this.shared.mask) & ~task.blocked) !== 0n;
  }

  setBlocked(task: Task, mask: bigint): void {
    task.blocked = mask & ~UNBLOCKABLE;
  }

  /** SA_RESETHAND, once a handler has been entered. */
  resetOnce(signal: number): void {
    if ((this.action(signal).flags & SA.RESETHAND) !== 0) this.actions[signal] = DEFAULT;
  }

  resetToDefault(signal: number): void {
    this.actions[signal] = DEFAULT;
  }

  save(): SavedSignals {
    const actions = this.actions.map((action, signal) => ({ signal, action })).filter(({ action }) => action !== DEFAULT);
    return { version: 1, actions, shared: this.shared.save() };
  }

  restore(saved: SavedSignals): void {
    checkVersion('signals', saved, 1);
    this.actions.fill(DEFAULT);
    for (const { signal, action } of saved.actions) this.actions[signal] = action;
    this.shared.restore(saved.shared);
  }

  private wake(task: Task): void {
    this.process.filesChanged();
    if (task.state === 'waiting' && this.waitsFor(task)) this.process.interrupt(task);
  }

  /**
   * What a signal does when it is sent, also where it is blocked or ignored: SIGCONT lets the process go on; it and those that would stop it take
   * back each other (signal(7); kernel/signal.c, prepare_signal).
   */
  private sent(signal: number): void {
    if (signal === SIG.CONT) {
      for (const stopping of STOPPING) this.discard(stopping);
      this.process.halt(SIG.CONT);
    } else if (defaultAction(signal) === 'stop') this.discard(SIG.CONT);
  }

  private discard(signal: number): void {
    this.shared.discard(signal);
    for (const task of this.process.tasks) task.pending.discard(signal);
  }

  /** A child of fork(2) has its parent's handlers. */
  inherit(parent: SignalTable): void {
    this.actions.splice(0, this.actions.length, ...parent.actions);
  }

  /** Another program has none: what is handled is as if nobody had asked (execve(2)). */
  withoutHandlers(): void {
    for (const [signal, { handler }] of this.actions.entries()) this.actions[signal] = handler === SIG_IGN ? IGNORED : DEFAULT;
  }

  private kill(): void {
    this.process.end(128 + SIG.KILL, signalName(SIG.KILL));
  }
}
