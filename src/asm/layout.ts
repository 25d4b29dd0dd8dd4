/** Addresses and lengths of a function's items: jumps within it start short and grow until all reach (no jump ever shrinks again, so it ends). */
import { Mnemonic as M } from 'iced-x86';
import type { Diagnostics } from './diagnostics.js';
import { nearest } from './diagnostics.js';
import type { InstructionEncoder, Place } from './encode.js';
import type { FunctionItems, Item } from './items.js';

export interface LaidOut {
  readonly items: FunctionItems;
  /** Offset of each item in the function, and of the end. */
  readonly offsets: readonly number[];
  readonly long: ReadonlySet<number>;
}

const SHORT = 2;
/** Only with an 8-bit displacement. */
const ONLY_SHORT = new Set([M.Jrcxz, M.Jecxz, M.Loop, M.Loope, M.Loopne]);

const branch = (target: bigint, short: boolean): Place => ({ kind: 'branch', target, short });

export function layOut(items: FunctionItems, encoder: InstructionEncoder, diagnostics: Diagnostics): LaidOut {
  const long = new Set<number>();
  // Lengths do not depend on where a function lies: addresses in instructions are always 32 bits relative to RIP.
  const lengths = items.items.map(item => {
    if (item.kind === 'jump') return SHORT;
    return item.kind === 'bytes' ? item.bytes.length : (encoder.encode(item.mnemonic, item.places, 0n)?.length ?? 0);
  });
  for (;;) {
    const offsets = [0];
    for (const length of lengths) offsets.push(offsets[offsets.length - 1] + length);
    let grown = false;
    items.items.forEach((item, index) => {
      if (item.kind !== 'jump' || long.has(index)) return;
      const target = items.labels.get(item.label);
      if (target === undefined) return;
      const distance = offsets[target] - offsets[index + 1];
      if (distance >= -128 && distance <= 127) return;
      if (ONLY_SHORT.has(item.mnemonic)) {
        diagnostics.report(item.at, `${item.label} is too far away for this jump: ${distance} bytes, at most 127`, 'jump over a JMP');
        return;
      }
      long.add(index);
      lengths[index] = item.mnemonic === M.Jmp ? 5 : 6;
      grown = true;
    });
    if (!grown) {
      reportLabels(items, diagnostics);
      return { items, offsets, long };
    }
  }
}

function reportLabels(items: FunctionItems, diagnostics: Diagnostics): void {
  for (const item of items.items) {
    if (item.kind !== 'jump' || items.labels.has(item.label)) continue;
    const near = nearest(
      item.label,
      [...items.labels.keys()].filter(label => !label.startsWith('<')),
    );
    diagnostics.report(
      item.at,
      `label ${item.label} is not defined in this function`,
      near === undefined ? undefined : `did you mean ${near}?`,
    );
  }
}

/** Bytes of one item at its final address. `resolve` gives a symbol's address. */
export function itemBytes(
  laid: LaidOut,
  index: number,
  start: bigint,
  encoder: InstructionEncoder,
  resolve: (item: Extract<Item, { kind: 'symbolic' }>) => bigint | undefined,
): Uint8Array {
  const item = laid.items.items[index];
  const address = start + BigInt(laid.offsets[index]);
  switch (item.kind) {
    case 'bytes':
      return item.bytes;
    case 'plain':
      return encoder.encode(item.mnemonic, item.places, address) ?? new Uint8Array();
    case 'jump': {
      const target = laid.items.labels.get(item.label);
      if (target === undefined) return new Uint8Array(SHORT);
      return (
        encoder.encode(item.mnemonic, [branch(start + BigInt(laid.offsets[target]), !laid.long.has(index))], address) ??
        new Uint8Array(SHORT)
      );
    }
    case 'symbolic': {
      const target = resolve(item);
      const length = laid.offsets[index + 1] - laid.offsets[index];
      if (target === undefined) return new Uint8Array(length);
      const places = item.places.map(place => {
        if (place.kind === 'branch') return branch(target + item.offset, false);
        if (place.kind === 'memory' && (place.ripRelative || place.base === undefined) && place.segment === undefined)
          return { ...place, displacement: target + item.offset };
        return place;
      });
      return encoder.encode(item.mnemonic, places, address) ?? new Uint8Array(length);
    }
  }
}
