/** Checks of `name+offset(FP)` and of argument sizes against the declared signature, as `go vet`'s asmdecl does. */
import type { Diagnostics } from './diagnostics.js';
import type { FunctionSource } from './frame.js';
import type { Memory, Operand } from './syntax.js';
import { fieldOffsets, type GoType, type Signature, sizeOf } from './types.js';
import { assignmentOf } from './wrapper.js';

interface Component {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

const WORD = 8;

/** A value and its parts, by the names that assembly gives them (asmdecl: `s_base`, `s_len`, `i_type`, `i_data`, `c_real`). */
function components(name: string, type: GoType, offset: number): Component[] {
  const whole = { name, offset, size: sizeOf(type) };
  const part = (suffix: string, at: number, size = WORD): Component => ({ name: `${name}_${suffix}`, offset: offset + at, size });
  switch (type.kind) {
    case 'named':
      return components(name, type.underlying(), offset);
    case 'string':
      return [whole, part('base', 0), part('len', WORD)];
    case 'slice':
      return [whole, part('base', 0), part('len', WORD), part('cap', 2 * WORD)];
    case 'interface':
      return [whole, part(type.empty ? 'type' : 'itable', 0), part('data', WORD)];
    case 'complex':
      return [whole, part('real', 0, type.bytes / 2), part('imag', type.bytes / 2, type.bytes / 2)];
    case 'struct': {
      const offsets = fieldOffsets(type.fields);
      return [whole, ...type.fields.flatMap((field, index) => components(`${name}_${field.name}`, field.type, offset + offsets[index]))];
    }
    case 'array':
      return [
        whole,
        ...Array.from({ length: type.length }, (_, index) =>
          components(`${name}_${index}`, type.elem, offset + index * sizeOf(type.elem)),
        ).flat(),
      ];
    default:
      return [whole];
  }
}

export function checkDeclaration(source: FunctionSource, signature: Signature, diagnostics: Diagnostics): void {
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
      name: parameter.name || `arg${index}`,
      type: parameter.type,
      place: assignment.params[index],
    })),
    ...signature.results.map((result, index) => ({
      name: result.name || (signature.results.length === 1 ? 'ret' : `ret${index}`),
      type: result.type,
      place: assignment.results[index],
    })),
  ].flatMap(({ name, type, place }) => (place.in === 'stack' ? components(name, type, place.offset - WORD) : []));
  for (const statement of source.statements) {
    if (statement.kind !== 'instruction') continue;
    for (const operand of statement.operands) check(operand, known, signature, diagnostics);
  }
}

function check(operand: Operand, known: readonly Component[], signature: Signature, diagnostics: Diagnostics): void {
  const memory: Memory | undefined = operand.kind === 'memory' ? operand : operand.kind === 'address' ? operand.of : undefined;
  if (memory?.base !== 'FP' || memory.name === undefined) return;
  const named = known.filter(component => component.name === memory.name);
  if (named.some(component => BigInt(component.offset) === memory.offset)) return;
  const there = known.filter(component => BigInt(component.offset) === memory.offset);
  const said = `${memory.name}+${memory.offset}(FP)`;
  if (named.length > 0)
    diagnostics.report(memory.at, `${said} is not where ${memory.name} is`, `use ${named[0].name}+${named[0].offset}(FP)`);
  else {
    const last = there[there.length - 1];
    diagnostics.report(
      memory.at,
      `${signature.name} has no argument or result ${memory.name}`,
      last === undefined ? undefined : `${last.name}+${last.offset}(FP) lies there`,
    );
  }
}
