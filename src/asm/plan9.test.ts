import { Decoder, DecoderOptions } from 'iced-x86';
import { expect, test } from 'vitest';
import { plan9, type SymbolName } from './plan9.js';

function text(hex: string, symbol: SymbolName = () => undefined): string {
  const decoder = new Decoder(64, Buffer.from(hex, 'hex'), DecoderOptions.None);
  decoder.ip = 0x1000n;
  const instruction = decoder.decode();
  try {
    return plan9(instruction, symbol);
  } finally {
    instruction.free();
    decoder.free();
  }
}

test('operands go from source to destination, comparisons from left to right', () => {
  expect(text('498bbe40010000')).toBe('MOVQ 0x140(R14), DI');
  expect(text('493b6610')).toBe('CMPQ SP, 0x10(R14)');
  expect(text('4883e4f0')).toBe('ANDQ $-0x10, SP');
  expect(text('ffd0')).toBe('CALL AX');
});

test('symbols are named where an address is one', () => {
  const symbol: SymbolName = address => (address >= 0x1000n && address < 0x2000n ? { name: 'f', base: 0x1000n } : undefined);
  expect(text('e8fbffffff', symbol)).toBe('CALL f(SB)');
  expect(text('e8fcffffff', symbol)).toBe('CALL 0x1001');
  expect(text('488d0501000000', symbol)).toBe('LEAQ f+8(SB), AX');
  expect(text('48c7c000100000', symbol)).toBe('MOVQ $f(SB), AX');
  expect(text('48c7c008100000', symbol)).toBe('MOVQ $0x1008, AX');
});

test('sizes of single bytes are told, where Go says L', () => {
  expect(text('84c0')).toBe('TESTB AL, AL');
  expect(text('f348ab')).toBe('REP; STOSQ AX, ES:0(DI)');
  expect(text('64488b0425f8ffffff')).toBe('MOVQ FS:-0x8, AX');
});

test('two instructions never read the same: vectors say their length, mask, rounding and broadcast', () => {
  expect(text('c5fbe6d3')).toBe('VCVTPD2DQX X3, X2');
  expect(text('c5ffe6d3')).toBe('VCVTPD2DQY Y3, X2');
  expect(text('62f1ed195808')).toBe('VADDPD.BCST 0(AX), X2, K1, X1');
  expect(text('62f1edd958cb')).toBe('VADDPD.RU_SAE.Z Z3, Z2, K1, Z1');
  expect(text('c4e3fd01d1ff')).toBe('VPERMPD $0xff, Y1, Y2');
  expect(text('0f38cb13')).toBe('SHA256RNDS2 X0, 0(BX), X2');
  expect(text('48ff18')).toBe('LCALL 0(AX)');
  expect(text('cb')).toBe('LRET');
  expect(text('ee')).toBe('OUTB AL, DX');
  expect(text('66681122')).toBe('PUSHW $0x2211');
  expect(text('cd80')).toBe('INT $0x80');
  expect(text('6a80')).toBe('PUSHQ $-0x80');
});
