import type { UnwindRow } from '../api.js';
import { ByteReader } from '../bytes.js';
import { readAddress } from './die.js';
import type { Sections } from './source.js';

/** Pointer encodings of .eh_frame (LSB Core, 10.5.1): value format in the low four bits, what it is relative to above. */
const DW_EH_PE = {
  absptr: 0x00,
  uleb: 0x01,
  udata2: 0x02,
  udata4: 0x03,
  udata8: 0x04,
  sleb: 0x09,
  sdata2: 0x0a,
  sdata4: 0x0b,
  sdata8: 0x0c,
} as const;
const DW_EH_PE_pcrel = 0x10;
const DW_EH_PE_indirect = 0x80;
const DW_EH_PE_omit = 0xff;

const DW_CFA = {
  nop: 0x00,
  set_loc: 0x01,
  advance_loc1: 0x02,
  advance_loc2: 0x03,
  advance_loc4: 0x04,
  offset_extended: 0x05,
  restore_extended: 0x06,
  undefined: 0x07,
  same_value: 0x08,
  register: 0x09,
  remember_state: 0x0a,
  restore_state: 0x0b,
  def_cfa: 0x0c,
  def_cfa_register: 0x0d,
  def_cfa_offset: 0x0e,
  def_cfa_expression: 0x0f,
  expression: 0x10,
  offset_extended_sf: 0x11,
  def_cfa_sf: 0x12,
  def_cfa_offset_sf: 0x13,
  val_offset: 0x14,
  val_offset_sf: 0x15,
  val_expression: 0x16,
  GNU_window_save: 0x2d,
  GNU_args_size: 0x2e,
  GNU_negative_offset_extended: 0x2f,
} as const;

interface Cie {
  readonly addressSize: number;
  readonly codeAlignment: number;
  readonly dataAlignment: number;
  readonly returnRegister: number;
  /** Whether FDEs have augmentation data, and how they encode addresses. */
  readonly augmented: boolean;
  readonly pointerEncoding: number;
  readonly signal: boolean;
  readonly instructions: { readonly start: number; readonly end: number };
}

type Rule = UnwindRow['registers'] extends ReadonlyMap<number, infer R> ? R : never;

/** A CIE, an FDE or (neither) the zero that ends .eh_frame. */
interface Entry {
  readonly start: number;
  readonly end: number;
  /** What follows the CIE pointer. */
  readonly body: number;
  /** Of an FDE: offset of its CIE. */
  readonly cie: number | undefined;
  readonly isCie: boolean;
}

/** A row's state while instructions run. */
interface State {
  cfaRegister: number;
  cfaOffset: number;
  cfaExpression: Uint8Array | undefined;
  registers: Map<number, Rule>;
}

/** Deepest nesting of DW_CFA_remember_state that is believed. */
const MAX_REMEMBERED = 256;

/** Call frame information of one section: .debug_frame (DWARF 5, 6.4) or .eh_frame (LSB Core, 10.6). The index is made on first use. */
export class FrameTable {
  private readonly section: Uint8Array;
  private readonly eh: boolean;
  private readonly address: number;
  private readonly cies = new Map<number, Cie>();
  private index: { low: Float64Array; high: Float64Array; at: Uint32Array } | undefined;

  constructor(
    private readonly sections: Sections,
    private readonly name: '.debug_frame' | '.eh_frame',
  ) {
    this.section = sections.get(name);
    this.eh = name === '.eh_frame';
    this.address = sections.source.sectionAddress(name) ?? 0;
  }

  /** How to unwind at a link address; undefined: no FDE covers it, or it is corrupt. */
  rowAt(pc: number): UnwindRow | undefined {
    this.index ??= this.readIndex();
    const { low, high, at } = this.index;
    let a = 0;
    let b = low.length;
    while (a < b) {
      const middle = (a + b) >>> 1;
      if (low[middle]! <= pc) a = middle + 1;
      else b = middle;
    }
    if (a === 0 || pc >= high[a - 1]!) return undefined;
    return this.sections.guard('frames of that function have no unwind rule', undefined, () => this.run(at[a - 1]!, pc));
  }

