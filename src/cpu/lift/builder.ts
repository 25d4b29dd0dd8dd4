/** Builds the micro-ops of a form, from one instruction of it. Lifters (one file per instruction group) only talk to this. */
import { type Instruction, MemorySize, MemorySizeExt, OpKind, Register } from 'iced-x86';
import type { Width } from '../ir/emit.js';
import type { Condition } from '../ir/flags.js';
import { opNumber } from '../ir/ops.js';
import { gprSlot, mmSlot, STATE, TEMPS, temp, UPPER, VTEMPS, vtemp, xmmSlot } from '../layout.js';
import { type Form, type Hole, hole, OPERAND, Uop } from './form.js';

export type Constant = bigint | Hole;
/** An operand of a micro-op: an address in the register file, or a constant. */
export type LiftedValue = number | Constant;

/** Register number of iced -> slot and width in bits; absent: not a register that lifters name. */
interface RegisterPlace {
  readonly slot: number;
  readonly width: number;
}
const places: (RegisterPlace | undefined)[] = [];
function fill(first: Register, count: number, place: (index: number) => RegisterPlace): void {
  for (let index = 0; index < count; index++) places[first + index] = place(index);
}
fill(Register.AL, 4, index => ({ slot: gprSlot(index), width: 8 }));
fill(Register.AH, 4, index => ({ slot: gprSlot(index) + 1, width: 8 }));
fill(Register.SPL, 12, index => ({ slot: gprSlot(index + 4), width: 8 }));
fill(Register.AX, 16, index => ({ slot: gprSlot(index), width: 16 }));
fill(Register.EAX, 16, index => ({ slot: gprSlot(index), width: 32 }));
fill(Register.RAX, 16, index => ({ slot: gprSlot(index), width: 64 }));
fill(Register.XMM0, 16, index => ({ slot: xmmSlot(index), width: 128 }));
fill(Register.MM0, 8, index => ({ slot: mmSlot(index), width: 64 }));
fill(Register.YMM0, 16, index => ({ slot: xmmSlot(index), width: 256 }));

/** Thrown by a lifter for a form that the table does not have; the block then ends in an `unsupported` stop. Not an Error: no stack is wanted. */
export class Unsupported {}

interface Address {
  readonly a: number;
  readonly imm: Constant;
}

const SIGNED: ReadonlySet<OpKind> = new Set([OpKind.Immediate8to16, OpKind.Immediate8to32, OpKind.Immediate8to64, OpKind.Immediate32to64]);

/** What a VEX instruction does otherwise than the older one whose lifter it shares (lift/vex.ts). */
export interface VexForm {
  /** Operands but the first stand so many places further: 1 with a first source of its own. */
  readonly shift: 0 | 1;
  /** What is lifted now: the lower half, or the upper one. */
  readonly half: 0 | 1;
  /** Where the result goes instead of the first operand's register. */
  readonly result?: number;
  /** Where the first source is, when it has been copied to where the result goes. */
  readonly first?: number;
  /** Where the operand in memory has been loaded, both halves. */
  readonly loaded?: number;
  /** The immediate of each op also has this bit. */
  readonly flag?: bigint;
}

/** The constant of the bytes behind a memory operand's first. */
export const plus = (constant: Constant, bytes: number): Constant =>
  typeof constant === 'bigint' ? constant + BigInt(bytes) : { ...constant, add: bytes };

export class Builder {
  uops: Uop[] = [];
  jumps: Form['jumps'] = 'none';
  /** The instruction that stands for its form; the lifters must not keep it. */
  ins!: Instruction;
  /** A lifter has looked at the immediate: instructions with another one are of another form. */
  exact = false;
  private hasImmediateBytes = false;
  private temps = 0;
  private vtemps = 0;
  /** Address operand of a memory operand that `update` or `target` has worked out. */
  private place: Address | undefined;
  /** Undefined: the instruction is an older one. */
  vex: VexForm | undefined;
  /** Whether `update` has loaded from there, so that the store can go to the same host address. */
  private loaded = false;

  /** `hasImmediateBytes`: false when an immediate operand is implied by the opcode. */
  begin(ins: Instruction, hasImmediateBytes: boolean): void {
    this.uops = [];
    this.jumps = 'none';
    this.ins = ins;
    this.exact = false;
    this.hasImmediateBytes = hasImmediateBytes;
    this.temps = 0;
    this.vtemps = 0;
    this.place = undefined;
    this.loaded = false;
    this.vex = undefined;
  }

