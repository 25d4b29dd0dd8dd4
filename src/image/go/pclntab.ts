/**
 * gopclntab of Go 1.18 and later (runtime/symtab.go, type pcHeader, _func and the pc-value tables; cmd/link/internal/ld/pcln.go): the table that
 * Go's own tracebacks use, so every Go program has it, stripped or not. All addresses are link addresses.
 */
import { everyIndexOf, everyRowWith, utf8 } from '../../host/bytes.js';
import type { OpenDefers, TracedArgument, TracedArguments } from '../api.js';
import { ByteReader, FormatError, textOf } from '../bytes.js';
import type { Elf } from '../elf/elf.js';
import type { ElfSymbolTable } from '../elf/symbols.js';
import { findModuleData, type ModuleData } from './moduledata.js';
import { MAGIC_120, PCLNTAB_HEADER_SIZE, pclntabCandidates } from './pclntab-header.js';

const FUNC_FLAG = { topFrame: 1, spWrite: 2, asm: 4 } as const;
const PCDATA_INL_TREE_INDEX = 2;
const PCDATA_ARG_LIVE_INDEX = 3;
const FUNCDATA_INL_TREE = 3;
const FUNCDATA_OPEN_DEFERS = 4;
const FUNCDATA_ARG_INFO = 5;
const FUNCDATA_ARG_LIVE_INFO = 6;

/** Bytes above these offsets in what describes arguments are no offsets (internal/abi, TraceArgs). */
const TRACE_ARGS = { tooLarge: 0xfb, more: 0xfc, close: 0xfd, open: 0xfe, end: 0xff } as const;
/** Bytes that it has at most. */
const MOST_ARG_INFO = 171;

/** From this release on the slots of a frame's defers lie one behind the other, and only the first is told. */
const SLOTS_TOGETHER = 22;
const MOST_OPEN_DEFERS = 8;
const NONE = 0xffffffff;

/** One function record. Offsets into the table are kept, what they lead to is read on demand. */
export interface PclnFunc {
  readonly index: number;
  readonly entry: number;
  readonly name: string;
  readonly funcID: number;
  readonly topFrame: boolean;
  readonly spWrite: boolean;
  readonly asm: boolean;
  /** 0: no table. C functions that were linked in have neither. */
  readonly pcsp: number;
  readonly pcfile: number;
  readonly pcln: number;
  readonly cuOffset: number;
  /** Line of the `func` keyword (Go 1.20 and later). */
  readonly startLine: number | undefined;
  /** Where the offsets of its PCDATA tables are, and behind them those of its FUNCDATA. */
  readonly tables: number;
  readonly pcdataCount: number;
  readonly funcdataCount: number;
}

export interface InlinedCall {
  readonly name: string;
  readonly funcID: number;
  readonly startLine: number | undefined;
  /** Where the call is written: file and line in the caller. */
  readonly call: { readonly file: string; readonly line: number } | undefined;
}

export class Pclntab {
  readonly count: number;
  /** Go 1.20 or later, by the magic. */
  readonly go120: boolean;
  readonly module: ModuleData | undefined;
  /** Address that function entries count from. */
  readonly text: number;
  private readonly view: DataView;
  private readonly funcnametab: number;
  private readonly cutab: number;
  private readonly filetab: number;
  private readonly pctab: number;
  private readonly functab: number;
  private readonly funcs = new Map<number, PclnFunc>();
  private readonly fileNames = new Map<number, string>();

  /** Undefined: not a Go program, or a table that cannot be used (then the file's problems say so). */
  static of(elf: Elf, symbols: () => ElfSymbolTable | undefined): Pclntab | undefined {
    for (const address of pclntabCandidates(elf, symbols)) {
      try {
        return new Pclntab(elf, address, symbols);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        elf.problems.push(`gopclntab at 0x${address.toString(16)}: ${error.message}: no Go functions from it`);
      }
    }
    return undefined;
  }

