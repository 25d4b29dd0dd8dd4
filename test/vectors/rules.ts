/**
 * What single instructions want of their registers and memory to do something worth seeing: a divisor that fits, a stack, a count. One
 * table; an instruction without a rule takes what its operands give it.
 */
import { OpCodeOperandKind, OpKind, Register } from 'iced-x86';
import { type Draft, gprNumber, placeAddress, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP } from './draft.js';
import { hasMmx } from './forms.js';
import { CODE, HIGH, LOW } from './layout.js';
import type { Random } from './random.js';
import { PROFILES, type Profile } from './state.js';

export interface Rule {
  readonly mnemonics: RegExp;
  /** Before the operands are chosen. False gives the attempt up. */
  readonly before?: (draft: Draft) => boolean;
  /** When they are known. */
  readonly after?: (draft: Draft) => boolean;
}

function edge(draft: Draft, bits: number): bigint {
  const { random } = draft;
  const top = 1n << BigInt(bits - 1);
  const value = random.chance(40)
    ? random.u64() >> BigInt(random.below(64))
    : random.pick([0n, 1n, 2n, 3n, top, top - 1n, top + 1n, -1n, -2n, 10n, 0x7fn, 0xffn, 0x100n]);
  return BigInt.asUintN(bits, value);
}

/** Gives operand 0 that value; false when it is a register with another purpose. */
function setOperand(draft: Draft, index: number, value: bigint, bytes: number): boolean {
  const { instruction } = draft;
  if (instruction.opKind(index) === OpKind.Register) {
    const register = instruction.opRegister(index);
    const number = gprNumber(register);
    if (number === undefined) return false;
    if (register >= Register.AH && register <= Register.BH) return draft.set(number, (value & 0xffn) << 8n);
    return draft.set(number, value | (bytes < 8 ? draft.random.u64() << BigInt(8 * bytes) : 0n));
  }
  if (draft.address === undefined) return false;
  draft.fill(draft.address, bytes, littleEndian(value, bytes));
  return true;
}

function littleEndian(value: bigint, bytes: number): Uint8Array {
  const result = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) result[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return result;
}

/** Two registers, or the low and high byte of AX, that together hold a dividend or a product. */
function setPair(draft: Draft, value: bigint, bytes: number): boolean {
  const { random } = draft;
  const bits = BigInt(8 * bytes);
  if (bytes === 1) return draft.set(RAX, BigInt.asUintN(16, value) | (random.u64() << 16n));
  const noise = bytes < 8 ? random.u64() << bits : 0n;
  return draft.set(RAX, BigInt.asUintN(8 * bytes, value) | noise) && draft.set(RDX, BigInt.asUintN(8 * bytes, value >> bits) | noise);
}

/** A quotient, often at its limit or just past it, decides the dividend. */
function divide(draft: Draft): boolean {
  const { random, form } = draft;
  if (random.chance(25)) return true;
  const bytes = form.operandBytes;
  const bits = 8 * bytes;
  const signed = form.mnemonic === 'Idiv';
  const as = signed ? BigInt.asIntN : BigInt.asUintN;
  const divisor = as(bits, edge(draft, bits) || 1n);
  if (divisor === 0n) return true;
  const limit = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
  const quotient = random.chance(60)
    ? as(bits, edge(draft, bits))
    : random.pick(signed ? [limit, limit + 1n, -limit - 1n, -limit - 2n, 0n] : [limit, limit + 1n, 0n, 1n]);
  const size = divisor < 0n ? -divisor : divisor;
  let remainder = random.u64() % size;
  if (random.chance(20)) remainder = size - 1n;
  if (random.chance(20)) remainder = 0n;
  const product = quotient * divisor;
  const dividend = product < 0n || (product === 0n && signed && random.chance(50)) ? product - remainder : product + remainder;
  // An operand that is part of the dividend keeps what the dividend gives it.
  setOperand(draft, 0, BigInt.asUintN(bits, divisor), bytes);
  setPair(draft, dividend, bytes);
  return true;
}

const COUNTS = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 34, 47, 48, 63, 64, 65, 127, 128, 200, 255];

