/**
 * Which accesses of a region share one look at the TLB: those at known distances from each other. What lies at known distances from where RSP was
 * when the region was entered is looked up there; the others where the first of them stands, for what it dominates.
 */
import { fieldAddress } from '../ir/emit.js';
import { opNumber, opTraits } from '../ir/ops.js';
import { RECORD } from '../layout.js';
import { touchesOf, touchesOfRow } from './scan.js';
import type { FlowShape } from './shape.js';
import type { MicroOp } from './uops.js';
import { VARS, varAt } from './vars.js';

interface CodeNode {
  readonly uops: readonly MicroOp[];
  readonly successors: readonly number[];
}

/** Accesses that share a look. */
export interface Share {
  /** The local that has the host address of `low`, or 0: not all can be reached without help. */
  readonly local: string;
  /** Their bytes, as distances from the value that they have in common. */
  readonly low: number;
  readonly high: number;
  readonly writes: boolean;
}

/**
 * What a micro-op reaches with another's look: where, from the share's `low`. It is the one that `looks`, or `asks` whether the fast way is open, or
 * `knows` that it is, since all that did either before it have left the region otherwise.
 */
export interface JointAccess {
  readonly share: Share;
  readonly offset: number;
  readonly role: 'looks' | 'asks' | 'knows';
}

export interface Sharing {
  readonly accesses: ReadonlyMap<MicroOp, JointAccess>;
  /** What is looked up at entries; undefined: nothing is. */
  readonly stack: Share | undefined;
  /** By node: where RSP is in front of it, from where the value common to `stack` is. */
  readonly stackAt: readonly (number | undefined)[];
}

/** Bytes that a look may be good for. The further they reach, the likelier a page ends among them, and all go the slow way. */
const WIDEST = { stack: 2048, other: 256 } as const;
const MOST_SHARES = 64;
const STACK_LOCAL = 'stackHost';
export const SHARE_LOCALS: Readonly<Record<string, 'i32'>> = Object.fromEntries(
  [STACK_LOCAL, ...Array.from({ length: MOST_SHARES }, (_, index) => `host${index}`)].map(name => [name, 'i32' as const]),
);

interface Access {
  readonly slot: number;
  readonly offset: number;
  readonly bytes: number;
  readonly writes: boolean;
}

const RSP = fieldAddress('rsp');
const FORM = /^(load|store)(w?)(8|16|32|64|128)(?:[zs]\d+|u|v)?$/;
const ALSO_SIMPLE = /^(load128a|store128a|probew\d+)$/;
/** Of ops that reach what lies at `a` + imm. */
const forms = opTraits.map(({ name }) => {
  const [, kind, update, bits] = FORM.exec(name) ?? [];
  return kind === undefined || (kind === 'store' && update !== '')
    ? undefined
    : { bytes: Number(bits) / 8, writes: kind === 'store' || update !== '' };
});
/** By op: what it does to RSP, whose old (`pop`, `ret`) or new value is where it reaches 8 bytes. */
const STACK_STEPS = new Map(
  Object.entries({ push64: -8, call: -8, callr: -8, pop64: 8, ret: 8 }).map(([name, step]) => [opNumber(name), step]),
);
const RET = opNumber('ret');

const own = (uop: MicroOp): number => uop.record + RECORD.imm;
const signed = ({ imm }: MicroOp): number => Number(BigInt.asIntN(64, imm));

/** Whether nothing has changed where the op reaches for memory, so that the interpreter can do it instead. */
export const isSimpleAccess = ({ op }: MicroOp): boolean => STACK_STEPS.has(op) || forms[op] !== undefined || alsoSimple[op]!;
const alsoSimple = opTraits.map(({ name }) => ALSO_SIMPLE.test(name));

function accessOf(uop: MicroOp): Access | undefined {
  const step = STACK_STEPS.get(uop.op);
  if (step !== undefined) return { slot: RSP, offset: Math.min(step, 0), bytes: 8, writes: step < 0 };
  const form = forms[uop.op];
  if (form === undefined || !isRegister(uop.a)) return undefined;
  return { slot: uop.a, offset: signed(uop), ...form };
}

const isRegister = (slot: number): boolean => (varAt(slot)?.bit ?? 0n) !== 0n && varAt(slot)!.slot === slot && varAt(slot)!.type === 'i64';

/** What a register holds: a value that nothing is known of, and what has been added to it. */
interface Value {
  readonly root: object;
  readonly distance: number;
}

