/**
 * ABI wrappers, as Go's linker asks the compiler for them: the same name in the other convention, moving arguments between registers and
 * stack (Go ABI specification; cmd/compile/internal/ssagen/abi.go). Written as assembly text and assembled like any other.
 */

import { assignPlaces } from '../abi/assign.js';
import { ABI_INTERNAL, ABI0, SYSTEM_V } from '../abi/convention.js';
import type { Assignment, Place } from '../abi/place.js';
import { type Shape, shapeOfKind } from '../abi/shape.js';
import { asmName, isVector } from './syntax.js';
import { alignmentOf, type DeclaredSignature, fieldOffsets, type GoType, sizeOf } from './types.js';

/** A declared type as the conventions see it. */
function shapeOf(type: GoType): Shape {
  switch (type.kind) {
    case 'array':
      return { kind: 'array', size: sizeOf(type), align: alignmentOf(type), elem: shapeOf(type.elem), length: type.length };
    case 'struct': {
      const offsets = fieldOffsets(type.fields);
      const fields = type.fields.map((field, index) => ({ name: field.name, shape: shapeOf(field.type), offset: offsets[index] }));
      return { kind: 'struct', size: sizeOf(type), align: alignmentOf(type), fields };
    }
    case 'named':
      return shapeOf(type.underlying());
    default:
      return shapeOfKind(type.kind, sizeOf(type));
  }
}

/** Places of a signature's receiver and parameters, and of its results, under a convention. */
export function assignmentOf(signature: DeclaredSignature, convention: 'ABIInternal' | 'ABI0' | 'C'): Assignment {
  const parameters = signature.receiver === undefined ? signature.params : [signature.receiver, ...signature.params];
  return assignPlaces({ ABIInternal: ABI_INTERNAL, ABI0, C: SYSTEM_V }[convention], {
    params: parameters.map(parameter => shapeOf(parameter.type)),
    results: signature.results.map(result => shapeOf(result.type)),
  });
}

/** Go's name of a register as the conventions name it (`rax`, `xmm3`). */
export const goName = (register: string): string => {
  if (register.startsWith('xmm')) return `X${register.slice(3)}`;
  return /^r\d+$/.test(register) ? register.toUpperCase() : register.slice(1).toUpperCase();
};

const MOVES: Readonly<Record<number, string>> = { 1: 'MOVB', 2: 'MOVW', 4: 'MOVL', 8: 'MOVQ' };
const FLOAT_MOVES: Readonly<Record<number, string>> = { 4: 'MOVSS', 8: 'MOVSD' };

/** Instructions that move a value between registers and memory at `base` + SP; `toMemory` says which way. */
function transfer(place: Place, slot: number, base: string, toMemory: boolean): string[] {
  if (place.in !== 'registers') return [];
  return place.parts.map(part => {
    const name = goName(part.register);
    const move = (isVector(name) ? FLOAT_MOVES : MOVES)[part.size];
    const memory = `${slot + part.offset}(${base})`;
    return toMemory ? `${move} ${name}, ${memory}` : `${move} ${memory}, ${name}`;
  });
}

/** Instructions around the call of morestack that keep register arguments in their spill slots. RSP is at the return address. */
export function spillText(signature: DeclaredSignature): { readonly before: string; readonly after: string } {
  const assignment = assignmentOf(signature, 'ABIInternal');
  const lines = (toMemory: boolean): string =>
    assignment.params.flatMap(place => (place.in === 'registers' ? transfer(place, place.spill ?? 0, 'SP', toMemory) : [])).join('\n');
  return { before: lines(true), after: lines(false) };
}

/** Text of the function `name` in convention `to`, which calls the one in the other convention. */
export function wrapperText(signature: DeclaredSignature, to: 'ABIInternal' | 'ABI0'): string {
  const registers = assignmentOf(signature, 'ABIInternal');
  const stack = assignmentOf(signature, 'ABI0');
  const name = asmName(signature.name);
  const lines: string[] = ['#include "textflag.h"'];
  const slotOf = (place: Place): number => (place.in === 'stack' ? place.offset - 8 : 0);
  if (to === 'ABIInternal') {
    const frame = stack.stackBytes;
    lines.push(`TEXT ${name}<ABIInternal>(SB), NOSPLIT|WRAPPER|ABIWRAPPER, $${frame}-${registers.stackBytes}`);
    registers.params.forEach((place, index) => {
      const slot = slotOf(stack.params[index]);
      if (place.in === 'registers') lines.push(...transfer(place, slot, 'SP', true));
      else lines.push(...copy(`arg+${slotOf(place)}(FP)`, slot, shapeSize(signature, index)));
    });
    lines.push(`CALL ${name}<ABI0>(SB)`, 'XORPS X15, X15', 'MOVQ (TLS), R14');
    registers.results.forEach((place, index) => {
      lines.push(...transfer(place, slotOf(stack.results[index]), 'SP', false));
    });
  } else {
    const frame = registers.stackBytes + registers.spillBytes;
    lines.push(`TEXT ${name}<ABI0>(SB), NOSPLIT|WRAPPER|ABIWRAPPER, $${frame}-${stack.stackBytes}`, 'XORPS X15, X15', 'MOVQ (TLS), R14');
    registers.params.forEach((place, index) => {
      const slot = slotOf(stack.params[index]);
      if (place.in === 'registers')
        lines.push(...transfer(place, slot, 'FP', false).map(line => line.replace(/(\d+)\(FP\)/, 'arg+$1(FP)')));
      else lines.push(...copy(`arg+${slot}(FP)`, slotOf(place), shapeSize(signature, index)));
    });
    lines.push(`CALL ${name}<ABIInternal>(SB)`);
    registers.results.forEach((place, index) => {
      const slot = slotOf(stack.results[index]);
      lines.push(...transfer(place, slot, 'FP', true).map(line => line.replace(/(\d+)\(FP\)/, 'ret+$1(FP)')));
    });
  }
  lines.push('RET');
  return `${lines.join('\n')}\n`;
}

const shapeSize = (signature: DeclaredSignature, index: number): number => {
  const parameters = signature.receiver === undefined ? signature.params : [signature.receiver, ...signature.params];
  return sizeOf(parameters[index].type);
};

/** Copies a value that lies on the stack in both conventions, word by word through R12, which carries no argument. */
function copy(from: string, to: number, size: number): string[] {
  const lines: string[] = [];
  const match = /^(\w+)\+(\d+)\(FP\)$/.exec(from)!;
  for (let at = 0; at < size; at += 8) {
    const move = size - at >= 8 ? 'MOVQ' : size - at >= 4 ? 'MOVL' : 'MOVB';
    lines.push(`${move} ${match[1]}+${Number(match[2]) + at}(FP), R12`, `${move} R12, ${to + at}(SP)`);
  }
  return lines;
}
