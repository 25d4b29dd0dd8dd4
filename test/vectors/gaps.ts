/** Where r14 is known to differ from the CPU that the vectors were measured on, and why. An entry that no vector needs is an error. */
export interface Gap {
  readonly reason: string;
  /** iced's names of the forms concerned. */
  readonly forms: RegExp;
  /** What every difference of a failing case must look like. */
  readonly differences: RegExp;
}

export const GAPS: readonly Gap[] = [
  {
    reason: 'MXCSR_MASK: the measured CPU has MISALIGNSSE (bit 17), the one that r14 shows to its guest has not',
    forms: /^Fxsave/,
    differences: /^memory 0x[0-9a-f]+: expected 0x2ffff[0-9a-f]{8}, got 0xffff[0-9a-f]{8}$/,
  },
];
