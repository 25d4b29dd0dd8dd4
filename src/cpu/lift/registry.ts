import type { Mnemonic } from 'iced-x86';
import type { Builder } from './builder.js';

/** Emits the micro-ops of one instruction. Everything that can fault comes before the first change of a register. */
export type Lifter = (b: Builder) => void;

/** The instruction table: mnemonic -> lifter. The files of instruction groups fill it; a mnemonic without one stops the guest. */
export const lifters = new Map<Mnemonic, Lifter>();
