/** VectorClock: 256 epochs of 16 bits, one a slot. Pure functions over memory; clocks do not cross a page. */
import type { RaceMemory } from '../memory.js';
import type { RaceContext } from './context.js';
import { CLOCK_BYTES } from './layout.js';

const COUNT = CLOCK_BYTES / 2;

export const clockOf = (memory: RaceMemory, clock: number, sid: number): number => memory.get16(clock + sid * 2);

export function setClock(memory: RaceMemory, clock: number, sid: number, epoch: number): void {
  memory.set16(clock + sid * 2, epoch);
}

/** `to` becomes the maximum of both. */
function joinClock(memory: RaceMemory, to: number, from: number): void {
  const target = memory.at(to) >>> 1;
  const source = memory.at(from) >>> 1;
  const { halves } = memory;
  for (let sid = 0; sid < COUNT; sid++) {
    const epoch = halves[source + sid]!;
    if (epoch > halves[target + sid]!) halves[target + sid] = epoch;
  }
}

function copyClock(memory: RaceMemory, to: number, from: number): void {
  const target = memory.at(to) >>> 1;
  const source = memory.at(from) >>> 1;
  memory.halves.copyWithin(target, source, source + COUNT);
}

/** The clock that a field holds, made if there is none yet. */
function clockIn(context: RaceContext, field: number): number {
  let clock = context.memory.get64(field);
  if (clock === 0) {
    clock = context.allocate(CLOCK_BYTES);
    context.memory.set64(field, clock);
  }
  return clock;
}

export function acquireFrom(context: RaceContext, thread: number, field: number): void {
  const clock = context.memory.get64(field);
  if (clock === 0) return;
  context.clockOperations++;
  joinClock(context.memory, thread, clock);
}

export function releaseTo(context: RaceContext, thread: number, field: number): void {
  context.clockOperations++;
  joinClock(context.memory, clockIn(context, field), thread);
}

export function releaseStoreTo(context: RaceContext, thread: number, field: number): void {
  context.clockOperations++;
  copyClock(context.memory, clockIn(context, field), thread);
}

/** Both become the maximum of both. */
export function releaseAcquire(context: RaceContext, thread: number, field: number): void {
  context.clockOperations += 2;
  const clock = clockIn(context, field);
  joinClock(context.memory, clock, thread);
  copyClock(context.memory, thread, clock);
}

/** The field's clock becomes the thread's, as it was, and the thread's the maximum of both. */
export function releaseStoreAcquire(context: RaceContext, thread: number, field: number): void {
  const { memory } = context;
  context.clockOperations += 2;
  const target = memory.at(clockIn(context, field)) >>> 1;
  const own = memory.at(thread) >>> 1;
  const { halves } = memory;
  for (let sid = 0; sid < COUNT; sid++) {
    const before = halves[target + sid]!;
    const mine = halves[own + sid]!;
    halves[target + sid] = mine;
    if (before > mine) halves[own + sid] = before;
  }
}

export function freeClock(context: RaceContext, field: number): void {
  const clock = context.memory.get64(field);
  if (clock === 0) return;
  context.free(clock, CLOCK_BYTES);
  context.memory.set64(field, 0);
}
