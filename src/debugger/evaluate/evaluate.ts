import { utf8Text } from '../../host/bytes.js';
import { told } from '../../host/told.js';
import type { Type } from '../../image/api.js';
import { CODE_ADDRESS, DATA_ADDRESS, pointerTo, sameType, underlying } from '../values/types.js';
import { addressOf, deref, dynamicOf, type Value } from '../values/value.js';
import type { Expression, SyntaxNode } from './ast.js';
import { callBuiltin } from './builtins.js';
import type { EvaluationContext } from './context.js';
import { asValue, convert, makeInteger } from './convert.js';
import { ExpressionError } from './errors.js';
import { servesArguments } from './instances.js';
import { type LiteralWalk, literalValue } from './literal.js';
import { findFunction, findGlobal, findType, functionsLike, inlinedAway, isInlinedAway, isPackage, packageOf } from './names.js';
import { type CallTarget, type EvaluatedOperand, ofConstant, ofValue, type Result } from './operand.js';
import { binary, truth, unary } from './operators.js';
import { parseExpression } from './parser.js';
import { positioned } from './positioned.js';
import { findRegister, registerView } from './registers.js';
import { EvaluationScope } from './scope.js';
import { artificialArray, dataOf, follow, index, methodOfType, selectMember, slice } from './select.js';
import { TypeEvaluator } from './type-expression.js';
import { OperationError } from './untyped.js';

/** Throws ExpressionError with the column where it went wrong. */
export function evaluate(expression: Expression, context: EvaluationContext): Result {
  const evaluator = new Evaluator(expression.source, context);
  return evaluator.whole(evaluator.inC ? parseExpression(expression.source, true).root : expression.root);
}

export function evaluateNode(source: string, node: SyntaxNode, context: EvaluationContext): Result {
  return new Evaluator(source, context).whole(node);
}

class Evaluator extends TypeEvaluator {
  private readonly scope: EvaluationScope;
  private readonly walk: LiteralWalk;

  constructor(source: string, context: EvaluationContext) {
    super(source, context);
    this.scope = new EvaluationScope(context);
    this.walk = {
      context,
      operand: node => this.checked(node),
      text: node => this.text(node),
      fail: (node, message) => this.fail(node, message),
    };
  }

  get inC(): boolean {
    return this.scope.isC;
  }

  whole(node: SyntaxNode): Result {
    const operand = this.operand(node);
    if (operand.kind === 'package') return this.unknown(node);
    if (operand.kind === 'builtin') return this.fail(node, `${operand.name} must be called`);
    return operand;
  }

  protected operand(node: SyntaxNode): EvaluatedOperand {
    const column = node.kind === 'binary' ? node.at : node.kind === 'selector' ? node.nameStart : node.start;
    return positioned(column, () => this.evaluate(node));
  }

  private evaluate(node: SyntaxNode): EvaluatedOperand {
    switch (node.kind) {
      case 'integer':
        return ofConstant({ class: 'int', value: node.value });
      case 'rune':
        return ofConstant({ class: 'rune', value: node.value });
      case 'float':
        return ofConstant({ class: 'float', value: node.value });
      case 'imaginary':
        return ofConstant({ class: 'complex', value: { re: 0, im: node.value } });
      case 'string':
        return ofConstant({ class: 'string', value: node.value });
      case 'name':
        return this.scope.name(node.name) ?? { kind: 'package', path: node.name };
      case 'register':
        return this.register(node);
      case 'quoted':
        return this.quoted(node);
      case 'paren':
        return this.operand(node.inner);
      case 'selector':
        return this.selector(node);
      case 'index':
        return this.index(node);
      case 'slice':
        return this.slice(node);
      case 'assert':
        return this.assert(node);
      case 'call':
        return this.call(node);
      case 'unary':
        return this.unary(node);
      case 'binary':
        return this.binary(node);
      case 'cast':
        return this.conversion(node.operand, this.type(node.type));
      case 'pinned':
        return ofValue(deref(this.context, node.type, node.place.address));
      case 'conditional':
        return this.checked(this.truth(node.condition) ? node.yes : node.no);
      case 'sizeof':
        return this.sizeof(node.operand);
      case 'literal':
        return ofValue(literalValue(this.type(node.type), node, this.walk));
      default:
        return { kind: 'type', type: this.type(node) };
    }
  }

