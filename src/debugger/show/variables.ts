/** Variables of frames and packages as `args`, `locals` and `vars` list them. */
import type { Variable } from '../../image/api.js';
import { isRangeBody } from '../../runtime/range-bodies.js';
import type { Answer } from '../answer.js';
import type { EvaluationContext } from '../evaluate/context.js';
import { variableSource } from '../evaluate/location.js';
import { packageOf } from '../evaluate/names.js';
import { isOfCompiler } from '../evaluate/scope.js';
import { isMissing } from '../known.js';
import { argumentText, type FrameArgument, frameArguments, readableValue } from '../lens/arguments.js';
import { tracedArguments } from '../lens/traced-arguments.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { CallStack } from '../target.js';
import { type PrintOptions, printValue, SHORT } from '../values/print.js';
import { treesOf } from '../values/tree.js';
import type { Value } from '../values/value.js';

/** A list is short, as Delve's is, unless `-v` asks for what `print` would show. C's values have no short form. */
function listOptions(options: PrintOptions, context: EvaluationContext, verbose: boolean): PrintOptions {
  return { ...options, ...(verbose || context.frame?.language === 'c' ? {} : SHORT) };
}

interface Row {
  readonly name: string;
  readonly value: Value;
  readonly text: string;
}

/** A variable, and how it is printed in a list; without a value it is lost, and the text says how. */
export interface ListedVariable {
  readonly name: string;
  readonly value: Value | undefined;
  readonly text: string;
}

function rowOf(context: EvaluationContext, variable: Variable, options: PrintOptions): Row {
  const { name, type } = variable;
  const inC = context.frame?.language === 'c';
  const value: Value = { type, source: variableSource(context, variable) };
  return { name, value, text: printValue(context, value, { inC, ...options }) };
}

/**
 * Delve leaves out variables that are declared further down; those are not in force yet, and hold what was in their place before.
 */
function declared(variable: Variable, frame: LogicalFrame): boolean {
  const at = variable.declaredAt;
  return at === undefined || frame.line === undefined || at.file !== frame.file || at.line <= frame.line;
}

/** `args` and `locals`. */
export function variablesAnswer(
  stack: CallStack,
  frame: LogicalFrame,
  which: 'args' | 'locals',
  verbose: boolean,
  wanted: RegExp,
  print: PrintOptions,
): Answer {
  const rows = variableRows(stack, frame, which, verbose, print).filter(row => wanted.test(row.name));
  if (rows.length === 0) {
    const known = which === 'args' ? undescribedArguments(stack, frame).filter(each => wanted.test(each.name)) : [];
    const traced = which === 'args' && known.length === 0 ? tracedArguments(stack, frame) : undefined;
    if (traced !== undefined)
      return { output: `(${traced})  as Go's tracebacks have them: words; ? where a register may not be stored yet`, data: [] };
    if (known.length === 0) return { output: noneText(frame, which), data: [] };
    const told = known.map(each => ({ name: each.name, text: argumentText(stack, frame, each), known: each.known }));
    return {
      output: rowLines(told),
      data: told.map(({ name, text, known }) => ({
        name,
        type: null,
        value: text,
        ...(isMissing(known) && { lost: known.lost, why: known.why }),
      })),
    };
  }
  const shown = which === 'args' ? withOutgoing(stack, frame, rows) : rows;
  return rowsAnswer(stack.context(frame), shown, print);
}

/** The race runtime's functions have no debug information; what their convention tells is still known. */
const undescribedArguments = (stack: CallStack, frame: LogicalFrame): readonly FrameArgument[] =>
  frame.described ? [] : frameArguments(stack, frame);

/** What `args` and `locals` list, as values. */
export function frameVariables(
  stack: CallStack,
  frame: LogicalFrame,
  which: 'args' | 'locals',
  print: PrintOptions,
): readonly ListedVariable[] {
  const rows = variableRows(stack, frame, which, false, print);
  if (which === 'locals') return rows;
  if (rows.length > 0) return withOutgoing(stack, frame, rows);
  return undescribedArguments(stack, frame).map(each => ({
    name: each.name,
    value: isMissing(each.known) || each.type === undefined ? undefined : each.known.value,
    text: argumentText(stack, frame, each),
  }));
}

