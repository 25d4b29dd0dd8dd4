/**
 * A writer of WebAssembly function bodies. Opcodes are named as in the WebAssembly core specification (appendix A.7, "Index of
 * Instructions"); the SIMD ones carry the 0xfd prefix, the bulk-memory ones 0xfc.
 */

const OPCODES: Readonly<Record<string, readonly number[]>> = buildOpcodes();

function buildOpcodes(): Record<string, readonly number[]> {
  const table: Record<string, readonly number[]> = {};
  const run = (first: number, names: string, prefix?: number) => {
    let code = first;
    for (const name of names.trim().split(/\s+/)) {
      if (name !== '-') table[name] = prefix === undefined ? [code] : [prefix, ...uleb(code)];
      code++;
    }
  };
  run(
    0x45,
    `i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u
     i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u
     f32.eq f32.ne f32.lt f32.gt f32.le f32.ge f64.eq f64.ne f64.lt f64.gt f64.le f64.ge
     i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and i32.or i32.xor i32.shl i32.shr_s
     i32.shr_u i32.rotl i32.rotr
     i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u i64.and i64.or i64.xor i64.shl i64.shr_s
     i64.shr_u i64.rotl i64.rotr
     f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign
     f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign
     i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u i64.extend_i32_s i64.extend_i32_u
     i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u
     f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64
     f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32
     i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64
     i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s`,
  );
  run(0x00, 'unreachable nop');
  table.return = [0x0f];
  table.drop = [0x1a];
  table.select = [0x1b];
  run(
    0,
    `i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u
     i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u`,
    0xfc,
  );
  run(14, 'i8x16.swizzle i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat', 0xfd);
  run(
    35,
    `i8x16.eq i8x16.ne i8x16.lt_s i8x16.lt_u i8x16.gt_s i8x16.gt_u i8x16.le_s i8x16.le_u i8x16.ge_s i8x16.ge_u
     i16x8.eq i16x8.ne i16x8.lt_s i16x8.lt_u i16x8.gt_s i16x8.gt_u i16x8.le_s i16x8.le_u i16x8.ge_s i16x8.ge_u
     i32x4.eq i32x4.ne i32x4.lt_s i32x4.lt_u i32x4.gt_s i32x4.gt_u i32x4.le_s i32x4.le_u i32x4.ge_s i32x4.ge_u
     f32x4.eq f32x4.ne f32x4.lt f32x4.gt f32x4.le f32x4.ge f64x2.eq f64x2.ne f64x2.lt f64x2.gt f64x2.le f64x2.ge
     v128.not v128.and v128.andnot v128.or v128.xor v128.bitselect v128.any_true`,
    0xfd,
  );
  run(
    94,
    `f32x4.demote_f64x2_zero f64x2.promote_low_f32x4
     i8x16.abs i8x16.neg i8x16.popcnt i8x16.all_true i8x16.bitmask i8x16.narrow_i16x8_s i8x16.narrow_i16x8_u
     f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest i8x16.shl i8x16.shr_s i8x16.shr_u i8x16.add i8x16.add_sat_s i8x16.add_sat_u
     i8x16.sub i8x16.sub_sat_s i8x16.sub_sat_u f64x2.ceil f64x2.floor i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u f64x2.trunc
     i8x16.avgr_u i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u
     i16x8.abs i16x8.neg i16x8.q15mulr_sat_s i16x8.all_true i16x8.bitmask i16x8.narrow_i32x4_s i16x8.narrow_i32x4_u
     i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u
     i16x8.shl i16x8.shr_s i16x8.shr_u i16x8.add i16x8.add_sat_s i16x8.add_sat_u i16x8.sub i16x8.sub_sat_s i16x8.sub_sat_u f64x2.nearest
     i16x8.mul i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u - i16x8.avgr_u
     i16x8.extmul_low_i8x16_s i16x8.extmul_high_i8x16_s i16x8.extmul_low_i8x16_u i16x8.extmul_high_i8x16_u
     i32x4.abs i32x4.neg - i32x4.all_true i32x4.bitmask - -
     i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u
     i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add - - i32x4.sub - - - i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u
     i32x4.dot_i16x8_s - i32x4.extmul_low_i16x8_s i32x4.extmul_high_i16x8_s i32x4.extmul_low_i16x8_u i32x4.extmul_high_i16x8_u
     i64x2.abs i64x2.neg - i64x2.all_true i64x2.bitmask - -
     i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u
     i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add - - i64x2.sub - - - i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s
     i64x2.extmul_low_i32x4_s i64x2.extmul_high_i32x4_s i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u
     f32x4.abs f32x4.neg - f32x4.sqrt f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max f32x4.pmin f32x4.pmax
     f64x2.abs f64x2.neg - f64x2.sqrt f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax
     i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u
     i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u`,
    0xfd,
  );
  return table;
}

