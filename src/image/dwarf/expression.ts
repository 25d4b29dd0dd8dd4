import type { ExpressionLookup, Location } from '../api.js';
import { ByteReader, FormatError } from '../bytes.js';
import { DW_OP, DW_OP_RUN } from './operators.js';
import { ADDRESS, reinterpret, type StackType, type Typed, typedBinary, typedConvert, typedUnary } from './typed.js';

/** What an expression is evaluated against: one frame of a stopped program. Register numbers are DWARF's for amd64. */
export interface ExpressionContext {
  /** Undefined: not known in this frame. */
  register(number: number): bigint | undefined;
  /** All bytes of a register, for those wider than 8 (XMM); undefined: not known. Absent: 8-byte registers only. */
  registerBytes?(number: number): Uint8Array | undefined;
  /** Canonical frame address; undefined: not known. */
  cfa(): bigint | undefined;
  /** Undefined: some of it is not mapped. */
  readMemory(address: bigint, size: number): Uint8Array | undefined;
  /** FS base, for thread-local variables; undefined: not known. */
  threadPointer?(): bigint | undefined;
  /** Value of an expression at the entry of the function; undefined: not known. */
  entryValue?(expression: Uint8Array): bigint | undefined;
  /** DW_OP_push_object_address. */
  objectAddress?: bigint;
}

/** Where (a part of) a value is. `size` in bytes and `bits` are given for pieces only; a lone piece has the size of its type. */
export type LocationPiece = {
  readonly size?: number;
  /** DW_OP_bit_piece: size and offset in bits, from the lowest. */
  readonly bits?: { readonly size: number; readonly offset: number };
} & (
  | { readonly kind: 'memory'; readonly address: bigint }
  | { readonly kind: 'register'; readonly register: number }
  /** The value itself, little-endian; a value from the stack has 8 bytes and may be wider than its type. */
  | { readonly kind: 'value'; readonly bytes: Uint8Array }
  /** Points to nothing in memory, but to the value of another DIE, at a byte offset. */
  | { readonly kind: 'implicit-pointer'; readonly die: number; readonly offset: number }
  /** Optimised away. */
  | { readonly kind: 'empty' }
);

/** Either the pieces of the value in order of address, or why it cannot be told. */
export type Evaluated = { readonly ok: true; readonly pieces: readonly LocationPiece[] } | Failed;

interface Failed {
  readonly ok: false;
  readonly error: string;
  /** What would have to be known. */
  readonly wants?: 'entry value';
}

/** Operations that one evaluation may take: expressions can loop. */
const MAX_STEPS = 10_000;
const MAX_STACK = 1024;
const MAX_PIECES = 1024;
const MAX_NESTING = 16;

/** Stops an evaluation with a reason that is not the file's fault: a register or memory that is not known. */
class Unknown extends Error {
  constructor(
    message: string,
    readonly wants?: 'entry value',
  ) {
    super(message);
  }
}

/** Evaluates a location description or expression (DWARF 5, 2.5 and 2.6). Never throws. */
export function evaluateLocation(location: Location, context: ExpressionContext): Evaluated {
  try {
    return { ok: true, pieces: new Evaluation(location, context, 0).run(location.expression) };
  } catch (error) {
    if (error instanceof Unknown) return { ok: false, error: error.message, ...(error.wants !== undefined && { wants: error.wants }) };
    if (error instanceof FormatError) return { ok: false, error: error.message };
    throw error;
  }
}

/** Evaluates an expression that is a value, and no place. Undefined: it cannot be told. */
export function evaluateNumber(location: Location, context: ExpressionContext): bigint | undefined {
  try {
    return new Evaluation(location, context, 0).number(location.expression);
  } catch (error) {
    if (error instanceof Unknown || error instanceof FormatError) return undefined;
    throw error;
  }
}

/**
 * Evaluates an expression of an unwind rule (DW_CFA_def_cfa_expression, expression, val_expression), which gives one number. `initial` is what
 * its stack starts with: the CFA, but nothing for the CFA itself. Undefined: it cannot be told.
 */
export function evaluateFrameRule(expression: Uint8Array, initial: bigint | undefined, context: ExpressionContext): bigint | undefined {
  try {
    return new Evaluation({ expression, unit: -1, bias: 0n }, context, 0).number(expression, initial);
  } catch (error) {
    if (error instanceof Unknown || error instanceof FormatError) return undefined;
    throw error;
  }
}

