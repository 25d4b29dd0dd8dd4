/** Tells an instruction's effects: those of its micro-ops, one after the other, on what the registers held before it. */
import {
  type ControlFlow,
  type EffectLeaf,
  type EffectRegister,
  type Effects,
  type EffectValue,
  GPR_NAMES,
  type MemoryAccess,
  type RegisterPart,
  type RegisterWrite,
  type Vector,
} from '../api.js';
import { SERVICE_EFFECTS } from '../helpers/effects.js';
import type { HelperEffects } from '../helpers/stated.js';
import { fieldAddress, type Operand, type StateField } from '../ir/emit.js';
import { opNumber, opTraits } from '../ir/ops.js';
import { SERVICES, STATE, VECTORS } from '../layout.js';
import { type Form, type Hole, holeNumber, jumpTarget, OPERAND, type Uop, wideNumberAt } from '../lift/form.js';
import { formAt } from './form-at.js';
import { mergedAccesses, withAccesses } from './merge.js';
import type { RowLeaf, RowSlot, RowValue } from './row.js';
import { rowEffects } from './rows.js';
import { apply, constantValue, isComputed, low, type Slice, UNKNOWN } from './value.js';

/** The effects of the instruction at an index of some code, whose address is `address`; undefined when its bytes go on behind the code. */
export function effectsAt(code: Uint8Array, at: number, address: bigint): Effects | undefined {
  const form = formAt(code, at);
  if (form === undefined) return undefined;
  const known = alike.get(form);
  if (known !== undefined) return { ...known, address };
  const effects = new Description(form, code, at, address).effects();
  if (form.jumps === 'none' && form.uops.every(({ hole }) => hole === undefined)) alike.set(form, effects);
  return effects;
}

/** The effects of forms whose instructions differ in nothing but their addresses. */
const alike = new WeakMap<Form, Effects>();

/** The effects of the instructions of some code, one after the other. */
export function* effectsOf(code: Uint8Array, address: bigint): Generator<Effects> {
  for (let at = 0; at < code.length; ) {
    const effects = effectsAt(code, at, address + BigInt(at));
    if (effects === undefined) return;
    yield effects;
    at += Math.max(1, effects.length);
  }
}

/** A write to the register file, of whose addresses operands are. */
interface Written {
  readonly start: number;
  readonly bytes: number;
  readonly value: EffectValue;
  readonly certain: boolean;
}

/** Rows that leave zeros when their two operands are one register, whatever that holds; ZEROV has none. */
const CLEARING: ReadonlySet<number> = new Set(
  ['zerov', 'pxor', 'pandn', 'psubb', 'psubw', 'psubd', 'psubq', 'pcmpgtb', 'pcmpgtw', 'pcmpgtd', 'pcmpgtq'].map(opNumber),
);

class Description {
  private readonly reads: RegisterPart[] = [];
  private readonly written: Written[] = [];
  private readonly accesses: MemoryAccess[] = [];
  private readonly raises = new Set<Vector>();
  private flagsRead = 0;
  private flagsWritten = 0;
  private repeats = false;
  private flow: ControlFlow = { kind: 'next' };
  private condition: EffectValue | undefined;
  private readonly next: bigint;

  constructor(
    private readonly form: Form,
    private readonly code: Uint8Array,
    private readonly place: number,
    private readonly address: bigint,
  ) {
    this.next = address + BigInt(form.length);
  }

  effects(): Effects {
    for (const uop of this.form.uops) this.add(uop);
    const merged = mergedAccesses(this.accesses);
    const renumbered = (value: EffectValue): EffectValue => withAccesses(value, merged.places);
    const { flow, condition } = this;
    return {
      address: this.address,
      length: this.form.length,
      reads: this.reads,
      writes: this.registerWrites().map(write => ({ ...write, value: renumbered(write.value) })),
      accesses: merged.accesses.map(each => ({ ...each, address: renumbered(each.address), value: each.value && renumbered(each.value) })),
      repeats: this.repeats,
      flags: { reads: this.flagsRead, writes: this.flagsWritten },
      flow:
        'condition' in flow
          ? { ...flow, condition: renumbered(flow.condition) }
          : flow.kind === 'jump' || flow.kind === 'call' || flow.kind === 'return'
            ? { ...flow, target: renumbered(flow.target) }
            : flow,
      condition: condition && renumbered(condition),
      raises: [...this.raises],
    };
  }

