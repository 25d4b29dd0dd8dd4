/** Breakpoints on lines, functions, instructions and data. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Breakpoint } from '../../debugger/session/breakpoints.js';
import { addressOfExpression, watchTarget } from '../../debugger/session/expressions.js';
import { hex } from '../../host/hex.js';
import { told } from '../../host/told.js';
import type { Adapter, DapRequests } from './adapter.js';
import { type Fulfilled, placeOfBreakpoint, referenceOf, unverified, type Wish } from './breakpoint-sets.js';
import { type Fields, RequestError } from './fields.js';
import type { FrameHandle } from './handles.js';
import { expressionOf } from './variables.js';

/** Lines that breakpointLocations looks at. */
const MOST_LINES = 2000;

/** A text on one line that says something. */
const said = (text: string | undefined): string | undefined =>
  text === undefined || text.trim() === '' ? undefined : text.trim().replace(/\s+/g, ' ');

const wishOf = (command: string, fields: Fields): Wish => ({
  command,
  condition: said(fields.maybeText('condition')),
  hits: said(fields.maybeText('hitCondition')),
  message: fields.maybeText('logMessage') || undefined,
});

export function breakpointOut(adapter: Adapter, breakpoint: Breakpoint): DebugProtocol.Breakpoint {
  const { address, file, line } = placeOfBreakpoint(adapter.session, breakpoint);
  return {
    id: breakpoint.id,
    verified: true,
    ...referenceOf(address),
    ...(file === undefined || file.startsWith('<') ? {} : { source: adapter.sources.of(file), line: adapter.lineOut(line!) }),
  };
}

const answerOf = (adapter: Adapter, done: readonly Fulfilled[]): object => ({
  breakpoints: done.map(({ breakpoint, problem }) => (breakpoint === undefined ? unverified(problem) : breakpointOut(adapter, breakpoint))),
});

async function setBreakpoints(adapter: Adapter, fields: Fields): Promise<object> {
  const source = fields.object('source');
  const rows = fields.objects('breakpoints');
  const lines = rows.map(row => adapter.lineIn(row.whole('line')));
  const file = adapter.sources.named(source);
  const wishes = rows.map((row, index) => wishOf(`break ${file}:${lines[index]}`, row));
  return answerOf(adapter, await adapter.breakpoints.set(`source ${file}`, wishes));
}

async function setFunctionBreakpoints(adapter: Adapter, fields: Fields): Promise<object> {
  const wishes = fields.objects('breakpoints').map(row => wishOf(`break ${nameIn(row)}`, row));
  return answerOf(adapter, await adapter.breakpoints.set('functions', wishes));
}

function nameIn(row: Fields): string {
  const name = row.text('name').trim();
  if (name === '') throw new RequestError('setFunctionBreakpoints: a function has no name');
  return name;
}

async function setInstructionBreakpoints(adapter: Adapter, fields: Fields): Promise<object> {
  const { session } = adapter;
  const wishes = fields.objects('breakpoints').map(row => {
    const reference = row.text('instructionReference');
    const base = /^0x[0-9a-f]{1,16}$/i.test(reference) ? BigInt(reference) : addressOfExpression(session.context(), reference, 0);
    return wishOf(`break *${hex(BigInt.asUintN(64, base + BigInt(row.maybeWhole('offset', true) ?? 0)))}`, row);
  });
  return answerOf(adapter, await adapter.breakpoints.set('instructions', wishes));
}

const ACCESS: Readonly<Record<string, string>> = { read: 'watch -r', write: 'watch', readWrite: 'watch -rw' };

/** What can be watched is an expression, in the frame where it was asked for. */
async function dataBreakpointInfo(adapter: Adapter, fields: Fields): Promise<object> {
  const { session } = adapter;
  const name = fields.text('name');
  const reference = fields.maybeWhole('variablesReference') ?? 0;
  const container = reference === 0 ? undefined : adapter.variables.get(reference);
  const frame = container?.frame ?? adapter.frameIn(fields);
  try {
    const path = container === undefined ? name : expressionOf(adapter, container, name);
    const expression = fields.flag('asAddress') ? `*${path}` : path;
    const place = await adapter.in(frame, () => watchTarget(session.context(), expression, 0));
    const description = `${expression} (${place.length} byte${place.length === 1 ? '' : 's'} at ${hex(place.address)})`;
    return { dataId: dataIdOf(frame, expression), description, accessTypes: Object.keys(ACCESS), canPersist: false };
  } catch (error) {
    return { dataId: null, description: told(error).message };
  }
}

/** Frames by the places of their calls, so that an expression of one is not taken for another's. */
const dataIdOf = (frame: FrameHandle | undefined, expression: string): string =>
  `${frame?.frame.physical.cfa?.toString(16) ?? ''} ${expression}`;

async function setDataBreakpoints(adapter: Adapter, fields: Fields): Promise<object> {
  const { session } = adapter;
  const rows = fields.objects('breakpoints');
  const ids = rows.map(row => /^(\S*) (.+)$/s.exec(row.text('dataId')));
  const wishes = rows.map((row, index) => {
    const access = ACCESS[row.maybeText('accessType') ?? 'write'];
    if (access === undefined)
      throw new RequestError(`setDataBreakpoints: accessType is read, write or readWrite, not ${row.text('accessType')}`);
    return { ...wishOf(`${access} ${ids[index]?.[2] ?? row.text('dataId')}`, row), message: undefined };
  });
  const done = await adapter.breakpoints.set('data', wishes, async (index, work) => {
    const call = ids[index]?.[1] ?? '';
    if (call === '' || session.requests.running || session.exited) return work();
    const frame = session.stack.frames().find(({ physical }) => physical.cfa?.toString(16) === call);
    return frame === undefined ? work() : session.selecting({ frame: frame.index }, work);
  });
  return answerOf(adapter, done);
}

/** Lines of a file that have code. */
function breakpointLocations(adapter: Adapter, fields: Fields): object {
  const file = adapter.sources.named(fields.object('source'));
  const first = adapter.lineIn(fields.whole('line'));
  const last = adapter.lineIn(fields.maybeWhole('endLine') ?? fields.whole('line'));
  const { images } = adapter.session.target;
  const breakpoints: { line: number }[] = [];
  for (let line = first; line <= Math.min(last, first + MOST_LINES); line++)
    if (images.addressesOf(file, line).length > 0) breakpoints.push({ line: adapter.lineOut(line) });
  return { breakpoints };
}

async function setExceptionBreakpoints(adapter: Adapter, fields: Fields): Promise<object> {
  const plain = fields.texts('filters').map(filter => ({ filter, condition: undefined }));
  const conditioned = fields
    .objects('filterOptions')
    .map(row => ({ filter: row.text('filterId'), condition: said(row.maybeText('condition')) }));
  const problems = await adapter.exceptions.set([...plain, ...conditioned]);
  return { breakpoints: problems.map(problem => (problem === undefined ? { verified: true } : unverified(problem))) };
}

export const breakpointRequests: DapRequests = {
  setBreakpoints: { wants: 'program', answer: setBreakpoints },
  setFunctionBreakpoints: { wants: 'program', answer: setFunctionBreakpoints },
  setInstructionBreakpoints: { wants: 'program', answer: setInstructionBreakpoints },
  dataBreakpointInfo: { wants: 'still', answer: dataBreakpointInfo },
  setDataBreakpoints: { wants: 'program', answer: setDataBreakpoints },
  setExceptionBreakpoints: { wants: 'program', answer: setExceptionBreakpoints },
  breakpointLocations: { wants: 'program', answer: breakpointLocations },
};
