import type { AddressSpace } from '../cpu/api.js';
import type { Images } from '../image/images.js';
import type { Goroutine } from './goroutine.js';
import { fieldOffset } from './layout.js';

/** More cases than a select can have: a list that is longer leads nowhere. */
const MOST = 65536;

/**
 * Tells whether a goroutine waits for a channel (the address of its hchan), in an operation of its own or in a select: each has a sudog in the
 * list that starts at g.waiting. Undefined when the program has no types that tell where that is.
 */
export function channelWaiters(memory: AddressSpace, images: Images): ((goroutine: Goroutine, channel: bigint) => boolean) | undefined {
  const [g, sudog] = ['runtime.g', 'runtime.sudog'].map(name => images.typeNamed(name));
  const waiting = g && fieldOffset(g, 'waiting');
  const link = sudog && fieldOffset(sudog, 'waitlink');
  // Newer releases have a pair there, of which `vu` always has the address.
  const own = sudog && (fieldOffset(sudog, 'c.maybeTraceablePtr.vu') ?? fieldOffset(sudog, 'c'));
  if (waiting === undefined || sudog === undefined || link === undefined || own === undefined) return undefined;
  const word = (address: bigint, offset: number) => memory.readU64(address + BigInt(offset));
  return (goroutine, channel) => {
    // One that was woken clears its list only when it runs.
    if (goroutine.status !== 'waiting') return false;
    let at = word(goroutine.address, waiting);
    for (let count = 0; at !== 0n && count < MOST && memory.allows(at, sudog.size, 'read'); count++) {
      if (word(at, own) === channel) return true;
      at = word(at, link);
    }
    return false;
  };
}
