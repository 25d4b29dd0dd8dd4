/** Writes rows as parts of a region: the register file's variables are locals, and the numbers of a record are constants. */
import { HELPER_EFFECTS, UNIT_EFFECTS } from '../helpers/effects.js';
import type { HelperEffects } from '../helpers/stated.js';
import {
  type BranchWay,
  fieldAddress,
  type Helper,
  type HelperUnit,
  type Load,
  type Node,
  type Operand,
  type StateField,
  type Store,
  widthBytes,
} from '../ir/emit.js';
import { knownCarry, knownFlags } from '../ir/flags.js';
import { rows } from '../ir/rows.js';
import { JUMP_CACHE, RECORD, REGION_LEFT, REGION_MISSED, STATE, TLB } from '../layout.js';
import type { Code } from '../wasm/code.js';
import { jumpCacheEntry, type ModuleFunctions, WasmEmit } from '../wasm/emit.js';
import { habitOf, touchesOf, touchesOfRow } from './scan.js';
import type { JointAccess, Share } from './sharing.js';
import type { MicroOp } from './uops.js';
import { FLAG_VARS, type Var, varAt, varBytes, varsOf } from './vars.js';

/** What is known of ccOp at a place: its value, with DIFFERENCE, or nothing. */
export type KnownFlags = number | undefined;

/** Where a block goes on. */
export interface Ways {
  goTo(way: BranchWay): void;
  /** To the block whose first record's address has been put in `pc`. */
  goOn(): void;
}

export abstract class RegionEmit extends WasmEmit {
  protected uop!: MicroOp;
  protected knownFlags: KnownFlags;
  /** Instructions of the block. */
  protected blockLength = 0;

  constructor(
    override readonly code: Code,
    functions: ModuleFunctions,
  ) {
    super(code, functions);
  }

  /** Micro-ops whose flags only a fault would show, and where their operands have been put: they are set there, or when they are wanted. */
  private readonly pending: Pending[] = [];
  private replayed: Pending | undefined;

  /** Writes a micro-op; `unseen`: only a fault can see its flags. */
  protected perform(uop: MicroOp, emit: Node, unseen: boolean): void {
    const { leaves, leavesElsewhere, loops, flagStep } = touchesOfRow(uop.op);
    const { reads, sets, plain } = habitOf(uop.op);
    if (unseen && this.pending.length < MOST_PENDING) {
      if (!reads) this.pending.length = 0;
      this.uop = uop;
      this.pending.push(this.putOff(uop, emit, plain!));
      return;
    }
    if (reads || leavesElsewhere || unseen) this.settleFlags();
    else if (sets) this.pending.length = 0;
    this.uop = uop;
    // Where a way out says that it stood.
    if (leaves && (leavesElsewhere || !this.mayMiss)) this.code.i32(uop.record | REGION_LEFT).set('pc');
    if (loops) this.code.loop(`R${uop.record}`);
    const before = this.knownFlags;
    if (loops) this.knownFlags = undefined;
    emit(this);
    this.uop = uop;
    if (loops) this.code.end();
    if (flagStep !== undefined) this.knownFlags = after(before, flagStep);
  }

  /** Does a micro-op without its flags, and keeps what they follow from. */
  private putOff(uop: MicroOp, emit: Node, plain: number): Pending {
    const kept: { -readonly [Key in 'a' | 'b']?: string } = {};
    for (const { place } of touchesOfRow(uop.op).reads) {
      if ((place !== 'a' && place !== 'b') || kept[place] !== undefined || uop[place] === uop.record + RECORD.imm) continue;
      const what = varAt(uop[place]);
      if (what === undefined) continue;
      const name = `kept${this.pending.length}${place}`;
      this.readWord(what, uop[place] - what.slot, 'i64.load');
      this.code.set(name);
      kept[place] = name;
    }
    rows[plain]!.emit(this);
    return { uop, emit, kept };
  }

  /** Sets the flags that have been put off. */
  protected settleFlags(): void {
    this.replay();
    this.pending.length = 0;
  }

  private replay(): void {
    const { uop } = this;
    for (const each of this.pending) {
      this.replayed = each;
      this.uop = each.uop;
      each.emit(this);
      const { flagStep } = touchesOfRow(each.uop.op);
      if (flagStep !== undefined) this.knownFlags = after(this.knownFlags, flagStep);
    }
    this.replayed = undefined;
    this.uop = uop;
  }

