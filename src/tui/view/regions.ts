/** What kind of memory an address lies in: each kind has one hue, the same in every pane. */
import { PROT } from '../../cpu/api.js';
import type { Session } from '../../debugger/session.js';

export type Region = 'code' | 'stack' | 'heap' | 'global' | 'shadow';

/** Where ThreadSanitizer keeps the shadow, meta and trace memory of a Go program on linux/amd64 (compiler-rt, tsan_platform.h). */
const SHADOW = { start: 0x2000_0000_0000n, end: 0x4000_0000_0000n } as const;

/** Tells the region of addresses at the present stop; nothing for what is not mapped. */
export function regions(session: Session): (address: bigint) => Region | undefined {
  let known: readonly (readonly [lo: bigint, hi: bigint])[] | undefined;
  return address => {
    const mapping = session.process.memory.mappingAt(address);
    if (mapping === undefined) return undefined;
    if ((mapping.prot & PROT.exec) !== 0) return 'code';
    if (mapping.name === '[stack]') return 'stack';
    known ??= stacks(session);
    if (known.some(([lo, hi]) => address >= lo && address < hi)) return 'stack';
    if (session.images.at(address) !== undefined) return 'global';
    if (address >= SHADOW.start && address < SHADOW.end && session.images.symbolsNamed('__tsan_init').length > 0) return 'shadow';
    return 'heap';
  };
}

/** The stacks of the goroutines, and those of the runtime's own that each thread has. */
function stacks(session: Session): readonly (readonly [lo: bigint, hi: bigint])[] {
  const { go } = session;
  if (go === undefined) return [];
  const own = session.process.threads.flatMap(thread => {
    const machine = go.machineOf(session.threadG(thread));
    return machine === undefined ? [] : [machine.g0, machine.gsignal].filter(g => go.readable(g)).map(g => go.goroutine(g));
  });
  return [...go.goroutines(), ...own].map(goroutine => [goroutine.stackLo, goroutine.stackHi]);
}
