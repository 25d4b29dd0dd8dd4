/** The interpreter's module. The bundle has its bytes in a file beside it, made from the same rows when it was built. */
import { readFileSync } from 'node:fs';
import { generateInterpreter } from './generate.js';

/** Runs from the record at that address with a budget of instructions; returns an EXIT value. */
export type Run = (record: number, budget: number) => number;

let bytes: Uint8Array | undefined;

export function interpreterModule(): Uint8Array {
  bytes ??= prebuilt() ?? generateInterpreter();
  return bytes;
}

function prebuilt(): Uint8Array | undefined {
  try {
    return readFileSync(new URL('interpreter.wasm', import.meta.url));
  } catch {
    return undefined;
  }
}
