/** Test support: an EvaluationContext over a snapshot of a native process. */

import { readFileSync } from 'node:fs';
import { CommandError } from '../../src/debugger/errors.js';
import { assign } from '../../src/debugger/evaluate/assign.js';
import type { EvaluationContext, FrameContext } from '../../src/debugger/evaluate/context.js';
import { ExpressionError } from '../../src/debugger/evaluate/errors.js';
import { evaluate } from '../../src/debugger/evaluate/evaluate.js';
import { parseAssignment, parseExpression } from '../../src/debugger/evaluate/parser.js';
import { printResult, typeText } from '../../src/debugger/evaluate/result.js';
import type { PrintOptions } from '../../src/debugger/values/print.js';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Image } from '../../src/image/api.js';
import { openImage } from '../../src/image/image.js';
import { takeSnapshot } from '../support/snapshot.js';

export interface Fixture {
  readonly context: EvaluationContext;
  /** What `print` shows, or `column: message`. */
  p(source: string, options?: PrintOptions): string;
  whatis(source: string): string;
  set(source: string): string;
  /** Registers that were set. */
  readonly written: Map<string, bigint>;
}

/** The frame whose function's name ends so; registers that the convention does not keep are lost in outer frames. */
export function fixture(program: string, frameName: string, commands?: readonly string[], label?: string): Fixture {
  const snapshot = takeSnapshot(program, commands, label);
  const image: Image = openImage(readFileSync(program), program, 0n, nodePorts.unpack);
  const depth = snapshot.frames.findIndex(frame => frame.function.endsWith(frameName));
  const found = snapshot.frames[depth];
  if (!found) throw new Error(`no frame ${frameName} among ${snapshot.frames.map(frame => frame.function)}`);
  const lookupPc = depth === 0 ? found.pc : found.pc - 1n;
  const inline = image.inlineFrames(lookupPc).find(({ name }) => name.endsWith(frameName));
  const func = image.functionAt(lookupPc);
  const kept = ['rip', 'rsp', 'rbp', 'r14', 'fs_base', 'eflags'];
  const written = new Map<string, bigint>();
  const g = func?.language === 'go' ? found.registers.get('r14') : undefined;
  const frame: FrameContext = {
    pc: found.pc,
    func,
    name: inline?.name ?? found.function,
    language: func?.language ?? 'c',
    variables: () => image.variables(inline?.scope, lookupPc),
    cfa: found.cfa,
    register(name) {
      const value = written.get(name) ?? found.registers.get(name);
      if (depth > 0 && !kept.includes(name)) return { lost: 'clobbered', why: 'Go keeps no registers over calls' };
      return value === undefined ? { lost: 'unavailable', why: 'not in the snapshot' } : { value, how: 'exact' };
    },
    setRegister(name, value) {
      if (depth > 0) throw new CommandError('registers can be set in frame 0 only');
      written.set(name, value);
    },
    g,
  };
  const context: EvaluationContext = {
    memory: snapshot,
    images: [image],
    frame,
    curg: g,
    breakpointHits: name => (name === '1' ? 3 : undefined),
  };
  const guarded = (work: () => string): string => {
    try {
      return work();
    } catch (error) {
      if (error instanceof ExpressionError) return `${error.column}: ${error.message}`;
      throw error;
    }
  };
  return {
    context,
    p: (source, options) => guarded(() => printResult(context, evaluate(parseExpression(source), context), options)),
    whatis: source => guarded(() => typeText(context, evaluate(parseExpression(source), context))),
    set: source =>
      guarded(() => {
        assign(parseAssignment(source), context);
        return 'ok';
      }),
    written,
  };
}
