/** From a variable of debug information to the place its value has in a frame. */

import { dwarfRegister, registerNamed } from '../../abi/registers.js';
import { told } from '../../host/told.js';
import type { Type, Variable } from '../../image/api.js';
import { type Evaluated, type ExpressionContext, evaluateLocation, type LocationPiece } from '../../image/dwarf/expression.js';
import { isMissing, type Missing } from '../known.js';
import { capturedSource } from '../values/captured.js';
import {
  bytesSource,
  fromUint,
  memorySource,
  missingSource,
  OPTIMIZED_OUT,
  piecesSource,
  type Source,
  toUint,
  Unreadable,
} from '../values/source.js';
import type { EvaluationContext, FrameContext } from './context.js';
import { OperationError } from './untyped.js';

/** In bytes: what is narrower than a word is seen as one. */
export const registerSize = (name: string): number => Math.max(8, (registerNamed(name)?.bits ?? 0) / 8);

/** A register of the frame as the place of a value: `from` is the first byte. */
export function registerSource(frame: FrameContext, name: string): Source {
  const size = registerSize(name);
  const read = (): Uint8Array => {
    const value = frame.register(name);
    if (isMissing(value)) throw new Unreadable(value);
    return fromUint(value.value, size);
  };
  return {
    register: { name, offset: 0 },
    get missing() {
      const value = frame.register(name);
      return isMissing(value) ? value : undefined;
    },
    read(offset, length) {
      if (offset + length > size) throw new Unreadable(`the value is larger than ${name.toUpperCase()}`);
      return read().subarray(offset, offset + length);
    },
    write(offset, bytes) {
      const whole = offset === 0 && bytes.length === size ? new Uint8Array(size) : read();
      if (offset + bytes.length > size) throw new OperationError(`the value is larger than ${name.toUpperCase()}`);
      whole.set(bytes, offset);
      frame.setRegister(name, toUint(whole));
    },
  };
}

function pieceSource(context: EvaluationContext, piece: LocationPiece): Source {
  const { frame } = context;
  if (piece.bits) return missingSource({ lost: 'unreadable', why: 'it lies in single bits of a register' });
  switch (piece.kind) {
    case 'memory':
      return memorySource(context.memory, piece.address);
    case 'register': {
      const name = dwarfRegister(piece.register)?.name;
      if (name === undefined || frame === undefined)
        return missingSource({ lost: 'unavailable', why: 'its register is not one that r14 has' });
      return registerSource(frame, name);
    }
    case 'value':
      return bytesSource(piece.bytes, 'the compiler computes it where it is used; it lies nowhere');
    case 'implicit-pointer':
    case 'empty':
      return missingSource(OPTIMIZED_OUT);
  }
}

const NOT_SET: Missing = { lost: 'not set yet', why: 'the function has not written it yet' };

/** Where a variable's value is. Never throws: what cannot be known becomes a source that says so when it is read. */
export function variableSource(context: EvaluationContext, variable: Variable): Source {
  const { location } = variable;
  // The frame's own copy of what a closure has captured is made by its first instructions.
  const closure = variable.closureOffset === undefined ? undefined : context.frame?.closure?.();
  if (closure !== undefined) return capturedSource(context, variable, closure);
  if (location === undefined) {
    if (variable.constant !== undefined) return constantSource(variable.constant, variable.type);
    return missingSource(OPTIMIZED_OUT);
  }
  // A register that a callee overwrote is not missing debug information: the value was there, and is gone.
  let lost: Missing | undefined;
  const evaluated = evaluateLocation(
    location,
    expressionContext(context, missing => {
      lost ??= missing;
    }),
  );
  if (!evaluated.ok) return missingSource(lost ?? missingBy(evaluated), evaluated.error);
  const { pieces } = evaluated;
  const [only] = pieces;
  const late = variable.role === 'result' || (variable.closureOffset !== undefined && !variable.closureIndirect);
  if (late && only!.kind === 'memory' && context.frame?.cfa !== undefined) {
    const source = memorySource(context.memory, only!.address);
    if (context.frame.written?.(Number(only!.address - context.frame.cfa)) === false) return { ...source, ...missingSource(NOT_SET) };
  }
  if (pieces.length === 1 && (only!.size === undefined || only!.size >= variable.type.size)) return pieceSource(context, only!);
  return joined(context, pieces, variable.type.size);
}

/** What expressions of debug information are evaluated against in a frame; `lose` is told of each register that is not known, and why. */
export function expressionContext(context: EvaluationContext, lose: (missing: Missing) => void = () => {}): ExpressionContext {
  const { frame } = context;
  const register = (number: number): bigint | undefined => {
    const name = dwarfRegister(number)?.name;
    const value = name === undefined ? undefined : frame?.register(name);
    if (value !== undefined && !isMissing(value)) return value.value;
    lose(value ?? { lost: 'unavailable', why: 'its register is not one that r14 has' });
    return undefined;
  };
  return {
    register,
    registerBytes(number) {
      const value = register(number);
      const name = dwarfRegister(number)?.name;
      return value === undefined || name === undefined ? undefined : fromUint(value, registerSize(name));
    },
    cfa: () => frame?.cfa,
    threadPointer() {
      const value = frame?.register('fs_base');
      return value && 'value' in value ? value.value : undefined;
    },
    readMemory(address, size) {
      try {
        return context.memory.read(address, size);
      } catch (error) {
        told(error);
        return undefined;
      }
    },
    entryValue: place => frame?.entryValue?.(place),
  };
}

/** A value that only the caller knew is not in this frame any more. */
const missingBy = ({ error, wants }: Evaluated & { ok: false }): Missing => ({
  lost: wants === 'entry value' ? 'optimized out' : 'unreadable',
  why: error,
});

export function constantSource(constant: bigint | string, type: Type): Source {
  const bytes = typeof constant === 'bigint' ? fromUint(constant, Math.max(type.size, 1)) : new TextEncoder().encode(constant);
  return bytesSource(bytes, 'it is a constant');
}

/** Pieces in a row in memory are one place, so that the value has an address. */
function joined(context: EvaluationContext, pieces: readonly LocationPiece[], whole: number): Source {
  const first = pieces[0]!;
  let next = first.kind === 'memory' ? first.address : undefined;
  for (const piece of pieces) {
    next = next !== undefined && piece.kind === 'memory' && piece.address === next ? next + BigInt(piece.size ?? 0) : undefined;
  }
  if (next !== undefined) return pieceSource(context, first);
  return piecesSource(pieces.map(piece => ({ size: piece.size ?? whole, source: pieceSource(context, piece) })));
}
