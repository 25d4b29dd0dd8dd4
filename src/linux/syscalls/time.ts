import { CLOCK, O, SIGNAL_LIMIT } from '../abi/constants.js';
import { E, Errno, RESTART } from '../abi/errno.js';
import { SI, SIG, SIGNAL_MAX } from '../abi/signals.js';
import { NEVER, nanosecondsOf } from '../clock.js';
import { TimerFd } from '../fs/event.js';
import type { Kernel, WaitRow } from '../kernel.js';
import type { QueuedSignal } from '../signal/pending.js';
import type { Task } from '../task.js';
import type { IntervalTimer, PosixTimer, Timer, TimerClock } from '../timers.js';
import { int, rowsOf, type SyscallResult, type SyscallRow } from './row.js';
import { encodeTimespec, encodeTimeval, readTimespec, readTimeval, SECOND, timeoutDeadline } from './timespec.js';

/** Resolution of the virtual clocks, 1 ns, and of the coarse ones, a tick of 4 ms. */
const COARSE = 4_000_000n;
const TICK = 10_000_000;
const TIMER_ABSTIME = 1;
/** How much later than asked for a sleep may end, in ns, and does on a machine that is not busy (prctl(2), PR_SET_TIMERSLACK). */
const SLACK = 50_000;

/** What a clock id counts; undefined: no such clock. Negative ids are CPU clocks of a pid or tid (posix-timers(7), CPUCLOCK). */
function clockOf(kernel: Kernel, task: Task, id: number): TimerClock | undefined {
  if (id === CLOCK.PROCESS_CPUTIME) return 'process';
  if (id === CLOCK.THREAD_CPUTIME) return task;
  if (id < 0) {
    const target = ~(id >> 3);
    if ((id & 4) === 0) return target === 0 || target === kernel.pid ? 'process' : undefined;
    return target === 0 ? task : kernel.task(target);
  }
  return kernel.clock.read(id) === undefined ? undefined : 'wall';
}

function readClock(kernel: Kernel, task: Task, id: number): bigint {
  const clock = clockOf(kernel, task, id);
  if (clock === undefined) throw new Errno(E.INVAL);
  if (clock !== 'wall') return BigInt(kernel.timers.read(clock));
  const value = kernel.clock.read(id)!;
  return id === CLOCK.REALTIME_COARSE || id === CLOCK.MONOTONIC_COARSE ? value - (value % COARSE) : value;
}

function sleep(kernel: Kernel, task: Task, name: string, id: number, absolute: boolean, request: bigint, remain: bigint): SyscallResult {
  const clock = clockOf(kernel, task, id);
  if (clock === undefined || clock === task) return -E.INVAL;
  const time = readTimespec(kernel, request);
  const wanted = timeoutDeadline(kernel, id, time, absolute);
  if (wanted <= kernel.clock.now()) return 0;
  const deadline = Math.min(wanted + SLACK, NEVER);
  return { kind: 'sleep', call: name, absolute, remain, deadline };
}

export const SLEEP_WAIT: WaitRow<'sleep'> = {
  reason: (_kernel, { call }) => call,
  signal: (kernel, { absolute, remain, deadline }) => {
    const left = Math.max(0, deadline! - SLACK - kernel.clock.now());
    if (!absolute && remain !== 0n) kernel.user.write(remain, encodeTimespec(BigInt(left)));
    return absolute ? -RESTART.NOHAND : -RESTART.BLOCK;
  },
};

const INTERVAL_SIGNALS = [SIG.ALRM, SIG.VTALRM, SIG.PROF];

function intervalTimer(kernel: Kernel, which: number): IntervalTimer {
  if (INTERVAL_SIGNALS[which] === undefined) throw new Errno(E.INVAL);
  const known = kernel.timers.interval.get(which);
  if (known) return known;
  const timer: IntervalTimer = { kind: 'interval', which, clock: which === 0 ? 'wall' : 'process', deadline: undefined, interval: 0 };
  kernel.timers.interval.set(which, timer);
  return timer;
}

export function intervalTimerDue(kernel: Kernel, { which }: IntervalTimer): void {
  kernel.signals.sendToProcess({ signal: INTERVAL_SIGNALS[which]!, code: SI.KERNEL });
}

/** Time until the timer fires, and its period, in ns. */
function timerState(kernel: Kernel, timer: Timer): { left: bigint; interval: bigint } {
  const left = timer.deadline === undefined ? 0 : Math.max(1, timer.deadline - kernel.timers.read(timer.clock));
  return { left: BigInt(left), interval: BigInt(timer.interval) };
}

function clamp(nanoseconds: bigint): number {
  return nanoseconds > BigInt(NEVER) ? NEVER : Number(nanoseconds);
}

function armAfter(kernel: Kernel, timer: Timer, delay: bigint, interval: bigint): void {
  if (delay === 0n) kernel.timers.disarm(timer);
  else kernel.timers.arm(timer, kernel.timers.read(timer.clock) + clamp(delay), clamp(interval));
}

