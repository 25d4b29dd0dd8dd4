import { registerCalled } from '../../abi/registers.js';
import type { AddressSpace, GprName } from '../../cpu/api.js';
import { GPR_NAMES } from '../../cpu/api.js';
import { FunctionFlow } from '../code/flow.js';
import { unchangedSinceEntry } from '../code/unchanged.js';
import { CommandError } from '../errors.js';
import type { EvaluationRegister, FrameContext } from '../evaluate/context.js';
import type { Known } from '../known.js';
import type { LogicalFrame } from './frame.js';
import { raceVariables } from './race-parameters.js';

/** Bytes between the CFA and RSP at a function's entry, where the return address is. */
const WORD = 8;

const GPRS: ReadonlySet<string> = new Set(GPR_NAMES);

/** A frame as expressions see it; `onChange` is told when a register of it was set. */
export function frameContext(frame: LogicalFrame, memory: AddressSpace, onChange: () => void): FrameContext {
  const { physical } = frame;
  return {
    pc: physical.pc,
    func: physical.func,
    name: frame.name,
    language: physical.func?.language ?? 'asm',
    described: frame.described,
    variables: frame.described ? frame.variables : () => raceVariables(frame, memory),
    cfa: physical.cfa,
    register: name => readRegister(frame, name),
    setRegister: (name, value) => {
      writeRegister(frame, name, value);
      onChange();
    },
    closure: () => closureOf(frame, memory),
    written: offset => writtenIn(frame, memory, offset),
    g: physical.g === 0n ? undefined : physical.g,
  };
}

/** Go's convention passes the closure in RDX, which is no argument: nothing keeps it. */
function closureOf({ physical, inlined }: LogicalFrame, memory: AddressSpace): bigint | undefined {
  const { func, pc, exact, registers } = physical;
  if (inlined || func === undefined || !exact) return undefined;
  return unchangedSinceEntry(memory, func.entry, func.end, pc).has('rdx') ? registers.get('rdx')?.value : undefined;
}

/** Of the frame's own slots, below the CFA; what a caller may have written counts as written. */
function writtenIn({ physical, inlined }: LogicalFrame, memory: AddressSpace, offset: number): boolean {
  const { func, pc, exact } = physical;
  if (offset >= 0 || inlined || func === undefined || func.language !== 'go') return true;
  const flow = FunctionFlow.of(memory, func.entry, func.end);
  const step = exact ? flow?.stepAt(pc) : flow?.callBefore(pc);
  // A call counts as a write: it may be one of the runtime's that clear memory.
  if (step === undefined) return true;
  return !flow!.definitions([step], { slot: offset + WORD }, () => false).some(({ at }) => at === 'entry');
}

/** A register of a frame, by the names that expressions use. */
export function readRegister(frame: LogicalFrame, name: EvaluationRegister): Known<bigint> {
  const { registers, func } = frame.physical;
  if (GPRS.has(name) || name === 'rip') {
    const known = registers.get(name as GprName | 'rip');
    if (known !== undefined) return known;
    const lost = frame.physical.exact ? 'unavailable' : 'clobbered';
    const why =
      func?.language === 'c'
        ? 'no table says where it was saved'
        : "the callee was free to overwrite it: Go's convention saves no registers";
    return { lost, why };
  }
  const { live, bases } = registers;
  if (live === undefined) {
    if (bases !== undefined && name === 'fs_base') return { value: bases.fsBase, how: 'inferred' };
    if (bases !== undefined && name === 'gs_base') return { value: bases.gsBase, how: 'inferred' };
    if (name === 'xmm15' && func !== undefined && func.language === 'go') return { value: 0n, how: 'inferred' };
    return { lost: 'clobbered', why: 'it is known in the innermost frame only' };
  }
  const row = registerCalled(name);
  return row === undefined ? { lost: 'unavailable', why: 'there is no such register' } : { value: row.read(live), how: 'exact' };
}

function writeRegister(frame: LogicalFrame, name: string, value: bigint): void {
  const { live } = frame.physical.registers;
  if (live === undefined) {
    throw new CommandError(`${name} of an outer frame is not a register that can be set; frame 0 has the thread's`);
  }
  const row = registerCalled(name);
  if (row === undefined) throw new CommandError(`no register ${name}`);
  row.write(live, value);
}