  private readIndex(): { low: Float64Array; high: Float64Array; at: Uint32Array } {
    const low: number[] = [];
    const high: number[] = [];
    const at: number[] = [];
    const { sections } = this;
    const reader = new ByteReader(this.section, this.name);
    let start = 0;
    // Many thousands of entries: one reader, and guards around runs of them rather than around each.
    const run = () => {
      while (start < this.section.length) {
        const entry = this.readHeader(reader, start);
        start = entry.end;
        if (entry.cie === undefined) continue;
        const fde = this.readRange(reader, entry);
        // The linker leaves FDEs of code it dropped at address 0.
        if (fde.low <= 0 || fde.high <= fde.low) continue;
        low.push(fde.low);
        high.push(fde.high);
        at.push(entry.start);
      }
    };
    for (let from = -1; start < this.section.length && start > from; ) {
      from = start;
      sections.guard('unwind rules there are missing', undefined, run);
    }
    const order = Uint32Array.from(low.keys());
    if (low.some((value, i) => i > 0 && value < low[i - 1]!)) order.sort((x, y) => low[x]! - low[y]!);
    const pick = (values: number[]) => Float64Array.from(order, i => values[i]!);
    return { low: pick(low), high: pick(high), at: Uint32Array.from(order, i => at[i]!) };
  }

  private readHeader(reader: ByteReader, start: number): Entry {
    reader.seek(start);
    let length = reader.u32();
    const offsetSize = length === 0xffff_ffff ? 8 : 4;
    if (offsetSize === 8) length = reader.size64();
    if (length === 0) return { start, end: reader.offset, body: reader.offset, cie: undefined, isCie: false };
    if (length > reader.remaining) reader.fail(`entry of ${length} bytes, ${reader.remaining} left`);
    const end = reader.offset + length;
    const idAt = reader.offset;
    const id = offsetSize === 8 && !this.eh ? readAddress(reader, 8) : reader.u32();
    const isCie = this.eh ? id === 0 : offsetSize === 8 ? id === 2 ** 64 : id === 0xffff_ffff;
    return { start, end, body: reader.offset, cie: isCie ? undefined : this.eh ? idAt - id : id, isCie };
  }

