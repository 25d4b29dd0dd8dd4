import { describe, expect, it } from 'vitest';
import type { ExpressionLookup } from '../api.js';
import { type ExpressionContext, evaluateFrameRule, evaluateLocation } from './expression.js';
import { DW_OP } from './operators.js';

const context: ExpressionContext = {
  register: n => (n === 9 ? undefined : BigInt(n) * 0x100n),
  registerBytes: n => (n === 17 ? Uint8Array.of(0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8) : undefined),
  cfa: () => 0x7000n,
  readMemory: (address, size) =>
    address < 0x10000n ? Uint8Array.from({ length: size }, (_, i) => Number(address & 0xffn) + i) : undefined,
  threadPointer: () => 0x5000n,
};

const lookup: ExpressionLookup = {
  threadOffset: offset => offset - 0x20n,
  address: index => (index === 3 ? 0x4000n : undefined),
  baseType: offset =>
    (
      ({
        1: { size: 4, encoding: 'signed' },
        2: { size: 8, encoding: 'float' },
        3: { size: 4, encoding: 'float' },
        4: { size: 1, encoding: 'unsigned' },
      }) as const
    )[offset as 1 | 2 | 3 | 4],
  procedure: offset =>
    offset === 8 ? Uint8Array.of(DW_OP.lit0 + 5, DW_OP.plus) : offset === 9 ? Uint8Array.of(DW_OP.call2, 9, 0) : undefined,
};

const run = (...bytes: number[]) =>
  evaluateLocation(
    { expression: Uint8Array.from(bytes), unit: 0, bias: 0x10_0000n, frameBase: Uint8Array.of(DW_OP.call_frame_cfa), lookup },
    context,
  );

/** The value on top of the stack when the operators are done. */
function top(...bytes: number[]): bigint | string {
  const result = run(...bytes, DW_OP.stack_value);
  if (!result.ok) return result.error;
  const [piece] = result.pieces;
  return piece?.kind === 'value' ? piece.bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) : `a ${piece?.kind}`;
}

const lit = (n: number) => DW_OP.lit0 + n;
const word = (n: number) => [n & 0xff, n >> 8];
const MINUS_ONE = 2n ** 64n - 1n;

describe('locations', () => {
  it('are memory, registers, values, or nowhere', () => {
    expect(run(DW_OP.fbreg, 0x78)).toEqual({ ok: true, pieces: [{ kind: 'memory', address: 0x6ff8n }] });
    expect(run(DW_OP.reg0 + 3)).toEqual({ ok: true, pieces: [{ kind: 'register', register: 3 }] });
    expect(run(DW_OP.regx, 0x91, 1)).toEqual({ ok: true, pieces: [{ kind: 'register', register: 145 }] });
    expect(run(DW_OP.implicit_value, 2, 7, 8)).toEqual({ ok: true, pieces: [{ kind: 'value', bytes: Uint8Array.of(7, 8) }] });
    expect(run()).toEqual({ ok: true, pieces: [{ kind: 'empty' }] });
    expect(run(DW_OP.implicit_pointer, 1, 2, 0, 0, 4)).toEqual({ ok: true, pieces: [{ kind: 'implicit-pointer', die: 0x201, offset: 4 }] });
  });

  it('add the bias to addresses, and to nothing else', () => {
    expect(run(DW_OP.addr, 0, 0x20, 0, 0, 0, 0, 0, 0)).toEqual({ ok: true, pieces: [{ kind: 'memory', address: 0x10_2000n }] });
    expect(run(DW_OP.addrx, 3)).toEqual({ ok: true, pieces: [{ kind: 'memory', address: 0x10_4000n }] });
    expect(top(DW_OP.constx, 3)).toBe(0x4000n);
    expect(top(DW_OP.const2u, 0, 0x20)).toBe(0x2000n);
    expect(run(DW_OP.const1u, 16, DW_OP.form_tls_address)).toEqual({ ok: true, pieces: [{ kind: 'memory', address: 0x4ff0n }] });
  });

  it('come in pieces, some of them empty: that is no error', () => {
    expect(
      run(DW_OP.reg0, DW_OP.piece, 8, DW_OP.piece, 4, DW_OP.fbreg, 0, DW_OP.piece, 8, lit(1), DW_OP.stack_value, DW_OP.bit_piece, 3, 5),
    ).toEqual({
      ok: true,
      pieces: [
        { kind: 'register', register: 0, size: 8 },
        { kind: 'empty', size: 4 },
        { kind: 'memory', address: 0x7000n, size: 8 },
        { kind: 'value', bytes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), bits: { size: 3, offset: 5 } },
      ],
    });
  });

  it('say why they cannot be told', () => {
    expect(run(DW_OP.breg0 + 9, 0)).toEqual({ ok: false, error: 'register 9 is not known in this frame' });
    expect(run(DW_OP.addr, 0, 0, 0, 0, 0, 0x7f, 0, 0, DW_OP.deref)).toEqual({ ok: false, error: 'cannot read 8 bytes at 0x7f0000100000' });
    expect(run(DW_OP.plus)).toMatchObject({ ok: false, error: expect.stringContaining('too little on the stack') });
    expect(run(DW_OP.addr, 1, 2)).toMatchObject({ ok: false });
    expect(run(0xe9)).toEqual({ ok: false, error: 'operator 0xe9 is not supported' });
    expect(run(DW_OP.entry_value, 1, DW_OP.reg0 + 5)).toEqual({
      ok: false,
      error: 'the value at entry of the function is not known',
      wants: 'entry value',
    });
    expect(run(DW_OP.addrx, 4)).toEqual({ ok: false, error: 'address number 4 is not known' });
  });
});