  private constructor(
    private readonly elf: Elf,
    readonly address: number,
    symbols: () => ElfSymbolTable | undefined,
  ) {
    const section = elf.sectionAt(address);
    const bytes = elf.memory.rest(address);
    const length = Math.min(bytes.length, section ? section.address + section.size - address : bytes.length);
    const r = new ByteReader(bytes.subarray(0, length), 'header');
    this.bytes = r.bytes;
    this.view = new DataView(r.bytes.buffer, r.bytes.byteOffset, r.bytes.byteLength);
    this.go120 = r.u32() === MAGIC_120;
    r.skip(4);
    this.count = r.size64();
    r.skip(8);
    const textStart = r.size64();
    const table = (name: string) => {
      const offset = r.size64();
      if (offset < PCLNTAB_HEADER_SIZE || offset > length) r.fail(`offset 0x${offset.toString(16)} of ${name} is outside the table`);
      return offset;
    };
    this.funcnametab = table('the function names');
    this.cutab = table('the compilation units');
    this.filetab = table('the file names');
    this.pctab = table('the pc-value tables');
    this.functab = table('the functions');
    if (this.count === 0 || (this.count * 2 + 1) * 4 > length - this.functab) r.fail(`${this.count} functions do not fit in the table`);
    const named = (name: string) => [...(symbols()?.named(name) ?? [])][0]?.address;
    this.module = findModuleData(elf, address, address + this.funcnametab, this.go120, named('runtime.firstmoduledata'));
    // Go 1.26 and later leave textStart zero.
    this.text = this.module?.text ?? (textStart || (named('runtime.text') ?? elf.sectionNamed('.text')?.address ?? 0));
    if (!elf.memory.contains(this.text)) r.fail(`the text address 0x${this.text.toString(16)} is in no segment`);
  }

  private readonly bytes: Uint8Array;

  private u32(offset: number): number {
    if (!(offset >= 0 && offset + 4 <= this.bytes.length))
      throw new FormatError(`gopclntab: offset 0x${offset.toString(16)} is outside the table`);
    return this.view.getUint32(offset, true);
  }

  entryOf(index: number): number {
    return this.text + this.u32(this.functab + index * 8);
  }

  /** The first address that belongs to no function of the table. */
  get end(): number {
    return this.entryOf(this.count);
  }

