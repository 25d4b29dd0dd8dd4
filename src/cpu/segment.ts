/** Which segment an access goes through: in 64-bit mode it matters only for the exception that a non-canonical address raises. */
import type { Effects, Registers } from './api.js';
import { operandAddressOf } from './effects/address.js';
import { valueWith } from './effects/instruction.js';

/** Whether one of the instruction's accesses is through SS and starts at that address (Intel SDM vol. 1, 3.3.7.1). */
export function reachesThroughStack({ accesses }: Effects, address: bigint, registers: Registers): boolean {
  return accesses.some(access => {
    const operand = operandAddressOf(access.address);
    // Prefixes of the flat segments change nothing, not even this.
    const throughStack = operand?.segment === undefined && (operand?.base === 'rsp' || operand?.base === 'rbp');
    // An only access need not be told from another.
    return throughStack && (accesses.length === 1 || valueWith(access.address, registers) === address);
  });
}
