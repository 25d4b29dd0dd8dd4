/** A frame in a few words, for lists of them. */

import { hex } from '../../host/hex.js';
import { describeAddress } from '../code/describe.js';
import { instrumented } from '../code/instrumented.js';
import { isMissing } from '../known.js';
import { addressIn, argumentText, type FrameArgument, frameArguments } from '../lens/arguments.js';
import type { LogicalFrame, Seam } from '../stack/frame.js';
import type { CallStack, Target } from '../target.js';
import { underlying } from '../values/types.js';
import { pointerOf } from '../values/value.js';
import { isUserCode } from './goroutine-text.js';

export interface FrameSummary {
  readonly index: number;
  readonly pc: bigint;
  readonly name: string;
  /** `race_amd64.s:184`; the library's name where no line is known; empty for code of the program without lines. */
  readonly where: string;
  /** Arguments whose values are known: `thr=0x0, pc=0x48b9dd`. */
  readonly args: string;
  /** `inlined`, `wrapper`, `race`, `deferred`, `jumped to from f`, `return address overwritten`, `inferred`. */
  readonly tags: readonly string[];
  readonly selected: boolean;
  /** The program's own code, not the runtime's. */
  readonly own?: true;
  /** The change of stacks between this frame and the one further in. */
  readonly seam?: Seam;
}

/** Runtime functions that call deferred functions. */
const DEFERS = /^runtime\.(deferreturn|gopanic|\(\*_panic\)\.nextDefer|Goexit|runOpenDeferFrame)$/;

/** The first `count` frames of a stack, innermost first; `selected` is the index of the one that the user looks at. */
export function frameSummaries(stack: CallStack, count: number, selected: number): readonly FrameSummary[] {
  const { target } = stack;
  const frames = stack.frames(count);
  return frames.map((frame, at): FrameSummary => {
    const { physical, index, name, file, line } = frame;
    const image = target.images.at(physical.pc);
    const library = image === undefined || image === target.images.all[0] ? '' : image.path;
    const where = file === undefined ? library.replace(/^.*\//, '') : `${file.replace(/^.*\//, '')}:${line}`;
    const seam = frame.inlined || physical.seam === undefined ? {} : { seam: physical.seam };
    const tags = tagsOf(target, frame, frames[at + 1]);
    return {
      index,
      pc: physical.pc,
      name,
      where,
      args: knownArguments(stack, frame),
      tags,
      selected: index === selected,
      ...seam,
      ...(isUserCode(frame) && name !== 'runtime.main' ? { own: true } : {}),
    };
  });
}

function tagsOf(target: Target, { physical, inlined }: LogicalFrame, caller: LogicalFrame | undefined): readonly string[] {
  if (inlined) return ['inlined'];
  const { func, jumpedFrom, overwritten, how } = physical;
  const tags: string[] = [];
  if (func?.wrapper) tags.push('wrapper');
  if (func !== undefined && instrumented(target, func)) tags.push('race');
  if (caller !== undefined && DEFERS.test(caller.name)) tags.push('deferred');
  if (jumpedFrom !== undefined) tags.push(`jumped to from ${jumpedFrom}`);
  if (overwritten !== undefined) tags.push('return address overwritten');
  if (how === 'inferred') tags.push('inferred');
  return tags;
}

/** Of the innermost frame, and of C code, which has no other place to show them. */
function knownArguments(stack: CallStack, frame: LogicalFrame): string {
  if (frame.index > 0 && frame.physical.func?.language !== 'c') return '';
  const known = frameArguments(stack, frame).filter(each => !isMissing(each.known));
  return known.map(each => `${each.name}=${shortValue(stack, frame, each)}`).join(' ');
}

/** A symbol says more than the address that it stands for; an integer is a number, unless it is made to hold addresses. */
function shortValue(stack: CallStack, frame: LogicalFrame, argument: FrameArgument): string {
  const { images } = stack.target;
  const address = addressIn(argument);
  if (address === 0n) return 'nil';
  if (address !== undefined && argument.type === undefined && address >= 0x1000n) return describeAddress(images, address) ?? hex(address);
  const code = codeAddressIn(argument);
  const symbol = code === undefined || images.functionAt(code) === undefined ? undefined : describeAddress(images, code);
  return symbol ?? argumentText(stack, frame, argument);
}

/** What a uintptr holds: in Go's runtime, program counters. */
function codeAddressIn({ type, known }: FrameArgument): bigint | undefined {
  if (isMissing(known) || type === undefined || underlying(type).name !== 'uintptr') return undefined;
  return pointerOf(known.value);
}
