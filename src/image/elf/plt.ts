/**
 * Names for the stubs of the procedure linkage table (AMD64 psABI, 5.2), as objdump and gdb give them: `puts@plt`. No symbol names them; each
 * jumps through a slot of the GOT that a relocation fills with the function's address.
 */
import { DT, type Elf } from './elf.js';
import type { RawSymbol } from './symbols.js';

const RELA_SIZE = 24;
const SYMBOL_SIZE = 24;
const R_X86_64_GLOB_DAT = 6;
const R_X86_64_JUMP_SLOT = 7;
/** Every stub that linkers make is this long, but those of `.plt.got` without endbr64. */
const ENTRY_SIZE = 16;
const SHORT_ENTRY_SIZE = 8;

/** The stubs by address. */
export function pltSymbols(elf: Elf): RawSymbol[] {
  const sections = elf.sections.filter(s => s.name === '.plt' || s.name.startsWith('.plt.'));
  if (sections.length === 0) return [];
  const slots = slotNames(elf);
  const found: RawSymbol[] = [];
  for (const section of sections) {
    const code = elf.sectionBytes(section);
    if (!code) continue;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const step = section.name === '.plt.got' && section.entrySize === SHORT_ENTRY_SIZE ? SHORT_ENTRY_SIZE : ENTRY_SIZE;
    for (let start = 0; start + SHORT_ENTRY_SIZE <= code.length; start += step) {
      // JMP *disp32(%rip), behind endbr64 and a bnd prefix where control flow is protected.
      for (let at = start; at + 6 <= Math.min(start + step, code.length); at++) {
        if (code[at] !== 0xff || code[at + 1] !== 0x25) continue;
        const name = slots.get(section.address + at + 6 + view.getInt32(at + 2, true));
        if (name) found.push({ name: `${name}@plt`, address: section.address + start, size: step, kind: 'func', threadLocal: false });
        break;
      }
    }
  }
  return found.sort((a, b) => a.address - b.address);
}

/** GOT slot -> the dynamic symbol whose address goes there. */
function slotNames(elf: Elf): Map<number, string> {
  const names = new Map<number, string>();
  const { tags } = elf.dynamic;
  const symbols = elf.fileOffset(tags.get(DT.symtab) ?? -1);
  const strings = elf.fileOffset(tags.get(DT.strtab) ?? -1);
  if (symbols === undefined || strings === undefined) return names;
  const { bytes } = elf;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = [
    [tags.get(DT.jmprel), tags.get(DT.pltrelsz)],
    [tags.get(DT.rela), tags.get(DT.relasz)],
  ];
  for (const [address, size] of tables) {
    const start = elf.fileOffset(address ?? -1);
    if (start === undefined) continue;
    for (let at = start; at + RELA_SIZE <= Math.min(start + (size ?? 0), bytes.length); at += RELA_SIZE) {
      const type = view.getUint32(at + 8, true);
      if (type !== R_X86_64_GLOB_DAT && type !== R_X86_64_JUMP_SLOT) continue;
      const symbol = symbols + view.getUint32(at + 12, true) * SYMBOL_SIZE;
      if (symbol + SYMBOL_SIZE > bytes.length) continue;
      const name = elf.stringAt(strings + view.getUint32(symbol, true));
      if (name) names.set(Number(view.getBigUint64(at, true)), name);
    }
  }
  return names;
}
