/** A small seeded generator (SplitMix64, Steele et al. 2014): everything that is chance in the guest's world comes from one of these. */
export class Prng {
  private state: bigint;

  /** `stream` separates uses, so that one more draw for one of them leaves the others alone. */
  constructor(seed: number, stream: number) {
    this.state = BigInt.asUintN(64, BigInt(Math.trunc(seed)) * 0x9e3779b97f4a7c15n + BigInt(stream) * 0xd1342543de82ef95n + 1n);
  }

  next(): bigint {
    this.state = BigInt.asUintN(64, this.state + 0x9e3779b97f4a7c15n);
    let z = this.state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Number(this.next() % BigInt(limit));
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    const view = new DataView(out.buffer);
    let offset = 0;
    for (; offset + 8 <= length; offset += 8) view.setBigUint64(offset, this.next(), true);
    if (offset < length) {
      let rest = this.next();
      for (; offset < length; offset++, rest >>= 8n) out[offset] = Number(rest & 0xffn);
    }
    return out;
  }

  /** The position in the stream. */
  save(): bigint {
    return this.state;
  }

  restore(state: bigint): void {
    this.state = state;
  }
}
