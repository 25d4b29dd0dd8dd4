/** Functions of the program called for an expression: where that is safe, in a frame of their own, and with the thread as it was afterwards. */

import { DICTIONARY } from '../../../image/go/generics.js';
import type { Goroutine } from '../../../runtime/goroutine.js';
import type { EvaluationContext } from '../../evaluate/context.js';
import type { CallResult, CallTarget, EvaluatedOperand } from '../../evaluate/operand.js';
import { OperationError } from '../../evaluate/untyped.js';
import { stackNamed } from '../../stack/walk-target.js';
import type { Target } from '../../target.js';
import { bytesSource } from '../../values/source.js';
import { uint64Value, type Value } from '../../values/value.js';
import type { Stop } from '../stop.js';
import { assigned, bytesFor, receiverFor } from './arguments.js';
import { direct } from './direct.js';
import { type Formals, formalsOf } from './formals.js';
import { injected, PROTOCOL } from './injected.js';
import { readPlaced, writePlaced } from './placed.js';
import type { CallMaker, CallSite } from './running.js';

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
export function callFunction(asked: CallAsked, callee: CallTarget, args: readonly EvaluatedOperand[]): readonly CallResult[] {
  const { site, context } = asked;
  const formals = formalsOf(context, callee);
  const values = argumentsOf(context, formals, callee, args);
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
  // The fault that the thread stands at is raised again, and so waits again to be delivered.
  if (asked.stop.reason === 'signal' && !asked.apart) {
    site.target.process.catch = { signals: new Set([asked.stop.signal.signal]) };
    site.driver.run(1, true);
  }
  return results.map(({ name, type }, index) => ({ name, value: { type, source: bytesSource(found[index]!) } }));
}

function argumentsOf(context: EvaluationContext, formals: Formals, callee: CallTarget, args: readonly EvaluatedOperand[]): Value[] {
  const { name, params, dictionary } = formals;
  const receiver = callee.kind === 'function' ? callee.receiver : undefined;
  const own = dictionary === undefined ? params : params.filter(param => param.name !== DICTIONARY);
  const wanted = receiver === undefined ? own : own.slice(1);
  if (receiver !== undefined && own.length === 0) throw new OperationError(`${name} has no receiver in the debug information`);
  if (args.length !== wanted.length)
    throw new OperationError(`${name} takes ${wanted.length} argument${wanted.length === 1 ? '' : 's'}, not ${args.length}`);
  const given = wanted.map((param, index) => assigned(param, args[index]!));
  const all = receiver === undefined ? given : [receiverFor(own[0]!, receiver, context), ...given];
  // The hidden parameter stands first, of methods behind the receiver.
  const at = params.findIndex(param => param.name === DICTIONARY);
  return dictionary === undefined || at < 0 ? all : all.toSpliced(at, 0, uint64Value(dictionary));
}

/** How a call is made at this place. Throws OperationError where none can be. */
function makerFor({ site, stop, goroutine, apart }: CallAsked): CallMaker {
  const { target, thread } = site;
  const { registers } = thread;
  const refuse = (why: string): never => {
    throw new OperationError(`no function can be called here: ${why}`);
  };
  const runs = target.goroutineOf(thread);
  if (goroutine !== undefined && goroutine.address !== runs?.address) refuse(`goroutine ${goroutine.id} runs on no thread`);
  if (thread.tid !== target.process.current.tid) refuse(`thread ${target.threadNumber(thread)} is not the one that runs next`);
  if (stop.reason === 'syscall' || thread.state === 'waiting') refuse('the thread is in a system call');
  if (stop.reason === 'signal' && !raisedAgain(stop) && !apart)
    refuse(`${stop.signal.name} waits to be delivered, and would be lost (call -pure leaves it)`);
  const stack = stackNamed(target.walkTarget, registers.get('rsp'), target.threadG(thread));
  if (target.images.functionAt(registers.rip)?.language === 'c') refuse('the thread runs C code');
  if (runs !== undefined && stack.kind !== 'goroutine')
    refuse(`the thread is on ${stack.name}, which is the runtime's, not goroutine ${runs.id}'s`);
  if (target.images.functionsNamed(PROTOCOL).length > 0) return runs === undefined ? refuse('the thread runs no goroutine yet') : injected;
  return assembled(target) ? direct : refuse("this program's Go runtime has no protocol for it (Go 1.17 and later have)");
}

/** Whether the instruction that raised a signal stands before RIP still, and raises it again. */
const raisedAgain = ({ signal: { fault } }: Stop & { readonly reason: 'signal' }): boolean =>
  fault !== undefined && fault.vector !== '#BP' && fault.vector !== '#DB' && fault.vector !== '#OF';

/** Whether r14 has assembled the program. */
const assembled = ({ images: { go } }: Target): boolean => go === undefined || go.bundled === true;
