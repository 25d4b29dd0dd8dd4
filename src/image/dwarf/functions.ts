import type { Func, Language } from '../api.js';
import { ByteReader } from '../bytes.js';
import { DW_AT, DW_LANG_Go, DW_LANG_Mips_Assembler } from './constants.js';
import { type Die, readAddress, readOffset } from './die.js';
import { firstOf, type Indexes, origins, sourceName } from './index.js';
import { inRanges, type Ranges, rangesOf } from './ranges.js';
import type { DebugInfo, Unit } from './unit.js';

/** A function as DWARF knows it. Addresses as linked; `die` is the offset of its concrete DW_TAG_subprogram. */
export interface DwarfFunction {
  readonly unit: Unit;
  readonly die: number;
  readonly name: string;
  readonly linkName: string;
  readonly ranges: Ranges;
  /** Where calls land: the start of the first range. */
  readonly entry: number;
  /** End of the range that has the entry. */
  readonly end: number;
  readonly language: Language;
  readonly wrapper: boolean;
  readonly declFile: number | undefined;
  readonly line: number | undefined;
}

/** Sorted intervals with what they belong to. */
interface Intervals {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly value: Float64Array;
}

function makeIntervals(entries: readonly (readonly [low: number, high: number, value: number])[]): Intervals {
  const sorted = [...entries].sort((a, b) => a[0] - b[0]);
  const column = (i: 0 | 1 | 2) => Float64Array.from(sorted, entry => entry[i]);
  return { low: column(0), high: column(1), value: column(2) };
}

/** The value of the interval around `pc`; of several that overlap, the one that starts last. */
function findInterval({ low, high, value }: Intervals, pc: number): number | undefined {
  let a = 0;
  let b = low.length;
  while (a < b) {
    const middle = (a + b) >>> 1;
    if (low[middle]! <= pc) a = middle + 1;
    else b = middle;
  }
  // A function around others (cold parts placed between) may start a few intervals earlier.
  for (let i = a - 1; i >= 0 && i >= a - 8; i--) if (pc < high[i]!) return value[i];
  return undefined;
}

/** Functions by pc and by name. A pc costs a look at its own unit only; names need all units. */
export class DwarfFunctions {
  private unitIntervals: Intervals | undefined;
  private readonly intervals = new Map<Unit, Intervals>();
  private readonly described = new Map<number, DwarfFunction | undefined>();
  private names: Map<string, number[]> | undefined;

  constructor(
    private readonly info: DebugInfo,
    private readonly indexes: Indexes,
  ) {}

  /** The unit whose code has the link address. */
  unitAt(pc: number): Unit | undefined {
    this.unitIntervals ??= this.readUnitIntervals();
    const index = findInterval(this.unitIntervals, pc);
    return index === undefined ? undefined : this.info.units[index];
  }

  /** Units with code in [start, end). */
  unitsIn(start: number, end: number): Unit[] {
    this.unitIntervals ??= this.readUnitIntervals();
    const { low, high, value } = this.unitIntervals;
    const found = new Set<Unit>();
    for (let i = 0; i < low.length && low[i]! < end; i++) if (high[i]! > start) found.add(this.info.units[value[i]!]!);
    return [...found];
  }

  at(pc: number): DwarfFunction | undefined {
    const unit = this.unitAt(pc);
    if (!unit) return undefined;
    let intervals = this.intervals.get(unit);
    if (!intervals) this.intervals.set(unit, (intervals = this.readFunctionIntervals(unit)));
    const die = findInterval(intervals, pc);
    const found = die === undefined ? undefined : this.describe(unit, die);
    return found && inRanges(found.ranges, pc) ? found : undefined;
  }

  named(name: string): DwarfFunction[] {
    this.names ??= this.readNames();
    return (this.names.get(name) ?? []).flatMap(die => this.describe(this.info.unitAt(die)!, die) ?? []);
  }

  private readNames(): Map<string, number[]> {
    const names = new Map<string, number[]>();
    const add = (name: string | undefined, die: number) => {
      if (name === undefined) return;
      const list = names.get(name);
      if (list) list.push(die);
      else names.set(name, [die]);
    };
    for (const unit of this.info.units) {
      for (const offset of this.indexes.of(unit).functions) {
        this.info.sections.guard('that function is missing', undefined, () => {
          const chain = origins(this.info.die(unit, offset));
          const name = sourceName(chain);
          const linkName = linkNameOf(chain);
          add(name, offset);
          if (linkName !== name) add(linkName, offset);
        });
      }
    }
    return names;
  }

  *all(): Generator<DwarfFunction> {
    for (const unit of this.info.units) {
      for (const die of this.indexes.of(unit).functions) {
        const f = this.describe(unit, die);
        if (f) yield f;
      }
    }
  }

  /** The function of a concrete subprogram DIE; undefined: it has no code, or is corrupt. */
  describe(unit: Unit, offset: number): DwarfFunction | undefined {
    if (this.described.has(offset)) return this.described.get(offset);
    const result = this.info.sections.guard('that function is missing', undefined, () => this.read(unit, offset));
    this.described.set(offset, result);
    return result;
  }

