/**
 * Go types read from the descriptors that reflection uses (internal/abi/type.go; runtime/type.go up to Go 1.20, with the same layout). They
 * are in every Go program, so values of interfaces have a type without DWARF too.
 */
import type { Kind } from '../../abi/kind.js';
import type { Field, Type } from '../api.js';
import { FormatError } from '../bytes.js';
import type { LinkedMemory } from '../elf/memory.js';
import { hchanType, hmapType, swissMapType } from './container-types.js';
import type { ModuleData } from './moduledata.js';
import { TypeDescriptors } from './type-descriptors.js';

/** Stands for a part whose descriptor is corrupt. */
const UNKNOWN: Type = { kind: 'void', name: '?', size: 0 };

export class RuntimeTypes {
  private readonly types = new Map<number, Type>();
  private readonly descriptors: TypeDescriptors;

  /**
   * `minor`: which map the runtime has, hash buckets to Go 1.23 or Swiss tables since. `guard` runs what reads descriptors when a type's
   * parts are asked for, and gives undefined, with a problem entry, when they are corrupt.
   */
  constructor(
    private readonly memory: LinkedMemory,
    private readonly module: ModuleData,
    private readonly bias: bigint,
    private readonly minor: number,
    private readonly guard: <T>(read: () => T) => T | undefined,
  ) {
    this.descriptors = new TypeDescriptors(memory, module, minor, guard);
  }

  /** The type whose descriptor is at the link address; undefined when none of this program can be there. Throws FormatError when it is corrupt. */
  at(address: number): Type | undefined {
    if (address < this.module.types || address >= this.module.etypes || address % 4 !== 0) return undefined;
    let type = this.types.get(address);
    if (!type) this.types.set(address, (type = this.read(address)));
    return type;
  }

  named(name: string): Type | undefined {
    const address = this.descriptors.index().get(name);
    return address === undefined ? undefined : this.at(address);
  }

  allNames(): Iterable<string> {
    return this.descriptors.index().keys();
  }

  private need(address: number): Type {
    const type = this.at(address);
    if (!type) throw new FormatError(`0x${address.toString(16)} is not the address of a type`);
    return type;
  }

  private read(address: number): Type {
    const name = this.descriptors.name(address);
    const size = this.memory.word(address);
    return this.structure(address, { name, size, runtimeType: BigInt(address) + this.bias, goKind: this.descriptors.kind(address) });
  }

  private structure(address: number, base: { name: string; size: number; runtimeType: bigint; goKind: Kind }): Type {
    const self = this;
    const elemAt = (at: number) => this.guard(() => this.need(this.descriptors.typeAddress(at))) ?? UNKNOWN;
    const kind = this.descriptors.kind(address);
    switch (kind) {
      case 'bool':
      case 'string':
        return { ...base, kind };
      case 'int':
      case 'int8':
      case 'int16':
      case 'int32':
      case 'int64':
        return { ...base, kind: 'int' };
      case 'uint':
      case 'uint8':
      case 'uint16':
      case 'uint32':
      case 'uint64':
      case 'uintptr':
        return { ...base, kind: 'uint' };
      case 'float32':
      case 'float64':
        return { ...base, kind: 'float' };
      case 'complex64':
      case 'complex128':
        return { ...base, kind: 'complex' };
      case 'unsafe.Pointer':
        return { ...base, kind: 'unsafe-pointer' };
      case 'pointer':
      case 'slice':
        return {
          ...base,
          kind,
          get elem() {
            return elemAt(address + 48);
          },
        };
      case 'array':
        return {
          ...base,
          kind,
          length: this.memory.word(address + 64),
          get elem() {
            return elemAt(address + 48);
          },
        };
      case 'chan':
        return {
          ...base,
          kind,
          get elem() {
            return elemAt(address + 48);
          },
          get hchan() {
            return hchanType(elemAt(address + 48), self.minor);
          },
        };
      case 'map':
        return {
          ...base,
          kind,
          get key() {
            return elemAt(address + 48);
          },
          get elem() {
            return elemAt(address + 56);
          },
          get hash() {
            const storage = elemAt(address + 64);
            const of = `<${elemAt(address + 48).name},${elemAt(address + 56).name}>`;
            return self.minor >= 24 ? swissMapType(of, storage) : hmapType(of, storage);
          },
        };
      case 'interface':
        return { ...base, kind, empty: this.descriptors.count(address + 64) === 0 };
      case 'func':
        return {
          ...base,
          kind,
          get params() {
            return self.guard(() => self.signature(address).params) ?? [];
          },
          get results() {
            return self.guard(() => self.signature(address).results) ?? [];
          },
        };
      case 'struct':
        return {
          ...base,
          kind,
          get fields() {
            return self.guard(() => self.fields(address)) ?? [];
          },
        };
      default:
        throw new FormatError(`the type at 0x${address.toString(16)} has no known kind`);
    }
  }

  /** Of the interface whose descriptor is at an address: abi.InterfaceType's methods, each {name, type int32}. */
  methods(address: number): readonly string[] {
    const start = this.memory.word(address + 56);
    return Array.from({ length: this.descriptors.count(address + 64) }, (_, i) => {
      const at = start + i * 8;
      const { name } = this.descriptors.nameAt(this.module.types + this.memory.i32(at));
      return name + this.descriptors.name(this.module.types + this.memory.i32(at + 4)).replace(/^func/, '');
    });
  }

  private fields(address: number): readonly Field[] {
    const start = this.memory.word(address + 56);
    return Array.from({ length: this.descriptors.count(address + 64) }, (_, i): Field => {
      const at = start + i * 24;
      const { name, embedded } = this.descriptors.nameAt(this.memory.word(at));
      const type = this.descriptors.typeAddress(at + 8);
      const self = this;
      return {
        name,
        embedded,
        offset: this.memory.word(at + 16),
        get type() {
          return self.guard(() => self.need(type)) ?? UNKNOWN;
        },
      };
    });
  }

  private signature(address: number): { params: readonly Type[]; results: readonly Type[] } {
    const { ins, addresses } = this.descriptors.signatureParts(address);
    const list = addresses.map(part => this.need(part));
    return { params: list.slice(0, ins), results: list.slice(ins) };
  }
}
