import type { AddressSpace } from '../cpu/api.js';
import type { Image } from '../image/api.js';
import { allgs, waitReasonStrings } from './globals.js';
import { GoRuntime, type RuntimeSymbols } from './goroutine.js';
import { goLayout, type RuntimeLayout } from './layout.js';
import { tlsOffset } from './tls.js';

interface Fixed {
  readonly layout: RuntimeLayout;
  readonly symbols: RuntimeSymbols;
}

const known = new WeakMap<Image, Fixed>();

/** Go's runtime in a process, when the program is Go's. What the file alone tells is worked out once an image. */
export function goRuntime(image: Image | undefined, memory: AddressSpace): GoRuntime | undefined {
  if (image?.go === undefined) return undefined;
  let fixed = known.get(image);
  if (fixed === undefined) {
    const symbols = {
      allgs: allgs(image, memory),
      waitReasonStrings: waitReasonStrings(image, memory),
      tlsG: tlsOffset(image, memory),
    };
    fixed = { layout: goLayout(name => image.typeNamed(name), image.go.version), symbols };
    known.set(image, fixed);
  }
  return new GoRuntime(memory, fixed.layout, fixed.symbols);
}