  /** The place of an operand, which lifters number as the older instruction has them. */
  private at(operand: number): number {
    return operand === 0 || this.vex === undefined ? operand : operand + this.vex.shift;
  }

  private slot(register: Register): number {
    const place = placeOf(register);
    return this.vex?.half === 1 && place.width >= 128 ? place.slot + UPPER : place.slot;
  }

  /** Of `a`, `b` and `imm` one at most is a constant that is not 0. The fields `a` and `b` of a call together get its target. */
  emit(name: string, d = 0, a: LiftedValue = 0, b: LiftedValue = 0, imm: Constant = 0n, aux = 0): void {
    this.push(opNumber(name), undefined, d, a, b, imm, aux);
  }

  /** Emits the row of a family (`set_`, `cmov64_`) that reads the condition from what has set the flags. */
  emitIf(prefix: string, condition: Condition, d: number, a: LiftedValue = 0, b: LiftedValue = 0): void {
    this.push(0, { prefix, condition }, d, a, b, 0n, 0);
  }

  private push(op: number, conditional: Uop['conditional'], d: number, a: LiftedValue, b: LiftedValue, imm: Constant, aux: number): void {
    let constant = imm;
    if (this.vex?.flag !== undefined && typeof constant === 'bigint') constant |= this.vex.flag;
    if (typeof a !== 'number') constant = a;
    if (typeof b !== 'number') constant = b;
    let what: Hole | undefined;
    let low = 0;
    let high = 0;
    if (typeof constant !== 'bigint') what = constant;
    else if (constant !== 0n) {
      low = Number(BigInt.asIntN(32, constant));
      high = Number(BigInt.asIntN(32, constant >> 32n));
    }
    this.uops.push(new Uop(op, d, operand(a), operand(b), what, low, high, aux, conditional));
  }

  /** Ends the block with a conditional jump. */
  branch(condition: Condition): void {
    this.jumps = 'branch';
    this.emitIf('j', condition, 0);
  }

  /** The flags of the last op come from an unknown number of steps. */
  forgetFlags(): void {
    this.uops[this.uops.length - 1]!.forgetsFlags = true;
  }

  temp(): number {
    if (this.temps >= TEMPS) throw new Error('out of temporaries');
    return temp(this.temps++);
  }

  vtemp(): number {
    if (this.vtemps >= VTEMPS) throw new Error('out of vector temporaries');
    return vtemp(this.vtemps++);
  }

  // ---- operands --------------------------------------------------------------------------------------------------------------------

  isMemory(operand: number): boolean {
    return this.ins.opKind(this.at(operand)) === OpKind.Memory;
  }

  isRegister(operand: number): boolean {
    return this.ins.opKind(this.at(operand)) === OpKind.Register;
  }

  isImmediate(operand: number): boolean {
    const kind = this.ins.opKind(this.at(operand));
    return kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64;
  }

  /** Slot of a register operand. */
  register(operand: number): number {
    if (operand === 0 && this.vex?.result !== undefined) return this.vex.result;
    return this.slot(this.ins.opRegister(this.at(operand)));
  }

  /** Slot of the first source: of older instructions the first operand, which the result replaces. */
  firstSource(): number {
    if (this.vex === undefined) return this.register(0);
    return this.vex.first ?? this.slot(this.ins.opRegister(this.vex.shift));
  }

  /** Which lanes of a vector are lifted: 0 for the lower 128 bits, 1 for the upper ones. */
  get half(): 0 | 1 {
    return this.vex?.half ?? 0;
  }

  /** Width in bits of a register or memory operand. */
  width(operand: number): number {
    if (this.isRegister(operand)) return placeOf(this.ins.opRegister(this.at(operand))).width;
    return 8 * memoryBytes(this.ins);
  }

  /** The immediate's value, sign-extended as the instruction says, for lifters whose micro-ops depend on it. */
  immediate(operand: number): bigint {
    this.exact = true;
    return BigInt.asUintN(64, this.ins.immediate(this.at(operand)));
  }

