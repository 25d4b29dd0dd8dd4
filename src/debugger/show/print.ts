/** `print`, `whatis`, `ptype` and `set`. */
import { hex } from '../../host/hex.js';
import type { Type } from '../../image/api.js';
import type { Answer, Data } from '../answer.js';
import { text } from '../answer.js';
import { CommandError } from '../errors.js';
import { assign as assignTo } from '../evaluate/assign.js';
import type { EvaluationContext } from '../evaluate/context.js';
import type { Result } from '../evaluate/operand.js';
import { parseAssignment } from '../evaluate/parser.js';
import { printResult, typeOfResult, typeText } from '../evaluate/result.js';
import { evaluated, pointing } from '../session/expressions.js';
import { FORMATS, parseFormat } from '../values/format.js';
import type { PrintOptions } from '../values/print.js';
import { treesOf } from '../values/tree.js';
import { type MethodsOf, typeLines } from './type-text.js';

/** An expression and where it stands in the command line. */
export interface ExpressionSource {
  readonly text: string;
  readonly column: number;
}

/** What is printed, and the same as data for whoever wants it: at a stop or in a message nobody does. */
export interface Printed {
  readonly output: string;
  readonly data: () => Data;
}

/** Evaluates and prints, as `p` does. */
export function printExpression(context: EvaluationContext, source: ExpressionSource, format: string, options: PrintOptions): Printed {
  const letter = format === '' ? undefined : parseFormat(format);
  if (format !== '' && letter === undefined) {
    throw new CommandError(`no format "${format}"; print has ${FORMATS.join(' ')}`, source.column);
  }
  const result = evaluated(context, source.text, source.column);
  const output = printResult(context, result, { ...options, format: letter });
  return { output, data: () => resultData(context, result, output, { ...options, format: letter }) };
}

function resultData(context: EvaluationContext, result: Result, output: string, options: PrintOptions): Data {
  const type = typeText(context, result);
  if (result.kind === 'results') {
    const values = result.results.map(({ name, value }) => ({
      name,
      root: { value, text: printResult(context, { kind: 'value', value }, options) },
    }));
    const trees = treesOf(
      context,
      values.map(({ root }) => root),
      options,
    );
    return {
      type,
      kind: result.kind,
      value: output,
      address: null,
      children: values.map(({ name }, index) => ({ name, ...trees[index] })),
    };
  }
  if (result.kind !== 'value') {
    return { type, kind: result.kind, value: output, address: result.kind === 'symbol' ? hex(result.address) : null };
  }
  const inC = context.frame?.language === 'c';
  const [tree] = treesOf(context, [{ value: result.value, text: output }], { inC, ...options });
  return { ...tree, type };
}

/** `whatis`. */
export function typeOfExpression(context: EvaluationContext, source: ExpressionSource): Answer {
  const result = evaluated(context, source.text, source.column);
  const name = typeText(context, result);
  return text(name, name);
}

/** `ptype`: with offsets and sizes when asked for. */
export function typeOfDetailed(context: EvaluationContext, source: ExpressionSource, offsets: boolean): Answer {
  const result = evaluated(context, source.text, source.column);
  const type = pointing(source.column, () => typeOfResult(result));
  return { output: typeLines(type, offsets, methodsIn(context)).join('\n'), data: typeData(type) };
}

const methodsIn =
  ({ images }: EvaluationContext): MethodsOf =>
  type => {
    for (const image of images) {
      const methods = type.runtimeType !== undefined && image.contains(type.runtimeType) ? image.interfaceMethods(type) : undefined;
      if (methods) return methods;
    }
    return undefined;
  };

function typeData(type: Type): Data {
  let inner = type;
  while (inner.kind === 'named') inner = inner.underlying;
  const fields = inner.kind === 'struct' || inner.kind === 'union' ? inner.fields : [];
  return {
    name: type.name,
    kind: inner.kind,
    size: type.size,
    fields: fields.map(field => ({ name: field.name, type: field.type.name, offset: field.offset, size: field.type.size })),
  };
}

/** `set TARGET = VALUE`. */
export function assignExpression(context: EvaluationContext, source: ExpressionSource): Answer {
  pointing(source.column, () => assignTo(parseAssignment(source.text), context));
  return text('');
}
