import type { SourceLine } from '../api.js';
import type { DwarfFunctions } from './functions.js';
import { type LineHeader, type LineTable, ROW, readLineHeader, readLineTable, rowAt } from './lines.js';
import type { DebugInfo, Unit } from './unit.js';

interface Statement extends SourceLine {
  readonly pc: number;
}

/** Lines by address and addresses by line. A unit's program is run when one of its lines is first asked for. Addresses as linked. */
export class Lines {
  private readonly headers = new Map<Unit, LineHeader | undefined>();
  private readonly tables = new Map<number, LineTable>();

  constructor(
    private readonly info: DebugInfo,
    private readonly functions: DwarfFunctions,
  ) {}

  /** Undefined also for line 0, which compilers give to code that stands for no line. */
  at(pc: number): SourceLine | undefined {
    const unit = this.functions.unitAt(pc);
    const table = unit && this.table(unit);
    if (!table) return undefined;
    const row = rowAt(table, pc);
    if (row < 0 || table.lines[row] === 0) return undefined;
    const file = table.header.files[table.files[row]!];
    return file === undefined ? undefined : { file, line: table.lines[row]! };
  }

  /** Name of a file number as attributes (DW_AT_decl_file, DW_AT_call_file) give it. */
  fileOf(unit: Unit, index: number): string | undefined {
    return this.header(unit)?.files[index];
  }

  *files(): Generator<string> {
    const seen = new Set<string>();
    for (const unit of this.info.units) {
      for (const file of this.header(unit)?.files ?? []) {
        if (file === undefined || !file.includes('/') || seen.has(file)) continue;
        seen.add(file);
        yield file;
      }
    }
  }

  /** All statements of the line. `file` is a path or a tail of one, from a slash on. */
  addressesOf(file: string, line: number): number[] {
    const found: number[] = [];
    const tail = `/${file}`;
    const done = new Set<LineTable>();
    for (const unit of this.info.units) {
      const header = this.header(unit);
      const numbers = new Set<number>();
      header?.files.forEach((path, i) => {
        if (path !== undefined && (path === file || path.endsWith(tail))) numbers.add(i);
      });
      const table = numbers.size > 0 ? this.table(unit) : undefined;
      if (!table || done.has(table)) continue;
      done.add(table);
      for (const { first, last } of table.sequences) {
        for (let row = first; row < last; row++) {
          if (table.lines[row] === line && table.flags[row]! & ROW.isStmt && numbers.has(table.files[row]!))
            found.push(table.addresses[row]!);
        }
      }
    }
    return found;
  }

  /** Statements that start in [start, end), by address; of several at one address, the last, which is the one that `at` tells. */
  *statementsIn(start: number, end: number): Generator<Statement> {
    const found = new Map<number, Statement>();
    for (const unit of this.functions.unitsIn(start, end)) {
      const table = this.table(unit);
      for (const { first, last } of table?.sequences ?? []) {
        if (table!.addresses[first]! >= end || table!.addresses[last]! <= start) continue;
        for (let row = first; row < last; row++) {
          const pc = table!.addresses[row]!;
          if (pc < start || pc >= end || !(table!.flags[row]! & ROW.isStmt)) continue;
          const file = table!.header.files[table!.files[row]!];
          if (table!.lines[row] !== 0 && file !== undefined) found.set(pc, { pc, file, line: table!.lines[row]! });
        }
      }
    }
    yield* [...found.values()].sort((a, b) => a.pc - b.pc);
  }

  /** Address of the first row marked DW_LNS_set_prologue_end. */
  prologueEnd(entry: number, end: number): number | undefined {
    return this.findRow(entry, end, (table, row) => (table.flags[row]! & ROW.prologueEnd) !== 0);
  }

  /** Address of the first statement row above the entry. */
  secondRow(entry: number, end: number): number | undefined {
    return this.findRow(entry, end, (table, row) => table.addresses[row]! > entry && (table.flags[row]! & ROW.isStmt) !== 0);
  }

  private findRow(entry: number, end: number, wanted: (table: LineTable, row: number) => boolean): number | undefined {
    const unit = this.functions.unitAt(entry);
    const table = unit && this.table(unit);
    let row = table ? rowAt(table, entry) : -1;
    if (!table || row < 0) return undefined;
    // rowAt gives the last row at an address; the mark may be on an earlier one.
    while (row > 0 && table.addresses[row - 1] === entry && !(table.flags[row - 1]! & ROW.endSequence)) row--;
    for (; !(table.flags[row]! & ROW.endSequence) && table.addresses[row]! < end; row++)
      if (wanted(table, row)) return table.addresses[row];
    return undefined;
  }

  private header(unit: Unit): LineHeader | undefined {
    if (this.headers.has(unit)) return this.headers.get(unit);
    const header = this.info.sections.guard(`lines of the unit at 0x${unit.start.toString(16)} are missing`, undefined, () => {
      const { stmtList } = unit.root;
      return stmtList === undefined ? undefined : readLineHeader(this.info, unit, stmtList);
    });
    this.headers.set(unit, header);
    return header;
  }

  /** Units may share a table (type units do): it is kept by where its program starts. */
  private table(unit: Unit): LineTable | undefined {
    const header = this.header(unit);
    if (!header) return undefined;
    let table = this.tables.get(header.program);
    if (!table) this.tables.set(header.program, (table = readLineTable(this.info, header)));
    return table;
  }
}
