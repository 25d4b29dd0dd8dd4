/** An ELF file: what a loader needs at once, and sections and notes on demand. Everything here is in link addresses, without a bias. */
import type { Unpack } from '../../host/unpack.js';
import { ByteReader, FormatError, textOf } from '../bytes.js';
import { decompressLegacy, decompressSection } from './compression.js';
import {
  type ElfHeader,
  PF,
  type ProgramHeader,
  PT,
  readHeader,
  readProgramHeaders,
  readSections,
  type Section,
  SHF,
  SHT,
} from './headers.js';
import { LinkedMemory } from './memory.js';

/** What PT_DYNAMIC says, as far as r14 needs it: names of libraries, and where relocations and dynamic symbols lie. */
export interface DynamicSection {
  readonly needed: readonly string[];
  readonly soname?: string;
  /** DT_RUNPATH, or DT_RPATH: where the libraries are looked for first. */
  readonly runpath: readonly string[];
  /** DT_* tag -> value, the first of each. */
  readonly tags: ReadonlyMap<number, number>;
}

export const DT = {
  needed: 1,
  pltrelsz: 2,
  strtab: 5,
  symtab: 6,
  rela: 7,
  relasz: 8,
  soname: 14,
  rpath: 15,
  jmprel: 23,
  runpath: 29,
} as const;

const NT_GNU_BUILD_ID = 3;

export class Elf {
  readonly header: ElfHeader;
  readonly programHeaders: readonly ProgramHeader[];
  /** PT_LOAD, by address. */
  readonly loads: readonly ProgramHeader[];
  readonly sections: readonly Section[];
  /** What was wrong and what it cost; grows as more of the file is read. */
  readonly problems: string[] = [];
  /** Lowest and first address behind the loaded segments. */
  readonly low: number;
  readonly high: number;
  private readonly contents = new Map<Section, Uint8Array | undefined>();
  private linkedMemory: LinkedMemory | undefined;
  private dynamicRead: DynamicSection | undefined;

  /** `unpack`: for compressed sections. Throws FormatError, one line beginning with `path`, when the file cannot be loaded. */
  constructor(
    readonly bytes: Uint8Array,
    readonly path: string,
    private readonly unpack: Unpack = {},
  ) {
    this.header = readHeader(bytes, path);
    this.programHeaders = readProgramHeaders(bytes, this.header, path);
    this.loads = this.programHeaders.filter(h => h.type === PT.load).sort((a, b) => a.address - b.address);
    this.low = this.loads[0]!.address;
    const last = this.loads.at(-1)!;
    this.high = last.address + last.memorySize;
    this.sections = readSections(bytes, this.header, this.problems);
  }

  /** The path in PT_INTERP; undefined for a static program. */
  get interpreter(): string | undefined {
    const header = this.programHeaders.find(h => h.type === PT.interp);
    if (!header) return undefined;
    const nul = this.bytes.indexOf(0, header.offset);
    const end = header.offset + header.fileSize;
    if (nul < 0 || nul >= end || nul === header.offset)
      throw new FormatError(`${this.path}: the interpreter path at 0x${header.offset.toString(16)} (PT_INTERP) is empty or has no end`);
    return textOf(this.bytes, header.offset, nul);
  }

  /** The template of thread-local storage, for `runtime.tlsg` and `__thread`. */
  get tls(): ProgramHeader | undefined {
    return this.programHeaders.find(h => h.type === PT.tls);
  }

  /**
   * Bytes of the thread-local block of an executable, with its padding: the block ends at the thread pointer (ELF Handling For Thread-Local
   * Storage, variant II). Undefined for a library, whose block the dynamic loader places.
   */
  get threadBlock(): number | undefined {
    const { tls } = this;
    if (!tls || this.dynamic.soname !== undefined) return undefined;
    const align = Math.max(1, tls.align);
    return Math.ceil(tls.memorySize / align) * align;
  }

  sectionNamed(name: string): Section | undefined {
    return this.sections.find(section => section.name === name);
  }

  /** The section that holds a loaded address. */
  sectionAt(address: number): Section | undefined {
    return this.sections.find(s => s.flags & SHF.alloc && address >= s.address && address < s.address + s.size && !this.isTlsSpace(s));
  }

  /** .tbss takes addresses but no space (gABI, SHF_TLS 0x400). */
  private isTlsSpace(section: Section): boolean {
    return section.type === SHT.nobits && (section.flags & 0x400) !== 0;
  }