function shiftCount(draft: Draft): boolean {
  const { random, instruction, form } = draft;
  const count = random.chance(70) ? random.pick(COUNTS) : random.below(256);
  const last = form.operands.length - 1;
  if (instruction.opKind(last) === OpKind.Register) draft.set(RCX, BigInt(count) | (random.u64() << 8n));
  // SHLD and SHRD by more than the operand's width leave nothing defined.
  if (!/^Sh[lr]d$/.test(form.mnemonic) || form.operandBytes !== 2) return true;
  const given = instruction.opKind(last) === OpKind.Register ? Number((draft.registers.get(RCX) ?? 0n) & 31n) : instruction.immediate8 & 31;
  return given <= 16;
}

/** The offset of a bit reaches memory far from the operand: keep it near. */
function bitOffset(draft: Draft): boolean {
  const { instruction, random } = draft;
  if (instruction.opKind(0) !== OpKind.Memory || instruction.opKind(1) !== OpKind.Register) return true;
  const number = gprNumber(instruction.opRegister(1));
  if (number === undefined) return false;
  const bytes = draft.form.operandBytes;
  const offset = BigInt(random.chance(60) ? random.between(0, 8 * bytes - 1) : random.between(-600, 600));
  return draft.set(number, bytes < 8 ? BigInt.asUintN(8 * bytes, offset) | (random.u64() << BigInt(8 * bytes)) : offset);
}

function stack(draft: Draft): boolean {
  return draft.set(RSP, placeAddress(draft.random, draft.random.pick([8, 8, 8, 2]), 'any'));
}

/** In writable pages, with room on both sides: what several accesses find out of order there cannot be seen. */
function goodStack(draft: Draft): boolean {
  return draft.set(RSP, draft.random.pick([LOW, HIGH]) + BigInt(draft.random.between(0x100, 0x1f00)));
}

/** The top of the stack is below RSP for a push, at RSP for a pop. */
function stackTop(bytes: (draft: Draft) => Uint8Array): (draft: Draft) => boolean {
  return draft => {
    const rsp = draft.registers.get(RSP);
    if (rsp === undefined) return true;
    const top = bytes(draft);
    draft.fill(rsp, top.length, top);
    return true;
  };
}

/** Somewhere a branch can go: mostly INT3 in the code page, else a page that cannot be executed. */
function target(draft: Draft): bigint {
  const { random } = draft;
  if (random.chance(85)) return CODE + BigInt(random.chance(50) ? random.between(0x840, 0xfff) : random.between(0, 0x7ff));
  return random.pick([LOW, HIGH, LOW + 0x2000n, 0x1234_5000n, 0x5555_0000_0000n]) + BigInt(random.below(0x1000));
}

function branchOperand(draft: Draft): boolean {
  return setOperand(draft, 0, target(draft), 8);
}

/** Flags as POPF finds them, without TF (a trap of its own), NT and the unprivileged's dead letters. */
function flagImage(draft: Draft): Uint8Array {
  return littleEndian(BigInt(draft.random.u32() & 0x240cd5) | 2n, 8);
}

/** MXCSR: valid, but for one in eight with a reserved bit. */
function mxcsrImage(draft: Draft): number {
  const { random } = draft;
  return (random.u32() & 0xffff) | (random.chance(12) ? 1 << random.between(18, 31) : 0);
}

function fxImage(draft: Draft): Uint8Array {
  const { random } = draft;
  const image = new Uint8Array(512);
  for (let i = 0; i < 416; i++) image[i] = random.u32();
  const view = new DataView(image.buffer);
  const fcw = (random.u32() & 0xf00) | 0x7f;
  view.setUint16(0, fcw, true);
  view.setUint16(2, random.u32() & 0x7f7f, true);
  view.setUint8(5, 0);
  // Instruction and operand pointers: their treatment differs between CPUs.
  for (let i = 6; i < 24; i++) image[i] = 0;
  view.setUint32(24, mxcsrImage(draft), true);
  for (let i = 0; i < 8; i++) for (let j = 10; j < 16; j++) image[32 + 16 * i + j] = 0;
  return image;
}

