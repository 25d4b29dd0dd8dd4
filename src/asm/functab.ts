/** `runtime·functab`: the table in which a program finds the names of its own functions, as the linker's pclntab is for Go. */
import { align } from './types.js';

/** The symbol that the assembler makes when a program refers to it. */
export const FUNCTAB = 'runtime.functab';
const WORD = 8;
/** {entry uintptr, name string}. */
const ENTRY = 3 * WORD;

interface Entry {
  readonly name: string;
  readonly address: bigint;
}

const encoder = new TextEncoder();

export const functabSize = (functions: readonly { readonly name: string }[]): number =>
  functions.reduce((size, { name }) => size + encoder.encode(name).length, ENTRY * (functions.length + 1));

/** Entries in the order of addresses; the last one has the end of the text and no name. The names follow. */
export function functabBytes(functions: readonly Entry[], end: bigint, address: bigint): Uint8Array {
  const bytes = new Uint8Array(align(functabSize(functions), WORD));
  const view = new DataView(bytes.buffer);
  let names = ENTRY * (functions.length + 1);
  [...functions, { name: '', address: end }].forEach((entry, index) => {
    const name = encoder.encode(entry.name);
    view.setBigUint64(index * ENTRY, entry.address, true);
    view.setBigUint64(index * ENTRY + WORD, address + BigInt(names), true);
    view.setBigUint64(index * ENTRY + 2 * WORD, BigInt(name.length), true);
    bytes.set(name, names);
    names += name.length;
  });
  return bytes.subarray(0, functabSize(functions));
}