  private add(uop: Uop): void {
    if (uop.conditional === undefined) {
      this.addRow(uop, uop.op);
      return;
    }
    const { prefix, condition } = uop.conditional;
    this.addRow(uop, opNumber(prefix === 'j' ? `j_${condition}` : prefix + condition));
    if (prefix !== 'j') this.condition = this.instantiate(uop, rowEffects(opNumber(`set_${condition}`)).writes[0]!.value, 0);
  }

  private addRow(uop: Uop, op: number): void {
    if (CLEARING.has(op) && uop.a === uop.b) {
      this.write(uop.d, XMM_BYTES, constantValue(0n), true);
      return;
    }
    const row = rowEffects(op);
    const firstAccess = this.accesses.length;
    const value = (of: RowValue): EffectValue => this.instantiate(uop, of, firstAccess);
    for (const slot of row.reads) this.readSlot(uop, slot, false);
    for (const access of row.accesses) {
      const { kind, bytes, certain } = access;
      const stored = access.value && value(access.value);
      this.accesses.push({ kind: kind as MemoryAccess['kind'], bytes, address: value(access.address), value: stored, certain });
    }
    this.flow = this.flowOf(uop, op, value);
    const writes = row.writes.map(write => ({ ...write, value: value(write.value) }));
    this.flagsRead |= row.flags.reads & ~this.flagsWritten;
    this.flagsWritten |= row.flags.writes;
    for (const vector of row.raises) this.raises.add(vector);
    this.repeats ||= row.repeats;
    for (const write of writes) this.write(this.placeOf(uop, write.place) + write.offset, write.bytes, write.value, write.certain);
  }

  private flowOf(uop: Uop, op: number, value: (of: RowValue) => EffectValue): ControlFlow {
    const { flow } = rowEffects(op);
    const { edge } = opTraits[op]!;
    const kind = edge === 'call' || edge === 'return' ? edge : 'jump';
    const target = (): bigint => BigInt(jumpTarget(this.form, this.code, this.place, Number(this.next)));
    switch (flow.kind) {
      case 'next':
        return flow;
      case 'direct':
        return { kind, target: constantValue(target()) };
      case 'indirect':
        return { kind, target: value(flow.target) };
      case 'branch':
        this.condition = value(flow.condition);
        return { kind: 'branch', target: target(), condition: this.condition };
      case 'leave':
        return this.leaving(uop, flow.reason);
    }
  }

  private leaving(uop: Uop, reason: string): ControlFlow {
    if (reason === 'syscall') return { kind: 'syscall' };
    if (reason === 'fault') return { kind: 'fault', vector: VECTORS[uop.aux]! };
    if (reason === 'unsupported') return { kind: 'unsupported' };
    this.serve(SERVICE_EFFECTS[SERVICES[uop.aux]!]);
    return { kind: 'next' };
  }

  private serve({ reads, writes }: HelperEffects): void {
    for (const { place, offset, bytes } of reads) this.read(fieldAddress(place as StateField) + offset, bytes, false);
    for (const { place, offset, bytes } of writes) this.write(fieldAddress(place as StateField) + offset, bytes, UNKNOWN, true);
  }

  // ---- from a row's values to the instruction's ------------------------------------------------------------------------------------------

  private instantiate(uop: Uop, value: RowValue, firstAccess: number): EffectValue {
    if (isComputed(value))
      return apply<EffectLeaf>(
        value.operation,
        value.args.map(arg => this.instantiate(uop, arg, firstAccess)),
      );
    switch (value.kind) {
      case 'place':
        return this.readSlot(uop, value as RowLeaf & RowSlot, (value as Slice).signed);
      case 'memory':
        return { ...(value as RowLeaf & { kind: 'memory' }), access: firstAccess + (value as RowLeaf & { kind: 'memory' }).access };
      case 'immediate':
        return this.immediate(uop);
      case 'callee':
        return constantValue(BigInt(jumpTarget(this.form, this.code, this.place, Number(this.next))));
      case 'flags':
        return this.flagsWritten === 0 ? { kind: 'flags' } : UNKNOWN;
      default:
        return value as EffectValue;
    }
  }

  private immediate({ hole, low: lowHalf, high }: Uop): EffectValue {
    if (hole === undefined) return constantValue((BigInt(high) << 32n) | BigInt(lowHalf >>> 0));
    return constantValue(this.number(hole), hole.kind === 'address');
  }

  private number(hole: Hole): bigint {
    const wide = wideNumberAt(hole, this.form, this.place);
    if (wide === undefined) return BigInt(holeNumber(hole, this.form, this.code, this.place, Number(this.next)));
    return new DataView(this.code.buffer, this.code.byteOffset).getBigUint64(wide, true);
  }

