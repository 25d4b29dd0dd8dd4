/** The x87 tag word (Intel SDM vol. 1, 8.1.7). A processor keeps which physical registers are empty; the rest is told by what they hold. */
import { STATE } from './layout.js';

const REGISTERS = 8;
const EMPTY = 3;
const VALID = 0;
const ZERO = 1;
const SPECIAL = 2;

/** What of a tag word is kept: two ones for each register that is empty. */
export const emptyTags = (ftw: number): number => (ftw & (ftw >> 1) & 0x5555) * EMPTY;

/** The whole tag word, with the registers in a register file. */
export function tagWord(view: DataView, ftw: number): number {
  let tags = 0;
  for (let physical = 0; physical < REGISTERS; physical++) tags |= tagOf(view, ftw, physical) << (2 * physical);
  return tags;
}

function tagOf(view: DataView, ftw: number, physical: number): number {
  if (((ftw >> (2 * physical)) & 3) === EMPTY) return EMPTY;
  const at = STATE.x87 + 16 * physical;
  const exponent = view.getUint16(at + 8, true) & 0x7fff;
  const high = view.getUint32(at + 4, true);
  if (exponent === 0) return high === 0 && view.getUint32(at, true) === 0 ? ZERO : SPECIAL;
  return exponent === 0x7fff || high < 2 ** 31 ? SPECIAL : VALID;
}
