/** The interpreter's module. The build makes a file of its bytes, from the same rows. */
import type { Assets } from '../../host/assets.js';
import { generateInterpreter } from './generate.js';

/** Runs from the record at that address with a budget of instructions; returns an EXIT value. */
export type Run = (record: number, budget: number) => number;

let bytes: Uint8Array | undefined;

export function interpreterModule(assets: Assets | undefined): Uint8Array {
  bytes ??= assets?.read('interpreter.wasm') ?? generateInterpreter();
  return bytes;
}