  /** Whether an access of the micro-op leaves the region where it is not simple, so that the interpreter does it. */
  protected abstract get mayMiss(): boolean;
  /** Variables that the interpreter wants to find in the register file then, besides those of ways out. */
  protected abstract get temporaries(): readonly Var[];
  /** The read-modify-write that was begun may be of the bounce buffer. */
  private bounces = false;

  private miss(): void {
    const { code, knownFlags } = this;
    for (const each of this.temporaries) this.storeVar(each);
    this.replay();
    this.knownFlags = knownFlags;
    code
      .i32(this.uop.record | REGION_MISSED)
      .set('pc')
      .br(this.fail);
  }

  /** Leaves at a fault, if the i32 on the stack says so. */
  private failIf(): void {
    const { code } = this;
    if (this.pending.length === 0) {
      code.mostly(false).brIf(this.fail);
      return;
    }
    code.mostly(false).if();
    const { knownFlags } = this;
    this.replay();
    this.knownFlags = knownFlags;
    code.br(this.fail).end();
  }

  // ---- variables -------------------------------------------------------------------------------------------------------------------

  /** Stores variables in the register file. */
  protected storeVars(set: bigint): void {
    for (const each of varsOf(set)) this.storeVar(each);
  }

  protected loadVars(set: bigint): void {
    for (const each of varsOf(set)) this.loadVar(each);
  }

  private storeVar({ name, type, slot }: Var): void {
    this.code.i32(0).get(name).memory(`${type}.store`, slot);
  }

  private loadVar({ name, type, slot }: Var): void {
    this.code.i32(0).memory(`${type}.load`, slot).set(name);
  }

  read(operand: Operand, how: Load, offset: number): void {
    const at = this.uop[operand];
    const kept = operand === 'a' || operand === 'b' ? this.replayed?.kept[operand] : undefined;
    if (kept !== undefined) this.readWord({ name: kept }, offset, how);
    else if (at === this.uop.record + RECORD.imm) this.readConstant(how, offset);
    else this.readSlot(at + offset, how);
  }

  write(operand: Operand, how: Store, value: Node, offset: number): void {
    if (this.replayed === undefined) this.writeSlot(this.uop[operand] + offset, how, value);
  }

  override readState(field: StateField, how: Load, offset: number): void {
    this.readSlot(fieldAddress(field) + offset, how);
  }

  override writeState(field: StateField, how: Store, value: Node, offset: number): void {
    this.writeSlot(fieldAddress(field) + offset, how, value);
  }

  /** A number that the record holds. */
  private readConstant(how: Load, offset: number): void {
    const { code, uop } = this;
    if (how.startsWith('v128')) {
      code.i32(0).memory(how, uop.record + RECORD.imm + offset);
      return;
    }
    const bits = 8 * widthBytes(how);
    const value = uop.imm >> BigInt(8 * offset);
    const cut = how.endsWith('_s') ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
    if (how.startsWith('i32')) code.i32(Number(BigInt.asIntN(32, cut)));
    else code.i64(cut);
  }

  private readSlot(address: number, how: Load): void {
    const { code } = this;
    const what = varAt(address);
    if (what === undefined) {
      if (address === STATE.zero && how === 'i64.load') code.i64(0n);
      else code.i32(0).memory(how, address);
      return;
    }
    const at = address - what.slot;
    if (what.type === 'i32') code.get(what.name);
    else if (what.type === 'i64') this.readWord(what, at, how);
    else this.readVector(what, at, how);
  }

  private readWord({ name }: Pick<Var, 'name'>, at: number, how: Load): void {
    const { code } = this;
    if (how.startsWith('v128')) {
      if (at !== 0) throw new Error(`${how} at byte ${at} of ${name}`);
      code.v128(NO_BITS);
      code.get(name);
      if (widthBytes(how) === 4) code.i64(0xffff_ffffn).op('i64.and');
      code.lane('i64x2.replace_lane', 0);
      return;
    }
    code.get(name);
    if (at !== 0) code.i64(BigInt(8 * at)).op('i64.shr_u');
    const bits = 8 * widthBytes(how);
    const mask = (1n << BigInt(bits)) - 1n;
    if (how.startsWith('i32')) {
      code.op('i32.wrap_i64');
      if (bits < 32) code.i32(Number(mask)).op('i32.and');
    } else if (bits < 64) {
      if (how.endsWith('_s')) code.op(`i64.extend${bits}_s`);
      else if (at * 8 + bits < 64) code.i64(mask).op('i64.and');
    }
  }

