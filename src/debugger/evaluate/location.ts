/** From a variable of debug information to the place its value has in a frame. */
import { GPR_NAMES } from '../../cpu/api.js';
import type { Variable } from '../../image/api.js';
import { locate, type Machine, type Place } from '../values/dwarf-machine.js';
import {
  bytesSource,
  fromUint,
  lostSource,
  memorySource,
  OPTIMIZED_OUT,
  piecesSource,
  type Source,
  toUint,
  Unreadable,
} from '../values/source.js';
import type { EvaluationContext, FrameContext } from './context.js';

/** DWARF's numbers for the general registers (AMD64 psABI, figure 3.36), as r14 names them. */
const DWARF_GPR = ['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', ...GPR_NAMES.slice(8), 'rip'];
const FIRST_XMM = 17;
const FIRST_ST = 33;

export function dwarfRegisterName(number: number): string | undefined {
  if (number < FIRST_XMM) return DWARF_GPR[number];
  if (number < FIRST_ST) return `xmm${number - FIRST_XMM}`;
  return number < FIRST_ST + 8 ? `st${number - FIRST_ST}` : undefined;
}

export const registerSize = (name: string): number => (name.startsWith('xmm') ? 16 : name.startsWith('st') ? 10 : 8);

/** A register of the frame as the place of a value: `from` is the first byte. */
export function registerSource(frame: FrameContext, name: string): Source {
  const size = registerSize(name);
  const read = (): Uint8Array => {
    const value = frame.register(name);
    if ('lost' in value) throw new Unreadable(value.lost);
    return fromUint(value.value, size);
  };
  return {
    read(offset, length) {
      if (offset + length > size) throw new Unreadable(`(unreadable the value is larger than ${name.toUpperCase()})`);
      return read().subarray(offset, offset + length);
    },
    write(offset, bytes) {
      const whole = offset === 0 && bytes.length === size ? new Uint8Array(size) : read();
      if (offset + bytes.length > size) throw new Error(`the value is larger than ${name.toUpperCase()}`);
      whole.set(bytes, offset);
      frame.setRegister(name, toUint(whole));
    },
  };
}

function placeSource(context: EvaluationContext, frame: FrameContext | undefined, place: Place): Source {
  switch (place.kind) {
    case 'memory':
      return memorySource(context.memory, place.address);
    case 'register': {
      const name = dwarfRegisterName(place.number);
      if (name === undefined || frame === undefined) return lostSource('<unavailable>', 'its register is not one that r14 has');
      return registerSource(frame, name);
    }
    case 'value':
      return bytesSource(fromUint(place.value, 8), 'the compiler computes it where it is used; it lies nowhere');
    case 'bytes':
      return bytesSource(place.bytes, 'the compiler made it a constant; it lies nowhere');
    case 'lost':
      return lostSource(place.text, 'the compiler optimised it away');
  }
}

/** Where a variable's value is. Never throws: what cannot be known becomes a source that says so when it is read. */
export function variableSource(context: EvaluationContext, variable: Variable): Source {
  const { frame } = context;
  if (variable.constant !== undefined && variable.location === undefined) {
    const { constant } = variable;
    const bytes = typeof constant === 'bigint' ? fromUint(constant, Math.max(variable.type.size, 1)) : new TextEncoder().encode(constant);
    return bytesSource(bytes, 'it is a constant');
  }
  const { location } = variable;
  if (location === undefined) return lostSource(OPTIMIZED_OUT, 'the compiler optimised it away here');
  const machine: Machine = {
    memory: context.memory,
    register(number) {
      const name = dwarfRegisterName(number);
      const value = name === undefined ? undefined : frame?.register(name);
      if (value === undefined) throw new Unreadable('<unavailable>');
      if ('lost' in value) throw new Unreadable(value.lost);
      return value.value;
    },
    cfa: frame?.cfa,
    frameBase: location.frameBase,
    bias: location.bias,
    lookup: location.lookup,
  };
  try {
    const pieces = locate(location.expression, machine);
    const [only] = pieces;
    if (pieces.length === 1 && (only!.size === undefined || only!.size >= variable.type.size))
      return placeSource(context, frame, only!.place);
    return joined(
      pieces.map(piece => ({ size: piece.size ?? variable.type.size, place: piece.place })),
      place => placeSource(context, frame, place),
    );
  } catch (error) {
    if (error instanceof Unreadable) return lostSource(error.text, 'its place is not known here');
    throw error;
  }
}

/** Pieces in a row in memory are one place, so that the value has an address. */
function joined(pieces: readonly { size: number; place: Place }[], source: (place: Place) => Source): Source {
  const first = pieces[0]!.place;
  let next = first.kind === 'memory' ? first.address : undefined;
  for (const { size, place } of pieces) {
    next = next !== undefined && place.kind === 'memory' && place.address === next ? next + BigInt(size) : undefined;
    if (next === undefined) return piecesSource(pieces.map(piece => ({ size: piece.size, source: source(piece.place) })));
  }
  return source(first);
}
