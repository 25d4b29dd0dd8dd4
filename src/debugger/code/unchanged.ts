/** Which registers still are what they were at a function's entry, told from its code where nothing else tells. */
import { type AddressSpace, GPR_NAMES, type GprName } from '../../cpu/api.js';
import { FunctionFlow } from './flow.js';

/** Functions larger than this are not looked at: the answer is wanted for leaves and first instructions. */
const MOST_BYTES = 4096n;

const ALL: ReadonlySet<GprName> = new Set(GPR_NAMES);
const NONE: ReadonlySet<GprName> = new Set();

/** The general registers that nothing writes on any way from `entry` to `pc`. */
export function unchangedSinceEntry(memory: AddressSpace, entry: bigint, end: bigint, pc: bigint): ReadonlySet<GprName> {
  if (pc === entry) return ALL;
  if (pc < entry || pc >= end || end - entry > MOST_BYTES) return NONE;
  const written = FunctionFlow.of(memory, entry, end)?.writtenBefore(pc);
  return written === undefined ? NONE : new Set(GPR_NAMES.filter(name => !written.has(name)));
}
