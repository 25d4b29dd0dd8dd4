/** Addresses and lengths of a function's items: jumps within it start short and grow until all reach (no jump ever shrinks again, so it ends). */
import { Mnemonic as M } from 'iced-x86';
import type { Diagnostics } from './diagnostics.js';
import { nearest } from './diagnostics.js';
import type { InstructionEncoder } from './encode.js';
import type { Alignment, FunctionItems, Symbolic } from './items.js';

export interface LaidOut {
  readonly items: FunctionItems;
  /** Offset of each item in the function, and of the end. */
  readonly offsets: readonly number[];
  readonly long: ReadonlySet<number>;
  /** Index of the item that each jump leads to. */
  readonly targets: readonly (number | undefined)[];
  /** What the function's address must be a multiple of. */
  readonly alignment: number;
}

/** Functions begin at multiples of it. */
export const FUNCTION_ALIGNMENT = 32;

/** Only with an 8-bit displacement. */
const ONLY_SHORT = new Set([M.Jrcxz, M.Jecxz, M.Loop, M.Loope, M.Loopne]);
const LOOPS = new Set([M.Loop, M.Loope, M.Loopne]);

/** The longest NOPs of each length from 1 on (Intel SDM vol. 2, NOP). */
const NOPS = [
  '90',
  '6690',
  '0f1f00',
  '0f1f4000',
  '0f1f440000',
  '660f1f440000',
  '0f1f8000000000',
  '0f1f840000000000',
  '660f1f840000000000',
].map(digits => Uint8Array.from(digits.match(/../g)!, byte => Number.parseInt(byte, 16)));

export function layOut(items: FunctionItems, encoder: InstructionEncoder, diagnostics: Diagnostics): LaidOut {
  const long = new Set<number>();
  const targets = targetsOf(items);
  // Lengths do not depend on where a function lies: addresses in instructions are always 32 bits relative to RIP.
  const lengths = items.items.map(item =>
    item.kind === 'jump' ? encoder.jump(item.mnemonic, true).length : item.kind === 'alignment' ? 0 : item.bytes.length,
  );
  const alignments = items.items.filter(item => item.kind === 'alignment');
  const alignment = Math.max(FUNCTION_ALIGNMENT, ...alignments.map(item => item.to));
  for (;;) {
    const offsets = [0];
    for (let index = 0; index < lengths.length; index++) {
      const at = offsets[index];
      const item = items.items[index];
      offsets.push(at + (item.kind === 'alignment' ? padding(item, at) : lengths[index]));
    }
    let grown = false;
    items.items.forEach((item, index) => {
      if (item.kind !== 'jump' || long.has(index)) return;
      const target = targets[index];
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
      return { items, offsets, long, targets, alignment };
    }
  }
}

/** Bytes that an alignment fills at an offset. */
function padding({ to, most }: Alignment, at: number): number {
  const missing = (to - (at % to)) % to;
  return missing > most ? 0 : missing;
}

/**
 * Where each jump leads: one that would land on a JMP goes where that goes, as in Go, in the order of the text. One that comes to no end there
 * becomes a jump to itself, which is the same; but not a LOOP, which counts, and which Go spoils.
 */
function targetsOf({ items, labels }: FunctionItems): (number | undefined)[] {
  const targets = items.map(item => (item.kind === 'jump' ? labels.get(item.label) : undefined));
  const endless = new Set<number>();
  const onward = (target: number): number | undefined => {
    const item = items[target];
    return item?.kind === 'jump' && item.mnemonic === M.Jmp && !endless.has(target) ? targets[target] : undefined;
  };
  items.forEach((item, index) => {
    const first = targets[index];
    if (item.kind !== 'jump' || first === undefined) return;
    let target = first;
    for (let steps = 0, next = onward(target); next !== undefined; next = onward(target)) {
      target = next;
      if (++steps <= items.length) continue;
      target = LOOPS.has(item.mnemonic) ? first : index;
      endless.add(index);
      break;
    }
    targets[index] = target;
  });
  return targets;
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
  { items: { items }, offsets, long, targets }: LaidOut,
  start: bigint,
  encoder: InstructionEncoder,
  resolve: (item: Symbolic) => bigint | undefined,
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
        const target = targets[index];
        text.bytes.set(encoder.jump(item.mnemonic, !long.has(index)), at);
        const distance = target === undefined ? 0 : offsets[target] - behind;
        if (long.has(index)) view.setInt32(base + behind - 4, distance, true);
        else view.setInt8(base + behind - 1, distance);
        return;
      }
      case 'alignment': {
        for (let from = at, rest = behind - offsets[index]; rest > 0; ) {
          const nop = NOPS[Math.min(rest, NOPS.length) - 1];
          text.bytes.set(nop, from);
          from += nop.length;
          rest -= nop.length;
        }
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
