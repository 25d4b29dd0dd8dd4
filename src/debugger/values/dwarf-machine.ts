/** DWARF expressions (DWARF 5, section 2.5 and 2.6): the stack machine, and what the operators that name a place leave behind. */
import type { ExpressionLookup } from '../../image/api.js';
import { type Memory, memorySource, OPTIMIZED_OUT, readUint, Unreadable } from './source.js';

/** What an expression is run against. */
export interface Machine {
  readonly memory: Memory;
  /** By DWARF's number for amd64 (7 = RSP). Throws Unreadable when the frame does not have it. */
  register(number: number): bigint;
  readonly cfa?: bigint | undefined;
  readonly frameBase?: Uint8Array | undefined;
  /** Added to addresses of the file. */
  readonly bias: bigint;
  readonly lookup?: ExpressionLookup | undefined;
  /** Address of thread-local storage for DW_OP_form_tls_address. */
  readonly tls?: bigint | undefined;
}

export type Place =
  | { readonly kind: 'memory'; readonly address: bigint }
  | { readonly kind: 'register'; readonly number: number }
  | { readonly kind: 'value'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'lost'; readonly text: string };

export interface PlacePiece {
  /** undefined: the whole value. */
  readonly size: number | undefined;
  readonly place: Place;
}

const OP = {
  addr: 0x03,
  deref: 0x06,
  const1u: 0x08,
  const1s: 0x09,
  const2u: 0x0a,
  const2s: 0x0b,
  const4u: 0x0c,
  const4s: 0x0d,
  const8u: 0x0e,
  const8s: 0x0f,
  constu: 0x10,
  consts: 0x11,
  dup: 0x12,
  drop: 0x13,
  over: 0x14,
  pick: 0x15,
  swap: 0x16,
  rot: 0x17,
  abs: 0x19,
  and: 0x1a,
  div: 0x1b,
  minus: 0x1c,
  mod: 0x1d,
  mul: 0x1e,
  neg: 0x1f,
  not: 0x20,
  or: 0x21,
  plus: 0x22,
  plus_uconst: 0x23,
  shl: 0x24,
  shr: 0x25,
  shra: 0x26,
  xor: 0x27,
  bra: 0x28,
  eq: 0x29,
  ge: 0x2a,
  gt: 0x2b,
  le: 0x2c,
  lt: 0x2d,
  ne: 0x2e,
  skip: 0x2f,
  lit0: 0x30,
  reg0: 0x50,
  breg0: 0x70,
  regx: 0x90,
  fbreg: 0x91,
  bregx: 0x92,
  piece: 0x93,
  deref_size: 0x94,
  nop: 0x96,
  call2: 0x98,
  call4: 0x99,
  call_ref: 0x9a,
  form_tls_address: 0x9b,
  call_frame_cfa: 0x9c,
  implicit_value: 0x9e,
  stack_value: 0x9f,
  implicit_pointer: 0xa0,
  addrx: 0xa1,
  constx: 0xa2,
  entry_value: 0xa3,
  convert: 0xa8,
  GNU_push_tls_address: 0xe0,
  GNU_implicit_pointer: 0xf2,
  GNU_entry_value: 0xf3,
  GNU_parameter_ref: 0xfa,
} as const;

/** A loop in an expression ends after this many operators. */
const MAX_STEPS = 10_000;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const bad = (why: string): Unreadable => new Unreadable(`(unreadable bad DWARF expression: ${why})`);

class Run {
  readonly stack: bigint[] = [];
  readonly pieces: PlacePiece[] = [];
  /** Set by operators that name a place other than memory, until a piece or the end takes it. */
  private named: Place | undefined;
  private at = 0;
  private steps = 0;

  constructor(
    private readonly code: Uint8Array,
    private readonly machine: Machine,
    private readonly depth: number,
  ) {}

  private u8(): number {
    const byte = this.code[this.at++];
    if (byte === undefined) throw bad('it is cut off');
    return byte;
  }

  private fixed(size: number): bigint {
    let value = 0n;
    for (let i = 0; i < size; i++) value |= BigInt(this.u8()) << BigInt(8 * i);
    return value;
  }

  private uleb(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw bad('a number does not end');
  }

