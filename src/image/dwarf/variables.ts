import type { ExpressionLookup, Location, Variable } from '../api.js';
import { capturedSlots } from '../go/captured.js';
import { DICTIONARY, dictionaryParameter } from '../go/generics.js';
import { DW_AT, DW_ATE, DW_TAG } from './constants.js';
import type { Die } from './die.js';
import type { DwarfFunction } from './functions.js';
import { firstOf, type Indexes, origins, sourceName } from './index.js';
import { expressionAt } from './ranges.js';
import { covers, type Scope } from './scopes.js';
import type { Types } from './types.js';
import type { DebugInfo, Unit } from './unit.js';

const DW_OP = {
  deref: 0x06,
  addr: 0x03,
  reg0: 0x50,
  breg0: 0x70,
  regx: 0x90,
  fbreg: 0x91,
  bregx: 0x92,
  piece: 0x93,
  bit_piece: 0x9d,
  stack_value: 0x9f,
} as const;

/** Where a frame stands in its source: what is declared on a later line is not in force yet. */
export interface Position {
  readonly pc: number;
  readonly line: number | undefined;
}

/** Name of a file number in a unit's line table. */
export type FileName = (unit: Unit, index: number) => string | undefined;

/** Names that may be looked for in vain before an index is made. */
const MAX_MISSES = 32;

/** Optimising, Go describes a result twice that a deferred function captures; which registers the others come in depends on their number. */
function dropRepeated(found: Variable[]): void {
  for (let at = found.length - 1; at > 0; at--) {
    const { name, role, location } = found[at]!;
    const before = role === 'result' && name !== '_' ? found.findIndex(each => each.role === role && each.name === name) : at;
    if (before < at) found.splice(location !== undefined && found[before]!.location === undefined ? before : at, 1);
  }
}

/** Variables: those of scopes, and globals. */
export class Variables {
  private readonly lookups = new Map<Unit, ExpressionLookup>();
  private readonly captured = new Map<number, ReadonlyMap<number, number>>();
  /** What functions with closures declare. */
  private readonly declared = new Map<string, ReadonlySet<string>>();
  private names: Map<string, number> | undefined;
  private misses = 0;

  constructor(
    private readonly info: DebugInfo,
    private readonly indexes: Indexes,
    private readonly types: Types,
    private readonly fileName: FileName,
  ) {}

  /** Parameters, results, locals and constants in force in one body, in declaration order; those of inner blocks come later. */
  inScope(f: DwarfFunction, body: Scope, position: Position): Variable[] {
    const { sections } = this.info;
    const found: Variable[] = [];
    const mentioned = new Set<number>();
    const frameBase = sections.guard(`the frame base of ${f.name} is not known`, undefined, () =>
      expressionAt(this.info.die(f.unit, f.die), DW_AT.frame_base, position.pc),
    );
    const walk = (scope: Scope) => {
      for (const offset of scope.variables) {
        sections.guard('that variable is missing', undefined, () => {
          const chain = origins(this.info.die(f.unit, offset));
          for (const die of chain) mentioned.add(die.offset);
          const variable = this.local(f, chain, position, frameBase);
          if (variable) found.push(variable);
        });
      }
      for (const child of scope.children) if (child.kind === 'block' && covers(child, position.pc)) walk(child);
    };
    walk(body);
    sections.guard('variables that were optimised away are not listed', undefined, () =>
      this.addAbsent(f, body, position, mentioned, found),
    );
    if (f.unit.isGo && body.die === f.die) {
      dropRepeated(found);
      this.addDictionary(f.name, found);
    }
    return found.some(each => each.closureOffset !== undefined) ? capturedFirst(found) : found;
  }

  /** A generic function gets its dictionary behind the receiver also when it has no use for it, and debug information forgets it. */
  private addDictionary(name: string, found: Variable[]): void {
    const at = dictionaryParameter(name);
    if (at === undefined || found.some(each => each.name === DICTIONARY)) return;
    // Its name is searched for in all debug information, which takes longer than the rest.
    const type = this.types.named('uintptr');
    if (type === undefined) return;
    found.splice(at, 0, { name: DICTIONARY, type, role: 'param', location: undefined });
  }

  globalNamed(name: string): Variable | undefined {
    const quick = this.names ? undefined : this.indexes.goNamed(name, 'variables');
    // One search through the bytes is cheaper than an index; many are not.
    const offset = quick ?? (!this.names && this.info.allGo && ++this.misses < MAX_MISSES ? undefined : this.readNames().get(name));
    const unit = offset === undefined ? undefined : this.info.unitAt(offset);
    return unit && this.global(unit, offset!);
  }

  private readNames(): Map<string, number> {
    if (this.names) return this.names;
    this.names = new Map();
    for (const [unit, offset] of this.globalDies()) {
      const read = () => sourceName(origins(this.info.die(unit, offset)));
      const name = this.info.sections.guard('that variable is missing', undefined, read);
      if (name !== undefined && !this.names.has(name)) this.names.set(name, offset);
    }
    return this.names;
  }

