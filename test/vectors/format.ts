/**
 * The files in test/vectors/data: one for each group, compressed with brotli. All numbers are LEB128 varints unless a size is given.
 *
 *     file    = magic "r14v1\n" | length, JSON header {cpu, group, cases, ymm} | case...
 *     case    = seed (difference to the one before, zigzag) | profile u8 | rip - ENTRY (zigzag) | code length u8, code
 *             | count, (register u8, value)... | overlay | undefined flags | outcome
 *     overlay = 0, or 1 + length, value of the address, u8: 1 when the bytes follow, and they
 *     outcome = RIP - (rip + code length) (zigzag) | RFLAGS, changed bits | fault u8: 0, or 1 + index in VECTORS
 *             | #PF only: access u8 (index in ACCESSES, plus 4 when mapped), value of the address
 *             | mask of changed general registers, a value for each | MXCSR, FCW, FSW, FTW, changed bits
 *             | mask of changed ST(i), 10 bytes for each | mask of changed XMM registers, 16 bytes for each
 *             | with `ymm` in the header: mask of changed upper halves, 16 bytes for each
 *             | count, (value of the address, value) of each changed 8-byte word
 *     value   = u8 n, then n bytes for 0..8: the low bytes of a zero-extended value; 9..16: n-8 bytes of a sign-extended one;
 *               17..19: zigzag distance from LOW, HIGH, CODE
 *
 * Input states are not stored: `expand` makes them from the seed.
 */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { AccessKind, Vector } from '../../src/cpu/api.js';
import { type Case, inputOf } from './case.js';
import { CODE, ENTRY, FX, HIGH, INPUT, LOW } from './layout.js';
import type { Outcome, OutcomeFault } from './outcome.js';
import { PROFILES } from './state.js';

export interface Measured {
  readonly test: Case;
  readonly outcome: Outcome;
}

export interface VectorFile {
  /** The model of CPU that the outcomes were measured on. */
  readonly cpu: string;
  readonly group: string;
  readonly measured: readonly Measured[];
}

const MAGIC = 'r14v1\n';
const VECTORS: readonly Vector[] = ['#PF', '#UD', '#DE', '#GP', '#BP', '#DB', '#SS', '#AC', '#XM', '#MF', '#NM', '#OF'];
const ACCESSES: readonly AccessKind[] = ['read', 'write', 'exec'];
const MAPPED = 4;
const BASES: readonly bigint[] = [LOW, HIGH, CODE];
const NEAR = 0x1_0000n;

/** Registers outside the general ones that change by bits: offset in an `Input` record, bytes. */
const CONTROL: readonly (readonly [offset: number, bytes: number])[] = [
  [INPUT.fx + FX.mxcsr, 4],
  [INPUT.fx + FX.fcw, 2],
  [INPUT.fx + FX.fsw, 2],
  [INPUT.fx + FX.ftw, 1],
];

class Writer {
  private bytes = new Uint8Array(1 << 16);
  private at = 0;