  private sleb(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; ) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return byte & 0x40 ? value - (1n << shift) : value;
    }
    throw bad('a number does not end');
  }

  pop(): bigint {
    const value = this.stack.pop();
    if (value === undefined) throw bad('its stack is empty');
    return value;
  }

  private push(value: bigint): void {
    this.stack.push(u64(value));
  }

  private peek(depth: number): bigint {
    const value = this.stack.at(-1 - depth);
    if (value === undefined) throw bad('its stack is empty');
    return value;
  }

  run(): void {
    while (this.at < this.code.length) {
      if (++this.steps > MAX_STEPS) throw bad('it does not end');
      this.step(this.u8());
    }
  }

  /** What was described since the last piece: a named place, or memory at the top of the stack. */
  take(): Place {
    const named = this.named;
    this.named = undefined;
    if (named) return named;
    return this.stack.length === 0 ? { kind: 'lost', text: OPTIMIZED_OUT } : { kind: 'memory', address: this.pop() };
  }

  private step(op: number): void {
    if (op >= OP.lit0 && op < OP.lit0 + 32) {
      this.push(BigInt(op - OP.lit0));
      return;
    }
    if (op >= OP.reg0 && op < OP.reg0 + 32) {
      this.name({ kind: 'register', number: op - OP.reg0 });
      return;
    }
    if (op >= OP.breg0 && op < OP.breg0 + 32) {
      this.push(this.machine.register(op - OP.breg0) + this.sleb());
      return;
    }
    if (op >= OP.abs && op <= OP.xor && op !== OP.plus_uconst) {
      this.arithmetic(op);
      return;
    }
    if (op >= OP.eq && op <= OP.ne) {
      this.compare(op);
      return;
    }
    if (op >= OP.const1u && op <= OP.const8s) {
      const size = 1 << ((op - OP.const1u) >> 1);
      const value = this.fixed(size);
      this.push(op % 2 === 0 ? value : BigInt.asIntN(8 * size, value));
      return;
    }
    this.rare(op);
  }

  private name(place: Place): void {
    this.named = place;
  }

  private rare(op: number): void {
    const { machine } = this;
    switch (op) {
      case OP.addr:
        this.push(this.fixed(8) + machine.bias);
        return;
      case OP.deref:
        this.push(readUint(memorySource(machine.memory, this.pop()), 0, 8));
        return;
      case OP.deref_size: {
        const size = this.u8();
        this.push(readUint(memorySource(machine.memory, this.pop()), 0, size));
        return;
      }
      case OP.constu:
        this.push(this.uleb());
        return;
      case OP.consts:
        this.push(this.sleb());
        return;
      case OP.dup:
        this.push(this.peek(0));
        return;
      case OP.drop:
        this.pop();
        return;
      case OP.over:
        this.push(this.peek(1));
        return;
      case OP.pick:
        this.push(this.peek(this.u8()));
        return;
      case OP.swap: {
        const [top, below] = [this.pop(), this.pop()];
        this.stack.push(top, below);
        return;
      }
      case OP.rot: {
        const [a, b, c] = [this.pop(), this.pop(), this.pop()];
        this.stack.push(a, c, b);
        return;
      }
      case OP.plus_uconst:
        this.push(this.pop() + this.uleb());
        return;
      case OP.skip:
        this.jump(Number(s16(this.fixed(2))));
        return;
      case OP.bra: {
        const offset = Number(s16(this.fixed(2)));
        if (this.pop() !== 0n) this.jump(offset);
        return;
      }
      case OP.regx:
        this.name({ kind: 'register', number: Number(this.uleb()) });
        return;
      case OP.bregx: {
        const number = Number(this.uleb());
        this.push(machine.register(number) + this.sleb());
        return;
      }
      case OP.fbreg:
        this.push(this.frameBase() + this.sleb());
        return;
      case OP.call_frame_cfa:
        this.push(this.cfa());
        return;
      case OP.piece: {
        const size = Number(this.uleb());
        this.pieces.push({ size, place: this.take() });
        return;
      }
      case OP.nop:
        return;
      case OP.stack_value:
        this.name({ kind: 'value', value: this.pop() });
        return;
      case OP.implicit_value: {
        const length = Number(this.uleb());
        const bytes = this.code.slice(this.at, this.at + length);
        this.at += length;
        this.name({ kind: 'bytes', bytes });
        return;
      }
      case OP.addrx:
      case OP.constx: {
        const value = machine.lookup?.address(Number(this.uleb()));
        if (value === undefined) throw bad('an address it looks up is missing');
        this.push(op === OP.addrx ? value + machine.bias : value);
        return;
      }
      case OP.call2:
      case OP.call4:
      case OP.call_ref:
        this.call(Number(this.fixed(op === OP.call2 ? 2 : 4)), op === OP.call_ref);
        return;
      case OP.form_tls_address:
      case OP.GNU_push_tls_address: {
        if (machine.tls === undefined) throw new Unreadable('(unreadable thread-local storage of this thread is not known)');
        this.push(machine.tls + this.pop());
        return;
      }
      case OP.convert: {
        const type = machine.lookup?.baseType(Number(this.uleb()));
        if (type?.encoding === 'float') throw new Unreadable('(unreadable its DWARF expression computes with floats)');
        if (type)
          this.push(type.encoding === 'signed' ? BigInt.asIntN(8 * type.size, this.pop()) : BigInt.asUintN(8 * type.size, this.pop()));
        return;
      }
      case OP.entry_value:
      case OP.GNU_entry_value:
      case OP.GNU_parameter_ref:
      case OP.implicit_pointer:
      case OP.GNU_implicit_pointer:
        throw new Unreadable(OPTIMIZED_OUT);
    }
    throw bad(`operator 0x${op.toString(16)} is not known`);
  }

  private jump(offset: number): void {
    this.at += offset;
    if (this.at < 0 || this.at > this.code.length) throw bad('a jump leaves it');
  }

  private call(offset: number, global: boolean): void {
    const code = this.machine.lookup?.procedure(offset, global);
    if (code === undefined) return;
    if (this.depth > 8) throw bad('it calls itself');
    const inner = new Run(code, this.machine, this.depth + 1);
    inner.stack.push(...this.stack);
    inner.run();
    this.stack.length = 0;
    this.stack.push(...inner.stack);
  }

  private cfa(): bigint {
    const { cfa } = this.machine;
    if (cfa === undefined) throw new Unreadable('(unreadable the frame address is not known)');
    return cfa;
  }

  private frameBase(): bigint {
    const code = this.machine.frameBase;
    if (code === undefined || this.depth > 8) throw bad('the function has no frame base');
    const base = new Run(code, { ...this.machine, frameBase: undefined }, this.depth + 1);
    base.run();
    const place = base.take();
    if (place.kind === 'register') return this.machine.register(place.number);
    if (place.kind === 'memory') return place.address;
    if (place.kind === 'value') return place.value;
    throw bad('the frame base is no address');
  }

  private arithmetic(op: number): void {
    if (op === OP.abs || op === OP.neg || op === OP.not) {
      const value = s64(this.pop());
      this.push(op === OP.not ? ~value : op === OP.neg || value < 0n ? -value : value);
      return;
    }
    const right = this.pop();
    const left = this.pop();
    if ((op === OP.div || op === OP.mod) && right === 0n) throw bad('it divides by zero');
    switch (op) {
      case OP.and:
        this.push(left & right);
        return;
      case OP.div:
        this.push(s64(left) / s64(right));
        return;
      case OP.minus:
        this.push(left - right);
        return;
      case OP.mod:
        this.push(left % right);
        return;
      case OP.mul:
        this.push(left * right);
        return;
      case OP.or:
        this.push(left | right);
        return;
      case OP.plus:
        this.push(left + right);
        return;
      case OP.shl:
        this.push(right > 63n ? 0n : left << right);
        return;
      case OP.shr:
        this.push(right > 63n ? 0n : left >> right);
        return;
      case OP.shra:
        this.push(s64(left) >> (right > 63n ? 63n : right));
        return;
      default:
        this.push(left ^ right);
        return;
    }
  }

  private compare(op: number): void {
    const right = s64(this.pop());
    const left = s64(this.pop());
    const results: Readonly<Record<number, boolean>> = {
      [OP.eq]: left === right,
      [OP.ge]: left >= right,
      [OP.gt]: left > right,
      [OP.le]: left <= right,
      [OP.lt]: left < right,
      [OP.ne]: left !== right,
    };
    this.push(results[op] ? 1n : 0n);
  }
}

const s16 = (value: bigint): bigint => BigInt.asIntN(16, value);

/** Runs a location description. Throws Unreadable. */
export function locate(expression: Uint8Array, machine: Machine): PlacePiece[] {
  const run = new Run(expression, machine, 0);
  run.run();
  if (run.pieces.length > 0) return run.pieces;
  return [{ size: undefined, place: run.take() }];
}

/** The number that an expression leaves on its stack, started with `initial` on it (unwind rules). Throws Unreadable. */
export function computeNumber(expression: Uint8Array, machine: Machine, initial?: bigint): bigint {
  const run = new Run(expression, machine, 0);
  if (initial !== undefined) run.stack.push(initial);
  run.run();
  const place = run.take();
  if (place.kind === 'memory') return place.address;
  if (place.kind === 'value') return place.value;
  throw bad('it gives no number');
}