  private cie(offset: number): Cie {
    let cie = this.cies.get(offset);
    if (cie) return cie;
    const reader: ByteReader = new ByteReader(this.section, this.name);
    const { end, isCie } = this.readHeader(reader, offset);
    if (!isCie) reader.fail('an FDE names something that is no CIE');
    const version = reader.u8();
    if (version !== 1 && version !== 3 && version !== 4) reader.fail(`CIE version ${version} is not supported`);
    const augmentation = reader.cstring();
    let addressSize = 8;
    if (version >= 4) {
      addressSize = reader.u8();
      reader.u8();
    }
    if (addressSize !== 8 && addressSize !== 4) reader.fail(`addresses of ${addressSize} bytes`);
    if (augmentation.startsWith('eh')) reader.skip(addressSize);
    const codeAlignment = reader.uleb();
    const dataAlignment = reader.sleb();
    const returnRegister = version === 1 ? reader.u8() : reader.uleb();
    let pointerEncoding: number = DW_EH_PE.absptr;
    let signal = false;
    const augmented = augmentation.startsWith('z');
    if (augmented) {
      const data = reader.sub(reader.uleb());
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') pointerEncoding = data.u8();
        else if (letter === 'L') data.u8();
        else if (letter === 'P') this.pointer(data, data.u8(), addressSize);
        else if (letter === 'S') signal = true;
        else if (letter !== 'B') break;
      }
    } else if (augmentation !== '' && augmentation !== 'eh') reader.fail(`unknown augmentation "${augmentation}"`);
    cie = {
      addressSize,
      codeAlignment,
      dataAlignment,
      returnRegister,
      augmented,
      pointerEncoding,
      signal,
      instructions: { start: reader.offset, end },
    };
    this.cies.set(offset, cie);
    return cie;
  }

  /** An encoded pointer. Relative kinds but pcrel do not occur on amd64 Linux outside exception tables. */
  private pointer(reader: ByteReader, encoding: number, addressSize: number): number {
    if (encoding === DW_EH_PE_omit) return 0;
    const base = (encoding & 0x70) === DW_EH_PE_pcrel ? this.address + reader.offset : 0;
    let value: number;
    switch (encoding & 0x0f) {
      case DW_EH_PE.absptr:
        value = readAddress(reader, addressSize);
        break;
      case DW_EH_PE.uleb:
        value = reader.uleb();
        break;
      case DW_EH_PE.udata2:
        value = reader.u16();
        break;
      case DW_EH_PE.udata4:
        value = reader.u32();
        break;
      case DW_EH_PE.udata8:
        value = readAddress(reader, 8);
        break;
      case DW_EH_PE.sleb:
        value = reader.sleb();
        break;
      case DW_EH_PE.sdata2:
        value = reader.i16();
        break;
      case DW_EH_PE.sdata4:
        value = reader.i32();
        break;
      case DW_EH_PE.sdata8:
        value = Number(reader.i64());
        break;
      default:
        return reader.fail(`unknown pointer encoding 0x${encoding.toString(16)}`);
    }
    // An indirect pointer (personality routines) is only passed over.
    return encoding & DW_EH_PE_indirect ? 0 : base + value;
  }

  /** Leaves the reader at the instructions. */
  private readRange(reader: ByteReader, entry: Entry): { low: number; high: number; cie: Cie } {
    const cieAt = entry.cie ?? -1;
    if (!(cieAt >= 0 && cieAt < this.section.length)) reader.fail('an FDE names no CIE');
    const cie = this.cie(cieAt);
    reader.seek(entry.body);
    const low = this.pointer(reader, cie.pointerEncoding, cie.addressSize);
    const length = this.pointer(reader, cie.pointerEncoding & 0x0f, cie.addressSize);
    if (cie.augmented) reader.skip(reader.uleb());
    return { low, high: low + length, cie };
  }

  private run(fdeAt: number, pc: number): UnwindRow {
    const reader = new ByteReader(this.section, this.name);
    const entry = this.readHeader(reader, fdeAt);
    const { low, cie } = this.readRange(reader, entry);
    const state: State = { cfaRegister: 7, cfaOffset: 8, cfaExpression: undefined, registers: new Map() };
    const program = (start: number, stop: number) => new ByteReader(this.section, this.name, start, stop);
    this.execute(program(cie.instructions.start, cie.instructions.end), cie, state, undefined, low, Number.POSITIVE_INFINITY);
    const initial = new Map(state.registers);
    this.execute(program(reader.offset, entry.end), cie, state, initial, low, pc);
    // The rule of the return address column is known by the number that UnwindRow promises.
    if (cie.returnRegister !== 16 && state.registers.has(cie.returnRegister))
      state.registers.set(16, state.registers.get(cie.returnRegister)!);
    const cfa = state.cfaExpression ? { expression: state.cfaExpression } : { register: state.cfaRegister, offset: state.cfaOffset };
    return { cfa, registers: state.registers, how: 'cfi', ...(cie.signal && { signalFrame: true }) };
  }

  /** Runs instructions up to the row that covers `pc`. */
  private execute(reader: ByteReader, cie: Cie, state: State, initial: Map<number, Rule> | undefined, low: number, pc: number): void {
    let location = low;
    const remembered: State[] = [];
    const atCfa = (register: number, offset: number) => state.registers.set(register, { atCfa: offset });
    const restore = (register: number) => {
      const rule = initial?.get(register);
      if (rule) state.registers.set(register, rule);
      else state.registers.delete(register);
    };
    const defCfa = (register: number, offset: number) => {
      state.cfaRegister = register;
      state.cfaOffset = offset;
      state.cfaExpression = undefined;
    };
    while (!reader.atEnd && location <= pc) {
      const opcode = reader.u8();
      const operand = opcode & 0x3f;
      switch (opcode & 0xc0) {
        case 0x40:
          location += operand * cie.codeAlignment;
          continue;
        case 0x80:
          atCfa(operand, reader.uleb() * cie.dataAlignment);
          continue;
        case 0xc0:
          restore(operand);
          continue;
      }
      switch (opcode) {
        case DW_CFA.nop:
        case DW_CFA.GNU_window_save:
          break;
        case DW_CFA.set_loc:
          location = this.pointer(reader, cie.pointerEncoding, cie.addressSize);
          break;
        case DW_CFA.advance_loc1:
          location += reader.u8() * cie.codeAlignment;
          break;
        case DW_CFA.advance_loc2:
          location += reader.u16() * cie.codeAlignment;
          break;
        case DW_CFA.advance_loc4:
          location += reader.u32() * cie.codeAlignment;
          break;
        case DW_CFA.offset_extended:
          atCfa(reader.uleb(), reader.uleb() * cie.dataAlignment);
          break;
        case DW_CFA.offset_extended_sf:
          atCfa(reader.uleb(), reader.sleb() * cie.dataAlignment);
          break;
        case DW_CFA.GNU_negative_offset_extended:
          atCfa(reader.uleb(), -reader.uleb() * cie.dataAlignment);
          break;
        case DW_CFA.restore_extended:
          restore(reader.uleb());
          break;
        case DW_CFA.undefined:
          state.registers.set(reader.uleb(), 'undefined');
          break;
        case DW_CFA.same_value:
          state.registers.set(reader.uleb(), 'same');
          break;
        case DW_CFA.register:
          state.registers.set(reader.uleb(), { register: reader.uleb() });
          break;
        case DW_CFA.remember_state:
          if (remembered.length >= MAX_REMEMBERED) reader.fail('states remembered too deep');
          remembered.push({ ...state, registers: new Map(state.registers) });
          break;
        case DW_CFA.restore_state: {
          const saved = remembered.pop();
          if (!saved) reader.fail('DW_CFA_restore_state without a remembered state');
          Object.assign(state, saved);
          break;
        }
        case DW_CFA.def_cfa:
          defCfa(reader.uleb(), reader.uleb());
          break;
        case DW_CFA.def_cfa_sf:
          defCfa(reader.uleb(), reader.sleb() * cie.dataAlignment);
          break;
        case DW_CFA.def_cfa_register:
          defCfa(reader.uleb(), state.cfaOffset);
          break;
        case DW_CFA.def_cfa_offset:
          state.cfaOffset = reader.uleb();
          break;
        case DW_CFA.def_cfa_offset_sf:
          state.cfaOffset = reader.sleb() * cie.dataAlignment;
          break;
        case DW_CFA.def_cfa_expression:
          state.cfaExpression = reader.slice(reader.uleb());
          break;
        case DW_CFA.expression: {
          const register = reader.uleb();
          state.registers.set(register, { expression: reader.slice(reader.uleb()) });
          break;
        }
        case DW_CFA.val_offset:
          state.registers.set(reader.uleb(), { valueCfa: reader.uleb() * cie.dataAlignment });
          break;
        case DW_CFA.val_offset_sf:
          state.registers.set(reader.uleb(), { valueCfa: reader.sleb() * cie.dataAlignment });
          break;
        case DW_CFA.val_expression: {
          const register = reader.uleb();
          state.registers.set(register, { valueExpression: reader.slice(reader.uleb()) });
          break;
        }
        case DW_CFA.GNU_args_size:
          reader.uleb();
          break;
        default:
          reader.fail(`unknown call frame instruction 0x${opcode.toString(16)}`);
      }
    }
  }
}
