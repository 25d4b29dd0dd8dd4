/** len, cap, real, imag, complex, min and max, as Go's built-in functions. */
import { mapView } from '../values/map.js';
import { basicType, underlying } from '../values/types.js';
import { channelOf, sliceRun, stringLength, type Value, type World } from '../values/value.js';
import { complexOf, constantTo, floatValueOf, makeFloat, makeInteger } from './convert.js';
import { type EvaluatedOperand, ofConstant, ofValue } from './operand.js';
import { binary } from './operators.js';
import { OperationError } from './untyped.js';

const COUNTS: Readonly<Record<string, number>> = { len: 1, cap: 1, real: 1, imag: 1, complex: 2 };

export const BUILTINS: readonly string[] = [...Object.keys(COUNTS), 'min', 'max'];

export function callBuiltin(world: World, name: string, args: readonly EvaluatedOperand[]): EvaluatedOperand {
  const count = COUNTS[name];
  if (count === undefined ? args.length === 0 : args.length !== count) {
    throw new OperationError(`${name} takes ${count ?? 'at least 1'} argument${count === 1 ? '' : 's'}, not ${args.length}`);
  }
  const [first, second] = args as [EvaluatedOperand, EvaluatedOperand];
  switch (name) {
    case 'len':
    case 'cap':
      return length(world, name, first);
    case 'real':
    case 'imag':
      return part(name, first);
    case 'complex':
      return complex(first, second);
    default:
      return extreme(world, name, args);
  }
}

function length(world: World, name: 'len' | 'cap', operand: EvaluatedOperand): EvaluatedOperand {
  const int = (value: number | bigint): EvaluatedOperand => ofValue(makeInteger(basicType('int')!, BigInt(value)));
  if (operand.kind === 'constant' && operand.constant.class === 'string' && name === 'len') return int(operand.constant.value.length);
  if (operand.kind === 'value') {
    const { value } = operand;
    const outer = underlying(value.type);
    const type = outer.kind === 'pointer' && underlying(outer.elem).kind === 'array' ? underlying(outer.elem) : outer;
    if (type.kind === 'array') return int(type.length);
    if (type.kind === 'slice') return int(name === 'len' ? sliceRun(value).length : sliceRun(value).capacity);
    if (type.kind === 'chan') return int(channelOf(world, value)?.[name === 'len' ? 'length' : 'capacity'] ?? 0n);
    if (name === 'len' && type.kind === 'string') return int(stringLength(value));
    if (name === 'len' && type.kind === 'map') return int(mapView(world, value)?.length ?? 0);
    throw new OperationError(`invalid argument for ${name}: ${value.type.name}`);
  }
  throw new OperationError(
    `invalid argument for ${name}: ${operand.kind === 'constant' ? `untyped ${operand.constant.class}` : operand.kind}`,
  );
}

function part(name: 'real' | 'imag', operand: EvaluatedOperand): EvaluatedOperand {
  const pick = ({ re, im }: { re: number; im: number }): number => (name === 'real' ? re : im);
  if (operand.kind === 'constant') {
    const { constant } = operand;
    if (constant.class === 'complex') return ofConstant({ class: 'float', value: pick(constant.value) });
    if (constant.class !== 'bool' && constant.class !== 'string')
      return name === 'real' ? operand : ofConstant({ class: 'int', value: 0n });
  }
  if (operand.kind === 'value' && underlying(operand.value.type).kind === 'complex') {
    const { type } = operand.value;
    return ofValue(makeFloat(basicType(type.size === 8 ? 'float32' : 'float64')!, pick(complexOf(operand.value))));
  }
  throw new OperationError(`${name} takes a complex number`);
}

function complex(re: EvaluatedOperand, im: EvaluatedOperand): EvaluatedOperand {
  const number = (operand: EvaluatedOperand): number => {
    if (operand.kind === 'constant') return floatValueOf(constantTo(operand.constant, basicType('float64')!));
    if (operand.kind === 'value' && underlying(operand.value.type).kind === 'float') return floatValueOf(operand.value);
    throw new OperationError('complex takes two floating-point numbers');
  };
  return ofConstant({ class: 'complex', value: { re: number(re), im: number(im) } });
}

function extreme(world: World, name: string, args: readonly EvaluatedOperand[]): EvaluatedOperand {
  const operator = name === 'min' ? '<' : '>';
  const holds = (operand: EvaluatedOperand): boolean =>
    operand.kind === 'constant' ? operand.constant.value === true : operand.kind === 'value' && isTrue(operand.value);
  let best = args[0]!;
  for (const each of args.slice(1)) if (holds(binary(world, operator, each, best))) best = each;
  const typed = args.find(each => each.kind === 'value');
  if (best.kind === 'constant' && typed?.kind === 'value') return ofValue(constantTo(best.constant, typed.value.type));
  return best;
}

const isTrue = (value: Value): boolean => value.source.read(0, 1)[0] !== 0;
