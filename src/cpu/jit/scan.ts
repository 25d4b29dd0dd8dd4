/** What a micro-op does to the variables of a region, found by running its row once with nothing in it. */
import { HELPER_EFFECTS, UNIT_EFFECTS } from '../helpers/effects.js';
import type { HelperEffects } from '../helpers/stated.js';
import {
  type Body,
  type BranchWay,
  type Emit,
  fieldAddress,
  type Helper,
  type HelperUnit,
  type Load,
  type Node,
  type Operand,
  type StateField,
  type Store,
  widthBytes,
} from '../ir/emit.js';
import { opNumber, opTraits } from '../ir/ops.js';
import { rows } from '../ir/rows.js';
import { RECORD } from '../layout.js';
import type { MicroOp } from './uops.js';
import { FLAG_BITS, type Var, varAt, varBytes } from './vars.js';

interface Touch {
  readonly place: Operand | StateField;
  readonly offset: number;
  readonly bytes: number;
  /** Of a write: it happens whichever way the row takes. */
  readonly certain: boolean;
}

/** What ccOp becomes: (its old value & mask) | bits. */
export interface FlagStep {
  readonly mask: number;
  readonly bits: number;
}

export interface RowUse {
  readonly reads: readonly Touch[];
  readonly writes: readonly Touch[];
  /** Reads the flags through `flags` or `carry`. */
  readonly asksFlags: boolean;
  /** Undefined: ccOp stays; 'unknown': nobody can tell. */
  readonly flagStep: FlagStep | 'unknown' | undefined;
  /** It can leave the region by way of JavaScript, or otherwise than by its end; `leavesElsewhere`: and not at an access to memory. */
  readonly leaves: boolean;
  readonly leavesElsewhere: boolean;
  /** It may run again before the next record. */
  readonly loops: boolean;
  readonly ways: readonly BranchWay[];
  readonly indirect: boolean;
  /** It asks a helper of these units, whose operations are rare and long. */
  readonly units: ReadonlySet<HelperUnit>;
}

const uses: (RowUse | undefined)[] = [];
export const touchesOfRow = (op: number): RowUse => (uses[op] ??= scan(op));

/** Beside what ccOp becomes: that the flags are those of a difference, of ccA and ccB, without a borrow from before. */
export const DIFFERENCE = 0x1_0000;

function scan(op: number): RowUse {
  const scanner = new Scanner();
  rows[op]!.emit(scanner);
  const { flagStep } = scanner;
  if (typeof flagStep === 'object' && opTraits[op]!.setsFlags?.leaves === 'difference')
    scanner.flagStep = { ...flagStep, bits: flagStep.bits | DIFFERENCE };
  return scanner;
}

class Scanner implements Emit, Body, RowUse {
  readonly code = this;
  readonly reads: Touch[] = [];
  readonly writes: Touch[] = [];
  asksFlags = false;
  flagStep: RowUse['flagStep'];
  leaves = false;
  leavesElsewhere = false;
  loops = false;
  readonly ways: BranchWay[] = [];
  indirect = false;
  readonly units = new Set<HelperUnit>();
  private depth = 0;

  op(_name?: string): this {
    return this;
  }
  i32(_value?: number): this {
    return this;
  }
  i64(): this {
    return this;
  }
  v128(): this {
    return this;
  }
  shuffle(): this {
    return this;
  }
  get(): this {
    return this;
  }
  set(): this {
    return this;
  }
  memory(): this {
    return this;
  }
  fill(): this {
    return this;
  }
  if(): this {
    this.depth++;
    return this;
  }
  else(): this {
    return this;
  }
  end(): this {
    this.depth--;
    return this;
  }

  private touch(list: Touch[], place: Operand | StateField, how: Load | Store, offset: number): void {
    list.push({ place, offset, bytes: widthBytes(how), certain: this.depth === 0 });
  }

