/** Forms by the bytes that all instructions of a form share: prefixes, opcode, ModRM and SIB. */
import { opTraits } from '../ir/ops.js';
import { type Conditional, Form, type Hole, Uop } from './form.js';

/** Entries of a node: one for each byte. */
const FAN = 256;
const NODES = 4096;
/** A program may be made of instructions that all differ: of so many the forms are kept, those that are met later are made each time. */
const MOST_FORMS = 1 << 16;
const MOST_NODES = 1 << 16;

/** What a packed table begins with, in words. */
const HEADER = { rows: 0, nodes: 1, forms: 2, uops: 3, textBytes: 4, size: 5 } as const;
/** A packed form: the number of its first micro-op; and, four bits each, whether it ends the block, what it jumps to, its length and the places of its numbers. */
const FORM_WORDS = 2;
const JUMPS = ['none', 'target', 'branch'] as const satisfies readonly Form['jumps'][];
const UOP_WORDS = 8;

/** What micro-ops refer to by number, as text; number 0 stands for none. */
interface Texts {
  readonly holes: (Hole | null)[];
  readonly conditionals: (Conditional | null)[];
}

export class FormTable {
  /** A tree by bytes: each entry is 0, the number of a further node, or minus the number of a form. */
  private nodes: Int32Array = new Int32Array(FAN * NODES);
  private nodeCount = 1;
  /** Number 0 stands for none; packed forms are missing until they are met. */
  private readonly forms: (Form | undefined)[] = [undefined];
  private readonly texts: Texts = { holes: [null], conditionals: [null] };
  private readonly packedForms: Int32Array = new Int32Array();
  private readonly packedUops: Int32Array = new Int32Array();

  /** `packed`: what `pack` has made. Throws RangeError when it is cut short or made for another op table. */
  constructor(packed?: Uint8Array) {
    if (packed === undefined) return;
    const words = new Int32Array(packed.buffer, packed.byteOffset, packed.length >> 2);
    this.nodeCount = words[HEADER.nodes]!;
    const formsAt = HEADER.size + this.nodeCount * FAN;
    const uopsAt = formsAt + (words[HEADER.forms]! + 1) * FORM_WORDS;
    const textAt = uopsAt + words[HEADER.uops]! * UOP_WORDS;
    const length = 4 * textAt + words[HEADER.textBytes]!;
    if (words[HEADER.rows] !== opTraits.length || packed.length < length) throw new RangeError('no table of forms');
    // Grows, and is copied, when a form needs a further node.
    this.nodes = words.subarray(HEADER.size, formsAt);
    this.packedForms = words.subarray(formsAt, uopsAt);
    this.packedUops = words.subarray(uopsAt, textAt);
    this.texts = JSON.parse(new TextDecoder().decode(packed.subarray(4 * textAt, length))) as Texts;
    this.forms = new Array<undefined>(words[HEADER.forms]! + 1).fill(undefined);
  }

  /** The form of the instruction that starts at an index of the code; undefined when none is known. Reads no byte behind the code. */
  find(code: Uint8Array, at: number): Form | undefined {
    const { nodes } = this;
    let node = 0;
    for (let index = at; index < code.length; index++) {
      const entry = nodes[node * FAN + code[index]!]!;
      if (entry < 0) return this.forms[-entry] ?? this.unpack(-entry);
      if (entry === 0) return undefined;
      node = entry;
    }
    return undefined;
  }

  /** True: it takes no more. */
  get full(): boolean {
    return this.forms.length >= MOST_FORMS || this.nodeCount >= MOST_NODES;
  }

  /** Adds a form whose instructions share so many bytes from that index of the code on. */
  add(form: Form, code: Uint8Array, at: number, shared: number): void {
    let node = 0;
    const last = at + shared - 1;
    for (let index = at; index < last; index++) {
      const place = node * FAN + code[index]!;
      node = this.nodes[place]!;
      if (node !== 0) continue;
      node = this.newNode();
      this.nodes[place] = node;
    }
    this.nodes[node * FAN + code[last]!] = -this.forms.length;
    this.forms.push(form);
  }