  private readVector(what: Var, at: number, how: Load): void {
    const { code } = this;
    const bytes = widthBytes(how);
    const { name } = what;
    if (how.startsWith('v128')) {
      if (bytes === 16) code.get(name);
      else if (at === 0) {
        code.get(name);
        code.v128(lowBytes(bytes)).op('v128.and');
      } else {
        code.v128(NO_BITS).get(name);
        if (bytes === 8) code.lane('i64x2.extract_lane', at / 8).lane('i64x2.replace_lane', 0);
        else code.lane('i32x4.extract_lane', at / 4).lane('i32x4.replace_lane', 0);
      }
      return;
    }
    if (at % bytes !== 0) {
      this.storeVar(what);
      code.i32(0).memory(how, what.slot + at);
      return;
    }
    code.get(name);
    const sign = how.endsWith('_s') ? 's' : 'u';
    if (bytes === 8) code.lane('i64x2.extract_lane', at / 8);
    else if (bytes === 4) code.lane('i32x4.extract_lane', at / 4);
    else code.lane(`${bytes === 2 ? 'i16x8' : 'i8x16'}.extract_lane_${sign}`, at / bytes);
    if (bytes < 8 && how.startsWith('i64')) code.op(`i64.extend_i32_${sign}`);
  }

  private writeSlot(address: number, how: Store, value: Node): void {
    const { code } = this;
    const what = varAt(address);
    if (what === undefined) {
      code.i32(0);
      value(this);
      code.memory(how, address);
      return;
    }
    const at = address - what.slot;
    if (widthBytes(how) >= varBytes(what)) {
      value(this);
      if (what.type === 'i64' && how.startsWith('f64')) code.op('i64.reinterpret_f64');
    } else if (what.type === 'i64') this.mergeWord(what, at, how, value);
    else if (at % widthBytes(how) === 0) this.mergeVector(what, at, how, value);
    else {
      this.storeVar(what);
      code.i32(0);
      value(this);
      code.memory(how, address);
      this.loadVar(what);
      return;
    }
    code.set(what.name);
  }

  /** The variable with some of its bytes replaced. */
  private mergeWord({ name }: Var, at: number, how: Store, value: Node): void {
    const { code } = this;
    const mask = (1n << BigInt(8 * widthBytes(how))) - 1n;
    code
      .get(name)
      .i64(~(mask << BigInt(8 * at)))
      .op('i64.and');
    value(this);
    if (how.startsWith('i32')) code.op('i64.extend_i32_u');
    code.i64(mask).op('i64.and');
    if (at !== 0) code.i64(BigInt(8 * at)).op('i64.shl');
    code.op('i64.or');
  }

  private mergeVector({ name }: Var, at: number, how: Store, value: Node): void {
    const { code } = this;
    const bytes = widthBytes(how);
    code.get(name);
    value(this);
    if (how.startsWith('f64')) code.lane('f64x2.replace_lane', at / 8);
    else if (bytes === 8) code.lane('i64x2.replace_lane', at / 8);
    else {
      if (how.startsWith('i64')) code.op('i32.wrap_i64');
      code.lane(`${bytes === 4 ? 'i32x4' : bytes === 2 ? 'i16x8' : 'i8x16'}.replace_lane`, at / bytes);
    }
  }

  // ---- the record's numbers -----------------------------------------------------------------------------------------------------------

  protected override place(operand: Operand): void {
    this.code.i32(this.uop[operand]);
  }

  override imm(): void {
    this.code.i64(this.uop.imm);
  }

  override aux(): void {
    this.code.i32(this.uop.aux);
  }

  override callee(): void {
    this.code.i64((BigInt(this.uop.b >>> 0) << 32n) | BigInt(this.uop.a >>> 0));
  }

  override flags(): void {
    if (this.knownFlags !== undefined) knownFlags(this.knownFlags)(this);
    else {
      for (const each of FLAG_VARS) this.storeVar(each);
      super.flags();
    }
  }

  override carry(): void {
    if (this.knownFlags !== undefined) knownCarry(this.knownFlags)(this);
    else {
      for (const each of FLAG_VARS) this.storeVar(each);
      super.carry();
    }
  }

