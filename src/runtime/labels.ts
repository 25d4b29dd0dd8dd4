import type { AddressSpace } from '../cpu/api.js';
import type { Goroutine } from './goroutine.js';
import { releaseOf } from './layout.js';

/** Most labels that are believed: more means that the pointer led elsewhere. */
const MOST = 1000;

/** A goroutine's profiler labels (runtime/pprof): since Go 1.24 a slice of key and value; the map of earlier releases (`goVersion` as in `go1.23.4`) is not read. */
export function goroutineLabels(memory: AddressSpace, goVersion: string, goroutine: Goroutine): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  const set = goroutine.labels;
  if (set === 0n || releaseOf(goVersion) < 24 || !memory.allows(set, 24, 'read')) return labels;
  const list = memory.readU64(set);
  const length = Number(memory.readU64(set + 8n));
  if (length > MOST || !memory.allows(list, length * 32, 'read')) return labels;
  const string = (at: bigint) => {
    const pointer = memory.readU64(at);
    const bytes = Number(memory.readU64(at + 8n));
    return bytes <= 4096 && memory.allows(pointer, bytes, 'read') ? new TextDecoder().decode(memory.read(pointer, bytes)) : '';
  };
  for (let index = 0; index < length; index++) labels.set(string(list + BigInt(32 * index)), string(list + BigInt(32 * index + 16)));
  return labels;
}
