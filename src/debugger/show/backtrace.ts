/** `bt`: the true stack; `bt -gdb`: what unwind tables alone would say. */

import type { Registers } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import type { Answer } from '../answer.js';
import { describeAddress } from '../code/describe.js';
import { peek } from '../code/peek.js';
import type { FrameRegister, KnownValue } from '../stack/frame.js';
import { callerValues, cfaOf } from '../stack/unwind.js';
import type { CallStack, Target } from '../target.js';
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

/** Follows the tables from frame 0, believing them: no record of calls, no stack switches. */
export function gdbBacktrace({ memory, images }: Target, registers: Registers, depth: number): Answer {
  let values: ReadonlyMap<FrameRegister, KnownValue> = new Map(
    (['rbx', 'rbp', 'rsp', 'r12', 'r13', 'r14', 'r15', 'rip'] as const).map(name => [
      name,
      { value: name === 'rip' ? registers.rip : registers.get(name), how: 'exact' as const },
    ]),
  );
  const lines: string[] = [];
  const data: { index: number; pc: string; function: string }[] = [];
  for (let index = 0; index < depth; index++) {
    const pc = values.get('rip')!.value;
    const sp = values.get('rsp')!.value;
    const name = describeAddress(images, index === 0 ? pc : pc - 1n)?.replace(/\+\d+$/, '') ?? '??';
    lines.push(`#${index} `.padEnd(4) + `0x${pc.toString(16).padStart(16, '0')} in ${name} ()`);
    data.push({ index, pc: hex(pc), function: name });
    const lookup = index === 0 ? pc : pc - 1n;
    const func = images.functionAt(lookup);
    const row = images.unwindAt(lookup);
    const cfa = row === undefined ? guessedCfa(values, index === 0 && func?.entry === pc) : cfaOf(row, values, () => undefined);
    const returnAddress = cfa === undefined ? undefined : peek(memory, cfa - 8n);
    if (pc === 0n || cfa === undefined || returnAddress === undefined || cfa <= sp) break;
    const callee = { values, func, pc, exact: index === 0, kept: new Set<FrameRegister>(), table: row };
    values = callerValues(callee, cfa, returnAddress, row, memory, row?.how ?? 'inferred', () => undefined);
  }
  return { output: `What unwind tables alone would say (not all of it is true):\n${lines.join('\n')}`, data };
}

/** gdb's fall-back without tables: the word at RSP on a function's first instruction, else the frame pointer's. */
function guessedCfa(values: ReadonlyMap<FrameRegister, KnownValue>, atEntry: boolean): bigint | undefined {
  if (atEntry) return values.get('rsp')!.value + 8n;
  const bp = values.get('rbp')?.value;
  return bp === undefined || bp === 0n ? values.get('rsp')!.value + 8n : bp + 16n;
}
