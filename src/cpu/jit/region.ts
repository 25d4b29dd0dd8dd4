/** Regions: which blocks are compiled together. */
import { opTraits } from '../ir/ops.js';
import type { Block } from '../translate.js';
import type { FlowNode } from './flow.js';
import { touchesOfRow } from './scan.js';
import { type MicroOp, readBlock } from './uops.js';

export interface RegionNode extends FlowNode {
  /** Undefined: node 0. */
  readonly block: Block | undefined;
  /** Nodes that its jump goes to, where they are in the region. */
  readonly ways: { readonly taken?: number; readonly otherwise?: number };
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

const MOST_BLOCKS = 48;
const MOST_UOPS = 900;

/** What the interpreter does better, or seldom: blocks with such an op stay with it. */
const KEPT_OUT: ReadonlySet<string> = new Set(['region', 'stale', 'edge', 'fill8', 'jumptraced']);
const outside = new Map<number, boolean>();
function isOutside(op: number): boolean {
  let known = outside.get(op);
  if (known === undefined) {
    const { units } = touchesOfRow(op);
    known = KEPT_OUT.has(opTraits[op]!.name) || units.has('x87') || units.has('system') || units.has('sseRare');
    outside.set(op, known);
  }
  return known;
}

/** The region of a block, with what can be reached from it by direct jumps that have been taken, and behind its calls. Undefined: the block is kept out. */
export function regionAt(blocks: Blocks, root: Block, isEntry: (block: Block) => boolean): CodeRegion | undefined {
  const found = new Map<Block, { uops: readonly MicroOp[]; ways: [Block | undefined, Block | undefined]; behind: Block | undefined }>();
  const entries = new Set<Block>([root]);
  let count = 0;
  const queue = [root];
  for (let block = queue.shift(); block !== undefined; block = queue.shift()) {
    if (found.has(block)) continue;
    const uops = readBlock(blocks.words, block, record => blocks.opOf(record));
    if (uops.some(({ op }) => isOutside(op))) continue;
    if (found.size >= MOST_BLOCKS || count + uops.length > MOST_UOPS) continue;
    count += uops.length;
    const last = uops.at(-1)!;
    const { ways } = touchesOfRow(last.op);
    const isCall = opTraits[last.op]!.edge === 'call';
    const taken = ways.includes('taken') && !isCall ? blocks.at(last.d) : undefined;
    const otherwise = ways.includes('otherwise') ? blocks.at(last.aux) : undefined;
    const behind = isCall ? blocks.known(Number(last.imm)) : undefined;
    found.set(block, { uops, ways: [taken, otherwise], behind });
    for (const next of [otherwise, taken, behind]) if (next !== undefined) queue.push(next);
    if (behind !== undefined) entries.add(behind);
    if (isEntry(block)) entries.add(block);
  }
  if (!found.has(root)) return undefined;
  const numbers = new Map<Block, number>([...found.keys()].map((block, index) => [block, index + 1]));
  const numberOf = (block: Block | undefined): number | undefined => (block === undefined ? undefined : numbers.get(block));
  const nodes = [...found].map(
    ([
      block,
      {
        uops,
        ways: [taken, otherwise],
      },
    ]): RegionNode => {
      const ways = { taken: numberOf(taken), otherwise: numberOf(otherwise) };
      const leaves = touchesOfRow(uops.at(-1)!.op).ways.some(way => ways[way] === undefined);
      return { block, uops, ways, leaves, successors: [...new Set([ways.taken, ways.otherwise].filter(each => each !== undefined))] };
    },
  );
  const first = [...entries].flatMap(block => numberOf(block) ?? []);
  return { nodes: [{ block: undefined, uops: [], ways: {}, leaves: false, successors: first }, ...nodes] };
}
