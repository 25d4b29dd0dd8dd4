/** Addresses and lengths of a function's items: jumps within it start short and grow until all reach (no jump ever shrinks again, so it ends). */
import { Mnemonic as M } from 'iced-x86';
import type { Diagnostics } from './diagnostics.js';
import { nearest } from './diagnostics.js';
import type { InstructionEncoder } from './encode.js';
import type { FunctionItems, Item } from './items.js';

export interface LaidOut {
  readonly items: FunctionItems;
  /** Offset of each item in the function, and of the end. */
  readonly offsets: readonly number[];
  readonly long: ReadonlySet<number>;
}

/** Only with an 8-bit displacement. */
const ONLY_SHORT = new Set([M.Jrcxz, M.Jecxz, M.Loop, M.Loope, M.Loopne]);

export function layOut(items: FunctionItems, encoder: InstructionEncoder, diagnostics: Diagnostics): LaidOut {
  const long = new Set<number>();
  // Lengths do not depend on where a function lies: addresses in instructions are always 32 bits relative to RIP.
  const lengths = items.items.map(item => (item.kind === 'jump' ? encoder.jump(item.mnemonic, true).length : item.bytes.length));
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
      lengths[index] = encoder.jump(item.mnemonic, false).length;
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
  switch (item.kind) {
    case 'bytes':
      return item.bytes;
    case 'jump': {
      const target = laid.items.labels.get(item.label);
      const long = laid.long.has(index);
      const bytes = encoder.jump(item.mnemonic, !long).slice();
      const distance = target === undefined ? 0 : laid.offsets[target] - laid.offsets[index + 1];
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      if (long) view.setInt32(bytes.length - 4, distance, true);
      else view.setInt8(bytes.length - 1, distance);
      return bytes;
    }
    case 'symbolic': {
      const target = resolve(item);
      const bytes = item.bytes.slice();
      if (target === undefined) return bytes;
      const next = item.relative ? start + BigInt(laid.offsets[index + 1]) : 0n;
      new DataView(bytes.buffer, bytes.byteOffset).setInt32(item.fieldAt, Number(target + item.offset - next), true);
      return bytes;
    }
  }
}
