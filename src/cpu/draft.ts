/** The block being translated: the micro-ops of its instructions, chosen and thinned out by what stands before and behind them. */
import type { EdgeTest } from './api.js';
import { type Branch, branchOn, NO_OP, rowOn } from './conditions.js';
import { opNumber, opTraits } from './ir/ops.js';
import { RECORD, STATE } from './layout.js';
import { Form, type Hole, holeNumber, IP, jumpTarget, OPERAND, signed, Uop, wideNumberAt } from './lift/form.js';
import type { EdgeQuestion } from './observers.js';

const NOP = opNumber('nop');
const ADD = opNumber('add64p');
const INC = opNumber('inc64p');
const STORE8 = opNumber('store8');
const FILL8 = opNumber('fill8');
const STEP_UNEQUAL = opNumber('stepj64_ne');
const ONE = new Uop(INC, 0, 0, 0, undefined, 1);
const JUMP = opNumber('jump');
/** The operand of who has none. */
const ZERO = STATE.zero;
const BREAKPOINT = opNumber('breakpoint');
const EDGE = opNumber('edge');
const EDGE_TESTS: Readonly<Record<EdgeTest['kind'], number>> = {
  entersGo: opNumber('edge_entersGo'),
  entersAssembly: opNumber('edge_entersAssembly'),
  calls: opNumber('edge_calls'),
  returns: opNumber('edge_returns'),
};
/** Ops whose `aux` is the number of instructions behind theirs. */
const TIMED: ReadonlySet<number> = new Set([opNumber('rdtsc'), opNumber('rdtscp')]);
const TWO_32 = 2 ** 32;

/** Number of the row that does the same without flags; NO_OP: there is none. */
const plainRows = Int16Array.from(opTraits, row => (row.setsFlags?.plain === undefined ? NO_OP : opNumber(row.setsFlags.plain)));
/** Of a CMP with Jcc: the row that adds to its first operand before; NO_OP: there is none. */
const stepRows = Int16Array.from(opTraits, ({ withStep }) => (withStep === undefined ? NO_OP : opNumber(withStep)));
const setsFlags = Uint8Array.from(opTraits, row => Number(row.setsFlags !== undefined));
/** An op that can fault reads the flags: the handler sees them. */
const readsFlags = Uint8Array.from(opTraits, row => Number(row.readsFlags || row.faults));

/** Where the block goes, as addresses of the guest. */
interface Jumps {
  readonly taken: number;
  readonly fallThrough: number | undefined;
}

export class Draft {
  /** Micro-ops in the lists: what is behind is of blocks before. */
  private count = 0;
  private readonly ops: number[] = [];
  private readonly uops: Uop[] = [];
  /** Of each micro-op: the instruction that its numbers are from, and the one that it counts to. They differ when CMP and Jcc become one. */
  private readonly origins: number[] = [];
  private readonly indices: number[] = [];
  /** Instructions: their forms, addresses, and where they start in the code. */
  private instructions = 0;
  private readonly forms: Form[] = [];
  private readonly addresses: number[] = [];
  private readonly places: number[] = [];
  private code!: Uint8Array;
  /** The last op that set the flags. */
  private flagOp = NO_OP;
  jumps: Jumps | undefined;

  /** Starts a block of instructions of that code. */
  begin(code: Uint8Array): void {
    this.count = 0;
    this.instructions = 0;
    this.code = code;
    this.flagOp = NO_OP;
    this.jumps = undefined;
  }

  /** Adds an instruction of a form, which starts at an index of the code. */
  add(form: Form, address: number, place: number): void {
    const index = this.instruct(form, address, place);
    const { uops } = form;
    for (let number = 0; number < uops.length; number++) {
      const uop = uops[number]!;
      const { conditional } = uop;
      if (conditional === undefined) this.push(uop.op, uop, index);
      else if (conditional.prefix === 'j') this.branch(branchOn(conditional.condition, this.flagOp), index);
      else this.push(rowOn(conditional, this.flagOp), uop, index);
      if (uop.forgetsFlags) this.flagOp = NO_OP;
    }
    if (form.jumps === 'none') return;
    const next = address + form.length;
    const taken = jumpTarget(form, this.code, place, next);
    this.jumps = { taken, fallThrough: form.jumps === 'branch' ? next : undefined };
  }

  /** Has an observer asked in front of the instruction that is added next. `target`: where the register is that it may go by. */
  ask({ number, test }: EdgeQuestion, target: number = ZERO): void {
    const op = test === undefined ? EDGE : EDGE_TESTS[test.kind];
    const [low, high] = test === undefined ? [0, 0] : edgeNumber(test);
    this.push(op, new Uop(op, 0, target, 0, undefined, low, high, number), this.instructions);
  }

  /** Ends the block with a breakpoint stop before the instruction at that address. */
  stop(address: number): void {
    this.push(BREAKPOINT, new Uop(BREAKPOINT, 0, 0, 0, IP), this.instruct(STAND_IN, address, 0));
  }

  /** Ends the block with a jump to what is behind it. */
  goOn(address: number): void {
    this.push(JUMP, new Uop(JUMP), Math.max(0, this.instructions - 1));
    this.jumps = { taken: address, fallThrough: undefined };
  }

  private instruct(form: Form, address: number, place: number): number {
    const index = this.instructions++;
    this.forms[index] = form;
    this.addresses[index] = address;
    this.places[index] = place;
    return index;
  }

  private push(op: number, uop: Uop, index: number): void {
    const at = this.count++;
    this.ops[at] = op;
    this.uops[at] = uop;
    this.origins[at] = index;
    this.indices[at] = index;
    if (setsFlags[op] !== 0) this.flagOp = op;
  }

