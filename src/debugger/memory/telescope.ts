/** `telescope`: words of memory, each with where it leads and, on a stack, what it is there for. */

import { hex } from '../../host/hex.js';
import type { Answer, Data } from '../answer.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { CallStack } from '../target.js';
import { landmarkOf } from './landmarks.js';
import { type Chain, chainOf, chainText } from './pointer-chain.js';
import { stackSlots } from './slots.js';

export interface TelescopeRow {
  readonly address: bigint;
  /** Absent: the word cannot be read. */
  readonly chain?: Chain;
  /** What the word is there for: `returns to #1`, `fn *runtime.funcval of #7`, `runtime.g0.sched.sp uintptr`. */
  readonly slot?: string;
  /** Registers that hold this address. */
  readonly registers: readonly string[];
}

const WORD = 8n;
const POINTERS = ['rsp', 'rbp', 'rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;

/** `count` words from `start` up, with the registers of `frame` that point there; ends behind the first that cannot be read. */
export function telescope(stack: CallStack, frame: LogicalFrame, start: bigint, count: number): readonly TelescopeRow[] {
  const { memory } = stack.target;
  const slots = stackSlots(stack, start, count);
  const { registers } = frame.physical;
  const holders = POINTERS.map(name => [name, registers.get(name)?.value] as const);
  const rows: TelescopeRow[] = [];
  for (let index = 0; index < count; index++) {
    const address = BigInt.asUintN(64, start + BigInt(index) * WORD);
    const names = holders.filter(([, value]) => value === address).map(([name]) => name);
    const slot = slots.get(address)?.text ?? fieldText(stack, address);
    const base = { address, registers: names, ...(slot === undefined ? {} : { slot }) };
    if (!memory.allows(address, 8, 'read')) {
      rows.push(base);
      break;
    }
    const behind = memory.allows(address + WORD, 8, 'read') ? memory.readU64(address + WORD) : undefined;
    rows.push({ ...base, chain: chainOf(stack, memory.readU64(address), behind) });
  }
  return rows;
}

/** A word of a structure whose type is known, by its field. */
function fieldText(stack: CallStack, address: bigint): string | undefined {
  const landmark = landmarkOf(stack, address);
  return landmark?.type === undefined ? undefined : `${landmark.name} ${landmark.type.name}`;
}

/** The command: a table with offsets from the first word. */
export function telescopeAnswer(stack: CallStack, frame: LogicalFrame, start: bigint, count: number): Answer {
  const rows = telescope(stack, frame, start, count);
  const notes = rows.map(row => row.registers.join(' '));
  const wide = Math.max(0, ...notes.map(note => note.length));
  const lines = rows.map(({ address, chain, slot }, index) => {
    const head = `${hex(address)}  +0x${(index * 8).toString(16).padStart(3, '0')}  ${notes[index]!.padEnd(wide)}`;
    if (chain === undefined) return `${head}  cannot be read: nothing is mapped there`;
    const value = hex(chain.links[0]!.value);
    const what = [chainText(chain), slot === undefined ? '' : `(${slot})`].filter(part => part !== '').join('  ');
    return `${head}  ${value.padEnd(14)}  ${what}`.trimEnd();
  });
  return { output: lines.join('\n'), data: rows.map(rowData) };
}

function rowData({ address, chain, slot, registers }: TelescopeRow): Data {
  return {
    address: hex(address),
    value: chain === undefined ? null : hex(chain.links[0]!.value),
    registers: [...registers],
    chain: (chain?.links ?? []).map(({ value, landmark }) => ({
      value: hex(value),
      region: landmark?.region ?? null,
      name: landmark?.name ?? null,
      type: landmark?.type?.name ?? null,
    })),
    end: chain?.end.kind ?? null,
    text: chain?.end.kind === 'text' ? chain.end.text : null,
    slot: slot ?? null,
  };
}