const COPY = opNumber('mov64');
const LEA = opNumber('lea0');
const SUMS = new Map<number, 1 | -1>(
  (['add64', 'add64p', 'sub64', 'sub64p'] as const).map(name => [opNumber(name), name.startsWith('add') ? 1 : -1]),
);
const FARTHEST = 2 ** 30;

/** Values of registers along a way. */
class Values {
  constructor(private readonly known = new Map<number, Value>()) {}

  copy(): Values {
    return new Values(new Map(this.known));
  }

  of(slot: number): Value {
    const known = this.known.get(slot) ?? { root: {}, distance: 0 };
    this.known.set(slot, known);
    return known;
  }

  set(slot: number, value: Value): void {
    this.known.set(slot, value);
  }

  /** Does what a micro-op does. */
  step(uop: MicroOp): void {
    const value = this.result(uop);
    const { writes } = touchesOf(uop);
    for (const { slot, bit } of VARS) if ((bit & writes) !== 0n) this.known.delete(slot);
    if (value !== undefined) this.known.set(value.slot, value);
  }

  private result(uop: MicroOp): (Value & { readonly slot: number }) | undefined {
    const { op, a, b, d } = uop;
    const by = (slot: number, distance: number): (Value & { readonly slot: number }) | undefined => {
      const { root, distance: before } = this.of(slot);
      const sum = before + distance;
      return Math.abs(sum) < FARTHEST ? { slot: slot === RSP && STACK_STEPS.has(op) ? RSP : d, root, distance: sum } : undefined;
    };
    const step = STACK_STEPS.get(op);
    if (step !== undefined) return d === RSP && opTraits[op]!.flow !== 'end' ? undefined : by(RSP, step + (op === RET ? signed(uop) : 0));
    if (!isRegister(d) || !isRegister(a)) return undefined;
    if (op === COPY) return by(a, 0);
    if (op === LEA) return by(a, signed(uop));
    const sign = SUMS.get(op);
    return sign === undefined || b !== own(uop) ? undefined : by(a, sign * signed(uop));
  }
}

interface Stretch {
  readonly uop: MicroOp;
  readonly low: number;
  readonly high: number;
  readonly writes: boolean;
}

/** What is known behind a block. */
interface Known {
  readonly values: Values;
  /** What has been looked up on the way there, by the value that it is at a distance from. */
  open: { readonly root: object; readonly members: Stretch[] }[];
}

/** `mayLeave`: whether a micro-op can leave the region where what it reaches is not simple. */
export function sharingOf(nodes: readonly CodeNode[], shape: FlowShape, mayLeave: (uop: MicroOp) => boolean): Sharing {
  const stackAt = distancesOfStack(nodes);
  const stackRoot = {};
  const onStack: Stretch[] = [];
  const shares: Stretch[][] = [];
  const behind: Known[] = [];
  const inOrder = nodes.map((_, node) => node).filter(node => node > 0 && shape.order[node]! >= 0);
  inOrder.sort((one, other) => shape.order[one]! - shape.order[other]!);
  for (const node of inOrder) {
    const before = shape.isMerge[node] || shape.isLoop[node] ? undefined : behind[onlyWayTo(nodes, shape, node)];
    const known: Known = { values: before?.values.copy() ?? new Values(), open: [...(before?.open ?? [])] };
    const distance = stackAt[node];
    if (distance !== undefined) known.values.set(RSP, { root: stackRoot, distance });
    for (const uop of nodes[node]!.uops) {
      const access = accessOf(uop);
      if (access !== undefined) {
        const { root, distance: base } = known.values.of(access.slot);
        const low = base + access.offset;
        const stretch: Stretch = { uop, low, high: low + access.bytes, writes: access.writes };
        if (root === stackRoot) onStack.push(stretch);
        else if (mayLeave(uop)) {
          const share = known.open.find(({ root: other, members }) => other === root && takes(members, stretch));
          if (share !== undefined) share.members.push(stretch);
          else {
            const members = [stretch];
            known.open.push({ root, members });
            shares.push(members);
          }
        }
      }
      known.values.step(uop);
      // What JavaScript may do to memory then is nobody's business here.
      if (touchesOfRow(uop.op).leavesElsewhere && opTraits[uop.op]!.flow !== 'end') known.open = [];
    }
    behind[node] = known;
  }
  const accesses = new Map<MicroOp, JointAccess>();
  for (const [index, members] of shares
    .filter(({ length }) => length > 1)
    .slice(0, MOST_SHARES)
    .entries()) {
    const share: Share = { ...boundsOf(members), local: `host${index}` };
    for (const { uop, low } of members)
      accesses.set(uop, { share, offset: low - share.low, role: uop === members[0]!.uop ? 'looks' : 'knows' });
  }
  const stack = windowOf(onStack);
  if (stack !== undefined) {
    for (const { uop, low, high } of onStack)
      if (low >= stack.low && high <= stack.high) accesses.set(uop, { share: stack, offset: low - stack.low, role: 'asks' });
    const knows = nodesThatKnow(nodes, uop => accesses.get(uop)?.share === stack && mayLeave(uop));
    for (const [node, { uops }] of nodes.entries()) {
      let known = knows[node]!;
      for (const uop of uops) {
        const access = accesses.get(uop);
        if (access?.share !== stack) continue;
        if (known) accesses.set(uop, { ...access, role: 'knows' });
        known ||= mayLeave(uop);
      }
    }
  }
  return { accesses, stack, stackAt };
}