  /** Why nothing of that name is found: what has no debug information, or does not run, has no variables. */
  private unknown(node: SyntaxNode, name = this.text(node)): never {
    const { frame } = this.context;
    const why =
      frame === undefined
        ? ': the program does not run, and has no frame to look in'
        : frame.described === false
          ? `: there is no debug information of ${frame.name}, which would have its variables`
          : '';
    return this.fail(node, `could not find symbol value for ${name}${why}`);
  }

  /** A value: types, packages and functions are refused. */
  private value(node: SyntaxNode): Value {
    const operand = this.operand(node);
    const value = asValue(operand);
    if (value !== undefined) return value;
    if (operand.kind === 'package') return this.unknown(node);
    if (operand.kind === 'symbol') return this.fail(node, untypedSymbol(operand.name));
    if (operand.kind === 'results') return this.fail(node, `${this.text(node)} gives ${operand.results.length || 'no'} values, not one`);
    return this.fail(node, `${this.text(node)} is a ${operand.kind}, not a value`);
  }

  // ---- names ----------------------------------------------------------------------------------------------------------------------------

  private register(node: SyntaxNode & { kind: 'register' }): EvaluatedOperand {
    return (
      this.scope.register(node.name, true) ??
      this.context.convenience?.(node.name) ??
      this.fail(node, `there is no register $${node.name}, and nothing was set to that name`)
    );
  }

  private quoted(node: SyntaxNode & { kind: 'quoted' }): EvaluatedOperand {
    return this.scope.member(node.name) ?? this.scope.name(node.name) ?? this.unknown(node, node.name);
  }

  // ---- selectors ------------------------------------------------------------------------------------------------------------------------

  /** The dotted name that a node spells, when its first part is no variable: `runtime`, `main.T`, `"crash/trace"`, `crash/trace`. */
  private path(node: SyntaxNode, inSlashes = false): string | undefined {
    switch (node.kind) {
      case 'name':
        if (this.scope.local(node.name) || (!inSlashes && findRegister(node.name, false) && !isPackage(this.context, node.name)))
          return undefined;
        return node.name;
      case 'string':
        return utf8Text(node.value);
      case 'selector':
        return this.joined(node.operand, inSlashes, `.${node.name}`);
      case 'assert':
        return this.joined(node.operand, inSlashes, `.(${this.text(node.type)})`);
      case 'index':
        return this.joined(node.operand, inSlashes, `[${node.indices.map(each => this.text(each)).join(',')}]`);
      case 'binary': {
        if (!inSlashes || (node.operator !== '/' && node.operator !== '-')) return undefined;
        const right = this.path(node.right, true);
        return right === undefined ? undefined : this.joined(node.left, true, node.operator + right);
      }
      default:
        return undefined;
    }
  }

  private joined(base: SyntaxNode, inSlashes: boolean, tail: string): string | undefined {
    const path = this.path(base, inSlashes);
    return path === undefined ? undefined : path + tail;
  }

  private selector(node: SyntaxNode & { kind: 'selector' }): EvaluatedOperand {
    const view = this.registerView(node);
    if (view) return view;
    const path = this.path(node.operand);
    const member = path === undefined ? undefined : this.scope.member(`${path}.${node.name}`);
    if (member) return member;
    if (node.operand.kind === 'string') return this.fail(node, `package ${path} has no ${node.name}`);
    if (path !== undefined && isPackage(this.context, path)) return this.missingMember(node, path);
    const base = this.operand(node.operand);
    const text = this.text(node.operand);
    switch (base.kind) {
      case 'value':
        return selectMember(this.context, base.value, node.name, text);
      case 'package':
        return this.missingMember(node, base.path);
      case 'type': {
        const func = methodOfType(this.context, base.type, node.name);
        return func ? { kind: 'function', func } : this.fail(node, `type ${base.type.name} has no method ${node.name}`);
      }
      case 'symbol':
        return this.fail(node, untypedSymbol(base.name));
      default:
        return this.fail(node, `${text} has no member ${node.name}`);
    }
  }

