/** Builds the micro-ops of a block, instruction by instruction. Lifters (one file per instruction group) only talk to this. */
import { type Instruction, MemorySize, MemorySizeExt, OpKind, Register } from 'iced-x86';
import { AGAINST_ZERO, COMPARE, type Condition, FROM_BITS } from '../ir/flags.js';
import { opNumber, opRows, type Width } from '../ir/op.js';
import { gprSlot, STATE, TEMPS, temp, VTEMPS, vtemp, xmmSlot } from '../layout.js';

/** An operand of a micro-op: an address in the register file, or an immediate. */
export type Value = number | bigint;

export interface Uop {
  op: number;
  d: Value;
  a: Value;
  b: Value;
  /** Immediate that the op takes besides its operands. */
  imm: bigint;
  aux: number;
  /** Number of the instruction within the block. */
  index: number;
}

/** Where a jump goes: an address in the guest, to be resolved to a record by the translator. */
export interface Jumps {
  taken: bigint;
  fallThrough?: bigint;
}

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

/** What the last flag-setting op of the block allows conditions to be read from. */
type Producer = { readonly width: Width; readonly compare: boolean; readonly logic: boolean; readonly step: boolean } | undefined;
const PRODUCER = /^(add|adc|sub|sbb|cmp|neg|and|or|xor|test|inc|dec|cmpxchg|shl|shr|sar)(8|16|32|64)$/;
const producers: Producer[] = opRows.map(() => undefined);
let producersKnown = 0;
function producerOf(op: number): Producer {
  for (; producersKnown < opRows.length; producersKnown++) {
    const match = PRODUCER.exec(opRows[producersKnown].name);
    if (match === null) producers[producersKnown] = undefined;
    else {
      producers[producersKnown] = {
        width: Number(match[2]) as Width,
        compare: ['sub', 'cmp', 'neg', 'cmpxchg'].includes(match[1]),
        logic: ['and', 'or', 'xor', 'test'].includes(match[1]),
        step: match[1] === 'inc' || match[1] === 'dec',
      };
    }
  }
  return producers[op];
}

/** Thrown by a lifter for a form that the table does not have; the block then ends in an `unsupported` stop. Not an Error: no stack is wanted. */
export class Unsupported {}

export class Builder {
  uops: Uop[] = [];
  jumps: Jumps | undefined;
  /** The instruction being lifted; the lifters must not keep it. */
  ins!: Instruction;
  /** Address behind it. */
  next = 0n;
  private index = 0;
  private temps = 0;
  private vtemps = 0;
  private producer: Producer;
  /** The flags stand as bits in ccR. */
  private asBits = false;
  /** Address operand of a memory operand that `update` or `target` has worked out. */
  private place: { a: number; imm: bigint } | undefined;
  /** Whether `update` has loaded from there, so that the store can go to the same host address. */
  private loaded = false;

  reset(): void {
    this.uops = [];
    this.jumps = undefined;
    this.producer = undefined;
    this.asBits = false;
  }

  begin(ins: Instruction, next: bigint, index: number): void {
    this.ins = ins;
    this.next = next;
    this.index = index;
    this.temps = 0;
    this.vtemps = 0;
    this.place = undefined;
    this.loaded = false;
  }

  emit(name: string, d: Value = 0, a: Value = 0, b: Value = 0, imm = 0n, aux = 0): void {
    const op = opNumber(name);
    this.uops.push({ op, d, a, b, imm, aux, index: this.index });
    const row = opRows[op];
    if (row.setsFlags === undefined) return;
    this.producer = producerOf(op);
    this.asBits = row.setsFlags.bits === true;
  }

  /** After an op whose flags come from an unknown number of steps. */
  forgetFlags(): void {
    this.producer = undefined;
    this.asBits = false;
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
    return this.ins.opKind(operand) === OpKind.Memory;
  }

  isRegister(operand: number): boolean {
    return this.ins.opKind(operand) === OpKind.Register;
  }

  isImmediate(operand: number): boolean {
    const kind = this.ins.opKind(operand);
    return kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64;
  }

  /** Slot of a register operand. */
  register(operand: number): number {
    return slotOf(this.ins.opRegister(operand));
  }

  /** Width in bits of a register or memory operand. */
  width(operand: number): number {
    if (this.isRegister(operand)) return widthOf(this.ins.opRegister(operand));
    return 8 * memoryBytes(this.ins);
  }

  immediate(operand: number): bigint {
    return BigInt.asUintN(64, this.ins.immediate(operand));
  }

