/** The words that functions of the interpreter's module are written in, beside those of rows. */
import type { CallFunctionName, Load, Node, StateField } from '../ir/emit.js';
import { load, op, seq, setState, state } from '../ir/op.js';
import { CALL } from '../layout.js';
import type { Code, ValueType } from '../wasm/code.js';

export interface ModuleFunctionBody {
  readonly params: Readonly<Record<string, ValueType>>;
  readonly results: readonly ValueType[];
  readonly locals: Readonly<Record<string, ValueType>>;
  readonly body: Node;
}

export const codeOf = (e: { readonly code: unknown }): Code => e.code as Code;
export const v =
  (name: string): Node =>
  e =>
    codeOf(e).get(name);
export const letBe =
  (name: string, value: Node): Node =>
  e => {
    value(e);
    codeOf(e).set(name);
  };
/** Runs again for as long as `again(label)` is reached. */
export const loop =
  (label: string, body: Node): Node =>
  e => {
    codeOf(e).loop(label);
    body(e);
    codeOf(e).end();
  };
export const again =
  (label: string): Node =>
  e =>
    codeOf(e).br(label);
export const finish =
  (value: Node = seq()): Node =>
  e => {
    value(e);
    e.code.op('return');
  };
export const invoke =
  (name: CallFunctionName | 'spillCalls', ...args: Node[]): Node =>
  e =>
    e.keepCalls(name, args);

export const statePointer = (field: StateField): Node => state(field, 'i32.load');
export const setPointer = (field: StateField, value: Node): Node => setState(field, value, 'i32.store');
export const wordAt = (at: Node, offset: number, how: Load = 'i32.load'): Node => load(how, at, offset);
export const allOf = (...nodes: Node[]): Node => nodes.reduce((one, other) => op('i32.and', one, other));
export const anyOf = (...nodes: Node[]): Node => nodes.reduce((one, other) => op('i32.or', one, other));
export const sameWords = (one: Node, other: Node): Node => op('i32.eq', one, other);
export const below = (one: Node, other: Node): Node => op('i64.lt_u', one, other);
export const upTo = (one: Node, other: Node): Node => op('i64.le_u', one, other);
export const sumOf = (one: Node, other: Node): Node => op('i64.add', one, other);

/** A call record's slot. */
export const slotOf = (record: Node): Node => load('i64.load', record, CALL.slot);
export const isRoot = (record: Node): Node => op('i64.lt_s', slotOf(record), e => e.code.i64(0n));
/** The record of the innermost call on the stack in use. */
export const top = statePointer('callTop');
