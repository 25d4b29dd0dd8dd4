/** Regions: which blocks are compiled together. */
import { opNumber, opTraits } from '../ir/ops.js';
import { RECORD, STATE } from '../layout.js';
import type { Block } from '../translate.js';
import type { FlowNode } from './flow.js';
import { touchesOf, touchesOfRow } from './scan.js';
import { type MicroOp, readBlock } from './uops.js';
import { varAt } from './vars.js';

export interface RegionNode extends FlowNode {
  /** Undefined: node 0. */
  readonly block: Block | undefined;
  /** It is not in a function that is called in the region. */
  readonly isOuter: boolean;
  /** Nodes that its jump goes to, where they are in the region. */
  readonly ways: { readonly taken?: number; readonly otherwise?: number };
  /** Where its return or indirect jump is likely to go, if that is in the region. */
  readonly expected: { readonly pc: number; readonly node: number } | undefined;
}

export interface CodeRegion {
  readonly nodes: readonly RegionNode[];
}

/** What the translator knows of blocks. */
export interface Blocks {
  readonly words: Int32Array;
  /** The block whose first record is at an address. */
  at(record: number): Block | undefined;
  /** The block at an address of the guest, if it is translated. */
  known(pc: number): Block | undefined;
  /** The op that a block's first record had before a region took its place. */
  opOf(record: number): number | undefined;
}

/**
 * Of a region. What V8 spends on its registers grows faster than it, and the larger it is, the more of it lies in others too, whose functions are called
 * in it or whose roots got hot later.
 */
const MOST = { blocks: 24, uops: 250 } as const;
/** Micro-ops of a block that is taken in though it was not met, if what leads to it was: looks miss what is short. */
const TINY = 6;
/** Calls inside each other whose functions are made part of a region. */
const MOST_CALLS = 4;

/** What the interpreter does better, or seldom: blocks with such an op stay with it. */
const KEPT_OUT: ReadonlySet<string> = new Set(['region', 'stale', 'fill8', 'jumptraced']);
const outside = new Map<number, boolean>();
function isOutside(op: number): boolean {
  let known = outside.get(op);
  if (known === undefined) {
    const { units } = touchesOfRow(op);
    const { name } = opTraits[op]!;
    known = KEPT_OUT.has(name) || name.startsWith('edge') || units.has('x87') || units.has('system');
    outside.set(op, known);
  }
  return known;
}

/** A call that the region has made. */
interface Call {
  readonly depth: number;
  readonly returnsTo: number;
  readonly from: Call | undefined;
}

/** What registers hold, by their places in the register file, on the way that was first found to a block. */
type Constants = ReadonlyMap<number, bigint>;

/** A block, as it is reached through some calls. */
interface Place {
  readonly block: Block;
  readonly call: Call | undefined;
  readonly constants: Constants;
}

/** One that may be taken in. */
interface Candidate extends Place {
  /** What leads to it was met. */
  readonly isNear: boolean;
}

interface Found extends Place {
  readonly uops: readonly MicroOp[];
  readonly taken: Place | undefined;
  readonly otherwise: Place | undefined;
  readonly expected: Place | undefined;
}

/** What decides what a region has. */
export interface Choice {
  /** Whether a block is known to be reached from outside. */
  isEntry(block: Block): boolean;
  /** How much was spent at a block. Undefined: nobody knows. */
  readonly weight: ((block: Block) => number) | undefined;
}

/**
 * The region of a block, with what can be reached from it by direct jumps that have been taken, behind its calls, and in the functions that it
 * calls. Undefined: the block is kept out.
 */
