import { KINDS, type Kind } from '../../abi/kind.js';
import type { Field, Type } from '../api.js';
import { FormatError } from '../bytes.js';
import { cTypeName } from './c-names.js';
import { DW_AT, DW_ATE, DW_TAG, GO_KIND } from './constants.js';
import type { Die } from './die.js';
import type { Indexes } from './index.js';
import { bitField, memberOffset } from './members.js';
import { arrayTypeName, parseTypeName, shortIntegers, splitFunc, VOID } from './type-names.js';
import type { DebugInfo, Unit } from './unit.js';

/** How deep types may lie in each other, each being made while the one around it is. */
const MOST_NESTED = 500;

/** Types by DIE, by name and by runtime type. Each becomes an object once, when asked for; what it refers to follows on use. */
export class Types {
  private readonly cache = new Map<number, Type>();
  private readonly building = new Set<number>();
  private names: Map<string, number> | undefined;
  private base: number | undefined;
  private shortNames: Map<string, string> | undefined;
  private runtimeTypes: Map<number, number> | undefined;

  constructor(
    private readonly info: DebugInfo,
    private readonly indexes: Indexes,
  ) {}

  /** Link address of runtime.types; 0 when it is not known. */
  private get runtimeBase(): number {
    return (this.base ??= this.info.sections.source.goTypes() ?? 0);
  }

  /** The type at a DIE offset; `void` for none, for a corrupt one, and for one that contains itself. */
  at(offset: number | undefined): Type {
    if (offset === undefined) return VOID;
    const cached = this.cache.get(offset);
    if (cached) return cached;
    if (this.building.has(offset)) return VOID;
    this.building.add(offset);
    const type = this.info.sections.guard('that type is shown as void', VOID, () => {
      if (this.building.size > MOST_NESTED) throw new FormatError(`types that lie more than ${MOST_NESTED} deep in each other`);
      return this.build(this.info.dieAt(offset));
    });
    this.building.delete(offset);
    this.cache.set(offset, type);
    return type;
  }

  /** The type that a DIE's DW_AT_type names. */
  of(die: Die): Type {
    return this.at(this.info.sections.guard('that type is shown as void', undefined, () => die.reference(DW_AT.type)));
  }

  /** In generic code of Go: the dictionary's word for the type that a DIE's DW_AT_type names; undefined: it is no type argument's. */
  dictIndexOf(die: Die): number | undefined {
    const target = die.reference(DW_AT.type);
    return target === undefined ? undefined : this.info.dieAt(target).number(DW_AT.go_dict_index);
  }

  /** By name as users write it; see `parseTypeName`. */
  named(text: string): Type | undefined {
    return parseTypeName(text, name => this.find(name));
  }

  namesInOrder(): Iterable<string> {
    return this.readNames().keys();
  }

  /** The type whose DW_AT_go_runtime_type is this link address. */
  ofRuntimeType(address: number): Type | undefined {
    this.runtimeTypes ??= this.readRuntimeTypes();
    const base = this.runtimeBase;
    const offset = this.runtimeTypes.get(address - base) ?? this.runtimeTypes.get(address);
    return offset === undefined ? undefined : this.at(offset);
  }