  read(operand: Operand, how: Load, offset: number): void {
    this.touch(this.reads, operand, how, offset);
  }
  readState(field: StateField, how: Load, offset: number): void {
    this.touch(this.reads, field, how, offset);
  }
  write(operand: Operand, how: Store, value: Node, offset: number): void {
    value(this);
    this.touch(this.writes, operand, how, offset);
  }
  writeState(field: StateField, how: Store, value: Node, offset: number): void {
    value(this);
    this.touch(this.writes, field, how, offset);
    if (field !== 'ccOp') return;
    const step = stepOf(value);
    this.flagStep = step === undefined || this.depth > 0 || this.flagStep !== undefined ? 'unknown' : step;
  }

  imm(): void {}
  aux(): void {}
  callee(): void {}
  flags(): void {
    this.asksFlags = true;
  }
  carry(): void {
    this.asksFlags = true;
  }

  readGuest(_how: Load, address: Node): void {
    address(this);
    this.leaves = true;
  }
  writeGuest(_how: Store, address: Node, value: Node): void {
    address(this);
    value(this);
    this.leaves = true;
  }
  reach(_bytes: number, address: Node): void {
    address(this);
    this.leaves = true;
  }
  writeBack(_how: Store, address: Node, value: Node): void {
    this.readState('rmwHost', 'i32.load', 0);
    address(this);
    value(this);
    this.leaves = true;
  }
  whenWritable(address: Node, then: (host: Node) => Node): void {
    address(this);
    this.if();
    then(() => undefined)(this);
    this.end();
  }

  help(name: Helper): void {
    this.perform(HELPER_EFFECTS[name]);
    if (name === 'divide128' || name === 'divideSigned128') this.readState('temp', 'i64.load', 0);
  }
  keepCalls(_name: string, values: readonly Node[]): void {
    for (const value of values) value(this);
  }
  doubts(_name: string, values: readonly Node[]): void {
    for (const value of values) value(this);
  }
  operate(unit: HelperUnit, operation: string): void {
    this.units.add(unit);
    this.perform(UNIT_EFFECTS[unit](operation));
  }
  private perform({ reads, writes, setsFlags }: HelperEffects): void {
    this.leaves = this.leavesElsewhere = true;
    this.reads.push(...reads.map(slot => ({ ...slot, certain: true })));
    this.writes.push(...writes.map(slot => ({ ...slot, certain: false })));
    if (!setsFlags) return;
    this.flagStep = 'unknown';
    for (const field of ['ccOp', 'ccA', 'ccB', 'ccR', 'ccS'] as const)
      this.writes.push({ place: field, offset: 0, bytes: 4, certain: false });
  }

  goTo(way: BranchWay): void {
    this.ways.push(way);
  }
  jump(): void {
    this.indirect = true;
    this.leaves = this.leavesElsewhere = true;
  }
  again(): void {
    this.loops = true;
  }
  leave(): void {
    this.leaves = this.leavesElsewhere = true;
  }
  enterRegion(): void {
    this.leaves = true;
  }
  left(): void {}
  repeats(): void {}
  repeat(times: Node): void {
    times(this);
  }
}

/** What a node makes of ccOp, when it is made of constants, AND and OR alone. */
function stepOf(value: Node): FlagStep | undefined {
  const stepper = new Stepper();
  value(stepper);
  return stepper.stack.pop();
}

class Stepper extends Scanner {
  readonly stack: (FlagStep | undefined)[] = [];

  override op(name: string): this {
    const [right, left] = [this.stack.pop(), this.stack.pop()];
    const known = left !== undefined && right !== undefined && right.mask === 0;
    if (known && name === 'i32.and') this.stack.push({ mask: left.mask & right.bits, bits: left.bits & right.bits });
    else if (known && name === 'i32.or') this.stack.push({ mask: left.mask, bits: left.bits | right.bits });
    else this.stack.push(undefined);
    return this;
  }
  override i32(bits?: number): this {
    this.stack.push(bits === undefined ? undefined : { mask: 0, bits });
    return this;
  }
  override readState(field: StateField): void {
    this.stack.push(field === 'ccOp' ? { mask: -1, bits: 0 } : undefined);
  }
}

