/** AES-NI's rounds on a state of 16 bytes, column by column (FIPS 197; Intel SDM vol. 2). */
import { immediate, operandA, operandB, operandD } from './operands.js';

/** x times a byte in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1. */
const double = (byte: number): number => ((byte << 1) ^ (byte & 0x80 ? 0x11b : 0)) & 0xff;

function multiply(byte: number, by: number): number {
  let product = 0;
  for (let power = byte, rest = by; rest !== 0; rest >>= 1, power = double(power)) if (rest & 1) product ^= power;
  return product;
}

const SBOX = new Uint8Array(256);
const INVERSE_SBOX = new Uint8Array(256);
/** What a byte of the state adds to its column, in its first row; further rows are rotations. */
const MIXED = new Uint32Array(256);
const INVERSE_MIXED = new Uint32Array(256);

function fillTables(): void {
  // 3 generates all bytes but 0: the inverse of its n-th power is its (255 - n)-th.
  const powers = new Uint8Array(256);
  for (let n = 0, power = 1; n < 256; n++, power ^= double(power)) powers[n] = power;
  const column = (bytes: readonly number[]): number => bytes.reduceRight((word, byte) => (word << 8) | byte, 0) >>> 0;
  const inverses = new Uint8Array(256);
  for (let n = 0; n < 255; n++) inverses[powers[n]!] = powers[255 - n]!;
  for (let byte = 0; byte < 256; byte++) {
    let inverse = inverses[byte]!;
    let result = 0x63;
    for (let turn = 0; turn < 5; turn++, inverse = ((inverse << 1) | (inverse >> 7)) & 0xff) result ^= inverse;
    SBOX[byte] = result;
    INVERSE_SBOX[result] = byte;
  }
  for (let byte = 0; byte < 256; byte++) {
    MIXED[byte] = column([2, 1, 1, 3].map(factor => multiply(byte, factor)));
    INVERSE_MIXED[byte] = column([14, 9, 13, 11].map(factor => multiply(byte, factor)));
  }
}

const rotated = (word: number, bytes: number): number => (bytes === 0 ? word : (word << (8 * bytes)) | (word >>> (32 - 8 * bytes)));
const state = new Uint8Array(16);
const result = new Uint32Array(4);

function begin(view: DataView, from: number): void {
  if (SBOX[0] === 0) fillTables();
  for (let at = 0; at < 16; at++) state[at] = view.getUint8(from + at);
}

/** Columns of the state with its rows shifted, each byte through `box`, and mixed by `mix` unless it is the last round. */
function columns(step: 1 | 3, box: Uint8Array | undefined, mix: Uint32Array | undefined): void {
  for (let column = 0; column < 4; column++) {
    let word = 0;
    for (let line = 0; line < 4; line++) {
      const byte = state[4 * ((column + step * line) & 3) + line]!;
      const through = box === undefined ? byte : box[byte]!;
      word ^= mix === undefined ? through << (8 * line) : rotated(mix[through]!, line);
    }
    result[column] = word;
  }
}

/** The result, with the round's key added. */
function end(view: DataView, key: number | undefined): void {
  const keys = [0, 4, 8, 12].map(at => (key === undefined ? 0 : view.getInt32(key + at, true)));
  const to = operandD(view);
  keys.forEach((word, index) => {
    view.setInt32(to + 4 * index, result[index]! ^ word, true);
  });
}

const round =
  (step: 1 | 3, box: Uint8Array, mix: Uint32Array | undefined) =>
  (view: DataView): void => {
    begin(view, operandA(view));
    columns(step, box, mix);
    end(view, operandB(view));
  };
export const aesenc = round(1, SBOX, MIXED);
export const aesenclast = round(1, SBOX, undefined);
export const aesdec = round(3, INVERSE_SBOX, INVERSE_MIXED);
export const aesdeclast = round(3, INVERSE_SBOX, undefined);

/** The inverse mixing alone, for keys. */
export function aesimc(view: DataView): void {
  begin(view, operandA(view));
  for (let column = 0; column < 4; column++) {
    let word = 0;
    for (let line = 0; line < 4; line++) word ^= rotated(INVERSE_MIXED[state[4 * column + line]!]!, line);
    result[column] = word;
  }
  end(view, undefined);
}

/** From the dwords 1 and 3: substituted, and once more rotated by a byte with the immediate added. */
export function aeskeygenassist(view: DataView): void {
  begin(view, operandA(view));
  const substituted = (dword: number): number => [3, 2, 1, 0].reduce((word, byte) => (word << 8) | SBOX[state[4 * dword + byte]!]!, 0);
  for (const half of [0, 1]) {
    const word = substituted(2 * half + 1);
    result[2 * half] = word;
    result[2 * half + 1] = ((word >>> 8) | (word << 24)) ^ (immediate(view) & 0xff);
  }
  end(view, undefined);
}
