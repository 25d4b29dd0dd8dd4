/** What callers say of the arguments of their calls (DW_TAG_call_site, DWARF 5, 3.4; before that, GNU's tags of the same meaning). */
import { DW_AT, DW_TAG } from './constants.js';
import type { Die } from './die.js';
import type { DwarfFunction } from './functions.js';
import type { DebugInfo } from './unit.js';

/** Bodies nested deeper than this are not looked into. */
const MAX_DEPTH = 200;

export class CallSites {
  /** By function: the entries of its calls by the (linked) address behind them. */
  private readonly cache = new Map<number, ReadonlyMap<number, Die>>();

  constructor(private readonly info: DebugInfo) {}

  /** The expression, over the caller's frame, for what was in a place when the call was made; undefined: the caller does not say. */
  valueAt(f: DwarfFunction, returnAddress: number, place: Uint8Array): Uint8Array | undefined {
    return this.info.sections.guard(`what ${f.name} passes to its callees is not known`, undefined, () => {
      for (const child of this.of(f).get(returnAddress)?.children() ?? []) {
        if (child.tag !== DW_TAG.call_site_parameter && child.tag !== DW_TAG.GNU_call_site_parameter) continue;
        if (sameBytes(child.block(DW_AT.location), place)) return child.block(DW_AT.call_value) ?? child.block(DW_AT.GNU_call_site_value);
      }
      return undefined;
    });
  }

  private of(f: DwarfFunction): ReadonlyMap<number, Die> {
    const known = this.cache.get(f.die);
    if (known !== undefined) return known;
    const sites = new Map<number, Die>();
    const look = (die: Die, depth: number): void => {
      for (const child of die.children()) {
        if (child.tag === DW_TAG.call_site || child.tag === DW_TAG.GNU_call_site) {
          const behind = child.address(DW_AT.call_return_pc) ?? child.address(DW_AT.low_pc);
          // A tail call leaves nothing to return to.
          if (behind !== undefined && !child.has(DW_AT.call_tail_call) && !child.has(DW_AT.GNU_tail_call)) sites.set(behind, child);
        } else if (depth < MAX_DEPTH && child.tag !== DW_TAG.subprogram) look(child, depth + 1);
      }
    };
    look(this.info.die(f.unit, f.die), 0);
    this.cache.set(f.die, sites);
    return sites;
  }
}

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index]);
