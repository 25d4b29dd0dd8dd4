/** The instructions that the table of mnemonics has: from operands to bytes, and what is said of those that it does not take. */
import type { SourcePosition } from './diagnostics.js';
import type { EncodedPlace } from './encode.js';
import { WORD } from './frame.js';
import { instructionMeant, reportOperands, warnOfBare } from './instruction-errors.js';
import type { ItemEmitter } from './items.js';
import { inOrder, mnemonics } from './mnemonics.js';
import type { OperandPlaces } from './operand-places.js';
import { isVector, type MemoryOperand, type SourceInstruction, type SourceOperand, type SymbolReference } from './syntax.js';

/** Take a floating-point constant, which becomes a datum: Go's list, found by trying. */
const FLOATS = /^(?:MOV|ADD|SUB|MUL|DIV|COMI|UCOMI)S[SD]$/;
/** Loads a small constant by the 32-bit instruction since then. */
const SHORT_CONSTANTS = 27;

export class InstructionBuilder {
  /** Whether the stack pointer is loaded in a way that its depth cannot follow. */
  spWrite = false;
  /** Register parameters that are stored in their spill slots, with the index of the first item behind the store. */
  readonly spilled = new Map<string, number>();

  constructor(
    private readonly emitter: ItemEmitter,
    private readonly places: OperandPlaces,
    /** Minor number of the Go release whose encodings are wanted. */
    private readonly go: number,
  ) {}

  make(statement: SourceInstruction): void {
    const { at } = statement;
    let { mnemonic, operands } = statement;
    const first = operands[0];
    if (first?.kind === 'address' && /^(?:MOV|LEA)[LQ]$/.test(mnemonic)) {
      mnemonic = mnemonic.replace('MOV', 'LEA');
      operands = [first.of, ...operands.slice(1)];
    }
    // A constant that fits 32 bits unsigned is loaded by the 32-bit form, which clears the rest.
    if (mnemonic === 'MOVQ' && first?.kind === 'immediate' && operands[1]?.kind === 'register' && !isVector(operands[1].name)) {
      const least = this.go >= SHORT_CONSTANTS ? 0n : 1n << 31n;
      if (first.value >= least && first.value < 1n << 32n) mnemonic = 'MOVL';
    }
    if (first?.kind === 'float' && operands.length === 2 && FLOATS.test(mnemonic)) {
      const zero = Object.is(first.value, 0) && mnemonic.startsWith('MOV') && operands[1].kind === 'register';
      if (zero) mnemonic = 'XORPS';
      operands = [zero ? operands[1] : this.float(first.value, mnemonic.endsWith('S') ? 4 : 8, first.at), operands[1]];
    }
    // IMULQ $n, R is the three-operand form on one register.
    if (operands.length === 2 && first.kind === 'immediate' && /^IMUL[WLQ]$/.test(mnemonic)) {
      mnemonic = mnemonic.replace('IMUL', 'IMUL3');
      operands = [first, operands[1], operands[1]];
    }
    const forms = mnemonics.get(mnemonic);
    if (forms === undefined) {
      this.emitter.diagnostics.report(at, `unknown instruction ${mnemonic}`, instructionMeant(mnemonic));
      return;
    }
    if (/^VP?GATHER/.test(mnemonic) && this.repeatsRegister(operands)) {
      this.emitter.diagnostics.report(at, `${mnemonic} wants three registers that differ: the mask, the index and the result`);
      return;
    }
    for (const form of forms) {
      const ordered = inOrder(form, operands);
      if (ordered.length !== form.widths.length) continue;
      if (form.range !== undefined && this.outOfRange(ordered, form.range)) return;
      const places = ordered.map((operand, index) => this.places.of(operand, form.widths[index]));
      if (places.some(place => place === undefined)) return;
      const symbolic = ordered.find((operand): operand is MemoryOperand => operand.kind === 'memory' && operand.symbol !== undefined);
      const encoded = this.emitter.encoder.encode(form.mnemonic, places as EncodedPlace[], form.only);
      if (encoded === undefined) continue;
      const { bytes, fieldAt } = encoded;
      if (symbolic === undefined) this.emitter.emit(at, { kind: 'bytes', bytes });
      else {
        const { symbol, offset } = symbolic as MemoryOperand & { symbol: SymbolReference };
        this.emitter.emit(at, {
          kind: 'symbolic',
          bytes,
          fieldAt,
          relative: symbolic.index === undefined,
          symbol,
          symbolAt: symbolic.at,
          offset,
        });
      }
      const [source, target] = operands;
      if (
        source?.kind === 'register' &&
        target?.kind === 'memory' &&
        target.base === 'FP' &&
        target.name !== undefined &&
        !this.spilled.has(target.name)
      ) {
        this.spilled.set(target.name, this.emitter.items.length);
      }
      this.follow(mnemonic, operands);
      warnOfBare(operands, this.emitter.diagnostics);
      return;
    }
    const placeOf = (operand: SourceOperand, width: number): EncodedPlace | undefined => this.places.of(operand, width);
    reportOperands({ mnemonic, operands, at }, forms, this.emitter.encoder, placeOf, this.emitter.diagnostics);
  }

