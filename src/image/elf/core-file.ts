/**
 * Core files of amd64 Linux, as the kernel writes them (fs/binfmt_elf.c), and as gdb's gcore and others do: memory in PT_LOAD segments, all else in notes
 * (uapi/linux/elf.h, linux/elfcore.h). Nothing of the memory is read here.
 */
import { FormatError, textOf } from '../bytes.js';
import { EM_X86_64, ET_CORE, NT, PN_XNUM, PRPSINFO, PRSTATUS, SIZES, USER_REGS } from './core-format.js';
import { PT } from './headers.js';

/** Bytes of a prstatus up to the last register that is kept. */
const KEPT = PRSTATUS.registers + 8 * (USER_REGS.findLastIndex(word => typeof word === 'string') + 1);
const FXSAVE = 512;

/** Bounds of what a file can make r14 hold. */
const MOST_SEGMENTS = 1 << 20;
const MOST_NOTES = 64 << 20;

export interface CoreSegment {
  readonly address: bigint;
  readonly offset: number;
  /** Bytes that the file has of it: fewer than there were, where the rest is to be had from a file or was not wanted. */
  readonly fileSize: number;
  readonly memorySize: bigint;
  /** PF_X, PF_W, PF_R. */
  readonly flags: number;
}

export interface CoreThread {
  readonly tid: number;
  /** By their names in the table of registers. */
  readonly registers: ReadonlyMap<string, bigint>;
  /** As FXSAVE lays it out. */
  readonly float: Uint8Array | undefined;
  readonly pending: bigint;
  readonly blocked: bigint;
}

/** A file that was mapped: NT_FILE. */
export interface CoreMapping {
  readonly start: bigint;
  readonly end: bigint;
  /** Bytes from the file's start. */
  readonly offset: bigint;
  readonly path: string;
}

export interface CoreFile {
  /** By address. */
  readonly segments: readonly CoreSegment[];
  /** The one that died first. */
  readonly threads: readonly CoreThread[];
  readonly auxv: ReadonlyMap<number, bigint>;
  readonly mappings: readonly CoreMapping[];
  /** The command line, as far as the kernel keeps it. */
  readonly args: string;
  /** Linux's number; 0: it did not die of one. */
  readonly signal: number;
  readonly code: number;
  /** si_addr; undefined: the file does not say. */
  readonly address: bigint | undefined;
  /** What is missing. */
  readonly problems: readonly string[];
}

/** `read`: of the file, fewer bytes where it ends. Throws FormatError. */
export function readCore(read: (offset: number, length: number) => Uint8Array, size: number, path: string): CoreFile {
  const fail = (text: string): never => {
    throw new FormatError(`${path}: ${text}`);
  };
  const view = (offset: number, length: number, what: string): DataView => {
    const bytes = offset + length <= size ? read(offset, length) : new Uint8Array(0);
    if (bytes.length < length) fail(`${what} at 0x${offset.toString(16)} is behind the end of the file: it was cut short`);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  };
  if (size < SIZES.header) fail(`${size} bytes are no core file`);
  const header = view(0, SIZES.header, 'the header');
  if (header.getUint32(0) !== 0x7f454c46) fail('not a core file: it is no ELF file');
  if (header.getUint8(4) !== 2 || header.getUint8(5) !== 1 || header.getUint16(18, true) !== EM_X86_64)
    fail('a core file of another processor');
  if (header.getUint16(16, true) !== ET_CORE) fail('a program, not a core file: r14 exec runs it');
  const headers = Number(header.getBigUint64(32, true));
  let count = header.getUint16(56, true);
  if (count === PN_XNUM) count = view(Number(header.getBigUint64(40, true)), SIZES.section, 'the first section header').getUint32(44, true);
  if (count > MOST_SEGMENTS) fail(`${count} segments are more than ${MOST_SEGMENTS}`);
  const table = view(headers, count * SIZES.program, 'the table of segments');
  const problems: string[] = [];
  const segments: CoreSegment[] = [];
  const notes: Note[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * SIZES.program;
    const type = table.getUint32(at, true);
    const offset = Number(table.getBigUint64(at + 8, true));
    const fileSize = Number(table.getBigUint64(at + 32, true));
    if (type === PT.note) {
      if (fileSize > MOST_NOTES) fail(`notes of ${fileSize} bytes are more than ${MOST_NOTES}`);
      notes.push(...notesOf(view(offset, fileSize, 'the notes')));
    } else if (type === PT.load) {
      const there = Math.max(0, Math.min(fileSize, size - offset));
      segments.push({
        address: table.getBigUint64(at + 16, true),
        offset,
        fileSize: there,
        memorySize: table.getBigUint64(at + 40, true),
        flags: table.getUint32(at + 4, true),
      });
    }
  }
  const short = countShort(table, count, size);
  if (short > 0) problems.push(`it was cut short: ${short} of its ${segments.length} segments are not whole`);
  segments.sort((a, b) => (a.address < b.address ? -1 : 1));
  return { segments, problems, ...told(notes, fail) };
}