/** An x87 environment of 14 or 28 bytes, and eight registers behind it for FRSTOR. */
function x87Image(draft: Draft): Uint8Array {
  const { random, form } = draft;
  const wide = /m(28|108)byte/.test(form.name);
  const image = new Uint8Array(wide ? 108 : 94);
  const view = new DataView(image.buffer);
  const step = wide ? 4 : 2;
  view.setUint16(0, (random.u32() & 0xf00) | (random.chance(90) ? 0x7f : 0x40 | random.below(64)), true);
  view.setUint16(step, random.u32() & 0x7f7f, true);
  view.setUint16(2 * step, random.u32(), true);
  for (let i = 7 * step; i < image.length; i++) image[i] = random.u32();
  return image.slice(0, form.memoryBytes);
}

function elementBytes(draft: Draft): number {
  return draft.form.memoryBytes || { b: 1, w: 2, d: 4, q: 8 }[draft.form.mnemonic.at(-1) as 'b'] || 1;
}

/** Source, destination and count of a string instruction. */
function stringOperands(draft: Draft): boolean {
  const { random, form, instruction } = draft;
  const bytes = elementBytes(draft);
  const low = draft.addressBytes === 4;
  const repeats = random.chance(60);
  if (repeats) {
    if (/^(Cmps|Scas)/.test(form.mnemonic) && random.chance(50)) instruction.hasRepnePrefix = true;
    else instruction.hasRepPrefix = true;
    const count = BigInt(random.chance(15) ? 0 : random.between(1, 12));
    draft.set(RCX, low ? count | (random.u64() << 32n) : count);
  }
  const uses = (mnemonics: RegExp) => mnemonics.test(form.mnemonic);
  const noise = () => (low ? random.u64() << 32n : 0n);
  const source = placeAddress(random, bytes, low ? 'low' : 'any');
  // At most one of the two is a bad address, so that the order of the accesses does not matter; now and then they overlap.
  const destination = random.chance(15)
    ? placeAddress(random, bytes, low ? 'low' : 'any', 'aligned')
    : uses(/^(Stos|Scas)/)
      ? placeAddress(random, bytes, low ? 'low' : 'any')
      : LOW + BigInt(0x800 + random.below(0x1000));
  const swapped = random.chance(40);
  const [first, second] = swapped && uses(/^(Movs|Cmps)/) ? [destination, source] : [source, destination];
  if (uses(/^(Movs|Cmps|Lods)/)) draft.set(RSI, first | noise());
  if (uses(/^(Movs|Cmps|Stos|Scas)/))
    draft.set(RDI, (uses(/^Movs/) && random.chance(10) ? first + BigInt(random.between(-9, 9)) : second) | noise());
  if (repeats && uses(/^Scas/)) {
    // A run of equal elements around the start, cut somewhere.
    const value = random.u64();
    draft.set(RAX, value);
    const run = new Uint8Array(64);
    for (let i = 0; i < 64; i++) run[i] = Number((value >> BigInt(8 * (i % bytes))) & 0xffn);
    for (let i = 0; i < 2; i++) run[random.below(64)] = random.below(256);
    draft.fill(destination - 32n, 64, run);
    draft.set(RDI, destination);
  } else if (repeats && uses(/^Cmps/) && random.chance(70)) {
    const run = new Uint8Array(64).fill(random.below(256));
    if (random.chance(70)) run[random.below(64)] = random.below(256);
    const start = placeAddress(random, 64, low ? 'low' : 'any', 'aligned');
    draft.fill(start, 64, run);
    draft.registers.set(RSI, (start + BigInt(16 + random.below(3) * bytes)) | noise());
    draft.registers.set(RDI, (start + BigInt(32 + random.below(3) * bytes)) | noise());
  }
  return true;
}

/** Compare and exchange: as often equal as not. */
function compareExchange(draft: Draft): boolean {
  const { random, form } = draft;
  if (random.chance(50)) return true;
  const bytes = form.operandBytes;
  const value = edge(draft, 8 * bytes);
  return setOperand(draft, 0, value, bytes) && draft.set(RAX, value | (bytes < 8 ? random.u64() << BigInt(8 * bytes) : 0n));
}

function compareExchangeWide(draft: Draft): boolean {
  const { random, form, address } = draft;
  if (address === undefined || random.chance(40)) return true;
  const half = form.memoryBytes / 2;
  const [low, high] = [edge(draft, 8 * half), edge(draft, 8 * half)];
  const noise = half < 8 ? random.u64() << 32n : 0n;
  if (!draft.set(RAX, low | noise) || !draft.set(RDX, high | noise)) return false;
  draft.fill(address, 2 * half, littleEndian(low | (high << BigInt(8 * half)), 2 * half));
  return true;
}

