/**
 * The vDSO: a page that the kernel gives each process, with functions that read the time without a system call (vdso(7)). They take the time
 * stamp counter, which counts the nanoseconds of CLOCK_MONOTONIC here.
 */
import { type AddressSpace, PAGE_SIZE, PROT } from '../../cpu/api.js';
import { CLOCK } from '../abi/constants.js';
import { clockBase } from '../clock.js';
import { MMAP_BASE } from './layout.js';

/** Where it lies: in the gap between the stack and what mmap gives. */
export const VDSO = MMAP_BASE;

/** Bytes of an instruction in hexadecimal, and what it is; or of data. */
type Line = readonly [bytes: string, text: string];

const eightBytes = (value: bigint): string =>
  Array.from({ length: 8 }, (_, byte) =>
    Number((value >> BigInt(8 * byte)) & 0xffn)
      .toString(16)
      .padStart(2, '0'),
  ).join(' ');

/** Clocks that the table of `clock_gettime` has. */
const CLOCKS = CLOCK.TAI + 1;
/** In that table: the kernel must be asked. */
const ASK = 1n;
const COARSE: ReadonlySet<number> = new Set([CLOCK.REALTIME_COARSE, CLOCK.MONOTONIC_COARSE]);

/** What a clock shows when the counter is 0. */
function addend(clock: number): bigint {
  const base = clockBase(clock);
  return base === undefined || COARSE.has(clock) ? ASK : BigInt.asUintN(64, base - clockBase(CLOCK.MONOTONIC)!);
}

const counter: readonly Line[] = [
  ['0f 31', 'rdtsc'],
  ['48 c1 e2 20', 'shl rdx, 32'],
  ['48 09 d0', 'or rax, rdx'],
];
/** RAX = seconds of the time in RAX, RDX = nanoseconds. */
const seconds: readonly Line[] = [
  ['31 d2', 'xor edx, edx'],
  ['b9 00 ca 9a 3b', 'mov ecx, 1000000000'],
  ['48 f7 f1', 'div rcx'],
];
const realTime: readonly Line[] = [
  ...counter,
  [`48 b9 ${eightBytes(addend(CLOCK.REALTIME))}`, `mov rcx, ${addend(CLOCK.REALTIME)}`],
  ['48 01 c8', 'add rax, rcx'],
  ...seconds,
];

/** The functions of the page, under the names that Linux gives them (arch/x86/entry/vdso/vdso.lds.S), with `__vdso_` in front and without. */
export const VDSO_FUNCTIONS: readonly { readonly name: string; readonly lines: readonly Line[] }[] = [
  {
    name: 'clock_gettime',
    lines: [
      ['83 ff 0b', `cmp edi, ${CLOCKS - 1}`],
      ['77 33', 'ja 0x38'],
      ['89 f9', 'mov ecx, edi'],
      ['4c 8d 05 32 00 00 00', 'lea r8, [rip+0x32]'],
      ['4d 8b 04 c8', 'mov r8, [r8+rcx*8]'],
      ['41 f6 c0 01', 'test r8b, 1'],
      ['75 20', 'jne 0x38'],
      ...counter,
      ['4c 01 c0', 'add rax, r8'],
      ...seconds,
      ['48 89 06', 'mov [rsi], rax'],
      ['48 89 56 08', 'mov [rsi+8], rdx'],
      ['31 c0', 'xor eax, eax'],
      ['c3', 'ret'],
      ['b8 e4 00 00 00', 'mov eax, 228'],
      ['0f 05', 'syscall'],
      ['c3', 'ret'],
      ...Array.from({ length: CLOCKS }, (_, clock): Line => [eightBytes(addend(clock)), '']),
    ],
  },
  {
    name: 'gettimeofday',
    lines: [
      ['48 85 ff', 'test rdi, rdi'],
      ['74 32', 'je 0x37'],
      ...realTime,
      ['48 89 07', 'mov [rdi], rax'],
      ['89 d0', 'mov eax, edx'],
      ['31 d2', 'xor edx, edx'],
      ['b9 e8 03 00 00', 'mov ecx, 1000'],
      ['f7 f1', 'div ecx'],
      ['48 89 47 08', 'mov [rdi+8], rax'],
      ['48 85 f6', 'test rsi, rsi'],
      ['74 07', 'je 0x43'],
      ['48 c7 06 00 00 00 00', 'mov qword ptr [rsi], 0'],
      ['31 c0', 'xor eax, eax'],
      ['c3', 'ret'],
    ],
  },
  {
    name: 'time',
    lines: [...realTime, ['48 85 ff', 'test rdi, rdi'], ['74 03', 'je 0x28'], ['48 89 07', 'mov [rdi], rax'], ['c3', 'ret']],
  },
  {
    name: 'getcpu',
    lines: [
      ['0f 01 f9', 'rdtscp'],
      ['48 85 ff', 'test rdi, rdi'],
      ['74 02', 'je 0xa'],
      ['89 0f', 'mov [rdi], ecx'],
      ['48 85 f6', 'test rsi, rsi'],
      ['74 06', 'je 0x15'],
      ['c7 06 00 00 00 00', 'mov dword ptr [rsi], 0'],
      ['31 c0', 'xor eax, eax'],
      ['c3', 'ret'],
    ],
  },
  {
    name: 'clock_getres',
    lines: [
      ['b8 e5 00 00 00', 'mov eax, 229'],
      ['0f 05', 'syscall'],
      ['c3', 'ret'],
    ],
  },
];

const bytesOf = (lines: readonly Line[]): Uint8Array =>
  Uint8Array.from(lines.flatMap(([bytes]) => bytes.split(' ').map(byte => Number.parseInt(byte, 16))));

const SONAME = 'linux-vdso.so.1';
const VERSION = 'LINUX_2.6';

