/** SHA-256 (FIPS 180-4), at once: the browser's own only gives promises. */
import { utf8 } from '../bytes.js';
import type { Digest } from '../digest.js';

const BLOCK = 64;
/** Words of a schedule. */
const ROUNDS = 64;

/** The first 32 bits of the fractional parts of the `root`th roots of the first primes. */
function fractions(count: number, root: (x: number) => number): Uint32Array {
  const words = new Uint32Array(count);
  for (let candidate = 2, at = 0; at < count; candidate++) {
    if (Array.from({ length: candidate - 2 }, (_, index) => index + 2).some(divisor => candidate % divisor === 0)) continue;
    words[at++] = (root(candidate) % 1) * 2 ** 32;
  }
  return words;
}

const K = fractions(ROUNDS, Math.cbrt);
const INITIAL = fractions(8, Math.sqrt);

const right = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

export class Sha256 implements Digest {
  readonly #state = INITIAL.slice();
  readonly #block = new Uint8Array(BLOCK);
  readonly #words = new Uint32Array(ROUNDS);
  /** Bytes so far. */
  #length = 0;

  update(data: Uint8Array | string): void {
    const bytes = typeof data === 'string' ? utf8(data) : data;
    for (let at = 0; at < bytes.length; ) {
      const filled = this.#length % BLOCK;
      const part = bytes.subarray(at, at + BLOCK - filled);
      this.#block.set(part, filled);
      this.#length += part.length;
      at += part.length;
      if (this.#length % BLOCK === 0) this.#compress();
    }
  }

  hex(): string {
    const bits = this.#length * 8;
    const end = new Uint8Array(BLOCK - ((this.#length + 8) % BLOCK) + 8);
    end[0] = 0x80;
    const view = new DataView(end.buffer);
    view.setUint32(end.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(end.length - 4, bits >>> 0);
    this.update(end);
    return [...this.#state].map(word => word.toString(16).padStart(8, '0')).join('');
  }

  #compress(): void {
    const w = this.#words;
    const view = new DataView(this.#block.buffer);
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(4 * i);
    for (let i = 16; i < ROUNDS; i++) {
      const [a, b] = [w[i - 15]!, w[i - 2]!];
      const low = right(a, 7) ^ right(a, 18) ^ (a >>> 3);
      const high = right(b, 17) ^ right(b, 19) ^ (b >>> 10);
      w[i] = w[i - 16]! + low + w[i - 7]! + high;
    }
    let [a, b, c, d, e, f, g, h] = this.#state as unknown as [number, number, number, number, number, number, number, number];
    for (let i = 0; i < ROUNDS; i++) {
      const chosen = (e & f) ^ (~e & g);
      const one = (h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + chosen + K[i]! + w[i]!) | 0;
      const most = (a & b) ^ (a & c) ^ (b & c);
      const two = ((right(a, 2) ^ right(a, 13) ^ right(a, 22)) + most) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, index) => {
      this.#state[index]! += word;
    });
  }
}