type Simple =
  | { kind: 'register'; register: number }
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'pointer'; die: number; offset: number };

class Evaluation {
  private readonly stack: Typed[] = [];
  private steps = 0;

  constructor(
    private readonly location: Location,
    private readonly context: ExpressionContext,
    private readonly nesting: number,
  ) {
    if (nesting > MAX_NESTING) throw new Unknown('expressions refer to one another too deep');
  }

  /** The single number that is left on the stack. */
  number(expression: Uint8Array, initial?: bigint): bigint {
    if (initial !== undefined) this.push(initial);
    this.execute(new ByteReader(expression, 'DWARF expression'), () => {
      throw new Unknown('a location where a number is expected');
    });
    return this.pop();
  }

  run(expression: Uint8Array): LocationPiece[] {
    if (expression.length === 0) return [{ kind: 'empty' }];
    const pieces: LocationPiece[] = [];
    let simple: Simple | undefined;
    let isValue = false;
    const settle = (extent: { size?: number; bits?: { size: number; offset: number } }): LocationPiece => {
      let piece: LocationPiece;
      if (simple?.kind === 'register') piece = { kind: 'register', register: simple.register, ...extent };
      else if (simple?.kind === 'bytes') piece = { kind: 'value', bytes: simple.bytes, ...extent };
      else if (simple?.kind === 'pointer') piece = { kind: 'implicit-pointer', die: simple.die, offset: simple.offset, ...extent };
      else if (this.stack.length === 0) piece = { kind: 'empty', ...extent };
      else if (isValue) piece = { kind: 'value', bytes: this.popBytes(), ...extent };
      else piece = { kind: 'memory', address: this.pop(), ...extent };
      simple = undefined;
      isValue = false;
      return piece;
    };
    const reader = new ByteReader(expression, 'DWARF expression');
    this.execute(reader, (opcode, operands) => {
      if (opcode === DW_OP.piece || opcode === DW_OP.bit_piece) {
        if (pieces.length >= MAX_PIECES) throw new Unknown('too many pieces');
        const size = operands.uleb();
        pieces.push(settle(opcode === DW_OP.piece ? { size } : { bits: { size, offset: operands.uleb() } }));
      } else if (opcode === DW_OP.stack_value) isValue = true;
      else simple = this.simple(opcode, operands);
    });
    return pieces.length > 0 ? pieces : [settle({})];
  }

  /** A register, an implicit value or an implicit pointer: a location by itself, not a number on the stack. */
  private simple(opcode: number, operands: ByteReader): Simple {
    if (opcode === DW_OP.implicit_value) return { kind: 'bytes', bytes: operands.slice(operands.uleb()) };
    if (opcode === DW_OP.implicit_pointer || opcode === DW_OP.GNU_implicit_pointer)
      return { kind: 'pointer', die: operands.u32(), offset: operands.sleb() };
    return { kind: 'register', register: opcode === DW_OP.regx ? operands.uleb() : opcode - DW_OP.reg0 };
  }

  private push(value: bigint, type: StackType = ADDRESS): void {
    if (this.stack.length >= MAX_STACK) throw new Unknown('the stack of the expression grows too high');
    this.stack.push({ type, value: BigInt.asUintN(type.size * 8, value) });
  }

  private popTyped(): Typed {
    const top = this.stack.pop();
    if (!top) throw new FormatError('DWARF expression: an operator finds too little on the stack');
    return top;
  }

  private pop(): bigint {
    return BigInt.asUintN(64, this.popTyped().value);
  }

  /** The top as little-endian bytes. */
  private popBytes(): Uint8Array {
    const { type, value } = this.popTyped();
    const bytes = new Uint8Array(type.size);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
    return bytes;
  }

  private peek(depth: number): Typed {
    const item = this.stack[this.stack.length - 1 - depth];
    if (!item) throw new FormatError('DWARF expression: an operator finds too little on the stack');
    return item;
  }

  private register(number: number): bigint {
    const value = this.context.register(number);
    if (value === undefined) throw new Unknown(`register ${number} is not known in this frame`);
    return value;
  }

  private read(address: bigint, size: number): bigint {
    const bytes = size <= 64 ? this.context.readMemory(address, size) : undefined;
    if (!bytes) throw new Unknown(`cannot read ${size} bytes at 0x${address.toString(16)}`);
    return littleEndian(bytes);
  }

