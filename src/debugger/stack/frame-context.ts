import { registerCalled } from '../../abi/registers.js';
import type { GprName } from '../../cpu/api.js';
import { GPR_NAMES } from '../../cpu/api.js';
import { CommandError } from '../errors.js';
import type { EvaluationRegister, FrameContext } from '../evaluate/context.js';
import type { Known } from '../known.js';
import type { LogicalFrame } from './frame.js';

const GPRS: ReadonlySet<string> = new Set(GPR_NAMES);

/** A frame as expressions see it; `onChange` is told when a register of it was set. */
export function frameContext(frame: LogicalFrame, onChange: () => void): FrameContext {
  const { physical } = frame;
  return {
    pc: physical.pc,
    func: physical.func,
    name: frame.name,
    language: physical.func?.language ?? 'asm',
    variables: frame.variables,
    cfa: physical.cfa,
    register: name => readRegister(frame, name),
    setRegister: (name, value) => {
      writeRegister(frame, name, value);
      onChange();
    },
    g: physical.g === 0n ? undefined : physical.g,
  };
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
  const { live } = registers;
  if (live === undefined) {
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
