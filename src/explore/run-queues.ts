/**
 * Goroutines that could run and have no thread: they stand in the queues of Go's own scheduler, where who runs next is known. A goroutine gives way to
 * the first of them as it does natively when it has run for too long: Go marks it, and sends its thread a signal (runtime/preempt.go).
 */
import type { AddressSpace } from '../cpu/api.js';
import type { Image } from '../image/api.js';
import type { GoRuntime } from '../runtime/goroutine.js';
import { fieldOffset } from '../runtime/layout.js';

/** runtime/stack.go: stackPreempt. */
const STACK_PREEMPT = 0xffff_ffff_ffff_faden;

export interface RunQueues {
  /** Who runs next where the goroutine at an address gives way; undefined: nobody waits there. */
  next(g: bigint): { readonly who: number; readonly pc: bigint } | undefined;
  /** Marks a goroutine to give way when its thread has the signal. */
  mark(g: bigint): void;
  /** Whether it has not given way since. */
  marked(g: bigint): boolean;
}

/** Undefined: the program does not tell enough. */
export function runQueues(image: Image | undefined, memory: AddressSpace, go: GoRuntime | undefined): RunQueues | undefined {
  if (image === undefined || go === undefined) return undefined;
  const at = (type: string, path: string): number | undefined => {
    const found = image.typeNamed(`runtime.${type}`);
    return found && fieldOffset(found, path);
  };
  const sched = image.symbolsNamed('runtime.sched')[0]?.address;
  const p = { head: at('p', 'runqhead'), tail: at('p', 'runqtail'), queue: at('p', 'runq'), next: at('p', 'runnext') };
  const all = { head: at('schedt', 'runq.head') };
  const own = { preempt: at('g', 'preempt'), guard: at('g', 'stackguard0') };
  const { head, tail, queue, next } = p;
  const { preempt, guard } = own;
  if (sched === undefined || head === undefined || tail === undefined || queue === undefined || next === undefined) return undefined;
  if (all.head === undefined || preempt === undefined || guard === undefined) return undefined;
  const shared = sched + BigInt(all.head);
  const firstOf = (processor: bigint): bigint => {
    const chosen = memory.readU64(processor + BigInt(next));
    if (chosen !== 0n) return chosen;
    const [from, to] = [head, tail].map(offset => memory.readU32(processor + BigInt(offset)));
    if (from !== to) return memory.readU64(processor + BigInt(queue + 8 * (from! % QUEUE)));
    return memory.readU64(shared);
  };
  return {
    next: g => {
      const goroutine = go.goroutine(g);
      const { m } = goroutine;
      if (m === 0n || goroutine.status !== 'running') return undefined;
      const { p: processor, curg } = go.machine(m);
      if (processor === 0n || curg !== g) return undefined;
      const first = firstOf(processor);
      if (first === 0n) return undefined;
      const waiting = go.goroutine(first);
      return waiting.status === 'runnable' ? { who: Number(waiting.id), pc: waiting.sched.pc } : undefined;
    },
    mark: g => {
      memory.write(g + BigInt(preempt), Uint8Array.of(1));
      memory.writeU64(g + BigInt(guard), STACK_PREEMPT);
    },
    marked: g => memory.readU8(g + BigInt(preempt)) === 1,
  };
}

/** runtime2.go: entries of a P's queue. */
const QUEUE = 256;
