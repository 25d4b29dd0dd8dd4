/** Calls of assembled functions from outside: `Add(2, 3)` as assembly that puts the values where the function's convention wants them. */

import type { Place } from '../abi/place.js';
import { Told } from '../host/told.js';
import { CallData, type Laid, numberIn } from './call-data.js';
import { ValueParser } from './call-values.js';
import { Diagnostics, nearest, Skip } from './diagnostics.js';
import { tokenize } from './lexer.js';
import type { Assembled, AssembledFunction } from './program.js';
import { asmName, isVector, plainName } from './syntax.js';
import { align, type GoType, sizeOf, typeName } from './types.js';
import { assignmentOf, goName } from './wrapper.js';

/** A call that cannot be made: the message shows it with a caret. */
export class CallError extends Told {
  override name = 'CallError';

  constructor(call: string, at: number, message: string) {
    super(`${message}\n${call}\n${' '.repeat(at)}^`);
  }
}

/** Text of package r14, to be assembled with the program. */
export interface Invocation {
  /** Instructions behind the stack's set-up, R14 and X15 being Go's; ends behind the call. */
  readonly text: string;
  /** Data that they use. */
  readonly data: string;
  /** Declares the results, and the descriptors of types that interfaces among the arguments hold. */
  readonly declarations: string;
  /** Where what it returns is found. */
  readonly results: readonly CallVariable[];
  /** Copies of the arguments that the callee can change something through: pointers, slices, maps, and what holds such. */
  readonly reaching: readonly CallVariable[];
}

/** A result or an argument. */
export interface CallVariable {
  /** As the declaration names it; empty: not at all. */
  readonly name: string;
  /** Full name of the variable that holds it. */
  readonly variable: string;
}

const STACK_ALIGNMENT = 16;
const MOVES: Readonly<Record<number, string>> = { 1: 'MOVB', 2: 'MOVW', 4: 'MOVL', 8: 'MOVQ' };
const FLOAT_MOVES: Readonly<Record<number, string>> = { 4: 'MOVSS', 8: 'MOVSD' };

/** `index`: of the call among those of the program. Throws CallError for a function that there is none of, or values that its signature does not take. */
export function invocation(program: Assembled, call: string, index = 0): Invocation {
  const prefix = index === 0 ? '' : `call${index}_`;
  const diagnostics = new Diagnostics();
  const tokens = tokenize('', call, diagnostics);
  const data = new CallData(program.declarations, prefix);
  const parser = new ValueParser(tokens, program.declarations, data, name => functionValue(program, name), diagnostics);
  try {
    if (diagnostics.any) throw new Skip();
    const head = parser.head();
    const at = head.at.column - 1;
    const fn = functionOf(program, call, plainName(head.text), at);
    const { signature } = fn;
    if (signature === undefined)
      throw new CallError(call, at, `${fn.name} is not declared: func ${fn.name.split('.').pop()}(...) in types.go says what it takes`);
    const params = signature.receiver === undefined ? signature.params : [signature.receiver, ...signature.params];
    const { starts, end } = parser.arguments();
    if (starts.length !== params.length)
      throw new CallError(
        call,
        (starts[params.length] ?? end).column - 1,
        `${fn.name} takes ${params.length} argument${params.length === 1 ? '' : 's'}, not ${starts.length}`,
      );
    const values = parser.values(params.map(param => param.type));
    if (diagnostics.any) throw new Skip();
    const assignment = assignmentOf(signature, fn.convention);
    const results = signature.results.map((result, index) => ({ ...result, symbol: `r14·${prefix}result${index}` }));
    const reaching = params
      .map((param, index) => ({ ...param, value: values[index] }))
      .filter(({ type, value }) => reaches(type) && value.pointers.length > 0)
      .map(({ value, ...param }) => ({ ...param, symbol: data.place(value) }));
    const room = align(assignment.stackBytes + assignment.spillBytes, STACK_ALIGNMENT);
    const stores = values.map((value, index) => store(assignment.params[index], value, data));
    // The stack first: its moves go through R12, which carries no argument in any convention.
    const isStack = (index: number): boolean => assignment.params[index].in === 'stack';
    const fetches = results.map(({ type, symbol }, index) => fetch(assignment.results[index], symbol, sizeOf(type)));
    const suffix = fn.convention === 'C' ? '' : `<${fn.convention}>`;
    return {
      text: [
        `SUBQ $${room}, SP`,
        ...stores.filter((_, index) => isStack(index)).flat(),
        ...stores.filter((_, index) => !isStack(index)).flat(),
        ...fetches.flatMap(({ before }) => before),
        `CALL ${asmName(fn.name)}${suffix}(SB)`,
        ...fetches.filter((_, index) => assignment.results[index].in === 'registers').flatMap(({ after }) => after),
        ...fetches.filter((_, index) => assignment.results[index].in === 'stack').flatMap(({ after }) => after),
        `ADDQ $${room}, SP`,
      ].join('\n'),
      // Whole words, since a register's worth may be stored where the value ends in the middle of one.
      data: [...data.assembly, ...results.map(({ symbol, type }) => `GLOBL ${symbol}(SB), 16, $${align(sizeOf(type), 8) + 8}`)].join('\n'),
      declarations: [
        'package r14',
        ...data.declarations,
        ...[...results, ...reaching].map(({ type, symbol }) => `var ${symbol.slice('r14·'.length)} ${typeName(type)}`),
        '',
      ].join('\n'),
      results: results.map(variableOf),
      reaching: reaching.map(variableOf),
    };
  } catch (error) {
    if (!(error instanceof Skip)) throw error;
    const [{ column, message, suggestion }] = diagnostics.all;
    throw new CallError(call, column - 1, suggestion === undefined ? message : `${message} (${suggestion})`);
  }
}