function explicitMemory(bytes: (draft: Draft) => Uint8Array): (draft: Draft) => boolean {
  return draft => {
    const content = bytes(draft);
    if (draft.address !== undefined) draft.fill(draft.address, content.length, content);
    return true;
  };
}

/** FXSAVE's 512 bytes: within the writable pages and aligned, but for some that are not. */
function fxAddress(draft: Draft): boolean {
  const { random } = draft;
  draft.address = random.pick([LOW, HIGH]) + BigInt(random.below(0x1d0) * 16) + (random.chance(10) ? BigInt(random.between(1, 15)) : 0n);
  if (draft.addressBytes === 4) draft.address = LOW + (draft.address & 0x1fffn);
  return true;
}

/** As fxAddress, without the alignment: the many bytes of an x87 state are stored in no agreed order, so none of them may fault. */
function x87Address(draft: Draft): boolean {
  const { random } = draft;
  draft.address = (draft.addressBytes === 4 ? LOW : random.pick([LOW, HIGH])) + BigInt(random.below(0x1f00));
  return true;
}

/** A selector, mostly one that user level may have. CPUs answer the limit of 0x78 with their number. */
function selectorOf(random: Random): bigint {
  return BigInt(random.pick([0, 0x28, 0x2b, 0x2b, 0x30, 0x33, 0x33, 0x2a, 0x10, 0x40, 7, 0xff, 0x1233]));
}

function farPointer(draft: Draft, address: bigint, offsetBytes: number): Uint8Array {
  const code = /^L[sfg]s$/.test(draft.form.mnemonic)
    ? selectorOf(draft.random)
    : draft.random.chance(80)
      ? 0x33n
      : selectorOf(draft.random);
  const bytes = new Uint8Array(2 * offsetBytes);
  bytes.set(littleEndian(address, offsetBytes));
  bytes.set(littleEndian(code, 2), offsetBytes);
  return bytes;
}

function interrupt({ instruction, random }: Draft): boolean {
  // 0x80 is a call of the kernel where that runs 32-bit programs, and may end the harness.
  instruction.immediate8 = random.pick([3, 4, 0, 1, 2, 5, 0x81, 0xff]);
  return true;
}

/** RIP, CS, flags, RSP and SS, as IRET finds them; without TF, and without NT, which would stay. */
function interruptFrame(draft: Draft): Uint8Array {
  const { random } = draft;
  const width = /q/.test(draft.form.name) ? 8 : 4;
  const or = (good: bigint): bigint => (random.chance(85) ? good : selectorOf(random));
  const flags = BigInt(random.u32() & 0xcd5) | 0x202n;
  const words = [target(draft), or(0x33n), flags, random.chance(80) ? LOW + 0x800n : random.u64(), or(0x2bn)];
  const bytes = new Uint8Array(5 * width);
  for (const [index, word] of words.entries()) bytes.set(littleEndian(word, width), index * width);
  return bytes;
}

