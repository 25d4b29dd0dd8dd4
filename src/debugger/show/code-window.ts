/** Code around a place as people read it: functions with their conventions, the source, the way in, and what comes next. */
import type { Func } from '../../image/api.js';
import { instructionsIn } from '../code/decode.js';
import { type DisassembledLine, disassembleRange } from '../code/disassemble.js';
import { instrumented } from '../code/instrumented.js';
import { conventionOf } from '../lens/signature.js';
import { type LogicalFrame, lookupPc, type PhysicalFrame } from '../stack/frame.js';
import type { CallStack, Target } from '../target.js';
import type { CodeLook } from './listing.js';
import { type Outlook, outlook } from './outlook.js';

export interface CodeRow {
  readonly kind: 'function' | 'source' | 'instruction';
  readonly text: string;
  /** `C, System V`, `ABIInternal, wrapper`, `ABIInternal, race`: how a function is called. */
  readonly tag?: string;
  readonly address?: bigint;
  /** The instruction that the selected frame stands at. */
  readonly current?: boolean;
  readonly breakpoint?: boolean;
  readonly outlook?: Outlook | undefined;
  readonly target?: bigint | undefined;
}

export interface CodeWindow {
  readonly rows: readonly CodeRow[];
  /** Index of the row to be in view: the current instruction, or the one that was asked for. */
  readonly anchor: number;
}

const BEFORE = 40;
const AFTER = 60;
/** So close to a function's beginning there is room to show who called it. */
const NEAR_ENTRY = 8;
/** Callers shown above, and instructions of each: the last is its call. */
const CALLERS = 2;
const TAIL = 4;

/** Around a frame's pc, or around `at`. */
export function codeWindow(stack: CallStack, frame: LogicalFrame, look: CodeLook, at?: bigint): CodeWindow {
  const { target } = stack;
  const { images } = target;
  const { pc } = frame.physical;
  const place = at ?? pc;
  const func = images.functionAt(at ?? lookupPc(frame.physical));
  const starts = func === undefined ? undefined : startsOf(target, func);
  const middle =
    starts === undefined
      ? 0
      : Math.max(
          0,
          starts.findLastIndex(start => start <= place),
        );
  const from = starts?.[Math.max(0, middle - BEFORE)] ?? place;
  const end = func === undefined || starts === undefined ? undefined : (starts[middle + AFTER] ?? func.end);
  const lines = disassembleRange(target, look.flavor, from, end === undefined ? { count: AFTER } : { end });
  const rows: CodeRow[] = at === undefined && middle <= NEAR_ENTRY ? callers(stack, frame, look) : [];
  rows.push(heading(target, func));
  let anchor = rows.length - 1;
  let shown = '';
  for (const line of lines) {
    const { address } = line;
    const source = sourceOf(target, look, address);
    if (source !== undefined && source.key !== shown) rows.push({ kind: 'source', text: source.text });
    shown = source?.key ?? shown;
    if (address === (starts?.[middle] ?? place)) anchor = rows.length;
    const current = address === pc;
    rows.push({ ...instruction(look, line), current, ...(current ? { outlook: outlook(stack, frame) } : {}) });
  }
  return { rows, anchor };
}

function heading(target: Target, func: Func | undefined): CodeRow {
  if (func === undefined) return { kind: 'function', text: 'no function covers this address' };
  return { kind: 'function', text: func.name, tag: conventionTag(target, func), address: func.entry };
}

/** `C, System V`, `ABI0`, `ABIInternal, race`, `ABIInternal, wrapper`. */
function conventionTag(target: Target, func: Func): string {
  const { id } = conventionOf(func);
  const parts = [func.language === 'c' ? `C, ${id}` : id];
  if (func.wrapper) parts.push('wrapper');
  if (instrumented(target, func)) parts.push('race');
  return parts.join(', ');
}

function instruction({ stops }: CodeLook, { address, text, target }: DisassembledLine): CodeRow {
  return { kind: 'instruction', text, address, target, breakpoint: stops.has(address) };
}

function sourceOf({ images }: Target, { sources }: CodeLook, address: bigint): { readonly key: string; readonly text: string } | undefined {
  const at = images.lineAt(address);
  const text = at === undefined ? undefined : sources.line(at.file, at.line);
  if (at === undefined || text === undefined) return undefined;
  return { key: `${at.file}:${at.line}`, text: `${String(at.line).padStart(5)}  ${text.trimEnd()}` };
}

/** The ends of the callers' way to here, outermost first. */
function callers(stack: CallStack, { index }: LogicalFrame, look: CodeLook): CodeRow[] {
  const physical: PhysicalFrame[] = [];
  const { target } = stack;
  // A caller may have inlined frames at its pc; more than these few are not asked for.
  for (const frame of stack.frames(index + 4 * CALLERS).slice(index)) {
    if (physical.at(-1) !== frame.physical) physical.push(frame.physical);
  }
  return physical
    .slice(1, 1 + CALLERS)
    .filter(({ func, seam }) => func !== undefined && !func.topFrame && seam === undefined)
    .reverse()
    .flatMap(({ func, pc }) => {
      const starts = startsOf(target, func!).filter(start => start < pc);
      const tail = disassembleRange(target, look.flavor, starts[Math.max(0, starts.length - TAIL)] ?? pc, { end: pc });
      return [heading(target, func), ...tail.map(line => instruction(look, line))];
    });
}

interface Decoded {
  readonly entry: bigint;
  readonly bytes: Uint8Array;
  readonly starts: readonly bigint[];
}
const MOST_KEPT = 16;
const decoded = (): Decoded[] => [];

/** Addresses of a function's instructions. Kept for the few functions that are looked at, until their bytes change. */
function startsOf(target: Target, { entry, end }: Func): readonly bigint[] {
  const { memory } = target;
  const length = Number(end - entry);
  const list = target.lasting(decoded);
  const bytes = memory.allows(entry, length, 'read') ? memory.read(entry, length) : new Uint8Array();
  const found = list.find(
    each => each.entry === entry && each.bytes.length === bytes.length && each.bytes.every((byte, at) => byte === bytes[at]),
  );
  if (found !== undefined) return found.starts;
  const starts = [...instructionsIn(memory, entry, end)].map(({ address }) => address);
  list.unshift({ entry, bytes, starts });
  list.length = Math.min(list.length, MOST_KEPT);
  return starts;
}
