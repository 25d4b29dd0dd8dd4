import type { Data } from '../answer.js';
import { describeAddress } from '../code/describe.js';
import type { Breakpoint } from '../session/breakpoints.js';
import type { Session } from '../session/session.js';
import { PROPERTIES } from './breakpoint-properties.js';

/** One breakpoint as a line, `Breakpoint 1 at 0x4ec8a0 for main.main at main.go:12 (hit 2 times)`, and one for each of several places. */
export function breakpointLine(session: Session, breakpoint: Breakpoint): string {
  const kind = breakpoint.trace ? 'Tracepoint' : { break: 'Breakpoint', watch: 'Watchpoint', catch: 'Catchpoint' }[breakpoint.kind];
  const name = breakpoint.name === undefined ? '' : ` ${breakpoint.name}`;
  const told = (where: 'brackets' | 'below' | undefined): readonly string[] =>
    PROPERTIES.flatMap(property => (property.where === where ? (property.text?.(breakpoint) ?? []) : []));
  const notes = told('brackets');
  const parts = [`${kind} ${breakpoint.id}${name} ${where(session, breakpoint)}`, ...told(undefined)];
  if (notes.length > 0) parts.push(`(${notes.join(', ')})`);
  const places = breakpoint.kind === 'break' && breakpoint.addresses.length > 1 ? breakpoint.addresses : [];
  const below = [...places.map(address => placeOf(session, address)), ...told('below')].flatMap(text => text.split('\n'));
  return [parts.join(' '), ...below.map(line => `    ${line}`)].join('\n');
}

function where(session: Session, breakpoint: Breakpoint): string {
  switch (breakpoint.kind) {
    case 'catch':
      return breakpoint.spec;
    case 'watch': {
      const { address, length, access } = breakpoint.watch;
      const on = { read: 'reads', write: breakpoint.onlyChanges ? 'changes' : 'writes', access: 'reads and writes' }[access];
      return `on ${on} of ${breakpoint.spec}, ${length} byte${length === 1 ? '' : 's'} at 0x${address.toString(16)}`;
    }
    case 'break':
      return breakpoint.addresses.length === 1
        ? placeOf(session, breakpoint.addresses[0]!)
        : `at ${breakpoint.spec} (${breakpoint.addresses.length} locations)`;
  }
}

function placeOf(session: Session, address: bigint): string {
  const [inner] = session.images.inlineFrames(address);
  const around = describeAddress(session.images, address);
  const name = inner?.inlined ? `${inner.name} in ${around}` : around;
  const line = session.images.lineAt(address);
  return `at 0x${address.toString(16)}${name === undefined ? '' : ` for ${name}`}${line === undefined ? '' : ` at ${line.file}:${line.line}`}`;
}

export function breakpointRow(session: Session, breakpoint: Breakpoint): Data {
  const { id, kind, name, spec } = breakpoint;
  const properties = Object.fromEntries(PROPERTIES.map(property => [property.name, property.data(breakpoint)]));
  const common = { id, kind, name: name ?? null, location: spec, ...properties };
  if (breakpoint.kind === 'watch') {
    const { address, length, access } = breakpoint.watch;
    return { ...common, address: `0x${address.toString(16)}`, length, access };
  }
  if (breakpoint.kind === 'catch') return { ...common, numbers: [...breakpoint.numbers] };
  const places = breakpoint.addresses.map(address => {
    const line = session.images.lineAt(address);
    const func = session.images.functionAt(address)?.name ?? null;
    return { address: `0x${address.toString(16)}`, function: func, file: line?.file ?? null, line: line?.line ?? null };
  });
  return { ...common, places };
}