  private placeOf(uop: Uop, place: Operand | StateField): number {
    return place === 'd' || place === 'a' || place === 'b' || place === 'aux' ? uop[place] : fieldAddress(place);
  }

  private readSlot(uop: Uop, { place, offset, bytes }: RowSlot, signed: boolean): EffectValue {
    const start = this.placeOf(uop, place);
    if (start === OPERAND.own) return low(this.immediate(uop), bytes, signed);
    return start < 0 ? UNKNOWN : this.read(start + offset, bytes, signed);
  }

  // ---- the register file -----------------------------------------------------------------------------------------------------------------

  private read(start: number, bytes: number, signed: boolean): EffectValue {
    const last = this.written.findLast(each => each.start < start + bytes && start < each.start + each.bytes);
    const covers = last !== undefined && last.start <= start && start + bytes <= last.start + last.bytes;
    if (!covers || !last.certain) this.noteRead(start, bytes);
    if (last !== undefined) return covers && last.certain && last.start === start ? low(last.value, bytes, signed) : UNKNOWN;
    if (start === STATE.zero) return constantValue(0n);
    const [part] = partsAt(start, bytes);
    return part === undefined ? UNKNOWN : { kind: 'register', ...part, signed };
  }

  private noteRead(start: number, bytes: number): void {
    for (const part of partsAt(start, bytes)) {
      const isKnown = this.reads.some(each => each.register === part.register && each.offset === part.offset && each.bytes === part.bytes);
      if (!isKnown) this.reads.push(part);
    }
  }

  private write(start: number, bytes: number, value: EffectValue, certain: boolean): void {
    this.written.push({ start, bytes, value, certain });
  }

  /** The last writes; those that are written over do not count. */
  private registerWrites(): readonly RegisterWrite[] {
    const { written } = this;
    return written.flatMap(({ start, bytes, value, certain }, index) => {
      const behind = written.slice(index + 1);
      if (behind.some(each => each.certain && each.start <= start && start + bytes <= each.start + each.bytes)) return [];
      const overlaid = behind.some(each => each.start < start + bytes && start < each.start + each.bytes);
      const parts = partsAt(start, bytes);
      // Of the tag word only a part is kept (x87-tags.ts): what is written there is not what it reads as.
      const told = !overlaid && parts.length === 1 && parts[0]!.register !== 'ftw';
      return parts.map(part => ({ ...part, value: told ? value : UNKNOWN, certain }));
    });
  }
}

const XMM_BYTES = 16;
const FIELDS = ['fsBase', 'gsBase', 'mxcsr', 'fcw', 'fsw', 'ftw'] as const;
const X87_BYTES = 128;
const XMM_COUNT = 16;

/** The registers at an address of the register file; none of what is scratch. The upper half of a YMM register is its bytes from 16 on. */
function partsAt(start: number, bytes: number): RegisterPart[] {
  const within = (first: number, size: number): boolean => start >= first && start < first + size;
  if (within(STATE.gpr, 8 * GPR_NAMES.length)) return [{ register: GPR_NAMES[(start - STATE.gpr) >> 3]!, offset: start & 7, bytes }];
  if (within(STATE.x87, X87_BYTES)) return [{ register: 'x87', offset: start - STATE.x87, bytes }];
  if (within(STATE.xmm, XMM_BYTES * XMM_COUNT)) {
    const first = (start - STATE.xmm) >> 4;
    const register = (number: number): EffectRegister => `xmm${number}`;
    if (bytes <= XMM_BYTES) return [{ register: register(first), offset: start & 15, bytes }];
    return Array.from({ length: bytes / XMM_BYTES }, (_, index) => ({ register: register(first + index), offset: 0, bytes: XMM_BYTES }));
  }
  if (within(STATE.ymmHigh, XMM_BYTES * XMM_COUNT)) {
    const first = (start - STATE.ymmHigh) >> 4;
    return Array.from({ length: Math.ceil(bytes / XMM_BYTES) }, (_, index): RegisterPart => {
      const offset = XMM_BYTES + (index === 0 ? start & 15 : 0);
      return { register: `ymm${first + index}`, offset, bytes: Math.min(bytes, XMM_BYTES) };
    });
  }
  const field = FIELDS.find(name => within(STATE[name], name.endsWith('Base') ? 8 : 4));
  return field === undefined ? [] : [{ register: field, offset: start - STATE[field], bytes }];
}
