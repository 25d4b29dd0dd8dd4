/** Checks of `name+offset(FP)`, of widths and argument sizes against the declared signature, as `go vet`'s asmdecl does. */
import type { Diagnostics } from './diagnostics.js';
import type { FunctionSource } from './frame.js';
import { isVector, type MemoryOperand, type SourceInstruction, type SourceOperand } from './syntax.js';
import { type DeclaredSignature, fieldOffsets, type GoType, sizeOf, typeName } from './types.js';
import { extending, ofWidth, operandWidth } from './widths.js';
import { assignmentOf } from './wrapper.js';

interface Component {
  readonly name: string;
  readonly offset: number;
  /** As declared, or as its part of a string, slice or interface. */
  readonly type: string;
  readonly signed: boolean;
  /** Bytes that an instruction may take at once: of a string, slice or interface the first word; of a struct or array none. */
  readonly bytes: number | undefined;
  /** What it is made of, when it cannot be taken at once. */
  readonly parts: readonly Component[];
}

const WORD = 8;

/** A value and its parts, by the names that assembly gives them (asmdecl: `s_base`, `s_len`, `i_type`, `i_data`, `c_real`). */
function components(name: string, type: GoType, offset: number, type_ = typeName(type)): Component[] {
  const value = (bytes: number | undefined, parts: readonly Component[] = [], signed = false): Component[] => [
    { name, offset, type: type_, signed, bytes, parts },
    ...parts,
  ];
  const part = (suffix: string, at: number, bytes = WORD): Component => ({
    name: `${name}_${suffix}`,
    offset: offset + at,
    type: `${type.kind} ${suffix}`,
    signed: false,
    bytes,
    parts: [],
  });
  switch (type.kind) {
    case 'named':
      return components(name, type.underlying(), offset, type_);
    case 'string':
      return value(WORD, [part('base', 0), part('len', WORD)]);
    case 'slice':
      return value(WORD, [part('base', 0), part('len', WORD), part('cap', 2 * WORD)]);
    case 'interface':
      return value(WORD, [part(type.empty ? 'type' : 'itable', 0), part('data', WORD)]);
    case 'complex':
      return value(type.bytes, [part('real', 0, type.bytes / 2), part('imag', type.bytes / 2, type.bytes / 2)]);
    case 'struct': {
      const offsets = fieldOffsets(type.fields);
      return value(
        undefined,
        type.fields.flatMap((field, index) => components(`${name}_${field.name}`, field.type, offset + offsets[index])),
      );
    }
    case 'array':
      return value(
        undefined,
        Array.from({ length: type.length }, (_, index) =>
          components(`${name}_${index}`, type.elem, offset + index * sizeOf(type.elem)),
        ).flat(),
      );
    default:
      return value(sizeOf(type), [], type.kind === 'int');
  }
}

export function checkDeclaration(source: FunctionSource, signature: DeclaredSignature, diagnostics: Diagnostics): void {
  if (source.convention !== 'ABI0') return;
  const assignment = assignmentOf(signature, 'ABI0');
  const parameters = signature.receiver === undefined ? signature.params : [signature.receiver, ...signature.params];
  const types = [...parameters, ...signature.results].map(parameter => parameter.type);
  const ends = [...assignment.params, ...assignment.results].map((place, index) =>
    place.in === 'stack' ? place.offset - WORD + sizeOf(types[index]) : 0,
  );
  // go vet counts up to the last byte; whole words are no mistake either.
  const size = Math.max(0, ...ends);
  if (source.args !== undefined && source.args !== size && source.args !== assignment.stackBytes) {
    diagnostics.report(
      source.at,
      `${signature.name} has ${size} bytes of arguments and results, not ${source.args}`,
      `use $${source.frame}-${size}`,
    );
  }
  const known = [
    ...parameters.map((parameter, index) => ({
      name: parameter.name || unnamed('arg', index),
      type: parameter.type,
      place: assignment.params[index],
    })),
    ...signature.results.map((result, index) => ({
      name: result.name || unnamed('ret', index),
      type: result.type,
      place: assignment.results[index],
    })),
  ].flatMap(({ name, type, place }) => (place.in === 'stack' ? components(name, type, place.offset - WORD) : []));
  const index = signature.results.findIndex((result, at) => (result.name || unnamed('ret', at)) === 'ret');
  const result = known.findLast(component => component.name === 'ret');
  if (index >= 0 && result !== undefined) checkReturns(source, result, sizeOf(signature.results[index].type), diagnostics);
  for (const statement of source.statements) {
    if (statement.kind !== 'instruction') continue;
    statement.operands.forEach((_, index) => {
      check(statement, index, known, signature, diagnostics);
    });
  }
}

/**
 * Of a function that nowhere names its result `ret`, every RET is wrong: nobody has written it. As for vet, `RET name(SB)` is not, which
 * leaves that to another function, and results of other names are not looked for.
 */
