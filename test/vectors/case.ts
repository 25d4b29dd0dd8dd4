/** One vector case: what `expand` needs, and what is laid over its result. */
import { INPUT } from './layout.js';
import { expand, type Profile } from './state.js';

export interface Case {
  readonly seed: number;
  readonly profile: Profile;
  readonly rip: bigint;
  readonly code: Uint8Array;
  /** General registers that hold addresses, counts and the like, by encoding number. */
  readonly registers: readonly (readonly [number, bigint])[];
  /** Memory that is set before the run: `length` bytes from the seed, or the bytes themselves. */
  readonly overlay?: { readonly address: bigint; readonly length: number; readonly bytes?: Uint8Array };
  /** Bits of RFLAGS that are not compared, because the manual leaves them undefined. */
  readonly undefinedFlags: number;
}

/** The `Input` record of a case. */
export function inputOf(test: Case): Uint8Array {
  const overlay = test.overlay ?? { address: 0n, length: 0 };
  const record = expand(test.seed, test.profile, overlay.address, overlay.length);
  const view = new DataView(record.buffer);
  for (const [register, value] of test.registers) view.setBigUint64(INPUT.gpr + 8 * register, value, true);
  view.setBigUint64(INPUT.rip, test.rip, true);
  record[INPUT.codeLength] = test.code.length;
  record.set(test.code, INPUT.code);
  if (test.overlay?.bytes) record.set(test.overlay.bytes, INPUT.overlay);
  return record;
}

/** True when INT3 at `address` is not the case's own: the case has ended there. */
export function isEnd(test: Case, address: bigint): boolean {
  return address < test.rip || address >= test.rip + BigInt(test.code.length);
}
