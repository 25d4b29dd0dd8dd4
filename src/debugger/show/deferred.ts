/** The deferred calls that a frame has pending: in its goroutine's list, or, as the compiler has opened them up, in the frame itself. */
import { hex } from '../../host/hex.js';
import type { Func, SourceLine } from '../../image/api.js';
import { fieldOffset } from '../../runtime/layout.js';
import type { Answer } from '../answer.js';
import { instructionsIn } from '../code/decode.js';
import { CommandError } from '../errors.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { CallStack, Target } from '../target.js';

interface Deferred {
  /** Of the code that will be called. */
  readonly pc: bigint;
  /** Where it was deferred, as far as that is kept. */
  readonly at: SourceLine | undefined;
}

/** A list that is longer leads nowhere. */
const MOST = 10_000;

/** The place of the saved RBP, below a frame's CFA. */
const SAVED_RBP = 16n;

/** `deferred`: those of a frame, in the order in which they will run. */
export function deferredAnswer(stack: CallStack, frame: LogicalFrame): Answer {
  const { target } = stack;
  if (target.go === undefined) throw new CommandError('only Go defers calls, and this is no Go program');
  const found = [...openDeferred(target, frame), ...listed(target, frame)];
  if (found.length === 0) return { output: '(no deferred calls)', data: [] };
  const rows = found.map(({ pc, at }) => {
    const func = calledBy(target, pc);
    const line = target.images.lineAt(func?.entry ?? pc);
    return { pc: hex(pc), function: func?.name ?? null, file: line?.file ?? null, line: line?.line ?? null, deferredAt: at };
  });
  const lines = rows.map(({ pc, function: name, file, line, deferredAt: at }, index) => {
    const where = file === null ? '' : ` at ${file}:${line}`;
    return `${index + 1}  ${name ?? pc}${where}${at === undefined ? '' : `, deferred at line ${at.line}`}`;
  });
  return { output: lines.join('\n'), data: rows.map(row => ({ ...row, deferredAt: row.deferredAt?.line ?? null })) };
}

/** What a wrapper that the compiler has made for a call with arguments calls; a function itself. */
function calledBy(target: Target, pc: bigint): Func | undefined {
  const { images, memory } = target;
  const func = images.functionAt(pc);
  if (!func?.wrapper) return func;
  for (const { flow, target: to } of instructionsIn(memory, func.entry, func.end)) {
    const called = flow === 'call' && to !== undefined ? images.functionAt(to) : undefined;
    if (called !== undefined && !/^runtime\.(morestack|panic|race|gcWriteBarrier)/.test(called.name)) return called;
  }
  return func;
}

function openDeferred(target: Target, frame: LogicalFrame): readonly Deferred[] {
  const { func, cfa } = frame.physical;
  const { memory } = target;
  const open = func && target.images.openDefers(func);
  if (open === undefined || cfa === undefined) return [];
  const top = cfa - SAVED_RBP;
  if (!memory.allows(top - BigInt(open.bits), 1, 'read')) return [];
  const bits = memory.readU8(top - BigInt(open.bits));
  const pending = open.slots.filter((_, index) => (bits >> index) & 1).reverse();
  return pending.flatMap(slot => closureCode(target, top - BigInt(slot)));
}

/** The code of the closure that a word points to. */
function closureCode({ memory }: Target, slot: bigint, at?: SourceLine): readonly Deferred[] {
  const closure = memory.allows(slot, 8, 'read') ? memory.readU64(slot) : 0n;
  return memory.allows(closure, 8, 'read') ? [{ pc: memory.readU64(closure), at }] : [];
}

function listed(target: Target, frame: LogicalFrame): readonly Deferred[] {
  const { g, sp, cfa } = frame.physical;
  const { memory, images } = target;
  const types = ['runtime.g', 'runtime._defer'].map(name => images.typeNamed(name));
  const [first, fn, stack, pc, link] = (
    [
      [0, '_defer'],
      [1, 'fn'],
      [1, 'sp'],
      [1, 'pc'],
      [1, 'link'],
    ] as const
  ).map(([type, path]) => types[type] && fieldOffset(types[type], path));
  if (cfa === undefined || g === 0n || fn === undefined || stack === undefined || pc === undefined || link === undefined) return [];
  if (first === undefined) return [];
  const word = (address: bigint, offset: number): bigint => memory.readU64(address + BigInt(offset));
  const found: Deferred[] = [];
  let at = word(g, first);
  for (let count = 0; at !== 0n && count < MOST && memory.allows(at, types[1]!.size, 'read'); count++, at = word(at, link)) {
    const owner = word(at, stack);
    if (owner >= sp && owner < cfa) found.push(...closureCode(target, at + BigInt(fn), images.lineAt(word(at, pc) - 1n)));
  }
  return found;
}
