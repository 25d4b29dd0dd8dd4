import type { AddressSpace } from '../../cpu/api.js';
import { type TelescopeRow, telescope } from '../../debugger/memory/telescope.js';
import type { Session } from '../../debugger/session/session.js';

export interface MemoryView {
  readonly rows: readonly TelescopeRow[];
  /** Index of the word that was gone to. */
  readonly anchor?: number;
}

const WORDS = 48;
const WORD = 8n;
/** Shown before a word that was gone to. */
const BEFORE = 16;

/** Words from the stack pointer up, or around `at`, each with where it leads. */
export function observeMemory(session: Session, at?: bigint): MemoryView {
  const { stack, frame } = session;
  const { memory } = stack.target;
  const { sp } = frame.physical;
  const start = at === undefined ? sp : wordsBefore(memory, at & ~7n);
  const rows = telescope(stack, frame, start, WORDS);
  return at === undefined ? { rows } : { rows, anchor: Number((at - start) / WORD) };
}

function wordsBefore(memory: AddressSpace, at: bigint): bigint {
  let start = at;
  for (let count = 0; count < BEFORE && start >= WORD && memory.allows(start - WORD, 8, 'read'); count++) start -= WORD;
  return start;
}
