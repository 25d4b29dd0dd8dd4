/** Evaluates compiled expressions in a frame. Reads the guest, changes nothing, runs none of its code. */
import type { Type, Variable } from '../../image/api.js';
import { fromUint, piecesSource, readUint, type Source, Unreadable } from '../values/source.js';
import {
  arrayOf,
  basicType,
  CODE_ADDRESS,
  cBaseType,
  DATA_ADDRESS,
  EMPTY_INTERFACE,
  findField,
  pointerTo,
  sameType,
  sliceOf,
  underlying,
} from '../values/types.js';
import { addressOf, deref, dynamicOf, madeSlice, type Value } from '../values/value.js';
import type { Expression, Node } from './ast.js';
import { BUILTINS, callBuiltin } from './builtins.js';
import type { EvaluationContext } from './context.js';
import { constantTo, convert, defaultType, makeBool, makeInteger } from './convert.js';
import { ExpressionError } from './errors.js';
import { constantSource, variableSource } from './location.js';
import {
  findEnumerator,
  findFunction,
  findGlobal,
  findSymbol,
  findType,
  functionsLike,
  isPackage,
  packageOf,
  searchOrder,
} from './names.js';
import { type Operand, ofConstant, ofValue, type Result } from './operand.js';
import { binary, truth, unary } from './operators.js';
import { findRegister, registerValue, registerView } from './registers.js';
import { artificialArray, dataOf, follow, index, methodOfType, select, slice } from './select.js';
import { OperationError } from './untyped.js';

/** Throws ExpressionError with the column where it went wrong. */
export function evaluate(expression: Expression, context: EvaluationContext): Result {
  return new Evaluator(expression.source, context).whole(expression.root);
}

export function evaluateNode(source: string, node: Node, context: EvaluationContext): Result {
  return new Evaluator(source, context).whole(node);
}

/** Variables of the frame that are in force, inner blocks last. */
function frameVariables(context: EvaluationContext): readonly Variable[] {
  const { frame } = context;
  if (!frame) return [];
  return searchOrder(context)[0]?.variables(frame.scope, frame.lookupPc) ?? [];
}

/** Runs `work`, and gives what it throws without a position this one. */
export function positioned<T>(column: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof OperationError) throw new ExpressionError(error.message, column);
    if (error instanceof Unreadable)
      throw new ExpressionError(error.text.replace(/^\(unreadable (.*)\)$/, '$1').replace(/^<(.*)>$/, 'the value is $1'), column);
    throw error;
  }
}

class Evaluator {
  private variables: readonly Variable[] | undefined;

  constructor(
    private readonly source: string,
    private readonly context: EvaluationContext,
  ) {}

  private text(node: Node): string {
    return this.source.slice(node.start, node.end);
  }

  private fail(node: Node, message: string): never {
    throw new ExpressionError(message, node.start);
  }

  whole(node: Node): Result {
    const operand = this.operand(node);
    if (operand.kind === 'package') return this.fail(node, `could not find symbol value for ${this.text(node)}`);
    if (operand.kind === 'builtin') return this.fail(node, `${operand.name} must be called`);
    return operand;
  }

  private operand(node: Node): Operand {
    const column = node.kind === 'binary' ? node.at : node.kind === 'selector' ? node.nameStart : node.start;
    return positioned(column, () => this.evaluate(node));
  }

