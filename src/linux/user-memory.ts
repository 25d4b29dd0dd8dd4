import { type AccessKind, type AddressSpace, MemoryFault } from '../cpu/api.js';
import { E, Errno } from './abi/errno.js';
import { TASK_SIZE } from './load/layout.js';

const utf8 = new TextEncoder();
/** Bytes of a path with its NUL (limits.h). */
const PATH_MAX = 4096;

/** The kernel's copy_from_user and copy_to_user: guest memory under the guest's own permissions; what they refuse is EFAULT. */
export class UserMemory {
  constructor(
    private readonly space: AddressSpace,
    /** Tries to make an unmapped address part of the growing stack. */
    private readonly grow: (address: bigint) => boolean,
  ) {}

  private check(address: bigint, length: number, access: AccessKind): void {
    if (length === 0) return;
    if (address + BigInt(length) > TASK_SIZE) throw new Errno(E.FAULT);
    if (!this.space.allows(address, length, access) && !(this.grow(address) && this.space.allows(address, length, access)))
      throw new Errno(E.FAULT);
    if (access === 'read') this.space.touch(address, length);
  }

  read(address: bigint, length: number): Uint8Array {
    if (length === 0) return new Uint8Array(0);
    this.check(address, length, 'read');
    return this.space.read(address, length);
  }

  view(address: bigint, length: number): DataView {
    const bytes = this.read(address, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  write(address: bigint, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.check(address, bytes.length, 'write');
    this.space.write(address, bytes);
  }

  /** Throws EFAULT when the range cannot be written. */
  writable(address: bigint, length: number): void {
    this.check(address, length, 'write');
  }

  u32(address: bigint): number {
    this.check(address, 4, 'read');
    return this.space.readU32(address);
  }

  u64(address: bigint): bigint {
    this.check(address, 8, 'read');
    return this.space.readU64(address);
  }

  setU32(address: bigint, value: number): void {
    this.check(address, 4, 'write');
    this.space.writeU32(address, value >>> 0);
  }

  setU64(address: bigint, value: bigint): void {
    this.check(address, 8, 'write');
    this.space.writeU64(address, BigInt.asUintN(64, value));
  }

  /** A NUL-terminated string; undefined: it has `most` bytes or more. */
  string(address: bigint, most: number): string | undefined {
    this.check(address, 1, 'read');
    try {
      const text = this.space.readCString(address, most);
      const length = utf8.encode(text).length;
      this.space.touch(address, length);
      return length >= most ? undefined : text;
    } catch (error) {
      if (error instanceof MemoryFault) throw new Errno(E.FAULT);
      throw error;
    }
  }

  /** A NUL-terminated path: PATH_MAX bytes with the NUL at most (ENAMETOOLONG). */
  path(address: bigint): string {
    const text = this.string(address, PATH_MAX);
    if (text === undefined) throw new Errno(E.NAMETOOLONG);
    return text;
  }
}