  /** Number of the function whose entry is nearest at or below the address; undefined outside the table. */
  find(pc: number): number | undefined {
    if (pc < this.entryOf(0) || pc >= this.end) return undefined;
    let [low, high] = [0, this.count];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.entryOf(middle) <= pc) low = middle;
      else high = middle;
    }
    return low;
  }

  func(index: number): PclnFunc {
    const known = this.funcs.get(index);
    if (known) return known;
    const at = this.functab + this.u32(this.functab + index * 8 + 4);
    const fixed = this.go120 ? 44 : 40;
    const flags = this.u32(at + fixed - 4);
    const npcdata = this.u32(at + 28);
    const nfuncdata = flags >>> 24;
    if (npcdata > 64 || nfuncdata > 64)
      throw new FormatError(`gopclntab: function ${index} has ${npcdata} PCDATA and ${nfuncdata} FUNCDATA tables`);
    const flag = (flags >>> 8) & 0xff;
    const func: PclnFunc = {
      index,
      entry: this.text + this.u32(at),
      name: this.name(this.u32(at + 4)),
      funcID: flags & 0xff,
      topFrame: (flag & FUNC_FLAG.topFrame) !== 0,
      spWrite: (flag & FUNC_FLAG.spWrite) !== 0,
      asm: (flag & FUNC_FLAG.asm) !== 0,
      pcsp: this.u32(at + 16),
      pcfile: this.u32(at + 20),
      pcln: this.u32(at + 24),
      cuOffset: this.u32(at + 32),
      startLine: this.go120 ? this.u32(at + 36) : undefined,
      tables: at + fixed,
      pcdataCount: npcdata,
      funcdataCount: nfuncdata,
    };
    this.funcs.set(index, func);
    return func;
  }

  private name(offset: number): string {
    return this.stringAt(this.funcnametab + offset, this.cutab > this.funcnametab ? this.cutab : this.bytes.length);
  }

  private stringAt(start: number, limit: number): string {
    const end = start < limit ? this.bytes.subarray(start, limit).indexOf(0) : -1;
    if (end < 0) throw new FormatError(`gopclntab: the string at 0x${start.toString(16)} is outside its table`);
    return textOf(this.bytes, start, start + end);
  }

  /** Numbers of the functions of that name, in address order. */
  named(name: string): number[] {
    const found: number[] = [];
    if (name === '') return found;
    const records = this.bytes.subarray(this.functab);
    const table = records.subarray(0, this.count * 8);
    const names = this.bytes.subarray(this.funcnametab, Math.max(this.funcnametab, this.cutab));
    for (const at of everyIndexOf(names, utf8(`${name}\0`))) {
      if (at > 0 && names[at - 1] !== 0) continue;
      // A record's second word is its name's place; that of the table's row is the record's.
      for (const word of everyRowWith(records, 1, 0, at)) for (const i of everyRowWith(table, 2, 1, (word - 1) * 4)) found.push(i);
    }
    return found.sort((a, b) => a - b);
  }

  private duplicates: Map<string, number[]> | undefined;

  /** Another function of the same name: an ABI wrapper beside what it wraps. */
  twin(func: PclnFunc): PclnFunc | undefined {
    if (!this.duplicates) {
      const first = new Map<string, number>();
      this.duplicates = new Map();
      for (let index = 0; index < this.count; index++) {
        const name = this.name(this.u32(this.functab + this.u32(this.functab + index * 8 + 4) + 4));
        const other = first.get(name);
        if (other === undefined) first.set(name, index);
        else this.duplicates.set(name, [...(this.duplicates.get(name) ?? [other]), index]);
      }
    }
    const indices = this.duplicates.get(func.name);
    // Type arguments are left out of names, so instances of a generic function share one.
    if (indices?.length !== 2 || func.name.includes('[...]')) return undefined;
    return this.func(indices[0] === func.index ? indices[1]! : indices[0]!);
  }

  /** First address behind the function's instructions: where its tables end; the padding to the next is not part of it. */
  funcEnd(func: PclnFunc): number {
    const next = this.entryOf(func.index + 1);
    const table = func.pcsp || func.pcln;
    if (table === 0) return next;
    let last = func.entry;
    this.walk(func, table, (_, end) => {
      last = end;
      return false;
    });
    return Math.min(last, next);
  }

  /** Position of the varint that comes next. */
  private at = 0;

  private varint(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new FormatError('gopclntab: a pc-value table has no end');
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    throw new FormatError(`gopclntab: bad varint at 0x${this.at.toString(16)}`);
  }

  /**
   * Goes through the steps of a pc-value table until `visit` says true: the value holds for [start, end). A function never reaches past its
   * successor, so what goes on behind that is corrupt, and not visited.
   */
  private walk(func: PclnFunc, table: number, visit: (start: number, end: number, value: number) => boolean): void {
    const limit = this.entryOf(func.index + 1);
    let at = this.pctab + table;
    let value = -1;
    for (let start = func.entry, first = true; start <= limit; first = false) {
      this.at = at;
      const delta = this.varint();
      if (delta === 0 && !first) return;
      value += delta & 1 ? -((delta >>> 1) + 1) : delta >>> 1;
      const end = start + this.varint();
      at = this.at;
      if (visit(start, end, value)) return;
      start = end;
    }
  }

  rows(func: PclnFunc, table: number): { start: number; end: number; value: number }[] {
    const rows: { start: number; end: number; value: number }[] = [];
    this.walk(func, table, (start, end, value) => {
      rows.push({ start, end, value });
      return false;
    });
    return rows;
  }

  private valueAt(func: PclnFunc, table: number | undefined, pc: number): number | undefined {
    if (!table) return undefined;
    let found: number | undefined;
    this.walk(func, table, (_, end, value) => {
      if (pc >= end) return false;
      found = value;
      return true;
    });
    return found;
  }

  private pcdata(func: PclnFunc, index: number): number | undefined {
    return index < func.pcdataCount ? this.u32(func.tables + index * 4) : undefined;
  }

  private funcdata(func: PclnFunc, index: number): number | undefined {
    return index < func.funcdataCount ? this.u32(func.tables + (func.pcdataCount + index) * 4) : undefined;
  }

  /** How far RSP is below the return address at pc, in bytes; undefined when the table does not say (C code, assembly without frames). */
  spDelta(func: PclnFunc, pc: number): number | undefined {
    return this.valueAt(func, func.pcsp, pc);
  }

  /** The source position of the innermost code at pc. */
  lineAt(func: PclnFunc, pc: number): { file: string; line: number } | undefined {
    const file = this.valueAt(func, func.pcfile, pc);
    const line = this.valueAt(func, func.pcln, pc);
    if (file === undefined || file < 0 || line === undefined || line < 0) return undefined;
    const name = this.fileName(func, file);
    return name === undefined ? undefined : { file: name, line };
  }

  /** A pcfile value as a path. */
  fileName(func: PclnFunc, file: number): string | undefined {
    const offset = this.u32(this.cutab + (func.cuOffset + file) * 4);
    if (offset === NONE) return undefined;
    let name = this.fileNames.get(offset);
    if (name === undefined) {
      name = this.stringAt(this.filetab + offset, this.pctab > this.filetab ? this.pctab : this.bytes.length);
      this.fileNames.set(offset, name);
    }
    return name;
  }

  /** All paths of the file table. */
  *files(): Iterable<string> {
    const end = this.pctab > this.filetab ? this.pctab : this.bytes.length;
    for (let at = this.filetab; at < end; ) {
      const name = this.stringAt(at, end);
      if (name !== '') yield name;
      at += utf8(name).length + 1;
    }
  }

  /** The calls that were inlined around pc, innermost first. */
  inlinedAt(func: PclnFunc, pc: number): InlinedCall[] {
    const tree = this.funcdata(func, FUNCDATA_INL_TREE);
    const calls: InlinedCall[] = [];
    if (tree === undefined || tree === NONE || !this.module) return calls;
    const base = this.module.gofunc + tree;
    const { memory } = this.elf;
    let index = this.valueAt(func, this.pcdata(func, PCDATA_INL_TREE_INDEX), pc) ?? -1;
    // Each step goes to a caller, so more steps than a compiler nests calls mean a cycle.
    for (let depth = 0; index >= 0 && depth < 1000; depth++) {
      if (this.go120) {
        const at = base + index * 16;
        const parentPc = func.entry + memory.u32(at + 8);
        calls.push({
          name: this.name(memory.u32(at + 4)),
          funcID: memory.u8(at),
          startLine: memory.u32(at + 12),
          call: this.lineAt(func, parentPc),
        });
        index = this.valueAt(func, this.pcdata(func, PCDATA_INL_TREE_INDEX), parentPc) ?? -1;
      } else {
        const at = base + index * 20;
        const file = this.fileName(func, memory.u32(at + 4));
        const line = memory.u32(at + 8);
        calls.push({
          name: this.name(memory.u32(at + 12)),
          funcID: memory.u8(at + 2),
          startLine: undefined,
          call: file === undefined ? undefined : { file, line },
        });
        index = (memory.u16(at) << 16) >> 16;
      }
    }
    return calls;
  }

  /** Where a frame has its defers, when the compiler has opened them up (runtime/panic.go, initOpenCodedDefers); `minor` is the release. */
  openDefers(func: PclnFunc, minor: number): OpenDefers | undefined {
    const offset = this.funcdata(func, FUNCDATA_OPEN_DEFERS);
    if (offset === undefined || offset === NONE || !this.module) return undefined;
    const reader = new ByteReader(this.elf.memory.rest(this.module.gofunc + offset), 'funcdata');
    const bits = reader.uleb();
    if (minor >= SLOTS_TOGETHER) {
      const first = reader.uleb();
      return { bits, slots: Array.from({ length: MOST_OPEN_DEFERS }, (_, index) => first - 8 * index) };
    }
    // The last is told first.
    const slots = Array.from({ length: Math.min(reader.uleb(), MOST_OPEN_DEFERS) }, () => reader.uleb());
    return { bits, slots: slots.reverse() };
  }

  /** Arguments as Go's tracebacks have them, at pc; undefined: the table has none of the function. */
  tracedArguments(func: PclnFunc, pc: number): TracedArguments | undefined {
    const info = this.funcdata(func, FUNCDATA_ARG_INFO);
    if (info === undefined || info === NONE || !this.module) return undefined;
    const { memory } = this.elf;
    const at = (offset: number) => memory.u8(this.module!.gofunc + offset);
    const live = this.funcdata(func, FUNCDATA_ARG_LIVE_INFO);
    const index = this.valueAt(func, this.pcdata(func, PCDATA_ARG_LIVE_INDEX), pc) ?? -1;
    // Arguments from this offset on came in registers; what is told of their places in memory is whether they are written.
    const first = live === undefined || live === NONE ? 0x100 : at(live);
    const isLive = (slot: number) => index <= 0 || (at(live! + index + (slot >> 3)) & (1 << (slot & 7))) !== 0;
    const groups: TracedArgument[][] = [[]];
    let slot = 0;
    for (let next = 0; next < MOST_ARG_INFO; ) {
      const byte = at(info + next++);
      const group = groups.at(-1)!;
      if (byte === TRACE_ARGS.end) break;
      if (byte === TRACE_ARGS.open) groups.push([]);
      else if (byte === TRACE_ARGS.close && groups.length > 1) groups.at(-2)!.push({ parts: groups.pop()! });
      else if (byte === TRACE_ARGS.more) group.push('...');
      else if (byte === TRACE_ARGS.tooLarge) group.push('_');
      else group.push({ offset: byte, size: at(info + next++), stale: byte >= first && !isLive(slot++) });
    }
    return groups[0]!;
  }

  /** The lowest address of each inlined copy, by the name of the function that was inlined. Reads the inline tree of every function. */
  inlinedCopies(): Map<string, number[]> {
    const byName = new Map<number, number[]>();
    const { memory } = this.elf;
    for (let index = 0; this.module && index < this.count; index++) {
      const func = this.func(index);
      const table = this.pcdata(func, PCDATA_INL_TREE_INDEX);
      const tree = this.funcdata(func, FUNCDATA_INL_TREE);
      if (!table || tree === undefined || tree === NONE) continue;
      const base = this.module.gofunc + tree;
      const rows = this.rows(func, table);
      const seen = new Set<number>();
      for (const { start, value } of rows) {
        // From a copy that has been seen, its callers have been too.
        for (let node = value; node >= 0 && !seen.has(node); ) {
          seen.add(node);
          const at = base + node * (this.go120 ? 16 : 20);
          const name = memory.u32(at + (this.go120 ? 4 : 12));
          const known = byName.get(name);
          if (known) known.push(start);
          else byName.set(name, [start]);
          const parentPc = func.entry + memory.u32(at + 8);
          node = this.go120 ? (rows.find(row => parentPc < row.end)?.value ?? -1) : (memory.u16(at) << 16) >> 16;
        }
      }
    }
    return new Map([...byName].map(([name, starts]) => [this.name(name), starts]));
  }
}
