import type { AddressSpace } from '../../cpu/api.js';
import { evaluate } from '../../image/dwarf/expression.js';
import { DWARF_REGISTERS, type ExpressionReader } from './unwind.js';

/** Pushes the eight bytes that follow. */
const DW_OP_CONST8U = 0x0e;

/** Evaluates the expressions of unwind tables (DWARF 5, 6.4.2.3); `initial` values are on the stack beforehand. */
export function unwindExpression(memory: AddressSpace): ExpressionReader {
  return (expression, values, initial) => {
    const result = evaluate(
      { expression: withInitial(expression, initial), unit: 0, bias: 0n },
      {
        register: number => values.get(DWARF_REGISTERS[number]!)?.value,
        cfa: () => undefined,
        readMemory: (address, size) => (memory.allows(address, size, 'read') ? memory.read(address, size) : undefined),
      },
    );
    const piece = result.ok ? result.pieces[0] : undefined;
    return piece?.kind === 'memory' ? piece.address : undefined;
  };
}

function withInitial(expression: Uint8Array, initial: readonly bigint[]): Uint8Array {
  if (initial.length === 0) return expression;
  const pushes = initial.flatMap(value => [
    DW_OP_CONST8U,
    ...Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn)),
  ]);
  return Uint8Array.from([...pushes, ...expression]);
}