  private branch(choice: Branch, index: number): void {
    const last = this.count - 1;
    if (choice.fused !== NO_OP && last >= 0 && this.ops[last] === this.flagOp) {
      this.ops[last] = this.flagOp = choice.fused;
      this.indices[last] = index;
    } else this.push(choice.uop.op, choice.uop, index);
  }

  /** Replaces flag-setting ops whose flags nobody reads by their plain rows. What the block leaves behind, others may read. */
  dropDeadFlags(): void {
    let live = true;
    for (let at = this.count - 1; at >= 0; at--) {
      const op = this.ops[at]!;
      if (setsFlags[op] !== 0) {
        if (!live && plainRows[op] !== NO_OP) {
          this.ops[at] = plainRows[op]!;
          continue;
        }
        live = false;
      }
      if (readsFlags[op] !== 0) live = true;
    }
  }

  /** Makes one op of ADD (or INC), CMP and Jcc at the end of a counting loop. */
  fuseStep(): void {
    const last = this.count - 1;
    if (last < 1) return;
    const step = this.uops[last - 1]!;
    const compare = this.uops[last]!;
    const row = stepRows[this.ops[last]!]!;
    const isStep = (this.ops[last - 1] === ADD && step.b === OPERAND.own) || this.ops[last - 1] === INC;
    if (row === NO_OP || !isStep || step.d !== step.a || compare.a !== step.d || compare.b < 0 || compare.b === step.d) return;
    const by = this.ops[last - 1] === INC ? ONE : step;
    this.ops[last - 1] = row;
    this.uops[last - 1] = new Uop(row, 0, step.a, compare.b, by.hole, by.low, by.high);
    this.indices[last - 1] = this.indices[last]!;
    this.count--;
  }

  /** Has a loop that only fills bytes done at once, as far as that goes. */
  speedFill(): void {
    const [store, step] = this.uops;
    const fills = this.count === 2 && this.ops[0] === STORE8 && this.ops[1] === STEP_UNEQUAL && this.jumps!.taken === this.addresses[0];
    if (!fills || store!.a !== step!.a || store!.b < 0 || (store!.b & ~7) === step!.a || this.immediate(step!, this.origins[1]!) !== 1)
      return;
    for (const list of [this.ops, this.uops, this.origins, this.indices] as unknown[][]) [list[1], list[2]] = [list[0], list[1]];
    this.ops[0] = FILL8;
    this.uops[0] = new Uop(FILL8, step!.b, store!.a, store!.b, store!.hole, store!.low, store!.high);
    this.count++;
  }

  // ---- records ---------------------------------------------------------------------------------------------------------------------

  /** Records that `write` makes at most. */
  get records(): number {
    return this.count;
  }

  /** Writes the micro-ops as records from that address of the memory on. Returns the address behind the last. */
  write(words: Int32Array, record: number): number {
    let at = record;
    for (let number = 0; number < this.count; number++) {
      const op = this.ops[number]!;
      if (op === NOP) continue;
      const uop = this.uops[number]!;
      const word = at >> 2;
      words[word] = op | (this.indices[number]! << 16);
      words[word + RECORD.d / 4] = uop.d;
      words[word + RECORD.a / 4] = this.operand(uop.a, at);
      words[word + RECORD.b / 4] = this.operand(uop.b, at);
      words[word + RECORD.aux / 4] = TIMED.has(op) ? this.instructions - 1 - this.indices[number]! : uop.aux;
      words[word + RECORD.blockLength / 4] = 0;
      words[word + RECORD.imm / 4] = uop.low;
      words[word + RECORD.imm / 4 + 1] = uop.high;
      if (uop.hole !== undefined) this.fill(uop.hole, this.origins[number]!, words, word + RECORD.imm / 4);
      at += RECORD.size;
    }
    return at;
  }

  private operand(value: number, record: number): number {
    if (value >= 0) return value;
    if (value === OPERAND.own) return record + RECORD.imm;
    const target = this.jumps!.taken;
    return value === OPERAND.targetLow ? target | 0 : Math.floor(target / TWO_32);
  }

  /** Puts the number that a hole stands for in an instruction into two words. */
  private fill(what: Hole, index: number, words: Int32Array, word: number): void {
    const form = this.forms[index]!;
    const place = this.places[index]!;
    const wide = wideNumberAt(what, form, place);
    if (wide !== undefined) copyNumber(words, word, this.code, wide);
    else putNumber(words, word, holeNumber(what, form, this.code, place, this.addresses[index]! + form.length));
  }

  /** The record's immediate, of less than eight bytes. */
  private immediate({ hole, low, high }: Uop, index: number): number {
    const form = this.forms[index]!;
    if (hole === undefined) return low + high * TWO_32;
    return holeNumber(hole, form, this.code, this.places[index]!, this.addresses[index]! + form.length);
  }
}

/** Stands for the instruction before which a breakpoint stops. */
const STAND_IN = new Form([], true, 'none', 1, 0, 0, 0, 0);

/** The number that a test is given, as two words. */
function edgeNumber(test: EdgeTest): readonly [number, number] {
  if (test.kind === 'entersGo') return [test.needed, 0];
  if (test.kind !== 'calls') return [test.flags, 0];
  const address = Number(test.returnAddress);
  return [address | 0, Math.floor(address / TWO_32) | (test.flags << 16)];
}

/** Puts an integer below 2^53 into two words. */
export function putNumber(words: Int32Array, word: number, value: number): void {
  words[word] = value;
  words[word + 1] = Math.floor(value / TWO_32);
}

function copyNumber(words: Int32Array, word: number, code: Uint8Array, at: number): void {
  words[word] = signed(code, at, 4);
  words[word + 1] = signed(code, at + 4, 4);
}