function setitimer(kernel: Kernel, args: readonly bigint[]): number {
  const timer = intervalTimer(kernel, int(args[0]));
  const [, next, old] = args as [bigint, bigint, bigint];
  const before = timerState(kernel, timer);
  if (next !== 0n) armAfter(kernel, timer, readTimeval(kernel, next + 16n), readTimeval(kernel, next));
  else kernel.timers.disarm(timer);
  if (old !== 0n) writeItimerval(kernel, old, before);
  return 0;
}

function writeItimerval(kernel: Kernel, address: bigint, state: { left: bigint; interval: bigint }): void {
  kernel.user.write(address, encodeTimeval(state.interval));
  kernel.user.write(address + 16n, encodeTimeval(state.left));
}

const SIGEV = { SIGNAL: 0, NONE: 1, THREAD_ID: 4 } as const;

/** struct sigevent: value at 0, signal at 8, kind at 12, tid at 16. */
function timerCreate(kernel: Kernel, task: Task, args: readonly bigint[]): number {
  const clockId = int(args[0]);
  const [, event, result] = args as [bigint, bigint, bigint];
  const clock = clockOf(kernel, task, clockId);
  if (clock === undefined) return -E.INVAL;
  const timers = kernel.timers;
  if (timers.posix.size >= SIGNAL_LIMIT) return -E.AGAIN;
  const id = timers.nextId;
  const view = event === 0n ? undefined : kernel.user.view(event, 64);
  const value = view?.getBigUint64(0, true) ?? BigInt(id);
  const signal = view?.getInt32(8, true) ?? SIG.ALRM;
  const kind = view?.getInt32(12, true) ?? SIGEV.SIGNAL;
  if (kind !== SIGEV.SIGNAL && kind !== SIGEV.NONE && kind !== SIGEV.THREAD_ID) return -E.INVAL;
  if (kind !== SIGEV.NONE && (signal < 1 || signal > SIGNAL_MAX)) return -E.INVAL;
  const target = kind === SIGEV.THREAD_ID ? kernel.task(view!.getInt32(16, true)) : undefined;
  if (kind === SIGEV.THREAD_ID && !target) return -E.INVAL;
  kernel.user.setU32(result, id);
  timers.nextId++;
  const notify = kind === SIGEV.NONE ? undefined : { signal, value, tid: target?.tid };
  timers.posix.set(id, { kind: 'posix', id, clockId, clock, deadline: undefined, interval: 0, notify, lastOverrun: 0 });
  return 0;
}

/** Queues the timer's signal; as long as one is waiting, later ones are counted with it. */
export function posixTimerDue(kernel: Kernel, timer: PosixTimer, count: number): void {
  const { id, notify } = timer;
  if (notify === undefined) return;
  let waiting: QueuedSignal['timer'];
  for (const { list } of [kernel.signals.shared, ...kernel.tasks.map(other => other.pending)])
    waiting ??= list.find(entry => entry.timer?.id === id)?.timer;
  if (waiting) {
    waiting.overrun += count;
    timer.lastOverrun = waiting.overrun;
    return;
  }
  const { signal, value, tid } = notify;
  const entry: QueuedSignal = { signal, code: SI.TIMER, value, timer: { id, overrun: count - 1 } };
  timer.lastOverrun = count - 1;
  const target = tid === undefined ? undefined : kernel.task(tid);
  if (tid === undefined) kernel.signals.sendToProcess(entry);
  else if (target !== undefined && target.state !== 'exited') kernel.signals.sendToTask(target, entry);
}

function posixTimer(kernel: Kernel, id: number): PosixTimer {
  const timer = kernel.timers.posix.get(id);
  if (!timer) throw new Errno(E.INVAL);
  return timer;
}

function writeItimerspec(kernel: Kernel, address: bigint, state: { left: bigint; interval: bigint }): void {
  kernel.user.write(address, encodeTimespec(state.interval));
  kernel.user.write(address + 16n, encodeTimespec(state.left));
}

/** The deadline, on the timer's clock, that an itimerspec asks for; undefined: disarm. */
function wantedDeadline(kernel: Kernel, timer: Timer, clockId: number, value: bigint, absolute: boolean): number | undefined {
  if (value === 0n) return undefined;
  if (!absolute) return kernel.timers.read(timer.clock) + clamp(value);
  return timer.clock === 'wall' ? kernel.clock.when(clockId, value) : clamp(value);
}

function timerSettime(kernel: Kernel, args: readonly bigint[]): number {
  const timer = posixTimer(kernel, int(args[0]));
  const [, , next, old] = args as [bigint, bigint, bigint, bigint];
  const interval = readTimespec(kernel, next);
  const value = readTimespec(kernel, next + 16n);
  const before = timerState(kernel, timer);
  const deadline = wantedDeadline(kernel, timer, timer.clockId, value, (int(args[1]) & TIMER_ABSTIME) !== 0);
  if (deadline === undefined) kernel.timers.disarm(timer);
  else kernel.timers.arm(timer, deadline, clamp(interval));
  if (old !== 0n) writeItimerspec(kernel, old, before);
  return 0;
}

