/** Where r14 is known to differ from the CPU that the vectors were measured on, and why. An entry that no vector needs is an error. */
export interface Gap {
  readonly reason: string;
  /** iced's names of the forms concerned. */
  readonly forms: RegExp;
  /** What every difference of a failing case must look like. */
  readonly differences: RegExp;
}

/**
 * Where hosts differ from the one that the committed vectors were measured on, in what their kernels do: `npm run fuzz` does not count it. There need be
 * no vector that differs so.
 */
export const HOST_GAPS: readonly Gap[] = [
  {
    reason: 'with UMIP Linux itself does SMSW, SLDT and STR for the program: it leaves the upper half of registers, and faults elsewhere',
    forms: /^(Smsw|Sldt|Str)_/,
    differences: /^(fault|memory|r[a-z0-9]+)/,
  },
  {
    reason: 'a kernel that runs 32-bit programs has a code selector for them, 0x23, which r14 has not',
    forms: /^Pop[wq]?_[FG]S$/,
    differences: /^(fault: expected none, got #GP$|rsp:|rip:)/,
  },
];

export const GAPS: readonly Gap[] = [
  {
    reason: 'MXCSR_MASK: the measured CPU has MISALIGNSSE (bit 17), the one that r14 shows to its guest has not',
    forms: /^Fxsave/,
    differences: /^memory 0x[0-9a-f]+: expected 0x2ffff[0-9a-f]{8}, got 0xffff[0-9a-f]{8}$/,
  },
];