export const RULES: readonly Rule[] = [
  // Some kernels do not let a process begin with a stack pointer that is not canonical: what needs none has a good one.
  {
    mnemonics: /^(Verr|Verw|Lar|Lsl|L[sfg]s|(Rd|Wr)[fg]sbase|Sldt|Str|Smsw|Bswap|Int)$/,
    before: draft => (draft.form.mnemonic !== 'Bswap' || draft.form.operandBytes === 2 ? draft.set(RSP, LOW + 0x800n) : true),
  },
  {
    mnemonics: /^(Mov|Jmp)$/,
    before: draft => !/Sreg|_m16/.test(draft.form.name) || draft.set(RSP, LOW + 0x800n),
  },
  { mnemonics: /^I?div$/, after: divide },
  { mnemonics: /^(Rol|Ror|Rcl|Rcr|Shl|Shr|Sal|Sar|Shld|Shrd)$/, after: shiftCount },
  { mnemonics: /^Bt[src]?$/, after: bitOffset },
  { mnemonics: /^(Push|Pop)$/, before: draft => !/_[FG]S$/.test(draft.form.name) || goodStack(draft) },
  { mnemonics: /^(Push|Pushf|Pushfq)$/, before: draft => draft.registers.has(RSP) || stack(draft) },
  {
    mnemonics: /^Pop$/,
    before: draft => draft.registers.has(RSP) || stack(draft),
    after: draft => draft.overlay !== undefined || stackTop(d => littleEndian(edge(d, 64), 8))(draft),
  },
  { mnemonics: /^Popfq?$/, before: stack, after: stackTop(flagImage) },
  { mnemonics: /^Ret$/, before: stack, after: stackTop(draft => littleEndian(target(draft), 8)) },
  {
    mnemonics: /^Call$/,
    before: draft => (/_m16/.test(draft.form.name) ? goodStack(draft) : stack(draft)),
    after: draft =>
      draft.form.operands.length === 0 ||
      draft.instruction.op0Kind === OpKind.NearBranch64 ||
      /_m16/.test(draft.form.name) ||
      branchOperand(draft),
  },
  {
    mnemonics: /^Jmp$/,
    after: draft => draft.instruction.op0Kind === OpKind.NearBranch64 || /_m16/.test(draft.form.name) || branchOperand(draft),
  },
  {
    mnemonics: /^Enter$/,
    // Deep nesting touches much memory: all of it is there.
    before: draft => {
      const region = draft.random.pick([LOW, HIGH]);
      return (
        draft.set(RSP, region + BigInt(draft.random.between(0x200, 0x1ff8))) &&
        draft.set(RBP, region + BigInt(draft.random.between(0x200, 0x1ff8)))
      );
    },
    after: draft => {
      if (draft.random.chance(80)) draft.instruction.immediate16 = draft.random.below(0x180);
      return true;
    },
  },
  {
    mnemonics: /^Leave$/,
    before: draft => (draft.form.name !== 'Leavew' || goodStack(draft)) && draft.set(RBP, placeAddress(draft.random, 8, 'any')),
  },
  {
    mnemonics: /^(Loop|Loope|Loopne|Jrcxz|Jecxz)$/,
    before: draft => draft.set(RCX, draft.random.pick([0n, 1n, 2n, 0x1_0000_0000n, 0x1_0000_0001n, 0xffff_ffff_ffff_ffffn, 5n])),
  },
  { mnemonics: /^(Movs[bwq]|Cmps[bwq]|Stos|Lods|Scas|Stos[bwdq]|Lods[bwdq]|Scas[bwdq])$/, before: stringOperands },
  { mnemonics: /^(Movsd|Cmpsd)$/, before: draft => !/_m32_m32$/.test(draft.form.name) || stringOperands(draft) },
  { mnemonics: /^Cmpxchg$/, after: compareExchange },
  { mnemonics: /^Cmpxchg(8|16)b$/, after: compareExchangeWide },
  {
    mnemonics: /^Xlatb$/,
    before: draft => {
      const { random } = draft;
      const al = BigInt(random.below(256));
      const address = placeAddress(random, 1, draft.addressBytes === 4 ? 'low' : 'any');
      return (
        draft.set(RAX, (random.u64() & ~0xffn) | al) &&
        draft.set(RBX, (address - al) | (draft.addressBytes === 4 ? random.u64() << 32n : 0n))
      );
    },
  },
  {
    mnemonics: /^V?Maskmov(dqu|q)$/i,
    before: draft => {
      const { random } = draft;
      const low = draft.addressBytes === 4;
      const address = placeAddress(random, draft.form.memoryBytes, low ? 'low' : 'any');
      return draft.set(RDI, address | (low ? random.u64() << 32n : 0n));
    },
  },
  {
    mnemonics: /^V?Pcmpestr/i,
    before: draft =>
      draft.random.chance(20) ||
      (draft.set(RAX, BigInt(draft.random.between(-20, 20))) && draft.set(RDX, BigInt(draft.random.between(-20, 20)))),
  },
  { mnemonics: /^(Verr|Verw)$/, after: draft => setOperand(draft, 0, selectorOf(draft.random), 2) },
  { mnemonics: /^(Lar|Lsl)$/, after: draft => setOperand(draft, 1, selectorOf(draft.random), 2) },
  {
    mnemonics: /^Mov$/,
    after: draft => draft.form.operands[0] !== OpCodeOperandKind.seg_reg || setOperand(draft, 1, selectorOf(draft.random), 2),
  },
  {
    mnemonics: /^L[sfg]s$/,
    after: draft => explicitMemory(() => farPointer(draft, draft.random.u64(), draft.form.memoryBytes - 2))(draft),
  },
  { mnemonics: /^Wr[fg]sbase$/, after: draft => setOperand(draft, 0, placeAddress(draft.random, 8, 'any'), 8) },
  {
    mnemonics: /^Retf$/,
    before: goodStack,
    after: draft => {
      // A refused selector has the processor look for an outer stack behind the arguments.
      if (draft.form.operands.length > 0) draft.instruction.immediate16 = draft.random.below(0x80);
      return stackTop(d => farPointer(d, target(d), /q/.test(d.form.name) ? 8 : 4))(draft);
    },
  },
  { mnemonics: /^Iret[dq]$/, before: goodStack, after: stackTop(interruptFrame) },
  {
    mnemonics: /^(Jmp|Call)$/,
    after: draft =>
      !/_m16/.test(draft.form.name) || explicitMemory(() => farPointer(draft, target(draft), draft.form.memoryBytes - 2))(draft),
  },
  { mnemonics: /^Int$/, after: interrupt },
  { mnemonics: /^V?Ldmxcsr$/i, after: explicitMemory(draft => littleEndian(BigInt(mxcsrImage(draft) >>> 0), 4)) },
  {
    mnemonics: /^(Bextr|Bzhi|Shlx|Shrx|Sarx)$/,
    // Counts and fields about as wide as the operand.
    after: draft => {
      const { random, instruction } = draft;
      const number = gprNumber(instruction.opRegister(2));
      const control = BigInt(random.pick(COUNTS)) | (BigInt(random.pick(COUNTS)) << 8n) | (random.u64() << 16n);
      return random.chance(20) || number === undefined || draft.set(number, control);
    },
  },
  { mnemonics: /^Fxrstor/, before: fxAddress, after: explicitMemory(fxImage) },
  { mnemonics: /^Fxsave/, before: fxAddress },
  { mnemonics: /^(Fldenv|Frstor)$/, before: x87Address, after: explicitMemory(x87Image) },
  { mnemonics: /^(Fn?save|Fn?stenv)$/, before: x87Address },
  {
    mnemonics: /^Fldcw$/,
    after: explicitMemory(draft =>
      littleEndian(BigInt((draft.random.u32() & 0xf00) | (draft.random.chance(80) ? 0x7f : draft.random.below(64) | 0x40)), 2),
    ),
  },
];

