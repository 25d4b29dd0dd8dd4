/** The program's own files, which gdb reads its symbols from (GDB manual, appendix E, "Host I/O Packets"): those that are loaded, and no others. */
import type { LoadedObject } from '../../linux/api.js';
import { bytesOfHex, charactersOf } from './packets.js';

/** errno as this protocol numbers it. */
const ERRNO = { ENOENT: 2, EBADF: 9, EACCES: 13, EINVAL: 22, ENOSYS: 88 } as const;

const failed = (error: keyof typeof ERRNO): string => `F-1,${ERRNO[error].toString(16)}`;

const S_IFREG = 0o100000;
const READABLE = 0o444;

export class RemoteFiles {
  readonly #open = new Map<number, Uint8Array>();
  #next = 3;

  /** `objects`: what is loaded now. */
  constructor(private readonly objects: () => readonly LoadedObject[]) {}

  /** The reply to `vFile:` and this. */
  handle(asked: string): string {
    const [, operation, rest] = /^(\w+):(.*)$/s.exec(asked) ?? [];
    const numbers = (rest ?? '').split(',').map(text => (/^[0-9a-f]{1,13}$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN));
    switch (operation) {
      case 'setfs':
        return 'F0';
      case 'open':
        return this.#openFile(rest!);
      case 'close':
        return this.#open.delete(numbers[0]!) ? 'F0' : failed('EBADF');
      case 'pread':
        return this.#read(numbers);
      case 'fstat':
        return this.#stat(numbers[0]!);
      case 'readlink':
        return failed('EINVAL');
      default:
        return '';
    }
  }

  #openFile(asked: string): string {
    const [name, flags] = asked.split(',');
    const path = bytesOfHex(name ?? '');
    if (path === undefined) return failed('EINVAL');
    if (Number.parseInt(flags ?? '', 16) !== 0) return failed('EACCES');
    const wanted = new TextDecoder().decode(path);
    const object = this.objects().find(each => each.path === wanted);
    if (object === undefined) return failed('ENOENT');
    this.#open.set(this.#next, object.bytes());
    return `F${(this.#next++).toString(16)}`;
  }

  #read([file, count, offset]: readonly number[]): string {
    const bytes = this.#open.get(file!);
    if (bytes === undefined) return failed('EBADF');
    if (!Number.isFinite(count) || !Number.isFinite(offset)) return failed('EINVAL');
    const part = bytes.subarray(offset, offset! + count!);
    return `F${part.length.toString(16)};${charactersOf(part)}`;
  }

  /** struct fio_stat: big end first. */
  #stat(file: number): string {
    const bytes = this.#open.get(file);
    if (bytes === undefined) return failed('EBADF');
    const stat = new Uint8Array(64);
    const view = new DataView(stat.buffer);
    view.setUint32(8, S_IFREG | READABLE);
    view.setUint32(12, 1);
    view.setBigUint64(28, BigInt(bytes.length));
    view.setBigUint64(36, 4096n);
    view.setBigUint64(44, BigInt(Math.ceil(bytes.length / 512)));
    return `F${stat.length.toString(16)};${charactersOf(stat)}`;
  }
}
