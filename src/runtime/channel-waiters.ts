import type { AddressSpace } from '../cpu/api.js';
import type { Images } from '../image/images.js';
import type { Goroutine } from './goroutine.js';
import { fieldOffset } from './layout.js';

/** More cases than a select can have: a list that is longer leads nowhere. */
const MOST = 65536;

/**
 * Tells which channels (addresses of their hchan) a goroutine waits for, in an operation of its own or in a select: each has a sudog in the
 * list that starts at g.waiting. Undefined when the program has no types that tell where that is.
 */
export function channelsOfWaiting(memory: AddressSpace, images: Images): ((goroutine: Goroutine) => readonly bigint[]) | undefined {
  const [g, sudog] = ['runtime.g', 'runtime.sudog'].map(name => images.typeNamed(name));
  const waiting = g && fieldOffset(g, 'waiting');
  const link = sudog && fieldOffset(sudog, 'waitlink');
  // Newer releases have a pair there, of which `vu` always has the address.
  const own = sudog && (fieldOffset(sudog, 'c.maybeTraceablePtr.vu') ?? fieldOffset(sudog, 'c'));
  if (waiting === undefined || sudog === undefined || link === undefined || own === undefined) return undefined;
  const word = (address: bigint, offset: number) => memory.readU64(address + BigInt(offset));
  return goroutine => {
    // One that was woken clears its list only when it runs.
    if (goroutine.status !== 'waiting') return [];
    const found: bigint[] = [];
    let at = word(goroutine.address, waiting);
    for (; at !== 0n && found.length < MOST && memory.allows(at, sudog.size, 'read'); at = word(at, link)) found.push(word(at, own));
    // Semaphores keep sudogs too, which name no channel.
    return found.filter(channel => channel !== 0n);
  };
}