/** Whether something can be changed through a value of the type. */
function reaches(type: GoType): boolean {
  switch (type.kind) {
    case 'pointer':
    case 'slice':
    case 'map':
    case 'interface':
      return true;
    case 'named':
      return reaches(type.underlying());
    case 'array':
      return reaches(type.elem);
    case 'struct':
      return type.fields.some(field => reaches(field.type));
    default:
      return false;
  }
}

const variableOf = ({ name, symbol }: { readonly name: string; readonly symbol: string }): CallVariable => ({
  name,
  variable: symbol.replace('·', '.'),
});

/** Functions of the user's files: what was added to them has names in angle brackets. */
const ownFunctions = (program: Assembled): AssembledFunction[] => program.functions.filter(fn => !fn.at.file.startsWith('<'));

/** Functions that a name means: the one of that full name, else those of any package, or methods, that it ends. */
function functionsNamed(program: Assembled, name: string): readonly AssembledFunction[] {
  const own = ownFunctions(program);
  const exact = own.find(fn => fn.name === name);
  return exact !== undefined ? [exact] : own.filter(fn => fn.name.split('.').pop() === name);
}

function functionOf(program: Assembled, call: string, name: string, at: number): AssembledFunction {
  const found = functionsNamed(program, name);
  if (found.length > 1) throw new CallError(call, at, `${name} is one of ${found.map(fn => fn.name).join(', ')}: say which`);
  if (found.length === 1) return found[0];
  const near = nearest(
    name,
    ownFunctions(program).flatMap(fn => [fn.name, fn.name.replace(/^main\./, '')]),
  );
  throw new CallError(call, at, `there is no function ${name}${near === undefined ? '' : ` (did you mean ${near}?)`}`);
}

/** What a func value points to: func values are called in the register convention. */
function functionValue(program: Assembled, name: string): string | undefined {
  const [fn, another] = functionsNamed(program, name);
  return fn === undefined || another !== undefined || fn.convention === 'C' ? undefined : `${asmName(fn.name)}<ABIInternal>`;
}

/** Instructions that put a value into its place. */
function store(place: Place, { bytes, pointers }: Laid, data: CallData): string[] {
  const pointerAt = (offset: number): string | undefined => pointers.find(each => each.offset === offset)?.symbol;
  if (place.in === 'registers') {
    return place.parts.map(({ register, offset, size }) => {
      const name = goName(register);
      const pointer = pointerAt(offset);
      if (isVector(name)) {
        const symbol = data.place({ bytes: bytes.slice(offset, offset + size), pointers: [] });
        return `${FLOAT_MOVES[size]} ${symbol}(SB), ${name}`;
      }
      return pointer === undefined ? `MOVQ $0x${numberIn(bytes, offset, size).toString(16)}, ${name}` : `LEAQ ${pointer}(SB), ${name}`;
    });
  }
  if (place.in !== 'stack') return [];
  return pieces(bytes.length).flatMap(([offset, size]) => {
    const pointer = pointerAt(offset);
    return [
      pointer === undefined ? `MOVQ $0x${numberIn(bytes, offset, size).toString(16)}, R12` : `LEAQ ${pointer}(SB), R12`,
      `${MOVES[size]} R12, ${place.offset - 8 + offset}(SP)`,
    ];
  });
}

/** Instructions that bring a result to its variable: in front of the call, where the callee wants to know the address, and behind it. */
function fetch(place: Place, symbol: string, size: number): { readonly before: string[]; readonly after: string[] } {
  switch (place.in) {
    case 'memory':
      return { before: [`LEAQ ${symbol}(SB), DI`], after: [] };
    case 'registers':
      return {
        before: [],
        after: place.parts.map(part => {
          const name = goName(part.register);
          return `${(isVector(name) ? FLOAT_MOVES : MOVES)[part.size] ?? 'MOVQ'} ${name}, ${symbol}+${part.offset}(SB)`;
        }),
      };
    case 'stack':
      return {
        before: [],
        after: pieces(size).flatMap(([offset, width]) => [
          `${MOVES[width]} ${place.offset - 8 + offset}(SP), R12`,
          `${MOVES[width]} R12, ${symbol}+${offset}(SB)`,
        ]),
      };
  }
}

/** Offsets and widths of the moves that copy so many bytes. */
function pieces(size: number): [number, number][] {
  const list: [number, number][] = [];
  for (let at = 0; at < size; ) {
    const width = [8, 4, 2, 1].find(each => at + each <= size)!;
    list.push([at, width]);
    at += width;
  }
  return list;
}