  // ---- guest memory ------------------------------------------------------------------------------------------------------------------

  /** Puts the guest address in `ad` and its TLB entry, less where the TLB begins, in `e`; leaves whether the tag matches. See `WasmEmit`. */
  private probe(bytes: number, address: Node, tag: number): void {
    const { code } = this;
    address(this);
    code.set('ad');
    code
      .get('ad')
      .op('i32.wrap_i64')
      .i32(12 - TLB.entryBits)
      .op('i32.shr_u')
      .i32((TLB.entries - 1) << TLB.entryBits)
      .op('i32.and')
      .tee('e');
    code.memory('i64.load', TLB.base + tag);
    code.get('ad');
    if (bytes > 1) code.i64(BigInt(bytes - 1)).op('i64.add');
    code.i64(-4096n).op('i64.and').op('i64.eq');
  }

  private hostAddress(): void {
    this.code
      .get('ad')
      .op('i32.wrap_i64')
      .get('e')
      .memory('i32.load', TLB.base + TLB.delta)
      .op('i32.add');
  }

  /** What the micro-op reaches with a look at the TLB that others share. */
  protected abstract get shared(): JointAccess | undefined;

  /**
   * Has `fast` written, which is given what leaves a host address and how much less it is, and `slowly`, if the address is not simple and the micro-op
   * cannot leave: then it is in `ad`.
   */
  private look(
    bytes: number,
    address: Node,
    tag: number,
    result: 'i32' | 'i64' | 'v128' | undefined,
    fast: Fast,
    slowly: () => void,
  ): void {
    const { code, shared } = this;
    const host = (): void => {
      if (shared === undefined) this.hostAddress();
      else code.get(shared.share.local);
    };
    const offset = shared?.offset ?? 0;
    if (shared?.role === 'knows') {
      fast(host, offset);
      return;
    }
    if (shared === undefined) this.probe(bytes, address, tag);
    else if (shared.role === 'asks') code.get(shared.share.local);
    else {
      const { low, high, writes } = shared.share;
      const first: Node = e => {
        address(e);
        if (offset !== 0) code.i64(BigInt(-offset)).op('i64.add');
      };
      this.probe(high - low, first, writes ? TLB.write : 0);
    }
    if (this.mayMiss) {
      code.op('i32.eqz').mostly(false).if();
      this.miss();
      code.end();
      if (shared?.role === 'looks') {
        this.hostAddress();
        code.set(shared.share.local);
      }
      fast(host, offset);
      return;
    }
    code.mostly(true).if(result);
    fast(host, offset);
    code.else();
    if (shared !== undefined) {
      address(this);
      code.set('ad');
    }
    slowly();
    code.end();
  }

  /** Puts the host address of what lies around RSP in its local, if all of it can be written without help; else 0. On the stack: how far RSP is. */
  protected lookAtStack({ local, low, high }: Share): void {
    const { code } = this;
    code.set('y').get(RSP.name).get('y').op('i64.sub').i64(BigInt(low)).op('i64.add').set('ad');
    code
      .get('ad')
      .i64(BigInt(high - 1 - low))
      .op('i64.add')
      .set('z');
    const look = (address: 'ad' | 'z', entry: 'e' | 'h'): void => {
      code
        .get(address)
        .op('i32.wrap_i64')
        .i32(12 - TLB.entryBits)
        .op('i32.shr_u')
        .i32((TLB.entries - 1) << TLB.entryBits)
        .op('i32.and')
        .tee(entry)
        .memory('i64.load', TLB.base + TLB.write);
      code.get(address).i64(-4096n).op('i64.and').op('i64.eq');
    };
    look('ad', 'e');
    look('z', 'h');
    code.op('i32.and');
    // Pages that follow each other mostly do so in the host's memory too.
    code
      .get('e')
      .memory('i32.load', TLB.base + TLB.delta)
      .tee('n');
    code
      .get('h')
      .memory('i32.load', TLB.base + TLB.delta)
      .op('i32.eq')
      .op('i32.and')
      .mostly(true)
      .if('i32');
    code.get('ad').op('i32.wrap_i64').get('n').op('i32.add').else().i32(0).end().set(local);
  }

