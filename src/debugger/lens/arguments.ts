/** The arguments of a frame, each with how it is known: a value that is lost is shown as lost, never guessed at in silence. */

import { assignPlaces } from '../../abi/assign.js';
import { ABI0, SYSTEM_V } from '../../abi/convention.js';
import { hex } from '../../host/hex.js';
import { told } from '../../host/told.js';
import type { Func, How, Type, Variable } from '../../image/api.js';
import { raceParameters } from '../../runtime/race/signatures.js';
import { describeAddress } from '../code/describe.js';
import { unchangedSinceEntry } from '../code/unchanged.js';
import type { EvaluationContext } from '../evaluate/context.js';
import { variableSource } from '../evaluate/location.js';
import { isOfCompiler } from '../evaluate/scope.js';
import { isMissing, type Known, missingText } from '../known.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { CallStack } from '../target.js';
import { printValue } from '../values/print.js';
import { shapeOf } from '../values/shape-of-type.js';
import { memorySource, type Source, Unreadable } from '../values/source.js';
import { underlying } from '../values/types.js';
import { dynamicOf, pointerOf, sliceRun, stringBytes, uint64Value, type Value } from '../values/value.js';
import { callable } from './signature.js';

export interface FrameArgument {
  readonly name: string;
  /** Undefined: no debug information has it, and it is a word (the race runtime's). */
  readonly type: Type | undefined;
  readonly known: Known<Value>;
}

/** Bytes of a string that are shown between a frame's parentheses. */
const SHORT_STRING = 32;

/** Arguments of a frame, in order. */
export const frameArguments = (stack: CallStack, frame: LogicalFrame): readonly FrameArgument[] =>
  everyArgument(stack, frame).filter(each => !isOfCompiler(each));

/** As `frameArguments`, with the dictionary of generic code. */
export function everyArgument(stack: CallStack, frame: LogicalFrame): readonly FrameArgument[] {
  const { func } = frame.physical;
  if (func?.language === 'c' && !frame.described) return raceArguments(stack, frame);
  const variables = frame.variables().filter(each => each.role === 'param');
  if (variables.length === 0) return func?.asm ? assemblyArguments(stack, frame, func) : [];
  const context = stack.context(frame);
  const outgoing = func?.wrapper && !frame.physical.exact ? outgoingArguments(context, frame, variables) : undefined;
  return variables.map((variable, index) => {
    const { name, type } = variable;
    const known = readableValue(context, { type, source: variableSource(context, variable) }, frame.physical.how);
    const passed = isMissing(known) ? outgoing?.[index] : undefined;
    const again = passed && readableValue(context, { type, source: passed }, 'inferred');
    return { name, type, known: again === undefined || isMissing(again) ? known : again };
  });
}

/**
 * Assembly under ABI0 has its arguments on the stack; debug information of its wrapper says which they are. They are its own to write: what it has
 * changed is shown as it is now.
 */
function assemblyArguments(stack: CallStack, frame: LogicalFrame, func: Func): readonly FrameArgument[] {
  const { convention, signature } = callable(stack.target.images, func);
  const { cfa } = frame.physical;
  if (convention !== ABI0 || signature === undefined || cfa === undefined) return [];
  const context = stack.context(frame);
  return signature.params.flatMap(({ name, type }, index): FrameArgument[] => {
    const place = signature.places.params[index]!;
    if (place.in !== 'stack' || type === undefined) return [];
    // Offsets count from the return address.
    const source = memorySource(context.memory, cfa - 8n + BigInt(place.offset));
    return [{ name, type, known: readableValue(context, { type, source }, 'inferred') }];
  });
}

/** A value, known when what an argument shows of it can be read. */
export function readableValue(context: EvaluationContext, value: Value, how: How): Known<Value> {
  const { type, source } = value;
  const inner = underlying(type);
  try {
    if (source.missing !== undefined) return source.missing;
    if (inner.kind === 'string') stringBytes(context, value, SHORT_STRING);
    else if (inner.kind === 'slice') sliceRun(value);
    else if (inner.kind === 'interface') dynamicOf(context, value);
    else if (inner.kind !== 'struct' && inner.kind !== 'union' && inner.kind !== 'array') source.read(0, type.size);
    return { value, how };
  } catch (error) {
    if (error instanceof Unreadable) return { lost: error.lost, why: error.why };
    throw error;
  }
}

/**
 * A wrapper from ABIInternal to ABI0 puts its arguments on the stack for the function it calls; they are there, at the stack pointer of
 * the call, when the registers they came in are long overwritten.
 */
export function outgoingArguments(
  context: EvaluationContext,
  frame: LogicalFrame,
  variables: readonly Variable[],
): readonly (Source | undefined)[] {
  const { params } = assignPlaces(ABI0, { params: variables.map(each => shapeOf(each.type)), results: [] });
  return params.map(place => {
    // Offsets count from the callee's return address, which lay one word below the stack pointer of the call.
    return place.in === 'stack' ? memorySource(context.memory, frame.physical.sp - 8n + BigInt(place.offset)) : undefined;
  });
}

const WORDS: ReadonlySet<Type['kind']> = new Set(['pointer', 'unsafe-pointer', 'map', 'chan', 'func']);

/** The address that an argument is, when it is one. */
export function addressIn({ type, known }: FrameArgument): bigint | undefined {
  if (isMissing(known) || (type !== undefined && !WORDS.has(underlying(type).kind))) return undefined;
  return pointerOf(known.value);
}

/** One word or less for scalars; strings in quotes; three dots for what would fill the line; `<clobbered>` and the like for what is lost. */
export function argumentText(stack: CallStack, frame: LogicalFrame, argument: FrameArgument): string {
  const { type, known } = argument;
  if (isMissing(known)) return missingText(known);
  const address = addressIn(argument);
  if (address !== undefined) {
    const symbol =
      (type === undefined || isOfCompiler(argument)) && address >= 0x1000n ? describeAddress(stack.target.images, address) : undefined;
    return `${hex(address)}${symbol === undefined ? '' : ` <${symbol}>`}`;
  }
  const context = stack.context(frame);
  const { value } = known;
  switch (underlying(value.type).kind) {
    case 'string':
      return printValue(context, value, { maxStringLen: SHORT_STRING });
    case 'struct':
    case 'union':
    case 'array':
    case 'slice':
    case 'interface':
    case 'void':
      try {
        value.source.read(0, Math.min(8, value.type.size));
        return '...';
      } catch (error) {
        told(error);
        return printValue(context, value, { maxVariableRecurse: 0, maxArrayValues: 0 });
      }
    default:
      return printValue(context, value);
  }
}

/** Arguments of the race runtime's functions: in their registers for as long as nothing has overwritten those. */
function raceArguments(stack: CallStack, frame: LogicalFrame): readonly FrameArgument[] {
  const { func, pc, exact, registers } = frame.physical;
  const names = raceParameters(func!.name) ?? [];
  const kept = exact ? unchangedSinceEntry(stack.target.memory, func!.entry, func!.end, pc) : undefined;
  return names.map((name, index) => {
    const register = SYSTEM_V.integerArguments[index]!;
    const known = kept?.has(register) ? registers.get(register) : undefined;
    if (known === undefined)
      return { name, type: undefined, known: { lost: 'lost', why: 'its register may have been written since the entry' } };
    return { name, type: undefined, known: { value: uint64Value(known.value), how: known.how } };
  });
}
