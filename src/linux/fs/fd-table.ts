import { checkVersion, type Versioned } from '../../cpu/part.js';
import { FD_LIMIT } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import { FileLocks, type SavedLocks } from './locks.js';
import type { OpenFile, SavedFile } from './open-file.js';

interface Descriptor {
  readonly file: OpenFile;
  cloexec: boolean;
}

/** The state of each open file, the number of the next one, and how many references there are that no descriptor is. */
export type SavedOpenFiles = Versioned<{
  readonly nextId: number;
  readonly held: number;
  readonly files: readonly SavedFile[];
  readonly locks: SavedLocks;
}>;

/** The descriptors of a process, with the numbers of their open files. */
export type SavedDescriptors = Versioned<{
  readonly capacity: number;
  readonly slots: readonly { readonly fd: number; readonly file: number; readonly cloexec: boolean }[];
}>;

/** The open files of all processes, to which their descriptors refer. */
export class OpenFiles {
  private readonly files = new Map<number, OpenFile>();
  private nextId = 1;
  /** References to open files that no descriptor is. */
  held = 0;
  readonly locks = new FileLocks();

  /** `waitedFor`: whether a system call that waits refers to the open file of a number, which then stays although it is closed. */
  constructor(private readonly waitedFor: (file: number) => boolean) {}

  /** The open file of a number, which a wait refers to. */
  file(id: number): OpenFile {
    return this.files.get(id)!;
  }

  /** The open file of a number; undefined: it is none any more. */
  find(id: number): OpenFile | undefined {
    return this.files.get(id);
  }

  /** All of them. */
  get all(): Iterable<OpenFile> {
    return this.files.values();
  }

  refer(file: OpenFile): void {
    if (file.id === 0) {
      file.id = this.nextId++;
      this.files.set(file.id, file);
    }
    file.references++;
  }

  unrefer(file: OpenFile): void {
    if (--file.references > 0) return;
    this.locks.left(file.id);
    file.close();
    file.leaveEpolls();
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

  /** Drops an open file that nothing refers to any more. */
  forget(id: number): void {
    if (this.files.get(id)?.references === 0 && !this.waitedFor(id)) this.files.delete(id);
  }

  save(): SavedOpenFiles {
    const { nextId, held } = this;
    return { version: 2, nextId, held, files: [...this.files.values()].map(file => file.save()), locks: this.locks.save() };
  }

  /** `revive` makes the open files, given those that are open now; what is not taken over by one of them is closed, unless it is lasting. */
  restore(
    saved: SavedOpenFiles,
    revive: (files: readonly SavedFile[], before: ReadonlyMap<number, OpenFile>) => readonly OpenFile[],
    lasting: boolean,
  ): void {
    checkVersion('open files', saved, 2);
    const before = new Map(this.files);
    const files = revive(saved.files, before);
    for (const file of before.values()) file.release(lasting);
    this.files.clear();
    for (const file of files) this.files.set(file.id, file);
    this.nextId = saved.nextId;
    this.held = saved.held;
    this.locks.restore(saved.locks);
  }
}

/** A process's file descriptors, the lowest free number first. */
export class FdTable {
  private readonly slots: (Descriptor | undefined)[] = [];
  /** Numbers that the table has room for; select overlooks those beyond. Linux starts with 64 and grows in powers of two (fs/file.c). */
  capacity = 64;

  /** `pid`: whose they are. `soft`: how many that process may have (RLIMIT_NOFILE); undefined: as many as there may be. */
  constructor(
    private readonly files: OpenFiles,
    private readonly pid: number,
    private readonly soft: () => bigint | undefined,
  ) {}

  /** No descriptor has this number or a higher one. */
  get limit(): number {
    const soft = this.soft();
    return soft === undefined || soft > BigInt(FD_LIMIT) ? FD_LIMIT : Number(soft);
  }

  /** Numbers that are free. */
  get room(): number {
    const { limit } = this;
    return limit - this.numbers().filter(fd => fd < limit).length;
  }

  /** Throws EMFILE. */
  add(file: OpenFile, cloexec: boolean, from = 0): number {
    let fd = from;
    while (this.slots[fd]) fd++;
    if (fd >= this.limit) throw new Errno(E.MFILE);
    this.set(fd, file, cloexec);
    return fd;
  }

  /** Puts the file at a number, closing what was there. */
  set(fd: number, file: OpenFile, cloexec: boolean): void {
    this.files.refer(file);
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
    this.files.locks.closed(() => file.identity, this.pid);
    this.files.unrefer(file);
  }

  closeAll(): void {
    for (const fd of this.numbers()) this.close(fd);
  }

  /** What execve(2) does to those that are to be closed then. */
  closeOnExec(): void {
    for (const fd of this.numbers()) if (this.descriptor(fd).cloexec) this.close(fd);
  }

  /** Gets the descriptors of another process, as a child of fork(2) has them. */
  inherit(parent: FdTable): void {
    for (const fd of parent.numbers()) this.set(fd, parent.get(fd), parent.descriptor(fd).cloexec);
    this.capacity = parent.capacity;
  }

  numbers(): number[] {
    return [...this.slots.keys()].filter(fd => this.slots[fd]);
  }

  save(): SavedDescriptors {
    const slots = this.numbers().map(fd => ({ fd, file: this.get(fd).id, cloexec: this.descriptor(fd).cloexec }));
    return { version: 3, capacity: this.capacity, slots };
  }

  /** Once the open files are there. */
  restore(saved: SavedDescriptors): void {
    checkVersion('descriptors', saved, 3);
    this.slots.length = 0;
    for (const { fd, file, cloexec } of saved.slots) this.slots[fd] = { file: this.files.file(file), cloexec };
    this.capacity = saved.capacity;
  }
}
