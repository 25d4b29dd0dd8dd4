/** `runtime.firstmoduledata`: where the linker left text, types and function data (runtime/symtab.go, type moduledata). */
import { everyIndexOf } from '../../host/bytes.js';
import { FormatError } from '../bytes.js';
import type { Elf } from '../elf/elf.js';
import { PF } from '../elf/headers.js';
import type { LinkedMemory } from '../elf/memory.js';

export interface ModuleData {
  readonly address: number;
  readonly text: number;
  readonly etext: number;
  readonly types: number;
  readonly etypes: number;
  readonly rodata: number;
  /** Base of the offsets in a function's FUNCDATA. */
  readonly gofunc: number;
  /** 32-bit offsets from `types` of the types that have no name of their own (to Go 1.26). */
  readonly typelinks: { readonly address: number; readonly count: number } | undefined;
  /** Where the descriptors that follow each other without gaps end (Go 1.27). */
  readonly descriptorsEnd: number | undefined;
}

/** Offsets in words. What lies in front of `end` has not moved since Go 1.18, but for covctrs and ecovctrs, which 1.20 put before it. */
const WORDS = { funcnametab: 1, text: 22, etext: 23 } as const;
/** Go 1.27 has typedesclen behind `types`, and itaboffset and itabsize behind `etypes`; it has no typelinks. */
const LAYOUTS = [
  { types: 37, etypes: 39, rodata: 42, gofunc: 43, descriptorsLength: 38 },
  { types: 37, etypes: 38, rodata: 39, gofunc: 40 },
] as const;
const LAYOUT_118 = { types: 35, etypes: 36, rodata: 37, gofunc: 38 } as const;
type Layout = (typeof LAYOUTS)[number] | typeof LAYOUT_118;
const LENGTH = 60 * 8;

/** The module data that points to the pclntab at that address. `funcnametab` is where its name table lies, to recognise the structure. */
export function findModuleData(
  elf: Elf,
  pclntab: number,
  funcnametab: number,
  go120: boolean,
  symbol: number | undefined,
): ModuleData | undefined {
  const { memory } = elf;
  const section = elf.sectionNamed('.go.module');
  for (const address of [symbol, section?.address]) {
    if (address === undefined) continue;
    const found = readAt(elf, address, pclntab, funcnametab, go120);
    if (found) return found;
  }
  for (const load of elf.loads) {
    if (!(load.flags & PF.w)) continue;
    const bytes = memory.rest(load.address);
    const pattern = new Uint8Array(16);
    const words = new DataView(pattern.buffer);
    words.setBigUint64(0, BigInt(pclntab), true);
    words.setBigUint64(8, BigInt(funcnametab), true);
    for (const at of everyIndexOf(bytes, pattern)) {
      const found = at % 8 === 0 ? readAt(elf, load.address + at, pclntab, funcnametab, go120) : undefined;
      if (found) return found;
    }
  }
  return undefined;
}

function readAt(elf: Elf, address: number, pclntab: number, funcnametab: number, go120: boolean): ModuleData | undefined {
  const { memory } = elf;
  try {
    memory.u8(address + LENGTH - 1);
    if (memory.word(address) !== pclntab || memory.word(address + WORDS.funcnametab * 8) !== funcnametab) return undefined;
    for (const layout of go120 ? LAYOUTS : [LAYOUT_118]) {
      const found = readLayout(memory, address, layout);
      if (found) return found;
    }
    return undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** Undefined: the words cannot mean that. A length where an address is wanted, or the reverse, tells the layouts apart. */
function readLayout(memory: LinkedMemory, address: number, layout: Layout): ModuleData | undefined {
  const word = (index: number) => memory.word(address + index * 8);
  const [text, etext, types, etypes] = [word(WORDS.text), word(WORDS.etext), word(layout.types), word(layout.etypes)];
  const [rodata, gofunc] = [word(layout.rodata), word(layout.gofunc)];
  const sane = text <= etext && types <= etypes && [text, types, rodata, gofunc].every(place => memory.contains(place));
  const length = 'descriptorsLength' in layout ? word(layout.descriptorsLength) : 0;
  if (!sane || length > etypes - types) return undefined;
  return {
    address,
    text,
    etext,
    types,
    etypes,
    rodata,
    gofunc,
    typelinks: length ? undefined : typelinks(memory, address + (layout.gofunc + 1) * 8),
    descriptorsEnd: length ? types + length : undefined,
  };
}

/** The slice behind textsectmap, which begins behind gofunc, or behind epclntab where there is one (Go 1.26). */
function typelinks(memory: LinkedMemory, start: number): ModuleData['typelinks'] {
  for (const textsectmap of [start, start + 8]) {
    const slice = (at: number) => ({ address: memory.word(at), count: memory.word(at + 8), capacity: memory.word(at + 16) });
    const [sections, links] = [slice(textsectmap), slice(textsectmap + 24)];
    if (sections.count !== sections.capacity || sections.count > 100 || links.count !== links.capacity || links.count === 0) continue;
    if (memory.contains(links.address) && memory.contains(links.address + links.count * 4 - 1)) return links;
  }
  return undefined;
}