  private evaluate(node: Node): Operand {
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
        return this.name(node.name) ?? { kind: 'package', path: node.name };
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
        return ofValue(convert(this.context, this.operand(node.operand), this.type(node.type)));
      case 'sizeof':
        return this.sizeof(node.operand);
      case 'literal':
        return ofValue(this.literal(node));
      default:
        return { kind: 'type', type: this.type(node) };
    }
  }

  /** A value: types, packages and functions are refused. */
  private value(node: Node): Value {
    const operand = this.operand(node);
    if (operand.kind === 'value') return operand.value;
    if (operand.kind === 'constant') return constantTo(operand.constant, defaultType(operand.constant));
    if (operand.kind === 'package') return this.fail(node, `could not find symbol value for ${this.text(node)}`);
    if (operand.kind === 'symbol') return this.fail(node, untypedSymbol(operand.name));
    return this.fail(node, `${this.text(node)} is a ${operand.kind}, not a value`);
  }

  // ---- names ----------------------------------------------------------------------------------------------------------------------------

  private local(name: string): Variable | undefined {
    this.variables ??= frameVariables(this.context);
    return this.variables.findLast(variable => variable.name === name);
  }

  private ofVariable(variable: Variable): Operand {
    const { constant, type } = variable;
    if (variable.role === 'constant' && constant !== undefined && variable.location === undefined) {
      if (typeof constant === 'string') return ofConstant({ class: 'string', value: new TextEncoder().encode(constant) });
      if (underlying(type).kind === 'bool') return ofValue(makeBool(constant !== 0n, type));
      // An untyped constant of Go is described as an int.
      if (type.name === 'int') return ofConstant({ class: 'int', value: constant });
      if (type.kind !== 'void' && type.size > 0) return ofValue({ type, source: constantSource(constant, type) });
      return ofConstant({ class: 'int', value: constant });
    }
    return ofValue({ type, source: variableSource(this.context, variable) });
  }

  private get isC(): boolean {
    return this.context.frame?.language === 'c';
  }

  /** A bare name; undefined when it names nothing by itself. */
  private name(name: string): Operand | undefined {
    const { context } = this;
    const local = this.local(name);
    if (local) return this.ofVariable(local);
    const pkg = context.frame ? packageOf(context.frame.name) : '';
    const member = pkg === '' ? undefined : this.member(`${pkg}.${name}`);
    if (this.isC) return this.member(name) ?? this.enumerator(name) ?? this.predeclared(name) ?? this.namedRegister(name, false);
    return member ?? this.predeclared(name) ?? this.namedRegister(name, false) ?? this.member(name);
  }

  private enumerator(name: string): Operand | undefined {
    const found = findEnumerator(this.context, name);
    return found && ofValue({ type: found.type, source: constantSource(found.value, found.type) });
  }

  private predeclared(name: string): Operand | undefined {
    if (name === 'true' || name === 'false') return ofConstant({ class: 'bool', value: name === 'true' });
    if (name === 'nil') return { kind: 'nil' };
    if (this.isC && name === 'NULL') return { kind: 'nil' };
    const inC = this.isC ? cBaseType(name) : undefined;
    const type = inC ?? basicType(name) ?? (name === 'any' ? EMPTY_INTERFACE : undefined);
    if (type) return { kind: 'type', type };
    return BUILTINS.includes(name) ? { kind: 'builtin', name } : undefined;
  }

  /** A package-level name in full, or with the last elements of its path. */
  private member(name: string): Operand | undefined {
    if (name === 'unsafe.Pointer') return { kind: 'type', type: basicType(name)! };
    const special = this.special(name);
    if (special) return special;
    const global = findGlobal(this.context, name);
    if (global) return this.ofVariable(global);
    const func = findFunction(this.context, name);
    if (func) return { kind: 'function', func };
    const type = findType(this.context, name);
    if (type) return { kind: 'type', type };
    const symbol = findSymbol(this.context, name);
    return symbol && { kind: 'symbol', ...symbol };
  }

  /** Delve's names for facts about the frame. */
  private special(name: string): Operand | undefined {
    const { context } = this;
    if (name === 'runtime.curg') {
      const type = findType(context, 'runtime.g');
      if (type === undefined) throw new OperationError('the type runtime.g is not known');
      if (context.curg === undefined) throw new OperationError('no goroutine runs on this thread');
      return ofValue(deref(context, type, context.curg));
    }
    if (name === 'runtime.frameoff') {
      const g = context.frame?.g;
      const cfa = context.frame?.cfa;
      const type = findType(context, 'runtime.g');
      if (g === undefined || cfa === undefined || type === undefined)
        throw new OperationError('the frame has no goroutine stack that is known');
      const stack = findField(type, 'stack')?.field;
      const hi = stack && findField(stack.type, 'hi')?.field;
      if (!hi) throw new OperationError('runtime.g has no stack.hi');
      const top = readUint(deref(context, type, g).source, stack.offset + hi.offset, 8);
      return ofValue(makeInteger(basicType('int')!, cfa - top));
    }
    return undefined;
  }

  private namedRegister(name: string, dollar: boolean): Operand | undefined {
    const found = findRegister(name, dollar);
    if (found === undefined) return undefined;
    if (this.context.frame === undefined) throw new OperationError(`there are no registers: no process is running`);
    return ofValue(registerValue(this.context.frame, found));
  }

  private register(node: Node & { kind: 'register' }): Operand {
    return this.namedRegister(node.name, true) ?? this.fail(node, `there is no register $${node.name}`);
  }

  private quoted(node: Node & { kind: 'quoted' }): Operand {
    const found = this.member(node.name) ?? this.name(node.name);
    if (found) return found;
    const type = findType(this.context, node.name);
    return type ? { kind: 'type', type } : this.fail(node, `could not find symbol value for ${node.name}`);
  }

  // ---- selectors ------------------------------------------------------------------------------------------------------------------------

  /** The dotted name that a node spells, when its first part is no variable: `runtime`, `main.T`, `"crash/trace"`, `crash/trace`. */
  private path(node: Node, inSlashes = false): string | undefined {
    switch (node.kind) {
      case 'name':
        if (this.local(node.name) || (!inSlashes && findRegister(node.name, false) && !isPackage(this.context, node.name)))
          return undefined;
        return node.name;
      case 'string':
        return Buffer.from(node.value).toString();
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

  private joined(base: Node, inSlashes: boolean, tail: string): string | undefined {
    const path = this.path(base, inSlashes);
    return path === undefined ? undefined : path + tail;
  }

  private selector(node: Node & { kind: 'selector' }): Operand {
    const view = this.registerView(node);
    if (view) return view;
    const path = this.path(node.operand);
    const member = path === undefined ? undefined : this.member(`${path}.${node.name}`);
    if (member) return member;
    if (node.operand.kind === 'string') return this.fail(node, `package ${path} has no ${node.name}`);
    if (path !== undefined && isPackage(this.context, path)) return this.missingMember(node, path);
    const base = this.operand(node.operand);
    const text = this.text(node.operand);
    switch (base.kind) {
      case 'value':
        return select(this.context, base.value, node.name, text);
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

  private missingMember(node: Node & { kind: 'selector' }, path: string): never {
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

  private registerView(node: Node & { kind: 'selector' }): Operand | undefined {
    const { operand } = node;
    const dollar = operand.kind === 'register';
    if ((!dollar && operand.kind !== 'name') || !this.context.frame) return undefined;
    if (!dollar && this.local(operand.name)) return undefined;
    const found = findRegister(operand.name, dollar);
    if (!found || (!dollar && isPackage(this.context, operand.name))) return undefined;
    const value = registerView(this.context.frame, found, node.name);
    if (value) return ofValue(value);
    const views = found.register.startsWith('xmm')
      ? 'float64, int32, v4_float, v2_int64 or uint128'
      : 'int8 to int64, uint8 to uint64, float32 or float64';
    throw new OperationError(`${this.text(operand)} has no view ${node.name}; try ${views}`);
  }

  private assert(node: Node & { kind: 'assert' }): Operand {
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

  private index(node: Node & { kind: 'index' }): Operand {
    if (node.operand.kind === 'selector' && this.text(node.operand) === 'delve.bphitcount') return this.hitCount(node.indices[0]!);
    const instance = this.instance(node);
    if (instance) return instance;
    const value = this.value(node.operand);
    if (node.indices.length !== 1) return this.fail(node, 'an index is one number or key');
    return ofValue(index(this.context, value, this.operand(node.indices[0]!), this.text(node.operand)));
  }

  /** A generic type or function with its type arguments, which is found by its whole spelling. */
  private instance(node: Node & { kind: 'index' }): Operand | undefined {
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
    if (!wanted.includes('go.shape.')) return undefined;
    const numbered = functionsLike(this.context, `${path}[`, ']').find(each => each.name.replace(/_\d+(?=[,\]])/g, '') === wanted);
    return numbered && { kind: 'function', func: numbered };
  }

  private typeText(node: Node): string {
    try {
      return this.type(node).name;
    } catch {
      return this.text(node);
    }
  }

  private hitCount(node: Node): Operand {
    const name = node.kind === 'string' ? Buffer.from(node.value).toString() : this.text(node);
    const hits = this.context.breakpointHits(name);
    if (hits === undefined) return this.fail(node, `there is no breakpoint ${name}`);
    return ofConstant({ class: 'int', value: BigInt(hits) });
  }

  private slice(node: Node & { kind: 'slice' }): Operand {
    const value = this.value(node.operand);
    const bound = (each: Node | undefined): Operand | undefined => each && this.operand(each);
    const bounds = { low: bound(node.low), high: bound(node.high), max: bound(node.max) };
    return ofValue(slice(this.context, value, bounds, this.text(node.operand)));
  }

  // ---- calls and operators ----------------------------------------------------------------------------------------------------------------

  private call(node: Node & { kind: 'call' }): Operand {
    const callee = this.operand(node.callee);
    if (callee.kind === 'type') {
      if (node.args.length !== 1) return this.fail(node, `a conversion to ${callee.type.name} takes one value, not ${node.args.length}`);
      const argument = this.operand(node.args[0]!);
      if (argument.kind === 'package') return this.fail(node.args[0]!, `could not find symbol value for ${this.text(node.args[0]!)}`);
      return ofValue(convert(this.context, argument, callee.type));
    }
    if (callee.kind === 'builtin') {
      return callBuiltin(
        this.context,
        callee.name,
        node.args.map(each => this.checked(each)),
      );
    }
    if (callee.kind === 'package') return this.fail(node.callee, `could not find symbol value for ${this.text(node.callee)}`);
    return this.fail(node, `${this.text(node.callee)} would have to run; expressions do not call functions`);
  }

  /** An operand that exists. */
  private checked(node: Node): Operand {
    const operand = this.operand(node);
    if (operand.kind === 'package') return this.fail(node, `could not find symbol value for ${this.text(node)}`);
    if (operand.kind === 'builtin') return this.fail(node, `${operand.name} must be called`);
    return operand;
  }

  private unary(node: Node & { kind: 'unary' }): Operand {
    const { operator } = node;
    const operand = this.checked(node.operand);
    const text = this.text(node.operand);
    if (operator === '*') {
      if (operand.kind === 'type') return { kind: 'type', type: pointerTo(operand.type) };
      if (operand.kind === 'nil') throw new OperationError('nil cannot be dereferenced');
      if (operand.kind === 'function' && this.isC) return operand;
      const value = this.value(node.operand);
      const type = underlying(value.type);
      if (type.kind === 'unsafe-pointer') throw new OperationError(`${text} is an unsafe.Pointer: convert it first, as in *(*T)(${text})`);
      if (value.loose) throw new OperationError(`${text} has no pointer type: convert it first, as in *(*uint64)(${text})`);
      if (type.kind === 'func') return operand;
      if (type.kind === 'array' && this.isC) return ofValue({ type: type.elem, source: value.source });
      return ofValue(follow(this.context, value, text));
    }
    if (operator === '&') {
      if (operand.kind === 'function') return ofValue({ ...makeInteger(CODE_ADDRESS, operand.func.entry), loose: true });
      if (operand.kind === 'symbol') return ofValue({ ...makeInteger(DATA_ADDRESS, operand.address), loose: true });
      const address = operand.kind === 'value' ? addressOf(operand.value, this.isC) : undefined;
      return address ? ofValue(address) : this.fail(node, `cannot take the address of ${text}: it is not in memory`);
    }
    return unary(operator, operand, this.isC);
  }

  private binary(node: Node & { kind: 'binary' }): Operand {
    const { operator } = node;
    if (operator === '/' || operator === '-') {
      const named = this.slashed(node);
      if (named) return named;
    }
    if (operator === '&&' || operator === '||') {
      const left = this.truth(node.left);
      if (left === (operator === '||')) return ofConstant({ class: 'bool', value: left });
      return ofConstant({ class: 'bool', value: this.truth(node.right) });
    }
    const left = this.checked(node.left);
    if (operator === '@') return ofValue(artificialArray(this.context, this.value(node.left), this.checked(node.right), this.isC));
    return binary(this.context, operator, left, this.checked(node.right));
  }

  /** `crash/trace.Name.field`, as packages are spelled everywhere else. */
  private slashed(node: Node & { kind: 'binary' }): Operand | undefined {
    const left = this.path(node.left, true);
    const fields: string[] = [];
    for (let right = node.right; left !== undefined && right.kind === 'selector'; right = right.operand) {
      const path = this.path(right, true);
      const found = path === undefined ? undefined : this.member(`${left}${node.operator}${path}`);
      if (found === undefined) {
        fields.unshift(right.name);
        continue;
      }
      let at: Operand = found;
      for (const field of fields) {
        if (at.kind !== 'value') return undefined;
        at = select(this.context, at.value, field, this.source.slice(node.start, right.end));
      }
      return at;
    }
    return undefined;
  }

  private truth(node: Node): boolean {
    return positioned(node.start, () => truth(this.context, this.checked(node), this.isC));
  }

  private sizeof(node: Node): Operand {
    const isType = ['c-type', 'c-pointer'].includes(node.kind);
    const operand: Operand = isType ? { kind: 'type', type: this.type(node) } : this.checked(node);
    const size = operand.kind === 'type' ? operand.type.size : this.value(node).type.size;
    return ofConstant({ class: 'int', value: BigInt(size) });
  }

  // ---- types ------------------------------------------------------------------------------------------------------------------------------

  type(node: Node): Type {
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
        const type = findType(this.context, node.name) ?? cBaseType(node.name);
        return type ?? this.unknownType(node);
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

  private typeOperand(node: Node): Type | undefined {
    const operand = this.operand(node);
    if (operand.kind === 'type') return operand.type;
    // A type can have the name of a variable or function (C's tags, Go's shadowed names).
    return operand.kind === 'package' ? undefined : findType(this.context, this.text(node));
  }

  private unknownType(node: Node): never {
    return this.fail(node, `there is no type ${this.text(node)} in the debug information`);
  }

  private arrayLength(node: Node): number {
    const operand = this.operand(node);
    const length = operand.kind === 'constant' && operand.constant.class === 'int' ? operand.constant.value : -1n;
    if (length < 0n || length > 1n << 32n) return this.fail(node, 'an array length is a constant whole number');
    return Number(length);
  }

  /** A composite literal: a struct, array or slice that lies nowhere. */
  private literal(node: Node & { kind: 'literal' }): Value {
    const type = this.type(node.type);
    const at = underlying(type);
    const typed = (each: Node, to: Type): Value => {
      const operand = this.checked(each);
      if (operand.kind === 'value' && sameType(operand.value.type, to)) return operand.value;
      if (operand.kind === 'constant') return positioned(each.start, () => constantTo(operand.constant, to));
      return positioned(each.start, () => convert(this.context, operand, to));
    };
    if (at.kind === 'struct') {
      const parts = new Map<number, Source>();
      for (const [i, { key, value }] of node.elements.entries()) {
        const name = key?.kind === 'name' ? key.name : undefined;
        const field = key === undefined ? at.fields[i] : at.fields.find(each => each.name === name);
        if (!field) return this.fail(key ?? value, `${type.name} has no ${key ? `field ${this.text(key)}` : 'more fields'}`);
        parts.set(field.offset, typed(value, field.type).source);
      }
      return { type, source: composite(type, parts, at.fields) };
    }
    if (at.kind === 'array' || at.kind === 'slice') {
      const values = node.elements.map(({ value }) => typed(value, at.elem));
      const bytes = new Uint8Array((at.kind === 'array' ? at.length : values.length) * at.elem.size);
      if (values.length * at.elem.size > bytes.length) return this.fail(node, `${type.name} has fewer than ${values.length} elements`);
      for (const [i, value] of values.entries()) bytes.set(value.source.read(0, at.elem.size), i * at.elem.size);
      return at.kind === 'slice' ? madeSlice(type, bytes) : { type, source: piecesSource([{ size: bytes.length, source: fixed(bytes) }]) };
    }
    return this.fail(node, `a literal of ${type.name} cannot be made here; structs, arrays and slices can`);
  }
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

const untypedSymbol = (name: string): string =>
  `${name} has no debug information, so its type is not known; &${name} is its address, *(*T)(&${name}) reads it`;
