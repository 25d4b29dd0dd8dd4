/** What flows through the blocks of a region: which variables have been written since it was entered, which are wanted, and what is known of the flags. */
import { flagsAfter, type KnownFlags } from './emit.js';
import { touchesOf, touchesOfRow } from './scan.js';
import type { MicroOp } from './uops.js';

/** A node of a region's graph: a block of the guest. Number 0 stands in front of the entries, and has no micro-ops. */
export interface FlowNode {
  readonly uops: readonly MicroOp[];
  readonly successors: readonly number[];
  /** A way of its jump leads out of the region. */
  readonly leaves: boolean;
}

export interface Flow {
  /** What the way out in front of each block stores in the register file, and what those out of it and behind it do. */
  readonly dirty: readonly bigint[];
  readonly stored: readonly bigint[];
  /** What each block wants to be in its variables. */
  readonly wanted: readonly bigint[];
  readonly flags: readonly KnownFlags[];
}

const isEntry = 0;

export function flowOf(nodes: readonly FlowNode[]): Flow {
  const uses = nodes.map(({ uops }) => uops.map(touchesOf));
  const writes = uses.map(list => list.reduce((all, use) => all | use.writes, 0n));
  // Forward: what may have been written.
  const dirty = nodes.map(() => 0n);
  settle(nodes, (from, to) => {
    const all = dirty[to]! | dirty[from]! | writes[from]!;
    const changed = all !== dirty[to];
    dirty[to] = all;
    return changed;
  });
  const stored = dirty.map((before, node) => before | writes[node]!);
  // Backward: what is read before it is written, by the ways out too.
  const own = nodes.map(({ uops, successors, leaves }, node) => {
    let killed = 0n;
    let wanted = dirty[node]!;
    for (const [index, { op }] of uops.entries()) {
      const use = uses[node]![index]!;
      wanted |= (touchesOfRow(op).leaves ? use.reads | stored[node]! : use.reads) & ~killed;
      killed |= use.kills;
    }
    if (leaves || successors.length === 0) wanted |= stored[node]! & ~killed;
    return { wanted, killed };
  });
  own[isEntry] = { wanted: 0n, killed: 0n };
  const wanted = own.map(each => each.wanted);
  for (let changed = true; changed; ) {
    changed = false;
    for (let node = nodes.length - 1; node > 0; node--) {
      const behind = nodes[node]!.successors.reduce((all, to) => all | wanted[to]!, 0n);
      const all = own[node]!.wanted | (behind & ~own[node]!.killed);
      if (all !== wanted[node]) changed = true;
      wanted[node] = all;
    }
  }
  return { dirty, stored, wanted, flags: flagsOf(nodes) };
}

/** Follows edges until nothing changes. */
function settle(nodes: readonly FlowNode[], flow: (from: number, to: number) => boolean): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const [from, { successors }] of nodes.entries()) for (const to of successors) if (flow(from, to)) changed = true;
  }
}

const throughBlock = (uops: readonly MicroOp[], before: KnownFlags): KnownFlags =>
  uops.reduce<KnownFlags>((known, { op }) => {
    const { flagStep } = touchesOfRow(op);
    return flagStep === undefined ? known : flagsAfter(known, flagStep);
  }, before);

/** The value of ccOp in front of each block, where all ways to it agree. */
function flagsOf(nodes: readonly FlowNode[]): KnownFlags[] {
  const known: (KnownFlags | 'unseen')[] = nodes.map(() => 'unseen');
  known[isEntry] = undefined;
  settle(nodes, (from, to) => {
    const before = known[from];
    if (before === 'unseen') return false;
    const behind = throughBlock(nodes[from]!.uops, before);
    const now = known[to];
    if (now === 'unseen') known[to] = behind;
    else if (now !== undefined && now !== behind) known[to] = undefined;
    else return false;
    return true;
  });
  return known.map(each => (each === 'unseen' ? undefined : each));
}
