import { hex } from '../../host/hex.js';
import type { Type } from '../../image/api.js';
import { underlying } from './types.js';

export interface FieldAt {
  /** `.sched.sp`, `[3].ptr`, `` for the whole; what lies inside of no field as `+0x4`. */
  readonly path: string;
  readonly type: Type;
  /** Bytes between the innermost field's start and the offset. */
  readonly rest: number;
}

/** The innermost field of a value at an offset of it: the first of those that begin there is entered no further than needed. */
export function fieldAt(type: Type, offset: number): FieldAt {
  let at = type;
  let rest = offset;
  let path = '';
  for (;;) {
    const inner = underlying(at);
    if (inner.kind === 'struct') {
      const field = inner.fields.findLast(each => each.offset <= rest && rest < each.offset + Math.max(1, each.type.size));
      if (field === undefined || (rest === 0 && path === '')) break;
      path += `.${field.name}`;
      rest -= field.offset;
      at = field.type;
      if (rest === 0) break;
    } else if (inner.kind === 'array' && inner.elem.size > 0 && rest < inner.size && !(rest === 0 && path === '')) {
      path += `[${Math.floor(rest / inner.elem.size)}]`;
      rest %= inner.elem.size;
      at = inner.elem;
      if (rest === 0) break;
    } else break;
  }
  return { path: rest === 0 ? path : `${path}+${hex(rest)}`, type: at, rest };
}
