import type { EffectRegister, Watch } from '../../cpu/api.js';
import type { Type } from '../../image/api.js';
import type { Catch } from '../../linux/api.js';
import type { WatchedExpression } from './watched-expression.js';
import type { Watched, WatchScope } from './watches.js';

/** `condition -hitcount BP OP N`. */
export interface HitCondition {
  readonly operator: '>' | '>=' | '<' | '<=' | '==' | '!=' | '%';
  readonly count: number;
  /** Count each goroutine's hits for itself. */
  readonly perGoroutine: boolean;
}

/**
 * Ways in which Go's runtime ends a program: a panic that nobody recovers, what it throws, all goroutines waiting for each other; and a stack
 * that grows as only that of an endless recursion does, which it throws for much later.
 */
export const ENDINGS = ['panic', 'throw', 'deadlock', 'recursion'] as const;
export type EndingKind = (typeof ENDINGS)[number];

/** What `catch` stops for. */
export const CAUGHT = ['signal', 'syscall', 'thread', 'fork', 'vfork', 'exec', ...ENDINGS] as const;
export type CatchKind = (typeof CAUGHT)[number];

interface Common {
  readonly id: number;
  /** Delve lets breakpoints have names. */
  name: string | undefined;
  enabled: boolean;
  /** Deleted at its first stop. */
  readonly temporary: boolean;
  condition: string | undefined;
  hitCondition: HitCondition | undefined;
  /** Hits still to be passed without a stop. */
  ignore: number;
  hits: number;
  readonly goroutineHits: Map<bigint, number>;
  /** Run at each stop; `on` and `commands` set them. */
  commands: string[];
  /** Print and go on. */
  trace: boolean;
  /** What a tracepoint prints instead of its function: gdb's dprintf. */
  readonly message?: string;
  /** Only hits of this thread, or of this goroutine, count. */
  readonly thread: number | undefined;
  readonly goroutine?: bigint | undefined;
}

export interface CodeBreakpoint extends Common {
  readonly kind: 'break';
  /** As typed. */
  readonly spec: string;
  /** Where its location is; nowhere, when the program it was in has been changed so. */
  addresses: readonly bigint[];
  /** `catch racecall`: its places are of no interest by themselves. */
  readonly caught?: true;
  /** Of generic code, only calls with these type arguments count. */
  readonly instance?: readonly string[];
}

export interface Watchpoint extends Common {
  readonly kind: 'watch';
  readonly spec: string;
  /** Another when the stack that it lies on has moved. */
  watch: Watch;
  /** What else an expression depends on, and that. */
  others?: readonly Watch[];
  readonly expression?: WatchedExpression;
  /** Of the value; undefined: bytes of which no more is known. */
  readonly type: Type | undefined;
  /** The frame that it ends with; undefined: it stays. */
  scope: WatchScope | undefined;
  last: Watched;
  /** gdb's `watch`: a write that changes nothing does not stop. */
  readonly onlyChanges: boolean;
}

/** Bytes of a register, of whichever thread. */
export interface WatchedRegister {
  readonly register: EffectRegister;
  readonly offset: number;
  readonly bytes: number;
}

export interface RegisterWatchpoint extends Common {
  readonly kind: 'register';
  readonly spec: string;
  readonly part: WatchedRegister;
  /** What was seen last, by thread. */
  readonly last: Map<number, bigint>;
}

export interface Catchpoint extends Common {
  readonly kind: 'catch';
  readonly spec: string;
  readonly event: CatchKind;
  /** Signal or system call numbers; empty: all. */
  readonly numbers: ReadonlySet<number>;
}

export type BreakpointChange = 'new' | 'changed' | 'removed';

export type Breakpoint = CodeBreakpoint | Watchpoint | RegisterWatchpoint | Catchpoint;

/** The location of a breakpoint at all data races. */
export const RACE = 'race';

/** gdb's name for the number of the breakpoint that was set last. */
export const NEWEST = '$bpnum';

const ALL_SIGNALS = Array.from({ length: 64 }, (_, index) => index + 1);

type Fresh<B extends Breakpoint> = Omit<B, 'id' | 'hits' | 'goroutineHits' | 'enabled' | 'ignore' | 'hitCondition' | 'commands'>;

const UNUSED = { enabled: true, ignore: 0, hits: 0, hitCondition: undefined } as const;

/** Those that nobody has asked for: named, and numbered below zero as Delve does it. */
const standing = (): Catchpoint[] =>
  ENDINGS.map((event, index) => ({
    ...UNUSED,
    id: -1 - index,
    kind: 'catch',
    spec: event,
    event,
    numbers: new Set(),
    name: event,
    temporary: false,
    trace: false,
    condition: undefined,
    thread: undefined,
    goroutineHits: new Map(),
    commands: [],
  }));

/** Breakpoints as they were at some time. */
export interface BreakpointsKept {
  readonly all: readonly Breakpoint[];
  readonly next: number;
}

const copyOf = <B extends Breakpoint>(breakpoint: B): B => ({
  ...breakpoint,
  goroutineHits: new Map(breakpoint.goroutineHits),
  commands: [...breakpoint.commands],
});

/** The numbered breakpoints, watchpoints and catchpoints of a session, and the standing ones. Numbers are not used again. */
export class Breakpoints {
  readonly #all: Breakpoint[] = [];
  readonly #standing: Breakpoint[] = standing();
  #next = 1;

  /** `onChange` is told of each that is new, was changed by the user, or is gone. */
  constructor(private readonly onChange: (change: BreakpointChange, breakpoint: Breakpoint) => void = () => undefined) {}