  private newNode(): number {
    if (this.nodeCount * FAN === this.nodes.length) {
      const larger = new Int32Array(this.nodes.length * 2);
      larger.set(this.nodes);
      this.nodes = larger;
    }
    return this.nodeCount++;
  }

  /** The shared bytes of all forms, in their order. */
  *encodings(node = 0, start: readonly number[] = []): Iterable<readonly number[]> {
    for (let byte = 0; byte < FAN; byte++) {
      const entry = this.nodes[node * FAN + byte]!;
      if (entry < 0) yield [...start, byte];
      else if (entry > 0) yield* this.encodings(entry, [...start, byte]);
    }
  }

  // ---- packing ---------------------------------------------------------------------------------------------------------------------

  /** The table in bytes, from which one is made faster than form by form. */
  pack(): Uint8Array {
    const holes = new Numbering<Hole>();
    const conditionals = new Numbering<Conditional>();
    const forms: number[] = [];
    const uops: number[] = [];
    for (let number = 1; number < this.forms.length; number++) {
      const form = this.forms[number] ?? this.unpack(number);
      const { ends, jumps, length, displacementOffset, displacementSize, immediateOffset, immediateSize } = form;
      const traits = [Number(ends), JUMPS.indexOf(jumps), length, displacementOffset, displacementSize, immediateOffset, immediateSize];
      forms.push(
        uops.length / UOP_WORDS,
        traits.reduce((word, trait, index) => word | (trait << (4 * index)), 0),
      );
      for (const { op, d, a, b, hole, low, high, aux, conditional, forgetsFlags } of form.uops)
        uops.push(op | (Number(forgetsFlags) << 16), d, a, b, holes.of(hole) | (conditionals.of(conditional) << 16), low, high, aux);
    }
    forms.push(uops.length / UOP_WORDS, 0);
    const text = new TextEncoder().encode(JSON.stringify({ holes: holes.all, conditionals: conditionals.all } satisfies Texts));
    const nodes = this.nodes.subarray(0, this.nodeCount * FAN);
    const words = Int32Array.from([
      opTraits.length,
      this.nodeCount,
      this.forms.length - 1,
      uops.length / UOP_WORDS,
      text.length,
      ...nodes,
      ...forms,
      ...uops,
    ]);
    const bytes = new Uint8Array(words.byteLength + 4 * Math.ceil(text.length / 4));
    bytes.set(new Uint8Array(words.buffer));
    bytes.set(text, words.byteLength);
    return bytes;
  }

  private unpack(number: number): Form {
    const { packedForms, packedUops, texts } = this;
    const at = (number - 1) * FORM_WORDS;
    const traits = packedForms[at + 1]!;
    const end = packedForms[at + FORM_WORDS]!;
    const uops: Uop[] = [];
    for (let index = packedForms[at]!; index < end; index++) {
      const word = index * UOP_WORDS;
      const op = packedUops[word]!;
      const refers = packedUops[word + 4]!;
      const uop = new Uop(
        op & 0xffff,
        packedUops[word + 1],
        packedUops[word + 2],
        packedUops[word + 3],
        texts.holes[refers & 0xffff] ?? undefined,
        packedUops[word + 5],
        packedUops[word + 6],
        packedUops[word + 7],
        texts.conditionals[refers >> 16] ?? undefined,
      );
      if (op > 0xffff) uop.forgetsFlags = true;
      uops.push(uop);
    }
    const field = (index: number): number => (traits >> (4 * index)) & 15;
    const form = new Form(uops, field(0) !== 0, JUMPS[field(1)]!, field(2), field(3), field(4), field(5), field(6));
    this.forms[number] = form;
    return form;
  }
}

/** Numbers for equal values. */
class Numbering<T> {
  readonly all: (T | null)[] = [null];
  private readonly numbers = new Map<string, number>();

  of(value: T | undefined): number {
    if (value === undefined) return 0;
    const text = JSON.stringify(value);
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.all.length;
      this.numbers.set(text, number);
      this.all.push(value);
    }
    return number;
  }
}