function checkReturns({ statements, at: start }: FunctionSource, result: Component, bytes: number, diagnostics: Diagnostics): void {
  // A line of the function that could not be read may be the one that writes it.
  if (diagnostics.all.some(({ file, line }) => file === start.file && line > start.line)) return;
  const instructions = statements.filter(statement => statement.kind === 'instruction');
  const names = instructions.flatMap(({ operands }) => operands.map(operand => argumentOf(operand)?.name ?? ''));
  if (bytes === 0 || names.some(name => /^ret(?:_|$)/.test(name))) return;
  for (const { mnemonic, operands, at } of instructions) {
    if (mnemonic !== 'RET' || operands.length > 0) continue;
    const size = `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
    diagnostics.report(at, `RET, and nothing has written the ${size} of the result`, howToWrite(result));
  }
}

function howToWrite(result: Component): string {
  const { bytes, parts } = result;
  if (parts.length > 0) return `it is made of ${listOf(parts)}`;
  return `${ofWidth('MOVQ', bytes ?? WORD) ?? 'MOVQ'} AX, ${place(result)} would`;
}

/** What an operand names or takes the address of, if that is an argument or result. */
function argumentOf(operand: SourceOperand): (MemoryOperand & { readonly name: string }) | undefined {
  const memory: MemoryOperand | undefined = operand.kind === 'memory' ? operand : operand.kind === 'address' ? operand.of : undefined;
  return memory?.base === 'FP' && memory.name !== undefined ? { ...memory, name: memory.name } : undefined;
}

function check(
  statement: SourceInstruction,
  index: number,
  known: readonly Component[],
  signature: DeclaredSignature,
  diagnostics: Diagnostics,
): void {
  const memory = argumentOf(statement.operands[index]);
  if (memory === undefined) return;
  const named = known.filter(component => component.name === memory.name);
  const meant = named.find(component => BigInt(component.offset) === memory.offset);
  if (meant !== undefined) {
    checkWidth(statement, index, meant, diagnostics);
    return;
  }
  // All of the arguments, as reflection's stubs take them.
  if (memory.name === 'argframe' && memory.offset === 0n) return;
  const there = known.filter(component => BigInt(component.offset) === memory.offset);
  const said = `${memory.name}+${memory.offset}(FP)`;
  if (named.length > 0) diagnostics.report(memory.at, `${said} is not where ${memory.name} is`, `use ${place(named[0])}`);
  else {
    const last = there[there.length - 1];
    diagnostics.report(
      memory.at,
      `${signature.name} has no argument or result ${memory.name}`,
      last === undefined ? undefined : `${place(last)} lies there`,
    );
  }
}

/** `arg`, `arg1`, `arg2`; `ret`, `ret1`. */
const unnamed = (name: string, index: number): string => (index === 0 ? name : `${name}${index}`);

const listOf = (parts: readonly Component[]): string => `${parts.slice(0, 3).map(place).join(', ')}${parts.length > 3 ? ', ...' : ''}`;

const place = ({ name, offset }: Component): string => `${name}+${offset}(FP)`;

function checkWidth(statement: SourceInstruction, index: number, component: Component, diagnostics: Diagnostics): void {
  const { mnemonic, operands } = statement;
  const { at, kind } = operands[index];
  const isAddress = kind === 'address' || mnemonic.startsWith('LEA');
  const width = operandWidth(mnemonic, index, operands.length);
  const { name, type, parts } = component;
  const bytes = isAddress ? WORD : component.bytes;
  if (width === undefined || width.bytes === bytes) return;
  // Of a type that nobody has declared all that can be said has been.
  if (bytes === undefined && parts.length === 0) return;
  const takes = `${mnemonic} takes ${width.bytes} ${width.bytes === 1 ? 'byte' : 'bytes'}`;
  if (isAddress) diagnostics.report(at, `${takes}, and an address has ${WORD}`, `use ${ofWidth(mnemonic, WORD)}`);
  else if (bytes === undefined || (parts.length > 0 && parts[0].bytes !== bytes)) {
    diagnostics.report(at, `${mnemonic} is not for all of ${name}, a ${type}`, `it is made of ${listOf(parts)}`);
  } else {
    const what = parts.length > 0 ? `${parts[0].name}, with which ${name} begins,` : `${name} (${type})`;
    const why = width.exact ? `${takes}, and ${what} has ${bytes}` : `${mnemonic} is not for ${what} of ${bytes} bytes`;
    diagnostics.report(at, why, insteadOf(statement, index, { ...component, bytes }, width.bytes > bytes));
  }
}

/** The right instruction for a component of so many bytes in the place of a wrong one. */
function insteadOf(
  { mnemonic, operands }: SourceInstruction,
  index: number,
  component: Component & { readonly bytes: number },
  tooWide: boolean,
): string {
  const right = ofWidth(mnemonic, component.bytes);
  const [, target] = operands;
  if (/^MOV[WLQ]$/.test(mnemonic) && index === 0 && target.kind === 'register' && !isVector(target.name) && tooWide)
    return `use ${extending(component.bytes, component.signed)} ${place(component)}, ${target.name} or ${right}`;
  if (right !== undefined) return `use ${right}`;
  const move = ofWidth('MOVQ', component.bytes) ?? 'MOVQ';
  return index < operands.length - 1 ? `load it with ${move} first` : `go through a register, with ${move}`;
}
