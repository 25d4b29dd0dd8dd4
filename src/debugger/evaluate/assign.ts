/** `set target = value`: writes a register or guest memory, or refuses and says why; nothing is changed by halves. */
import { hex } from '../../host/hex.js';
import { told } from '../../host/told.js';
import type { Type } from '../../image/api.js';
import { fromUint } from '../values/source.js';
import { isCType, sameType, underlying } from '../values/types.js';
import { bytesOf, pointerOf, stringLength, type Value } from '../values/value.js';
import type { AssignmentStatement } from './ast.js';
import type { EvaluationContext } from './context.js';
import { constantTo, convert, isInteger, isPointer, nilOf, wholeString } from './convert.js';
import { ExpressionError } from './errors.js';
import { evaluateNode } from './evaluate.js';
import type { Result } from './operand.js';
import { positioned } from './positioned.js';
import { OperationError } from './untyped.js';

/** Throws ExpressionError; nothing has changed then. */
export function assign(assignment: AssignmentStatement, context: EvaluationContext): void {
  const { source, target, value } = assignment;
  const place = evaluateNode(source, target, context);
  if (place.kind !== 'value')
    throw new ExpressionError(`${source.slice(target.start, target.end)} cannot be set: it is a ${place.kind}`, target.start);
  const given = evaluateNode(source, value, context);
  const { write, fixed } = place.value.source;
  if (write === undefined)
    throw new ExpressionError(`${source.slice(target.start, target.end)} cannot be set: ${fixed ?? 'it lies nowhere'}`, target.start);
  positioned(value.start, () => {
    const job = prepare(context, place.value, given);
    try {
      job();
    } catch (error) {
      if (error instanceof OperationError || error instanceof ExpressionError) throw error;
      throw new OperationError(`cannot be set: ${told(error).message}`);
    }
  });
}

/** Everything that can be refused is refused here; what is returned only writes. */
function prepare(context: EvaluationContext, target: Value, given: Result): () => void {
  const type = underlying(target.type);
  const put = (value: Value): (() => void) => {
    const bytes = bytesOf(value);
    return () => target.source.write!(0, bytes);
  };
  if (type.kind === 'string') return setString(context, target, given);
  if (given.kind === 'nil') return put(nilOf(target.type));
  if (given.kind === 'constant') {
    if (isPointer(target.type)) return put(convert(context, given, target.type));
    return put(constantTo(given.constant, target.type));
  }
  if (given.kind === 'function' || given.kind === 'symbol') return put(convert(context, given, target.type));
  if (given.kind !== 'value') throw new OperationError(`a ${given.kind} is no value for ${target.type.name}`);
  const { value } = given;
  if (sameType(value.type, target.type)) return put(value);
  if (fits(target, value)) return put(convert(context, given, target.type));
  if (target.type.kind === 'union' && target.type.size === 16 && isInteger(value.type)) return put(sized(value, 16));
  throw new OperationError(`mismatched types: ${target.type.name} cannot be set to ${value.type.name}`);
}

const sized = (value: Value, size: number): Value => ({
  type: value.type.size === size ? value.type : wide(size),
  source: fixedSource(bytesOf(value), size),
});

const wide = (size: number): Type => ({ kind: 'uint', name: `uint${8 * size}`, size });

function fixedSource(bytes: Uint8Array, size: number): Value['source'] {
  const whole = fromUint(0n, size);
  whole.set(bytes.subarray(0, size));
  return { read: (offset, length) => whole.subarray(offset, offset + length) };
}

/** Registers and C's numbers take each other's values; a typed Go variable takes only its type. */
function fits(target: Value, value: Value): boolean {
  const word = (each: Value): boolean => isInteger(each.type) || isPointer(each.type);
  if (target.loose) return word(value) || ['chan', 'map', 'func', 'bool'].includes(underlying(value.type).kind);
  if (value.loose) return word(target);
  if (underlying(target.type).kind === 'unsafe-pointer') return isPointer(value.type);
  const numbers = [target, value].every(each => isInteger(each.type) || underlying(each.type).kind === 'float');
  return isCType(target.type) && (numbers || (word(target) && word(value)));
}

/** A string of the program gives its pointer and length; a new one is written over the old bytes when it is not longer. */
function setString(context: EvaluationContext, target: Value, given: Result): () => void {
  if (given.kind === 'value' && given.value.source.address !== undefined && underlying(given.value.type).kind === 'string') {
    if (!sameType(given.value.type, target.type))
      throw new OperationError(`mismatched types: ${target.type.name} cannot be set to ${given.value.type.name}`);
    const bytes = bytesOf(given.value);
    return () => target.source.write!(0, bytes);
  }
  const value = given.kind === 'constant' ? constantTo(given.constant, target.type) : given.kind === 'value' ? given.value : undefined;
  if (value === undefined || underlying(value.type).kind !== 'string')
    throw new OperationError(`that is no string for a ${target.type.name}`);
  const text = wholeString(context, value);
  if (text.length === 0) return () => target.source.write!(0, new Uint8Array(16));
  const room = stringLength(target);
  if (text.length > room) {
    throw new OperationError(`the new string has ${text.length} bytes, the old one only ${room}; r14 allocates no memory in the program`);
  }
  const address = pointerOf(target);
  const readOnly = context.images.some(image =>
    image.segments.some(({ start, memorySize, prot }) => address >= start && address < start + BigInt(memorySize) && (prot & 2) === 0),
  );
  if (readOnly) {
    throw new OperationError(`the bytes of the old string, at ${hex(address)}, are read-only data that other strings may share`);
  }
  return () => {
    context.memory.write(address, text);
    target.source.write!(8, fromUint(BigInt(text.length), 8));
  };
}
