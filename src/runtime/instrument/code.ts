/** Instructions that the pass puts in, as statements and as text. */
import type { SourcePosition } from '../../asm/diagnostics.js';
import { asmName, type MemoryOperand, type SourceInstruction, type SourceOperand } from '../../asm/syntax.js';

export interface InsertedCode {
  readonly text: string;
  statement(at: SourcePosition): SourceInstruction;
}

const instruction = (text: string, mnemonic: string, operands: (at: SourcePosition) => readonly SourceOperand[]): InsertedCode => ({
  text,
  statement: at => ({ kind: 'instruction', mnemonic, operands: operands(at), at }),
});

export const onRegister = (mnemonic: 'PUSHQ' | 'POPQ', name: string): InsertedCode =>
  instruction(`${mnemonic} ${name}`, mnemonic, at => [{ kind: 'register', name, at }]);

export const alone = (mnemonic: 'PUSHFQ' | 'POPFQ'): InsertedCode => instruction(mnemonic, mnemonic, () => []);

/** A call of a function of the runtime, in registers. */
export const call = (name: string): InsertedCode =>
  instruction(`CALL runtime·${name}<ABIInternal>(SB)`, 'CALL', at => [
    { kind: 'memory', symbol: { name: `runtime.${name}`, local: false, abi: 'ABIInternal' }, offset: 0n, scale: 1, at },
  ]);

/** Where the function returns to. */
export const loadCallerPc: InsertedCode = instruction('MOVQ callpc-8(FP), AX', 'MOVQ', at => [
  { kind: 'memory', name: 'callpc', base: 'FP', offset: -8n, scale: 1, at },
  { kind: 'register', name: 'AX', at },
]);

export const loadSize = (bytes: number): InsertedCode =>
  instruction(`MOVL $${bytes}, BX`, 'MOVL', at => [
    { kind: 'immediate', value: BigInt(bytes), at },
    { kind: 'register', name: 'BX', at },
  ]);

export const loadAddress = (of: MemoryOperand): InsertedCode =>
  instruction(`LEAQ ${operandText(of)}, AX`, 'LEAQ', at => [
    { ...of, at },
    { kind: 'register', name: 'AX', at },
  ]);

/** An operand as the source spells it. */
function operandText({ symbol, offset, base, index, scale }: MemoryOperand): string {
  const at = index === undefined ? '' : `(${index}*${scale})`;
  if (symbol === undefined) return `${offset === 0n ? '' : offset}(${base})${at}`;
  return `${asmName(symbol.name)}${symbol.local ? '<>' : ''}${offset === 0n ? '' : `+${offset}`}(SB)${at}`;
}