  *globals(): Generator<Variable> {
    for (const [unit, offset] of this.globalDies()) {
      const variable = this.global(unit, offset);
      if (variable) yield variable;
    }
  }

  private *globalDies(): Generator<[Unit, number]> {
    for (const unit of this.info.units) for (const offset of this.indexes.of(unit).variables) yield [unit, offset];
  }

  private global(unit: Unit, offset: number): Variable | undefined {
    return this.info.sections.guard('that variable is missing', undefined, () => {
      const chain = origins(this.info.die(unit, offset));
      return this.variable(unit, chain, chain[0]!.tag === DW_TAG.constant ? 'constant' : 'global', undefined, undefined, undefined);
    });
  }

  private local(f: DwarfFunction, chain: readonly Die[], position: Position, frameBase: Uint8Array | undefined): Variable | undefined {
    const { tag } = chain[0]!;
    if (tag === DW_TAG.formal_parameter) {
      const result = f.unit.isGo && chain.some(die => die.flag(DW_AT.variable_parameter));
      return this.variable(f.unit, chain, result ? 'result' : 'param', position.pc, frameBase, undefined);
    }
    // A Go local lives from behind its declaration; the compiler's location lists often start earlier, with another's value. What a closure
    // captured is there from its first instruction, whatever line the compiler gives it.
    const closureOffset = this.closureOffset(f, chain);
    if (f.unit.isGo && closureOffset === undefined && position.line !== undefined) {
      const line = firstOf(chain, die => die.number(DW_AT.decl_line));
      if (line !== undefined && line >= position.line && !this.isOuters(f, chain)) return undefined;
    }
    return this.variable(f.unit, chain, tag === DW_TAG.constant ? 'constant' : 'local', position.pc, frameBase, closureOffset);
  }

  /**
   * Whether a closure's variable is one of the function around it: Go before 1.24 gives what was captured the line of its first use. Told by name and
   * type.
   */
  private isOuters(f: DwarfFunction, chain: readonly Die[]): boolean {
    const around = f.name.replace(/\.(?:func\d+|\d+)$/, '');
    if (around === f.name) return false;
    let known = this.declared.get(around);
    if (known === undefined) {
      known = this.info.sections.guard('what a closure has captured is not known', new Set(), () => this.declaredIn(f.unit, around));
      this.declared.set(around, known);
    }
    return known.has(keyOf(chain));
  }

  private declaredIn(unit: Unit, name: string): Set<string> {
    const found = new Set<string>();
    const walk = (die: Die): void => {
      for (const child of die.children()) {
        if (child.tag === DW_TAG.lexical_block) walk(child);
        if (child.tag === DW_TAG.formal_parameter || child.tag === DW_TAG.variable) found.add(keyOf(origins(child)));
      }
    };
    const offset = this.indexes.of(unit).functions.find(each => sourceName(origins(this.info.die(unit, each))) === name);
    if (offset !== undefined) walk(this.info.die(unit, offset));
    return found;
  }

  private closureOffset(f: DwarfFunction, chain: readonly Die[]): number | undefined {
    const told = firstOf(chain, die => die.number(DW_AT.go_closure_offset));
    if (told !== undefined || !f.unit.isGo || !CLOSURE.test(f.name)) return told;
    const located = chain.find(die => die.has(DW_AT.location));
    const slot = located && frameSlot(expressionAt(located, DW_AT.location, f.entry));
    if (slot === undefined) return undefined;
    let slots = this.captured.get(f.entry);
    if (!slots) this.captured.set(f.entry, (slots = capturedSlots(this.info.sections.source.code(f.entry, f.end - f.entry))));
    return slots.get(slot);
  }

  /** What the source declares right in the body, and this copy of it has no DIE for: optimised away, but worth a name and a type. */
  private addAbsent(f: DwarfFunction, body: Scope, position: Position, mentioned: Set<number>, found: Variable[]): void {
    const [, abstract] = origins(this.info.die(f.unit, body.die));
    if (!abstract || abstract.has(DW_AT.low_pc)) return;
    for (const child of abstract.children()) {
      if (child.tag !== DW_TAG.formal_parameter && child.tag !== DW_TAG.variable) continue;
      if (mentioned.has(child.offset)) continue;
      const variable = this.local({ ...f, unit: child.unit }, [child], position, undefined);
      if (variable) found.push(variable);
    }
  }

