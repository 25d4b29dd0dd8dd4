/** VEX prefixes with one bit changed, or with another prefix in front: some are other instructions, the reserved ones are #UD. */
import { buildCase } from './build.js';
import type { Case } from './case.js';
import { decode, type Form, formOf } from './draft.js';
import { testedForms } from './forms.js';
import { ENTRY } from './layout.js';
import { Random } from './random.js';

let forms: readonly Form[] | undefined;

export function buildReserved(seed: number): Case | undefined {
  const random = new Random(seed ^ 0x1f83d9ab);
  forms ??= testedForms()
    .filter(({ vex }) => vex)
    .map(({ code }) => formOf(code));
  for (let attempt = 0; attempt < 50; attempt++) {
    const test = buildCase(random.pick(forms), random.u32());
    if (test === undefined || test.rip !== ENTRY || (test.code[0] !== 0xc4 && test.code[0] !== 0xc5)) continue;
    const code = random.chance(25)
      ? Uint8Array.of(random.pick([0x66, 0xf2, 0xf3, 0xf0, 0x40, 0x48]), ...test.code)
      : changed(test.code, random);
    // All that may follow is there: what is decoded otherwise may be longer.
    const padded = Uint8Array.of(...code, ...Array<number>(6).fill(0x90));
    const instruction = decode(padded, ENTRY);
    const reserved = instruction.isInvalid;
    instruction.free();
    if (reserved) return { ...test, seed, code: padded };
  }
  return undefined;
}

function changed(code: Uint8Array, random: Random): Uint8Array {
  const result = code.slice();
  const at = code[0] === 0xc5 ? 1 : random.between(1, 2);
  result[at]! ^= 1 << random.below(8);
  return result;
}
