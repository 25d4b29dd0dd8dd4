/** Absolute addresses under the address-size prefix: 4 bytes, not sign-extended, as a displacement or as the operand of A0 to A3. */
import type { Case } from './case.js';
import { placeAddress, RSP } from './draft.js';
import { ENTRY, LOW } from './layout.js';
import { Random } from './random.js';

/** Opcodes whose ModRM follows, and the bytes of an immediate. */
const OPCODES: readonly (readonly [bytes: readonly number[], immediate: number])[] = [
  [[0x8b], 0],
  [[0x89], 0],
  [[0x8a], 0],
  [[0x88], 0],
  [[0x8d], 0],
  [[0x03], 0],
  [[0x31], 0],
  [[0x39], 0],
  [[0x87], 0],
  [[0x83], 1],
  [[0xc7], 4],
  [[0x0f, 0xb6], 0],
  [[0x0f, 0xbf], 0],
  [[0x0f, 0xc1], 0],
  [[0x0f, 0xb1], 0],
  [[0x0f, 0x6f], 0],
  [[0x0f, 0x10], 0],
];
/** 66 REX.W makes no MMX operand of 0F 6F: the form that r14 has is 66 0F 6F. */
const VECTOR = 0x6f;

export function buildAbsolute(seed: number): Case {
  const random = new Random(seed ^ 0x1b873593);
  const address = random.chance(30) ? 0x8000_0000n + BigInt(random.below(0x7fff_0000)) : placeAddress(random, 8, 'low');
  const place = Array.from({ length: 4 }, (_, i) => Number((address >> BigInt(8 * i)) & 0xffn));
  const [opcode, immediate] = random.pick(OPCODES);
  const code = [0x67];
  if (random.chance(10)) code.push(random.pick([0x64, 0x65]));
  const offset = random.chance(25);
  if (opcode.at(-1) === VECTOR && !offset) code.push(0x66);
  else if (random.chance(30)) code.push(0x48);
  if (offset) code.push(0xa0 + random.below(4), ...place);
  else {
    const register = immediate > 0 ? 0 : random.below(8);
    code.push(...opcode, (register << 3) | 4, 0x25, ...place);
    for (let i = 0; i < immediate; i++) code.push(random.below(256));
  }
  return { seed, profile: 'int', rip: ENTRY, code: Uint8Array.from(code), registers: [[RSP, LOW + 0x800n]], undefinedFlags: 0 };
}
