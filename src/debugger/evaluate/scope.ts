/** What a name means in a frame: its variables, then its package, then what Go (or C) declares, then registers, then everything else. */
import type { Variable } from '../../image/api.js';
import { readUint } from '../values/source.js';
import { basicType, cBaseType, EMPTY_INTERFACE, findField, underlying } from '../values/types.js';
import { deref } from '../values/value.js';
import { BUILTINS } from './builtins.js';
import type { EvaluationContext } from './context.js';
import { makeBool, makeInteger } from './convert.js';
import { constantSource, variableSource } from './location.js';
import { findEnumerator, findFunction, findGlobal, findSymbol, findType, packageOf } from './names.js';
import { type EvaluatedOperand, ofConstant, ofValue } from './operand.js';
import { findRegister, registerValue } from './registers.js';
import { OperationError } from './untyped.js';

/** Variables that the compiler has added, whose names no source can have: `.dict`, `.closureptr`, `#yield1`. */
export const isOfCompiler = ({ name }: Pick<Variable, 'name'>): boolean => /^[.#]/.test(name);

/** Whether a name is a variable or constant of the program where the context is. */
export const isValue = (context: EvaluationContext, name: string): boolean => new EvaluationScope(context).name(name)?.kind === 'value';

export class EvaluationScope {
  private variables: readonly Variable[] | undefined;

  constructor(private readonly context: EvaluationContext) {}

  /** A variable of the frame; the innermost of that name. */
  local(name: string): Variable | undefined {
    this.variables ??= this.context.frame?.variables() ?? [];
    return this.variables.findLast(variable => variable.name === name);
  }

  private ofVariable(variable: Variable): EvaluatedOperand {
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

  get isC(): boolean {
    return this.context.frame?.language === 'c';
  }

  /** A bare name; undefined when it names nothing by itself. */
  name(name: string): EvaluatedOperand | undefined {
    const { context } = this;
    const local = this.local(name);
    if (local) return this.ofVariable(local);
    const pkg = context.frame ? packageOf(context.frame.name) : '';
    const member = pkg === '' ? undefined : this.member(`${pkg}.${name}`);
    if (this.isC)
      return this.typeOfC(name) ?? this.member(name) ?? this.enumerator(name) ?? this.predeclared(name) ?? this.register(name, false);
    return (
      member ?? this.predeclared(name) ?? this.register(name, false) ?? this.member(name) ?? this.enumerator(name) ?? this.typeOfC(name)
    );
  }

  /** C's base types are keywords there; in Go they come last, where nothing is declared by their names. */
  private typeOfC(name: string): EvaluatedOperand | undefined {
    const type = cBaseType(name);
    return type && { kind: 'type', type };
  }

  private enumerator(name: string): EvaluatedOperand | undefined {
    const found = findEnumerator(this.context, name);
    return found && ofValue({ type: found.type, source: constantSource(found.value, found.type) });
  }

  private predeclared(name: string): EvaluatedOperand | undefined {
    if (name === 'true' || name === 'false') return ofConstant({ class: 'bool', value: name === 'true' });
    if (name === 'nil') return { kind: 'nil' };
    if (this.isC && name === 'NULL') return { kind: 'nil' };
    const inC = this.isC ? cBaseType(name) : undefined;
    const type = inC ?? basicType(name) ?? (name === 'any' ? EMPTY_INTERFACE : undefined);
    if (type) return { kind: 'type', type };
    return BUILTINS.includes(name) ? { kind: 'builtin', name } : undefined;
  }

  /** A package-level name in full, or with the last elements of its path. */
  member(name: string): EvaluatedOperand | undefined {
    if (name === 'unsafe.Pointer') return { kind: 'type', type: basicType(name)! };
    const special = this.special(name);
    if (special) return special;
    const global = findGlobal(this.context, name);
    if (global) return this.ofVariable(global);
    const func = findFunction(this.context, name);
    if (func) return { kind: 'function', func };
    const type = findType(this.context, name);
    if (type) return { kind: 'type', type };
    // cgo's spelling, and Delve's, for what is C's.
    const inC = name.startsWith('C.') ? name.slice(2) : undefined;
    const foreign = inC === undefined ? undefined : (this.member(inC) ?? this.enumerator(inC) ?? this.typeOfC(inC));
    if (foreign) return foreign;
    const symbol = findSymbol(this.context, name);
    return symbol && { kind: 'symbol', name: symbol.name, address: symbol.address };
  }

  /** Delve's names for facts about the frame. */
  private special(name: string): EvaluatedOperand | undefined {
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

  register(name: string, dollar: boolean): EvaluatedOperand | undefined {
    const found = findRegister(name, dollar);
    if (found === undefined) return undefined;
    if (this.context.frame === undefined) throw new OperationError(`there are no registers: no process is running`);
    return ofValue(registerValue(this.context.frame, found));
  }
}
