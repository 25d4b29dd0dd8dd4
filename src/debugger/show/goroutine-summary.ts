/** Goroutines and threads in a few words each, for lists of them. */
import { hex } from '../../host/hex.js';
import type { Thread } from '../../linux/api.js';
import type { Goroutine } from '../../runtime/goroutine.js';
import type { CallStack, Target } from '../target.js';
import { type CodePlace, userPlace } from './goroutine-text.js';

interface Place {
  readonly name: string;
  /** `proc.go:462`; empty when no line is known. */
  readonly where: string;
}

export interface GoroutineSummary extends Place {
  readonly id: number;
  /** `running`, `chan receive`. */
  readonly state: string;
  /** Number of the thread that runs it. */
  readonly thread?: number;
  /** The goroutine that commands speak of. */
  readonly current: boolean;
}

export interface ThreadSummary extends Place {
  readonly number: number;
  /** `m0`; empty when Go does not know the thread. */
  readonly m: string;
  /** `running`, `futex 0xc000080148`. */
  readonly state: string;
  /** The user goroutine that it runs. */
  readonly goroutine?: number;
  readonly current: boolean;
}

/** More are not listed: `goroutines` has them all. */
const MOST = 200;

/** Those that run, and then the others by number. */
export function goroutineSummaries(selected: CallStack): readonly GoroutineSummary[] {
  const { target } = selected;
  const all = target.go?.goroutines() ?? [];
  const threads = new Map<bigint, Thread>();
  for (const thread of target.process.threads) {
    const goroutine = thread.state === 'exited' ? undefined : target.goroutineOf(thread);
    if (goroutine !== undefined) threads.set(goroutine.address, thread);
  }
  const current = selected.goroutine?.address;
  const shown =
    all.length <= MOST ? all : [...all.filter(each => threads.has(each.address)), ...all.filter(each => !threads.has(each.address))];
  return shown.slice(0, MOST).map((goroutine): GoroutineSummary => {
    const thread = threads.get(goroutine.address);
    const state = thread === undefined ? goroutine.waitReason || goroutine.status : 'running';
    const base = { id: Number(goroutine.id), state, current: goroutine.address === current, ...placeOf(target, goroutine, thread) };
    return thread === undefined ? base : { ...base, thread: target.threadNumber(thread) };
  });
}

/** Places of goroutines that stand still, each good for as long as it has not run. */
const still = (): Map<bigint, { readonly sp: bigint; readonly pc: bigint; readonly place: Place }> => new Map();

function placeOf(target: Target, goroutine: Goroutine, thread: Thread | undefined): Place {
  if (thread !== undefined) return short(userPlace(target, goroutine));
  const places = target.lasting(still);
  const { sp, pc } = goroutine.sched;
  const known = places.get(goroutine.address);
  if (known?.sp === sp && known.pc === pc) return known.place;
  const place = short(userPlace(target, goroutine));
  places.set(goroutine.address, { sp, pc, place });
  return place;
}

function short({ name, file, line }: Pick<CodePlace, 'name' | 'file' | 'line'>): Place {
  return { name, where: file === undefined ? '' : `${file.replace(/^.*\//, '')}:${line}` };
}

export function threadSummaries({ target, thread: selected }: CallStack): readonly ThreadSummary[] {
  const { process, images } = target;
  const current = selected ?? process.current;
  return process.threads
    .filter(thread => thread.state !== 'exited')
    .map((thread): ThreadSummary => {
      const { rip } = thread.registers;
      const at = images.lineAt(rip);
      const name = images.functionAt(rip)?.name ?? images.symbolAt(rip)?.symbol.name ?? hex(rip);
      const machine = target.go?.machineOf(target.threadG(thread));
      const goroutine = target.goroutineOf(thread);
      return {
        number: target.threadNumber(thread),
        m: machine === undefined ? '' : `m${machine.id}`,
        state: thread.state === 'waiting' ? (thread.waitingFor ?? 'waiting') : thread.state,
        current: thread.tid === current.tid,
        ...short({ name, file: at?.file, line: at?.line }),
        ...(goroutine === undefined ? {} : { goroutine: Number(goroutine.id) }),
      };
    });
}
