/** The fields of the register file that a region keeps in WebAssembly's locals while it runs. */
import { STATE, TEMPS, temp, VTEMPS, vtemp, xmmSlot } from '../layout.js';
import type { ValueType } from '../wasm/code.js';

export interface Var {
  /** Its local. */
  readonly name: string;
  readonly type: ValueType & ('i32' | 'i64' | 'v128');
  /** Address in the register file. */
  readonly slot: number;
  /** Its place in a set of variables; 0n: it does not outlive its instruction, and is in no set. */
  readonly bit: bigint;
}

export const VARS: Var[] = [];
/** Number of the variable that covers each byte of the register file; -1: there is none, the field stays in memory. */
const owners = new Int8Array(STATE.image).fill(-1);

const BYTES = { i32: 4, i64: 8, v128: 16 } as const;
let bits = 0n;
function add(name: string, type: Var['type'], slot: number, lasting: boolean): void {
  owners.fill(VARS.length, slot, slot + BYTES[type]);
  VARS.push({ name, type, slot, bit: lasting ? 1n << bits++ : 0n });
}
for (let index = 0; index < 16; index++) add(`r${index}`, 'i64', STATE.gpr + 8 * index, true);
add('ccOp', 'i32', STATE.ccOp, true);
for (const name of ['ccA', 'ccB', 'ccR', 'ccS'] as const) add(name, 'i64', STATE[name], true);
for (let index = 0; index < 16; index++) add(`xmm${index}`, 'v128', xmmSlot(index), true);
for (let index = 0; index < TEMPS; index++) add(`t${index}`, 'i64', temp(index), false);
for (let index = 0; index < VTEMPS; index++) add(`vt${index}`, 'v128', vtemp(index), false);
add('rmwHost', 'i32', STATE.rmwHost, false);

/** The variable that holds the byte at an address; undefined: the address is no variable's. */
export function varAt(address: number): Var | undefined {
  const owner = owners[address] ?? -1;
  return owner < 0 ? undefined : VARS[owner];
}

export const varBytes = (what: Var): number => BYTES[what.type];
export const FLAG_VARS: readonly Var[] = VARS.filter(({ name }) => name.startsWith('cc'));
export const FLAG_BITS = FLAG_VARS.reduce((all, { bit }) => all | bit, 0n);

/** The variables of a set. */
export const varsOf = (set: bigint): Var[] => (set === 0n ? [] : VARS.filter(({ bit }) => (bit & set) !== 0n));
