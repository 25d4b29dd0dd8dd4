/**
 * One function: from its statements to a list of encodable items, with prologue, epilogues and pseudo-registers worked out as Go's assembler
 * does (cmd/internal/obj/x86, Go 1.21 and later, where the frame pointer is pushed first).
 */
import type { Mnemonic } from 'iced-x86';
import { Mnemonic as M } from 'iced-x86';
import { type Diagnostics, nearest, type Position } from './diagnostics.js';
import { type InstructionEncoder, icedRegister, type Place } from './encode.js';
import { type Form, jumps, mnemonics, prefixes, rawData, stringInstructions } from './mnemonics.js';
import { TEXT_FLAGS } from './preprocess.js';
import type { Memory, Operand, Statement, SymbolReference } from './syntax.js';
import type { Convention } from './types.js';

/** A part of the text whose length is known, or a jump within the function whose length depends on the distance. */
export type Item = ItemState & (Jump | Bytes | Symbolic);

interface ItemState {
  readonly at: Position;
  /** What has been pushed and allocated below the return address in front of the item, and whether RBP's old value is saved. */
  readonly depth: number;
  readonly savedBp: boolean;
  /** Part of prologue or epilogue. */
  readonly frame: boolean;
  /** Number of the statement that it came from: `2(PC)` counts those. */
  readonly statement: number;
}

/** Holds a symbol's address, put in when addresses are known. */
export interface Symbolic {
  readonly kind: 'symbolic';
  readonly bytes: Uint8Array;
  /** Where the 32-bit field is. */
  readonly fieldAt: number;
  /** The field is the distance from the next instruction, not the address itself. */
  readonly relative: boolean;
  readonly symbol: SymbolReference;
  readonly offset: bigint;
}

interface Jump {
  readonly kind: 'jump';
  readonly mnemonic: Mnemonic;
  readonly label: string;
}

interface Bytes {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
}

export interface FunctionSource {
  readonly symbol: SymbolReference;
  readonly flags: number;
  readonly frame: number;
  readonly args: number | undefined;
  readonly convention: Convention;
  readonly statements: readonly Statement[];
  readonly at: Position;
  /** Instructions that save and restore register arguments around the call of morestack. */
  readonly spill?: { readonly before: readonly Statement[]; readonly after: readonly Statement[] };
}

export interface FunctionItems {
  readonly items: readonly Item[];
  /** Label -> index of the item that it stands in front of. */
  readonly labels: ReadonlyMap<string, number>;
  /** Index of the first item behind the prologue. */
  readonly body: number;
  readonly spWrite: boolean;
  /** Register parameters that are stored in their spill slots, with the index of the first item behind the store. */
  readonly spilled: ReadonlyMap<string, number>;
  readonly inlined: readonly InlinedItems[];
}

/** A stretch of items that stands for the body of a function that a compiler would have inlined: between INLINE and INLINEEND. */
export interface InlinedItems {
  readonly name: string;
  readonly from: number;
  to: number;
  /** Where the body's source is, as INLINE says. */
  readonly line: number;
}

// Go's internal/abi: up to StackSmall below the guard needs no exact check, from StackBig on the difference could wrap.
const STACK_SMALL = 128;
const STACK_BIG = 4096;
const START = '<start>';
const MORE = '<morestack>';
const WORD = 8;
/** Thread-local offset of g. */
const TLS_G = -8n;

const register = (name: string, width = 64): Place => ({ kind: 'register', name, width });
const immediate = (value: number): Place => ({ kind: 'immediate', value: BigInt(value), width: 64 });
const memory = (base: string, displacement: number): Place => ({
  kind: 'memory',
  base,
  displacement: BigInt(displacement),
  scale: 1,
  width: 64,
});
const tlsG: Place = { kind: 'memory', displacement: TLS_G, scale: 1, width: 64, segment: 'FS' };

export class FunctionBuilder {
  private readonly items: Item[] = [];
  private readonly labels = new Map<string, number>();
  private depth = 0;
  private savedBp = false;
  private inFrame = false;
  private statement = -1;
  private spWrite = false;
  private readonly spilled = new Map<string, number>();
  private readonly inlined: InlinedItems[] = [];
  private readonly noFrame: boolean;
  private readonly usesBp: boolean;
  /** Index of the first item of each statement, for `2(PC)`. */
  private readonly firstItems: number[] = [];
  private readonly relatives: { item: number; target: number; at: Position }[] = [];

