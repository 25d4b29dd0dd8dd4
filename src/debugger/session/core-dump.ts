/**
 * A core file of the present moment, as Linux writes one (fs/binfmt_elf.c, elf_core_dump), for other debuggers and for `r14 core`. It is as sparse as the
 * memory: what nobody has touched takes no room.
 */
import { registerNamed } from '../../abi/registers.js';
import { type Mapping, PAGE_SIZE, PROT, type Registers } from '../../cpu/api.js';
import type { FilePiece } from '../../host/files.js';
import { EM_X86_64, ET_CORE, NT, PN_XNUM, PRPSINFO, PRSTATUS, SIZES, USER_REGS } from '../../image/elf/core-format.js';
import { PF, PT } from '../../image/elf/headers.js';
import type { Thread } from '../../linux/api.js';
import { fxsave } from '../../linux/signal/fxsave.js';
import { auxiliaryVector } from '../memory/auxv.js';
import type { Session } from './session.js';

/** Mappings up to so many bytes are there whole. Of larger ones, which hardly anybody fills, what was touched is. */
const WHOLE = 4n << 30n;
/** Untouched pages between two touched ones that make no segments of their own. */
const GAP = 16;

/** A part of memory, and how much of it the file has. */
interface Segment {
  readonly start: bigint;
  readonly size: bigint;
  readonly saved: boolean;
  readonly prot: number;
  /** Of a file: what nobody has touched is as it is there, and not zeros. */
  readonly isFile: boolean;
}

/** The file, piece by piece, in order. */
export function* corePieces(session: Session): Generator<FilePiece> {
  const { memory } = session.target;
  const touched = new Set<bigint>();
  for (const { address } of memory.contents()) touched.add(address);
  const segments = memory.mappings().flatMap(mapping => segmentsOf(mapping, touched));
  const notes = notesOf(session);
  const count = segments.length + 1;
  const extended = count >= PN_XNUM;
  const tables = SIZES.header + count * SIZES.program;
  const notesAt = tables + (extended ? SIZES.section : 0);
  let at = Math.ceil((notesAt + notes.length) / PAGE_SIZE) * PAGE_SIZE;
  const head = new Uint8Array(notesAt);
  const view = new DataView(head.buffer);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_CORE, true);
  view.setUint16(18, EM_X86_64, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, BigInt(SIZES.header), true);
  view.setUint16(52, SIZES.header, true);
  view.setUint16(54, SIZES.program, true);
  view.setUint16(56, extended ? PN_XNUM : count, true);
  if (extended) {
    view.setBigUint64(40, BigInt(tables), true);
    view.setUint16(58, SIZES.section, true);
    view.setUint16(60, 1, true);
    view.setUint32(tables + 44, count, true);
  }
  const row = (index: number, type: number, flags: number, offset: number, address: bigint, saved: bigint, size: bigint) => {
    const to = SIZES.header + index * SIZES.program;
    view.setUint32(to, type, true);
    view.setUint32(to + 4, flags, true);
    for (const [i, value] of [BigInt(offset), address, 0n, saved, size].entries()) view.setBigUint64(to + 8 + 8 * i, value, true);
    view.setBigUint64(to + 48, BigInt(type === PT.load ? PAGE_SIZE : 4), true);
  };
  row(0, PT.note, 0, notesAt, 0n, BigInt(notes.length), 0n);
  const places: number[] = [];
  for (const [i, { start, size, saved, prot }] of segments.entries()) {
    places.push(at);
    row(i + 1, PT.load, flagsOf(prot), at, start, saved ? size : 0n, size);
    if (saved) at += Number(size);
  }
  yield { at: 0, bytes: head };
  yield { at: notesAt, bytes: notes };
  const inOrder = [...touched];
  let next = 0;
  for (const [i, { start, size, saved, isFile }] of segments.entries()) {
    while (next < inOrder.length && inOrder[next]! < start) next++;
    if (!saved) continue;
    const pages: bigint[] = [];
    if (isFile) for (let page = start; page < start + size; page += BigInt(PAGE_SIZE)) pages.push(page);
    else for (; next < inOrder.length && inOrder[next]! < start + size; next++) pages.push(inOrder[next]!);
    for (const page of pages) {
      const bytes = memory.read(page, PAGE_SIZE);
      if (bytes.some(byte => byte !== 0)) yield { at: places[i]! + Number(page - start), bytes };
    }
  }
  yield { at: at - 1, bytes: new Uint8Array(1) };
}

const flagsOf = (prot: number): number => (prot & PROT.read ? PF.r : 0) | (prot & PROT.write ? PF.w : 0) | (prot & PROT.exec ? PF.x : 0);