function timerFd(kernel: Kernel, fd: number): TimerFd {
  const file = kernel.fds.get(fd);
  if (!(file instanceof TimerFd)) throw new Errno(E.INVAL);
  return file;
}

const row = rowsOf('time');

export const TIME_SYSCALLS: readonly SyscallRow[] = [
  row(35, 'nanosleep', 'ptr ptr', (k, t, a) => sleep(k, t, 'nanosleep', CLOCK.MONOTONIC, false, a[0]!, a[1]!)),
  row(230, 'clock_nanosleep', 'int int ptr ptr', (k, t, a) =>
    sleep(k, t, 'clock_nanosleep', int(a[0]), (int(a[1]) & TIMER_ABSTIME) !== 0, a[2]!, a[3]!),
  ),
  row(228, 'clock_gettime', 'int ptr', (k, t, a) => {
    k.user.write(a[1]!, encodeTimespec(readClock(k, t, int(a[0]))));
    return 0;
  }),
  row(229, 'clock_getres', 'int ptr', (k, t, a) => {
    readClock(k, t, int(a[0]));
    const coarse = int(a[0]) === CLOCK.REALTIME_COARSE || int(a[0]) === CLOCK.MONOTONIC_COARSE;
    if (a[1] !== 0n) k.user.write(a[1]!, encodeTimespec(coarse ? COARSE : 1n));
    return 0;
  }),
  row(227, 'clock_settime', 'int ptr', () => -E.PERM),
  row(96, 'gettimeofday', 'ptr ptr', (k, _t, a) => {
    if (a[0] !== 0n) k.user.write(a[0]!, encodeTimeval(k.clock.read(CLOCK.REALTIME)!));
    if (a[1] !== 0n) k.user.write(a[1]!, new Uint8Array(8));
    return 0;
  }),
  row(201, 'time', 'ptr', (k, _t, a) => {
    const seconds = k.clock.read(CLOCK.REALTIME)! / SECOND;
    if (a[0] !== 0n) k.user.setU64(a[0]!, seconds);
    return seconds;
  }),
  row(100, 'times', 'ptr', (k, _t, a) => {
    const [user, children] = [k.cpuTime, k.childrenTime].map(time => BigInt(Math.floor(nanosecondsOf(time) / TICK)));
    if (a[0] !== 0n) k.user.write(a[0]!, new Uint8Array(new BigUint64Array([user!, 0n, children!, 0n]).buffer));
    return k.clock.read(CLOCK.MONOTONIC)! / BigInt(TICK);
  }),
  row(37, 'alarm', 'int', (k, _t, a) => {
    const timer = intervalTimer(k, 0);
    const { left } = timerState(k, timer);
    armAfter(k, timer, BigInt.asUintN(32, a[0]!) * SECOND, 0n);
    return (left + SECOND - 1n) / SECOND;
  }),
  row(36, 'getitimer', 'int ptr', (k, _t, a) => {
    writeItimerval(k, a[1]!, timerState(k, intervalTimer(k, int(a[0]))));
    return 0;
  }),
  row(38, 'setitimer', 'int ptr ptr', (k, _t, a) => setitimer(k, a)),
  row(222, 'timer_create', 'int ptr ptr', (k, t, a) => timerCreate(k, t, a)),
  row(223, 'timer_settime', 'int hex ptr ptr', (k, _t, a) => timerSettime(k, a)),
  row(224, 'timer_gettime', 'int ptr', (k, _t, a) => {
    writeItimerspec(k, a[1]!, timerState(k, posixTimer(k, int(a[0]))));
    return 0;
  }),
  row(225, 'timer_getoverrun', 'int', (k, _t, a) => posixTimer(k, int(a[0])).lastOverrun),
  row(226, 'timer_delete', 'int', (k, _t, a) => {
    const timer = posixTimer(k, int(a[0]));
    k.timers.disarm(timer);
    k.timers.posix.delete(timer.id);
    return 0;
  }),
  row(283, 'timerfd_create', 'int hex', (k, _t, a) => {
    const flags = int(a[1]);
    if (k.clock.read(int(a[0])) === undefined || (flags & ~(O.NONBLOCK | O.CLOEXEC)) !== 0) return -E.INVAL;
    const file = new TimerFd(int(a[0]), k.system.timerfds, flags & O.NONBLOCK);
    return k.fds.add(file, (flags & O.CLOEXEC) !== 0);
  }),
  row(286, 'timerfd_settime', 'fd hex ptr ptr', (k, _t, a) => {
    const file = timerFd(k, int(a[0]));
    const interval = readTimespec(k, a[2]!);
    const value = readTimespec(k, a[2]! + 16n);
    const before = timerState(k, file.timer);
    file.set(wantedDeadline(k, file.timer, file.clockId, value, (int(a[1]) & TIMER_ABSTIME) !== 0), clamp(interval));
    if (a[3] !== 0n) writeItimerspec(k, a[3]!, before);
    return 0;
  }),
  row(287, 'timerfd_gettime', 'fd ptr', (k, _t, a) => {
    writeItimerspec(k, a[1]!, timerState(k, timerFd(k, int(a[0])).timer));
    return 0;
  }),
];
