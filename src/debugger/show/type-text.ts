import type { Type } from '../../image/api.js';

/** A type written out: `type runtime.gobuf struct {`, a line a field, `}`. Offsets and sizes as gdb's ptype/o has them. */
export function typeLines(type: Type, offsets: boolean): readonly string[] {
  let inner = type;
  while (inner.kind === 'named') inner = inner.underlying;
  if (inner.kind === 'pointer' && type.kind !== 'named') return [`${type.name}, a pointer to:`, ...typeLines(inner.elem, offsets)];
  if (inner.kind === 'enum') {
    return [`type ${type.name} enum {`, ...[...inner.values].map(([value, name]) => `    ${name} = ${value}`), '}'];
  }
  if (inner.kind !== 'struct' && inner.kind !== 'union') {
    const spelled = inner.name === type.name ? '' : ` ${inner.name}`;
    return [`type ${type.name}${spelled}${offsets ? ` // ${type.size} bytes` : ''}`];
  }
  const width = Math.max(0, ...inner.fields.map(field => field.name.length));
  const fields = inner.fields.map(field => {
    const bits = field.bitSize === undefined ? '' : ` : ${field.bitSize}`;
    const place = offsets ? `/* ${hex(field.offset)} ${String(field.type.size).padStart(5)} */ ` : '';
    const name = field.embedded ? '' : `${field.name.padEnd(width)} `;
    return `    ${place}${name}${field.type.name}${bits}`;
  });
  return [`type ${type.name} ${inner.kind} {`, ...fields, `}${offsets ? ` // ${type.size} bytes` : ''}`];
}

function hex(offset: number): string {
  return `0x${offset.toString(16).padStart(3, '0')}`;
}
