/** What a function returned, told when `finish` has arrived in its caller: by its signature and its convention. */
import { assignPlaces } from '../../abi/assign.js';
import { ABI_INTERNAL, ABI0, SYSTEM_V } from '../../abi/convention.js';
import type { Place } from '../../abi/place.js';
import type { GprName } from '../../cpu/api.js';
import type { Func, Variable } from '../../image/api.js';
import type { Data } from '../answer.js';
import { readPlaced } from '../session/calls/placed.js';
import type { Session } from '../session/session.js';
import type { LogicalFrame } from '../stack/frame.js';
import { printValue } from '../values/print.js';
import { shapeOf } from '../values/shape-of-type.js';
import { bytesSource } from '../values/source.js';
import { treesOf } from '../values/tree.js';
import { underlying } from '../values/types.js';
import type { Value } from '../values/value.js';

export interface Returned {
  readonly name: string;
  readonly text: string;
  readonly data: Data;
}

/**
 * Looks at a frame before it returns, and gives back what reads its results afterwards. Nothing for functions whose
 * signature is not known.
 */
export function resultsOf(session: Session, frame: LogicalFrame): () => readonly Returned[] {
  const { func, cfa } = frame.physical;
  if (func === undefined || frame.inlined || cfa === undefined) return () => [];
  if (func.language === 'c') return resultOfC(session, func, cfa);
  const variables = frame.variables();
  const params = variables.filter(each => each.role === 'param');
  const results = variables.filter(each => each.role === 'result');
  const convention = func.abi === 'ABI0' ? ABI0 : ABI_INTERNAL;
  const shapes = (list: readonly Variable[]) => list.map(each => shapeOf(each.type));
  const { results: places } = assignPlaces(convention, { params: shapes(params), results: shapes(results) });
  return () => results.map((variable, index) => readResult(session, variable, places[index]!, cfa));
}

/** What C returns has no name. */
function resultOfC(session: Session, func: Func, cfa: bigint): () => readonly Returned[] {
  const type = session.target.images.returnTypeOf(func);
  if (type === undefined || underlying(type).kind === 'void') return () => [];
  const [place] = assignPlaces(SYSTEM_V, { params: [], results: [shapeOf(type)] }).results;
  // x87 registers hold what is of no other size.
  if (place!.in === 'registers' && place!.parts.some(({ register }) => register.startsWith('st'))) return () => [];
  const variable: Variable = { name: '~r0', type, role: 'result', location: undefined };
  return () => [readResult(session, variable, place!, cfa, true)];
}

function readResult(session: Session, variable: Variable, place: Place, cfa: bigint, inC = false): Returned {
  const { memory } = session.target;
  // Offsets of places count from the return address, one word below the frame's CFA.
  const { registers } = session.thread;
  const { size } = variable.type;
  const bytes =
    place.in === 'memory'
      ? memory.read(registers.get(place.address as GprName), size).slice()
      : readPlaced({ registers, memory, edge: cfa - 8n }, place, size);
  const context = session.context();
  const { printOptions } = session.settings;
  const value: Value = { type: variable.type, source: bytesSource(bytes) };
  const { name } = variable;
  const text = printValue(context, value, { inC, ...printOptions });
  return { name, text, data: { name, ...treesOf(context, [{ value, text }], { inC, ...printOptions })[0] } };
}
