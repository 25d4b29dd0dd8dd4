/** Regions as WebAssembly: a function for each, several in a module. */

import { branchOn, NO_OP, rowOn } from '../conditions.js';
import { HELPER_EFFECTS, UNIT_EFFECTS } from '../helpers/effects.js';
import { CALL_FUNCTIONS } from '../interpret/call-record.js';
import { type BranchWay, LOCALS, type Node } from '../ir/emit.js';
import { CONDITIONS, type Condition, familyOf } from '../ir/flags.js';
import { opNumber, opTraits } from '../ir/ops.js';
import { rows } from '../ir/rows.js';
import { ENTRY, EXIT, RECORD, REGION_LEFT, REGION_MISSED, REGION_TYPE, STATE } from '../layout.js';
import type { Code } from '../wasm/code.js';
import { MEMORY_HELPERS, type ModuleFunctions } from '../wasm/emit.js';
import { ModuleBuilder } from '../wasm/module.js';
import { HOST_FUNCTIONS, KEPT_LOCALS, type OwnFunction, RegionEmit, writeHost, writeRecordOf } from './emit.js';
import { type Flow, flowOf } from './flow.js';
import type { CodeRegion, RegionNode } from './region.js';
import { DIFFERENCE, touchesOfRow, unseenFlags, wantedTemporaries } from './scan.js';
import { type FlowShape, flowShape } from './shape.js';
import { isSimpleAccess, type JointAccess, SHARE_LOCALS, type Sharing, sharingOf } from './sharing.js';
import type { MicroOp } from './uops.js';
import { VARS, type Var } from './vars.js';

const REGION = opNumber('region');
/** In `pc` on a way out: the budget does not cover the block there, and no other region has more. */
const SPENT = 2;
/** What rows may call. */
const HELPERS = [...Object.keys(HELPER_EFFECTS), ...Object.keys(UNIT_EFFECTS), 'flags', 'carry', 'spillCalls'];

/** The bytes of a module whose function `rN` is the N-th region. */
export function compileRegions(regions: readonly CodeRegion[]): Uint8Array {
  const builder = new ModuleBuilder();
  builder.importTable('regions');
  const indices = new Map<string, number>();
  for (const name of MEMORY_HELPERS) indices.set(name, builder.importFunction(name, ['i32', 'i32', 'i32'], ['i32']));
  for (const name of HELPERS) indices.set(name, builder.importFunction(name, [], ['i32']));
  for (const [name, { params, results }] of Object.entries(CALL_FUNCTIONS))
    indices.set(name, builder.importFunction(name, Object.values(params), results));
  const functions: ModuleFunctions = name => indices.get(name)!;
  for (const name of HOST_FUNCTIONS) {
    const write = (code: Code): void => writeHost(code, name, functions);
    indices.set(name, builder.function({ ad: 'i64', bytes: 'i32' }, ['i32'], { e: 'i32' }, write));
  }
  indices.set('recordOf', builder.function({ ad: 'i64' }, ['i32'], { e: 'i32' }, writeRecordOf));
  const own = (name: OwnFunction): number => indices.get(name)!;
  const type = builder.type(REGION_TYPE);
  for (const [index, region] of regions.entries()) {
    const write = (code: Code): void => new RegionWriter(code, functions, own, region, type).body();
    const number = builder.function(REGION_PARAMS, REGION_TYPE.results, REGION_LOCALS, write, `r${index}`, true);
    builder.name(number, nameOf(region));
  }
  return builder.build();
}

/** Writes the function of a region alone, whose functions are numbered as in FUNCTION_NAMES. */
export function writeRegion(region: CodeRegion, code: Code): void {
  const number = (name: string): number => FUNCTION_NAMES.indexOf(name);
  new RegionWriter(code, number, number, region, 0).body();
}

/** The functions that regions call. */
export const FUNCTION_NAMES: readonly string[] = [
  ...MEMORY_HELPERS,
  ...HELPERS,
  ...Object.keys(CALL_FUNCTIONS),
  ...HOST_FUNCTIONS,
  'recordOf',
];