function countShort(table: DataView, count: number, size: number): number {
  let short = 0;
  for (let at = 0; at < count * SIZES.program; at += SIZES.program) {
    const end = table.getBigUint64(at + 8, true) + table.getBigUint64(at + 32, true);
    if (table.getUint32(at, true) === PT.load && end > BigInt(size)) short++;
  }
  return short;
}

interface Note {
  readonly type: number;
  readonly data: DataView;
}

/** Name and contents are each filled up to four bytes. */
function notesOf(view: DataView): Note[] {
  const notes: Note[] = [];
  for (let at = 0; at + 12 <= view.byteLength; ) {
    const [name, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const data = at + 12 + ((name + 3) & ~3);
    if (data + length > view.byteLength) break;
    notes.push({ type: view.getUint32(at + 8, true), data: new DataView(view.buffer, view.byteOffset + data, length) });
    at = data + ((length + 3) & ~3);
  }
  return notes;
}

function told(notes: readonly Note[], fail: (text: string) => never): Omit<CoreFile, 'segments' | 'problems'> {
  const threads: CoreThread[] = [];
  const auxv = new Map<number, bigint>();
  const mappings: CoreMapping[] = [];
  let args = '';
  let died = { signal: 0, code: 0, address: undefined as bigint | undefined };
  for (const { type, data } of notes) {
    const { byteLength: length } = data;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, length);
    if (type === NT.prstatus && length >= KEPT) {
      if (threads.length === 0) died = { ...died, signal: data.getUint16(PRSTATUS.signal, true) };
      const named = USER_REGS.flatMap((name, i) =>
        typeof name !== 'string' ? [] : [[name, data.getBigUint64(PRSTATUS.registers + 8 * i, true)] as const],
      );
      const mask = { pending: data.getBigUint64(PRSTATUS.pending, true), blocked: data.getBigUint64(PRSTATUS.blocked, true) };
      threads.push({ tid: data.getInt32(PRSTATUS.pid, true), registers: new Map<string, bigint>(named), float: undefined, ...mask });
    } else if (type === NT.fpregset && length >= FXSAVE && threads.length > 0) {
      threads.push({ ...threads.pop()!, float: bytes.slice(0, FXSAVE) });
    } else if (type === NT.prpsinfo && length >= PRPSINFO.args + PRPSINFO.argsLength) {
      const all = bytes.subarray(PRPSINFO.args, PRPSINFO.args + PRPSINFO.argsLength);
      const end = all.indexOf(0);
      args = textOf(all, 0, end < 0 ? all.length : end).trimEnd();
    } else if (type === NT.siginfo && length >= 24 && threads.length <= 1) {
      const signal = data.getInt32(0, true);
      const code = data.getInt32(8, true);
      died = { signal, code, address: code > 0 && [4, 5, 7, 8, 11].includes(signal) ? data.getBigUint64(16, true) : undefined };
    } else if (type === NT.auxv) {
      for (let at = 0; at + 16 <= length && data.getBigUint64(at, true) !== 0n; at += 16)
        auxv.set(Number(data.getBigUint64(at, true)), data.getBigUint64(at + 8, true));
    } else if (type === NT.file && length >= 16) mappings.push(...filesOf(data, bytes));
  }
  if (threads.length === 0) fail('it holds no thread');
  return { threads, auxv, mappings, args, ...died };
}

/** A count, the size of a page, then start, end and offset in pages of each, and then the names. */
function filesOf(data: DataView, bytes: Uint8Array): CoreMapping[] {
  const count = Number(data.getBigUint64(0, true));
  const page = data.getBigUint64(8, true);
  if (16 + 24 * count > bytes.length) return [];
  const found: CoreMapping[] = [];
  for (let i = 0, name = 16 + 24 * count; i < count; i++) {
    const word = (index: number) => data.getBigUint64(16 + 24 * i + 8 * index, true);
    const end = bytes.indexOf(0, name);
    if (end < 0) break;
    found.push({ start: word(0), end: word(1), offset: word(2) * page, path: textOf(bytes, name, end) });
    name = end + 1;
  }
  return found;
}
