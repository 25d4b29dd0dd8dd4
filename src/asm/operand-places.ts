/** Operands as the processor sees them: pseudo-registers are worked out, whatever the depth of the stack is at the place. */
import { type EncodedPlace, icedRegister } from './encode.js';
import { type Frame, type FunctionSource, register, TLS_G, WORD } from './frame.js';
import type { ItemEmitter } from './items.js';
import { isVector, type MemoryOperand, registerMeant, type SourceOperand } from './syntax.js';

export class OperandPlaces {
  constructor(
    private readonly source: FunctionSource,
    private readonly frame: Frame,
    private readonly emitter: ItemEmitter,
  ) {}

  /** An operand whose width the instruction knows, in bits; 0: as the instruction has it. Undefined when an error has been reported. */
  of(operand: SourceOperand, width: number): EncodedPlace | undefined {
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
        this.emitter.diagnostics.report(operand.at, 'only MOVQ and LEAQ take an address as a value');
        return undefined;
      case 'float':
        this.emitter.diagnostics.report(
          operand.at,
          'only MOVSS, MOVSD, arithmetic and comparisons of those take a floating-point constant, to a register',
          'DATA c<>(SB)/8, $1.5 and load c<>(SB)',
        );
        return undefined;
      case 'text':
        this.emitter.diagnostics.report(operand.at, 'a string stands only in DATA');
        return undefined;
      case 'label': {
        const near = registerMeant(operand.name);
        this.emitter.diagnostics.report(
          operand.at,
          `${operand.name} is not a register or a constant`,
          near === undefined ? undefined : `did you mean ${near}?`,
        );
        return undefined;
      }
      case 'relative':
        this.emitter.diagnostics.report(operand.at, 'a place in the code is no operand here');
        return undefined;
    }
  }

  private memory(operand: MemoryOperand, width: number): EncodedPlace {
    const { source } = this;
    const common = { kind: 'memory', index: operand.index, scale: operand.scale, width } as const;
    if (operand.tls) return { ...common, index: undefined, scale: 1, displacement: TLS_G + operand.offset, segment: 'FS' };
    if (operand.symbol !== undefined) return { ...common, base: undefined, displacement: 0n, ripRelative: operand.index === undefined };
    if (operand.base === 'FP') return { ...common, base: 'SP', displacement: operand.offset + BigInt(this.emitter.depth + WORD) };
    if (operand.base === 'SP' && operand.name !== undefined) {
      const below = this.emitter.depth - source.frame - (this.frame.usesBp ? WORD : 0);
      return { ...common, base: 'SP', displacement: operand.offset + BigInt(source.frame + below) };
    }
    if (operand.base === 'FS' || operand.base === 'GS')
      return { ...common, base: undefined, displacement: operand.offset, segment: operand.base };
    return { ...common, base: operand.base, displacement: operand.offset };
  }
}
