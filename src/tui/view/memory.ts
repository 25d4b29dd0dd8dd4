import { describeAddress } from '../../debugger/describe.js';
import type { Session } from '../../debugger/session.js';
import { type Region, regions } from './regions.js';

export interface MemoryRow {
  readonly address: bigint;
  readonly text: string;
  readonly value: bigint;
  /** Where the word points to. */
  readonly region: Region | undefined;
}

export interface Memory {
  readonly rows: readonly MemoryRow[];
  /** Index of the word that was gone to. */
  readonly anchor?: number;
}

const WORDS = 48;
const WORD = 8;
/** Shown before a word that was gone to. */
const BEFORE = 16;

/** Words from the stack pointer up, or around `at`, each with what it points at. */
export function observeMemory(session: Session, at?: bigint): Memory {
  const { memory } = session.process;
  const { sp } = session.frame.physical;
  const regionOf = regions(session);
  const start = at === undefined ? sp : wordsBefore(memory, at & ~7n);
  const rows: MemoryRow[] = [];
  for (let index = 0; index < WORDS; index++) {
    const address = start + BigInt(index * WORD);
    if (!memory.allows(address, WORD, 'read')) break;
    const value = memory.readU64(address);
    const what = describeAddress(session.images, value) ?? '';
    rows.push({
      address,
      value,
      text: `..${(address & 0xffffn).toString(16).padStart(4, '0')}  0x${value.toString(16).padEnd(14)} ${what}`,
      region: regionOf(value),
    });
  }
  return at === undefined ? { rows } : { rows, anchor: Number((at - start) / BigInt(WORD)) };
}

function wordsBefore(memory: Session['process']['memory'], at: bigint): bigint {
  let start = at;
  for (let count = 0; count < BEFORE && memory.allows(start - BigInt(WORD), WORD, 'read'); count++) start -= BigInt(WORD);
  return start;
}
