import { describeAddress } from '../../debugger/describe.js';
import type { Session } from '../../debugger/session.js';

export interface MemoryRow {
  readonly address: bigint;
  readonly text: string;
}

const WORDS = 48;
const WORD = 8;

/** Words from the stack pointer up, each with what it points at. */
export function observeMemory(session: Session): readonly MemoryRow[] {
  const { memory } = session.process;
  const { sp } = session.frame.physical;
  const rows: MemoryRow[] = [];
  for (let index = 0; index < WORDS; index++) {
    const address = sp + BigInt(index * WORD);
    if (!memory.allows(address, WORD, 'read')) break;
    const value = memory.readU64(address);
    const what = describeAddress(session.images, value) ?? '';
    rows.push({ address, text: `..${(address & 0xffffn).toString(16).padStart(4, '0')}  0x${value.toString(16).padEnd(14)} ${what}` });
  }
  return rows;
}
