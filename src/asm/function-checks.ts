/** What is likely wrong with a function whose every line is right. */
import type { Diagnostics } from './diagnostics.js';
import type { FunctionSource } from './frame.js';
import type { SourceInstruction, SourceOperand } from './syntax.js';

/** Instructions behind which nothing runs, or that may be the last because what they call does not come back. */
const ENDS = /^(?:RET|JMP|UNDEF|UD2|HLT|INT|CALL|SYSCALL|BYTE|WORD|LONG|QUAD)$/;

/** Warns of a function that runs on into whatever lies behind it. */
export function checkEnd({ statements, at, symbol }: FunctionSource, diagnostics: Diagnostics): void {
  const last = statements.findLast(
    statement => statement.kind === 'label' || !/^(?:NOP|PCALIGN|PCALIGNMAX|INLINEEND)$/.test(nameOf(statement)),
  );
  if (last?.kind === 'instruction' && ENDS.test(last.mnemonic)) return;
  diagnostics.warn(last?.at ?? at, `${symbol.name} ends without RET`, 'what lies behind it would run next');
}

const nameOf = (statement: FunctionSource['statements'][number]): string => (statement.kind === 'instruction' ? statement.mnemonic : '');

/** Instructions that only look at their last operand, as `go vet` does not know. */
const READS = /^(?:CMP|TEST|BT|PUSH)[BWLQ]?$/;

/**
 * Warns of a function without a frame of its own that overwrites RBP, the frame pointer, and has not looked at it before, as `go vet` does
 * (framepointer). It is a warning, since code that switches stacks loads RBP on purpose.
 */
export function checkFramePointer({ statements, convention }: FunctionSource, savesIt: boolean, diagnostics: Diagnostics): void {
  if (savesIt || convention === 'C') return;
  for (const statement of statements) {
    if (statement.kind !== 'instruction') continue;
    if (statement.mnemonic === 'RET') return;
    if (!statement.operands.some(mentionsBp)) continue;
    if (overwritesBp(statement)) {
      diagnostics.warn(
        statement.at,
        'BP, the frame pointer, is overwritten and has not been saved',
        'PUSHQ BP and POPQ BP around it, or a frame: $8',
      );
    }
    return;
  }
}

const mentionsBp = (operand: SourceOperand): boolean =>
  operand.kind === 'register'
    ? operand.name === 'BP'
    : operand.kind === 'memory'
      ? operand.base === 'BP' || operand.index === 'BP'
      : operand.kind === 'address' && mentionsBp(operand.of);

const overwritesBp = ({ mnemonic, operands }: SourceInstruction): boolean => {
  const last = operands[operands.length - 1];
  const others = operands.slice(0, -1);
  // Of itself it takes nothing where it is made zero.
  const zeroed = /^(?:XOR|SUB)[LQ]$/.test(mnemonic);
  return (
    operands.length > 1 && last.kind === 'register' && last.name === 'BP' && (zeroed || !others.some(mentionsBp)) && !READS.test(mnemonic)
  );
};