const boundsOf = (all: readonly Stretch[]): Omit<Share, 'local'> => ({
  low: Math.min(...all.map(({ low }) => low)),
  high: Math.max(...all.map(({ high }) => high)),
  writes: all.some(({ writes }) => writes),
});

/** Whether the look of what others reach is good for one more. What is read is not looked up for writing: few pages may be written that never are. */
function takes(members: readonly Stretch[], one: Stretch): boolean {
  const { low, high, writes } = boundsOf(members);
  return (writes || !one.writes) && Math.max(high, one.high) - Math.min(low, one.low) <= WIDEST.other;
}

/** By node: whether on every way to it something has been done that `tells`. */
function nodesThatKnow(nodes: readonly CodeNode[], tells: (uop: MicroOp) => boolean): boolean[] {
  const own = nodes.map(({ uops }) => uops.some(tells));
  const entries = new Set(nodes[0]!.successors);
  const knows = nodes.map((_, node) => node > 0 && !entries.has(node));
  for (let changed = true; changed; ) {
    changed = false;
    for (const [from, { successors }] of nodes.entries()) {
      if (from === 0 || knows[from] || own[from]) continue;
      for (const to of successors) {
        if (knows[to]) changed = true;
        knows[to] = false;
      }
    }
  }
  return knows;
}

function onlyWayTo(nodes: readonly CodeNode[], shape: FlowShape, node: number): number {
  return nodes.findIndex(
    ({ successors }, from) => successors.includes(node) && shape.order[from]! < shape.order[node]! && shape.order[from]! >= 0,
  );
}

/** The stretch that most of the accesses lie in, of those that are not too long. */
function windowOf(all: readonly Stretch[]): Share | undefined {
  const sorted = [...all].sort((one, other) => one.low - other.low);
  let best: { low: number; high: number; count: number } | undefined;
  for (const [index, { low }] of sorted.entries()) {
    let [high, count] = [low, 0];
    for (const each of sorted.slice(index)) {
      if (each.high > low + WIDEST.stack) continue;
      high = Math.max(high, each.high);
      count++;
    }
    if (count > (best?.count ?? 0)) best = { low, high, count };
  }
  return best && { local: STACK_LOCAL, low: best.low, high: best.high, writes: true };
}

/** By node: where RSP is in front of it, from where it is in front of the first; undefined: it may be here or there. */
function distancesOfStack(nodes: readonly CodeNode[]): (number | undefined)[] {
  const found: (number | 'anywhere' | undefined)[] = nodes.map(() => undefined);
  const open: number[] = [];
  const reach = (node: number, distance: number | 'anywhere'): void => {
    const before = found[node];
    const now = before === undefined || before === distance ? distance : 'anywhere';
    if (now === before) return;
    found[node] = now;
    open.push(node);
  };
  const first = nodes[0]!.successors;
  const root = {};
  if (first.length > 0) reach(first.includes(1) ? 1 : first[0]!, 0);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { uops, successors } = nodes[node]!;
    let behind = found[node]!;
    if (behind !== 'anywhere') {
      const values = new Values(new Map([[RSP, { root, distance: behind }]]));
      for (const uop of uops) values.step(uop);
      const value = values.of(RSP);
      behind = value.root === root ? value.distance : 'anywhere';
    }
    for (const to of successors) reach(to, behind);
  }
  return found.map(each => (each === 'anywhere' ? undefined : each));
}
