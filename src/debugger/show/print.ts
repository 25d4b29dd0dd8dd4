/** `print`, `whatis`, `ptype` and `set`. */
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
import type { Session } from '../session/session.js';
import { FORMATS, parseFormat } from '../values/format.js';
import type { PrintOptions } from '../values/print.js';
import { typeLines } from './type-text.js';

/** An expression and where it stands in the command line. */
export interface Source {
  readonly text: string;
  readonly column: number;
}

/** Bounds of printing, from the settings. */
export function printOptions(session: Session): PrintOptions {
  const { settings } = session;
  return {
    maxStringLen: settings.number('max-string-len'),
    maxArrayValues: settings.number('max-array-values'),
    maxVariableRecurse: settings.number('max-variable-recurse'),
  };
}

/** Evaluates and prints, as `p` does. */
export function printExpression(session: Session, source: Source, format: string): Answer {
  const letter = format === '' ? undefined : parseFormat(format);
  if (format !== '' && letter === undefined) {
    throw new CommandError(`no format "${format}"; print has ${FORMATS.join(' ')}`, source.column);
  }
  const result = evaluated(session, source.text, source.column);
  const context = session.context();
  const output = printResult(context, result, { ...printOptions(session), format: letter });
  return { output, data: resultData(context, result, output) };
}

function resultData(context: EvaluationContext, result: Result, output: string): Data {
  const address = result.kind === 'value' ? result.value.source.address : result.kind === 'symbol' ? result.address : undefined;
  return { type: typeText(context, result), value: output, address: address === undefined ? null : `0x${address.toString(16)}` };
}

/** `whatis`. */
export function typeOf(session: Session, source: Source): Answer {
  const result = evaluated(session, source.text, source.column);
  const name = typeText(session.context(), result);
  return text(name, name);
}

/** `ptype`: with offsets and sizes when asked for. */
export function typeOfDetailed(session: Session, source: Source, offsets: boolean): Answer {
  const result = evaluated(session, source.text, source.column);
  const type = pointing(source.column, () => typeOfResult(result));
  return { output: typeLines(type, offsets).join('\n'), data: typeData(type) };
}

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
export function assign(session: Session, source: Source): Answer {
  pointing(source.column, () => assignTo(parseAssignment(source.text), session.context()));
  session.changed();
  return text('');
}