  constructor(
    private readonly source: FunctionSource,
    private readonly encoder: InstructionEncoder,
    private readonly diagnostics: Diagnostics,
  ) {
    this.noFrame = (source.flags & TEXT_FLAGS.NOFRAME) !== 0;
    const calls = source.statements.some(statement => statement.kind === 'instruction' && statement.mnemonic === 'CALL');
    this.usesBp = !this.noFrame && source.convention !== 'C' && (source.frame > 0 || calls);
    this.calls = calls;
  }
  private readonly calls: boolean;

  build(): FunctionItems {
    const { source } = this;
    this.labels.set(START, 0);
    this.prologue();
    const body = this.items.length;
    let number = 0;
    for (const statement of source.statements) {
      if (statement.kind === 'label') {
        if (this.labels.has(statement.name))
          this.diagnostics.report(statement.at, `label ${statement.name} is defined twice in this function`);
        this.labels.set(statement.name, this.items.length);
      } else if (statement.kind === 'instruction') {
        this.statement = number;
        this.firstItems[number++] = this.items.length;
        this.instruction(statement);
      }
    }
    this.firstItems[number] = this.items.length;
    this.morestack();
    for (const relative of this.relatives) {
      const item = this.firstItems[relative.target];
      if (item === undefined) this.diagnostics.report(relative.at, 'the jump leads out of the function');
      else this.labels.set(`<pc${relative.item}>`, item);
    }
    return { items: this.items, labels: this.labels, body, spWrite: this.spWrite, spilled: this.spilled, inlined: this.inlined };
  }

  // ---- frame -----------------------------------------------------------------------------------------------------------------------

  private get splits(): boolean {
    const { flags, frame, convention } = this.source;
    if ((flags & TEXT_FLAGS.NOSPLIT) !== 0 || convention === 'C') return false;
    // A small leaf fits below every guard.
    return this.calls || frame + (this.usesBp ? WORD : 0) >= STACK_SMALL;
  }

  private prologue(): void {
    const { frame, convention } = this.source;
    const { at } = this.source;
    this.inFrame = true;
    if (this.splits) {
      const size = frame + (this.usesBp ? WORD : 0);
      if (convention === 'ABI0') this.push(at, M.Mov, [register('R14'), tlsG]);
      if (size <= STACK_SMALL) this.push(at, M.Cmp, [register('SP'), memory('R14', 16)]);
      else if (size <= STACK_BIG) {
        this.push(at, M.Lea, [register('R12'), memory('SP', STACK_SMALL - size)]);
        this.push(at, M.Cmp, [register('R12'), memory('R14', 16)]);
      } else {
        this.push(at, M.Mov, [register('R12'), register('SP')]);
        this.push(at, M.Sub, [register('R12'), immediate(size - STACK_SMALL)]);
        this.jump(at, M.Jb, MORE);
        this.push(at, M.Cmp, [register('R12'), memory('R14', 16)]);
      }
      this.jump(at, M.Jbe, MORE);
    }
    if (this.usesBp) {
      this.push(at, M.Push, [register('BP')]);
      this.depth += WORD;
      this.savedBp = true;
      this.push(at, M.Mov, [register('BP'), register('SP')]);
    }
    if (frame > 0) {
      this.moveSp(at, -frame);
      this.depth += frame;
    }
    this.inFrame = false;
  }

  /** ADD or SUB, whichever has the shorter constant: 128 takes four bytes, -128 one. */
  private moveSp(at: Position, by: number): void {
    const size = Math.abs(by);
    const add = by > 0 !== (size === 128);
    this.push(at, add ? M.Add : M.Sub, [register('SP'), immediate(size === 128 ? -size : size)]);
  }

  private epilogue(at: Position): void {
    const { depth, savedBp } = this;
    this.inFrame = true;
    if (this.source.frame > 0) {
      this.moveSp(at, this.source.frame);
      this.depth -= this.source.frame;
    }
    if (this.usesBp) {
      this.push(at, M.Pop, [register('BP')]);
      this.depth -= WORD;
      this.savedBp = false;
    }
    this.push(at, M.Ret, []);
    this.inFrame = false;
    // What follows is reached by a jump from inside the frame.
    this.depth = depth;
    this.savedBp = savedBp;
  }

  private morestack(): void {
    if (!this.splits) return;
    const { at, flags, spill } = this.source;
    this.depth = 0;
    this.savedBp = false;
    this.inFrame = true;
    this.labels.set(MORE, this.items.length);
    const name = (flags & TEXT_FLAGS.NEEDCTXT) === 0 ? 'runtime.morestack_noctxt' : 'runtime.morestack';
    for (const statement of spill?.before ?? []) if (statement.kind === 'instruction') this.instruction(statement);
    this.branch(at, M.Call, { name, local: false, abi: 'ABI0' }, 0n);
    for (const statement of spill?.after ?? []) if (statement.kind === 'instruction') this.instruction(statement);
    this.jump(at, M.Jmp, START);
    this.inFrame = false;
  }