  private variable(
    unit: Unit,
    chain: readonly Die[],
    role: Variable['role'],
    pc: number | undefined,
    frameBase: Uint8Array | undefined,
    closureOffset: number | undefined,
  ): Variable | undefined {
    const name = role === 'global' || role === 'constant' ? sourceName(chain) : firstOf(chain, die => die.string(DW_AT.name));
    if (name === undefined) return undefined;
    const typed = chain.find(die => die.has(DW_AT.type));
    const type = typed ? this.types.of(typed) : this.types.at(undefined);
    const dictIndex = unit.isGo && typed ? this.types.dictIndexOf(typed) : undefined;
    const line = firstOf(chain, die => die.number(DW_AT.decl_line));
    const file = firstOf(chain, die => die.number(DW_AT.decl_file));
    const path = file === undefined ? undefined : this.fileName(unit, file);
    const constant = firstOf(chain, die => die.constant(DW_AT.const_value) ?? die.string(DW_AT.const_value));
    const located = chain.find(die => die.has(DW_AT.location));
    let expression = located && expressionAt(located, DW_AT.location, pc);
    if (expression?.length === 0) expression = undefined;
    // Go moves a variable that escapes to the heap, and describes `&x`, a pointer in the frame.
    const escaped = name.startsWith('&') && type.kind === 'pointer';
    if (escaped && expression) expression = dereferenced(expression);
    return {
      name: escaped ? name.slice(1) : name,
      type: escaped ? type.elem : type,
      role: constant !== undefined && !expression && role === 'local' ? 'constant' : role,
      ...(line !== undefined && path !== undefined && { declaredAt: { file: path, line } }),
      location: expression && this.location(unit, expression, frameBase),
      ...(constant !== undefined && { constant }),
      ...(dictIndex !== undefined && { dictIndex }),
      ...(closureOffset !== undefined && { closureOffset, ...(escaped && { closureIndirect: true as const }) }),
    };
  }

  /** An expression of a unit, for a frame. */
  location(unit: Unit, expression: Uint8Array, frameBase: Uint8Array | undefined): Location {
    const lookup = this.lookup(unit);
    return { expression, unit: unit.index, bias: this.info.sections.source.bias, lookup, ...(frameBase && { frameBase }) };
  }

  private lookup(unit: Unit): ExpressionLookup {
    let lookup = this.lookups.get(unit);
    if (!lookup) this.lookups.set(unit, (lookup = makeLookup(unit)));
    return lookup;
  }
}

function makeLookup(unit: Unit): ExpressionLookup {
  const { info } = unit;
  const guard = <T>(read: () => T | undefined): T | undefined =>
    info.sections.guard('an expression that needs it has no value', undefined, read);
  return {
    address: index => guard(() => BigInt(info.indexedAddress(unit, index))),
    baseType: offset =>
      guard(() => {
        const die = info.dieAt(unit.start + offset);
        const size = die.number(DW_AT.byte_size);
        if (die.tag !== DW_TAG.base_type || size === undefined) return undefined;
        const encoding = die.number(DW_AT.encoding);
        const signed = encoding === DW_ATE.signed || encoding === DW_ATE.signed_char;
        return {
          size,
          encoding: signed ? 'signed' : encoding === DW_ATE.float ? 'float' : encoding === DW_ATE.address ? 'address' : 'unsigned',
        };
      }),
    threadOffset: offset => {
      const size = info.sections.source.threadBlock();
      return size === undefined ? undefined : offset - BigInt(size);
    },
    procedure: (offset, global) => guard(() => info.dieAt(global ? offset : unit.start + offset).block(DW_AT.location)),
  };
}

/** What a closure has captured is declared further out than all that is declared in it, in whatever order the compiler names them. */
function capturedFirst(variables: readonly Variable[]): Variable[] {
  const depth = ({ role, closureOffset }: Variable): number =>
    role === 'param' || role === 'result' ? 0 : closureOffset !== undefined ? 1 : 2;
  return [...variables].sort((a, b) => depth(a) - depth(b));
}

/** Names of functions that the compiler makes of function literals, of `go` and `defer`, and of method values. */
/** Name and type; what escapes has a name with a star before it. */
function keyOf(chain: readonly Die[]): string {
  const name = firstOf(chain, die => die.string(DW_AT.name))?.replace(/^&/, '');
  return `${name} ${firstOf(chain, die => die.reference(DW_AT.type))}`;
}

const CLOSURE = /\.(?:func|gowrap)\d+|-fm$/;

/** The offset of a frame's slot from its CFA; undefined: the expression is none of those that Go has for it. */
function frameSlot(expression: Uint8Array | undefined): number | undefined {
  if (expression?.[0] !== DW_OP.fbreg) return undefined;
  let offset = 0;
  let shift = 0;
  for (const [index, byte] of expression.subarray(1).entries()) {
    offset |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return index + 2 === expression.length ? (offset << (32 - shift)) >> (32 - shift) : undefined;
  }
  return undefined;
}

/** The expression for what a pointer at `expression` points to; undefined when that is in pieces. */
function dereferenced(expression: Uint8Array): Uint8Array | undefined {
  const opcode = expression[0]!;
  // A register location becomes the address that the register holds.
  if (expression.length === 1 && opcode >= DW_OP.reg0 && opcode < DW_OP.reg0 + 32)
    return Uint8Array.of(opcode - DW_OP.reg0 + DW_OP.breg0, 0);
  if (opcode === DW_OP.regx) return Uint8Array.of(DW_OP.bregx, ...expression.subarray(1), 0);
  const tail = expression[expression.length - 1]!;
  const pieces = expression.length >= 2 && expression[expression.length - 2] === DW_OP.piece;
  if (pieces || tail === DW_OP.stack_value) return undefined;
  return Uint8Array.of(...expression, DW_OP.deref);
}