const REGION_PARAMS = { entry: 'i32', budget: 'i32' } as const;
const REGION_LOCALS = {
  pc: 'i32',
  to: 'i64',
  ...LOCALS,
  ...KEPT_LOCALS,
  ...SHARE_LOCALS,
  ...Object.fromEntries(VARS.map(({ name, type }) => [name, type])),
} as const;

/** By the address of its root. */
export const nameOf = ({ nodes }: CodeRegion): string => `region_${nodes[1]!.block!.pc.toString(16)}`;

class RegionWriter extends RegionEmit {
  private readonly shape: FlowShape;
  private readonly flow: Flow;
  private readonly mayLeave: (uop: MicroOp) => boolean;
  private readonly sharing: Sharing;
  /** Of each micro-op of the block that is being written. */
  private wantedThere: ReadonlyMap<MicroOp, readonly Var[]> = new Map();
  /** What the ways out store, and which of them each node has. */
  private readonly sets: readonly bigint[];
  private readonly exits: readonly number[];
  private readonly headExits: readonly number[];
  /** Number of the block that is being written. */
  private node = 0;

  constructor(
    code: Code,
    functions: ModuleFunctions,
    protected readonly own: (name: OwnFunction) => number,
    private readonly region: CodeRegion,
    private readonly type: number,
  ) {
    super(code, functions);
    this.shape = flowShape(region.nodes.map(({ successors }) => successors));
    this.flow = flowOf(region.nodes);
    // What the interpreter cannot go on with, since the region itself stands there.
    const begun = new Set(region.nodes[0]!.successors.map(node => region.nodes[node]!.uops[0]!));
    this.mayLeave = uop => isSimpleAccess(uop) && !begun.has(uop);
    this.sharing = sharingOf(region.nodes, this.shape, this.mayLeave);
    const sets = new Map<bigint, number>();
    const numberOf = (set: bigint, node: number): number => {
      if (node === 0) return -1;
      const known = sets.get(set) ?? sets.size;
      sets.set(set, known);
      return known;
    };
    this.exits = this.flow.stored.map(numberOf);
    this.headExits = this.flow.dirty.map(numberOf);
    this.sets = [...sets.keys()];
  }

  protected override get fail(): string {
    return `F${this.exits[this.node]}`;
  }

  /** The function's body. */
  body(): void {
    const { code, sets } = this;
    const { nodes } = this.region;
    const setsOf = (isWayOut: (node: RegionNode) => boolean): Set<number> =>
      new Set(nodes.flatMap((node, index) => (isWayOut(node) ? [this.exits[index]!] : [])));
    const chained = setsOf(({ leaves }) => leaves);
    const indirect = setsOf(({ uops }) => uops.some(({ op }) => touchesOfRow(op).indirect));
    for (const index of sets.keys()) {
      code.block(`F${index}`);
      if (indirect.has(index)) code.block(`I${index}`);
    }
    this.begin();
    this.tree(0);
    for (const [index, set] of [...sets.entries()].reverse()) {
      if (indirect.has(index)) {
        code.op('unreachable').end();
        this.indirectWayOut(set);
      }
      code.op('unreachable').end();
      this.wayOut(set, chained.has(index));
    }
  }

  /** Writes a node with all that it dominates. */
  private tree(node: number): void {
    const { code, shape } = this;
    if (shape.isLoop[node]) code.loop(`L${node}`);
    const merges = shape.merges[node]!;
    for (const merge of merges) code.block(`B${merge}`);
    if (node === 0) this.entries();
    else this.block(node);
    for (const merge of [...merges].reverse()) {
      code.end();
      this.tree(merge);
    }
    if (shape.isLoop[node]) code.end();
  }

  /** Takes from the register file what entries want, and looks at the stack. In front of all, so that no loop carries what is not there yet. */
  private begin(): void {
    const { code, region, sharing, flow } = this;
    const entries = region.nodes[0]!.successors;
    this.loadVars(entries.reduce((all, node) => all | flow.wanted[node]!, 0n));
    const { stack, stackAt } = sharing;
    if (stack === undefined) return;
    const [first = 0, ...others] = entries.map(node => stackAt[node] ?? 0);
    code.i64(BigInt(first));
    for (const [index, distance] of others.entries())
      if (distance !== first)
        code
          .i64(BigInt(distance))
          .get('entry')
          .i32(index + 1)
          .op('i32.ne')
          .op('select');
    this.lookAtStack(stack);
  }

