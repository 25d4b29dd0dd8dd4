/** What every register means at a call edge: `RDI arg1 thr`, `RDX closure context`, `R14 g`, `X15 zero`. */

import { GPR_NAMES } from '../cpu/api.js';
import { type Convention, preserves, type RegisterName, XMM_NAMES } from './convention.js';
import type { Assignment, Place } from './place.js';

export interface Role {
  readonly kind: 'argument' | 'result' | 'fixed' | 'entry' | 'preserved' | 'scratch';
  /** `arg1 thr`, `result0`, `g`, `callee-saved`, `scratch`. */
  readonly text: string;
  /** Index of the parameter or result, and the piece of it, for those two kinds. */
  readonly index?: number;
  readonly path?: string;
}

export type Roles = ReadonlyMap<RegisterName, Role>;

/** Names for the parameters or results; absent or empty: unnamed. */
export type Names = readonly (string | undefined)[];

function named(kind: 'argument' | 'result', places: readonly Place[], names: Names, roles: Map<RegisterName, Role>): void {
  for (const [index, place] of places.entries()) {
    if (place.in !== 'registers') continue;
    for (const part of place.parts) {
      if (part.register === 'st0' || part.register === 'st1') continue;
      const label = `${kind === 'argument' ? 'arg' : 'result'}${index + 1}`;
      const name = names[index] ? ` ${names[index]}${part.path}` : part.path;
      roles.set(part.register, { kind, text: label + name, index, path: part.path });
    }
  }
}

function standing(convention: Convention): Map<RegisterName, Role> {
  const roles = new Map<RegisterName, Role>();
  for (const register of [...GPR_NAMES, ...XMM_NAMES]) {
    const fixed = convention.fixed.get(register);
    if (fixed !== undefined) roles.set(register, { kind: 'fixed', text: fixed });
    else if (preserves(convention, register)) roles.set(register, { kind: 'preserved', text: 'callee-saved' });
    else roles.set(register, { kind: 'scratch', text: 'scratch' });
  }
  return roles;
}

/** At the callee's first instruction. Only what the signature and the convention say; values are not looked at. */
export function rolesAtEntry(convention: Convention, assignment: Assignment, names: Names = []): Roles {
  const roles = standing(convention);
  for (const [register, text] of convention.atEntry) roles.set(register, { kind: 'entry', text });
  if (assignment.results.some(place => place.in === 'memory')) {
    roles.set(convention.integerArguments[0]!, { kind: 'entry', text: "address of the result's memory" });
  }
  named('argument', assignment.params, names, roles);
  return roles;
}

/** Just after the return, in the caller. */
export function rolesAtReturn(convention: Convention, assignment: Assignment, names: Names = []): Roles {
  const roles = standing(convention);
  for (const place of assignment.results) {
    if (place.in === 'memory') roles.set(place.address, { kind: 'result', text: 'address of the result', index: 0, path: '' });
  }
  named('result', assignment.results, names, roles);
  return roles;
}
