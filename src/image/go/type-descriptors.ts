/** The bytes of type descriptors (internal/abi/type.go; runtime/type.go up to Go 1.20, with the same layout): kinds, names and parts. */
import { KINDS, type Kind } from '../../abi/kind.js';
import { FormatError, textOf } from '../bytes.js';
import type { LinkedMemory } from '../elf/memory.js';
import type { ModuleData } from './moduledata.js';

/** abi.Type: Size_ 0, PtrBytes 8, Hash 16, TFlag 20, Align_ 21, FieldAlign_ 22, Kind_ 23, Equal 24, GCData 32, Str 40, PtrToThis 44. */
const TYPE_SIZE = 48;
const TFLAG = { uncommon: 1, extraStar: 2, named: 4 } as const;
/** Flags in a name's first byte (abi.Name). */
const NAME_FLAG = { embedded: 8 } as const;
const KIND_MASK = 31;
/** abi.ChanDir. */
const CHAN_PREFIX: Readonly<Record<number, string>> = { 1: '<-chan ', 2: 'chan<- ', 3: 'chan ' };
/** Deeper nesting of unnamed types than any source has means a cycle of corrupt pointers. */
const DEPTH_LIMIT = 100;
const COUNT_LIMIT = 100_000;

export class TypeDescriptors {
  private readonly names = new Map<number, string>();
  private byName: Map<string, number> | undefined;

  /** `minor` tells how long a map's descriptor is. `guard` gives undefined, with a problem entry, when what it runs finds corrupt bytes. */
  constructor(
    readonly memory: LinkedMemory,
    readonly module: ModuleData,
    readonly minor: number,
    readonly guard: <T>(read: () => T) => T | undefined,
  ) {}

  kind(address: number): Kind {
    const kind = KINDS[this.memory.u8(address + 23) & KIND_MASK];
    if (!kind || kind === 'invalid') throw new FormatError(`the type at 0x${address.toString(16)} has no known kind`);
    return kind;
  }

  private flags(address: number): number {
    return this.memory.u8(address + 20);
  }

  /** Name at an address: flags, varint length, bytes (abi.Name). */
  nameAt(address: number): { name: string; embedded: boolean } {
    if (address === 0) return { name: '', embedded: false };
    const flags = this.memory.u8(address);
    let length = 0;
    let at = address + 1;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = this.memory.u8(at++);
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return { name: textOf(this.memory.slice(at, length), 0, length), embedded: (flags & NAME_FLAG.embedded) !== 0 };
  }

  /** As the runtime spells it, with the package's name for its path: `*http.Client`. */
  private shortName(address: number): string {
    const { name } = this.nameAt(this.module.types + this.memory.i32(address + 40));
    return this.flags(address) & TFLAG.extraStar ? name.slice(1) : name;
  }

  /** Bytes of a kind's own behind abi.Type, in front of abi.UncommonType. */
  private extra(kind: Kind): number {
    switch (kind) {
      case 'pointer':
      case 'func':
      case 'slice':
        return 8;
      case 'chan':
        return 16;
      case 'array':
        return 24;
      case 'interface':
      case 'struct':
        return 32;
      case 'map':
        return this.minor >= 27 ? 88 : this.minor >= 24 ? 64 : 40;
      default:
        return 0;
    }
  }

  private uncommon(address: number): number | undefined {
    return this.flags(address) & TFLAG.uncommon ? address + TYPE_SIZE + this.extra(this.kind(address)) : undefined;
  }

  /** With import paths, as DWARF spells it: `*net/http.Client`. */
  name(address: number, depth = 0): string {
    const known = this.names.get(address);
    if (known !== undefined) return known;
    if (depth > DEPTH_LIMIT) throw new FormatError(`the type at 0x${address.toString(16)} contains itself`);
    const name = this.spell(address, depth);
    this.names.set(address, name);
    return name;
  }

  private spell(address: number, depth: number): string {
    const { memory } = this;
    const of = (at: number) => this.name(this.typeAddress(at), depth + 1);
    if (this.flags(address) & TFLAG.named) {
      const short = this.shortName(address);
      const uncommon = this.uncommon(address);
      const path = uncommon === undefined ? '' : this.nameAt(this.offset(uncommon)).name;
      const bracket = short.indexOf('[');
      const dot = (bracket < 0 ? short : short.slice(0, bracket)).lastIndexOf('.');
      // Shapes of generic code are spelt out by the compiler already.
      return path === '' || dot < 0 || short.startsWith('go.shape.') ? short : path + short.slice(dot);
    }
    switch (this.kind(address)) {
      case 'pointer':
        return `*${of(address + 48)}`;
      case 'slice':
        return `[]${of(address + 48)}`;
      case 'array':
        return `[${memory.word(address + 64)}]${of(address + 48)}`;
      case 'map':
        return `map[${of(address + 48)}]${of(address + 56)}`;
      case 'chan': {
        const element = of(address + 48);
        const prefix = CHAN_PREFIX[memory.word(address + 56)] ?? 'chan ';
        return prefix + (prefix === 'chan ' && element.startsWith('<-') ? `(${element})` : element);
      }
      case 'func':
        return this.spellFunc(address, depth);
      default:
        return this.shortName(address);
    }
  }