export function regionAt(blocks: Blocks, root: Block, { isEntry, weight }: Choice): CodeRegion | undefined {
  const found: Found[] = [];
  const numbers = new Map<Call | undefined, Map<Block, number>>();
  const calls = new Calls();
  const entries = new Set<Block>([root]);
  const open = new Frontier(weight);
  open.add({ block: root, call: undefined, constants: new Map(), isNear: true });
  let count = 0;
  for (let place = open.next(); place !== undefined; place = open.next()) {
    const { block, call, isNear } = place;
    const ofCall = numbers.get(call) ?? new Map<Block, number>();
    numbers.set(call, ofCall);
    if (ofCall.has(block)) continue;
    const uops = readBlock(blocks.words, block, record => blocks.opOf(record));
    if (uops.some(({ op }) => isOutside(op))) continue;
    if (found.length >= MOST.blocks || count + uops.length > MOST.uops) continue;
    const each = follow(blocks, calls, place, uops);
    const isMet = weight === undefined || block === root || weight(block) > 0;
    const leads = (to: Place | undefined): boolean => to !== undefined && weight!(to.block) > 0;
    // What was not met is wanted where it leads on to what was, and what is short may have been missed.
    if (!isMet && ![each.taken, each.otherwise, each.expected].some(leads) && (uops.length > TINY || !isNear)) continue;
    count += uops.length;
    ofCall.set(block, found.length + 1);
    found.push(each);
    if (call === undefined && isEntry(block)) entries.add(block);
    for (const to of [each.otherwise, each.taken, each.expected]) if (to !== undefined) open.add({ ...to, isNear: isMet });
  }
  const numberOf = (place: Place | undefined): number | undefined =>
    place === undefined ? undefined : numbers.get(place.call)?.get(place.block);
  const first = [...entries].flatMap(block => numbers.get(undefined)!.get(block) ?? []);
  if (!first.includes(1)) return undefined;
  const nodes = found.map(({ block, call, uops, ...to }): RegionNode => {
    const ways = { taken: numberOf(to.taken), otherwise: numberOf(to.otherwise) };
    const node = numberOf(to.expected);
    const expected = node === undefined ? undefined : { pc: to.expected!.block.pc, node };
    const successors = [...new Set([ways.taken, ways.otherwise, node].filter(each => each !== undefined))];
    const leaves = touchesOfRow(uops.at(-1)!.op).ways.some(way => ways[way] === undefined);
    return { block, isOuter: call === undefined, uops, ways, expected, leaves, successors };
  });
  const front = { block: undefined, isOuter: true, uops: [], ways: {}, expected: undefined, leaves: false, successors: first };
  return { nodes: [front, ...nodes] };
}

/** Calls of a region, each once. */
class Calls {
  private readonly known = new Map<Call | undefined, Map<number, Call>>();

  from(call: Call | undefined, returnsTo: number): Call {
    const from = this.known.get(call) ?? new Map<number, Call>();
    this.known.set(call, from);
    const known = from.get(returnsTo) ?? { depth: (call?.depth ?? 0) + 1, returnsTo, from: call };
    from.set(returnsTo, known);
    return known;
  }
}

/** Places that a region may take in: those that were met most come first, then a function's own before those of what it calls. */
class Frontier {
  private readonly places: Candidate[] = [];

  constructor(private readonly weight: ((block: Block) => number) | undefined) {}

  add(place: Candidate): void {
    this.places.push(place);
  }

  next(): Candidate | undefined {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (const [index, { block, call }] of this.places.entries()) {
      const rank = (this.weight?.(block) ?? 0) * 16 - (call?.depth ?? 0);
      if (rank > most) [best, most] = [index, rank];
    }
    return best < 0 ? undefined : this.places.splice(best, 1)[0];
  }
}

/** Where a block goes on, as far as that is known. */
function follow(blocks: Blocks, calls: Calls, place: Place, uops: readonly MicroOp[]): Found {
  const { call } = place;
  const last = uops.at(-1)!;
  const { ways } = touchesOfRow(last.op);
  const { edge } = opTraits[last.op]!;
  const constants = constantsBehind(place.constants, uops);
  const to = (block: Block | undefined, call: Call | undefined): Place | undefined =>
    block === undefined || (call?.depth ?? 0) > MOST_CALLS ? undefined : { block, call, constants };
  const called = edge === 'call' ? calls.from(call, Number(last.imm)) : call;
  const taken = ways.includes('taken') ? to(blocks.at(last.d), called) : undefined;
  const otherwise = ways.includes('otherwise') ? to(blocks.at(last.aux), call) : undefined;
  let expected: Place | undefined;
  if (edge === 'return') expected = call === undefined ? undefined : to(blocks.known(call.returnsTo), call.from);
  else if (touchesOfRow(last.op).indirect) {
    const target = constants.get(last.a);
    expected = target === undefined ? undefined : to(blocks.known(Number(target)), called);
  }
  return { ...place, uops, taken, otherwise, expected };
}

const MOVES = new Set(['mov32', 'mov64'].map(opNumber));
const LEA = opNumber('lea0');

/** Numbers that are moved around: what a call through a register is likely to go to. They are guesses, since a block may be reached by other ways. */
function constantsBehind(before: Constants, uops: readonly MicroOp[]): Constants {
  const now = new Map(before);
  for (const uop of uops) {
    const own = uop.record + RECORD.imm;
    let value: bigint | undefined;
    if (MOVES.has(uop.op)) value = uop.a === own ? uop.imm : now.get(uop.a);
    else if (uop.op === LEA && uop.a === STATE.zero) value = uop.imm;
    const { writes } = touchesOf(uop);
    for (const slot of now.keys()) if (((varAt(slot)?.bit ?? 0n) & writes) !== 0n) now.delete(slot);
    if (value !== undefined) now.set(uop.d, value);
  }
  return now;
}