  private missingMember(node: SyntaxNode & { kind: 'selector' }, path: string): never {
    const [first, ...others] = functionsLike(this.context, `${path}.${node.name}[`, ']');
    if (first) {
      const more = others.length > 3 ? `, and ${others.length - 3} more` : '';
      const names = [first, ...others.slice(0, 3)].map(func => func.name).join(', ');
      throw new ExpressionError(`${path}.${node.name} is generic; the program has ${names}${more}`, node.start);
    }
    if (isPackage(this.context, path))
      throw new ExpressionError(`package ${path} has no ${node.name} in the debug information`, node.nameStart);
    throw new ExpressionError(`could not find symbol value for ${path}`, node.start);
  }

  private registerView(node: SyntaxNode & { kind: 'selector' }): EvaluatedOperand | undefined {
    const { operand } = node;
    const dollar = operand.kind === 'register';
    if ((!dollar && operand.kind !== 'name') || !this.context.frame) return undefined;
    if (!dollar && this.scope.local(operand.name)) return undefined;
    const found = findRegister(operand.name, dollar);
    if (!found || (!dollar && isPackage(this.context, operand.name))) return undefined;
    const value = registerView(this.context.frame, found, node.name);
    if (value) return ofValue(value);
    const views = found.register.startsWith('xmm')
      ? 'float64, int32, v4_float, v2_int64 or uint128'
      : found.register.startsWith('ymm')
        ? 'float64, int32, v8_float, v4_int64 or v2_int128'
        : 'int8 to int64, uint8 to uint64, float32 or float64';
    throw new OperationError(`${this.text(operand)} has no view ${node.name}; try ${views}`);
  }

  private assert(node: SyntaxNode & { kind: 'assert' }): EvaluatedOperand {
    const text = this.text(node.operand);
    const value = this.value(node.operand);
    const data = dataOf(this.context, value, text);
    if (node.type.kind === 'name' && node.type.name === 'data') return ofValue(data);
    const type = this.type(node.type);
    if (underlying(type).kind === 'interface')
      throw new OperationError(`whether ${data.type.name} implements ${type.name} is not in the debug information`);
    const dynamic = dynamicOf(this.context, value);
    if (!dynamic.nil && dynamic.value === undefined) throw new OperationError(`the dynamic type of ${text} is not known`);
    if (!sameType(data.type, type))
      throw new OperationError(`interface conversion: ${value.type.name} is ${data.type.name}, not ${type.name}`);
    return ofValue(data);
  }

  // ---- indexing -------------------------------------------------------------------------------------------------------------------------

  private index(node: SyntaxNode & { kind: 'index' }): EvaluatedOperand {
    if (node.operand.kind === 'selector' && this.text(node.operand) === 'delve.bphitcount') return this.hitCount(node.indices[0]!);
    const instance = this.instance(node);
    if (instance) return instance;
    const value = this.value(node.operand);
    if (node.indices.length !== 1) return this.fail(node, 'an index is one number or key');
    return ofValue(index(this.context, value, this.operand(node.indices[0]!), this.text(node.operand)));
  }