/** The kind of values that an instruction computes with. */
export function profileOf(draft: Draft): Profile {
  const profile = lanesOf(draft);
  return hasMmx(draft.form.code) ? (`mmx-${profile}` as Profile) : profile;
}

function lanesOf(draft: Draft): Profile {
  const { form, random } = draft;
  const { mnemonic, name } = form;
  if (/^F[^x]/.test(mnemonic) || /^Fx(ch|am|tract)|^(Wait|Emms)$/.test(mnemonic)) {
    if (/m32fp/.test(name)) return 'x87-f32';
    if (/m64fp/.test(name)) return 'x87-f64';
    if (/m80bcd/.test(name)) return 'x87-bcd';
    if (/m(16|32|64)int/.test(name)) return 'x87-int';
    return 'x87-f80';
  }
  if (/^Fx/.test(mnemonic)) return 'x87-f80';
  if (random.chance(6)) return random.pick(PROFILES.slice(0, 3));
  if (/^V?Cvtt?ss|^V?Cvtt?ps|^V?Cvtsi2ss|^V?Cvtdq2ps/i.test(mnemonic)) return /^V?Cvtdq/i.test(mnemonic) ? 'int' : 'f32';
  if (/^V?Cvtt?sd|^V?Cvtt?pd|^V?Cvtsi2sd/i.test(mnemonic)) return 'f64';
  if (/(ps|ss)$/.test(mnemonic)) return 'f32';
  if (/(pd|sd)$/.test(mnemonic) && !/^P/.test(mnemonic)) return 'f64';
  return 'int';
}
