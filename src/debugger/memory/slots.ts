/** What the words of a stack are, as far as the frames on it tell: return addresses, saved frame pointers, arguments and variables. */
import { dwarfNumber } from '../../abi/registers.js';
import type { Variable } from '../../image/api.js';
import { variableSource } from '../evaluate/location.js';
import { outgoingArguments } from '../lens/arguments.js';
import { type LogicalFrame, lookupPc, stackText } from '../stack/frame.js';
import type { CallStack } from '../target.js';
import { fieldAt } from '../values/field-at.js';

export interface Slot {
  readonly kind: 'return' | 'rbp' | 'argument' | 'variable' | 'top';
  /** `returns to #1`, `saved rbp`, `callpc+0(FP) uintptr`, `fn *runtime.funcval of #7`. */
  readonly text: string;
}

const DWARF_RBP = dwarfNumber('rbp');
/** Frames whose slots are told: more are not on one screen. */
const FRAMES = 24;
const WORD = 8n;

/** By the address of the word, for `count` words from `start`. */
export function stackSlots(stack: CallStack, start: bigint, count: number): ReadonlyMap<bigint, Slot> {
  const slots = new Map<bigint, Slot>();
  const end = start + BigInt(count) * WORD;
  const put = (address: bigint, slot: Slot) => {
    if (address >= start && address < end && !slots.has(address)) slots.set(address, slot);
  };
  const frames = stack.frames(FRAMES);
  for (const frame of frames) {
    const { physical } = frame;
    if (!frame.inlined) {
      // Words on the stack that a frame's own code has not entered yet belong to nobody.
      const { cfa, returnAddress } = physical;
      put(physical.stack.hi, { kind: 'top', text: `end of the ${stackText(physical.stack)}` });
      if (cfa !== undefined && returnAddress !== undefined)
        put(cfa - WORD, { kind: 'return', text: `returns to #${outer(frames, frame)}` });
      const saved = savedFramePointer(stack, frame);
      if (saved !== undefined) put(saved, { kind: 'rbp', text: 'saved rbp' });
    }
    if (physical.sp < end && (physical.cfa ?? end) >= start - 0x100n) variables(stack, frame, put);
  }
  return slots;
}

/** Index of the frame that a frame returns to. */
function outer(frames: readonly LogicalFrame[], frame: LogicalFrame): string {
  const next = frames.slice(frames.indexOf(frame) + 1).find(each => each.physical !== frame.physical);
  return next === undefined ? '…' : String(next.index);
}

function savedFramePointer(stack: CallStack, frame: LogicalFrame): bigint | undefined {
  const { cfa } = frame.physical;
  const rule = stack.target.images.unwindAt(lookupPc(frame.physical))?.registers.get(DWARF_RBP);
  return cfa !== undefined && typeof rule === 'object' && 'atCfa' in rule ? cfa + BigInt(rule.atCfa) : undefined;
}

/** Assembly calls results without a name ret, ret1, ret2 (cmd/vet's asmdecl). */
const sourceName = (name: string): string => name.replace(/^~r(\d+)$/, (_, index: string) => `ret${index === '0' ? '' : index}`);

/** Variables that debug information places in memory, and what a wrapper passes on there; each word of them by its field. */
function variables(stack: CallStack, frame: LogicalFrame, put: (address: bigint, slot: Slot) => void): void {
  const context = stack.context(frame);
  const { cfa, func, sp, exact } = frame.physical;
  const whose = frame.index === 0 ? '' : ` of #${frame.index}`;
  const all = frame.variables();
  const place = (variable: Variable, address: bigint, frameOfArguments: bigint | undefined) => {
    const passed = frameOfArguments !== undefined && address >= frameOfArguments && variable.role !== 'local';
    for (let offset = 0n; offset < BigInt(variable.type.size); offset += WORD) {
      const { path, type } = fieldAt(variable.type, Number(offset));
      // An argument of assembly is written name+offset(FP) there.
      const fp = passed && (func?.asm || frameOfArguments === sp) ? `+${address - frameOfArguments + offset}(FP)` : '';
      const text = `${fp === '' ? variable.name : sourceName(variable.name)}${path}${fp} ${type.name}${whose}`;
      put((address + offset) & ~7n, { kind: passed ? 'argument' : 'variable', text });
    }
  };
  for (const variable of all) {
    const { address } = variableSource(context, variable);
    if (address !== undefined && variable.role !== 'constant') place(variable, address, cfa);
  }
  const params = all.filter(each => each.role === 'param');
  if (!func?.wrapper || exact) return;
  for (const [index, source] of outgoingArguments(context, frame, params).entries()) {
    if (source?.address !== undefined) place(params[index]!, source.address, sp);
  }
}
