import { unwindRegister } from '../../abi/registers.js';
import type { AddressSpace } from '../../cpu/api.js';
import { evaluateFrameRule } from '../../image/dwarf/expression.js';
import type { ExpressionReader } from './unwind.js';

/** Evaluates the expressions of unwind tables (DWARF 5, 6.4.2.3); `initial` values are on the stack beforehand. */
export function unwindExpression(memory: AddressSpace): ExpressionReader {
  return (expression, values, initial) =>
    evaluateFrameRule(expression, initial[0], {
      register: number => values.get(unwindRegister(number)!)?.value,
      cfa: () => undefined,
      readMemory: (address, size) => (memory.allows(address, size, 'read') ? memory.read(address, size) : undefined),
    });
}
