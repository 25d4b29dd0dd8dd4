/** A system call and its result in words, as the debugger shows them. Looking changes nothing: no page is touched, no stack grown. */

import { type AddressSpace, MemoryFault } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import { AT_FDCWD } from '../abi/constants.js';
import { errnoName, RESTART } from '../abi/errno.js';
import { signalName } from '../abi/signals.js';
import { type ArgKind, int } from './row.js';
import { syscallName, syscallRow } from './table.js';

const MAX_ERRNO = 4095n;
const RESTARTS: ReadonlySet<bigint> = new Set(Object.values(RESTART).map(BigInt));

/** `openat(AT_FDCWD, "/etc/hosts", 0x80000, 0x0)`; of a call that r14 does not know, all six arguments. */
export function describeCall(number: number, args: readonly bigint[], memory: AddressSpace): string {
  const kinds: readonly ArgKind[] = syscallRow(number)?.args ?? args.map(() => 'hex');
  return `${syscallName(number)}(${kinds.map((kind, index) => argument(kind, args[index] ?? 0n, memory)).join(', ')})`;
}

function argument(kind: ArgKind, value: bigint, memory: AddressSpace): string {
  switch (kind) {
    case 'fd':
      return int(value) === AT_FDCWD ? 'AT_FDCWD' : `${int(value)}`;
    case 'int':
      return `${BigInt.asIntN(64, value)}`;
    case 'size':
      return `${value}`;
    case 'signal':
      return int(value) === 0 ? '0' : signalName(int(value));
    case 'path':
      return path(value, memory) ?? hex(value);
    default:
      return hex(value);
  }
}

function path(address: bigint, memory: AddressSpace): string | undefined {
  try {
    return JSON.stringify(memory.readCString(address, 4096));
  } catch (error) {
    if (error instanceof MemoryFault) return undefined;
    throw error;
  }
}

/** `3`, `-ENOENT`, an address in hex. `rax` is the register as the call left it. */
export function describeResult(number: number, rax: bigint): string {
  const error = -BigInt.asIntN(64, rax);
  if (RESTARTS.has(error)) return 'interrupted by a signal';
  if (error > 0n && error <= MAX_ERRNO) return `-${errnoName(Number(error))}`;
  return syscallRow(number)?.group === 'memory' && rax !== 0n ? hex(rax) : `${BigInt.asIntN(64, rax)}`;
}
