/** What a name of Go's stands for: the rows of the table of mnemonics. */
import type { Code, Mnemonic as M } from 'iced-x86';

type Order = 'reversed' | 'same' | 'immediate-last';

export interface MnemonicForm {
  readonly mnemonic: M;
  /** Widths in bits of the operands in Intel's order; 0: as the instruction has it. */
  readonly widths: readonly number[];
  /** Go writes source before destination; a few (comparisons, PCMPxSTRx's kin with a trailing immediate) keep Intel's order or a mixed one. */
  readonly order: Order;
  /** The one encoding of the instruction that the name stands for. */
  readonly only?: Code;
  /** Least and largest constant, when that is not what the operand's width says. */
  readonly range?: readonly [bigint, bigint];
}

/** What a row has beside name, instruction and widths. */
export interface Habits {
  readonly order?: Order;
  readonly only?: Code;
  readonly range?: readonly [bigint, bigint];
}
export type AddMnemonic = (name: string, mnemonic: M, widths: readonly number[], habits?: Habits) => void;
