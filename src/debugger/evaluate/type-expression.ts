/** Types in expressions: Go's, C's, and those that are only found by their spelling. */
import type { Type } from '../../image/api.js';
import { arrayOf, cBaseType, pointerTo, sliceOf } from '../values/types.js';
import type { SyntaxNode } from './ast.js';
import type { EvaluationContext } from './context.js';
import { ExpressionError } from './errors.js';
import { findType } from './names.js';
import type { EvaluatedOperand } from './operand.js';

/** The part of evaluation that deals with types; what a name is, its heir tells. */
export abstract class TypeEvaluator {
  constructor(
    protected readonly source: string,
    protected readonly context: EvaluationContext,
  ) {}

  protected abstract operand(node: SyntaxNode): EvaluatedOperand;

  protected text(node: SyntaxNode): string {
    return this.source.slice(node.start, node.end);
  }

  protected fail(node: SyntaxNode, message: string): never {
    throw new ExpressionError(message, node.start);
  }

  /** The type that a node spells. */
  type(node: SyntaxNode): Type {
    switch (node.kind) {
      case 'spelled-type':
        return findType(this.context, node.text) ?? this.unknownType(node);
      case 'array-type': {
        const spelled = findType(this.context, this.text(node));
        if (spelled) return spelled;
        const elem = this.type(node.elem);
        return node.length === undefined ? sliceOf(elem) : arrayOf(elem, this.arrayLength(node.length));
      }
      case 'map-type': {
        const name = `map[${this.type(node.key).name}]${this.type(node.elem).name}`;
        return findType(this.context, name) ?? this.unknownType(node);
      }
      case 'c-type': {
        // One word may be a type of the program's own.
        const own = node.name.includes(' ') ? undefined : this.typeOperand({ ...node, kind: 'name' });
        return own ?? findType(this.context, node.name) ?? cBaseType(node.name) ?? this.unknownType(node);
      }
      case 'c-pointer':
        return pointerTo(this.type(node.elem), true);
      case 'paren':
        return this.type(node.inner);
      case 'unary':
        if (node.operator === '*') return pointerTo(this.type(node.operand));
        break;
      case 'quoted': {
        const type = findType(this.context, node.name);
        if (type) return type;
        break;
      }
    }
    const operand = this.typeOperand(node);
    return operand ?? this.unknownType(node);
  }

  private typeOperand(node: SyntaxNode): Type | undefined {
    const operand = this.operand(node);
    if (operand.kind === 'type') return operand.type;
    // A type can have the name of a variable or function (C's tags, Go's shadowed names).
    return operand.kind === 'package' ? undefined : (findType(this.context, this.text(node)) ?? cBaseType(this.text(node)));
  }

  private unknownType(node: SyntaxNode): never {
    return this.fail(node, `there is no type ${this.text(node)} in the debug information`);
  }

  private arrayLength(node: SyntaxNode): number {
    const operand = this.operand(node);
    const length = operand.kind === 'constant' && operand.constant.class === 'int' ? operand.constant.value : -1n;
    if (length < 0n || length > 1n << 32n) return this.fail(node, 'an array length is a constant whole number');
    return Number(length);
  }
}
