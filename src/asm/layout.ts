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

/** Writes a function's items into the text. `start`: the function's address; `resolve` gives a symbol's. */
export function putItems(
  text: { readonly bytes: Uint8Array; readonly start: bigint },
  { items: { items, labels }, offsets, long }: LaidOut,
  start: bigint,
  encoder: InstructionEncoder,
  resolve: (item: Extract<Item, { kind: 'symbolic' }>) => bigint | undefined,
): void {
  const base = Number(start - text.start);
  const view = new DataView(text.bytes.buffer);
  items.forEach((item, index) => {
    const at = base + offsets[index];
    const behind = offsets[index + 1];
    switch (item.kind) {
      case 'bytes':
        text.bytes.set(item.bytes, at);
        return;
      case 'jump': {
        const target = labels.get(item.label);
        text.bytes.set(encoder.jump(item.mnemonic, !long.has(index)), at);
        const distance = target === undefined ? 0 : offsets[target] - behind;
        if (long.has(index)) view.setInt32(base + behind - 4, distance, true);
        else view.setInt8(base + behind - 1, distance);
        return;
      }
      case 'symbolic': {
        const target = resolve(item);
        text.bytes.set(item.bytes, at);
        if (target === undefined) return;
        const next = item.relative ? start + BigInt(behind) : 0n;
        view.setInt32(at + item.fieldAt, Number(target + item.offset - next), true);
      }
    }
  });
}
