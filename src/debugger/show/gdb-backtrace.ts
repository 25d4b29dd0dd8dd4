/**
 * `bt -gdb`: the frames that gdb 13 would print here, which are not all true. It believes the tables of .debug_frame and .eh_frame and takes every
 * register without a rule for the caller's; where there is no table it looks at a function's first instructions, and where there is no function either,
 * it takes the word at RSP for a return address. Found out by running it.
 */
import { dwarfNumber } from '../../abi/registers.js';
import { type AddressSpace, GPR_NAMES, type GprName, type Registers } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import type { Func, UnwindRow } from '../../image/api.js';
import type { Answer } from '../answer.js';
import { readable } from '../code/decode.js';
import { peek } from '../code/peek.js';
import { unwindExpression } from '../stack/expression.js';
import type { FrameRegister, KnownValue } from '../stack/frame.js';
import { cfaOf, ruleValue } from '../stack/unwind.js';
import type { Target } from '../target.js';

type Values = ReadonlyMap<FrameRegister, KnownValue>;

const RETURN_ADDRESS = 16;
const PUSH_RBP = [0x55] as const;
/** MOV RBP, RSP in its two encodings. */
const MOVES = [
  [0x48, 0x89, 0xe5],
  [0x48, 0x8b, 0xec],
] as const;
/** gdb goes no further: a program's own beginning. */
const OUTERMOST: ReadonlySet<string> = new Set(['main', 'main.main']);

export function gdbBacktrace(target: Target, registers: Registers, depth: number): Answer {
  const { memory, images } = target;
  let values: Values | undefined = new Map<FrameRegister, KnownValue>([
    ...GPR_NAMES.map(name => [name, { value: registers.get(name), how: 'exact' }] as const),
    ['rip', { value: registers.rip, how: 'exact' }],
  ]);
  const lines: string[] = [];
  const data: { index: number; pc: string; function: string }[] = [];
  for (let level = 0; values !== undefined && data.length < depth; level++) {
    const pc: bigint = values.get('rip')!.value;
    const lookup: bigint = level === 0 ? pc : pc - 1n;
    const func = images.functionAt(lookup);
    const inline = images.inlineFrames(lookup).map(({ name }) => name);
    for (const [at, name] of (inline.length > 0 ? inline : [func?.name ?? '??']).entries()) {
      if (data.length === depth) break;
      const place = at === 0 ? `0x${pc.toString(16).padStart(16, '0')} in ` : '';
      lines.push(`${`#${data.length} `.padEnd(4)}${place}${name} ()`);
      data.push({ index: data.length, pc: hex(pc), function: name });
    }
    const ends: boolean = (level > 0 && pc === 0n) || (func !== undefined && OUTERMOST.has(func.name));
    values = ends ? undefined : callerOf(memory, values, images.unwindAt(lookup), func, pc);
  }
  return { output: `What gdb would print here (not all of it is true):\n${lines.join('\n')}`, data };
}

/** The caller's registers as gdb has them; undefined: it stops. */
function callerOf(
  memory: AddressSpace,
  values: Values,
  row: UnwindRow | undefined,
  func: Func | undefined,
  pc: bigint,
): Values | undefined {
  const sp = values.get('rsp')!.value;
  const found = row?.how === 'cfi' || row?.how === 'exact' ? byTable(memory, values, row) : byPrologue(memory, values, func, pc);
  const { cfa, saved } = found ?? {};
  const returnAddress = cfa === undefined ? undefined : peek(memory, cfa - 8n);
  if (cfa === undefined || returnAddress === undefined || cfa <= sp) return undefined;
  const caller = new Map(values);
  for (const [name, value] of saved ?? []) {
    if (value === undefined) return undefined;
    caller.set(name, { value, how: 'inferred' });
  }
  caller.set('rsp', { value: cfa, how: 'inferred' });
  caller.set('rip', { value: returnAddress, how: 'inferred' });
  return caller;
}

interface Step {
  readonly cfa: bigint | undefined;
  /** Registers that were saved; undefined: what they were cannot be read. */
  readonly saved: ReadonlyMap<GprName, bigint | undefined>;
}

function byTable(memory: AddressSpace, values: Values, row: UnwindRow): Step | undefined {
  const evaluate = unwindExpression(memory);
  const cfa = cfaOf(row, values, evaluate);
  if (cfa === undefined || row.registers.get(RETURN_ADDRESS) === 'undefined') return undefined;
  const saved = new Map<GprName, bigint | undefined>();
  for (const name of GPR_NAMES) {
    const rule = row.registers.get(dwarfNumber(name));
    if (rule !== undefined && rule !== 'same' && name !== 'rsp') saved.set(name, ruleValue(rule, name, values, cfa, memory, evaluate));
  }
  return { cfa, saved };
}

/** By the instructions that begin a function, as far as they have run: PUSHQ BP; MOVQ SP, BP. */
function byPrologue(memory: AddressSpace, values: Values, func: Func | undefined, pc: bigint): Step {
  const sp = values.get('rsp')!.value;
  const start = func === undefined ? new Uint8Array() : readable(memory, func.entry, 4);
  const done = func === undefined ? 0n : pc - func.entry;
  const pushes = begins(start, PUSH_RBP) && done > 0n;
  const moves = pushes && done > 1n && MOVES.some(each => begins(start.subarray(1), each)) && done > 3n;
  if (moves) {
    const base = values.get('rbp')!.value;
    return { cfa: base + 16n, saved: new Map([['rbp', peek(memory, base)]]) };
  }
  if (!pushes) return { cfa: sp + 8n, saved: new Map() };
  return { cfa: sp + 16n, saved: new Map([['rbp', peek(memory, sp)]]) };
}

const begins = (bytes: Uint8Array, with_: readonly number[]): boolean => with_.every((byte, index) => bytes[index] === byte);