/** That there are none is known only where debug information describes the function. */
function noneText({ described, name, physical }: LogicalFrame, which: 'args' | 'locals'): string {
  if (described && !physical.func?.asm) return `(no ${which})`;
  const what = which === 'args' ? 'arguments' : 'local variables';
  return `(${what} not known: there is no debug information of ${name}'s)`;
}

const rowLines = (rows: readonly Pick<Row, 'name' | 'text'>[]): string => rows.map(row => `${row.name} = ${row.text}`).join('\n');

function rowsAnswer(context: EvaluationContext, rows: readonly Row[], print: PrintOptions): Answer {
  const trees = treesOf(context, rows, { inC: context.frame?.language === 'c', ...print });
  return { output: rowLines(rows), data: rows.map(({ name }, index) => ({ name, ...trees[index] })) };
}

/** What a wrapper has passed on stands for an argument whose own place is lost, as in the backtrace. */
function withOutgoing(stack: CallStack, frame: LogicalFrame, rows: readonly Row[]): readonly Row[] {
  if (!frame.physical.func?.wrapper) return rows;
  const known = frameArguments(stack, frame);
  const context = stack.context(frame);
  return rows.map(row => {
    if (!isMissing(readableValue(context, row.value, frame.physical.how))) return row;
    const found = known.find(each => each.name === row.name);
    return found === undefined || isMissing(found.known)
      ? row
      : { ...row, value: found.known.value, text: argumentText(stack, frame, found) };
  });
}

function variableRows(
  stack: CallStack,
  frame: LogicalFrame,
  which: 'args' | 'locals',
  verbose: boolean,
  print: PrintOptions,
): readonly Row[] {
  const roles = which === 'args' ? ['param', 'result'] : ['local', 'constant'];
  const variables = frame.variables().filter(each => !isOfCompiler(each));
  const context = stack.context(frame);
  const options = listOptions(print, context, verbose);
  // Parameters of a loop's body are the loop's variables.
  const roleOf = ({ role }: Variable): Variable['role'] => (role === 'param' && isRangeBody(frame) ? 'local' : role);
  const listed = variables.filter(each => roles.includes(roleOf(each)) && (which === 'args' || declared(each, frame)));
  return listed.map((each, i) => {
    const row = rowOf(context, each, options);
    // A name in brackets is one that an inner block has taken over.
    return listed.slice(i + 1).some(({ name }) => name === each.name) ? { ...row, name: `(${row.name})` } : row;
  });
}

/** `bt full`: the local variables of one frame. */
export function variableLines(stack: CallStack, frame: LogicalFrame, print: PrintOptions): readonly string[] {
  const rows = variableRows(stack, frame, 'locals', false, print);
  return rows.length === 0 ? ['(no locals)'] : rows.map(row => `${row.name} = ${row.text}`);
}

/** `vars`. */
export function globalsAnswer(context: EvaluationContext, wanted: RegExp, verbose: boolean, print: PrintOptions): Answer {
  return rowsAnswer(
    context,
    globalRows(context, name => wanted.test(name), verbose, print),
    print,
  );
}

function globalRows(context: EvaluationContext, wanted: (name: string) => boolean, verbose: boolean, print: PrintOptions): readonly Row[] {
  const options = listOptions(print, context, verbose);
  const found = context.images.flatMap(image => [...image.globals()]).filter(each => wanted(each.name));
  found.sort((a, b) => (a.name < b.name ? -1 : 1));
  return found.map(each => rowOf(context, each, options));
}

/** The variables of the package that a frame is in; of C, all. */
export function packageVariables(context: EvaluationContext, print: PrintOptions): readonly ListedVariable[] {
  const { frame } = context;
  if (frame === undefined) return [];
  if (frame.language === 'c') return globalRows(context, () => true, false, print);
  const own = packageOf(frame.name);
  return own === '' ? [] : globalRows(context, name => packageOf(name) === own, false, print);
}
