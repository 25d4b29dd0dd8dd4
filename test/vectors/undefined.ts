/**
 * Bits of RFLAGS that the manual leaves undefined after an instruction, so that no vector compares them. iced knows most; the table below
 * adds what depends on a shift's count.
 */
import { type Instruction, RflagsBits } from 'iced-x86';

const BITS: readonly (readonly [iced: number, rflags: number])[] = [
  [RflagsBits.CF, 0x1],
  [RflagsBits.PF, 0x4],
  [RflagsBits.AF, 0x10],
  [RflagsBits.ZF, 0x40],
  [RflagsBits.SF, 0x80],
  [RflagsBits.OF, 0x800],
];
const CF = 0x1;
const AF = 0x10;
const OF = 0x800;

export function toRflags(bits: number): number {
  let rflags = 0;
  for (const [iced, flag] of BITS) if (bits & iced) rflags |= flag;
  return rflags;
}

interface ShiftRule {
  readonly mnemonics: RegExp;
  /** Undefined flags for a count, already masked to 5 or 6 bits and not 0, and an operand of so many bits. */
  readonly undefinedFlags: (count: number, bits: number) => number;
}

/** Intel SDM vol. 2, "Flags Affected" of each. A count of 0 touches no flag. */
const SHIFTS: readonly ShiftRule[] = [
  { mnemonics: /^(Rol|Ror|Rcl|Rcr)_/, undefinedFlags: count => (count === 1 ? 0 : OF) },
  { mnemonics: /^Sar_/, undefinedFlags: count => AF | (count === 1 ? 0 : OF) },
  { mnemonics: /^(Shl|Sal|Shr)_/, undefinedFlags: (count, bits) => AF | (count === 1 ? 0 : OF) | (count >= bits ? CF : 0) },
  { mnemonics: /^(Shld|Shrd)_/, undefinedFlags: count => AF | (count === 1 ? 0 : OF) },
];

/** `name` is iced's name of the form, `count` CL or the immediate, `bytes` the operand's size. */
export function undefinedFlags(instruction: Instruction, name: string, count: number, bytes: number): number {
  const rule = SHIFTS.find(({ mnemonics }) => mnemonics.test(name));
  if (!rule) return toRflags(instruction.rflagsUndefined);
  const masked = count & (bytes === 8 ? 63 : 31);
  return masked === 0 ? 0 : rule.undefinedFlags(masked, 8 * bytes);
}