  /** Where the fast way is not open: leaves what the machine makes of the address in `ad`, or goes the way of the fault. */
  private slowly(bytes: number, forWrite: boolean): void {
    const { code } = this;
    code
      .get('ad')
      .i32(bytes)
      .call(this.own(forWrite ? 'hostForUpdate' : 'hostForRead'))
      .tee('h')
      .op('i32.eqz');
    this.failIf();
    code.get('h');
  }

  /** Index of a function that `writeHosts` has made. */
  protected abstract own(name: OwnFunction): number;

  override readGuest(how: Load, address: Node): void {
    const { code } = this;
    const result = how.startsWith('v128') ? 'v128' : how.startsWith('i64') ? 'i64' : 'i32';
    const fast: Fast = (host, offset) => {
      host();
      code.memory(how, offset);
    };
    this.look(widthBytes(how), address, 0, result, fast, () => {
      this.slowly(widthBytes(how), false);
      code.memory(how);
    });
  }

  override reach(bytes: number, address: Node, forWrite: boolean): void {
    const { code } = this;
    this.bounces = !this.mayMiss;
    const fast: Fast = (host, offset) => {
      host();
      if (offset !== 0) code.i32(offset).op('i32.add');
    };
    this.look(bytes, address, forWrite ? TLB.write : 0, 'i32', fast, () => this.slowly(bytes, forWrite));
  }

  override writeGuest(how: Store, address: Node, value: Node): void {
    const { code } = this;
    const fast: Fast = (host, offset) => {
      host();
      value(this);
      code.memory(how, offset);
    };
    this.look(widthBytes(how), address, TLB.write, undefined, fast, () => {
      code.i32(STATE.bounce);
      value(this);
      code.memory(how);
      this.storeBounced(how);
    });
  }

  override writeBack(how: Store, address: Node, value: Node): void {
    const { code } = this;
    code.get('rmwHost');
    value(this);
    code.memory(how);
    if (!this.bounces) return;
    code.get('rmwHost').i32(STATE.bounce).op('i32.eq').mostly(false).if();
    address(this);
    code.set('ad');
    this.storeBounced(how);
    code.end();
  }

  private storeBounced(how: Store): void {
    this.code.get('ad').i32(widthBytes(how)).call(this.own('storeBounced'));
    this.failIf();
  }

  override whenWritable(address: Node, then: (host: Node) => Node): void {
    this.probe(1, address, TLB.write);
    this.code.if();
    then(() => this.hostAddress())(this);
    this.code.end();
  }

  // ---- helpers and ways out ------------------------------------------------------------------------------------------------------------

  override help(name: Helper): void {
    this.around(HELPER_EFFECTS[name], () => super.help(name));
  }

  override operate(unit: HelperUnit, operation: string): void {
    this.around(UNIT_EFFECTS[unit](operation), () => super.operate(unit, operation));
  }

  /** What a helper reads is put in the register file, and what it writes taken from there. Scratch operands are in no set of variables. */
  private around({ reads, writes, setsFlags }: HelperEffects, call: () => void): void {
    const addressed = (slots: HelperEffects['reads']): Set<Var> =>
      new Set(
        slots.flatMap(({ place, offset }) => {
          const operand = place === 'd' || place === 'a' || place === 'b' || place === 'aux';
          return varAt((operand ? this.uop[place] : fieldAddress(place)) + offset) ?? [];
        }),
      );
    const given = addressed(reads);
    const taken = addressed(writes);
    // A result may leave part of its variable as it was.
    for (const each of new Set([...given, ...taken, ...varsOf(touchesOf(this.uop).reads), ...SCRATCH])) this.storeVar(each);
    call();
    for (const each of taken) this.loadVar(each);
    if (setsFlags) for (const each of FLAG_VARS) this.loadVar(each);
  }

  override left(): void {
    this.code.get('budget').op('i64.extend_i32_u');
  }

  override repeats(): void {
    this.code.get('budget').i32(this.blockLength).op('i32.div_u').op('i64.extend_i32_u');
  }

  override repeat(times: Node): void {
    this.code.get('budget');
    times(this);
    this.code.op('i32.wrap_i64').i32(this.blockLength).op('i32.mul').op('i32.sub').set('budget');
  }

  override again(): void {
    this.code.br(`R${this.uop.record}`);
  }

  override enterRegion(): void {
    throw new Error('a region inside a region');
  }
}

type Fast = (host: () => void, offset: number) => void;

