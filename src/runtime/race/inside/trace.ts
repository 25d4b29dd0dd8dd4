/** A thread's trace as events, oldest first. What is damaged costs the events that it held, and is told of. */
import { PART } from '../v3/layout.js';
import { EVENT, NOP, PC_DELTA } from '../v3/trace.js';
import type { CopiedRaceMemory } from './copy.js';

export type RaceEvent =
  /** A part of the trace begins: the calls that follow up to `depth` were made before. */
  | { readonly kind: 'part' }
  | { readonly kind: 'enter'; readonly pc: number }
  | { readonly kind: 'exit' }
  | { readonly kind: 'access'; readonly pc: number; readonly address: number; readonly size: number; readonly typ: number }
  /** From here on the thread has this slot and epoch. */
  | { readonly kind: 'time'; readonly sid: number; readonly epoch: number }
  | { readonly kind: 'lock' | 'read lock' | 'unlock'; readonly address: number }
  /** What could not be read. */
  | { readonly kind: 'lost'; readonly why: string };

/** A span of words to decode. */
export interface TraceSpan {
  readonly start: number;
  readonly end: number;
}

/** Decodes one part. Numbers that no event has are passed over, each by itself, as events stand at any word. */
export function* partEvents(memory: CopiedRaceMemory, { start, end }: TraceSpan): Generator<RaceEvent> {
  yield { kind: 'part' };
  let pc = 0;
  for (let pos = start; pos < end; pos += 8) {
    const index = memory.at(pos) >>> 2;
    const low = memory.words[index]!;
    const high = memory.words[index + 1]!;
    if (low & 1) {
      if (low === NOP && high === 0) continue;
      pc += ((low >>> 5) & 0x7fff) - PC_DELTA.middle;
      const typ = ((low >>> 1) & 1) | ((low >>> 1) & 2);
      yield { kind: 'access', pc, address: high * 0x1000 + (low >>> 20), size: 1 << ((low >>> 3) & 3), typ };
      continue;
    }
    if (low & 2) {
      const called = (low >>> 2) + high * 0x4000_0000;
      yield called === 0 ? { kind: 'exit' } : { kind: 'enter', pc: called };
      continue;
    }
    const type = (low >>> 2) & 7;
    const field = high * 0x1000 + (low >>> 20);
    if (type === EVENT.time) {
      yield { kind: 'time', sid: (low >>> 5) & 0xff, epoch: (low >>> 13) & 0x3fff };
      continue;
    }
    if (type === EVENT.unlock) {
      yield { kind: 'unlock', address: field };
      continue;
    }
    if (type > EVENT.time) {
      yield { kind: 'lost', why: `the word at 0x${pos.toString(16)} is no event` };
      continue;
    }
    pos += 8;
    if (pos >= end) return;
    const second = memory.at(pos) >>> 2;
    const [low2, high2] = [memory.words[second]!, memory.words[second + 1]!];
    if (type === EVENT.accessExt) {
      pc = low2 + high2 * 0x1_0000_0000;
      const typ = ((low >>> 5) & 1) | ((low >>> 5) & 2);
      yield { kind: 'access', pc, address: field, size: 1 << ((low >>> 7) & 3), typ };
    } else if (type === EVENT.range) {
      pc = field;
      const size = ((low >>> 7) & 0x1fff) + (high2 >>> 12) * 0x2000;
      yield { kind: 'access', pc, address: low2 + (high2 & 0xfff) * 0x1_0000_0000, size, typ: (low >>> 5) & 1 };
    } else yield { kind: type === EVENT.lock ? 'lock' : 'read lock', address: (low2 >>> 20) + high2 * 0x1000 };
  }
}

/** Where the events of a part are: up to `last` in the one that is being written. */
export const spanOfPart = (part: number, last: number | undefined): TraceSpan => ({
  start: part + PART.first,
  end: last ?? part + PART.first + (PART.events - 1) * 8,
});