  private find(name: string): Type | undefined {
    const offset = this.names
      ? this.names.get(name)
      : (this.indexes.goNamed(name, 'types') ?? (this.info.allGo ? undefined : this.readNames().get(name)));
    if (offset !== undefined) return this.at(offset);
    // `atomic.Int32` for `sync/atomic.Int32`: the package's last path element, as sources write it.
    if (!/^\w+\.\w/.test(name)) return undefined;
    const names = this.readNames();
    if (!this.shortNames) {
      this.shortNames = new Map();
      for (const full of names.keys()) {
        const short = /^[\w./~-]+\/([\w~-]+\.\w.*)$/.exec(full)?.[1];
        if (short === undefined) continue;
        const other = this.shortNames.get(short);
        if (other === undefined || (/(^|\/)internal\//.test(other) && !/(^|\/)internal\//.test(full))) this.shortNames.set(short, full);
      }
    }
    const full = this.shortNames.get(name);
    return full === undefined ? undefined : this.at(names.get(full));
  }

  private readNames(): Map<string, number> {
    if (this.names) return this.names;
    this.names = new Map();
    for (const unit of this.info.units) {
      const index = this.indexes.of(unit);
      for (const offset of index.types) {
        const name = this.info.sections.guard('that type is missing', undefined, () =>
          this.fullName(unit, offset, index.prefixes.get(offset)),
        );
        if (name !== undefined && !this.names.has(name)) this.names.set(name, offset);
      }
    }
    return this.names;
  }

  /** What a type is looked up by; undefined for a declaration of what is elsewhere. */
  private fullName(unit: Unit, offset: number, prefix = ''): string | undefined {
    const die = this.info.die(unit, offset);
    const name = die.string(DW_AT.name);
    if (name === undefined || die.flag(DW_AT.declaration)) return undefined;
    return unit.isGo ? name : shortIntegers(`${tagPrefix(die)}${prefix}${name}`);
  }

  private readRuntimeTypes(): Map<number, number> {
    const map = new Map<number, number>();
    for (const unit of this.info.units) {
      this.info.sections.guard('runtime types of that unit are missing from there on', undefined, () => {
        if (!unit.isGo) return;
        for (const offset of this.indexes.of(unit).types) {
          const die = this.info.die(unit, offset);
          const value = die.address(DW_AT.go_runtime_type);
          if (value !== undefined && value !== 0 && !map.has(value)) map.set(value, offset);
        }
      });
    }
    return map;
  }

  private build(die: Die): Type {
    const goKind = die.number(DW_AT.go_kind);
    return goKind === undefined && !die.unit.isGo ? this.buildC(die) : this.buildGo(die, goKind ?? 0);
  }

  private runtimeType(die: Die): { runtimeType?: bigint } {
    const value = die.address(DW_AT.go_runtime_type);
    if (!value) return {};
    // Values are offsets from runtime.types; before Go 1.15 they were addresses.
    const base = this.runtimeBase;
    return { runtimeType: BigInt(value < base ? base + value : value) + this.info.sections.source.bias };
  }

  private buildGo(die: Die, kind: number): Type {
    const types = this;
    const name = die.string(DW_AT.name) ?? '';
    const target = die.reference(DW_AT.type);
    const goKind = KINDS[kind];
    const base = { name, size: die.number(DW_AT.byte_size) ?? 8, ...this.runtimeType(die), ...(kind !== 0 && goKind && { goKind }) };
    switch (die.tag) {
      case DW_TAG.base_type:
        return { ...base, kind: baseKind(die) };
      case DW_TAG.pointer_type:
        // A shape stands for pointers to all types, though DWARF lets it point to bytes.
        if (target === undefined || name.startsWith('go.shape.*')) return { ...base, kind: 'unsafe-pointer' };
        return {
          ...base,
          kind: 'pointer',
          get elem() {
            return types.at(target);
          },
        };
      case DW_TAG.subroutine_type:
        return this.goFunc(die, base);
      case DW_TAG.array_type:
        return this.array(die, base);
      case DW_TAG.structure_type:
        if (kind === GO_KIND.string) return { ...base, kind: 'string' };
        if (kind === GO_KIND.slice) {
          const elem = die.reference(DW_AT.go_elem);
          return {
            ...base,
            kind: 'slice',
            get elem() {
              return types.at(elem);
            },
          };
        }
        return this.struct(die, base, 'struct');
      case DW_TAG.typedef:
        return this.goTypedef(die, kind, base);
      case DW_TAG.unspecified_type:
        return { ...base, kind: 'void', size: 0 };
    }
    return this.buildC(die);
  }

  /** Maps, channels and interfaces are typedefs of what represents them; any other typedef only repeats its type's name. */
  private goTypedef(die: Die, kind: number, base: { name: string; runtimeType?: bigint; goKind?: Kind }): Type {
    const types = this;
    const target = die.reference(DW_AT.type);
    const elem = die.reference(DW_AT.go_elem);
    const key = die.reference(DW_AT.go_key);
    const pointee = () => {
      const pointer = types.at(target);
      return pointer.kind === 'pointer' ? pointer.elem : pointer;
    };
    switch (kind) {
      case GO_KIND.map:
        return {
          ...base,
          kind: 'map',
          size: 8,
          get key() {
            return types.at(key);
          },
          get elem() {
            return types.at(elem);
          },
          get hash() {
            return pointee();
          },
        };
      case GO_KIND.chan:
        return {
          ...base,
          kind: 'chan',
          size: 8,
          get elem() {
            return types.at(elem);
          },
          get hchan() {
            return pointee();
          },
        };
      case GO_KIND.interface: {
        const empty = target !== undefined && this.info.dieAt(target).string(DW_AT.name) === 'runtime.eface';
        return { ...base, kind: 'interface', size: 16, empty };
      }
    }
    const type = this.at(target);
    return type.name === base.name || die.has(DW_AT.go_dict_index) ? type : { ...base, kind: 'named', size: type.size, underlying: type };
  }

  /** Parameters and results stand in one list; older linkers don't mark the results, and point to their types instead of naming them. */
  private goFunc(die: Die, base: { name: string; size: number; runtimeType?: bigint }): Type {
    let children: { params: Type[]; results: Type[] } | undefined;
    const read = () => {
      const params: Type[] = [];
      const results: Type[] = [];
      const all: Type[] = [];
      for (const child of die.children()) {
        if (child.tag !== DW_TAG.formal_parameter) continue;
        const type = this.of(child);
        all.push(type);
        (child.flag(DW_AT.variable_parameter) ? results : params).push(type);
      }
      const split = results.length === 0 ? splitFunc(base.name) : undefined;
      if (!split || split.results.length === 0 || all.length <= split.params.length) return { params, results };
      const count = all.length - split.results.length;
      const last = all.slice(count).map((type, i) => (type.kind === 'pointer' && type.name === `*${split.results[i]}` ? type.elem : type));
      return { params: all.slice(0, count), results: last };
    };
    const signature = () => (children ??= this.info.sections.guard('that signature is missing', { params: [], results: [] }, read));
    return {
      ...base,
      kind: 'func',
      size: 8,
      get params() {
        return signature().params;
      },
      get results() {
        return signature().results;
      },
    };
  }

  private buildC(die: Die): Type {
    const types = this;
    const target = die.reference(DW_AT.type);
    const base = { name: cTypeName(die), size: die.number(DW_AT.byte_size) ?? 0 };
    switch (die.tag) {
      case DW_TAG.base_type:
        return { ...base, kind: baseKind(die) };
      case DW_TAG.pointer_type:
      case DW_TAG.reference_type:
      case DW_TAG.rvalue_reference_type:
        return {
          ...base,
          kind: 'pointer',
          size: base.size || 8,
          get elem() {
            return types.at(target);
          },
        };
      case DW_TAG.ptr_to_member_type:
        return { ...base, kind: 'int', size: base.size || 8 };
      case DW_TAG.structure_type:
      case DW_TAG.class_type:
        return this.struct(die, base, 'struct');
      case DW_TAG.union_type:
        return this.struct(die, base, 'union');
      case DW_TAG.array_type:
        return this.array(die, base);
      case DW_TAG.enumeration_type:
        return this.enumeration(die, base, target);
      case DW_TAG.subroutine_type: {
        let children: Type[] | undefined;
        const read = () => [...die.children()].filter(child => child.tag === DW_TAG.formal_parameter).map(child => this.of(child));
        return {
          ...base,
          kind: 'func',
          get params() {
            return (children ??= types.info.sections.guard('that signature is missing', [], read));
          },
          get results() {
            return target === undefined ? [] : [types.at(target)];
          },
        };
      }
      case DW_TAG.typedef:
      case DW_TAG.const_type:
      case DW_TAG.volatile_type:
      case DW_TAG.restrict_type:
      case DW_TAG.atomic_type: {
        const underlying = this.at(target);
        return { ...base, kind: 'named', size: underlying.size, underlying };
      }
    }
    return { ...base, kind: 'void' };
  }

  private struct(die: Die, base: { name: string; size: number }, kind: 'struct' | 'union'): Type {
    if (die.flag(DW_AT.declaration)) {
      const signed = die.reference(DW_AT.signature);
      if (signed !== undefined) return this.at(signed);
      const name = die.string(DW_AT.name);
      const complete = name === undefined ? undefined : this.readNames().get(`${tagPrefix(die)}${name}`);
      if (complete !== undefined && complete !== die.offset) return this.at(complete);
    }
    let fields: Field[] | undefined;
    const read = () => (fields ??= this.info.sections.guard(`fields of ${base.name} are missing`, [], () => this.fields(die)));
    return {
      ...base,
      kind,
      get fields() {
        return read();
      },
    };
  }

  private fields(die: Die): Field[] {
    const fields: Field[] = [];
    const types = this;
    for (const child of die.children()) {
      const inherited = child.tag === DW_TAG.inheritance;
      if (child.tag !== DW_TAG.member && !inherited) continue;
      // Static members of C++ classes live elsewhere.
      if (child.flag(DW_AT.external) || child.flag(DW_AT.declaration)) continue;
      const offset = memberOffset(child);
      if (offset === undefined) continue;
      const target = child.reference(DW_AT.type);
      const bits = child.has(DW_AT.bit_size) ? bitField(child, offset, this.at(target).size) : {};
      fields.push({
        name: child.string(DW_AT.name) ?? (inherited ? this.at(target).name : ''),
        get type() {
          return types.at(target);
        },
        offset,
        embedded: inherited || child.flag(DW_AT.go_embedded_field),
        ...bits,
      });
    }
    return fields;
  }

  private array(die: Die, base: { name: string; size: number; runtimeType?: bigint }): Type {
    const lengths: number[] = [];
    for (const child of die.children()) {
      if (child.tag !== DW_TAG.subrange_type) continue;
      const upper = child.number(DW_AT.upper_bound);
      lengths.push(child.number(DW_AT.count) ?? (upper === undefined || upper >= 0xffff_ffff ? 0 : upper + 1));
    }
    const elem = this.of(die);
    const outer = lengths.shift() ?? 0;
    const suffix = base.name.indexOf('[');
    let inner = elem;
    // C's `int m[3][4]` is one DIE with two bounds: an array of arrays.
    for (let i = lengths.length - 1; i >= 0; i--) {
      const dimensions = lengths.slice(i).map(n => `[${n}]`);
      inner = arrayTypeName(inner, lengths[i]!, suffix < 0 ? dimensions.join('') : `${base.name.slice(0, suffix)}${dimensions.join('')}`);
    }
    return { ...base, kind: 'array', size: die.number(DW_AT.byte_size) ?? inner.size * outer, elem: inner, length: outer };
  }

  private enumeration(die: Die, base: { name: string; size: number }, target: number | undefined): Type {
    const types = this;
    const fallback: Type = { kind: 'uint', name: 'unsigned int', size: base.size };
    let values: Map<bigint, string> | undefined;
    const read = () => {
      const map = new Map<bigint, string>();
      for (const child of die.children()) {
        const value = child.tag === DW_TAG.enumerator ? child.constant(DW_AT.const_value) : undefined;
        if (value !== undefined && !map.has(value)) map.set(value, child.string(DW_AT.name) ?? '');
      }
      return map;
    };
    return {
      ...base,
      kind: 'enum',
      get values() {
        return (values ??= types.info.sections.guard('those values have no names', new Map(), read));
      },
      get underlying() {
        return target === undefined ? fallback : types.at(target);
      },
    };
  }
}

/** C keeps struct, union and enum tags apart from other names; C++ and Go do not. */
function tagPrefix(die: Die): string {
  if (die.unit.isGo || die.unit.isCPlusPlus) return '';
  if (die.tag === DW_TAG.structure_type) return 'struct ';
  if (die.tag === DW_TAG.union_type) return 'union ';
  return die.tag === DW_TAG.enumeration_type ? 'enum ' : '';
}

function baseKind(die: Die): 'bool' | 'int' | 'uint' | 'float' | 'complex' | 'char' {
  switch (die.number(DW_AT.encoding)) {
    case DW_ATE.boolean:
      return 'bool';
    case DW_ATE.float:
      return 'float';
    case DW_ATE.complex_float:
      return 'complex';
    case DW_ATE.signed:
      return 'int';
    case DW_ATE.signed_char:
    case DW_ATE.unsigned_char:
    case DW_ATE.UTF:
      return 'char';
  }
  return 'uint';
}