  /** Decompressed contents; undefined when there are none, or they are corrupt (then `problems` says so). */
  sectionBytes(section: Section): Uint8Array | undefined {
    if (this.contents.has(section)) return this.contents.get(section);
    let bytes: Uint8Array | undefined;
    if (section.type !== SHT.nobits && section.size > 0) {
      bytes = this.bytes.subarray(section.offset, section.offset + section.size);
      try {
        if (section.flags & SHF.compressed) bytes = decompressSection(bytes, section.name, this.unpack);
        else if (section.name.startsWith('.zdebug_')) bytes = decompressLegacy(bytes, section.name, this.unpack);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        this.problems.push(error.message);
        bytes = undefined;
      }
    }
    this.contents.set(section, bytes);
    return bytes;
  }

  /** `.debug_info` and the like, whichever way it is stored (`.zdebug_info` too). */
  debugSection(name: string): Uint8Array | undefined {
    const section = this.sectionNamed(name) ?? this.sectionNamed(name.replace('.debug_', '.zdebug_'));
    return section && this.sectionBytes(section);
  }

  /** The loaded segments as they are after relocation at bias 0. */
  get memory(): LinkedMemory {
    return (this.linkedMemory ??= new LinkedMemory(this));
  }

  isExecutable(address: number): boolean {
    return this.loads.some(h => h.flags & PF.x && address >= h.address && address < h.address + h.memorySize);
  }

  get dynamic(): DynamicSection {
    return (this.dynamicRead ??= this.readDynamic());
  }

  private readDynamic(): DynamicSection {
    const tags = new Map<number, number>();
    const neededOffsets: number[] = [];
    const header = this.programHeaders.find(h => h.type === PT.dynamic);
    if (header) {
      const r = new ByteReader(this.bytes, 'PT_DYNAMIC', header.offset, header.offset + header.fileSize);
      while (r.remaining >= 16) {
        const tag = Number(r.u64());
        const value = Number(r.u64());
        if (tag === 0) break;
        if (tag === DT.needed) neededOffsets.push(value);
        else if (!tags.has(tag)) tags.set(tag, value);
      }
    }
    const strings = this.fileOffset(tags.get(DT.strtab) ?? 0);
    const nameAt = (offset: number): string | undefined => (strings === undefined ? undefined : this.stringAt(strings + offset));
    const needed: string[] = [];
    for (const offset of neededOffsets) {
      const name = nameAt(offset);
      if (name === undefined)
        this.problems.push(`PT_DYNAMIC: the name of a needed library at 0x${offset.toString(16)} is outside the file`);
      else needed.push(name);
    }
    const soname = tags.has(DT.soname) ? nameAt(tags.get(DT.soname)!) : undefined;
    const runpath = tags.get(DT.runpath) ?? tags.get(DT.rpath);
    const folders = runpath === undefined ? undefined : nameAt(runpath);
    return { needed, runpath: folders?.split(':') ?? [], tags, ...(soname === undefined ? {} : { soname }) };
  }

  /** The NUL-terminated string at a file offset; undefined when the file ends first. */
  stringAt(offset: number): string | undefined {
    const nul = offset < this.bytes.length ? this.bytes.indexOf(0, offset) : -1;
    return nul < 0 ? undefined : textOf(this.bytes, offset, nul);
  }

  /** Where in the file the byte at a link address is; undefined when no segment has it there. */
  fileOffset(address: number): number | undefined {
    const load = this.loads.find(h => address >= h.address && address < h.address + h.fileSize);
    return load && address - load.address + load.offset;
  }

  /** Hexadecimal GNU build id; undefined when there is none. */
  get buildId(): string | undefined {
    for (const header of this.programHeaders) {
      if (header.type !== PT.note) continue;
      const id = buildIdIn(new ByteReader(this.bytes, 'PT_NOTE', header.offset, header.offset + header.fileSize));
      if (id) return id;
    }
    const section = this.sectionNamed('.note.gnu.build-id');
    const bytes = section && this.sectionBytes(section);
    return bytes && buildIdIn(new ByteReader(bytes, '.note.gnu.build-id'));
  }
}

function buildIdIn(r: ByteReader): string | undefined {
  while (r.remaining >= 12) {
    const nameSize = r.u32();
    const size = r.u32();
    const type = r.u32();
    const padded = (n: number) => Math.ceil(n / 4) * 4;
    if (padded(nameSize) + size > r.remaining) return undefined;
    const name = r.string(padded(nameSize)).slice(0, nameSize);
    const bytes = r.slice(size);
    r.skip(Math.min(padded(size) - size, r.remaining));
    if (type === NT_GNU_BUILD_ID && name === 'GNU\0') return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
  }
  return undefined;
}
