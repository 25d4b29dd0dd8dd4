import fc from 'fast-check';
import { Mnemonic as M } from 'iced-x86';
import { expect, it } from 'vitest';
import { InstructionEncoder, type Place } from './encode.js';

const register = fc.constantFrom('AX', 'CX', 'BX', 'BP', 'SP', 'SI', 'R8', 'R13', 'R15');
const width = fc.constantFrom(8, 16, 32, 64);
/** Numbers around the ends of what 8, 16, 32 and 64 bits hold. */
const number = fc
  .tuple(fc.constantFrom(0n, 1n, 7n, 8n, 15n, 16n, 31n, 32n, 63n), fc.constantFrom(-1n, 1n), fc.bigInt({ min: -2n, max: 2n }))
  .map(([bits, sign, more]) => sign * (1n << bits) + more);

function operand(bits: number): fc.Arbitrary<Place> {
  const memory = fc.record({
    kind: fc.constant('memory' as const),
    base: fc.option(register, { nil: undefined }),
    index: fc.option(
      register.filter(name => name !== 'SP'),
      { nil: undefined },
    ),
    scale: fc.constantFrom(1, 2, 4, 8),
    displacement: number,
    segment: fc.constantFrom(undefined, 'FS' as const),
    width: fc.constant(bits),
  });
  return fc.oneof(
    fc.record({ kind: fc.constant('register' as const), name: register, width: fc.constant(bits) }),
    fc.record({ kind: fc.constant('immediate' as const), value: number, width: fc.constant(bits) }),
    memory.map(place => place as Place),
  );
}

const instruction = width.chain(bits =>
  fc.record({
    mnemonic: fc.constantFrom(M.Mov, M.Add, M.Cmp, M.Test, M.Imul, M.Shl, M.Push, M.Lea, M.Xchg, M.Enter, M.Movups),
    places: fc.array(operand(bits), { minLength: 1, maxLength: 3 }),
  }),
);

it('an instruction has the bytes that it has alone, whatever was encoded before it', () => {
  const used = new InstructionEncoder();
  let encoded = 0;
  fc.assert(
    fc.property(instruction, ({ mnemonic, places }) => {
      const alone = new InstructionEncoder().encode(mnemonic, places);
      const after = used.encode(mnemonic, places);
      if (alone !== undefined) encoded++;
      expect(after && { bytes: [...after.bytes], fieldAt: after.fieldAt }).toEqual(
        alone && { bytes: [...alone.bytes], fieldAt: alone.fieldAt },
      );
    }),
    { numRuns: 20_000 },
  );
  expect(encoded).toBeGreaterThan(1000);
});
