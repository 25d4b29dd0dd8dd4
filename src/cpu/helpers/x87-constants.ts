import type { FloatEnv } from '../softfloat/index.js';
import { roundPack, X80 } from '../softfloat/index.js';

/** 1 and 0, and five irrational numbers as 96-bit significands cut short and their lowest bit's exponent; all are rounded by RC. */
const VALUES: Readonly<Record<string, readonly [significand: bigint, exponent: number]>> = {
  fld1: [1n, 0],
  fldl2t: [0xd49a784bcd1b8afe492bf6ffn, 1 - 95],
  fldl2e: [0xb8aa3b295c17f0bbbe87fed1n, -95],
  fldpi: [0xc90fdaa22168c234c4c6628bn, 1 - 95],
  fldlg2: [0x9a209a84fbcff7988f8959acn, -2 - 95],
  fldln2: [0xb17217f7d1cf79abc9e3b398n, -1 - 95],
};

/** What the FLD-constant instructions push, for the rounding mode of `env`. No flag is raised. */
export function constant(env: FloatEnv, name: string): bigint {
  if (name === 'fldz') return 0n;
  const [significand, exponent] = VALUES[name]!;
  const bits = roundPack(env, X80, false, significand, exponent);
  env.flags = 0;
  env.roundedUp = false;
  return bits;
}

export const CONSTANT_NAMES = ['fldz', ...Object.keys(VALUES)];