/** Instructions with a memory immediate: opcode bytes and natural alignment (log2). */
const MEMORY: Readonly<Record<string, readonly [readonly number[], number]>> = {
  'i32.load': [[0x28], 2],
  'i64.load': [[0x29], 3],
  'f32.load': [[0x2a], 2],
  'f64.load': [[0x2b], 3],
  'i32.load8_s': [[0x2c], 0],
  'i32.load8_u': [[0x2d], 0],
  'i32.load16_s': [[0x2e], 1],
  'i32.load16_u': [[0x2f], 1],
  'i64.load8_s': [[0x30], 0],
  'i64.load8_u': [[0x31], 0],
  'i64.load16_s': [[0x32], 1],
  'i64.load16_u': [[0x33], 1],
  'i64.load32_s': [[0x34], 2],
  'i64.load32_u': [[0x35], 2],
  'i32.store': [[0x36], 2],
  'i64.store': [[0x37], 3],
  'f32.store': [[0x38], 2],
  'f64.store': [[0x39], 3],
  'i32.store8': [[0x3a], 0],
  'i32.store16': [[0x3b], 1],
  'i64.store8': [[0x3c], 0],
  'i64.store16': [[0x3d], 1],
  'i64.store32': [[0x3e], 2],
  'v128.load': [[0xfd, 0], 4],
  'v128.load32_zero': [[0xfd, 92], 2],
  'v128.load64_zero': [[0xfd, 93], 3],
  'v128.store': [[0xfd, 11], 4],
};

/** Lane instructions: opcode after 0xfd. */
const LANE: Readonly<Record<string, number>> = {
  'i8x16.extract_lane_s': 21,
  'i8x16.extract_lane_u': 22,
  'i8x16.replace_lane': 23,
  'i16x8.extract_lane_s': 24,
  'i16x8.extract_lane_u': 25,
  'i16x8.replace_lane': 26,
  'i32x4.extract_lane': 27,
  'i32x4.replace_lane': 28,
  'i64x2.extract_lane': 29,
  'i64x2.replace_lane': 30,
  'f32x4.extract_lane': 31,
  'f32x4.replace_lane': 32,
  'f64x2.extract_lane': 33,
  'f64x2.replace_lane': 34,
};

const UNARY =
  /\.(?:eqz|clz|ctz|popcnt|wrap_|trunc|extend|convert_|demote_|promote_|reinterpret_|abs|neg|ceil|floor|nearest|sqrt|splat|all_true|any_true|bitmask|not|extadd_)/;
const TERNARY: ReadonlySet<string> = new Set(['select', 'v128.bitselect']);

/** How many values an instruction of those that `Code.op` writes takes from the stack; all but `drop` leave one. */
export function operandsOf(name: string): number {
  if (TERNARY.has(name)) return 3;
  return name === 'drop' || UNARY.test(name) ? 1 : 2;
}

export const VALUE_TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof VALUE_TYPE;

function uleb(value: number): number[] {
  const out: number[] = [];
  let rest = value >>> 0;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    out.push(rest === 0 ? byte : byte | 0x80);
  } while (rest !== 0);
  return out;
}

/** Bytes that grow as they are written. */
export class ByteSink {
  private buffer = new Uint8Array(1024);
  length = 0;