  private spellFunc(address: number, depth: number): string {
    const { ins, addresses, variadic } = this.signatureParts(address);
    const names = addresses.map(part => this.name(part, depth + 1));
    const params = names.slice(0, ins);
    if (variadic && ins > 0) params[ins - 1] = `...${params[ins - 1]!.replace(/^\[\]/, '')}`;
    const results = names.slice(ins);
    const shown = results.length === 0 ? '' : results.length === 1 ? ` ${results[0]}` : ` (${results.join(', ')})`;
    return `func(${params.join(', ')})${shown}`;
  }

  /** A name offset as an address; 0 stands for none. */
  private offset(at: number): number {
    const offset = this.memory.i32(at);
    return offset === 0 ? 0 : this.module.types + offset;
  }

  typeAddress(at: number): number {
    return this.memory.word(at);
  }

  count(at: number): number {
    const count = this.memory.word(at);
    if (count > COUNT_LIMIT) throw new FormatError(`a type at 0x${at.toString(16)} has ${count} parts`);
    return count;
  }

  /** abi.FuncType: counts, then pointers to the types of parameters and results. */
  signatureParts(address: number): { ins: number; addresses: number[]; variadic: boolean } {
    const ins = this.memory.u16(address + 48);
    const outs = this.memory.u16(address + 50);
    const start = address + 56 + (this.flags(address) & TFLAG.uncommon ? 16 : 0);
    const addresses = Array.from({ length: ins + (outs & 0x7fff) }, (_, i) => this.typeAddress(start + i * 8));
    return { ins, addresses, variadic: (outs & 0x8000) !== 0 };
  }

  /** Addresses of the types that a type is made of. */
  private parts(address: number): number[] {
    const { memory } = this;
    switch (this.kind(address)) {
      case 'pointer':
      case 'slice':
      case 'array':
      case 'chan':
        return [this.typeAddress(address + 48)];
      case 'map':
        return [this.typeAddress(address + 48), this.typeAddress(address + 56)];
      case 'struct': {
        const start = memory.word(address + 56);
        return Array.from({ length: this.count(address + 64) }, (_, i) => this.typeAddress(start + i * 24 + 8));
      }
      case 'func':
        return this.signatureParts(address).addresses;
      default:
        return [];
    }
  }

  /** Addresses of the descriptors that follow each other from the start of the types (Go 1.27). */
  private descriptors(): number[] {
    const { types, descriptorsEnd } = this.module;
    const found: number[] = [];
    if (descriptorsEnd === undefined) return found;
    const { memory } = this;
    this.guard(() => {
      for (let address = types + 8; address + TYPE_SIZE <= descriptorsEnd; ) {
        found.push(address);
        const kind = this.kind(address);
        const uncommon = this.uncommon(address);
        let end = uncommon === undefined ? address + TYPE_SIZE + this.extra(kind) : uncommon + 16 + memory.u16(uncommon + 4) * 16;
        if (kind === 'func') end += this.signatureParts(address).addresses.length * 8;
        if (kind === 'struct') end += this.count(address + 64) * 24;
        if (kind === 'interface') end += this.count(address + 64) * 8;
        address = Math.ceil(end / 8) * 8;
      }
    });
    return found;
  }

  /** Every type that is reachable from the module's lists of types, by name. */
  index(): Map<string, number> {
    if (this.byName) return this.byName;
    const byName = new Map<string, number>();
    const seen = new Set<number>();
    const { typelinks, types, etypes } = this.module;
    const queue: number[] = [];
    for (let i = 0; i < (typelinks?.count ?? 0); i++) queue.push(types + this.memory.i32(typelinks!.address + i * 4));
    for (const address of this.descriptors()) queue.push(address);
    for (let address = queue.pop(); address !== undefined; address = queue.pop()) {
      if (seen.has(address) || address < types || address >= etypes) continue;
      seen.add(address);
      try {
        const name = this.name(address);
        if (!byName.has(name)) byName.set(name, address);
        queue.push(...this.parts(address));
      } catch (error) {
        // One corrupt descriptor costs only itself.
        if (!(error instanceof FormatError)) throw error;
      }
    }
    return (this.byName = byName);
  }
}
