import { E, Errno } from '../abi/errno.js';
import type { OpenFile } from './open-file.js';

interface Descriptor {
  readonly file: OpenFile;
  cloexec: boolean;
}

/** RLIMIT_NOFILE. */
export const FD_LIMIT = 1024;

/** The process's file descriptors: the lowest free number first. */
export class FdTable {
  private readonly slots: (Descriptor | undefined)[] = [];
  /** Numbers that the table has room for; select overlooks those beyond. Linux starts with 64 and grows in powers of two (fs/file.c). */
  capacity = 64;

  /** Throws EMFILE. */
  add(file: OpenFile, cloexec: boolean, from = 0): number {
    let fd = from;
    while (this.slots[fd]) fd++;
    if (fd >= FD_LIMIT) throw new Errno(E.MFILE);
    this.set(fd, file, cloexec);
    return fd;
  }

  /** Puts the file at a number, closing what was there. */
  set(fd: number, file: OpenFile, cloexec: boolean): void {
    file.references++;
    if (this.slots[fd]) this.close(fd);
    this.slots[fd] = { file, cloexec };
    while (this.capacity <= fd) this.capacity *= 2;
  }

  /** Throws EBADF. */
  get(fd: number): OpenFile {
    return this.descriptor(fd).file;
  }

  descriptor(fd: number): Descriptor {
    const slot = this.slots[fd];
    if (!slot) throw new Errno(E.BADF);
    return slot;
  }

  has(fd: number): boolean {
    return this.slots[fd] !== undefined;
  }

  close(fd: number): void {
    const { file } = this.descriptor(fd);
    this.slots[fd] = undefined;
    if (--file.references === 0) file.close();
  }

  closeAll(): void {
    for (const fd of this.numbers()) this.close(fd);
  }

  numbers(): number[] {
    return [...this.slots.keys()].filter(fd => this.slots[fd]);
  }

  describe(): string {
    return this.numbers()
      .map(fd => `${fd}:${this.get(fd).describe()}${this.descriptor(fd).cloexec ? ' cloexec' : ''}`)
      .join('\n');
  }
}
