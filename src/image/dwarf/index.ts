import { everyIndexOf, utf8 } from '../../host/bytes.js';
import { countLeading } from '../../host/count-leading.js';
import { skipAttributes } from './abbrev.js';
import { DW_AT, DW_TAG } from './constants.js';
import type { Die } from './die.js';
import { shortIntegers } from './type-names.js';
import type { DebugInfo, Unit } from './unit.js';

/** Offsets of the DIEs at a unit's top level (and in its namespaces) that have names or code to look up. */
export interface UnitIndex {
  /** Subprograms with code. */
  readonly functions: readonly number[];
  readonly types: readonly number[];
  /** Variables and constants. */
  readonly variables: readonly number[];
  /** For DIEs inside namespaces, what stands before their name: `a::b::`. */
  readonly prefixes: ReadonlyMap<number, string>;
}

const EMPTY: UnitIndex = { functions: [], types: [], variables: [], prefixes: new Map() };

/** Namespaces nested deeper than this are not looked into. */
const MAX_NAMESPACES = 64;

/** Indexes of units, each made by one pass over the unit when first asked for. */
export class Indexes {
  private readonly cache = new Map<Unit, UnitIndex>();
  /** What was found by name, and what was not: looking for it goes through all bytes. */
  private readonly goNames = { types: new Map<string, number | undefined>(), variables: new Map<string, number | undefined>() };

  constructor(private readonly info: DebugInfo) {}

  of(unit: Unit): UnitIndex {
    let index = this.cache.get(unit);
    if (!index) {
      const cost = `what the unit at 0x${unit.start.toString(16)} describes is missing`;
      index = this.info.sections.guard(cost, EMPTY, () => this.scan(unit));
      this.cache.set(unit, index);
    }
    return index;
  }

  /**
   * Offset of the first DIE of a Go program that bears the name. The name itself is looked for in the bytes, so only units that have it
   * somewhere are scanned. Undefined: there is none, or the program is not all Go.
   */
  goNamed(name: string, list: 'types' | 'variables'): number | undefined {
    if (!this.info.allGo) return undefined;
    const known = this.goNames[list];
    if (!known.has(name)) known.set(name, this.lookFor(name, list));
    return known.get(name);
  }

  private lookFor(name: string, list: 'types' | 'variables'): number | undefined {
    const { info } = this;
    for (const at of everyIndexOf(info.bytes, utf8(`${name}\0`))) {
      const unit = info.unitAt(at);
      const offset = unit && lastBelow(this.of(unit)[list], at);
      // The name is the first attribute, behind the abbreviation code.
      if (offset === undefined || at - offset > 5) continue;
      if (info.sections.guard('that name is not looked at', false, () => info.die(unit!, offset).nameAt === at)) return offset;
    }
    return undefined;
  }

  private scan(unit: Unit): UnitIndex {
    const functions: number[] = [];
    const types: number[] = [];
    const variables: number[] = [];
    const prefixes = new Map<number, string>();
    const info = this.info;
    const { bytes } = info;
    const { end } = unit;
    const table = unit.abbrevs;
    const root = unit.root.die;
    const namespaces: string[] = [];
    if (!root.abbrev.children) return EMPTY;
    const result = { functions, types, variables, prefixes };
    let at = root.end;
    while (at < end) {
      const offset = at;
      let code = bytes[at++]!;
      if (code >= 0x80) {
        const reader = info.reader(offset, end);
        code = reader.uleb();
        at = reader.offset;
      }
      if (code === 0) {
        if (namespaces.pop() === undefined) return result;
        continue;
      }
      const abbrev = table.get(code);
      if (!abbrev) {
        info.sections.problem(`.debug_info: no abbreviation ${code} (at 0x${offset.toString(16)}): the rest of that unit is missing`);
        return result;
      }
      if (abbrev.indexed === 'function') functions.push(offset);
      else if (abbrev.indexed === 'type') types.push(offset);
      else if (abbrev.indexed === 'variable') variables.push(offset);
      if (namespaces.length > 0) prefixes.set(offset, namespaces[namespaces.length - 1]!);
      if (!abbrev.children) at = skipAttributes(bytes, at, abbrev, unit);
      else if (abbrev.tag === DW_TAG.namespace && namespaces.length < MAX_NAMESPACES) {
        const die = info.die(unit, offset);
        const outer = namespaces[namespaces.length - 1] ?? '';
        namespaces.push(`${outer}${die.string(DW_AT.name) ?? '(anonymous namespace)'}::`);
        at = die.end;
      } else if (abbrev.hasSibling) at = info.behind(info.die(unit, offset));
      else at = info.skipChildren(unit, skipAttributes(bytes, at, abbrev, unit));
    }
    return result;
  }
}

/** The last of ascending numbers that is below a limit. */
function lastBelow(numbers: readonly number[], limit: number): number | undefined {
  return numbers[countLeading(numbers.length, index => numbers[index]! < limit) - 1];
}

/** How deep a chain of DW_AT_abstract_origin and DW_AT_specification is followed. */
const MAX_ORIGINS = 8;

/** The DIE and those it completes, nearest first: attributes that one lacks stand in the next (DWARF 5, 2.13.2 and 3.3.8). @throws FormatError */
export function origins(die: Die): Die[] {
  const chain = [die];
  for (let current = die; chain.length < MAX_ORIGINS; ) {
    const next = current.reference(DW_AT.abstract_origin) ?? current.reference(DW_AT.specification);
    if (next === undefined) break;
    current = current.unit.info.dieAt(next);
    chain.push(current);
  }
  return chain;
}

/** What the first DIE of a chain that knows it says. */
export function firstOf<T>(chain: readonly Die[], read: (die: Die) => T | undefined): T | undefined {
  for (const die of chain) {
    const value = read(die);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Name of a DIE as its source spells it; in C++ with its namespaces and classes in front. @throws FormatError */
export function sourceName(chain: readonly Die[]): string | undefined {
  for (const die of chain) {
    const name = die.string(DW_AT.name);
    if (name === undefined) continue;
    return die.unit.isCPlusPlus ? shortIntegers(`${qualifier(die)}${name}`) : name;
  }
  return undefined;
}

const QUALIFIERS: ReadonlySet<number> = new Set([DW_TAG.namespace, DW_TAG.class_type, DW_TAG.structure_type, DW_TAG.union_type]);

/** `a::B::` for a DIE inside namespace a and class B. */
function qualifier(die: Die): string {
  let result = '';
  let parent = die.unit.root.die;
  for (let depth = 0; depth < MAX_NAMESPACES; depth++) {
    let inside: Die | undefined;
    for (const child of parent.children()) {
      if (child.offset >= die.offset) break;
      inside = child;
    }
    if (!inside?.abbrev.children || die.unit.info.behind(inside) <= die.offset) break;
    if (QUALIFIERS.has(inside.tag)) result += `${inside.string(DW_AT.name) ?? '(anonymous)'}::`;
    parent = inside;
  }
  return result;
}
