/** Bytes that are no instruction: opcodes that 64-bit mode took away, reserved ones, LOCK where it may not stand. All are #UD. */
import type { Case } from './case.js';
import { Draft, decode, type Form, formOf } from './draft.js';
import { testedForms } from './forms.js';
import { ENTRY } from './layout.js';
import { Random } from './random.js';

/** VEX, EVEX and XOP prefixes: extensions that the host may have and r14's CPU has not. */
const EXTENSIONS = new Set([0xc4, 0xc5, 0x62, 0x8f]);
/** What reaches the kernel, or a state that the harness does not restore, should the host know an instruction that iced does not. */
const OTHERS = new Set([0xcc, 0xcd, 0xcf, 0xf1, 0xf4, 0x0f05]);

let forms: readonly Form[] | undefined;

function locked(random: Random): Uint8Array | undefined {
  forms ??= testedForms()
    .filter(({ group }) => ['arith', 'move', 'shift', 'muldiv', 'bits', 'condition', 'sse2'].includes(group))
    .map(({ code }) => formOf(code));
  const draft = new Draft(random.pick(forms), random);
  for (const [index, kind] of draft.form.operands.entries()) {
    if (!draft.operand(index, kind)) {
      draft.free();
      return undefined;
    }
  }
  const code = draft.encode();
  draft.free();
  return code && Uint8Array.of(0xf0, ...code);
}

function reserved(random: Random): Uint8Array {
  const code: number[] = [];
  if (random.chance(25)) code.push(random.pick([0x66, 0xf2, 0xf3]));
  if (random.chance(25)) code.push(0x40 | random.below(16));
  if (random.chance(60)) code.push(0x0f);
  code.push(random.below(256));
  while (code.length < 11) code.push(random.below(256));
  return Uint8Array.from(code);
}

export function buildInvalid(seed: number): Case | undefined {
  const random = new Random(seed ^ 0x3c6ef372);
  for (let attempt = 0; attempt < 200; attempt++) {
    const code = random.chance(30) ? locked(random) : reserved(random);
    if (!code || EXTENSIONS.has(code[0] as number) || OTHERS.has(code[0] as number)) continue;
    const first = code.findIndex(byte => ![0x66, 0xf2, 0xf3].includes(byte) && (byte & 0xf0) !== 0x40);
    if (EXTENSIONS.has(code[first] as number)) continue;
    const instruction = decode(code, ENTRY);
    const invalid = instruction.isInvalid;
    instruction.free();
    if (invalid) return { seed, profile: 'int', rip: ENTRY, code, registers: [], undefinedFlags: 0 };
  }
  return undefined;
}
