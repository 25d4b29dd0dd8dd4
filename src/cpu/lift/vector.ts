/** What the lifters of SSE share: operands, and mnemonics by name. */
import { Mnemonic } from 'iced-x86';
import { UPPER, vtemp } from '../layout.js';
import type { Builder } from './builder.js';
import { type Lifter, lifters } from './registry.js';

export const words = (text: string): string[] => text.trim().split(/\s+/);

/** The mnemonic that a row's name spells. Throws for a name that is none. */
export function mnemonicOf(name: string): Mnemonic {
  const value = Mnemonic[(name[0]!.toUpperCase() + name.slice(1)) as keyof typeof Mnemonic];
  if (value === undefined) throw new Error(`no mnemonic ${name}`);
  return value;
}

/** Registers a lifter for each mnemonic. */
export function forEach(names: readonly string[], lift: (name: string) => Lifter): void {
  for (const name of names) lifters.set(mnemonicOf(name), lift(name));
}

/** Slot of a vector source of 2, 4, 8 or 16 bytes; of 16 in memory older instructions want that they are aligned, unless `loose`. */
export function vectorSource(b: Builder, operand: number, bytes: 2 | 4 | 8 | 16, loose = false): number {
  if (b.isRegister(operand)) return b.register(operand);
  if (b.vex?.loaded !== undefined) return b.vex.loaded + b.half * UPPER;
  const { a, imm } = b.address();
  const slot = b.vtemp();
  const how = bytes === 16 ? (loose || b.vex ? 'load128' : 'load128a') : bytes === 2 ? 'load16z64' : `load${bytes * 8}v`;
  b.emit(how, slot, a, 0, imm);
  return slot;
}

/** The same of 16 bytes that both halves of a 256-bit operation use. */
export function sharedSource(b: Builder, operand: number): number {
  return vectorSource(b, operand, 16) - b.half * UPPER;
}

/** Two neighbouring vector temporaries, of an instruction that uses no others. */
export function twoTemps(b: Builder): number {
  b.vtemp();
  b.vtemp();
  return vtemp(0);
}

export const imm8 = (b: Builder, operand: number): number => Number(b.immediate(operand) & 255n);
