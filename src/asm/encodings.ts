/** What was encoded before: an instruction's bytes depend on no program, so the build keeps those of the programs that come with r14. */
import { hexBytes, hexText, utf8, utf8Text } from '../host/bytes.js';

export interface Encoded {
  readonly bytes: Uint8Array;
  /** Where the 32-bit displacement or branch distance lies, when there is one. */
  readonly fieldAt: number;
}

/** Where an instruction's bytes hold a number: `size` of them from `offset` on. */
export interface NumberField {
  readonly offset: number;
  readonly size: number;
}

/** An instruction that stands for those that differ from it in its numbers only. */
export interface Pattern extends Encoded {
  readonly displacement: NumberField;
  readonly immediate: NumberField;
}

/** The bytes in hexadecimal, and the two fields. */
type Packed = readonly [bytes: string, displacementAt: number, displacementSize: number, immediateAt: number, immediateSize: number];

/** Patterns by what their bytes depend on; nothing where no encoding takes such operands. */
export class Encodings {
  readonly #patterns = new Map<string, Pattern | undefined>();
  readonly #packed: Readonly<Record<string, Packed | null>>;

  /** `packed`: of `pack`. */
  constructor(packed?: Uint8Array) {
    this.#packed = packed === undefined ? {} : (JSON.parse(utf8Text(packed)) as Record<string, Packed | null>);
  }

  /** What `make` makes is remembered. */
  patternAt(key: string, make: () => Pattern | undefined): Pattern | undefined {
    const known = this.#patterns.get(key);
    if (known !== undefined || this.#patterns.has(key)) return known;
    const packed = this.#packed[key];
    const pattern = packed === undefined ? make() : packed === null ? undefined : unpacked(packed);
    this.#patterns.set(key, pattern);
    return pattern;
  }

  pack(): Uint8Array {
    const all = [...this.#patterns].map(([key, pattern]) => [key, pattern === undefined ? null : packedPattern(pattern)] as const);
    return utf8(JSON.stringify(Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))));
  }
}

const packedPattern = ({ bytes, displacement, immediate }: Pattern): Packed => [
  hexText(bytes),
  displacement.offset,
  displacement.size,
  immediate.offset,
  immediate.size,
];

const unpacked = ([bytes, displacementAt, displacementSize, immediateAt, immediateSize]: Packed): Pattern =>
  patternOf(hexBytes(bytes), { offset: displacementAt, size: displacementSize }, { offset: immediateAt, size: immediateSize });

export const patternOf = (bytes: Uint8Array, displacement: NumberField, immediate: NumberField): Pattern => ({
  bytes,
  fieldAt: displacement.size > 0 ? displacement.offset : immediate.offset,
  displacement,
  immediate,
});
