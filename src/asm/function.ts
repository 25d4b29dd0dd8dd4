/** One function: from its statements to a list of encodable items, with pseudo-registers and Go's own spellings worked out. */
import type { Mnemonic } from 'iced-x86';
import { Mnemonic as M } from 'iced-x86';
import { nearest, type Position } from './diagnostics.js';
import { icedRegister, type Place } from './encode.js';
import { FrameBuilder, register, TLS_G, WORD } from './frame.js';
import type { FunctionItems, InlinedItems } from './items.js';
import { type Form, inOrder, jumps, mnemonics, prefixes, rawData, stringInstructions } from './mnemonics.js';
import { isVector, type Memory, type Operand, registerName, type Statement, type SymbolReference } from './syntax.js';

/** An operand of each kind. */
const SAMPLES = {
  register: register('CX'),
  'X register': register('X1', 0),
  constant: { kind: 'immediate', value: 1n, width: 64 },
  memory: { kind: 'memory', base: 'CX', displacement: 0n, scale: 1, width: 64 },
} satisfies Record<string, Place>;
const SAMPLE_KINDS = Object.keys(SAMPLES) as (keyof typeof SAMPLES)[];

/** Every word that a statement may begin with. */
const WORDS = [
  ...mnemonics.keys(),
  ...jumps.keys(),
  ...['CALL', 'JMP', 'RET', 'NOP'],
  ...rawData.keys(),
  ...prefixes.keys(),
  ...stringInstructions.keys(),
  ...['TEXT', 'DATA', 'GLOBL'],
];

export class FunctionBuilder extends FrameBuilder {
  private spWrite = false;
  private readonly spilled = new Map<string, number>();
  private readonly inlined: InlinedItems[] = [];
  /** Index of the first item of each statement, for `2(PC)`. */
  private readonly firstItems: number[] = [];
  private readonly relatives: { item: number; target: number; at: Position }[] = [];

  build(): FunctionItems {
    const { source } = this;
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

  protected instruction(statement: Extract<Statement, { kind: 'instruction' }>): void {
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
      const [target] = operands;
      if (operands.length === 0) this.epilogue(at);
      else if (operands.length === 1 && target.kind === 'memory' && target.symbol !== undefined && target.index === undefined)
        this.epilogue(at, target.symbol, target.at);
      else this.diagnostics.report(target.at, 'RET takes nothing, or a function to go on in', 'RET name(SB)');
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
      this.branch(at, mnemonic, target.symbol, target.at, target.offset);
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
      this.branch(at, mnemonic, target.symbol, target.at, target.offset);
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
    if (operands.length === 2 && first.kind === 'immediate' && /^IMUL[WLQ]$/.test(mnemonic)) {
      mnemonic = mnemonic.replace('IMUL', 'IMUL3');
      operands = [first, operands[1], operands[1]];
    }
    const forms = mnemonics.get(mnemonic);
    if (forms === undefined) {
      const near = nearest(mnemonic.toUpperCase(), WORDS);
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
        this.emit(at, { kind: 'symbolic', bytes, fieldAt, relative: symbolic.index === undefined, symbol, symbolAt: symbolic.at, offset });
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
      this.expected(forms),
    );
  }

  /** Which kinds of operands the forms do take, found by trying: `register, register; constant, register; ...`. */
  private expected(forms: readonly Form[]): string | undefined {
    const taken = forms.flatMap(form =>
      form.widths
        .reduce<(keyof typeof SAMPLES)[][]>((lists, _) => lists.flatMap(list => SAMPLE_KINDS.map(kind => [...list, kind])), [[]])
        .filter(kinds => {
          const places = inOrder(form, kinds).map((kind, index) => ({
            ...SAMPLES[kind],
            width: kind === 'X register' ? 0 : form.widths[index] || 64,
          }));
          return this.encoder.encode(form.mnemonic, places, form.only) !== undefined;
        })
        .map(kinds => kinds.join(', ') || 'none'),
    );
    return taken.length === 0 ? undefined : `it takes ${[...new Set(taken)].join('; ')}`;
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
        const wide = isVector(operand.name) ? 0 : width === 0 ? 64 : width;
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
      case 'label': {
        const near = registerName(operand.name.toUpperCase());
        this.diagnostics.report(
          operand.at,
          `${operand.name} is not a register or a constant`,
          near === undefined ? undefined : `did you mean ${near}?`,
        );
        return undefined;
      }
      case 'relative':
        this.diagnostics.report(operand.at, 'a place in the code is no operand here');
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
