/** Requests that have the program go on, or back, and the commands that they are. */
import { instructionsIn } from '../../debugger/code/decode.js';
import { describeCode } from '../../debugger/code/describe.js';
import { hex } from '../../host/hex.js';
import type { Adapter, DapRequests } from './adapter.js';
import { type Fields, RequestError } from './fields.js';
import { whoseStack } from './threads.js';

type Command = string | ((adapter: Adapter, fields: Fields) => string);

const instructions = (fields: Fields): boolean => fields.maybeText('granularity') === 'instruction';
const by = (line: string, instruction: string) => (_: Adapter, fields: Fields) => (instructions(fields) ? instruction : line);

/** By request, the command that moves the program. */
export const MOVES: Readonly<Record<string, Command>> = {
  continue: 'continue',
  next: by('next', 'nexti'),
  stepIn: (adapter, fields) => {
    const target = fields.maybeWhole('targetId');
    if (target !== undefined) return `advance *${hex(adapter.places.get(target))}`;
    return instructions(fields) ? 'stepi' : 'step';
  },
  stepOut: 'finish',
  stepBack: by('reverse-next', 'reverse-stepi'),
  reverseContinue: 'reverse-continue',
};

/** The command of a move, with the thread that the client means to move as the one that goes on. Throws RequestError. */
export function commandOf(adapter: Adapter, request: string, fields: Fields): string {
  const { session } = adapter;
  session.requireProcess();
  const id = fields.whole('threadId');
  const all = request === 'continue' || request === 'reverseContinue';
  if (!all && session.stop.reason !== 'exited') {
    const { goroutine, thread } = whoseStack(session, id);
    const runs = goroutine === undefined ? thread : session.target.threadOf(goroutine);
    if (runs === undefined)
      throw new RequestError(`goroutine ${id} does not run now (${goroutine!.waitReason || goroutine!.status}): step one that does`);
    const moving = session.target.process.current;
    session.selection = { goroutine: undefined, frame: 0, ...(runs.tid === moving.tid ? {} : { thread: runs }) };
  }
  const command = MOVES[request]!;
  return typeof command === 'string' ? command : command(adapter, fields);
}

/** The calls on the line that a frame stands at. */
function stepInTargets(adapter: Adapter, fields: Fields): object {
  const { frame } = adapter.frames.get(fields.whole('frameId'));
  const { memory, images } = adapter.session.target;
  const { func, pc, exact } = frame.physical;
  const line = images.lineAt(pc);
  if (!exact || func === undefined || line === undefined) return { targets: [] };
  const targets: { id: number; label: string }[] = [];
  const seen = new Set<bigint>();
  for (const { address, flow, target } of instructionsIn(memory, pc, func.end)) {
    const at = images.lineAt(address);
    if (at === undefined || at.line !== line.line || at.file !== line.file) break;
    const callee = flow === 'call' && target !== undefined ? images.functionAt(target) : undefined;
    if (callee === undefined || seen.has(callee.entry)) continue;
    seen.add(callee.entry);
    targets.push({ id: adapter.places.add(images.afterPrologue(callee)), label: callee.name });
  }
  return { targets };
}

/** Where on a line the program could be set to, in the function that it is in. */
function gotoTargets(adapter: Adapter, fields: Fields): object {
  const { session } = adapter;
  const file = adapter.sources.named(fields.object('source'));
  const line = adapter.lineIn(fields.whole('line'));
  const { images } = session.target;
  const func = images.functionAt(session.thread.registers.rip);
  const own = images.addressesOf(file, line).filter(address => func !== undefined && address >= func.entry && address < func.end);
  return {
    targets: own.map(address => ({
      id: adapter.places.add(address),
      label: describeCode(images, address),
      line: adapter.lineOut(line),
      instructionPointerReference: hex(address),
    })),
  };
}

export const targetRequests: DapRequests = {
  stepInTargets: { wants: 'still', answer: stepInTargets },
  gotoTargets: { wants: 'still', answer: gotoTargets },
};