  // ---- instructions ----------------------------------------------------------------------------------------------------------------

  private instruction(statement: Extract<Statement, { kind: 'instruction' }>): void {
    const { mnemonic, operands, at } = statement;
    const prefix = prefixes.get(mnemonic);
    if (prefix !== undefined) {
      this.emit(at, { kind: 'bytes', bytes: Uint8Array.of(prefix) });
      return;
    }
    const fixed = operands.length === 0 ? stringInstructions.get(mnemonic) : undefined;
    if (fixed !== undefined) {
      this.emit(at, { kind: 'bytes', bytes: Uint8Array.from(fixed) });
      return;
    }
    const width = rawData.get(mnemonic);
    if (width !== undefined) {
      this.raw(at, width, operands);
      return;
    }
    if (mnemonic === 'NOP' || mnemonic === 'ADJSP') return;
    if (mnemonic === 'INLINE' || mnemonic === 'INLINEEND') {
      this.inline(mnemonic, at, operands);
      return;
    }
    if (mnemonic === 'RET') {
      if (operands.length === 0) this.epilogue(at);
      else this.diagnostics.report(at, 'RET takes no operands', 'JMP name(SB) goes on in another function');
      return;
    }
    if (mnemonic === 'JMP' || mnemonic === 'CALL') {
      this.transfer(mnemonic === 'JMP' ? M.Jmp : M.Call, at, operands);
      return;
    }
    const jump = jumps.get(mnemonic);
    if (jump !== undefined) {
      this.conditional(jump, at, operands);
      return;
    }
    // MOVQ TLS, R prepares what 0(R)(TLS*1) does by itself where the offset is fixed.
    if (operands.length > 0 && operands[0].kind === 'register' && operands[0].name === 'TLS') return;
    this.ordinary(statement);
  }

  /** `INLINE pkg·name(SB), $line`: what follows is the body of that function; `INLINEEND` ends it. Neither makes code. */
  private inline(mnemonic: string, at: Position, operands: readonly Operand[]): void {
    const open = this.inlined.findLast(body => body.to < 0);
    if (mnemonic === 'INLINEEND') {
      if (open === undefined) this.diagnostics.report(at, 'INLINEEND without INLINE');
      else open.to = this.items.length;
      return;
    }
    const [symbol, line] = operands;
    if (symbol?.kind !== 'memory' || symbol.symbol === undefined || line?.kind !== 'immediate') {
      this.diagnostics.report(at, 'INLINE wants a function and a line', 'INLINE pkg·name(SB), $12');
      return;
    }
    this.inlined.push({ name: symbol.symbol.name, from: this.items.length, to: -1, line: Number(line.value) });
  }

