/** Go's own chance: what `select`, maps, work stealing and (with -race) the run queue draw from lies in each `m`. */
import type { AddressSpace } from '../cpu/api.js';
import type { Image, Type } from '../image/api.js';
import { Prng } from '../linux/prng.js';
import { fieldOffset } from '../runtime/layout.js';

/** A stream apart from those of the strategies. */
const STREAM = 17;
/** More threads than a program under test has: a list that is longer leads nowhere. */
const MOST = 10_000;

/** The generators of an `m`, by release: wyrand's state (fastrand until 1.21, then cheaprand), and what ChaCha8 has ready (1.22). */
const GENERATORS = ['fastrand', 'cheaprand', 'cheaprand64', 'chacha8.buf'];

/** Draws the state of all of them; undefined: the program does not tell where they are. */
export function stirring(image: Image | undefined, memory: AddressSpace): ((seed: number) => void) | undefined {
  const m = image?.typeNamed('runtime.m');
  const first = image?.symbolsNamed('runtime.allm')[0]?.address;
  const link = m && fieldOffset(m, 'alllink');
  if (m === undefined || first === undefined || link === undefined) return undefined;
  const generators = GENERATORS.flatMap(path => {
    const at = fieldOffset(m, path);
    return at === undefined ? [] : [{ at, size: sizeOf(m, path) }];
  });
  return seed => {
    const random = new Prng(seed, STREAM);
    let at = memory.readU64(first);
    for (let count = 0; at !== 0n && count < MOST && memory.allows(at, m.size, 'write'); count++) {
      for (const { at: offset, size } of generators) memory.write(at + BigInt(offset), random.bytes(size));
      at = memory.readU64(at + BigInt(link));
    }
  };
}

function sizeOf(type: Type, path: string): number {
  let current = type;
  for (const name of path.split('.')) {
    while (current.kind === 'named') current = current.underlying;
    const field = current.kind === 'struct' ? current.fields.find(each => each.name === name) : undefined;
    if (field === undefined) return 0;
    current = field.type;
  }
  return current.size;
}
