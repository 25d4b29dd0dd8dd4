/** The instructions that the table of mnemonics has: from operands to bytes, and what is said of those that it does not take. */
import { nearest } from './diagnostics.js';
import type { Place } from './encode.js';
import { register, WORD } from './frame.js';
import type { ItemEmitter } from './items.js';
import { type Form, inOrder, jumps, mnemonics, prefixes, rawData, stringInstructions } from './mnemonics.js';
import type { OperandPlaces } from './operand-places.js';
import type { Instruction, Memory, Operand, SymbolReference } from './syntax.js';

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

export class InstructionBuilder {
  /** Whether the stack pointer is loaded in a way that its depth cannot follow. */
  spWrite = false;
  /** Register parameters that are stored in their spill slots, with the index of the first item behind the store. */
  readonly spilled = new Map<string, number>();

  constructor(
    private readonly emitter: ItemEmitter,
    private readonly places: OperandPlaces,
  ) {}

  make(statement: Instruction): void {
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
      this.emitter.diagnostics.report(at, `unknown instruction ${mnemonic}`, near === undefined ? undefined : `did you mean ${near}?`);
      return;
    }
    for (const form of forms) {
      const ordered = inOrder(form, operands);
      if (ordered.length !== form.widths.length) continue;
      if (form.range !== undefined && this.outOfRange(ordered, form.range)) return;
      const places = ordered.map((operand, index) => this.places.of(operand, form.widths[index]));
      if (places.some(place => place === undefined)) return;
      const symbolic = ordered.find((operand): operand is Memory => operand.kind === 'memory' && operand.symbol !== undefined);
      const encoded = this.emitter.encoder.encode(form.mnemonic, places as Place[], form.only);
      if (encoded === undefined) continue;
      const { bytes, fieldAt } = encoded;
      if (symbolic === undefined) this.emitter.emit(at, { kind: 'bytes', bytes });
      else {
        const { symbol, offset } = symbolic as Memory & { symbol: SymbolReference };
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
      return;
    }
    this.emitter.diagnostics.report(
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
          return this.emitter.encoder.encode(form.mnemonic, places, form.only) !== undefined;
        })
        .map(kinds => kinds.join(', ') || 'none'),
    );
    return taken.length === 0 ? undefined : `it takes ${[...new Set(taken)].join('; ')}`;
  }

  /** Reports a constant that Go's assembler does not take here. */
  private outOfRange(operands: readonly Operand[], [least, largest]: readonly [bigint, bigint]): boolean {
    const wrong = operands.find(operand => operand.kind === 'immediate' && (operand.value < least || operand.value > largest));
    if (wrong !== undefined) this.emitter.diagnostics.report(wrong.at, `the constant must be from ${least} to ${largest} here`);
    return wrong !== undefined;
  }

  /** Keeps the depth of the stack up with an instruction that moves RSP. */
  private follow(mnemonic: string, operands: readonly Operand[]): void {
    const last = operands[operands.length - 1];
    const movesSp = last?.kind === 'register' && last.name === 'SP' && !/^(?:CMP|TEST|PUSH|BT)[BWLQ]?$/.test(mnemonic);
    if (mnemonic === 'PUSHQ' || mnemonic === 'PUSHFQ') this.emitter.depth += WORD;
    else if (mnemonic === 'POPQ' || mnemonic === 'POPFQ') this.emitter.depth -= WORD;
    else if (mnemonic === 'PUSHW') this.emitter.depth += 2;
    else if (mnemonic === 'POPW') this.emitter.depth -= 2;
    else if (movesSp) {
      const amount = operands[0].kind === 'immediate' ? Number(operands[0].value) : undefined;
      if (mnemonic === 'SUBQ' && amount !== undefined) this.emitter.depth += amount;
      else if (mnemonic === 'ADDQ' && amount !== undefined) this.emitter.depth -= amount;
      else this.spWrite = true;
    }
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
