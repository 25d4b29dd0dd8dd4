import type { Type } from '../../image/api.js';
import { isCType } from '../values/types.js';

/** What an interface wants, as sources have it; undefined: nothing tells. */
export type MethodsOf = (type: Type) => readonly string[] | undefined;

/** A type written out: `type runtime.gobuf struct {`, a line a field, `}`. Offsets and sizes as gdb's ptype/o has them. */
export function typeLines(type: Type, offsets: boolean, methodsOf: MethodsOf): readonly string[] {
  let inner = type;
  while (inner.kind === 'named') inner = inner.underlying;
  if (inner.kind === 'pointer' && inner.name === type.name && (type.name.startsWith('*') || isCType(type)))
    return [`${type.name}, a pointer to:`, ...typeLines(inner.elem, offsets, methodsOf)];
  const size = offsets ? ` // ${type.size} bytes` : '';
  if (inner.kind === 'enum') {
    return [`type ${type.name} enum {`, ...[...inner.values].map(([value, name]) => `    ${name} = ${value}`), '}'];
  }
  if (inner.kind === 'interface') {
    const methods = inner.empty ? [] : methodsOf(inner);
    if (methods === undefined || methods.length === 0) return [`type ${type.name} interface {${methods ? '' : ' ... '}}${size}`];
    return [`type ${type.name} interface {`, ...methods.map(each => `    ${each}`), `}${size}`];
  }
  if (inner.kind !== 'struct' && inner.kind !== 'union') {
    const spelled = spelling(inner);
    return [`type ${type.name}${spelled === type.name ? '' : ` ${spelled}`}${size}`];
  }
  const width = Math.max(0, ...inner.fields.map(field => field.name.length));
  const fields = inner.fields.map(field => {
    const bits = field.bitSize === undefined ? '' : ` : ${field.bitSize}`;
    const place = offsets ? `/* ${hex(field.offset)} ${String(field.type.size).padStart(5)} */ ` : '';
    const name = field.embedded ? '' : `${field.name.padEnd(width)} `;
    return `    ${place}${name}${field.type.name}${bits}`;
  });
  return [`type ${type.name} ${inner.kind} {`, ...fields, `}${size}`];
}

/** What a defined type of Go is defined as; debug information gives its parts, and the kind of one without any. */
function spelling(type: Type): string {
  if (isCType(type)) return type.name;
  switch (type.kind) {
    case 'pointer':
      return `*${type.elem.name}`;
    case 'slice':
      return `[]${type.elem.name}`;
    case 'array':
      return `[${type.length}]${type.elem.name}`;
    case 'map':
      return `map[${type.key.name}]${type.elem.name}`;
    case 'chan':
      // The direction is in the name of a channel's type, and nowhere where that is another.
      return /chan[ <]/.test(type.name) ? type.name : `chan ${type.elem.name}`;
    case 'func': {
      const names = (types: readonly Type[]): string => types.map(each => each.name).join(', ');
      const { length } = type.results;
      return `func(${names(type.params)})${length === 0 ? '' : length === 1 ? ` ${names(type.results)}` : ` (${names(type.results)})`}`;
    }
    default:
      return type.goKind ?? type.name;
  }
}

function hex(offset: number): string {
  return `0x${offset.toString(16).padStart(3, '0')}`;
}