  /** Base slot and displacement of the memory operand; emits what it takes to add up index and segment. */
  address(): Address {
    const { ins } = this;
    const base = ins.memoryBase;
    const index = ins.memoryIndex;
    // An absolute address has 8 bytes as iced sees it, or 4 with the address-size prefix: those are not sign-extended.
    const absolute = base === Register.None && index === Register.None && ins.memoryDisplSize === 4;
    const isShort = (register: Register): boolean => register >= Register.EAX && register <= Register.R15D;
    const short = isShort(base) || isShort(index) || base === Register.EIP || absolute;
    let displacement: Constant = 0n;
    if (base === Register.RIP || base === Register.EIP) displacement = hole('address');
    else if (ins.memoryDisplSize > 0) displacement = hole('displacement');
    let a: number;
    if (base === Register.None || base === Register.RIP || base === Register.EIP) a = STATE.zero;
    else a = registerSlot(base);
    if (index !== Register.None) {
      const sum = this.temp();
      this.emit(`lea${ins.memoryIndexScale}`, sum, a, registerSlot(index), displacement);
      a = sum;
      displacement = 0n;
    }
    if (short) {
      const sum = this.temp();
      if (index === Register.None) this.emit('lea0', sum, a, 0, displacement);
      this.emit('cut32', sum, index === Register.None ? sum : a);
      a = sum;
      displacement = 0n;
    }
    const segment = this.segmentBase();
    if (segment !== STATE.zero) {
      if (a === STATE.zero) a = segment;
      else {
        const sum = this.temp();
        this.emit('lea1', sum, a, segment);
        a = sum;
      }
    }
    return { a, imm: displacement };
  }

  /** Slot of the segment base that an operand's prefix names: FS, GS, or zero for the flat ones. */
  segmentBase(): number {
    const prefix = this.ins.segmentPrefix;
    if (prefix === Register.FS) return STATE.fsBase;
    if (prefix === Register.GS) return STATE.gsBase;
    return STATE.zero;
  }

  /** The operand's value: a register's slot, an immediate, or a temporary that a load has filled. */
  read(operand: number, width: Width): LiftedValue {
    if (this.isRegister(operand)) return this.register(operand);
    if (this.isImmediate(operand)) return this.constant(operand, width);
    const { a, imm } = this.address();
    const value = this.temp();
    this.emit(`load${width}`, value, a, 0, imm);
    return value;
  }

  /** An immediate operand, cut to a width. */
  constant(operand: number, width: number): Constant {
    const at = this.at(operand);
    if (!this.hasImmediateBytes) return BigInt.asUintN(width, this.ins.immediate(at));
    return hole('immediate', { width, signed: SIGNED.has(this.ins.opKind(at)) });
  }

  /** As `read`, for an operand that `write` will change: a memory operand is loaded with the right to write it. */
  update(operand: number, width: Width): number {
    if (this.isRegister(operand)) return this.register(operand);
    this.place = this.address();
    const value = this.temp();
    this.emit(`loadw${width}`, value, this.place.a, 0, this.place.imm);
    this.loaded = true;
    return value;
  }

  /** Where an op puts the operand's new value: the register itself, or a temporary that `commit` stores. */
  target(operand: number): number {
    return this.isRegister(operand) ? this.register(operand) : this.temp();
  }

  /** Stores what an op has put into `target`, when the operand is in memory. */
  commit(operand: number, width: Width, value: LiftedValue): void {
    if (this.isRegister(operand)) return;
    this.place ??= this.address();
    this.emit(`${this.loaded ? 'storew' : 'store'}${width}`, 0, this.place.a, this.inSlot(value), this.place.imm);
  }

  /** Writes a value that may lie anywhere to the operand. */
  write(operand: number, width: Width, value: LiftedValue): void {
    if (this.isRegister(operand)) this.emit(`mov${width}`, this.register(operand), value);
    else this.commit(operand, width, value);
  }

  /** A slot that holds the value: ops whose own immediate is taken cannot have an immediate operand. */
  inSlot(value: LiftedValue): number {
    if (typeof value === 'number') return value;
    const slot = this.temp();
    this.emit('mov64', slot, value);
    return slot;
  }

  unsupported(): never {
    throw new Unsupported();
  }
}

const operand = (value: LiftedValue): number => (typeof value === 'number' ? value : OPERAND.own);

function placeOf(register: Register): RegisterPlace {
  const place = places[register];
  if (place === undefined) throw new Unsupported();
  return place;
}
export const registerSlot = (register: Register): number => placeOf(register).slot;

/** Bytes that the memory operand covers. */
function memoryBytes(ins: Instruction): number {
  return sizeOf(ins.memorySize);
}

const sizes: number[] = [];

for (let value = 0; MemorySize[value] !== undefined; value++) sizes[value] = MemorySizeExt.size(value);
const sizeOf = (size: MemorySize): number => sizes[size];
