/** Lines of assembly that between them name every mnemonic with every kind of operand it takes. */
import { Mnemonic } from 'iced-x86';
import { mnemonics } from '../../src/asm/mnemonics.js';

/** One of each kind: what a shape is made of. */
const REPRESENTATIVE = {
  register: 'CX',
  vector: 'X3',
  mmx: 'M3',
  memory: '16(BX)',
  immediate: '$5',
  wide: 'Y3',
  otherVector: 'X6',
  otherWide: 'Y6',
  gathered: '16(BX)(X5*4)',
  gatheredWide: '16(BX)(Y5*4)',
} as const;
type Kind = keyof typeof REPRESENTATIVE;
/** Of the older instructions; those with a VEX prefix take the others as well. */
const KINDS: readonly Kind[] = ['register', 'vector', 'mmx', 'memory', 'immediate'];

/** What else may stand in an operand's place: registers of both halves, all addressing modes, all sizes of displacements and constants. */
const VARIANTS: Readonly<Record<Kind, readonly string[]>> = {
  register: ['AX', 'DX', 'BX', 'BP', 'SI', 'DI', 'R8', 'R12', 'R13', 'R15'],
  vector: ['X0', 'X7', 'X8', 'X15'],
  mmx: ['M0', 'M1', 'M7'],
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
  wide: ['Y0', 'Y7', 'Y8', 'Y15'],
  otherVector: ['X0', 'X3'],
  otherWide: ['Y0', 'Y3'],
  gathered: ['(AX)(X1*1)', '(R13)(X12*8)', '0x100(R12)(X9*2)', '-8(SP)(X15*4)', '(X7*4)'],
  gatheredWide: ['(AX)(Y1*1)', '(R13)(Y12*8)', '0x100(R12)(Y9*2)', '-8(SP)(Y15*4)', '(Y7*4)'],
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

/** With a prefix of VEX's: its name begins so, or it is one of BMI's. */
const isVex = (mnemonic: string): boolean =>
  /^(?:V(?!er).*|Andn|Bextr|Bls\w+|Bzhi|Mulx|Pdep|Pext|Rorx|Sarx|Shlx|Shrx)$/.test(Mnemonic[mnemonics.get(mnemonic)![0]!.mnemonic]!);

/** Combinations in which the vectors are of one length, one operand at most is in memory, and the constant is the first. */
function vexCombinations(count: number): Kind[][] {
  if (count === 0) return [[]];
  const of = (vector: Kind, rest: number): Kind[][] =>
    rest === 0
      ? [[]]
      : of(vector, rest - 1).flatMap(front => [vector, 'register' as const, 'memory' as const].map(kind => [...front, kind]));
  const plain = (['vector', 'wide'] as const).flatMap(vector => [
    ...of(vector, count),
    ...of(vector, count - 1).map(rest => ['immediate' as const, ...rest]),
  ]);
  const mixed: Kind[][] =
    count === 2
      ? [
          ['wide', 'vector'],
          ['vector', 'wide'],
        ]
      : count === 3
        ? [
            ['vector', 'wide', 'wide'],
            ['immediate', 'wide', 'vector'],
            ['immediate', 'vector', 'wide'],
          ]
        : [['immediate', 'vector', 'wide', 'wide']];
  const gathers =
    count !== 3
      ? []
      : (['gathered', 'gatheredWide'] as const).flatMap(memory =>
          [['vector', 'otherVector'] as const, ['wide', 'otherWide'] as const].map(([mask, result]): Kind[] => [mask, memory, result]),
        );
  return [...plain, ...mixed, ...gathers].filter(kinds => kinds.filter(kind => kind === 'memory').length < 2);
}

/** Every mnemonic with every combination of kinds, sensible or not; those with VEX's prefix apart, with what could be sensible. */
export function shapes(vex = false): Shape[] {
  return [...mnemonics].flatMap(([mnemonic, forms]) => {
    if (isVex(mnemonic) !== vex) return [];
    const counts = new Set(forms.map(form => form.widths.length));
    if (mnemonic.startsWith('IMUL')) counts.add(2);
    const all = vex ? vexCombinations : combinations;
    return [...counts].flatMap(count => all(count).map(kinds => ({ mnemonic, kinds })));
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
