/** The interpreter's module, made once. */
import { interpreterBytes } from '#made';

/** Runs from the record at that address with a budget of instructions; returns an EXIT value. */
export type RunInterpreter = (record: number, budget: number) => number;

let bytes: Uint8Array | undefined;

export function interpreterModule(): Uint8Array {
  bytes ??= interpreterBytes();
  return bytes;
}