  /** A generic type or function with its type arguments, which is found by its whole spelling. */
  private instance(node: SyntaxNode & { kind: 'index' }): EvaluatedOperand | undefined {
    const path = this.path(node.operand);
    if (path === undefined || findGlobal(this.context, path)) return undefined;
    const args = node.indices.map(each => this.text(each).replace(/\s+/g, ' '));
    const pkg = this.context.frame ? packageOf(this.context.frame.name) : '';
    const full = node.indices.map(each => this.typeText(each)).join(',');
    for (const name of new Set([
      `${path}[${args.join(',')}]`,
      `${path}[${full}]`,
      `${pkg}.${path}[${args.join(',')}]`,
      `${pkg}.${path}[${full}]`,
    ])) {
      const type = findType(this.context, name);
      if (type && type.kind !== 'array') return { kind: 'type', type };
      const func = findFunction(this.context, name);
      if (func) return { kind: 'function', func };
    }
    // Go 1.18 to 1.20 number the shapes (`go.shape.int_0`).
    const wanted = `${path}[${args.join(',')}]`;
    if (!wanted.includes('go.shape.')) return this.shared([...new Set([path, `${pkg}.${path}`])], args);
    const numbered = functionsLike(this.context, `${path}[`, ']').find(each => each.name.replace(/_\d+(?=[,\]])/g, '') === wanted);
    return numbered && { kind: 'function', func: numbered };
  }

  /** A generic function for some type arguments: the code that it has for all types of their shapes. */
  private shared(paths: readonly string[], args: readonly string[]): EvaluatedOperand | undefined {
    const { images } = this.context;
    const types = { all: images, typeNamed: (name: string) => findType(this.context, name) };
    for (const path of paths) {
      const func = functionsLike(this.context, `${path}[`, ']').find(({ name }) => servesArguments(types, name, args));
      if (func !== undefined) return { kind: 'function', func, instance: `${path}[${args.join(',')}]` };
    }
    return undefined;
  }

  private typeText(node: SyntaxNode): string {
    try {
      return this.type(node).name;
    } catch (error) {
      told(error);
      return this.text(node);
    }
  }

  private hitCount(node: SyntaxNode): EvaluatedOperand {
    const name = node.kind === 'string' ? utf8Text(node.value) : this.text(node);
    const hits = this.context.breakpointHits(name);
    if (hits === undefined) return this.fail(node, `there is no breakpoint ${name}`);
    return ofConstant({ class: 'int', value: BigInt(hits) });
  }

  private slice(node: SyntaxNode & { kind: 'slice' }): EvaluatedOperand {
    const value = this.value(node.operand);
    const bound = (each: SyntaxNode | undefined): EvaluatedOperand | undefined => each && this.operand(each);
    const bounds = { low: bound(node.low), high: bound(node.high), max: bound(node.max) };
    return ofValue(slice(this.context, value, bounds, this.text(node.operand)));
  }

  // ---- calls and operators ----------------------------------------------------------------------------------------------------------------

  private conversion(node: SyntaxNode, type: Type): EvaluatedOperand {
    let inner = node;
    while (inner.kind === 'paren') inner = inner.inner;
    const operand = inner.kind === 'call' ? positioned(inner.start, () => this.call(inner, type)) : this.operand(node);
    if (operand.kind === 'package') return this.unknown(node);
    // (void)f()
    if (underlying(type).kind === 'void') return { kind: 'results', results: [] };
    return ofValue(convert(this.context, operand, type));
  }

  private call(node: SyntaxNode & { kind: 'call' }, returns?: Type): EvaluatedOperand {
    const callee = this.operand(node.callee);
    if (callee.kind === 'type') {
      if (node.args.length !== 1) return this.fail(node, `a conversion to ${callee.type.name} takes one value, not ${node.args.length}`);
      return this.conversion(node.args[0]!, callee.type);
    }
    if (callee.kind === 'builtin') {
      return callBuiltin(
        this.context,
        callee.name,
        node.args.map(each => this.checked(each)),
      );
    }
    if (callee.kind === 'package') {
      const { frame } = this.context;
      const inlined = [callee.path, ...(frame ? [`${packageOf(frame.name)}.${callee.path}`] : [])].find(each =>
        isInlinedAway(this.context, each),
      );
      if (inlined !== undefined) return this.fail(node.callee, inlinedAway(inlined));
    }
    if (callee.kind === 'package') return this.unknown(node.callee);
    return this.called(node, callee, returns);
  }

  /** A call that the program has to run. */
  private called(node: SyntaxNode & { kind: 'call' }, operand: EvaluatedOperand, returns: Type | undefined): EvaluatedOperand {
    const { call } = this.context;
    const callee = calleeOf(operand);
    if (callee === undefined) {
      const what = operand.kind === 'value' ? operand.value.type.name : operand.kind;
      return this.fail(node.callee, `${this.text(node.callee)} (${what}) is no function`);
    }
    if (call === undefined) return this.fail(node, `${this.text(node.callee)} would have to run, and there is no process that could`);
    const args = node.args.map(each => this.checked(each));
    const results = call(callee, args, { spread: node.spread, returns });
    return results.length === 1 ? ofValue(results[0]!.value) : { kind: 'results', results };
  }

  /** An operand that exists. */
  private checked(node: SyntaxNode): EvaluatedOperand {
    const operand = this.operand(node);
    if (operand.kind === 'package') return this.unknown(node);
    if (operand.kind === 'builtin') return this.fail(node, `${operand.name} must be called`);
    if (operand.kind === 'results') return this.fail(node, `${this.text(node)} gives ${operand.results.length || 'no'} values, not one`);
    return operand;
  }

  private unary(node: SyntaxNode & { kind: 'unary' }): EvaluatedOperand {
    const { operator } = node;
    const operand = this.checked(node.operand);
    const text = this.text(node.operand);
    if (operator === '*') {
      if (operand.kind === 'type') return { kind: 'type', type: pointerTo(operand.type) };
      if (operand.kind === 'nil') throw new OperationError('nil cannot be dereferenced');
      if (operand.kind === 'function' && this.scope.isC) return operand;
      const value = this.value(node.operand);
      const type = underlying(value.type);
      if (type.kind === 'unsafe-pointer') throw new OperationError(`${text} is an unsafe.Pointer: convert it first, as in *(*T)(${text})`);
      if (value.loose) throw new OperationError(`${text} has no pointer type: convert it first, as in *(*uint64)(${text})`);
      if (type.kind === 'func') return operand;
      if (type.kind === 'array' && this.scope.isC) return ofValue({ type: type.elem, source: value.source });
      return ofValue(follow(this.context, value, text));
    }
    if (operator === '&') {
      if (operand.kind === 'function') return ofValue({ ...makeInteger(CODE_ADDRESS, operand.func.entry), loose: true });
      if (operand.kind === 'symbol') return ofValue({ ...makeInteger(DATA_ADDRESS, operand.address), loose: true });
      const address = operand.kind === 'value' ? addressOf(operand.value, this.scope.isC) : undefined;
      return address ? ofValue(address) : this.fail(node, `cannot take the address of ${text}: it is not in memory`);
    }
    return unary(operator, operand, this.scope.isC);
  }

  private binary(node: SyntaxNode & { kind: 'binary' }): EvaluatedOperand {
    const { operator } = node;
    if (operator === '/' || operator === '-') {
      const named = this.slashed(node);
      if (named) return named;
    }
    if (operator === '&&' || operator === '||') {
      const left = this.truth(node.left);
      const value = left === (operator === '||') ? left : this.truth(node.right);
      return ofConstant({ class: 'bool', value });
    }
    const left = this.checked(node.left);
    if (operator === '@') return ofValue(artificialArray(this.context, this.value(node.left), this.checked(node.right), this.scope.isC));
    return binary(this.context, operator, left, this.checked(node.right));
  }

  /** `crash/trace.Name.field`, as packages are spelled everywhere else. */
  private slashed(node: SyntaxNode & { kind: 'binary' }): EvaluatedOperand | undefined {
    const left = this.path(node.left, true);
    const fields: string[] = [];
    for (let right = node.right; left !== undefined && right.kind === 'selector'; right = right.operand) {
      const path = this.path(right, true);
      const found = path === undefined ? undefined : this.scope.member(`${left}${node.operator}${path}`);
      if (found === undefined) {
        fields.unshift(right.name);
        continue;
      }
      let at: EvaluatedOperand = found;
      for (const field of fields) {
        if (at.kind !== 'value') return undefined;
        at = selectMember(this.context, at.value, field, this.source.slice(node.start, right.end));
      }
      return at;
    }
    return undefined;
  }

  private truth(node: SyntaxNode): boolean {
    return positioned(node.start, () => truth(this.context, this.checked(node), this.scope.isC));
  }

  private sizeof(node: SyntaxNode): EvaluatedOperand {
    const isType = ['c-type', 'c-pointer'].includes(node.kind);
    const operand: EvaluatedOperand = isType ? { kind: 'type', type: this.type(node) } : this.checked(node);
    // With the zero at its end.
    if (this.scope.isC && operand.kind === 'constant' && operand.constant.class === 'string')
      return ofConstant({ class: 'int', value: BigInt(operand.constant.value.length + 1) });
    const size = operand.kind === 'type' ? operand.type.size : this.value(node).type.size;
    return ofConstant({ class: 'int', value: BigInt(size) });
  }
}

function calleeOf(operand: EvaluatedOperand): CallTarget | undefined {
  if (operand.kind === 'function') return operand;
  if (operand.kind === 'method') return { kind: 'function', func: operand.func, receiver: operand.receiver };
  if (operand.kind === 'value' && underlying(operand.value.type).kind === 'func') return { kind: 'closure', value: operand.value };
  return undefined;
}

const untypedSymbol = (name: string): string =>
  `${name} has no debug information, so its type is not known; &${name} is its address, *(*T)(&${name}) reads it`;
