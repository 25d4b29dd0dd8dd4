/** Expressions as commands use them: evaluated in a frame, mostly the selected one, with errors that point into the command line. */
import type { Type } from '../../image/api.js';
import { CommandError } from '../errors.js';
import type { Expression } from '../evaluate/ast.js';
import type { EvaluationContext } from '../evaluate/context.js';
import { ExpressionError } from '../evaluate/errors.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { Result } from '../evaluate/operand.js';
import { parseExpression } from '../evaluate/parser.js';
import { addressOfResult, rangeOfResult, truthOfResult } from '../evaluate/result.js';
import { underlying } from '../values/types.js';
import { mainFunction, type Resolved, resolveLocation } from './locations.js';
import type { Session } from './session.js';

/** Turns an expression's error into a command's: `column` is where the expression starts in the line. */
export function pointing<T>(column: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExpressionError) throw new CommandError(error.message, column + error.column);
    throw error;
  }
}

export function evaluated(context: EvaluationContext, text: string, column: number): Result {
  return pointing(column, () => evaluate(parseExpression(text), context));
}

/** Where the user is in the source: at the selected frame, and before anything has run where main is. */
export function sourcePlace(session: Session): { readonly file: string | undefined; readonly line: number | undefined } | undefined {
  if (!session.still) return undefined;
  const { images } = session.target;
  const main = session.stop.reason === 'start' && session.selection.frame === 0 ? mainFunction(images) : undefined;
  const line = main && images.lineAt(main.entry);
  return line ?? session.frame;
}

/** Addresses of a location specification, relative to the selected frame. */
export function locate(session: Session, spec: string, column: number, atEntry = false): Resolved {
  const address = (text: string) => addressOfExpression(session.context(), text, column + 1);
  const place = sourcePlace(session);
  const scope = { images: session.target.images, file: place?.file, line: place?.line, address };
  // What a library that is still to be mapped calls exactly so comes before what only ends so, `runtime.abort`.
  const plain = /^(?:C\.)?([A-Za-z_]\w*)$/.exec(spec)?.[1];
  const coming = plain !== undefined && scope.images.functionsNamed(plain).length === 0 ? session.comingImages() : undefined;
  const images = coming !== undefined && coming.functionsNamed(plain!).length > 0 ? coming : scope.images;
  return resolveLocation(spec, { ...scope, images }, column, atEntry);
}

/** The address that an expression means: a number, a pointer, a register, a function, or the place of a variable. */
export function addressOfExpression(context: EvaluationContext, text: string, column: number): bigint {
  const result = evaluated(context, text, column);
  return pointing(column, () => BigInt.asUintN(64, addressOfResult(context, result)));
}

/** Kinds of type whose values are addresses rather than something at one. */
const LEADING: ReadonlySet<string> = new Set(['pointer', 'unsafe-pointer', 'func', 'map', 'chan']);

/** As addressOfExpression, but a variable that is no pointer stands for the place where it lies, a number too. */
export function placeOfExpression(context: EvaluationContext, text: string, column: number): bigint {
  const result = evaluated(context, text, column);
  if (result.kind === 'value' && result.value.source.address !== undefined) {
    const { kind, name } = underlying(result.value.type);
    if (!LEADING.has(kind) && name !== 'uintptr') return result.value.source.address;
  }
  return pointing(column, () => BigInt.asUintN(64, addressOfResult(context, result)));
}

/** Conditions after parsing: one may be asked for millions of times. */
const parsed = new Map<string, Expression>();

/** Whether a condition holds. Throws when that cannot be told. */
export function holds(context: EvaluationContext, condition: string): boolean {
  let expression = parsed.get(condition);
  if (expression === undefined) {
    expression = parseExpression(condition);
    parsed.set(condition, expression);
  }
  return truthOfResult(context, evaluate(expression, context));
}

/** Fails when a condition cannot be parsed; whether it can be evaluated shows at the stop. */
export function checkCondition(condition: string, column: number): void {
  if (condition === '') throw new CommandError('the condition is missing', column);
  checkExpression(condition, column);
}

/** Fails when an expression cannot be parsed. */
export function checkExpression(text: string, column: number): void {
  pointing(column, () => parseExpression(text));
}

/** A star before a number: the address of a word. */
const WORD = /^\*\s*(?=0x|\d)/;

/** Whether a text is `*NUMBER`, the word there, which no type tells of. */
export const isWordAt = (context: EvaluationContext, text: string, column: number): boolean =>
  WORD.test(text) && evaluated(context, text.replace(WORD, ''), column).kind === 'constant';

/** The memory that an expression to watch stands for; a number with a star before it is the address of a word. */
export function watchTarget(
  context: EvaluationContext,
  text: string,
  column: number,
): { readonly address: bigint; readonly length: number; readonly type?: Type } {
  const result = evaluated(context, text.replace(WORD, ''), column);
  if (result.kind === 'constant' && !text.startsWith('*'))
    throw new CommandError(`${text} never changes; *${text} is the word there`, column);
  if (result.kind === 'constant') return { address: addressOfExpression(context, text.replace(/^\*\s*/, ''), column), length: 8 };
  if (result.kind === 'symbol') return { address: result.address, length: 8 };
  const range = pointing(column, () => rangeOfResult(result));
  return result.kind === 'value' ? { ...range, type: result.value.type } : range;
}