  add<B extends Breakpoint>(fresh: Fresh<B>): B {
    const common = { ...UNUSED, id: this.#next++, goroutineHits: new Map(), commands: [] };
    const breakpoint = { ...common, ...fresh } as unknown as B;
    this.#all.push(breakpoint);
    this.onChange('new', breakpoint);
    return breakpoint;
  }

  /** Number of the one that was set last; undefined: none was. */
  get newest(): number | undefined {
    return this.#next === 1 ? undefined : this.#next - 1;
  }

  /** After properties of breakpoints were set. */
  changed(...breakpoints: readonly Breakpoint[]): void {
    for (const each of breakpoints) this.onChange('changed', each);
  }

  /** Those that were asked for. */
  get all(): readonly Breakpoint[] {
    return this.#all;
  }

  /** Those that are there unasked, and were not deleted. */
  get standing(): readonly Breakpoint[] {
    return this.#standing;
  }

  remove(breakpoint: Breakpoint): void {
    for (const list of [this.#all, this.#standing]) {
      const index = list.indexOf(breakpoint);
      if (index < 0) continue;
      list.splice(index, 1);
      this.onChange('removed', breakpoint);
    }
  }

  /** What there is, to be put back later. */
  kept(): BreakpointsKept {
    return { all: this.#all.map(copyOf), next: this.#next };
  }

  /** Puts back what there was. */
  putBack({ all, next }: BreakpointsKept): void {
    for (const gone of this.#all.splice(0)) this.onChange('removed', gone);
    this.#all.push(...all.map(copyOf));
    for (const each of this.#all) this.onChange('new', each);
    this.#next = next;
  }

  /** By number or name, or the one that was set last. */
  named(name: string): Breakpoint | undefined {
    if (name === NEWEST) return this.#all.find(each => each.id === this.#next - 1);
    return [...this.#all, ...this.#standing].find(each => String(each.id) === name || each.name === name);
  }

  /** Enabled ones at an address, lowest number first. */
  at(address: bigint): readonly CodeBreakpoint[] {
    return this.#all.filter(each => each.kind === 'break' && each.enabled && each.addresses.includes(address)) as CodeBreakpoint[];
  }

  get addresses(): ReadonlySet<bigint> {
    return new Set(this.#all.flatMap(each => (each.kind === 'break' && each.enabled ? each.addresses : [])));
  }

  /** Enabled ones that stop where Go's runtime ends the program in one of these ways; those that were asked for come first. */
  endings(...kinds: readonly EndingKind[]): readonly Catchpoint[] {
    const wanted: readonly string[] = kinds;
    return [...this.#all, ...this.#standing].filter(
      each => each.kind === 'catch' && each.enabled && wanted.includes(each.event),
    ) as Catchpoint[];
  }

  get watchpoints(): readonly Watchpoint[] {
    return this.#all.filter(each => each.kind === 'watch' && each.enabled) as Watchpoint[];
  }

  get registerWatchpoints(): readonly RegisterWatchpoint[] {
    return this.#all.filter(each => each.kind === 'register' && each.enabled) as RegisterWatchpoint[];
  }

  /** What the kernel is to stop for; `reported` signals beside those that are caught. */
  catch(reported: ReadonlySet<number> | undefined): Catch {
    const caught = this.#all.filter(each => each.kind === 'catch' && each.enabled) as Catchpoint[];
    const signals = new Set<number>(reported);
    const syscalls = new Set<number>();
    let everySyscall = false;
    for (const { event, numbers } of caught) {
      if (event === 'signal') for (const number of numbers.size === 0 ? ALL_SIGNALS : numbers) signals.add(number);
      else if (event === 'syscall') {
        everySyscall ||= numbers.size === 0;
        for (const number of numbers) syscalls.add(number);
      }
    }
    return {
      ...(signals.size > 0 ? { signals } : {}),
      ...(everySyscall ? { syscalls: 'all' as const } : syscalls.size > 0 ? { syscalls } : {}),
      threads: caught.some(each => each.event === 'thread'),
      processes: new Set(caught.map(({ event }) => event).filter(event => event === 'fork' || event === 'vfork' || event === 'exec')),
    };
  }

  /** Catchpoints that an event belongs to. */
  caught(event: CatchKind, number?: number): readonly Catchpoint[] {
    return this.#all.filter(
      each =>
        each.kind === 'catch' &&
        each.enabled &&
        each.event === event &&
        (each.numbers.size === 0 || number === undefined || each.numbers.has(number)),
    ) as Catchpoint[];
  }
}

/** Counts a hit and says whether its hit condition and ignore count let it stop. */
export function countHit(breakpoint: Breakpoint, goroutine: bigint | undefined): boolean {
  breakpoint.hits++;
  const own = (breakpoint.goroutineHits.get(goroutine ?? 0n) ?? 0) + 1;
  breakpoint.goroutineHits.set(goroutine ?? 0n, own);
  const { hitCondition } = breakpoint;
  if (hitCondition !== undefined && !holds(hitCondition, hitCondition.perGoroutine ? own : breakpoint.hits)) return false;
  if (breakpoint.ignore > 0) {
    breakpoint.ignore--;
    return false;
  }
  return true;
}

function holds({ operator, count }: HitCondition, hits: number): boolean {
  switch (operator) {
    case '>':
      return hits > count;
    case '>=':
      return hits >= count;
    case '<':
      return hits < count;
    case '<=':
      return hits <= count;
    case '==':
      return hits === count;
    case '!=':
      return hits !== count;
    case '%':
      return count !== 0 && hits % count === 0;
  }
}