  /** Whether two vectors among the operands, indices included, are one register. */
  private repeatsRegister(operands: readonly SourceOperand[]): boolean {
    const names = operands.flatMap(operand =>
      operand.kind === 'register' ? operand.name : operand.kind === 'memory' ? (operand.index ?? []) : [],
    );
    const numbers = names.filter(isVector).map(name => name.slice(1));
    return new Set(numbers).size < numbers.length;
  }

  /** A constant of an instruction as the datum that Go makes of it, named after its bits. */
  private float(value: number, size: 4 | 8, at: SourcePosition): MemoryOperand {
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    if (size === 4) view.setFloat32(0, value, true);
    else view.setFloat64(0, value, true);
    const name = `$f${size * 8}.${[...bytes]
      .reverse()
      .map(byte => byte.toString(16).padStart(2, '0'))
      .join('')}`;
    this.emitter.floats.set(name, bytes);
    return { kind: 'memory', symbol: { name, local: false }, offset: 0n, scale: 1, at };
  }

  /** Reports a constant that Go's assembler does not take here. */
  private outOfRange(operands: readonly SourceOperand[], [least, largest]: readonly [bigint, bigint]): boolean {
    const wrong = operands.find(operand => operand.kind === 'immediate' && (operand.value < least || operand.value > largest));
    if (wrong !== undefined) this.emitter.diagnostics.report(wrong.at, `the constant must be from ${least} to ${largest} here`);
    return wrong !== undefined;
  }

  /** Keeps the depth of the stack up with an instruction that moves RSP. */
  private follow(mnemonic: string, operands: readonly SourceOperand[]): void {
    const last = operands[operands.length - 1];
    const movesSp = last?.kind === 'register' && last.name === 'SP' && !/^(?:CMP|TEST|PUSH|BT)[BWLQ]?$/.test(mnemonic);
    if (mnemonic === 'PUSHQ' || mnemonic === 'PUSHFQ') this.emitter.depth += WORD;
    else if (mnemonic === 'POPQ' || mnemonic === 'POPFQ') this.emitter.depth -= WORD;
    else if (mnemonic === 'PUSHW') this.emitter.depth += 2;
    else if (mnemonic === 'POPW') this.emitter.depth -= 2;
    else if (movesSp) {
      const amount = operands[0].kind === 'immediate' ? Number(operands[0].value) : undefined;
      const by = mnemonic === 'SUBQ' ? amount : mnemonic === 'ADDQ' && amount !== undefined ? -amount : undefined;
      if (by === undefined) this.spWrite = true;
      this.emitter.depth += by ?? 0;
      this.emitter.unseen += by ?? 0;
    }
  }
}