  private read(unit: Unit, offset: number): DwarfFunction | undefined {
    const die = this.info.die(unit, offset);
    const ranges = rangesOf(die);
    const entry = die.address(DW_AT.low_pc) ?? ranges[0];
    // The linker leaves functions that it dropped at address 0 or at an all-ones tombstone.
    if (entry === undefined || ranges.length === 0 || entry === 0 || entry >= 2 ** 53) return undefined;
    const chain = origins(die);
    const name = sourceName(chain) ?? `func_${entry.toString(16)}`;
    let end = entry;
    for (let i = 0; i < ranges.length; i += 2) if (entry >= ranges[i]! && entry < ranges[i + 1]!) end = ranges[i + 1]!;
    return {
      unit,
      die: offset,
      name,
      linkName: linkNameOf(chain) ?? name,
      ranges,
      entry,
      end,
      language: languageOf(unit),
      wrapper: die.flag(DW_AT.trampoline),
      declFile: firstOf(chain, d => d.number(DW_AT.decl_file)),
      line: firstOf(chain, d => d.number(DW_AT.decl_line)),
    };
  }

  private readFunctionIntervals(unit: Unit): Intervals {
    const entries: [number, number, number][] = [];
    for (const die of this.indexes.of(unit).functions) {
      const ranges = this.info.sections.guard('that function is missing', [], () => rangesOf(this.info.die(unit, die)));
      for (let i = 0; i < ranges.length; i += 2) entries.push([ranges[i]!, ranges[i + 1]!, die]);
    }
    return makeIntervals(entries);
  }

  private readUnitIntervals(): Intervals {
    const entries: [number, number, number][] = [];
    const known = this.info.sections.guard('units are looked up without it', new Set<number>(), () => this.readAranges(entries));
    for (const unit of this.info.units) {
      if (known.has(unit.index) || unit.signature !== undefined) continue;
      this.info.sections.guard(`code of the unit at 0x${unit.start.toString(16)} has no debug information`, undefined, () => {
        const { die } = unit.root;
        let ranges = rangesOf(die);
        // Some compilers give a unit no ranges of its own.
        if (ranges.length === 0) ranges = this.indexes.of(unit).functions.flatMap(f => this.describe(unit, f)?.ranges ?? []);
        for (let i = 0; i < ranges.length; i += 2) entries.push([ranges[i]!, ranges[i + 1]!, unit.index]);
      });
    }
    return makeIntervals(entries);
  }

  /** .debug_aranges (DWARF 5, 6.1.2). Returns the units that it covers. */
  private readAranges(entries: [number, number, number][]): Set<number> {
    const known = new Set<number>();
    const section = this.info.sections.get('.debug_aranges');
    const reader: ByteReader = new ByteReader(section, '.debug_aranges');
    while (!reader.atEnd) {
      const start = reader.offset;
      let length = reader.u32();
      const offsetSize = length === 0xffff_ffff ? 8 : 4;
      if (offsetSize === 8) length = reader.size64();
      if (length > reader.remaining) reader.fail(`set of ${length} bytes, ${reader.remaining} left`);
      const end = reader.offset + length;
      reader.u16();
      const unit = this.info.unitByStart(readOffset(reader, offsetSize));
      const addressSize = reader.u8();
      const segmentSize = reader.u8();
      if ((addressSize === 8 || addressSize === 4) && segmentSize === 0 && unit) {
        const tuple = addressSize * 2;
        reader.seek(start + Math.ceil((reader.offset - start) / tuple) * tuple);
        while (reader.offset + tuple <= end) {
          const low = readAddress(reader, addressSize);
          const size = readAddress(reader, addressSize);
          if (low === 0 && size === 0) break;
          if (size > 0 && low > 0) {
            entries.push([low, low + size, unit.index]);
            known.add(unit.index);
          }
        }
      }
      reader.seek(end);
    }
    return known;
  }
}

function linkNameOf(chain: readonly Die[]): string | undefined {
  return firstOf(chain, die => die.string(DW_AT.linkage_name) ?? die.string(DW_AT.MIPS_linkage_name));
}

function languageOf(unit: Unit): Language {
  const { language } = unit.root;
  return language === DW_LANG_Go ? 'go' : language === DW_LANG_Mips_Assembler ? 'asm' : 'c';
}

/** A function as the image tells it; the caller knows the bias and resolves the file. */
export function toFunc(f: DwarfFunction, bias: bigint, file: string | undefined): Func {
  const asm = f.language === 'asm' || (f.language === 'go' && file !== undefined && /\.[sS]$/.test(file));
  return {
    name: f.name,
    linkName: f.linkName,
    entry: BigInt(f.entry) + bias,
    end: BigInt(f.end) + bias,
    language: asm ? 'asm' : f.language,
    source: 'dwarf',
    wrapper: f.wrapper || file === '<autogenerated>',
    topFrame: false,
    spWrite: false,
    asm,
    funcID: '',
    file,
    line: f.line,
  };
}
