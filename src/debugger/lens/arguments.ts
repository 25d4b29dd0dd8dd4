/** The arguments of a frame, each with how it is known: a value that is lost is shown as lost, never guessed at in silence. */

import { assign } from '../../abi/assign.js';
import { ABI0, SYSTEM_V } from '../../abi/convention.js';
import type { How, Type, Variable } from '../../image/api.js';
import { raceParameters } from '../../runtime/race/signatures.js';
import { describeAddress } from '../code/describe.js';
import { unchangedSinceEntry } from '../code/unchanged.js';
import type { EvaluationContext } from '../evaluate/context.js';
import { variableSource } from '../evaluate/location.js';
import type { Session } from '../session/session.js';
import type { LogicalFrame } from '../stack/frame.js';
import { printValue } from '../values/print.js';
import { shapeOf } from '../values/shape-of-type.js';
import { memorySource, type Source, toUint } from '../values/source.js';
import { underlying } from '../values/types.js';

export interface FrameArgument {
  readonly name: string;
  /** As printed; `<lost>`, `<clobbered>` or `<optimized out>` when it is not known. */
  readonly value: string;
  readonly how: How | 'lost';
}

/** Bytes of a string that are shown between a frame's parentheses. */
const SHORT_STRING = 32;

/** Arguments of a frame, in order. */
export function frameArguments(session: Session, frame: LogicalFrame): readonly FrameArgument[] {
  const { func } = frame.physical;
  if (func?.language === 'c' && !frame.described) return raceArguments(session, frame);
  const variables = frame.variables().filter(each => each.role === 'param');
  if (variables.length === 0) return [];
  const context = session.contextOf(frame);
  const outgoing = func?.wrapper && !frame.physical.exact ? outgoingArguments(context, frame, variables) : undefined;
  return variables.map((variable, index) => {
    const shown = shortValue(context, variable.type, variableSource(context, variable));
    if (!isLost(shown)) return { name: variable.name, value: shown, how: frame.physical.how };
    const passed = outgoing?.[index];
    const again = passed === undefined ? shown : shortValue(context, variable.type, passed);
    return isLost(again) ? { name: variable.name, value: shown, how: 'lost' } : { name: variable.name, value: again, how: 'inferred' };
  });
}

function isLost(value: string): boolean {
  return /^(<|\(unreadable)/.test(value);
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
  const { params } = assign(ABI0, { params: variables.map(each => shapeOf(each.type)), results: [] });
  return params.map(place => {
    // Offsets count from the callee's return address, which lay one word below the stack pointer of the call.
    return place.in === 'stack' ? memorySource(context.memory, frame.physical.sp - 8n + BigInt(place.offset)) : undefined;
  });
}

/** One word or less for scalars; strings in quotes; three dots for what would fill the line. */
function shortValue(context: EvaluationContext, type: Type, source: Source): string {
  const inner = underlying(type);
  switch (inner.kind) {
    case 'bool':
    case 'int':
    case 'uint':
    case 'char':
    case 'float':
    case 'enum':
    case 'complex':
      return printValue(context, { type, source });
    case 'string':
      return printValue(context, { type, source }, { maxStringLen: SHORT_STRING });
    case 'pointer':
    case 'unsafe-pointer':
    case 'map':
    case 'chan':
    case 'func':
      return word(context, type, source);
    default:
      try {
        source.read(0, Math.min(8, type.size));
        return '...';
      } catch {
        return printValue(context, { type, source }, { maxVariableRecurse: 0, maxArrayValues: 0 });
      }
  }
}

function word(context: EvaluationContext, type: Type, source: Source): string {
  try {
    return `0x${toUint(source.read(0, 8)).toString(16)}`;
  } catch {
    return printValue(context, { type, source });
  }
}

/** Arguments of the race runtime's functions: in their registers for as long as nothing has overwritten those. */
function raceArguments(session: Session, frame: LogicalFrame): readonly FrameArgument[] {
  const { func, pc, exact, registers } = frame.physical;
  const names = raceParameters(func!.name) ?? [];
  const kept = exact ? unchangedSinceEntry(session.process.memory, func!.entry, func!.end, pc) : undefined;
  return names.map((name, index) => {
    const register = SYSTEM_V.integerArguments[index]!;
    const known = kept?.has(register) ? registers.get(register) : undefined;
    if (known === undefined) return { name, value: '<lost>', how: 'lost' };
    const symbol = known.value < 0x1000n ? undefined : describeAddress(session.images, known.value);
    return { name, value: `0x${known.value.toString(16)}${symbol === undefined ? '' : ` <${symbol}>`}`, how: known.how };
  });
}