function segmentsOf({ start, end, prot, name }: Mapping, touched: ReadonlySet<bigint>): Segment[] {
  const size = end - start;
  const isFile = name.startsWith('/');
  if (prot === 0 && !isFile) return [];
  if (size <= WHOLE && !isFile) return [{ start, size, saved: true, prot, isFile }];
  const page = BigInt(PAGE_SIZE);
  // The first page of a file says which it was, as Linux has it.
  const wanted = (at: bigint) => touched.has(at) || (isFile && at === start);
  const segments: Segment[] = [];
  let from = start;
  for (let at = start; at < end; ) {
    if (!wanted(at)) {
      at += page;
      continue;
    }
    let last = at;
    for (let next = at + page; next < end && next - last <= BigInt(GAP) * page; next += page) if (wanted(next)) last = next;
    if (at > from) segments.push({ start: from, size: at - from, saved: false, prot, isFile });
    segments.push({ start: at, size: last + page - at, saved: true, prot, isFile });
    from = at = last + page;
  }
  if (end > from) segments.push({ start: from, size: end - from, saved: false, prot, isFile });
  return segments;
}

function notesOf({ target, stop, thread }: Session): Uint8Array {
  const { process, memory } = target;
  const threads = [thread, ...process.threads.filter(each => each.tid !== thread.tid && each.state !== 'exited')];
  const signal = stop.reason === 'signal' ? stop.signal : undefined;
  const parts: Uint8Array[] = [];
  const add = (type: number, data: Uint8Array) => {
    const note = new Uint8Array(20 + ((data.length + 3) & ~3));
    const view = new DataView(note.buffer);
    for (const [i, word] of [5, data.length, type].entries()) view.setUint32(4 * i, word, true);
    note.set(new TextEncoder().encode('CORE'), 12);
    note.set(data, 20);
    parts.push(note);
  };
  for (const [i, each] of threads.entries()) {
    add(NT.prstatus, prstatus(each, process.pid, i === 0 ? (signal?.signal ?? 0) : 0));
    if (i === 0) {
      add(NT.prpsinfo, prpsinfo(process.pid, process.objects[0]!.path));
      if (signal !== undefined) {
        const info = new DataView(new ArrayBuffer(128));
        info.setInt32(0, signal.signal, true);
        info.setInt32(8, signal.code, true);
        info.setBigUint64(16, signal.address ?? BigInt(signal.sender ?? 0), true);
        add(NT.siginfo, new Uint8Array(info.buffer));
      }
      const vector = auxiliaryVector(memory, target.initialSp).flatMap(({ type, value }) => [BigInt(type), value]);
      add(NT.auxv, new Uint8Array(BigUint64Array.from([...vector, 0n, 0n]).buffer));
      add(NT.file, filesNote(memory.mappings()));
    }
    add(NT.fpregset, fxsave(each.registers));
  }
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const wordOf = (registers: Registers, word: string | bigint): bigint =>
  typeof word === 'bigint' ? BigInt.asUintN(64, word) : registerNamed(word)!.read(registers);

/** struct elf_prstatus (linux/elfcore.h). */
function prstatus({ tid, registers, blockedSignals, pendingSignals }: Thread, pid: number, signal: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(PRSTATUS.length));
  view.setInt32(0, signal, true);
  view.setUint16(PRSTATUS.signal, signal, true);
  view.setBigUint64(PRSTATUS.pending, pendingSignals, true);
  view.setBigUint64(PRSTATUS.blocked, blockedSignals, true);
  for (const [i, id] of [tid, 0, pid, pid].entries()) view.setInt32(PRSTATUS.pid + 4 * i, id, true);
  for (const [i, word] of USER_REGS.entries()) view.setBigUint64(PRSTATUS.registers + 8 * i, wordOf(registers, word), true);
  view.setInt32(PRSTATUS.valid, 1, true);
  return new Uint8Array(view.buffer);
}

/** struct elf_prpsinfo. */
function prpsinfo(pid: number, path: string): Uint8Array {
  const bytes = new Uint8Array(PRPSINFO.length);
  bytes[1] = 'R'.charCodeAt(0);
  new DataView(bytes.buffer).setInt32(PRPSINFO.pid, pid, true);
  const text = (at: number, value: string, most: number) => bytes.set(new TextEncoder().encode(value).subarray(0, most - 1), at);
  text(PRPSINFO.name, path.split('/').at(-1)!, PRPSINFO.args - PRPSINFO.name);
  text(PRPSINFO.args, path, PRPSINFO.argsLength);
  return bytes;
}

/** Where files are mapped: count, size of a page, and start, end and page in the file of each; then their names. */
function filesNote(mappings: readonly Mapping[]): Uint8Array {
  const files = mappings.filter(({ name }) => name.startsWith('/'));
  const words = files.flatMap(({ start, end, offset }) => [start, end, offset / BigInt(PAGE_SIZE)]);
  const head = new Uint8Array(BigUint64Array.from([BigInt(files.length), BigInt(PAGE_SIZE), ...words]).buffer);
  const names = new TextEncoder().encode(files.map(({ name }) => `${name}\0`).join(''));
  const all = new Uint8Array(head.length + names.length);
  all.set(head);
  all.set(names, head.length);
  return all;
}
