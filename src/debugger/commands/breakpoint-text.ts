import { hex } from '../../host/hex.js';
import type { Images } from '../../image/images.js';
import type { Data } from '../answer.js';
import { describeAddress } from '../code/describe.js';
import type { Breakpoint } from '../session/breakpoints.js';
import { PROPERTIES } from './breakpoint-properties.js';

/** One breakpoint as a line, `Breakpoint 1 at 0x4ec8a0 for main.main at main.go:12 (hit 2 times)`, and one for each of several places. */
export function breakpointLine(images: Images, breakpoint: Breakpoint): string {
  const caught = breakpoint.kind === 'break' && breakpoint.caught;
  const kind = breakpoint.trace
    ? 'Tracepoint'
    : caught
      ? 'Catchpoint'
      : { break: 'Breakpoint', watch: 'Watchpoint', register: 'Watchpoint', catch: 'Catchpoint' }[breakpoint.kind];
  const name = breakpoint.name === undefined || breakpoint.name === breakpoint.spec ? '' : ` ${breakpoint.name}`;
  const told = (where: 'brackets' | 'below' | undefined): readonly string[] =>
    PROPERTIES.flatMap(property => (property.where === where ? (property.text?.(breakpoint) ?? []) : []));
  const notes = told('brackets');
  const parts = [`${kind} ${breakpoint.id}${name} ${where(images, breakpoint)}`, ...told(undefined)];
  if (notes.length > 0) parts.push(`(${notes.join(', ')})`);
  const places = breakpoint.kind === 'break' && !caught && breakpoint.addresses.length > 1 ? breakpoint.addresses : [];
  const below = [...places.map(address => placeOf(images, address)), ...told('below')].flatMap(text => text.split('\n'));
  return [parts.join(' '), ...below.map(line => `    ${line}`)].join('\n');
}

function where(images: Images, breakpoint: Breakpoint): string {
  switch (breakpoint.kind) {
    case 'catch':
      return breakpoint.spec;
    case 'register':
      return `on changes of ${breakpoint.spec}, a register: each instruction that may write it is looked at while the program runs`;
    case 'watch': {
      const { address, length, access } = breakpoint.watch;
      const on = { read: 'reads', write: breakpoint.onlyChanges ? 'changes' : 'writes', access: 'reads and writes' }[access];
      const until = breakpoint.scope === undefined ? '' : `, until ${breakpoint.scope.function} returns`;
      const places = (breakpoint.others?.length ?? 0) + 1;
      if (breakpoint.expression?.placed) return `on changes of ${breakpoint.spec}, wherever it then lies${until}`;
      if (breakpoint.expression !== undefined)
        return `on changes of ${breakpoint.spec}, which reads ${places} place${places === 1 ? '' : 's'} in memory${until}`;
      return `on ${on} of ${breakpoint.spec}, ${length} byte${length === 1 ? '' : 's'} at ${hex(address)}${until}`;
    }
    case 'break':
      if (breakpoint.caught) return `${breakpoint.spec} (${breakpoint.addresses.length} functions)`;
      return breakpoint.addresses.length === 1
        ? placeOf(images, breakpoint.addresses[0]!)
        : `at ${breakpoint.spec} (${breakpoint.addresses.length} locations)`;
  }
}

function placeOf(images: Images, address: bigint): string {
  const [inner] = images.inlineFrames(address);
  const around = describeAddress(images, address);
  const name = inner?.inlined ? `${inner.name} in ${around}` : around;
  const line = images.lineAt(address);
  return `at ${hex(address)}${name === undefined ? '' : ` for ${name}`}${line === undefined ? '' : ` at ${line.file}:${line.line}`}`;
}

export function breakpointRow(images: Images, breakpoint: Breakpoint): Data {
  const { id, kind, name, spec } = breakpoint;
  const properties = Object.fromEntries(PROPERTIES.map(property => [property.name, property.data(breakpoint)]));
  const common = { id, kind, name: name ?? null, location: spec, ...properties };
  if (breakpoint.kind === 'watch') {
    const { address, length, access } = breakpoint.watch;
    return { ...common, address: hex(address), length, access, until: breakpoint.scope?.function ?? null };
  }
  if (breakpoint.kind === 'register')
    return { ...common, register: breakpoint.part.register, first: breakpoint.part.offset, length: breakpoint.part.bytes };
  if (breakpoint.kind === 'catch') return { ...common, numbers: [...breakpoint.numbers] };
  const places = breakpoint.addresses.map(address => {
    const line = images.lineAt(address);
    const func = images.functionAt(address)?.name ?? null;
    return { address: hex(address), function: func, file: line?.file ?? null, line: line?.line ?? null };
  });
  return { ...common, places };
}