  private raw(at: Position, width: number, operands: readonly Operand[]): void {
    const [value] = operands;
    if (operands.length !== 1 || value.kind !== 'immediate') {
      this.diagnostics.report(at, 'raw data wants one constant', 'BYTE $0x90');
      return;
    }
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value.value), true);
    this.emit(at, { kind: 'bytes', bytes: bytes.slice(0, width) });
  }

  private transfer(mnemonic: Mnemonic, at: Position, operands: readonly Operand[]): void {
    const [target] = operands;
    if (operands.length !== 1) {
      this.diagnostics.report(at, `${mnemonic === M.Jmp ? 'JMP' : 'CALL'} takes one operand, not ${operands.length}`);
      return;
    }
    if (target.kind === 'label' || target.kind === 'relative') {
      if (mnemonic === M.Call) this.diagnostics.report(target.at, 'CALL wants a function', 'CALL name(SB)');
      else this.conditional(mnemonic, at, operands);
    } else if (target.kind === 'memory' && target.symbol !== undefined && target.index === undefined) {
      this.branch(at, mnemonic, target.symbol, target.offset);
    } else {
      const place = this.place(target, 64);
      if (place !== undefined) this.push(at, mnemonic, [place]);
    }
  }

  private conditional(mnemonic: Mnemonic, at: Position, operands: readonly Operand[]): void {
    const [target] = operands;
    if (operands.length === 1 && target.kind === 'label') this.jump(target.at, mnemonic, target.name);
    else if (operands.length === 1 && target.kind === 'relative') {
      const item = this.items.length;
      this.relatives.push({ item, target: this.statement + target.count, at: target.at });
      this.jump(target.at, mnemonic, `<pc${item}>`);
    } else if (operands.length === 1 && target.kind === 'memory' && target.symbol !== undefined) {
      this.branch(at, mnemonic, target.symbol, target.offset);
    } else this.diagnostics.report(at, 'a jump wants one label');
  }

  private ordinary(statement: Extract<Statement, { kind: 'instruction' }>): void {
    const { at } = statement;
    let { mnemonic, operands } = statement;
    const first = operands[0];
    if (first?.kind === 'address' && /^(?:MOV|LEA)[LQ]$/.test(mnemonic)) {
      mnemonic = mnemonic.replace('MOV', 'LEA');
      operands = [first.of, ...operands.slice(1)];
    }
    // A constant that only fits 32 bits unsigned is loaded by the 32-bit form, which clears the rest.
    if (
      mnemonic === 'MOVQ' &&
      first?.kind === 'immediate' &&
      operands[1]?.kind === 'register' &&
      first.value >= 1n << 31n &&
      first.value < 1n << 32n
    )
      mnemonic = 'MOVL';
    // IMULQ $n, R is the three-operand form on one register.
    if (/^IMUL[WLQ]$/.test(mnemonic) && operands.length === 2 && first.kind === 'immediate') {
      mnemonic = mnemonic.replace('IMUL', 'IMUL3');
      operands = [first, operands[1], operands[1]];
    }
    const forms = mnemonics.get(mnemonic);
    if (forms === undefined) {
      const near = nearest(mnemonic, [
        ...mnemonics.keys(),
        ...jumps.keys(),
        'CALL',
        'JMP',
        'RET',
        'BYTE',
        'LONG',
        'QUAD',
        'WORD',
        'TEXT',
        'DATA',
        'GLOBL',
      ]);
      this.diagnostics.report(at, `unknown instruction ${mnemonic}`, near === undefined ? undefined : `did you mean ${near}?`);
      return;
    }
    for (const form of forms) {
      const ordered = inOrder(form, operands);
      if (ordered.length !== form.widths.length) continue;
      if (form.range !== undefined && this.outOfRange(ordered, form.range)) return;
      const places = ordered.map((operand, index) => this.place(operand, form.widths[index]));
      if (places.some(place => place === undefined)) return;
      const symbolic = ordered.find((operand): operand is Memory => operand.kind === 'memory' && operand.symbol !== undefined);
      const encoded = this.encoder.encode(form.mnemonic, places as Place[], form.only);
      if (encoded === undefined) continue;
      const { bytes, fieldAt } = encoded;
      if (symbolic === undefined) this.emit(at, { kind: 'bytes', bytes });
      else {
        const { symbol, offset } = symbolic as Memory & { symbol: SymbolReference };
        this.emit(at, { kind: 'symbolic', bytes, fieldAt, relative: symbolic.index === undefined, symbol, offset });
      }
      const [source, target] = operands;
      if (
        source?.kind === 'register' &&
        target?.kind === 'memory' &&
        target.base === 'FP' &&
        target.name !== undefined &&
        !this.spilled.has(target.name)
      ) {
        this.spilled.set(target.name, this.items.length);
      }
      this.follow(mnemonic, operands);
      return;
    }
    this.diagnostics.report(
      operands[0]?.at ?? at,
      `${mnemonic} does not take these operands: ${describeOperands(operands)}`,
      expected(forms),
    );
  }

  /** Reports a constant that Go's assembler does not take here. */
  private outOfRange(operands: readonly Operand[], [least, largest]: readonly [bigint, bigint]): boolean {
    const wrong = operands.find(operand => operand.kind === 'immediate' && (operand.value < least || operand.value > largest));
    if (wrong !== undefined) this.diagnostics.report(wrong.at, `the constant must be from ${least} to ${largest} here`);
    return wrong !== undefined;
  }

  /** Keeps the depth of the stack up with an instruction that moves RSP. */
  private follow(mnemonic: string, operands: readonly Operand[]): void {
    const last = operands[operands.length - 1];
    const movesSp = last?.kind === 'register' && last.name === 'SP' && !/^(?:CMP|TEST|PUSH|BT)[BWLQ]?$/.test(mnemonic);
    if (mnemonic === 'PUSHQ' || mnemonic === 'PUSHFQ') this.depth += WORD;
    else if (mnemonic === 'POPQ' || mnemonic === 'POPFQ') this.depth -= WORD;
    else if (mnemonic === 'PUSHW') this.depth += 2;
    else if (mnemonic === 'POPW') this.depth -= 2;
    else if (movesSp) {
      const amount = operands[0].kind === 'immediate' ? Number(operands[0].value) : undefined;
      if (mnemonic === 'SUBQ' && amount !== undefined) this.depth += amount;
      else if (mnemonic === 'ADDQ' && amount !== undefined) this.depth -= amount;
      else this.spWrite = true;
    }
  }

  /** The operand as the processor sees it; undefined when an error has been reported. */
  private place(operand: Operand, width: number): Place | undefined {
    switch (operand.kind) {
      case 'register': {
        const wide = /^X\d/.test(operand.name) ? 0 : width === 0 ? 64 : width;
        if (icedRegister(operand.name, wide) === undefined && wide !== 8 && /^[ABCD][HL]$/.test(operand.name))
          return register(operand.name, 8);
        return register(operand.name, wide);
      }
      case 'immediate':
        return { kind: 'immediate', value: operand.value, width };
      case 'memory':
        return this.memory(operand, width);
      case 'address':
        this.diagnostics.report(operand.at, 'only MOVQ and LEAQ take an address as a value');
        return undefined;
      case 'float':
        this.diagnostics.report(
          operand.at,
          'amd64 has no floating-point constants in instructions',
          'DATA c<>(SB)/8, $1.5 and load c<>(SB)',
        );
        return undefined;
      case 'text':
        this.diagnostics.report(operand.at, 'a string stands only in DATA');
        return undefined;
      case 'label':
      case 'relative':
        this.diagnostics.report(
          operand.at,
          operand.kind === 'label' ? `${operand.name} is not a register or a constant` : 'a place in the code is no operand here',
        );
        return undefined;
    }
  }

  private memory(operand: Memory, width: number): Place {
    const { source } = this;
    const common = { kind: 'memory', index: operand.index, scale: operand.scale, width } as const;
    if (operand.tls) return { ...common, index: undefined, scale: 1, displacement: TLS_G + operand.offset, segment: 'FS' };
    if (operand.symbol !== undefined) return { ...common, base: undefined, displacement: 0n, ripRelative: operand.index === undefined };
    if (operand.base === 'FP') return { ...common, base: 'SP', displacement: operand.offset + BigInt(this.depth + WORD) };
    if (operand.base === 'SP' && operand.name !== undefined) {
      const below = this.depth - source.frame - (this.usesBp ? WORD : 0);
      return { ...common, base: 'SP', displacement: operand.offset + BigInt(source.frame + below) };
    }
    if (operand.base === 'FS' || operand.base === 'GS')
      return { ...common, base: undefined, displacement: operand.offset, segment: operand.base };
    return { ...common, base: operand.base, displacement: operand.offset };
  }

  // ---- items -----------------------------------------------------------------------------------------------------------------------

  private push(at: Position, mnemonic: Mnemonic, places: readonly Place[]): void {
    const encoded = this.encoder.encode(mnemonic, places);
    if (encoded === undefined) this.diagnostics.report(at, `${M[mnemonic].toUpperCase()} does not take this operand`);
    else this.emit(at, { kind: 'bytes', bytes: encoded.bytes });
  }

  private branch(at: Position, mnemonic: Mnemonic, symbol: SymbolReference, offset: bigint): void {
    const bytes = this.encoder.jump(mnemonic, false);
    this.emit(at, { kind: 'symbolic', bytes, fieldAt: bytes.length - 4, relative: true, symbol, offset });
  }

  private jump(at: Position, mnemonic: Mnemonic, label: string): void {
    this.emit(at, { kind: 'jump', mnemonic, label });
  }

  private emit(at: Position, item: Jump | Bytes | Symbolic): void {
    const { depth, savedBp, inFrame: frame, statement } = this;
    this.items.push(Object.assign(item, { at, depth, savedBp, frame, statement }));
  }
}

function inOrder(form: Form, operands: readonly Operand[]): readonly Operand[] {
  if (form.order === 'same') return operands;
  if (form.order === 'immediate-last') return [operands[1], operands[0], operands[2]].filter(operand => operand !== undefined);
  return [...operands].reverse();
}

const KINDS: Record<Operand['kind'], string> = {
  register: 'register',
  immediate: 'constant',
  float: 'floating-point constant',
  text: 'string',
  address: 'address',
  memory: 'memory',
  label: 'label',
  relative: 'label',
};
const describeOperands = (operands: readonly Operand[]): string =>
  operands.length === 0 ? 'none' : operands.map(operand => (operand.kind === 'register' ? operand.name : KINDS[operand.kind])).join(', ');
const expected = (forms: readonly Form[]): string =>
  `it takes ${[...new Set(forms.map(form => form.widths.length))].join(' or ')}, source first`;