  /** Goes to the entry whose number the caller has given. */
  private entries(): void {
    const { code, shape, region } = this;
    const { successors } = region.nodes[0]!;
    const { detours } = shape;
    if (successors.length + detours.length === 1) {
      this.reachNode(0, successors[0]!);
      return;
    }
    const labels = [...successors, ...detours].map(node => `B${node}`);
    code.get('entry').brTable(labels.slice(0, -1), labels.at(-1)!);
  }

  protected override get shared(): JointAccess | undefined {
    return this.sharing.accesses.get(this.uop);
  }

  protected override get mayMiss(): boolean {
    return this.mayLeave(this.uop);
  }

  protected override get temporaries(): readonly Var[] {
    return this.wantedThere.get(this.uop) ?? [];
  }

  private reachNode(from: number, to: number): void {
    const { code, shape, region } = this;
    if (shape.detoured(from, to)) {
      code
        .i32(region.nodes[0]!.successors.length + shape.detours.indexOf(to))
        .set('entry')
        .br('L0');
    } else if (shape.order[to]! <= shape.order[from]!) code.br(`L${to}`);
    else if (shape.isMerge[to]) code.br(`B${to}`);
    else this.tree(to);
  }

  private block(node: number): void {
    const { code, region, flow } = this;
    const { uops, block } = region.nodes[node]!;
    const saved = { node: this.node, uop: this.uop, flags: this.knownFlags, length: this.blockLength, wanted: this.wantedThere };
    this.node = node;
    this.knownFlags = flow.flags[node];
    this.blockLength = block!.instructions;
    code.i32(block!.record | SPENT).set('pc');
    code.get('budget').i32(this.blockLength).op('i32.sub').tee('budget');
    code.i32(0).op('i32.lt_s').mostly(false).brIf(`F${this.headExits[node]}`);
    const unseen = unseenFlags(uops);
    const temporaries = wantedTemporaries(uops);
    this.wantedThere = new Map(uops.map((uop, at) => [uop, temporaries[at]!]));
    for (const [at, uop] of uops.entries()) {
      const chosen = this.chosen(uop);
      this.perform(chosen, rows[chosen.op]!.emit, unseen[at]!);
    }
    this.node = saved.node;
    this.uop = saved.uop;
    this.knownFlags = saved.flags;
    this.blockLength = saved.length;
    this.wantedThere = saved.wanted;
  }

  /** Leaves the region for the record in `pc`; where that is the first of another region, `chained`, straight to it. */
  private wayOut(set: bigint, chained: boolean): void {
    const { code } = this;
    this.storeVars(set);
    if (chained) {
      code
        .get('pc')
        .i32(REGION_LEFT | REGION_MISSED | SPENT)
        .op('i32.and')
        .op('i32.eqz')
        .if();
      this.chain();
      code.end();
    }
    // The block that the budget does not cover has not begun.
    code.get('pc').i32(SPENT).op('i32.and').if();
    code.i32(0).i32(1).memory('i32.store', STATE.endedInside);
    code
      .get('budget')
      .get('pc')
      .i32(SPENT + RECORD.size)
      .op('i32.sub')
      .memory('i32.load', RECORD.blockLength)
      .op('i32.add')
      .set('budget')
      .end();
    code.get('pc').i32(~SPENT).op('i32.and');
    this.returnWith();
  }

  /** Leaves the region for the block at the guest's address in `to`. From the record in `pc` JavaScript looks for it, if nobody knows it. */
  private indirectWayOut(set: bigint): void {
    const { code } = this;
    // Before the call, so that no variable has to outlive it.
    this.storeVars(set);
    code.get('to').call(this.own('recordOf')).tee('h').mostly(true).if();
    code.get('h').set('pc');
    this.chain();
    code.else().i32(0).get('to').memory('i64.store', STATE.rip);
    code.i32(0).i32(EXIT.lookup).memory('i32.store', STATE.exit).end();
    code.get('pc');
    this.returnWith();
  }

