/** What commands do with the result of an expression. */
import { hex } from '../../host/hex.js';
import { told } from '../../host/told.js';
import type { Func, Type } from '../../image/api.js';
import { cFloatText, floatText } from '../values/numbers.js';
import { codeText, type PrintOptions, printValue } from '../values/print.js';
import { underlying } from '../values/types.js';
import { dynamicOf, type Value } from '../values/value.js';
import type { EvaluationContext } from './context.js';
import { constantTo, defaultType, floatValueOf, integerOf, isInteger, wordOf } from './convert.js';
import { ExpressionError } from './errors.js';
import type { Result } from './operand.js';
import * as operators from './operators.js';
import { positioned } from './positioned.js';
import { OperationError } from './untyped.js';

/** One line for `print`. What of it cannot be read is said in its place; never throws. */
export function printResult(context: EvaluationContext, result: Result, options: PrintOptions = {}): string {
  switch (result.kind) {
    case 'value':
      return printValue(context, result.value, { inC: context.frame?.language === 'c', ...options });
    case 'constant': {
      const { constant } = result;
      if (constant.class === 'int' && options.format === undefined) return constant.value.toString();
      if (constant.class === 'float' && options.format === undefined)
        return (context.frame?.language === 'c' ? cFloatText : floatText)(constant.value, 8);
      return constantFits(context, result, options);
    }
    case 'nil':
      return 'nil';
    case 'type':
      return result.type.name;
    case 'function':
    case 'method':
      return functionText(context, result.func, options);
    case 'results':
      if (result.results.length === 0) return '(no results)';
      return result.results
        .map(({ name, value }) => `${name.startsWith('~') ? '' : `${name}: `}${printResult(context, { kind: 'value', value }, options)}`)
        .join(', ');
    case 'symbol':
      return `${hex(result.address)} <${result.name}>, which has no debug information: its type is not known`;
  }
}

/** Of Go the name, as of a func value; of C with the address, as gdb has it. */
function functionText(context: EvaluationContext, { entry, name, language }: Func, options: PrintOptions): string {
  if (options.format === undefined && language !== 'c') return name;
  if (options.format !== undefined && options.format !== 'a')
    return printValue(context, { type: wordType, source: wordSource(entry) }, options);
  return codeText(context, entry);
}

const wordType: Type = { kind: 'uint', name: 'uint64', size: 8 };
const wordSource = (word: bigint): Value['source'] => constantTo({ class: 'int', value: word }, wordType).source;

function constantFits(context: EvaluationContext, result: Result & { kind: 'constant' }, options: PrintOptions): string {
  const { constant } = result;
  try {
    return printValue(context, constantTo(constant, defaultType(constant)), options);
  } catch (error) {
    if (error instanceof OperationError) return String(constant.value);
    throw error;
  }
}

/** The type's name, for `whatis`; an interface's with what it holds. */
export function typeText(context: EvaluationContext, result: Result): string {
  switch (result.kind) {
    case 'value': {
      const { type } = result.value;
      return underlying(type).kind === 'interface' ? `${type.name}${dynamicText(context, result.value)}` : type.name;
    }
    case 'constant':
      return `untyped ${result.constant.class}`;
    case 'nil':
      return 'untyped nil';
    case 'type':
      return result.type.name;
    case 'function':
    case 'method':
      return `func ${result.func.name}`;
    case 'results':
      return `(${result.results.map(({ value }) => value.type.name).join(', ')})`;
    case 'symbol':
      return `symbol ${result.name} of unknown type`;
  }
}

function dynamicText(context: EvaluationContext, value: Value): string {
  try {
    const dynamic = dynamicOf(context, value);
    if (dynamic.nil) return ' (nil)';
    return ` (${dynamic.value?.type.name ?? `unknown type at ${hex(dynamic.runtimeType)}`})`;
  } catch (error) {
    told(error);
    return ' (unreadable)';
  }
}

/** The type that a result has or names, for `ptype`. Throws ExpressionError. */
export function typeOfResult(result: Result): Type {
  if (result.kind === 'value') return result.value.type;
  if (result.kind === 'type') return result.type;
  if (result.kind === 'constant') return defaultType(result.constant);
  throw new ExpressionError(`that has no type in the debug information`, 0);
}

/** The number or address a result amounts to, for `x`, `break *` and counts: registers, integers, pointers, functions. Throws ExpressionError. */
export function addressOfResult(context: EvaluationContext, result: Result): bigint {
  return positioned(0, () => {
    const word = wordOf(context, result);
    if (word !== undefined) return word;
    // A struct or other value in memory stands for where it is, as `x main.t` means.
    if (result.kind === 'value' && result.value.source.address !== undefined) return result.value.source.address;
    throw new OperationError(`that is no number or address, but ${result.kind === 'value' ? result.value.type.name : result.kind}`);
  });
}

/** The number that a result is, with its sign; of pointers and functions the address. Throws ExpressionError. */
export function numberOfResult(context: EvaluationContext, result: Result): bigint | number {
  return positioned(0, () => {
    if (result.kind === 'constant') {
      const { constant } = result;
      if (constant.class === 'int' || constant.class === 'rune' || constant.class === 'float') return constant.value;
      if (constant.class === 'bool') return constant.value ? 1n : 0n;
    }
    if (result.kind === 'value') {
      const { kind } = underlying(result.value.type);
      if (kind === 'float') return floatValueOf(result.value);
      if (isInteger(result.value.type) || kind === 'bool') return integerOf(result.value);
    }
    const word = wordOf(context, result);
    if (word === undefined)
      throw new OperationError(`that is no number, but ${result.kind === 'value' ? result.value.type.name : result.kind}`);
    return word;
  });
}

/** The truth of a condition. Throws ExpressionError. */
export const truthOfResult = (context: EvaluationContext, result: Result): boolean =>
  positioned(0, () => operators.truth(context, result, context.frame?.language === 'c'));

/** Address and size of a value in memory, for `watch`. Throws ExpressionError. */
export function rangeOfResult(result: Result): { readonly address: bigint; readonly length: number } {
  const value = result.kind === 'value' ? result.value : undefined;
  if (value?.source.address === undefined) throw new ExpressionError('only what lies in memory can be watched', 0);
  if (value.type.size === 0) throw new ExpressionError(`a ${value.type.name} has no bytes to watch`, 0);
  return { address: value.source.address, length: value.type.size };
}
