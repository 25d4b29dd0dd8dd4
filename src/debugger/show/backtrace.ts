/** `bt`: the true stack. */

import { hex } from '../../host/hex.js';
import type { Answer } from '../answer.js';
import type { CallStack } from '../target.js';
import type { PrintOptions } from '../values/print.js';
import { frameLine, frameRow } from './frame-text.js';
import { variableLines } from './variables.js';

export interface BacktraceOptions {
  readonly full: boolean;
  readonly offsets: boolean;
  readonly how: boolean;
  readonly print: PrintOptions;
}

/** `depth` frames from the innermost, or -`depth` from the outermost. */
export function backtrace(stack: CallStack, depth: number, options: BacktraceOptions): Answer {
  const frames = depth >= 0 ? stack.frames(depth + 1) : stack.frames();
  const shown = depth >= 0 ? frames.slice(0, depth) : frames.slice(depth);
  const lines: string[] = [];
  let physical: object | undefined = shown[0]?.physical;
  for (const frame of shown) {
    const { seam } = frame.physical;
    if (frame.physical !== physical && seam !== undefined) lines.push(`    ---- ${seam.what}: ${seam.inner} -> ${seam.outer} ----`);
    physical = frame.physical;
    const note = options.how
      ? `  [${frame.physical.how}${frame.physical.jumpedFrom === undefined ? '' : `, jumped to from ${frame.physical.jumpedFrom}`}]`
      : '';
    lines.push(`${frameLine(stack, frame)}${note}`);
    if (options.offsets)
      lines.push(`        rsp ${hex(frame.physical.sp)} cfa ${frame.physical.cfa === undefined ? '?' : hex(frame.physical.cfa)}`);
    if (options.full) lines.push(...variableLines(stack, frame, options.print).map(line => `        ${line}`));
  }
  if (depth >= 0 && frames.length > depth) lines.push('(More frames follow; bt N shows N of them)');
  return {
    output: lines.join('\n'),
    data: shown.map(frame => frameRow(stack, frame)),
  };
}
