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
  const value = liveRegister(live, name);
  return value === undefined ? { lost: 'unavailable', why: 'there is no such register' } : { value, how: 'exact' };
}

type Live = NonNullable<LogicalFrame['physical']['registers']['live']>;

function liveRegister(live: Live, name: string): bigint | undefined {
  const indexed = /^(xmm|st)(\d+)$/.exec(name);
  if (indexed) return indexed[1] === 'xmm' ? live.xmm(Number(indexed[2])) : live.st(Number(indexed[2]));
  switch (name) {
    case 'eflags':
    case 'rflags':
      return live.rflags;
    case 'fs_base':
      return live.fsBase;
    case 'gs_base':
      return live.gsBase;
    case 'mxcsr':
    case 'fcw':
    case 'fsw':
    case 'ftw':
      return BigInt(live[name]);
    default:
      return undefined;
  }
}

function writeRegister(frame: LogicalFrame, name: string, value: bigint): void {
  const { live } = frame.physical.registers;
  if (live === undefined) {
    throw new CommandError(`${name} of an outer frame is not a register that can be set; frame 0 has the thread's`);
  }
  const indexed = /^(xmm|st)(\d+)$/.exec(name);
  if (GPRS.has(name)) live.set(name as GprName, BigInt.asUintN(64, value));
  else if (indexed?.[1] === 'xmm') live.setXmm(Number(indexed[2]), BigInt.asUintN(128, value));
  else if (indexed) live.setSt(Number(indexed[2]), BigInt.asUintN(80, value));
  else if (name === 'rip') live.rip = BigInt.asUintN(64, value);
  else if (name === 'eflags' || name === 'rflags') live.rflags = BigInt.asUintN(64, value);
  else if (name === 'fs_base') live.fsBase = BigInt.asUintN(64, value);
  else if (name === 'gs_base') live.gsBase = BigInt.asUintN(64, value);
  else if (name === 'mxcsr' || name === 'fcw' || name === 'fsw' || name === 'ftw') live[name] = Number(value & 0xffffffffn);
  else throw new CommandError(`no register ${name}`);
}
