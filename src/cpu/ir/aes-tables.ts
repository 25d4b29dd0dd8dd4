/**
 * What a byte becomes in the rounds of AES (FIPS 197, 5.1 and 5.3), a word for each byte, for the rows of `aes.ts`. The words of the first two
 * are what a byte of the state's first row adds to its column; those of the rows below are rotated.
 */
import { AES } from '../layout.js';

/** x times a byte in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1. */
const double = (byte: number): number => ((byte << 1) ^ (byte & 0x80 ? 0x11b : 0)) & 0xff;

function multiply(byte: number, by: number): number {
  let product = 0;
  for (let power = byte, rest = by; rest !== 0; rest >>= 1, power = double(power)) if (rest & 1) product ^= power;
  return product;
}

function substitutions(): { box: Uint8Array; inverse: Uint8Array } {
  // 3 generates all bytes but 0: the inverse of its n-th power is its (255 - n)-th.
  const powers = new Uint8Array(256);
  for (let n = 0, power = 1; n < 256; n++, power ^= double(power)) powers[n] = power;
  const reciprocals = new Uint8Array(256);
  for (let n = 0; n < 255; n++) reciprocals[powers[n]!] = powers[255 - n]!;
  const box = new Uint8Array(256);
  const inverse = new Uint8Array(256);
  for (const [byte, reciprocal] of reciprocals.entries()) {
    let turned = reciprocal;
    let result = 0x63;
    for (let turn = 0; turn < 5; turn++, turned = ((turned << 1) | (turned >> 7)) & 0xff) result ^= turned;
    box[byte] = result;
    inverse[result] = byte;
  }
  return { box, inverse };
}

/** The bytes at `AES.base`. */
export function aesTables(): Uint8Array {
  const { box, inverse } = substitutions();
  const bytes = new Uint8Array(AES.size);
  const fill = (base: number, column: (byte: number) => readonly number[]): void => {
    for (let byte = 0; byte < 256; byte++) bytes.set(column(byte), base - AES.base + 4 * byte);
  };
  fill(AES.mixed, byte => [2, 1, 1, 3].map(factor => multiply(box[byte]!, factor)));
  fill(AES.inverseMixed, byte => [14, 9, 13, 11].map(factor => multiply(inverse[byte]!, factor)));
  fill(AES.box, byte => [box[byte]!]);
  fill(AES.inverseBox, byte => [inverse[byte]!]);
  return bytes;
}
