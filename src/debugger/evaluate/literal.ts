/** Composite literals: structs, arrays and slices that lie nowhere in the program. */
import type { Type } from '../../image/api.js';
import { fromUint, piecesSource, type Source } from '../values/source.js';
import { sameType, underlying } from '../values/types.js';
import { madeSlice, type Value } from '../values/value.js';
import type { SyntaxNode } from './ast.js';
import type { EvaluationContext } from './context.js';
import { constantTo, convert } from './convert.js';
import type { EvaluatedOperand } from './operand.js';
import { positioned } from './positioned.js';

/** Bytes. */
const MAX_LITERAL = 1 << 20;

/** What a literal needs of the evaluator. */
export interface LiteralWalk {
  readonly context: EvaluationContext;
  operand(node: SyntaxNode): EvaluatedOperand;
  text(node: SyntaxNode): string;
  fail(node: SyntaxNode, message: string): never;
}

/** A composite literal: a struct, array or slice that lies nowhere. */
export function literalValue(type: Type, node: SyntaxNode & { kind: 'literal' }, walk: LiteralWalk): Value {
  const at = underlying(type);
  const typed = (each: SyntaxNode, to: Type): Value => {
    const operand = walk.operand(each);
    if (operand.kind === 'value' && sameType(operand.value.type, to)) return operand.value;
    if (operand.kind === 'constant') return positioned(each.start, () => constantTo(operand.constant, to));
    return positioned(each.start, () => convert(walk.context, operand, to));
  };
  if (at.kind === 'struct') {
    const parts = new Map<number, Source>();
    for (const [i, { key, value }] of node.elements.entries()) {
      const name = key?.kind === 'name' ? key.name : undefined;
      const field = key === undefined ? at.fields[i] : at.fields.find(each => each.name === name);
      if (!field) return walk.fail(key ?? value, `${type.name} has no ${key ? `field ${walk.text(key)}` : 'more fields'}`);
      parts.set(field.offset, typed(value, field.type).source);
    }
    return { type, source: composite(type, parts, at.fields) };
  }
  if (at.kind === 'array' || at.kind === 'slice') {
    const values = node.elements.map(({ value }) => typed(value, at.elem));
    const count = at.kind === 'array' ? at.length : values.length;
    if (count * at.elem.size > MAX_LITERAL) return walk.fail(node, `a literal of ${type.name} is too large`);
    const bytes = new Uint8Array(count * at.elem.size);
    if (values.length * at.elem.size > bytes.length) return walk.fail(node, `${type.name} has fewer than ${values.length} elements`);
    for (const [i, value] of values.entries()) bytes.set(value.source.read(0, at.elem.size), i * at.elem.size);
    return at.kind === 'slice' ? madeSlice(type, bytes) : { type, source: piecesSource([{ size: bytes.length, source: fixed(bytes) }]) };
  }
  return walk.fail(node, `a literal of ${type.name} cannot be made here; structs, arrays and slices can`);
}

const fixed = (bytes: Uint8Array): Source => ({
  read: (offset, length) => bytes.subarray(offset, offset + length),
  fixed: 'it is a computed value',
});

function composite(type: Type, parts: ReadonlyMap<number, Source>, fields: readonly { offset: number; type: Type }[]): Source {
  const zeros = (size: number): Source => fixed(fromUint(0n, size));
  return {
    part: offset => parts.get(offset) ?? zeros(type.size - offset),
    read(offset, length) {
      const bytes = new Uint8Array(type.size);
      for (const field of fields) {
        const part = parts.get(field.offset);
        if (part) bytes.set(part.read(0, field.type.size), field.offset);
      }
      return bytes.subarray(offset, offset + length);
    },
    fixed: 'it is a computed value',
  };
}