  private room(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    const grown = new Uint8Array(2 * (this.bytes.length + length));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  u8(value: number): void {
    this.room(1);
    this.bytes[this.at++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  varint(value: number | bigint): void {
    let rest = BigInt(value);
    while (rest >= 0x80n) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.u8(Number(rest));
  }

  zigzag(value: number | bigint): void {
    const big = BigInt(value);
    this.varint(big < 0n ? -2n * big - 1n : 2n * big);
  }

  value(value: bigint): void {
    for (const [index, base] of BASES.entries()) {
      const distance = value - base;
      if (distance > -NEAR && distance < NEAR) {
        this.u8(17 + index);
        this.zigzag(distance);
        return;
      }
    }
    const signed = BigInt.asIntN(64, value);
    let unsignedBytes = 0;
    while (unsignedBytes < 8 && value >> BigInt(8 * unsignedBytes)) unsignedBytes++;
    let signedBytes = 1;
    while (signedBytes < 8 && BigInt.asIntN(8 * signedBytes, signed) !== signed) signedBytes++;
    const bytes = Math.min(unsignedBytes, signedBytes);
    this.u8(unsignedBytes <= signedBytes ? bytes : 8 + bytes);
    for (let i = 0; i < bytes; i++) this.u8(Number((value >> BigInt(8 * i)) & 0xffn));
  }

  take(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }
}

class Reader {
  private at = 0;
  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  u8(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new Error('a vector file ends early');
    return value;
  }

  raw(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new Error('a vector file ends early');
    return this.bytes.slice(this.at, (this.at += length));
  }

  /** Up to 2^53. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  value(): bigint {
    const kind = this.u8();
    if (kind >= 17) return (BASES[kind - 17] as bigint) + BigInt(this.zigzag());
    const bytes = kind > 8 ? kind - 8 : kind;
    let value = 0n;
    for (let i = 0; i < bytes; i++) value |= BigInt(this.u8()) << BigInt(8 * i);
    return kind > 8 ? BigInt.asUintN(64, BigInt.asIntN(8 * bytes, value)) : value;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array, offset: number, length: number): boolean {
  for (let i = offset; i < offset + length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function littleEndian(record: Uint8Array, offset: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + (record[offset + i] as number);
  return value;
}

/** Writes a mask of the changed registers of a file of them, then those. */
function writeChanged(
  writer: Writer,
  before: Uint8Array,
  after: Uint8Array,
  count: number,
  offset: (index: number) => number,
  bytes: number,
): void {
  let mask = 0;
  for (let i = 0; i < count; i++) if (!sameBytes(before, after, offset(i), bytes)) mask |= 1 << i;
  writer.varint(mask);
  for (let i = 0; i < count; i++) {
    if (!(mask & (1 << i))) continue;
    const at = offset(i);
    if (bytes === 8) writer.value(new DataView(after.buffer, after.byteOffset).getBigUint64(at, true));
    else writer.raw(after.subarray(at, at + bytes));
  }
}

function readChanged(reader: Reader, record: Uint8Array, count: number, offset: (index: number) => number, bytes: number): void {
  const mask = reader.varint();
  for (let i = 0; i < count; i++) {
    if (!(mask & (1 << i))) continue;
    if (bytes === 8) new DataView(record.buffer).setBigUint64(offset(i), reader.value(), true);
    else record.set(reader.raw(bytes), offset(i));
  }
}

const gprOffset = (index: number) => INPUT.gpr + 8 * index;
const stOffset = (index: number) => INPUT.fx + FX.st + 16 * index;
const xmmOffset = (index: number) => INPUT.fx + FX.xmm + 16 * index;
const ymmOffset = (index: number) => INPUT.ymm + 16 * index;

function writeCase(writer: Writer, test: Case, previousSeed: number): void {
  writer.zigzag(test.seed - previousSeed);
  writer.u8(PROFILES.indexOf(test.profile));
  writer.zigzag(test.rip - ENTRY);
  writer.u8(test.code.length);
  writer.raw(test.code);
  writer.varint(test.registers.length);
  for (const [register, value] of test.registers) {
    writer.u8(register);
    writer.value(value);
  }
  const { overlay } = test;
  writer.varint(overlay ? 1 + overlay.length : 0);
  if (overlay) {
    writer.value(overlay.address);
    writer.u8(overlay.bytes ? 1 : 0);
    if (overlay.bytes) writer.raw(overlay.bytes);
  }
  writer.varint(test.undefinedFlags);
}

function readCase(reader: Reader, previousSeed: number): Case {
  const seed = previousSeed + reader.zigzag();
  const profile = PROFILES[reader.u8()];
  if (!profile) throw new Error('a vector file names an unknown profile');
  const rip = ENTRY + BigInt(reader.zigzag());
  const code = reader.raw(reader.u8());
  const registers: [number, bigint][] = [];
  for (let count = reader.varint(); count > 0; count--) registers.push([reader.u8(), reader.value()]);
  const length = reader.varint() - 1;
  let overlay: Case['overlay'];
  if (length >= 0) {
    const address = reader.value();
    overlay = reader.u8() ? { address, length, bytes: reader.raw(length) } : { address, length };
  }
  return { seed, profile, rip, code, registers, ...(overlay ? { overlay } : {}), undefinedFlags: reader.varint() };
}

function writeOutcome(writer: Writer, test: Case, outcome: Outcome, ymm: boolean): void {
  const before = inputOf(test);
  const after = outcome.registers;
  const view = new DataView(after.buffer, after.byteOffset);
  // A jump can go far away.
  writer.value(BigInt.asUintN(64, view.getBigUint64(INPUT.rip, true) - test.rip - BigInt(test.code.length)));
  writer.varint((littleEndian(before, INPUT.rflags, 4) ^ littleEndian(after, INPUT.rflags, 4)) & COMPARED & ~test.undefinedFlags);
  const { fault } = outcome;
  writer.u8(fault ? 1 + VECTORS.indexOf(fault.vector) : 0);
  if (fault?.access) {
    writer.u8(ACCESSES.indexOf(fault.access) + (fault.mapped ? MAPPED : 0));
    writer.value(fault.address);
  }
  writeChanged(writer, before, after, 16, gprOffset, 8);
  for (const [offset, bytes] of CONTROL) writer.varint(littleEndian(before, offset, bytes) ^ littleEndian(after, offset, bytes));
  writeChanged(writer, before, after, 8, stOffset, 10);
  writeChanged(writer, before, after, 16, xmmOffset, 16);
  if (ymm) writeChanged(writer, before, after, 16, ymmOffset, 16);
  writer.varint(outcome.memory.length);
  for (const [address, value] of outcome.memory) {
    writer.value(address);
    writer.value(value);
  }
}

/** RF is the kernel's, IF and the rest constant. */
const COMPARED = 0x240cd5;

function readOutcome(reader: Reader, test: Case, ymm: boolean): Outcome {
  const registers = inputOf(test);
  const view = new DataView(registers.buffer);
  view.setBigUint64(INPUT.rip, BigInt.asUintN(64, reader.value() + test.rip + BigInt(test.code.length)), true);
  view.setUint32(INPUT.rflags, view.getUint32(INPUT.rflags, true) ^ reader.varint(), true);
  const index = reader.u8();
  let fault: OutcomeFault | undefined;
  if (index) {
    const vector = VECTORS[index - 1];
    if (!vector) throw new Error('a vector file names an unknown exception');
    if (vector === '#PF') {
      const access = reader.u8();
      fault = { vector, access: ACCESSES[access & 3] as AccessKind, mapped: (access & MAPPED) !== 0, address: reader.value() };
    } else fault = { vector, address: 0n };
  }
  readChanged(reader, registers, 16, gprOffset, 8);
  for (const [offset, bytes] of CONTROL) {
    const changed = reader.varint();
    for (let i = 0; i < bytes; i++) registers[offset + i] = (registers[offset + i] as number) ^ ((changed >>> (8 * i)) & 0xff);
  }
  readChanged(reader, registers, 8, stOffset, 10);
  readChanged(reader, registers, 16, xmmOffset, 16);
  if (ymm) readChanged(reader, registers, 16, ymmOffset, 16);
  const memory: [bigint, bigint][] = [];
  for (let count = reader.varint(); count > 0; count--) memory.push([reader.value(), reader.value()]);
  return fault ? { registers, fault, memory } : { registers, memory };
}

export function encodeVectors(file: VectorFile): Uint8Array {
  const writer = new Writer();
  writer.raw(Buffer.from(MAGIC, 'latin1'));
  const ymm = file.measured.some(({ test, outcome }) => !sameBytes(inputOf(test), outcome.registers, INPUT.ymm, 256));
  const header = Buffer.from(JSON.stringify({ cpu: file.cpu, group: file.group, cases: file.measured.length, ...(ymm ? { ymm } : {}) }));
  writer.varint(header.length);
  writer.raw(header);
  let seed = 0;
  for (const { test, outcome } of file.measured) {
    writeCase(writer, test, seed);
    writeOutcome(writer, test, outcome, ymm);
    seed = test.seed;
  }
  return brotliCompressSync(writer.take(), { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 } });
}

export function decodeVectors(bytes: Uint8Array): VectorFile {
  const reader = new Reader(brotliDecompressSync(bytes));
  if (Buffer.from(reader.raw(MAGIC.length)).toString('latin1') !== MAGIC) throw new Error('not a vector file of this version');
  const header = JSON.parse(Buffer.from(reader.raw(reader.varint())).toString()) as {
    cpu: string;
    group: string;
    cases: number;
    ymm?: boolean;
  };
  const measured: Measured[] = [];
  let seed = 0;
  for (let i = 0; i < header.cases; i++) {
    const test = readCase(reader, seed);
    measured.push({ test, outcome: readOutcome(reader, test, header.ymm === true) });
    seed = test.seed;
  }
  if (!reader.done) throw new Error(`the vector file of ${header.group} goes on after its last case`);
  return { cpu: header.cpu, group: header.group, measured };
}
