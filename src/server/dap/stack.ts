/** Stacks, frame by frame, with the changes of stack between them; and what can be looked at in a frame. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { type FrameSummary, frameSummaries } from '../../debugger/show/frame-summary.js';
import { argumentsText } from '../../debugger/show/frame-text.js';
import type { Seam } from '../../debugger/stack/frame.js';
import { hex } from '../../host/hex.js';
import type { Adapter, DapRequests } from './adapter.js';
import type { Fields } from './fields.js';
import { FrameHandle } from './handles.js';
import { stoppedThread, whoseStack } from './threads.js';

/** Frames of one answer at most: an endless recursion has more than anybody looks at. */
const MOST_FRAMES = 5000;

type Row = { readonly seam: Seam } | { readonly summary: FrameSummary };

function stackTrace(adapter: Adapter, fields: Fields): object {
  const { session } = adapter;
  const id = fields.whole('threadId');
  const start = Math.min(fields.maybeWhole('startFrame') ?? 0, 2 ** 31);
  const end = start + Math.min(fields.maybeWhole('levels') || MOST_FRAMES, MOST_FRAMES);
  const parameters = fields.maybeObject('format')?.flag('parameters') ?? false;
  const whose = whoseStack(session, id);
  const stack = session.target.stack(whose);
  // One more than is asked for tells that there are more.
  const rows = frameSummaries(stack, end + 1, -1).flatMap((summary): readonly Row[] =>
    summary.seam === undefined ? [{ summary }] : [{ seam: summary.seam }, { summary }],
  );
  // Where an outer frame explains the stop, those inside of it are in its way.
  const passed = id === stoppedThread(session) ? session.selection.frame : 0;
  const stackFrames = rows.slice(start, end).map((row): DebugProtocol.StackFrame => {
    if ('seam' in row) {
      const { what, inner, outer } = row.seam;
      return { id: 0, name: `${what}: ${inner} -> ${outer}`, line: 0, column: 0, presentationHint: 'label' };
    }
    const { index } = row.summary;
    return frameRow(adapter, new FrameHandle(whose, session.target, index), row.summary, parameters, index < passed);
  });
  return { stackFrames, totalFrames: rows.length };
}

function frameRow(
  adapter: Adapter,
  handle: FrameHandle,
  { name, pc, tags }: FrameSummary,
  parameters: boolean,
  passed: boolean,
): DebugProtocol.StackFrame {
  const { stack, frame } = handle;
  const { images } = stack.target;
  const source = frame.file === undefined || frame.file.startsWith('<') ? undefined : adapter.sources.of(frame.file);
  const image = images.at(pc);
  return {
    id: adapter.frames.add(handle),
    name: `${name}${parameters ? `(${argumentsText(stack, frame)})` : ''}${tags.map(tag => ` [${tag}]`).join('')}`,
    line: source === undefined ? 0 : adapter.lineOut(frame.line ?? 0),
    column: 0,
    instructionPointerReference: hex(pc),
    ...(source === undefined ? {} : { source: passed ? { ...source, presentationHint: 'deemphasize' } : source }),
    ...(image === undefined ? {} : { moduleId: images.all.indexOf(image) }),
    presentationHint: passed ? 'subtle' : 'normal',
  };
}

/** What each frame has, in the order that an editor shows it. */
function scopes(adapter: Adapter, fields: Fields): object {
  const frame = adapter.frames.get(fields.whole('frameId'));
  const { described, physical } = frame.frame;
  const scope = (name: string, of: 'args' | 'locals' | 'package' | 'registers' | 'edge', more: Partial<DebugProtocol.Scope> = {}) => ({
    name,
    variablesReference: adapter.variables.add({ of, frame }),
    expensive: false,
    ...more,
  });
  const source = { line: adapter.lineOut(frame.frame.line ?? 1) };
  return {
    scopes: [
      scope('Arguments', 'args', { presentationHint: 'arguments', ...source }),
      ...(described ? [scope('Locals', 'locals', { presentationHint: 'locals', ...source })] : []),
      ...(described ? [scope(physical.func?.language === 'c' ? 'Globals' : 'Package variables', 'package', { expensive: true })] : []),
      scope('Registers', 'registers', { presentationHint: 'registers', expensive: true }),
      scope('Conventions at this edge', 'edge', { expensive: true }),
    ],
  };
}

export const stackRequests: DapRequests = {
  stackTrace: { wants: 'still', answer: stackTrace },
  scopes: { wants: 'still', answer: scopes },
};
