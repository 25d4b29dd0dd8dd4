/**
 * The same as `now.ts`, from what was made when r14 was built: a bundle has this file in its place (the condition `made-before` of package.json's
 * imports), and no rows.
 */

import type { Assets } from '../../host/assets.js';
import { utf8Text } from '../../host/bytes.js';
import { Told } from '../../host/told.js';
import { unpackedEffects } from '../effects/pack.js';
import type { RowEffects } from '../effects/row.js';
import type { OpTraits } from '../ir/traits.js';

/** `scripts/bundle.ts` puts the table here, as JSON: V8 reads that faster than the same objects in a program. */
declare const OP_TRAITS: string;

export const opTraits = JSON.parse(OP_TRAITS) as readonly OpTraits[];

let assets: Assets | undefined;
let effects: Uint8Array | undefined;
/** Where each line of the effects begins, and where the last ends. */
let lines: readonly number[] | undefined;

export function beginWithMade(from: Assets | undefined): void {
  assets ??= from;
}

function made(name: string): Uint8Array {
  const bytes = assets?.read(name);
  if (bytes === undefined) throw new Told(`${name} is missing beside r14: npm run build makes it`);
  return bytes;
}

export const interpreterBytes = (): Uint8Array => made('interpreter.wasm');

export function effectsOfRow(op: number): RowEffects {
  effects ??= made('effects.jsonl');
  lines ??= lineStarts(effects);
  return unpackedEffects(utf8Text(effects.subarray(lines[op], lines[op + 1])));
}

function lineStarts(bytes: Uint8Array): number[] {
  const starts = [0];
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, end + 1)) starts.push(end + 1);
  return [...starts, bytes.length];
}
