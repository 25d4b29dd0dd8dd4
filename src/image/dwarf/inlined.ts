import type { ByteReader } from '../bytes.js';
import { skipAttributes } from './abbrev.js';
import { DW_AT, DW_TAG } from './constants.js';
import { origins, sourceName } from './index.js';
import { rangesOf } from './ranges.js';
import type { DebugInfo, Unit } from './unit.js';

/** Inlined copies of functions, by the function's name. The first question costs one pass over all DIEs. */
export class InlinedCopies {
  private copies: Map<string, number[]> | undefined;

  constructor(private readonly info: DebugInfo) {}

  names(): Iterable<string> {
    return this.byName().keys();
  }

  /** Where the copies are entered, as linked. */
  entries(name: string): number[] {
    return (this.byName().get(name) ?? []).flatMap(
      offset => this.info.sections.guard('that inlined copy is missing', undefined, () => this.entryOf(offset)) ?? [],
    );
  }

  private entryOf(offset: number): number | undefined {
    const die = this.info.dieAt(offset);
    const first = die.address(DW_AT.low_pc) ?? rangesOf(die)[0];
    const entry = die.address(DW_AT.entry_pc) ?? first;
    // Bodies that are nowhere in the code have no addresses, those of functions that the linker dropped 0 or a tombstone.
    return entry === undefined || entry === 0 || entry >= 2 ** 53 ? undefined : entry;
  }

  private byName(): Map<string, number[]> {
    if (this.copies) return this.copies;
    const byOrigin = new Map<number, number[]>();
    for (const unit of this.info.units) {
      this.info.sections.guard('inlined copies of that unit are missing', undefined, () => this.scan(unit, byOrigin));
    }
    this.copies = new Map();
    for (const [origin, offsets] of byOrigin) {
      const name = this.info.sections.guard('that inlined function has no name', undefined, () =>
        sourceName(origins(this.info.dieAt(origin))),
      );
      if (name === undefined) continue;
      const known = this.copies.get(name);
      if (known) known.push(...offsets);
      else this.copies.set(name, offsets);
    }
    return this.copies;
  }

  /** Adds the unit's inlined copies, at any depth, to those of the functions that they are copies of. @throws FormatError */
  private scan(unit: Unit, byOrigin: Map<number, number[]>): void {
    const { info } = this;
    const { bytes } = info;
    const root = unit.root.die;
    if (!root.abbrev.children) return;
    for (let at = root.end, depth = 1; depth > 0 && at < unit.end; ) {
      const offset = at;
      const reader: ByteReader = info.reader(at, unit.end);
      const code = reader.uleb();
      at = reader.offset;
      if (code === 0) {
        depth--;
        continue;
      }
      const abbrev = unit.abbrevs.get(code);
      if (!abbrev) reader.fail(`no abbreviation ${code}`);
      if (abbrev.tag === DW_TAG.inlined_subroutine) {
        const origin = info.die(unit, offset).reference(DW_AT.abstract_origin);
        const known = origin === undefined ? undefined : byOrigin.get(origin);
        if (known) known.push(offset);
        else if (origin !== undefined) byOrigin.set(origin, [offset]);
      }
      at = skipAttributes(bytes, at, abbrev, unit);
      if (abbrev.children) depth++;
    }
  }
}