/** Of a micro-op, as sets of variables. */
export interface UopUse {
  readonly reads: bigint;
  readonly writes: bigint;
  /** What it writes whole, whichever way it takes. */
  readonly kills: bigint;
}

export function touchesOf(uop: MicroOp): UopUse {
  const { reads, writes, asksFlags } = touchesOfRow(uop.op);
  const use = { reads: asksFlags ? FLAG_BITS : 0n, writes: 0n, kills: 0n };
  const address = (place: Operand | StateField): number =>
    place === 'd' || place === 'a' || place === 'b' || place === 'aux' ? uop[place] : fieldAddress(place);
  for (const { place, offset, bytes } of reads) {
    const at = address(place);
    if (at === uop.record + RECORD.imm) continue;
    for (const edge of [at + offset, at + offset + bytes - 1]) use.reads |= varAt(edge)?.bit ?? 0n;
  }
  for (const { place, offset, bytes, certain } of writes) {
    const what = varAt(address(place) + offset);
    if (what === undefined) continue;
    use.writes |= what.bit;
    const whole = bytes >= varBytes(what);
    if (!whole) use.reads |= what.bit;
    else if (certain) use.kills |= what.bit;
  }
  return use;
}

/** Of each micro-op of a block: the variables of an instruction that it or those behind it read as they are in front of it. They are in no set. */
export function wantedTemporaries(uops: readonly MicroOp[]): (readonly Var[])[] {
  const wanted = new Set<Var>();
  const all: (readonly Var[])[] = [];
  for (const uop of [...uops].reverse()) {
    const { reads, writes } = touchesOfRow(uop.op);
    const at = ({ place, offset }: Touch): Var | undefined => {
      const operand = place === 'd' || place === 'a' || place === 'b' || place === 'aux';
      const what = varAt((operand ? uop[place] : fieldAddress(place)) + offset);
      return what?.bit === 0n ? what : undefined;
    };
    for (const touch of writes) {
      const what = at(touch);
      if (what !== undefined && touch.certain && touch.bytes >= varBytes(what)) wanted.delete(what);
    }
    for (const touch of writes) {
      const what = at(touch);
      if (what !== undefined && touch.bytes < varBytes(what)) wanted.add(what);
    }
    for (const touch of reads) {
      const what = at(touch);
      if (what !== undefined) wanted.add(what);
    }
    all.push([...wanted]);
  }
  return all.reverse();
}

/** Of an op: how it treats the flags, for putting off what only a fault would show. */
export interface FlagHabit {
  readonly reads: boolean;
  readonly sets: boolean;
  /** The op that does the same without flags, if all that the flags depend on are the operands a and b (and the flags before). */
  readonly plain: number | undefined;
}

const habits: (FlagHabit | undefined)[] = [];
export function habitOf(op: number): FlagHabit {
  return (habits[op] ??= findHabit(op));
}

function findHabit(op: number): FlagHabit {
  const { setsFlags, readsFlags = false } = opTraits[op]!;
  const { reads, asksFlags, leaves, loops } = touchesOfRow(op);
  const isFlag = ({ place }: Touch): boolean => place.startsWith('cc');
  const simple = !leaves && !loops && reads.every(touch => touch.place === 'a' || touch.place === 'b' || isFlag(touch));
  const plain = setsFlags?.plain === undefined || !simple ? undefined : opNumber(setsFlags.plain);
  return { reads: readsFlags || asksFlags || reads.some(isFlag), sets: setsFlags !== undefined, plain };
}

/** Of each micro-op of a block: whether its flags are overwritten before anything but a fault can see them. */
export function unseenFlags(uops: readonly MicroOp[]): boolean[] {
  const unseen = uops.map(() => false);
  let seen = true;
  for (let at = uops.length - 1; at >= 0; at--) {
    const { op } = uops[at]!;
    const { reads, sets, plain } = habitOf(op);
    unseen[at] = sets && !seen && plain !== undefined;
    if (unseen[at]) continue;
    if (sets) seen = false;
    if (reads || touchesOfRow(op).leavesElsewhere) seen = true;
  }
  return unseen;
}
