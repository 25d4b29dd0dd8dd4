/**
 * Forms: instructions that differ only in the numbers they carry (a displacement, an immediate, the distance of a jump) are of one form, and
 * a form is decoded and lifted once. Its micro-ops name the numbers by holes, which each instruction fills from its own bytes.
 */
import type { Condition } from '../ir/flags.js';

/**
 * A number that only an instruction has: `displacement`, sign-extended to 64 bits, of its memory operand; the `address` that a RIP-relative
 * operand names; its `immediate`; the address of the `next` instruction; its own address, `ip`.
 */
export interface Hole {
  readonly kind: 'displacement' | 'address' | 'immediate' | 'next' | 'ip';
  /** What is added to a displacement or an address. */
  readonly add: number;
  /** Of an immediate: the bits it is cut to, and whether its bytes are sign-extended to them. */
  readonly width: number;
  readonly signed: boolean;
}

export const hole = (kind: Hole['kind'], traits: Partial<Omit<Hole, 'kind'>> = {}): Hole => ({
  kind,
  add: 0,
  width: 64,
  signed: true,
  ...traits,
});
export const NEXT = hole('next');
export const IP = hole('ip');

/** Operands of a micro-op that are no address in the register file: the record's own immediate, and the halves of a direct jump's target. */
export const OPERAND = { own: -1, targetLow: -2, targetHigh: -3 } as const;

/** `prefix` is that of a family of rows (`set_`, `cmov64_`), or `j` for the jump. */
export interface Conditional {
  readonly prefix: string;
  readonly condition: Condition;
}

/** A class, as is Form, because literals with many fields are slow to make. */
export class Uop {
  /** Its flags come from an unknown number of steps. */
  forgetsFlags = false;

  /**
   * `d`, `a` and `b` are addresses in the register file, or of OPERAND; the record's immediate is a hole, or the two halves of a number.
   * `conditional`: the row is to be chosen by what has set the flags, `op` is none.
   */
  constructor(
    readonly op: number,
    public d = 0,
    readonly a = 0,
    readonly b = 0,
    readonly hole: Hole | undefined = undefined,
    readonly low = 0,
    readonly high = 0,
    readonly aux = 0,
    readonly conditional: Conditional | undefined = undefined,
  ) {}
}

export class Form {
  /**
   * `ends`: the last micro-op ends the block. `jumps`: the records that it jumps to: none; the target's; the target's, or else the next
   * instruction's. `length`: bytes of an instruction. The rest says where the numbers stand in them; a size of 0: nowhere. The immediate is
   * also the distance of a jump.
   */
  constructor(
    readonly uops: readonly Uop[],
    readonly ends: boolean,
    readonly jumps: 'none' | 'target' | 'branch',
    readonly length: number,
    readonly displacementOffset: number,
    readonly displacementSize: number,
    readonly immediateOffset: number,
    readonly immediateSize: number,
  ) {}
}

/** The number that a hole stands for in an instruction of a form, which starts at an index of the code; one of less than eight bytes. `next`: the address behind it. */
export function holeNumber(what: Hole, form: Form, code: Uint8Array, place: number, next: number): number {
  switch (what.kind) {
    case 'ip':
      return next - form.length;
    case 'next':
      return next;
    case 'address':
      return next + signed(code, place + form.displacementOffset, form.displacementSize) + what.add;
    case 'displacement':
      return signed(code, place + form.displacementOffset, form.displacementSize) + what.add;
    case 'immediate': {
      const value = signed(code, place + form.immediateOffset, form.immediateSize);
      const whole = what.signed || value >= 0 ? value : value + 2 ** (8 * form.immediateSize);
      if (what.width === 64) return whole;
      return what.width === 32 ? whole >>> 0 : whole & (2 ** what.width - 1);
    }
  }
}

/** Index of the number of eight bytes that a hole stands for; undefined: it has less. */
export function wideNumberAt({ kind }: Hole, form: Form, place: number): number | undefined {
  if (kind === 'displacement' && form.displacementSize === 8) return place + form.displacementOffset;
  return kind === 'immediate' && form.immediateSize === 8 ? place + form.immediateOffset : undefined;
}

/** The address that a direct jump goes to. */
export const jumpTarget = (form: Form, code: Uint8Array, place: number, next: number): number =>
  next + signed(code, place + form.immediateOffset, form.immediateSize);

/** The little-endian number of 1, 2 or 4 bytes. */
export function signed(code: Uint8Array, at: number, size: number): number {
  if (size === 1) return (code[at]! << 24) >> 24;
  if (size === 2) return ((code[at]! | (code[at + 1]! << 8)) << 16) >> 16;
  return code[at]! | (code[at + 1]! << 8) | (code[at + 2]! << 16) | (code[at + 3]! << 24);
}
