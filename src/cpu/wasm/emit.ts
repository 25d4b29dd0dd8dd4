/** What every tier that is compiled to WebAssembly shares: the register file, guest memory through the TLB, helpers, and ways out. */
import { sseFloatNumber } from '../helpers/sse-float.js';
import { sseRareNumber } from '../helpers/sse-rare.js';
import { systemNumber } from '../helpers/system.js';
import { x87Number } from '../helpers/x87.js';
import {
  type BranchWay,
  type CallFunctionName,
  type EdgeTestName,
  type Emit,
  type Exit,
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
import { c32, c64, load, local, op, seq, setLocal, setState, state } from '../ir/op.js';
import { EXIT, JUMP_CACHE, STATE, TLB } from '../layout.js';
import type { Code } from './code.js';

const NUMBERS: Readonly<Record<HelperUnit, (operation: string) => number>> = {
  sseFloat: sseFloatNumber,
  sseRare: sseRareNumber,
  x87: x87Number,
  system: systemNumber,
};

/** Helpers of guest memory, with the parameters (low, high, size) of an access. */
export const MEMORY_HELPERS = ['slowRead', 'slowReadWrite', 'slowWrite'] as const;
/** ModuleFunctions of the module itself. */
export type Inner = 'flags' | 'carry' | CallFunctionName | EdgeTestName;
/** What a module calls by its number. */
export type ModuleFunction = Helper | HelperUnit | Inner | 'spillCalls' | (typeof MEMORY_HELPERS)[number];

/** Where the access is that `probeTlb` has found. */
export const hostAddress: Node = op('i32.add', op('i32.wrap_i64', local('ad')), load('i32.load', local('e'), TLB.delta));
const slowArguments = (bytes: number): Node =>
  seq(op('i32.wrap_i64', local('ad')), op('i32.wrap_i64', op('i64.shr_u', local('ad'), c64(32))), c32(bytes));

/**
 * Puts the guest address in `ad` and its TLB entry in `e`; leaves whether the tag at `tagOffset` matches. The tag is compared with the page of
 * the access's *last* byte, so that one comparison also catches accesses that cross into the next page.
 */
export const probeTlb = (bytes: number, address: Node, tagOffset: number): Node =>
  seq(
    setLocal('ad', address),
    setLocal(
      'e',
      op('i32.and', op('i32.shr_u', op('i32.wrap_i64', local('ad')), c32(12 - TLB.entryBits)), c32((TLB.entries - 1) << TLB.entryBits)),
    ),
    setLocal('e', op('i32.add', local('e'), c32(TLB.base))),
    op(
      'i64.eq',
      load('i64.load', local('e'), tagOffset),
      op('i64.and', bytes === 1 ? local('ad') : op('i64.add', local('ad'), c64(bytes - 1)), c64(-4096)),
    ),
  );

/** Leaves the address of the jump cache's entry for the target, an i64 that `target` puts on the stack. */
export function jumpCacheEntry(code: Code, target: () => void): void {
  const low = (): void => {
    target();
    code.op('i32.wrap_i64');
  };
  low();
  low();
  code.i32(14).op('i32.shr_u').op('i32.xor');
  code
    .i32(JUMP_CACHE.entries - 1)
    .op('i32.and')
    .i32(JUMP_CACHE.entryBits)
    .op('i32.shl');
}

/** Index of a function of the module, imported or its own. */
export type ModuleFunctions = (name: ModuleFunction) => number;

export abstract class WasmEmit implements Emit {
  /** The block behind which the function leaves the guest. */
  protected get fail(): string {
    return 'fail';
  }

  /** `functions`: the indices of the module's functions, imported or its own. */
  constructor(
    readonly code: Code,
    protected readonly functions: ModuleFunctions,
  ) {}

  abstract read(operand: Operand, how: Load, offset: number): void;
  abstract write(operand: Operand, how: Store, value: Node, offset: number): void;
  /** Address of an operand in the register file, i32, for a helper. */
  protected abstract place(operand: Operand): void;
  abstract imm(): void;
  abstract aux(): void;
  abstract callee(): void;
  abstract goTo(way: BranchWay, hot: boolean): void;
  /** Goes to the block whose first record is at the i32 node. */
  protected abstract enter(record: Node): void;
  abstract enterRegion(): void;
  abstract again(): void;
  abstract left(): void;
  abstract repeats(): void;
  abstract repeat(times: Node): void;

  readState(field: StateField, how: Load, offset: number): void {
    this.code.i32(0).memory(how, fieldAddress(field) + offset);
  }

  writeState(field: StateField, how: Store, value: Node, offset: number): void {
    this.code.i32(0);
    value(this);
    this.code.memory(how, fieldAddress(field) + offset);
  }

  flags(): void {
    this.code.call(this.functions('flags'));
  }

  carry(): void {
    this.code.call(this.functions('carry'));
  }

  // ---- guest memory ------------------------------------------------------------------------------------------------------------------

  readGuest(how: Load, address: Node): void {
    this.reach(widthBytes(how), address, false);
    this.code.memory(how);
  }

  reach(bytes: number, address: Node, forWrite: boolean): void {
    const { code } = this;
    probeTlb(bytes, address, forWrite ? TLB.write : 0)(this);
    code.if('i32');
    hostAddress(this);
    code.else();
    slowArguments(bytes)(this);
    code.call(this.functions(forWrite ? 'slowReadWrite' : 'slowRead'));
    code.tee('h').op('i32.eqz').brIf(this.fail);
    code.get('h').end();
  }

  writeGuest(how: Store, address: Node, value: Node): void {
    const { code } = this;
    const storeAt = (host: Node): void => {
      host(this);
      value(this);
      code.memory(how);
    };
    probeTlb(widthBytes(how), address, TLB.write)(this);
    code.if();
    storeAt(hostAddress);
    code.else();
    storeAt(c32(STATE.bounce));
    this.slowWrite(widthBytes(how));
    code.end();
  }

  writeBack(how: Store, address: Node, value: Node): void {
    const { code } = this;
    setLocal('h', state('rmwHost', 'i32.load'))(this);
    code.get('h');
    value(this);
    code.memory(how);
    // The bounce buffer means a page boundary, or an access that is watched.
    code.get('h').i32(STATE.bounce).op('i32.eq').if();
    setLocal('ad', address)(this);
    this.slowWrite(widthBytes(how));
    code.end();
  }

  private slowWrite(bytes: number): void {
    slowArguments(bytes)(this);
    this.call('slowWrite');
  }

  whenWritable(address: Node, then: (host: Node) => Node): void {
    probeTlb(1, address, TLB.write)(this);
    this.code.if();
    then(hostAddress)(this);
    this.code.end();
  }

  // ---- helpers and ways out ------------------------------------------------------------------------------------------------------------

  help(name: Helper): void {
    this.call(name);
  }

  keepCalls(name: CallFunctionName | 'spillCalls', values: readonly Node[]): void {
    for (const value of values) value(this);
    this.code.call(this.functions(name));
    if (name === 'spillCalls') this.code.op('drop');
  }

  doubts(name: EdgeTestName, values: readonly Node[]): void {
    for (const value of values) value(this);
    this.code.call(this.functions(name));
  }

  operate(unit: HelperUnit, operation: string): void {
    setState('helperOp', c32(NUMBERS[unit](operation)), 'i32.store')(this);
    setState('helperD', () => this.place('d'), 'i32.store')(this);
    setState('helperA', () => this.place('a'), 'i32.store')(this);
    setState('helperB', () => this.place('b'), 'i32.store')(this);
    setState('helperImm', () => this.imm())(this);
    this.call(unit);
  }

  /** Calls an imported function; a result other than 0 means that it has stored an exit reason. */
  private call(name: Helper | HelperUnit | 'slowWrite'): void {
    this.code.call(this.functions(name)).brIf(this.fail);
  }

  jump(target: Node): void {
    const enterIfThere: Node = () => {
      op('i64.eq', load('i64.load', local('e'), JUMP_CACHE.base), target)(this);
      this.code.if();
      this.enter(load('i32.load', local('e'), JUMP_CACHE.base + 8));
      this.code.end();
    };
    jumpCacheEntry(this.code, () => target(this));
    this.code.set('e');
    enterIfThere(this);
    setLocal('e', op('i32.xor', local('e'), c32(1 << JUMP_CACHE.entryBits)))(this);
    enterIfThere(this);
    setState('rip', target)(this);
    this.leave('lookup');
  }

  leave(reason: Exit): void {
    setState('exit', c32(EXIT[reason]), 'i32.store')(this);
    this.code.br(this.fail);
  }
}
