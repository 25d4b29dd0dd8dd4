/** What `abi` prints, and the same as data. */

import { LINUX_SYSCALL } from '../../abi/convention.js';
import { hex } from '../../host/hex.js';
import type { Data } from '../answer.js';
import type { Edge } from './edge.js';
import type { RegisterRole } from './roles.js';
import { wayText } from './stages.js';
import type { LensShown, LensView } from './view.js';

const upper = (names: readonly string[]): string => names.map(name => name.toUpperCase().replace('XMM', 'X')).join(' ');

export function lensText(view: LensView): readonly string[] {
  const { caller, callee, values } = view;
  const lines = [view.heading];
  if (caller !== undefined)
    lines.push(`  caller  ${caller.name}: ${caller.callable.convention.id}, ${caller.callable.convention.description}`);
  if (callee !== undefined) {
    const { convention, signature } = callee.callable;
    lines.push(`  callee  ${callee.name}: ${convention.id}, ${convention.description}`);
    if (signature === undefined && convention.id !== 'hand-made assembly' && convention !== LINUX_SYSCALL)
      lines.push('  its parameters are not known: no table has them');
  }
  const label = Math.max(0, ...values.map(each => `${each.label} ${each.name}`.trim().length));
  const place = Math.max(0, ...values.map(each => each.place.length));
  for (const each of values) {
    lines.push(
      `  ${`${each.label} ${each.name}`.trim().padEnd(label)}  ${each.place.padEnd(place)}  ${each.value === undefined ? 'not known here' : `= ${each.value.text}`}`,
    );
    if (each.chain !== undefined) lines.push(`  ${''.padEnd(label)}    from ${wayText(each.chain)}${nilContext(each)}`);
  }
  lines.push(...view.stack.map(({ text }) => `  stack   ${text}`));
  if (callee !== undefined && callee.callable.convention.id !== 'hand-made assembly') {
    const { convention } = callee.callable;
    lines.push(`  kept    ${upper(['rsp', ...convention.calleeSaved])}; every other register may be overwritten`);
    const places = [...convention.integerResults, ...convention.floatResults];
    if (places.length > 0)
      lines.push(
        `  results ${summary(convention.integerResults)}${convention.floatResults.length > 0 ? `; ${summary(convention.floatResults)}` : ''}`,
      );
    else if (convention !== LINUX_SYSCALL) lines.push('  results on the stack, behind the arguments');
  }
  return lines;
}

/** `RAX RBX ... R11`, `X0 to X14`. */
function summary(registers: readonly string[]): string {
  const first = registers[0]!;
  return first.startsWith('xmm') && registers.length > 2 ? `X0 to X${registers.length - 1}` : upper(registers);
}

/** Why a race context is nil: the one origin whose emptiness is a fact of the runtime. */
function nilContext({ value, chain }: LensShown): string {
  return value?.is === 'nil' && chain?.fieldOfG === 'racectx' ? ': no g0 has one once runtime.main runs' : '';
}

export function lensData(view: LensView, edge: Edge, roles: ReadonlyMap<string, RegisterRole>): Data {
  const { caller, callee } = view;
  return {
    at: edge.at,
    caller: caller === undefined ? null : { function: caller.name, convention: caller.callable.convention.id },
    callee:
      callee === undefined
        ? null
        : { function: callee.name, convention: callee.callable.convention.id, signature: callee.callable.signature !== undefined },
    values: view.values.map(({ label, name, place, value, chain }) => ({
      label,
      name,
      place,
      value: value?.text ?? null,
      chain: chain === undefined ? null : wayText(chain),
      origin: chain === undefined ? null : chain.origin,
      complete: chain === undefined ? null : chain.complete,
      hops: (chain?.hops ?? []).map(hop => ({
        place: hop.place,
        function: hop.func,
        address: hop.address === undefined ? null : hex(hop.address),
        parameter: hop.parameter ?? null,
      })),
    })),
    stack: view.stack.map(({ text }) => text),
    roles: [...roles.values()].map(({ register, role, text, how }) => ({ register, role, text, how })),
  };
}