/** The hash of names in DT_HASH and of versions (System V ABI, "Hash Table"). */
function elfHash(name: string): number {
  let hash = 0;
  for (const letter of name) {
    hash = (hash << 4) + letter.charCodeAt(0);
    const high = hash & 0xf000_0000;
    hash = (hash ^ (high >>> 24)) & ~high;
  }
  return hash;
}

/** Pieces of a file, each at the next multiple of 16. */
class Pieces {
  readonly bytes = new Uint8Array(PAGE_SIZE);
  private end = 0;

  add(piece: ArrayLike<number>): number {
    const at = (this.end + 15) & ~15;
    this.bytes.set(piece, at);
    this.end = at + piece.length;
    return at;
  }

  words(size: 2 | 4 | 8, ...values: readonly number[]): number {
    const view = new DataView(new ArrayBuffer(size * values.length));
    for (const [index, value] of values.entries()) {
      if (size === 2) view.setUint16(2 * index, value, true);
      else if (size === 4) view.setUint32(4 * index, value, true);
      else view.setBigUint64(8 * index, BigInt(value), true);
    }
    return this.add(new Uint8Array(view.buffer));
  }
}

/** Its image: a shared library of one segment, found through AT_SYSINFO_EHDR. Addresses in it count from its first byte. */
export function vdsoImage(): Uint8Array {
  const HEADERS = 64 + 2 * 56;
  const pieces = new Pieces();
  pieces.add(new Uint8Array(HEADERS));
  const names = ['', SONAME, VERSION];
  const offsets = [0];
  const nameOffset = (name: string): number => {
    let at = names.indexOf(name);
    if (at < 0) at = names.push(name) - 1;
    for (let index = offsets.length; index <= at; index++) offsets[index] = offsets[index - 1]! + names[index - 1]!.length + 1;
    return offsets[at]!;
  };
  const symbols: number[] = Array<number>(24).fill(0);
  const functions = VDSO_FUNCTIONS.flatMap(({ name, lines }) => {
    const code = bytesOf(lines);
    const at = pieces.add(code);
    // st_info: STT_FUNC with STB_GLOBAL or STB_WEAK.
    return [
      { name: `__vdso_${name}`, info: 0x12, at, size: code.length },
      { name, info: 0x22, at, size: code.length },
    ];
  });
  for (const { name, info, at, size } of functions) {
    const symbol = new DataView(new ArrayBuffer(24));
    symbol.setUint32(0, nameOffset(name), true);
    symbol.setUint8(4, info);
    // Any section but SHN_UNDEF.
    symbol.setUint16(6, 1, true);
    symbol.setUint32(8, at, true);
    symbol.setUint32(16, size, true);
    symbols.push(...new Uint8Array(symbol.buffer));
  }
  const count = functions.length + 1;
  const symtab = pieces.add(symbols);
  const strtab = pieces.add(new TextEncoder().encode(`${names.join('\0')}\0`));
  const strings = names.reduce((sum, name) => sum + name.length + 1, 0);
  // One bucket: symbol 1, and each leads to the next.
  const hash = pieces.words(4, 1, count, 1, 0, ...Array.from({ length: count - 1 }, (_, index) => (index + 2) % count));
  const versym = pieces.words(2, 0, ...functions.map(() => 2));
  /** Elf64_Verdef and its Elf64_Verdaux. */
  const verdef = (flags: number, index: number, name: string, next: number): number[] => {
    const view = new DataView(new ArrayBuffer(28));
    for (const [at, value] of [1, flags, index, 1].entries()) view.setUint16(2 * at, value, true);
    for (const [at, value] of [elfHash(name), 20, next, nameOffset(name), 0].entries()) view.setUint32(8 + 4 * at, value, true);
    return [...new Uint8Array(view.buffer)];
  };
  const verdefs = pieces.add([...verdef(1, 1, SONAME, 28), ...verdef(0, 2, VERSION, 0)]);
  const entries = [
    [14, nameOffset(SONAME)], // DT_SONAME
    [4, hash], // DT_HASH
    [5, strtab], // DT_STRTAB
    [6, symtab], // DT_SYMTAB
    [10, strings], // DT_STRSZ
    [11, 24], // DT_SYMENT
    [0x6fff_fff0, versym], // DT_VERSYM
    [0x6fff_fffc, verdefs], // DT_VERDEF
    [0x6fff_fffd, 2], // DT_VERDEFNUM
    [0, 0],
  ].flat();
  const dynamic = pieces.words(8, ...entries);
  const { bytes } = pieces;
  const view = new DataView(bytes.buffer);
  // Magic, 64-bit, little-endian, version 1; ET_DYN, EM_X86_64.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setUint32(32, 64, true);
  for (const [at, value] of [64, 56, 2, 64].entries()) view.setUint16(52 + 2 * at, value, true);
  const segment = (number: number, type: number, flags: number, at: number, size: number): void => {
    const header = 64 + 56 * number;
    view.setUint32(header, type, true);
    view.setUint32(header + 4, flags, true);
    for (const [field, value] of [at, at, at, size, size, type === 1 ? PAGE_SIZE : 8].entries())
      view.setUint32(header + 8 + 8 * field, value, true);
  };
  // PT_LOAD for reading and executing, PT_DYNAMIC.
  segment(0, 1, 5, 0, PAGE_SIZE);
  segment(1, 2, 4, dynamic, 8 * entries.length);
  return bytes;
}

let image: Uint8Array | undefined;

/** Maps it. */
export function mapVdso(memory: AddressSpace): void {
  memory.map(VDSO, BigInt(PAGE_SIZE), PROT.read | PROT.exec, { name: '[vdso]' });
  memory.write(VDSO, (image ??= vdsoImage()));
}
