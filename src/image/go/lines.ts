/** Source lines to addresses by gopclntab, for Go programs without a DWARF line table. */
import type { SourceLine } from '../api.js';
import type { PclnFunc, Pclntab } from './pclntab.js';

/** True when `wanted` is the path or ends it at a slash: `proc.go` and `runtime/proc.go` of `/usr/go/src/runtime/proc.go`. */
function isPathSuffix(path: string, wanted: string): boolean {
  return path === wanted || (path.endsWith(wanted) && path[path.length - wanted.length - 1] === '/');
}

interface Position {
  readonly pc: number;
  readonly end: number;
  /** pcfile value; -1 where the table has none. */
  readonly file: number;
  readonly line: number;
}

export class GoLines {
  constructor(private readonly table: Pclntab) {}

  /** The ranges of one position each, both tables walked side by side. */
  private *positions(func: PclnFunc): Generator<Position> {
    if (!func.pcfile || !func.pcln) return;
    const files = this.table.rows(func, func.pcfile).values();
    let file = files.next();
    for (const { start, end, value: line } of this.table.rows(func, func.pcln)) {
      let pc = start;
      while (pc < end && !file.done) {
        const until = Math.min(end, file.value.end);
        if (until > pc) yield { pc, end: until, file: file.value.value, line };
        pc = Math.max(pc, until);
        if (file.value.end <= pc) file = files.next();
      }
    }
  }

  /** The lowest address of each contiguous run of the line's instructions that begins a function's or an inlined copy's share of it. */
  addressesOf(file: string, line: number): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.table.count; index++) {
      const func = this.table.func(index);
      if (!func.pcfile || !this.usesFile(func, file)) continue;
      const lowest = new Map<string, number>();
      for (const position of this.positions(func)) {
        if (position.line !== line || position.file < 0 || !isPathSuffix(this.table.fileName(func, position.file) ?? '', file)) continue;
        // Each inlined copy is a place of its own: which calls lead to it tells the copies apart.
        const copy = this.table
          .inlinedAt(func, position.pc)
          .map(call => `${call.name}:${call.call?.line}`)
          .join('/');
        if (!lowest.has(copy)) lowest.set(copy, position.pc);
      }
      found.push(...lowest.values());
    }
    return found.sort((a, b) => a - b);
  }

  private usesFile(func: PclnFunc, file: string): boolean {
    for (const { value } of this.table.rows(func, func.pcfile))
      if (value >= 0 && isPathSuffix(this.table.fileName(func, value) ?? '', file)) return true;
    return false;
  }

  /** Where a new position starts in [start, end). */
  statementsIn(start: number, end: number): ({ pc: number } & SourceLine)[] {
    const found: ({ pc: number } & SourceLine)[] = [];
    const first = this.table.find(start) ?? this.table.find(end - 1);
    if (first === undefined) return found;
    for (let index = first; index < this.table.count && this.table.entryOf(index) < end; index++) {
      const func = this.table.func(index);
      let last: Position | undefined;
      for (const position of this.positions(func)) {
        if (position.pc >= end) break;
        const repeats = last !== undefined && last.file === position.file && last.line === position.line;
        last = position;
        if (repeats || position.pc < start || position.file < 0 || position.line <= 0) continue;
        const file = this.table.fileName(func, position.file);
        if (file !== undefined) found.push({ pc: position.pc, file, line: position.line });
      }
    }
    return found;
  }
}
