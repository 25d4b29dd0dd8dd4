/** A block's micro-ops, read back from its records: what a region is made from is what the interpreter would run. */
import { opTraits } from '../ir/ops.js';
import { RECORD } from '../layout.js';
import type { Block } from '../translate.js';

export interface MicroOp {
  readonly op: number;
  /** Address of the record. */
  readonly record: number;
  /** Addresses in the register file, or of the record's own immediate; of a jump `d` and `aux` are where the records go on. */
  readonly d: number;
  readonly a: number;
  readonly b: number;
  readonly aux: number;
  readonly imm: bigint;
}

const isEnd = Uint8Array.from(opTraits, ({ flow }) => Number(flow === 'end'));

/** `opOf`: the op that a block's first record had before a region took its place. */
export function readBlock(words: Int32Array, block: Block, opOf: (record: number) => number | undefined): MicroOp[] {
  const uops: MicroOp[] = [];
  for (let record = block.record; ; record += RECORD.size) {
    const word = record >> 2;
    const op = (record === block.record ? opOf(record) : undefined) ?? words[word]! & 0xffff;
    const low = BigInt(words[word + RECORD.imm / 4]! >>> 0);
    const high = BigInt(words[word + RECORD.imm / 4 + 1]! >>> 0);
    uops.push({
      op,
      record,
      d: words[word + RECORD.d / 4]!,
      a: words[word + RECORD.a / 4]!,
      b: words[word + RECORD.b / 4]!,
      aux: words[word + RECORD.aux / 4]!,
      imm: (high << 32n) | low,
    });
    if (isEnd[op] !== 0) return uops;
  }
}
