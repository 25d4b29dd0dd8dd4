/** Lines of assembly that between them name every mnemonic with every kind of operand it takes. */
import { mnemonics } from '../../src/asm/mnemonics.js';

/** One of each kind: what a shape is made of. */
const REPRESENTATIVE = { register: 'CX', vector: 'X3', memory: '16(BX)', immediate: '$5' } as const;
type Kind = keyof typeof REPRESENTATIVE;
const KINDS = Object.keys(REPRESENTATIVE) as Kind[];

/** What else may stand in an operand's place: registers of both halves, all addressing modes, all sizes of displacements and constants. */
const VARIANTS: Readonly<Record<Kind, readonly string[]>> = {
  register: ['AX', 'DX', 'BX', 'BP', 'SI', 'DI', 'R8', 'R12', 'R13', 'R15'],
  vector: ['X0', 'X7', 'X8', 'X15'],
  memory: [
    '(AX)',
    '(SP)',
    '(BP)',
    '(R12)',
    '(R13)',
    '8(SP)',
    '-8(R12)',
    '127(R9)',
    '128(DI)',
    '-128(R8)',
    '-129(DX)',
    '0x12345678(R13)',
    '(AX)(CX*1)',
    '(R13)(R12*8)',
    '4(BP)(R15*4)',
    '0x100(SP)(DX*2)',
    '8(R9*8)',
    '-16(BX*2)',
    '·cell(SB)',
    '·cell+8(SB)',
  ],
  immediate: [
    '$0',
    '$1',
    '$-1',
    '$127',
    '$128',
    '$-128',
    '$-129',
    '$255',
    '$256',
    '$0x7fff',
    '$0x8000',
    '$0xffff',
    '$0x7fffffff',
    '$0x80000000',
    '$0xffffffff',
    '$-0x80000000',
    '$0x100000000',
    '$-0x80000001',
    '$0x7fffffffffffffff',
  ],
};

export interface Shape {
  readonly mnemonic: string;
  readonly kinds: readonly Kind[];
}

const lineOf = (mnemonic: string, operands: readonly string[]): string =>
  operands.length === 0 ? mnemonic : `${mnemonic} ${operands.join(', ')}`;
export const shapeLine = ({ mnemonic, kinds }: Shape): string =>
  lineOf(
    mnemonic,
    kinds.map(kind => REPRESENTATIVE[kind]),
  );

const combinations = (count: number): Kind[][] =>
  count === 0 ? [[]] : combinations(count - 1).flatMap(front => KINDS.map(kind => [...front, kind]));

/** Every mnemonic with every combination of kinds, sensible or not. */
export function shapes(): Shape[] {
  return [...mnemonics].flatMap(([mnemonic, forms]) => {
    const counts = new Set(forms.map(form => form.widths.length));
    if (mnemonic.startsWith('IMUL')) counts.add(2);
    return [...counts].flatMap(count => combinations(count).map(kinds => ({ mnemonic, kinds })));
  });
}

/** A shape with each of its operands varied in turn. */
export function variants({ mnemonic, kinds }: Shape): string[] {
  return kinds.flatMap((kind, varied) =>
    VARIANTS[kind].map(text =>
      lineOf(
        mnemonic,
        kinds.map((other, index) => (index === varied ? text : REPRESENTATIVE[other])),
      ),
    ),
  );
}
