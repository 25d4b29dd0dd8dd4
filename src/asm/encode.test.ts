import fc from 'fast-check';
import { Mnemonic as M } from 'iced-x86';
import { expect, it } from 'vitest';
import { type EncodedPlace, InstructionEncoder } from './encode.js';
import { type Encoded, Encodings } from './encodings.js';

const integer = fc.constantFrom('AX', 'CX', 'BX', 'BP', 'SP', 'SI', 'R8', 'R13', 'R15');
const vector = fc.constantFrom('X0', 'X1', 'X7', 'X8', 'X15');
/** Numbers around the ends of what 8, 16, 32 and 64 bits hold. */
const number = fc
  .tuple(fc.constantFrom(0n, 1n, 7n, 8n, 15n, 16n, 31n, 32n, 63n, 64n), fc.constantFrom(-1n, 1n), fc.bigInt({ min: -2n, max: 2n }))
  .map(([bits, sign, more]) => sign * (1n << bits) + more);

function operand(bits: number): fc.Arbitrary<EncodedPlace> {
  const memory = fc.record({
    kind: fc.constant('memory' as const),
    base: fc.option(integer, { nil: undefined }),
    index: fc.option(
      integer.filter(name => name !== 'SP'),
      { nil: undefined },
    ),
    scale: fc.constantFrom(1, 2, 4, 8),
    displacement: number,
    segment: fc.constantFrom(undefined, 'FS' as const),
    width: fc.constant(bits),
  });
  return fc.oneof(
    fc.record({ kind: fc.constant('register' as const), name: bits === 0 ? vector : integer, width: fc.constant(bits) }),
    fc.record({ kind: fc.constant('immediate' as const), value: number, width: fc.constant(bits) }),
    memory.map(place => place as EncodedPlace),
  );
}

const mnemonics = (bits: number) =>
  bits === 0
    ? fc.constantFrom(M.Movups, M.Movaps, M.Pshufd, M.Addsd, M.Psrldq)
    : fc.constantFrom(M.Mov, M.Add, M.Cmp, M.Test, M.Imul, M.Shl, M.Push, M.Lea, M.Xchg);
/** Width 0 is that of the X registers. */
const instruction = fc
  .constantFrom(0, 8, 16, 32, 64)
  .chain(bits => fc.record({ mnemonic: mnemonics(bits), places: fc.array(operand(bits), { minLength: 1, maxLength: 3 }) }));

const plain = (encoded: Encoded | undefined) => encoded && { bytes: [...encoded.bytes], fieldAt: encoded.fieldAt };

it('an instruction has the bytes that it has alone, whatever was encoded before it', () => {
  const known = new Encodings();
  const used = new InstructionEncoder(known);
  const encoded = new Set<number>();
  const all: { mnemonic: M; places: EncodedPlace[] }[] = [];
  fc.assert(
    fc.property(instruction, ({ mnemonic, places }) => {
      const alone = new InstructionEncoder().encode(mnemonic, places);
      if (alone !== undefined) encoded.add(mnemonic);
      expect(plain(used.encode(mnemonic, places))).toEqual(plain(alone));
      all.push({ mnemonic, places });
    }),
    { numRuns: 20_000 },
  );
  const kept = new InstructionEncoder(new Encodings(known.pack()));
  for (const { mnemonic, places } of all) expect(plain(kept.encode(mnemonic, places))).toEqual(plain(used.encode(mnemonic, places)));
  expect(encoded.size).toBe(14);
});

it.each([
  ['constant', 1n << 40n, (1n << 64n) + (1n << 40n)],
  ['constant', (1n << 64n) - 8n, (1n << 64n) + 8n],
  ['address', (1n << 64n) - 8n, (1n << 64n) - 0x100000000n],
] as const)('a %s that fits lets in none that does not', (kind, fitting, other) => {
  const place = (value: bigint): EncodedPlace =>
    kind === 'constant'
      ? { kind: 'immediate', value, width: 64 }
      : { kind: 'memory', base: 'CX', scale: 1, displacement: value, width: 64 };
  const encoder = new InstructionEncoder();
  const encode = (value: bigint) => encoder.encode(M.Mov, [{ kind: 'register', name: 'AX', width: 64 }, place(value)]);
  expect(encode(fitting)).toBeDefined();
  expect(encode(other)).toBeUndefined();
});
