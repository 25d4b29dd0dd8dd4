import { checkVersion, type Versioned } from '../../cpu/part.js';
import { FD_LIMIT } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import type { OpenFile, SavedFile } from './open-file.js';

interface Descriptor {
  readonly file: OpenFile;
  cloexec: boolean;
}

/** The descriptors with the numbers of their open files, and the state of each open file. */
export type SavedDescriptors = Versioned<{
  readonly capacity: number;
  readonly nextId: number;
  readonly held: number;
  readonly slots: readonly { readonly fd: number; readonly file: number; readonly cloexec: boolean }[];
  readonly files: readonly SavedFile[];
}>;

/** The process's file descriptors, the lowest free number first, and the open files that they refer to. */
export class FdTable {
  private readonly slots: (Descriptor | undefined)[] = [];
  private readonly files = new Map<number, OpenFile>();
  private nextId = 1;
  /** References to open files that no descriptor is. */
  held = 0;
  /** Numbers that the table has room for; select overlooks those beyond. Linux starts with 64 and grows in powers of two (fs/file.c). */
  capacity = 64;

  /** `waitedFor`: whether a system call that waits refers to the open file of a number, which then stays although it is closed. */
  constructor(private readonly waitedFor: (file: number) => boolean) {}

  /** Numbers that are free. */
  get room(): number {
    return FD_LIMIT - this.numbers().length;
  }

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
    this.refer(file);
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

  /** The open file of a number, which a wait refers to. */
  file(id: number): OpenFile {
    return this.files.get(id)!;
  }

  /** The open file of a number; undefined: it is none any more. */
  find(id: number): OpenFile | undefined {
    return this.files.get(id);
  }

  close(fd: number): void {
    const { file } = this.descriptor(fd);
    this.slots[fd] = undefined;
    this.unrefer(file);
  }

  private refer(file: OpenFile): void {
    if (file.id === 0) {
      file.id = this.nextId++;
      this.files.set(file.id, file);
    }
    file.references++;
  }

  private unrefer(file: OpenFile): void {
    if (--file.references > 0) return;
    file.close();
    this.forget(file.id);
  }

  /** Keeps an open file that no descriptor may refer to, until it is let go. */
  hold(file: OpenFile): void {
    this.refer(file);
    this.held++;
  }

  letGo(file: OpenFile): void {
    this.held--;
    this.unrefer(file);
  }

  /** All open files. */
  get all(): Iterable<OpenFile> {
    return this.files.values();
  }

  /** Drops an open file that nothing refers to any more. */
  forget(id: number): void {
    if (this.files.get(id)?.references === 0 && !this.waitedFor(id)) this.files.delete(id);
  }

  closeAll(): void {
    for (const fd of this.numbers()) this.close(fd);
  }

  numbers(): number[] {
    return [...this.slots.keys()].filter(fd => this.slots[fd]);
  }

  save(): SavedDescriptors {
    const slots = this.numbers().map(fd => ({ fd, file: this.get(fd).id, cloexec: this.descriptor(fd).cloexec }));
    const { capacity, nextId, held } = this;
    return { version: 2, capacity, nextId, held, slots, files: [...this.files.values()].map(file => file.save()) };
  }

  /** `revive` makes the open files, given those that are open now; what is not taken over by one of them is closed, unless it is lasting. */
  restore(
    saved: SavedDescriptors,
    revive: (files: readonly SavedFile[], before: ReadonlyMap<number, OpenFile>) => readonly OpenFile[],
    lasting: boolean,
  ): void {
    checkVersion('descriptors', saved, 2);
    const before = new Map(this.files);
    const files = revive(saved.files, before);
    for (const file of before.values()) file.release(lasting);
    this.files.clear();
    for (const file of files) this.files.set(file.id, file);
    this.slots.length = 0;
    for (const { fd, file, cloexec } of saved.slots) this.slots[fd] = { file: this.file(file), cloexec };
    this.capacity = saved.capacity;
    this.nextId = saved.nextId;
    this.held = saved.held;
  }
}
