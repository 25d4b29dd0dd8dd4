/** How many bytes an instruction takes of an operand in memory, by its name: what `go vet` can tell of it, and no more. */
import { inOrder, mnemonics } from './mnemonics.js';

const LETTERS: Readonly<Record<string, number>> = { B: 1, W: 2, L: 4, Q: 8, D: 8 };
const SUFFIXES: Readonly<Record<number, string>> = { 1: 'B', 2: 'W', 4: 'L', 8: 'Q' };

export interface AccessWidth {
  readonly bytes: number;
  /** Those are the bytes that it takes. Of packed instructions vet goes by the last letter too, which speaks of their lanes. */
  readonly exact: boolean;
}

/**
 * Undefined where the name does not say: extending moves (`MOVBLZX` may take the low byte of anything), MOVUPS and its kin. Found by
 * experiments with vet of Go 1.26, which reads the letters in front of any digit. Where it takes a letter for a width that is none (the
 * condition of `CMOVLEQ`, the last letter of `CALL`), the table of instructions knows better.
 */
export function operandWidth(mnemonic: string, index: number, count: number): AccessWidth | undefined {
  const bytes = bytesOfName(/^[A-Z]*/.exec(mnemonic)![0]);
  if (bytes === undefined) return undefined;
  const forms = (mnemonics.get(mnemonic) ?? []).filter(form => form.widths.length === count);
  const indices = Array.from({ length: count }, (_, at) => at);
  const widths = forms.map(form => form.widths[inOrder(form, indices).indexOf(index)]);
  if (widths.includes(bytes * 8)) return { bytes, exact: true };
  return widths.includes(0) ? { bytes, exact: /^(?:MOVOU?$|(?!P)[A-Z]*S[SD](?![A-Z]))/.test(mnemonic) } : undefined;
}

function bytesOfName(name: string): number | undefined {
  if (name === 'MOVO' || name === 'MOVOU') return 16;
  if (name.startsWith('SET')) return 1;
  if (/^P.*RD$/.test(name) || name.endsWith('SS')) return 4;
  return LETTERS[name.slice(-1)];
}

/** The instruction that does the same with so many bytes. */
export function ofWidth(mnemonic: string, bytes: number): string | undefined {
  // Packed instructions of another width take other lanes.
  const letter = SUFFIXES[bytes];
  if (letter === undefined || /^P(?!OP|USH)/.test(mnemonic)) return undefined;
  // The letter stands in front of a digit (`CVTSQ2SD`) or at the end (`IMUL3Q`).
  const [, front, back] = /^([A-Z]+)(.*)$/.exec(mnemonic)!;
  const float = { 4: 'S', 8: 'D' }[bytes];
  const swap = (name: string): string => name.slice(0, -1) + (/S[SD]$/.test(name) ? float : letter);
  const candidates = /^MOVOU?$/.test(mnemonic) ? [`MOV${letter}`] : [swap(front) + back, swap(mnemonic)];
  return candidates.find(name => name !== mnemonic && mnemonics.has(name));
}

/** The move that extends a number of so many bytes to a whole register. */
export function extending(bytes: number, signed: boolean): string {
  return `MOV${SUFFIXES[bytes]}Q${signed ? 'S' : 'Z'}X`;
}