  private lookup<T>(what: string, find: (lookup: ExpressionLookup) => T | undefined): T {
    const value = this.location.lookup && find(this.location.lookup);
    if (value === undefined) throw new Unknown(`${what} is not known`);
    return value;
  }

  private baseType(offset: number): StackType {
    return offset === 0 ? ADDRESS : this.lookup(`the type at 0x${offset.toString(16)}`, lookup => lookup.baseType(offset));
  }

  private frameBase(): bigint {
    const { frameBase } = this.location;
    if (!frameBase) throw new Unknown('the frame base is not known');
    const inner = new Evaluation({ ...this.location, expression: frameBase, frameBase: undefined }, this.context, this.nesting + 1);
    const [piece] = inner.run(frameBase);
    if (piece?.kind === 'memory') return piece.address;
    if (piece?.kind === 'register') return this.register(piece.register);
    throw new Unknown('the frame base is not known');
  }

  private branch(reader: ByteReader): void {
    const by = reader.i16();
    reader.seek(reader.offset + by);
  }

  /** Runs operators; those that make locations rather than numbers go to `locate`. */
  private execute(reader: ByteReader, locate: (opcode: number, operands: ByteReader) => void): void {
    const { stack } = this;
    while (!reader.atEnd) {
      if (++this.steps > MAX_STEPS) throw new Unknown('the expression does not end');
      const opcode = reader.u8();
      if (opcode >= DW_OP.lit0 && opcode < DW_OP.lit0 + DW_OP_RUN) {
        this.push(BigInt(opcode - DW_OP.lit0));
        continue;
      }
      if (opcode >= DW_OP.breg0 && opcode < DW_OP.breg0 + DW_OP_RUN) {
        this.push(this.register(opcode - DW_OP.breg0) + reader.slebBig());
        continue;
      }
      if (opcode >= DW_OP.reg0 && opcode < DW_OP.reg0 + DW_OP_RUN) {
        locate(opcode, reader);
        continue;
      }
      switch (opcode) {
        case DW_OP.piece:
        case DW_OP.bit_piece:
        case DW_OP.stack_value:
        case DW_OP.implicit_value:
        case DW_OP.implicit_pointer:
        case DW_OP.GNU_implicit_pointer:
        case DW_OP.regx:
          locate(opcode, reader);
          break;
        case DW_OP.nop:
        case DW_OP.GNU_uninit:
          break;
        case DW_OP.addr:
          this.push(reader.u64() + this.location.bias);
          break;
        case DW_OP.addrx:
        case DW_OP.GNU_addr_index: {
          const index = reader.uleb();
          this.push(this.lookup(`address number ${index}`, lookup => lookup.address(index)) + this.location.bias);
          break;
        }
        case DW_OP.constx:
        case DW_OP.GNU_const_index: {
          const index = reader.uleb();
          this.push(this.lookup(`constant number ${index}`, lookup => lookup.address(index)));
          break;
        }
        case DW_OP.const1u:
          this.push(BigInt(reader.u8()));
          break;
        case DW_OP.const1s:
          this.push(BigInt(reader.i8()));
          break;
        case DW_OP.const2u:
          this.push(BigInt(reader.u16()));
          break;
        case DW_OP.const2s:
          this.push(BigInt(reader.i16()));
          break;
        case DW_OP.const4u:
          this.push(BigInt(reader.u32()));
          break;
        case DW_OP.const4s:
          this.push(BigInt(reader.i32()));
          break;
        case DW_OP.const8u:
        case DW_OP.const8s:
          this.push(reader.u64());
          break;
        case DW_OP.constu:
          this.push(reader.ulebBig());
          break;
        case DW_OP.consts:
          this.push(reader.slebBig());
          break;
        case DW_OP.fbreg:
          this.push(this.frameBase() + reader.slebBig());
          break;
        case DW_OP.bregx: {
          const value = this.register(reader.uleb());
          this.push(value + reader.slebBig());
          break;
        }
        case DW_OP.call_frame_cfa: {
          const cfa = this.context.cfa();
          if (cfa === undefined) throw new Unknown('the canonical frame address is not known');
          this.push(cfa);
          break;
        }
        case DW_OP.push_object_address:
          if (this.context.objectAddress === undefined) throw new Unknown('the expression needs an object');
          this.push(this.context.objectAddress);
          break;
        case DW_OP.form_tls_address:
        case DW_OP.GNU_push_tls_address: {
          const place = this.pop();
          const offset = this.location.lookup?.threadOffset(place);
          const base = this.context.threadPointer?.();
          if (offset === undefined || base === undefined) throw new Unknown('where thread-local storage is is not known');
          this.push(base + offset);
          break;
        }
        case DW_OP.dup:
          stack.push(this.peek(0));
          break;
        case DW_OP.drop:
          this.popTyped();
          break;
        case DW_OP.over:
          stack.push(this.peek(1));
          break;
        case DW_OP.pick:
          stack.push(this.peek(reader.u8()));
          break;
        case DW_OP.swap:
          stack.push(...[this.popTyped(), this.popTyped()]);
          break;
        case DW_OP.rot: {
          const [first, second, third] = [this.popTyped(), this.popTyped(), this.popTyped()];
          stack.push(first, third, second);
          break;
        }
        case DW_OP.deref:
          this.push(this.read(this.pop(), 8));
          break;
        case DW_OP.deref_size:
          this.push(this.read(this.pop(), reader.u8()));
          break;
        case DW_OP.deref_type:
        case DW_OP.GNU_deref_type: {
          const size = reader.u8();
          const type = this.baseType(reader.uleb());
          this.push(this.read(this.pop(), size), type);
          break;
        }
        case DW_OP.const_type:
        case DW_OP.GNU_const_type: {
          const type = this.baseType(reader.uleb());
          this.push(littleEndian(reader.slice(reader.u8())), type);
          break;
        }
        case DW_OP.regval_type:
        case DW_OP.GNU_regval_type: {
          const number = reader.uleb();
          const type = this.baseType(reader.uleb());
          const bytes = type.size > 8 || number >= 17 ? this.context.registerBytes?.(number) : undefined;
          this.push(bytes ? littleEndian(bytes.subarray(0, type.size)) : this.register(number), type);
          break;
        }
        case DW_OP.convert:
        case DW_OP.GNU_convert:
          stack.push(typedConvert(this.popTyped(), this.baseType(reader.uleb())));
          break;
        case DW_OP.reinterpret:
        case DW_OP.GNU_reinterpret:
          stack.push(reinterpret(this.popTyped(), this.baseType(reader.uleb())));
          break;
        case DW_OP.plus_uconst:
          stack.push(typedBinary(DW_OP.plus, this.peek(0), { type: this.peek(0).type, value: reader.ulebBig() }));
          stack.splice(-2, 1);
          break;
        case DW_OP.abs:
        case DW_OP.neg:
        case DW_OP.not:
          stack.push(typedUnary(opcode, this.popTyped()));
          break;
        case DW_OP.and:
        case DW_OP.div:
        case DW_OP.minus:
        case DW_OP.mod:
        case DW_OP.mul:
        case DW_OP.or:
        case DW_OP.plus:
        case DW_OP.shl:
        case DW_OP.shr:
        case DW_OP.shra:
        case DW_OP.xor:
        case DW_OP.eq:
        case DW_OP.ge:
        case DW_OP.gt:
        case DW_OP.le:
        case DW_OP.lt:
        case DW_OP.ne: {
          const second = this.popTyped();
          stack.push(typedBinary(opcode, this.popTyped(), second));
          break;
        }
        case DW_OP.skip:
          this.branch(reader);
          break;
        case DW_OP.bra:
          if (this.pop() !== 0n) this.branch(reader);
          else reader.skip(2);
          break;
        case DW_OP.call2:
          this.call(reader.u16(), false);
          break;
        case DW_OP.call4:
          this.call(reader.u32(), false);
          break;
        case DW_OP.call_ref:
          this.call(reader.u32(), true);
          break;
        case DW_OP.entry_value:
        case DW_OP.GNU_entry_value: {
          const value = this.context.entryValue?.(reader.slice(reader.uleb()));
          if (value === undefined) throw new Unknown('the value at entry of the function is not known', 'entry value');
          this.push(value);
          break;
        }
        default:
          throw new Unknown(`operator 0x${opcode.toString(16)} is not supported`);
      }
    }
  }

  /** Another DIE's expression works on the same stack. */
  private call(offset: number, global: boolean): void {
    const expression = this.lookup(`the procedure at 0x${offset.toString(16)}`, lookup => lookup.procedure(offset, global));
    const inner = new Evaluation(this.location, this.context, this.nesting + 1);
    inner.stack.push(...this.stack);
    inner.execute(new ByteReader(expression, 'DWARF expression'), () => {
      throw new Unknown('a called expression that is a location is not supported');
    });
    this.stack.splice(0, this.stack.length, ...inner.stack);
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