interface Pending {
  readonly uop: MicroOp;
  readonly emit: Node;
  /** Locals that hold its operands. */
  readonly kept: { readonly a?: string; readonly b?: string };
}
const MOST_PENDING = 4;
/** Locals for the operands of what is put off. */
export const KEPT_LOCALS: Readonly<Record<string, 'i64'>> = Object.fromEntries(
  Array.from({ length: MOST_PENDING }, (_, index) => ['a', 'b'].map(place => [`kept${index}${place}`, 'i64' as const])).flat(),
);

/** Where rows hand numbers to helpers. */
const SCRATCH: readonly Var[] = [varAt(STATE.temp)!];

function after(before: KnownFlags, step: NonNullable<ReturnType<typeof touchesOfRow>['flagStep']>): KnownFlags {
  if (step === 'unknown') return undefined;
  if (step.mask === 0) return step.bits;
  return before === undefined ? undefined : (before & step.mask) | step.bits;
}

export { after as flagsAfter };

const NO_BITS = Array<number>(16).fill(0);
const lowBytes = (count: number): number[] => Array.from({ length: 16 }, (_, index) => (index < count ? 255 : 0));

const RSP = varAt(fieldAddress('rsp'))!;
/**
 * ModuleFunctions of a module that reach guest memory out of line: (guest address, bytes) to a host address, 0: it has been refused; the last stores what
 * is in the bounce buffer, and gives 1 if that has been refused.
 */
export type HostFunction = 'hostForRead' | 'hostForUpdate' | 'storeBounced';
export type OwnFunction = HostFunction | 'recordOf';
export const HOST_FUNCTIONS: readonly HostFunction[] = ['hostForRead', 'hostForUpdate', 'storeBounced'];

/** The body of a function that tells the first record of the block at a guest address; 0: the jump cache does not know it. */
export function writeRecordOf(code: Code): void {
  jumpCacheEntry(code, () => code.get('ad'));
  code.set('e');
  for (const last of [false, true]) {
    code.get('e').memory('i64.load', JUMP_CACHE.base).get('ad').op('i64.eq').if();
    code
      .get('e')
      .memory('i32.load', JUMP_CACHE.base + 8)
      .op('return')
      .end();
    if (!last)
      code
        .get('e')
        .i32(1 << JUMP_CACHE.entryBits)
        .op('i32.xor')
        .set('e');
  }
  code.i32(0);
}

/** The body of one of them. */
export function writeHost(code: Code, name: HostFunction, functions: ModuleFunctions): void {
  code
    .get('ad')
    .op('i32.wrap_i64')
    .i32(12 - TLB.entryBits)
    .op('i32.shr_u')
    .i32((TLB.entries - 1) << TLB.entryBits)
    .op('i32.and')
    .tee('e');
  code.memory('i64.load', TLB.base + (name === 'hostForRead' ? 0 : TLB.write));
  code.get('ad').get('bytes').i32(1).op('i32.sub').op('i64.extend_i32_u').op('i64.add').i64(-4096n).op('i64.and').op('i64.eq').if();
  code
    .get('ad')
    .op('i32.wrap_i64')
    .get('e')
    .memory('i32.load', TLB.base + TLB.delta)
    .op('i32.add');
  if (name !== 'storeBounced') code.op('return');
  else {
    code.set('e');
    for (const [bytes, type] of [
      [8, 'i64'],
      [4, 'i32'],
      [1, 'i32'],
      [16, 'v128'],
      [2, 'i32'],
    ] as const)
      copyBounced(code, bytes, type);
  }
  code.end();
  const helper = { hostForRead: 'slowRead', hostForUpdate: 'slowReadWrite', storeBounced: 'slowWrite' } as const;
  code.get('ad').op('i32.wrap_i64').get('ad').i64(32n).op('i64.shr_u').op('i32.wrap_i64').get('bytes').call(functions(helper[name]));
}

/** Where `bytes` says so, stores what is in the bounce buffer at `e`, and is done. */
function copyBounced(code: Code, bytes: 1 | 2 | 4 | 8 | 16, type: 'i32' | 'i64' | 'v128'): void {
  const width = bytes < 4 ? `${8 * bytes}` : '';
  code.get('bytes').i32(bytes).op('i32.eq').if();
  code
    .get('e')
    .i32(STATE.bounce)
    .memory(`${type}.load${width === '' ? '' : `${width}_u`}`)
    .memory(`${type}.store${width}`);
  code.i32(0).op('return').end();
}
