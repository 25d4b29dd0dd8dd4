/** Finding gopclntab: its header (runtime/symtab.go, type pcHeader) and the places it may be in. */
import { everyIndexOf } from '../../host/bytes.js';
import type { Elf } from '../elf/elf.js';
import { SHF } from '../elf/headers.js';
import type { ElfSymbolTable } from '../elf/symbols.js';

/** Go 1.18 and 1.19. */
const MAGIC_118 = 0xfffffff0;
/** Go 1.20 and later. */
export const MAGIC_120 = 0xfffffff1;
export const PCLNTAB_HEADER_SIZE = 72;

/** Addresses at which a pclntab may begin: its section, its symbol, else wherever its header is found in a loaded segment. */
export function* pclntabCandidates(elf: Elf, symbols: () => ElfSymbolTable | undefined): Iterable<number> {
  const seen = new Set<number>();
  const isHeader = (address: number) => {
    if (seen.has(address) || !elf.memory.contains(address + PCLNTAB_HEADER_SIZE)) return false;
    const { memory } = elf;
    const magic = memory.u32(address);
    return (
      (magic === MAGIC_118 || magic === MAGIC_120) &&
      memory.u16(address + 4) === 0 &&
      memory.u8(address + 6) === 1 &&
      memory.u8(address + 7) === 8
    );
  };
  const named = elf.sections.find(s => s.name.endsWith('.gopclntab') && s.flags & SHF.alloc);
  const symbol = named ? undefined : [...(symbols()?.named('runtime.pclntab') ?? [])][0];
  for (const address of [named?.address, symbol?.address]) {
    if (address === undefined) continue;
    if (isHeader(address)) {
      seen.add(address);
      yield address;
    } else elf.problems.push(`gopclntab at 0x${address.toString(16)}: its header is not that of Go 1.18 or later: searched for elsewhere`);
  }
  for (const load of elf.loads) {
    const bytes = elf.memory.rest(load.address);
    for (const magic of [MAGIC_120, MAGIC_118]) {
      const pattern = Uint8Array.of(magic & 0xff, 0xff, 0xff, 0xff, 0, 0, 1, 8);
      for (const at of everyIndexOf(bytes, pattern)) {
        const address = load.address + at;
        if (address % 8 !== 0 || !isHeader(address)) continue;
        seen.add(address);
        yield address;
      }
    }
  }
}
