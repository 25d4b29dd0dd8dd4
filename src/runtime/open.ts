import type { AddressSpace } from '../cpu/api.js';
import type { Image } from '../image/api.js';
import { GoRuntime } from './goroutine.js';
import { goLayout, type Layout } from './layout.js';

interface Fixed {
  readonly layout: Layout;
  readonly tlsG: bigint;
}

const known = new WeakMap<Image, Fixed>();

/** Go's runtime in a process, when the program is Go's. What the file alone tells is worked out once an image. */
export function goRuntime(image: Image | undefined, memory: AddressSpace): GoRuntime | undefined {
  if (image?.go === undefined) return undefined;
  let fixed = known.get(image);
  if (fixed === undefined) {
    fixed = { layout: goLayout(name => image.typeNamed(name), image.go.version), tlsG: tlsOffset(image) };
    known.set(image, fixed);
  }
  const address = (name: string) => image.symbolsNamed(name)[0]?.address;
  return new GoRuntime(memory, fixed.layout, {
    allgs: address('runtime.allgs'),
    waitReasonStrings: address('runtime.waitReasonStrings'),
    g0: address('runtime.g0'),
    m0: address('runtime.m0'),
    tlsG: fixed.tlsG,
  });
}

/**
 * Offset of the TLS slot of g from FS base. `runtime.tlsg` is its offset in the TLS segment, which ends at FS base (variant II of the ELF
 * TLS ABI); internally linked programs have one slot, at -8.
 */
function tlsOffset(_image: Image): bigint {
  return -8n;
}
