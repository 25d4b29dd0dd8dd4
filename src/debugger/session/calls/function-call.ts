/** Functions of the program called for an expression: where that is safe, in a frame of their own, and with the thread as it was afterwards. */

import { DICTIONARY } from '../../../image/go/generics.js';
import type { Goroutine } from '../../../runtime/goroutine.js';
import type { EvaluationContext } from '../../evaluate/context.js';
import type { CallManner, CallResult, CallTarget, EvaluatedOperand } from '../../evaluate/operand.js';
import { OperationError } from '../../evaluate/untyped.js';
import { stackNamed } from '../../stack/walk-target.js';
import type { Target } from '../../target.js';
import { bytesSource } from '../../values/source.js';
import { uint64Value } from '../../values/value.js';
import type { Stop } from '../stop.js';
import { assignedAll, bytesFor, type Given, receiverFor } from './arguments.js';
import { direct } from './direct.js';
import { type Formals, formalsOf } from './formals.js';
import { injected, PROTOCOL } from './injected.js';
import { readPlaced, writePlaced } from './placed.js';
import type { CallMaker, CallSite } from './running.js';
import { callC, onStackFor } from './system-v.js';

/** Who asks for a call, and where. */
export interface CallAsked {
  readonly site: CallSite;
  readonly context: EvaluationContext;
  readonly stop: Stop;
  /** All of it will be undone. */
  readonly apart: boolean;
  /** The goroutine that is looked at; undefined: what the thread runs. */
  readonly goroutine: Goroutine | undefined;
}

/** Calls a function and gives what it returns. Throws OperationError when it may not be called here, and when it does not return. */
export function callFunction(
  asked: CallAsked,
  callee: CallTarget,
  args: readonly EvaluatedOperand[],
  manner: CallManner,
): readonly CallResult[] {
  const { site, context } = asked;
  if (callee.kind === 'function' && callee.func.language === 'c') {
    const maker = makerForC(asked);
    site.target.process.suppressSignal();
    const results = callC(site, context, maker, callee.func, args, manner.returns);
    raiseAgain(asked);
    return results;
  }
  const formals = formalsOf(context, callee);
  const values = argumentsOf(context, formals, callee, args, manner.spread);
  const maker = makerFor(asked);
  site.target.process.suppressSignal();
  const { params, results, places } = formals;
  const found = maker(site, places.stackBytes + places.spillBytes, frame => {
    // What has to be made in memory first: that takes calls of its own, which leave nothing in registers.
    const bytes = values.map((value, index) => bytesFor(context, frame, params[index]!, value));
    for (const [index, each] of bytes.entries()) writePlaced(frame.edge, places.params[index]!, each);
    frame.invoke(formals.entry, formals.closure);
    return results.map(({ type }, index) => readPlaced(frame.edge, places.results[index]!, type.size));
  });
  raiseAgain(asked);
  return results.map(({ name, type }, index) => ({ name, value: { type, source: bytesSource(found[index]!) } }));
}

/** The fault that the thread stands at is raised again, and so waits again to be delivered. */
function raiseAgain({ stop, apart, site }: CallAsked): void {
  if (stop.reason !== 'signal' || apart) return;
  site.target.process.catch = { signals: new Set([stop.signal.signal]) };
  site.driver.run(1, true);
}

function argumentsOf(
  context: EvaluationContext,
  formals: Formals,
  callee: CallTarget,
  args: readonly EvaluatedOperand[],
  spread: boolean,
): readonly Given[] {
  const { name, params, dictionary } = formals;
  const receiver = callee.kind === 'function' ? callee.receiver : undefined;
  const own = dictionary === undefined ? params : params.filter(param => param.name !== DICTIONARY);
  const wanted = receiver === undefined ? own : own.slice(1);
  if (receiver !== undefined && own.length === 0) throw new OperationError(`${name} has no receiver in the debug information`);
  const given = assignedAll(wanted, args, spread);
  if (given === undefined)
    throw new OperationError(`${name} takes ${wanted.length} argument${wanted.length === 1 ? '' : 's'}, not ${args.length}`);
  const all = receiver === undefined ? given : [receiverFor(own[0]!, receiver, context), ...given];
  // The hidden parameter stands first, of methods behind the receiver.
  const at = params.findIndex(param => param.name === DICTIONARY);
  return dictionary === undefined || at < 0 ? all : all.toSpliced(at, 0, uint64Value(dictionary));
}

const refuse = (why: string): never => {
  throw new OperationError(`no function can be called here: ${why}`);
};

/** The thread that a call is made in, where its state lets one be made at all. */
function callable({ site, stop, goroutine, apart }: CallAsked) {
  const { target, thread } = site;
  const runs = target.goroutineOf(thread);
  if (goroutine !== undefined && goroutine.address !== runs?.address) refuse(`goroutine ${goroutine.id} runs on no thread`);
  if (thread.tid !== target.process.current.tid) refuse(`thread ${target.threadNumber(thread)} is not the one that runs next`);
  if (stop.reason === 'syscall' || thread.state === 'waiting') refuse('the thread is in a system call');
  if (stop.reason === 'signal' && !raisedAgain(stop) && !apart)
    refuse(`${stop.signal.name} waits to be delivered, and would be lost (call -pure leaves it)`);
  const sp = thread.registers.get('rsp');
  return { runs, sp, stack: stackNamed(target.walkTarget, sp, target.threadG(thread)) };
}

/** How a call of Go is made at this place. Throws OperationError where none can be. */
function makerFor(asked: CallAsked): CallMaker {
  const { target, thread } = asked.site;
  const { runs, stack } = callable(asked);
  if (target.images.functionAt(thread.registers.rip)?.language === 'c') refuse('the thread runs C code');
  if (runs !== undefined && stack.kind !== 'goroutine')
    refuse(`the thread is on ${stack.name}, which is the runtime's, not goroutine ${runs.id}'s`);
  if (target.images.functionsNamed(PROTOCOL).length > 0) return runs === undefined ? refuse('the thread runs no goroutine yet') : injected;
  return assembled(target) ? direct : refuse("this program's Go runtime has no protocol for it (Go 1.17 and later have)");
}

/** The same of a call of C, which may be made from C code and from Go's, and not from what Go runs on the stacks that C wants. */
function makerForC(asked: CallAsked): CallMaker {
  const { target, thread } = asked.site;
  const { sp, stack } = callable(asked);
  const inC = target.images.functionAt(thread.registers.rip)?.language !== 'go';
  if (!inC && stack.kind !== 'goroutine' && stack.kind !== 'C') refuse(`the thread is on ${stack.name}, which is the runtime's`);
  return onStackFor(target, stack, target.threadG(thread), sp);
}

/** Whether the instruction that raised a signal stands before RIP still, and raises it again. */
const raisedAgain = ({ signal: { fault } }: Stop & { readonly reason: 'signal' }): boolean =>
  fault !== undefined && fault.vector !== '#BP' && fault.vector !== '#DB' && fault.vector !== '#OF';

/** Whether r14 has assembled the program. */
const assembled = ({ images: { go } }: Target): boolean => go === undefined || go.bundled === true;
