/** What an instruction is about to touch, in words: where its memory operand points and what the registers in it mean. */
import { SYSTEM_V } from '../../abi/convention.js';
import { type Fault, type GprName, PROT } from '../../cpu/api.js';
import { operandAddressOf } from '../../cpu/effects/address.js';
import { isGpr, valueWith } from '../../cpu/effects/instruction.js';
import { hex } from '../../host/hex.js';
import { raceParameters } from '../../runtime/race/signatures.js';
import { effectsIn } from './decode.js';
import type { CodeSpace } from './disassemble.js';
import { unchangedSinceEntry } from './unchanged.js';

/** A fault, where it was, and the general registers of that moment. */
export interface Faulted {
  readonly fault: Fault;
  readonly tid: number;
  readonly rip: bigint;
  readonly registers: ReadonlyMap<GprName, bigint>;
}

/** Whose value a register holds, in the words of the source. */
export type Holder = (register: GprName) => string | undefined;

/**
 * Why the instruction has faulted: `reads 0x10, which is not mapped: rdi = 0 = thr, argument 1 of a System V call`. `holder` names what is in a
 * register that nothing else is known of.
 */
export function explainFault(space: CodeSpace, faulted: Faulted, holder: Holder = () => undefined): string {
  const { fault } = faulted;
  switch (fault.vector) {
    case '#PF':
      return pageFault(space, faulted, holder);
    case '#DE':
      return 'divides by zero, or the quotient does not fit';
    case '#UD':
      if (fault.cause?.kind === 'level') return `is an instruction of x86-64-${fault.cause.level}, which this processor is not (--cpu)`;
      return 'is an undefined instruction';
    case '#BP':
      return 'is a breakpoint of the program itself';
    case '#DB':
      return fault.cause?.kind === 'step' ? 'has run with the trap flag set' : 'is a debug trap of the program itself';
    case '#OF':
      return 'is an overflow trap of the program itself (INT 4)';
    case '#GP':
    case '#SS':
      return protection(space, faulted, holder);
    default:
      return `raises ${fault.vector}`;
  }
}

/** Each cause of a general protection fault by its name, with the value that is at fault. */
function protection(space: CodeSpace, faulted: Faulted, holder: Holder): string {
  const { cause } = faulted.fault;
  const at = (address: bigint): string => `0x${address.toString(16)}`;
  const withRoles = (address: bigint, text: string): string => {
    const accessed = { ...faulted, fault: { ...faulted.fault, address } };
    const parts = addressRegisters(space, accessed).map(name => registerRole(space, faulted, name, holder));
    return parts.length === 0 ? text : `${text}: ${parts.join('; ')}`;
  };
  switch (cause?.kind) {
    case 'non-canonical':
      return withRoles(cause.address, `accesses ${at(cause.address)}, which is no canonical address`);
    case 'misaligned':
      return withRoles(cause.address, `accesses ${at(cause.address)}, which is not aligned to 16 bytes`);
    case 'target':
      return `goes to ${at(cause.address)}, which is no canonical address`;
    case 'selector':
      return `loads the selector ${at(BigInt(cause.selector))}, which user level may not use`;
    case 'reserved':
      return 'sets reserved bits';
    case 'interrupt':
      return `is INT ${at(BigInt(cause.number))}, which user level may not raise`;
    default:
      return 'is not allowed at user level';
  }
}

function pageFault(space: CodeSpace, faulted: Faulted, holder: Holder): string {
  const { fault } = faulted;
  const verb = fault.access === 'write' ? 'writes' : fault.access === 'exec' ? 'jumps to' : 'reads';
  const problem = fault.mapped ? refusal(space, fault) : 'which is not mapped';
  const base = `${verb} 0x${fault.address.toString(16)}, ${problem}`;
  if (fault.access === 'exec') return `${base}${fault.from === undefined ? '' : `: ${cameBy(space, fault.from)}`}`;
  const parts = addressRegisters(space, faulted).map(name => registerRole(space, faulted, name, holder));
  return parts.length === 0 ? base : `${base}: ${parts.join('; ')}`;
}

const LEAVES: Partial<Record<string, string>> = { return: 'RET', call: 'CALL', jump: 'JMP' };

/** `the RET of inner at 0x40115f went there`. */
function cameBy({ memory, images }: CodeSpace, from: bigint): string {
  const how = LEAVES[effectsIn(memory, from)?.flow.kind ?? ''] ?? 'instruction';
  const func = images.functionAt(from);
  return `the ${how}${func === undefined ? '' : ` of ${func.name}`} at ${hex(from)} went there`;
}

/** Why a mapped page refuses an access. */
function refusal(space: CodeSpace, fault: Fault): string {
  const mapping = space.memory.mappingAt(fault.address);
  const name = mapping === undefined || mapping.name === '' ? '' : ` in ${mapping.name}`;
  if (mapping?.prot === PROT.none) return `mapped${name}, but without any access (a guard page)`;
  if (fault.access === 'exec') return `mapped${name}, but not executable`;
  return fault.access === 'write' ? `mapped${name}, but read-only` : `mapped${name}, but not readable`;
}

/** Base and index of the operand that has faulted. */
export function addressRegisters(space: CodeSpace, { fault, rip, registers }: Faulted): readonly GprName[] {
  const accesses = effectsIn(space.memory, rip)?.accesses ?? [];
  const access = accesses.find(({ address }) => valueWith(address, registers) === fault.address) ?? accesses[0];
  const operand = access && operandAddressOf(access.address);
  return [operand?.base, operand?.index].filter(name => name !== undefined).filter(isGpr);
}

/** `rdi = 0 = thr, argument 1 of a System V call`. */
function registerRole(space: CodeSpace, { rip, registers }: Faulted, name: GprName, holder: Holder): string {
  const value = registers.get(name)!;
  const text = `${name} = ${value === 0n ? '0' : `0x${value.toString(16)}`}`;
  const func = space.images.functionAt(rip);
  if (func === undefined) return text;
  if (func.language === 'c') {
    const index = SYSTEM_V.integerArguments.indexOf(name);
    const { memory } = space;
    if (index >= 0 && unchangedSinceEntry(memory, func.entry, func.end, rip).has(name)) {
      const parameter = raceParameters(func.name)?.[index];
      return `${text}${parameter === undefined ? '' : ` = ${parameter}`}, argument ${index + 1} of a System V call`;
    }
  }
  if (name === 'r14' && func.language !== 'c') return `${text}, where Go code keeps g`;
  if (name === 'rdx' && func.language === 'go' && rip === func.entry) return `${text}, the closure`;
  const held = name === 'rsp' ? undefined : holder(name);
  return held === undefined ? text : `${text} = ${held}`;
}