  byte(value: number): void {
    if (this.length === this.buffer.length) this.reserve(1);
    this.buffer[this.length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    if (this.length + values.length > this.buffer.length) this.reserve(values.length);
    this.buffer.set(values, this.length);
    this.length += values.length;
  }

  uleb(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** A signed LEB128 number of at most 32 bits. */
  sleb(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  sleb64(value: bigint): void {
    let rest = value;
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  done(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(more: number): void {
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + more));
    grown.set(this.buffer);
    this.buffer = grown;
  }
}

/** The body of one function, written front to back. Labels are names; branch depths are worked out here. */
export class Code {
  private readonly sink = new ByteSink();
  private readonly labels: string[] = [];
  /** Label -> its place in `labels`. Names are not nested in themselves, but for the nameless ones of `if`. */
  private readonly places = new Map<string, number>();

  /** Places of the branches of which is known how they mostly go: whether that is the way of `br_if` and of `if`'s first part. */
  readonly hints: { readonly offset: number; readonly taken: boolean }[] = [];

  /** `declare` makes a local that is not there yet. */
  constructor(
    private readonly locals: ReadonlyMap<string, number>,
    private readonly declare: (name: string) => number | undefined = () => undefined,
  ) {}

  op(name: string): this {
    const bytes = OPCODES[name];
    if (bytes === undefined) throw new Error(`no WebAssembly instruction ${name}`);
    this.sink.bytes(bytes);
    return this;
  }

  memory(name: string, offset = 0): this {
    const entry = MEMORY[name];
    if (entry === undefined) throw new Error(`no WebAssembly memory instruction ${name}`);
    // Guest data may lie at any address: alignment hints would be lies, so none above one byte is given.
    this.sink.bytes(entry[0]);
    this.sink.byte(0);
    this.sink.uleb(offset);
    return this;
  }

  lane(name: string, lane: number): this {
    const code = LANE[name];
    if (code === undefined) throw new Error(`no WebAssembly lane instruction ${name}`);
    this.sink.bytes([0xfd, code, lane]);
    return this;
  }

  /** Address, byte and length on the stack, i32 each: fills memory. */
  fill(): this {
    this.sink.bytes([0xfc, 11, 0]);
    return this;
  }

  shuffle(lanes: readonly number[]): this {
    this.sink.bytes([0xfd, 13, ...lanes]);
    return this;
  }

  i32(value: number): this {
    this.sink.byte(0x41);
    this.sink.sleb(value);
    return this;
  }

  i64(value: bigint): this {
    this.sink.byte(0x42);
    const signed = BigInt.asIntN(64, value);
    if (signed === BigInt(Number(signed) | 0)) this.sink.sleb(Number(signed));
    else this.sink.sleb64(signed);
    return this;
  }

  f64(value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.sink.byte(0x44);
    this.sink.bytes(bytes);
    return this;
  }

  f32(value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.sink.byte(0x43);
    this.sink.bytes(bytes);
    return this;
  }

  v128(bytes: readonly number[]): this {
    this.sink.bytes([0xfd, 12, ...bytes]);
    return this;
  }

  get(local: string): this {
    return this.local(0x20, local);
  }

  set(local: string): this {
    return this.local(0x21, local);
  }

  tee(local: string): this {
    return this.local(0x22, local);
  }

  private local(opcode: number, name: string): this {
    const index = this.locals.get(name) ?? this.declare(name);
    if (index === undefined) throw new Error(`no local ${name}`);
    this.sink.byte(opcode);
    this.sink.uleb(index);
    return this;
  }

  block(label: string): this {
    this.sink.bytes([0x02, 0x40]);
    this.places.set(label, this.labels.push(label) - 1);
    return this;
  }

  loop(label: string): this {
    this.sink.bytes([0x03, 0x40]);
    this.places.set(label, this.labels.push(label) - 1);
    return this;
  }

  if(result?: ValueType): this {
    this.sink.bytes([0x04, result === undefined ? 0x40 : VALUE_TYPE[result]]);
    this.labels.push('');
    return this;
  }

  else(): this {
    this.sink.byte(0x05);
    return this;
  }

  end(): this {
    this.sink.byte(0x0b);
    this.places.delete(this.labels.pop()!);
    return this;
  }

  /** Says of the `if` or `brIf` behind it how it mostly goes. */
  mostly(taken: boolean): this {
    this.hints.push({ offset: this.sink.length, taken });
    return this;
  }

  br(label: string): this {
    this.sink.byte(0x0c);
    this.sink.uleb(this.depth(label));
    return this;
  }

  brIf(label: string): this {
    this.sink.byte(0x0d);
    this.sink.uleb(this.depth(label));
    return this;
  }

  brTable(labels: readonly string[], fallback: string): this {
    this.sink.byte(0x0e);
    this.sink.uleb(labels.length);
    for (const label of labels) this.sink.uleb(this.depth(label));
    this.sink.uleb(this.depth(fallback));
    return this;
  }

  call(index: number): this {
    this.sink.byte(0x10);
    this.sink.uleb(index);
    return this;
  }

  /** Through the module's only table; the type is a number in the module. */
  callIndirect(type: number): this {
    this.sink.byte(0x11);
    this.sink.uleb(type);
    this.sink.byte(0);
    return this;
  }

  /** The same, with the caller's frame gone. */
  returnCallIndirect(type: number): this {
    this.sink.byte(0x13);
    this.sink.uleb(type);
    this.sink.byte(0);
    return this;
  }

  memoryCopy(): this {
    this.sink.bytes([0xfc, 10, 0, 0]);
    return this;
  }

  memoryFill(): this {
    this.sink.bytes([0xfc, 11, 0]);
    return this;
  }

  /** The bytes written so far. */
  done(): Uint8Array {
    return this.sink.done();
  }

  private depth(label: string): number {
    const at = this.places.get(label);
    if (at === undefined) throw new Error(`no label ${label}`);
    return this.labels.length - 1 - at;
  }
}
