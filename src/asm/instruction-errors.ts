/** What is said of an instruction that is none, or that does not take its operands. */
import { type Diagnostics, nearest } from './diagnostics.js';
import type { EncodedPlace, InstructionEncoder } from './encode.js';
import { register } from './frame.js';
import type { MnemonicForm } from './mnemonic-form.js';
import { inOrder, jumps, mnemonics, prefixes, rawData, stringInstructions } from './mnemonics.js';
import { builtInFileOf } from './preprocess.js';
import type { SourceOperand } from './syntax.js';

/** An operand of each kind. */
const SAMPLES = {
  register: register('CX'),
  'X register': register('X1', 0),
  constant: { kind: 'immediate', value: 1n, width: 64 },
  memory: { kind: 'memory', base: 'CX', displacement: 0n, scale: 1, width: 64 },
} satisfies Record<string, EncodedPlace>;
const SAMPLE_KINDS = Object.keys(SAMPLES) as (keyof typeof SAMPLES)[];

/** Every word that a statement may begin with. */
const WORDS = [
  ...mnemonics.keys(),
  ...jumps.keys(),
  ...['CALL', 'JMP', 'RET', 'NOP', 'ADJSP', 'PCALIGN', 'PCALIGNMAX', 'PCDATA', 'FUNCDATA'],
  ...rawData.keys(),
  ...prefixes.keys(),
  ...stringInstructions.keys(),
  ...['TEXT', 'DATA', 'GLOBL'],
];

/** Names of an instruction by the bytes that it takes. */
const SIZES = [
  ['Q', 8],
  ['L', 4],
  ['W', 2],
  ['B', 1],
] as const;

const SHIFT = /^(?:SH[LR]|SAL|SAR|RO[LR]|RC[LR])[BWLQ]$/;

/** What somebody who writes an unknown instruction may mean: the same with its size, else one that is spelt nearly so. */
export function instructionMeant(word: string): string | undefined {
  const name = word.toUpperCase();
  const sized = SIZES.filter(([suffix]) => mnemonics.has(name + suffix));
  if (sized.length > 1 && !mnemonics.has(name))
    return `it says how much it takes: ${sized.map(([suffix, bytes]) => `${name}${suffix} ${bytes}`).join(', ')} bytes`;
  const file = builtInFileOf(word);
  if (file !== undefined) return `#include "${file}" defines it`;
  const near = nearest(name, WORDS);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** `did you mean $5?` of the first operand that is a number without $. */
export function dollarMeant(operands: readonly SourceOperand[]): string | undefined {
  const bare = operands.find(operand => operand.kind === 'memory' && operand.bare === true);
  return bare?.kind === 'memory' ? `did you mean $${bare.offset}?` : undefined;
}

/** Warns of numbers without $: Go takes them for addresses. */
export function warnOfBare(operands: readonly SourceOperand[], diagnostics: Diagnostics): void {
  for (const operand of operands) {
    if (operand.kind === 'memory' && operand.bare === true)
      diagnostics.warn(operand.at, `${operand.offset} without $ is the memory at that address`, `did you mean $${operand.offset}?`);
  }
}

/** Reports an instruction whose forms, none, take its operands. `places`: the operands as the processor sees them at a width. */
export function reportOperands(
  { mnemonic, operands, at }: { readonly mnemonic: string; readonly operands: readonly SourceOperand[]; readonly at: SourceOperand['at'] },
  forms: readonly MnemonicForm[],
  encoder: InstructionEncoder,
  placeOf: (operand: SourceOperand, width: number) => EncodedPlace | undefined,
  diagnostics: Diagnostics,
): void {
  const [first] = operands;
  const bare = dollarMeant(operands);
  const count = SHIFT.test(mnemonic) && first?.kind === 'register' && first.name !== 'CX' && first.name !== 'CL';
  const constant = operands.find(operand => operand.kind === 'immediate');
  const width = constant === undefined ? undefined : widthOfConstant(constant, operands, forms, encoder, placeOf);
  if (count)
    diagnostics.report(first.at, `the count of ${mnemonic} must be CX or a constant, not ${first.name}`, `MOVQ ${first.name}, CX first`);
  else if (constant?.kind === 'immediate' && width !== undefined) {
    const value = constant.value < 0n || constant.value < 10_000n ? `${constant.value}` : `0x${constant.value.toString(16)}`;
    const signed = width === 32 && mnemonic.endsWith('Q') ? ' with a sign' : '';
    diagnostics.report(
      constant.at,
      `${value} does not fit the ${width} bits${signed} that a constant of ${mnemonic} has`,
      loadFirst(mnemonic, value),
    );
  } else {
    const taken = `${mnemonic} does not take these operands: ${describeOperands(operands)}`;
    const float = first?.kind === 'immediate' && /S[SD]$/.test(mnemonic) ? `$${first.value}.0 is a floating-point constant` : undefined;
    diagnostics.report(first?.at ?? at, taken, bare ?? float ?? expected(forms, encoder));
  }
}

/** Into a register it fits. */
const loadFirst = (mnemonic: string, value: string): string | undefined => (mnemonic.endsWith('Q') ? `MOVQ $${value}, R first` : undefined);

/** The bits that a constant has where any smaller one would be taken; undefined: it is not the constant that is wrong. */
function widthOfConstant(
  constant: SourceOperand,
  operands: readonly SourceOperand[],
  forms: readonly MnemonicForm[],
  encoder: InstructionEncoder,
  placeOf: (operand: SourceOperand, width: number) => EncodedPlace | undefined,
): number | undefined {
  for (const form of forms) {
    const ordered = inOrder(form, operands);
    if (ordered.length !== form.widths.length) continue;
    const places = ordered.map((operand, index) =>
      operand === constant ? ({ kind: 'immediate', value: 2n, width: form.widths[index] } as const) : placeOf(operand, form.widths[index]),
    );
    if (places.some(place => place === undefined) || encoder.encode(form.mnemonic, places as EncodedPlace[], form.only) === undefined)
      continue;
    return Math.min(32, form.widths[ordered.indexOf(constant)] || 8);
  }
  return undefined;
}

/** Which kinds of operands the forms do take, found by trying: `register, register; constant, register; ...`. */
function expected(forms: readonly MnemonicForm[], encoder: InstructionEncoder): string | undefined {
  const taken = forms.flatMap(form =>
    form.widths
      .reduce<(keyof typeof SAMPLES)[][]>((lists, _) => lists.flatMap(list => SAMPLE_KINDS.map(kind => [...list, kind])), [[]])
      .filter(kinds => {
        const places = inOrder(form, kinds).map((kind, index) => ({
          ...SAMPLES[kind],
          width: kind === 'X register' ? 0 : form.widths[index] || 64,
        }));
        return encoder.encode(form.mnemonic, places, form.only) !== undefined;
      })
      .map(kinds => kinds.join(', ') || 'none'),
  );
  return taken.length === 0 ? undefined : `it takes ${[...new Set(taken)].join('; ')}`;
}

const KINDS: Record<SourceOperand['kind'], string> = {
  register: 'register',
  immediate: 'constant',
  float: 'floating-point constant',
  text: 'string',
  address: 'address',
  memory: 'memory',
  label: 'label',
  relative: 'label',
};
const describeOperands = (operands: readonly SourceOperand[]): string =>
  operands.length === 0 ? 'none' : operands.map(operand => (operand.kind === 'register' ? operand.name : KINDS[operand.kind])).join(', ');