  /** Goes on in the region that begins with the block whose first record is at `pc`, if there is one. */
  private chain(): void {
    const { code } = this;
    code.get('pc').memory('i32.load16_u', RECORD.op).i32(REGION).op('i32.eq').if();
    code
      .get('pc')
      .i32(RECORD.size)
      .op('i32.sub')
      .tee('h')
      .memory('i32.load', ENTRY.entry)
      .get('budget')
      .get('h')
      .memory('i32.load', ENTRY.region)
      .returnCallIndirect(this.type);
    code.end();
  }

  private returnWith(): void {
    this.code.op('i64.extend_i32_u').get('budget').op('i64.extend_i32_u').i64(32n).op('i64.shl').op('i64.or').op('return');
  }

  /** The micro-op, or one that tells the condition from what is known to have set the flags. */
  private chosen(uop: MicroOp): MicroOp {
    if (!conditionals.has(uop.op)) return uop;
    this.settleFlags();
    return this.knownFlags === undefined ? uop : (onKnownFlags(uop, this.knownFlags) ?? uop);
  }

  /** To a node from the middle of the one that is being written. */
  private goOn(target: number): void {
    const { node, uop, knownFlags } = this;
    this.reachNode(node, target);
    this.node = node;
    this.uop = uop;
    this.knownFlags = knownFlags;
  }

  override jump(target: Node): void {
    const { expected } = this.region.nodes[this.node]!;
    if (expected !== undefined) {
      target(this);
      this.code.i64(BigInt(expected.pc)).op('i64.eq').if();
      this.goOn(expected.node);
      this.code.end();
    }
    target(this);
    this.code
      .set('to')
      .i32(this.uop.record | REGION_LEFT)
      .set('pc')
      .br(`I${this.exits[this.node]}`);
  }

  goTo(way: BranchWay): void {
    const { code, node, uop } = this;
    const target = this.region.nodes[node]!.ways[way];
    if (target !== undefined) {
      this.goOn(target);
      return;
    }
    // The field is looked at when it is wanted: the jump may be linked by then.
    code
      .i32(0)
      .memory('i32.load', uop.record + (way === 'taken' ? RECORD.d : RECORD.aux))
      .set('pc')
      .br(`F${this.exits[node]}`);
  }

  protected enter(record: Node): void {
    record(this);
    this.code.set('pc').br(`F${this.exits[this.node]}`);
  }
}

const CONDITIONAL = /^(j_|set_|cmov(?:16|32|64)_)(.*)$/;
const CONDITION_SET: ReadonlySet<string> = new Set(CONDITIONS);
interface Choice {
  readonly prefix: string;
  readonly condition: Condition;
}
/** The conditional micro-ops that ask for flags that anything may have set. */
const conditionals = new Map<number, Choice>(
  opTraits.flatMap(({ name }, op) => {
    const [, prefix = '', condition = ''] = CONDITIONAL.exec(name) ?? [];
    return CONDITION_SET.has(condition) ? [[op, { prefix, condition: condition as Condition }]] : [];
  }),
);

/** An op that leaves the flags as a value of ccOp says, for choosing a row by. */
function setterOf(flags: number): number {
  const step = (flags >> 8) & 0xff;
  const [family, width] = familyOf(flags);
  if (step !== 0) return opNumber(`${step >> 2 === 1 ? 'inc' : 'dec'}${[8, 16, 32, 64][step & 3]}`);
  if (family === 'flags') return opNumber('ptest');
  if (family === 'sub' && (flags & DIFFERENCE) !== 0) return opNumber(`cmp${width}`);
  if (family === 'logic') return opNumber(`test${width}`);
  return opNumber(`add${width}`);
}

function onKnownFlags(uop: MicroOp, flags: number): MicroOp | undefined {
  const conditional = conditionals.get(uop.op);
  if (conditional === undefined) return undefined;
  const setter = setterOf(flags);
  if (conditional.prefix !== 'j_') return { ...uop, op: rowOn(conditional, setter) };
  const { uop: chosen } = branchOn(conditional.condition, setter);
  return chosen.op === NO_OP ? undefined : { ...uop, op: chosen.op, a: chosen.a, b: chosen.b };
}
