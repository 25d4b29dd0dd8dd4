import { DW_AT, DW_TAG } from './constants.js';
import type { Die } from './die.js';
import { sourceName } from './index.js';
import { shortIntegers } from './type-names.js';

/** How deep a declarator may nest. */
const MAX_DEPTH = 40;

const QUALIFIERS: ReadonlyMap<number, string> = new Map([
  [DW_TAG.const_type, 'const'],
  [DW_TAG.volatile_type, 'volatile'],
  [DW_TAG.restrict_type, 'restrict'],
  [DW_TAG.atomic_type, '_Atomic'],
]);

const POINTERS: ReadonlyMap<number, string> = new Map([
  [DW_TAG.pointer_type, '*'],
  [DW_TAG.reference_type, '&'],
  [DW_TAG.rvalue_reference_type, '&&'],
]);

const TAG_WORDS: ReadonlyMap<number, string> = new Map([
  [DW_TAG.structure_type, 'struct'],
  [DW_TAG.class_type, 'class'],
  [DW_TAG.union_type, 'union'],
  [DW_TAG.enumeration_type, 'enum'],
]);

/** The type as C or C++ writes it without a declared name: `const char *`, `int (*)(int, char *)`, `struct point [3]`. @throws FormatError */
export function cTypeName(die: Die): string {
  return spell(die, '', 0);
}

function targetOf(die: Die): Die | undefined {
  const offset = die.reference(DW_AT.type);
  return offset === undefined ? undefined : die.unit.info.dieAt(offset);
}

/** Builds inside out: `declarator` is what stands where a declared name would. */
function spell(start: Die | undefined, declarator: string, depth: number): string {
  if (depth > MAX_DEPTH) return `...${declarator}`;
  const qualifiers = new Set<string>();
  let die = start;
  for (let i = 0; die && QUALIFIERS.has(die.tag); i++) {
    if (i > MAX_DEPTH) return '...';
    qualifiers.add(QUALIFIERS.get(die.tag)!);
    die = targetOf(die);
  }
  const words = [...QUALIFIERS.values()].filter(word => qualifiers.has(word));
  const pointer = die && POINTERS.get(die.tag);
  if (die && pointer) {
    const target = targetOf(die);
    const own = words.length > 0 ? `${pointer} ${words.join(' ')}${declarator === '' ? '' : ' '}${declarator}` : `${pointer}${declarator}`;
    const grouped = target && (target.tag === DW_TAG.array_type || target.tag === DW_TAG.subroutine_type);
    return spell(target, grouped ? `(${own})` : own, depth + 1);
  }
  if (die?.tag === DW_TAG.ptr_to_member_type) {
    const owner = die.reference(DW_AT.containing_type);
    return spell(targetOf(die), `${owner === undefined ? '' : plainName(die.unit.info.dieAt(owner))}::*${declarator}`, depth + 1);
  }
  if (die?.tag === DW_TAG.array_type) return spell(targetOf(die), `${declarator}${dimensions(die)}`, depth + 1);
  if (die?.tag === DW_TAG.subroutine_type) return spell(targetOf(die), `${declarator}(${parameters(die, depth)})`, depth + 1);
  const base = [...words, die ? plainName(die) : 'void'].join(' ');
  return declarator === '' ? base : `${base} ${declarator}`;
}

function dimensions(die: Die): string {
  let result = '';
  for (const child of die.children()) {
    if (child.tag !== DW_TAG.subrange_type) continue;
    const upper = child.number(DW_AT.upper_bound);
    const count = child.number(DW_AT.count) ?? (upper === undefined || upper >= 0xffff_ffff ? undefined : upper + 1);
    result += `[${count ?? ''}]`;
  }
  return result;
}

function parameters(die: Die, depth: number): string {
  const names: string[] = [];
  for (const child of die.children()) {
    if (child.tag === DW_TAG.formal_parameter && !child.flag(DW_AT.artificial)) names.push(spell(targetOf(child), '', depth + 1));
    else if (child.tag === DW_TAG.unspecified_parameters) names.push('...');
  }
  return names.length === 0 && die.flag(DW_AT.prototyped) ? 'void' : names.join(', ');
}

function plainName(die: Die): string {
  const word = die.unit.isCPlusPlus ? undefined : TAG_WORDS.get(die.tag);
  const name = die.tag === DW_TAG.base_type ? shortIntegers(die.string(DW_AT.name) ?? 'void') : sourceName([die]);
  if (name === undefined) return TAG_WORDS.has(die.tag) ? `${TAG_WORDS.get(die.tag)} {...}` : 'void';
  return word ? `${word} ${name}` : name;
}