describe('operators', () => {
  it('move the stack about', () => {
    expect(top(lit(1), lit(2), DW_OP.swap)).toBe(1n);
    expect(top(lit(1), lit(2), DW_OP.over, DW_OP.minus, DW_OP.minus)).toBe(0n);
    expect(top(lit(1), lit(2), lit(3), DW_OP.rot)).toBe(2n);
    expect(top(lit(1), lit(2), lit(3), DW_OP.rot, DW_OP.drop)).toBe(1n);
    expect(top(lit(1), lit(2), lit(3), DW_OP.rot, DW_OP.drop, DW_OP.drop)).toBe(3n);
    expect(top(lit(7), lit(2), lit(3), DW_OP.pick, 2)).toBe(7n);
    expect(top(lit(7), DW_OP.dup, DW_OP.mul)).toBe(49n);
  });

  it('compute in 64 bits, division and comparison signed', () => {
    expect(top(lit(3), lit(5), DW_OP.minus)).toBe(MINUS_ONE - 1n);
    expect(top(DW_OP.const1s, 0xf9, lit(2), DW_OP.div)).toBe(MINUS_ONE - 2n);
    expect(top(DW_OP.const1s, 0xff, lit(10), DW_OP.mod)).toBe(MINUS_ONE % 10n);
    expect(top(lit(1), lit(0), DW_OP.div)).toContain('division by zero');
    expect(top(DW_OP.const1s, 0xff, lit(1), DW_OP.lt)).toBe(1n);
    expect(top(DW_OP.const1s, 0xf0, lit(2), DW_OP.shra)).toBe(MINUS_ONE - 3n);
    expect(top(DW_OP.const1s, 0xf0, DW_OP.const1u, 60, DW_OP.shr)).toBe(15n);
    expect(top(lit(1), DW_OP.const1u, 64, DW_OP.shl)).toBe(0n);
    expect(top(DW_OP.const1s, 0xf0, DW_OP.abs)).toBe(16n);
    expect(top(lit(0), DW_OP.not)).toBe(MINUS_ONE);
    expect(top(DW_OP.consts, 0x7f, DW_OP.plus_uconst, 0x81, 1)).toBe(128n);
  });

  it('read memory of any size', () => {
    expect(top(DW_OP.const1u, 0x10, DW_OP.deref_size, 2)).toBe(0x1110n);
    expect(top(DW_OP.const1u, 0x10, DW_OP.deref)).toBe(0x1716151413121110n);
  });

  it('branch, and stop when they never end', () => {
    expect(top(lit(1), DW_OP.bra, ...word(1), lit(9), lit(4))).toBe(4n);
    expect(top(lit(0), DW_OP.bra, ...word(1), lit(9))).toBe(9n);
    expect(run(DW_OP.skip, ...word(0xfffd))).toEqual({ ok: false, error: 'the expression does not end' });
    expect(run(DW_OP.skip, ...word(0x1000))).toMatchObject({ ok: false });
  });

  it('call procedures on the same stack, and not for ever', () => {
    expect(top(lit(2), DW_OP.call2, ...word(8))).toBe(7n);
    expect(run(DW_OP.call2, ...word(9))).toEqual({ ok: false, error: 'expressions refer to one another too deep' });
  });

  it('compute with types', () => {
    // int 7 -> float64 7.0 -> plus XMM0's 1.5 -> int 8
    expect(top(lit(7), DW_OP.convert, 1, DW_OP.convert, 2, DW_OP.regval_type, 17, 2, DW_OP.plus, DW_OP.convert, 1)).toBe(8n);
    expect(top(DW_OP.const1s, 0xff, DW_OP.convert, 4)).toBe(0xffn);
    expect(top(DW_OP.const_type, 1, 4, 0xff, 0xff, 0xff, 0xff, DW_OP.convert, 0)).toBe(MINUS_ONE);
    expect(top(lit(1), DW_OP.convert, 3, DW_OP.reinterpret, 1)).toBe(0x3f800000n);
  });
});

describe('unwind rules', () => {
  it('start with the CFA and give one number', () => {
    expect(evaluateFrameRule(Uint8Array.of(lit(8), DW_OP.minus), 0x7000n, context)).toBe(0x6ff8n);
    expect(evaluateFrameRule(Uint8Array.of(DW_OP.breg0 + 7, 8), undefined, context)).toBe(0x708n);
    expect(evaluateFrameRule(Uint8Array.of(DW_OP.breg0 + 9, 8), undefined, context)).toBeUndefined();
    expect(evaluateFrameRule(Uint8Array.of(DW_OP.reg0), undefined, context)).toBeUndefined();
  });
});
