/** `runtime.firstmoduledata`: where the linker left text, types and function data (runtime/symtab.go, type moduledata). */
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
  /** 32-bit offsets from `types` of the types that have no name of their own. */
  readonly typelinks: { readonly address: number; readonly count: number } | undefined;
}

/** In words. Go 1.20 put covctrs and ecovctrs before `end`; everything in front of them has not moved since 1.18. */
const WORDS = { funcnametab: 1, minpc: 20, maxpc: 21, text: 22, etext: 23 } as const;
const TYPES_WORD = { before120: 35, since120: 37 } as const;
const LENGTH = 60 * 8;

/** The module data that points to the pclntab at that address. `nfuncname` is where its name table lies, to recognise the structure. */
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
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const pattern = Buffer.alloc(16);
    pattern.writeBigUInt64LE(BigInt(pclntab));
    pattern.writeBigUInt64LE(BigInt(funcnametab), 8);
    for (let at = buffer.indexOf(pattern); at >= 0; at = buffer.indexOf(pattern, at + 1)) {
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
    const word = (index: number) => memory.word(address + index * 8);
    if (word(0) !== pclntab || word(WORDS.funcnametab) !== funcnametab) return undefined;
    const types = go120 ? TYPES_WORD.since120 : TYPES_WORD.before120;
    const found: ModuleData = {
      address,
      text: word(WORDS.text),
      etext: word(WORDS.etext),
      types: word(types),
      etypes: word(types + 1),
      rodata: word(types + 2),
      gofunc: word(types + 3),
      typelinks: typelinks(memory, address + (types + 4) * 8),
    };
    const sane = memory.contains(found.text) && found.text <= found.etext && memory.contains(found.types) && found.types <= found.etypes;
    return sane && memory.contains(found.gofunc) ? found : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
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