  /** Base slot and displacement of the memory operand; emits what it takes to add up index and segment. */
  address(): { a: number; imm: bigint } {
    const { ins } = this;
    const base = ins.memoryBase;
    const index = ins.memoryIndex;
    const short =
      (base >= Register.EAX && base <= Register.R15D) || (index >= Register.EAX && index <= Register.R15D) || base === Register.EIP;
    let displacement = ins.memoryDisplacement;
    let a: number;
    // iced gives the displacement of RIP-relative operands as the target address.
    if (base === Register.None || base === Register.RIP || base === Register.EIP) a = STATE.zero;
    else a = slotOf(base);
    if (index !== Register.None) {
      const sum = this.temp();
      this.emit(`lea${ins.memoryIndexScale}`, sum, a, slotOf(index), displacement);
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
    return { a, imm: BigInt.asUintN(64, displacement) };
  }

  /** Slot of the segment base that an operand's prefix names: FS, GS, or zero for the flat ones. */
  segmentBase(): number {
    const prefix = this.ins.segmentPrefix;
    if (prefix === Register.FS) return STATE.fsBase;
    if (prefix === Register.GS) return STATE.gsBase;
    return STATE.zero;
  }

  /** The operand's value: a register's slot, an immediate, or a temporary that a load has filled. */
  read(operand: number, width: Width): Value {
    if (this.isRegister(operand)) return this.register(operand);
    if (this.isImmediate(operand)) return BigInt.asUintN(width, this.immediate(operand));
    const { a, imm } = this.address();
    const value = this.temp();
    this.emit(`load${width}`, value, a, 0, imm);
    return value;
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
  commit(operand: number, width: Width, value: Value): void {
    if (this.isRegister(operand)) return;
    this.place ??= this.address();
    this.emit(`${this.loaded ? 'storew' : 'store'}${width}`, 0, this.place.a, this.inSlot(value), this.place.imm);
  }

  /** Writes a value that may lie anywhere to the operand. */
  write(operand: number, width: Width, value: Value): void {
    if (this.isRegister(operand)) this.emit(`mov${width}`, this.register(operand), value);
    else this.commit(operand, width, value);
  }

  /** A slot that holds the value: ops whose own immediate is taken cannot have an immediate operand. */
  inSlot(value: Value): number {
    if (typeof value === 'number') return value;
    const slot = this.temp();
    this.emit('mov64', slot, value);
    return slot;
  }

  // ---- conditions ------------------------------------------------------------------------------------------------------------------

  /** Suffix of the `set_`, `cmov{w}_` and `j` rows that read the condition from what set the flags in this block, when that is known. */
  condition(condition: Condition): { readonly family: '' | 'sub' | 'res' | 'step' | 'bits'; readonly width: Width | '' } {
    const known = this.producer;
    if (this.asBits && FROM_BITS[condition] !== undefined) return { family: 'bits', width: '' };
    if (known?.compare && COMPARE[condition] !== undefined) return { family: 'sub', width: known.width };
    if (known !== undefined && AGAINST_ZERO[condition] !== undefined) {
      const signedOrder = condition === 'le' || condition === 'g';
      if (!signedOrder || known.logic) return { family: known.step ? 'step' : 'res', width: known.width };
    }
    return { family: '', width: '' };
  }

  conditionSuffix(condition: Condition): string {
    const { family, width } = this.condition(condition);
    return family === '' ? condition : `${family}${width}_${condition}`;
  }

  /** Ends the block with a conditional jump. */
  branch(condition: Condition, taken: bigint): void {
    this.jumps = { taken, fallThrough: this.next };
    const { family, width } = this.condition(condition);
    const last = this.uops[this.uops.length - 1];
    const lastName = last === undefined ? '' : opRows[last.op].name;
    if (family === 'sub' && lastName === `cmp${width}`) {
      this.uops.pop();
      this.emit(`cmpj${width}_${condition}`, 0, last.a, last.b);
    } else if (family === 'res' && lastName === `test${width}`) {
      this.uops.pop();
      this.emit(`testj${width}_${condition}`, 0, last.a, last.b);
    } else if (family === 'sub') this.emit(`jsub${width}_${condition}`, 0, STATE.ccA, STATE.ccB);
    else if (family === 'bits') this.emit(`jbits_${condition}`);
    else if (family !== '') this.emit(`jres${width}_${condition}`, 0, family === 'step' ? STATE.ccS : STATE.ccR);
    else this.emit(`j_${condition}`);
  }

  unsupported(): never {
    throw new Unsupported();
  }
}

function slotOf(register: Register): number {
  const place = places[register];
  if (place === undefined) throw new Unsupported();
  return place.slot;
}

function widthOf(register: Register): number {
  const place = places[register];
  if (place === undefined) throw new Unsupported();
  return place.width;
}

/** Bytes that the memory operand covers. */
function memoryBytes(ins: Instruction): number {
  return sizeOf(ins.memorySize);
}

const sizes: number[] = [];

for (let value = 0; MemorySize[value] !== undefined; value++) sizes[value] = MemorySizeExt.size(value);
const sizeOf = (size: MemorySize): number => sizes[size];

/** Replaces flag-setting ops whose flags nobody reads by their plain rows. An op that can fault reads the flags: the handler sees them. */
export function dropDeadFlags(uops: Uop[]): Uop[] {
  let live = true;
  const nop = opNumber('nop');
  for (let at = uops.length - 1; at >= 0; at--) {
    const uop = uops[at];
    const row = opRows[uop.op];
    if (row.setsFlags !== undefined) {
      const plain = row.setsFlags.plain;
      if (!live && plain !== undefined) {
        uop.op = opNumber(plain);
        continue;
      }
      live = false;
    }
    if (row.readsFlags || row.faults || row.flow === 'end') live = true;
  }
  return uops.filter(uop => uop.op !== nop);
}
