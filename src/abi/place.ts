import type { RegisterName } from './convention.js';

/** One piece of a value: `size` bytes from `offset` of the value, in the low bytes of a register. */
export interface ValuePart {
  readonly register: RegisterName | 'st0' | 'st1';
  readonly offset: number;
  readonly size: number;
  /** What the piece is within the value: `''`, `.ptr`, `.x`. */
  readonly path: string;
}

/**
 * Where one parameter or result is at the call edge. Offsets are bytes from RSP at the callee's first instruction, where the return
 * address is at 0; results have the same base (RSP has moved up by 8 when the caller sees them).
 */
export type Place =
  | { readonly in: 'registers'; readonly parts: readonly ValuePart[]; readonly spill?: number }
  | { readonly in: 'stack'; readonly offset: number }
  /** System V results of class MEMORY: the caller passes the address in RDI, the callee returns it in RAX. */
  | { readonly in: 'memory'; readonly address: RegisterName };

export interface Assignment {
  readonly params: readonly Place[];
  readonly results: readonly Place[];
  /** Bytes of stack arguments and stack results above the return address, padding included. */
  readonly stackBytes: number;
  /** Bytes of the spill area that follows. */
  readonly spillBytes: number;
}

/** As a person writes it: `RAX`, `RAX:RBX`, `0x10(SP)`. */
export function placeText(place: Place): string {
  switch (place.in) {
    case 'registers':
      return place.parts.length === 0 ? 'nowhere (no bytes)' : place.parts.map(part => part.register.toUpperCase()).join(':');
    case 'stack':
      return `0x${place.offset.toString(16)}(SP)`;
    case 'memory':
      return `(${place.address.toUpperCase()})`;
  }
}
