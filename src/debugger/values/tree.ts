/** Values as data: each with its type, kind and place, and with its parts as values again, as far as the bounds go. */
import { hex } from '../../host/hex.js';
import type { Data } from '../answer.js';
import { type Child, type Content, childCount, childrenOf, contentOf } from './content.js';
import { type PrintOptions, printValue, SHORT } from './print.js';
import { Unreadable } from './source.js';
import { underlying } from './types.js';
import type { Value, World } from './value.js';

/** How much of all trees of an answer together is given. */
export interface TreeBounds {
  /** Levels of parts below a value. */
  readonly depth: number;
  /** Parts. */
  readonly parts: number;
  /** Characters of the parts' texts. */
  readonly characters: number;
}

const BOUNDS: TreeBounds = { depth: 6, parts: 400, characters: 40_000 };

/** A value and how it is printed where its parts are not seen. */
export interface Root {
  readonly value: Value;
  readonly text: string;
}

type Node = Record<string, Data>;

interface Open {
  readonly node: Node;
  readonly value: Value;
  readonly content: Content;
  readonly depth: number;
}

/**
 * One object for each root: `type`, `kind`, `value` (text), `address`, for some kinds `length`, `capacity`, `pointer`; `lost` and `why` where
 * it cannot be read; `children`, and `truncated` where it has more than those. What lies nearer to the roots comes first.
 */
export function treesOf(world: World, roots: readonly Root[], options: PrintOptions, bounds = BOUNDS): readonly Node[] {
  const short: PrintOptions = { ...options, ...SHORT };
  const most = options.maxArrayValues ?? bounds.parts;
  const open: Open[] = [];
  let { parts, characters } = bounds;

  const nodeOf = (head: Node, value: Value, text: string, depth: number): Node => {
    const { address } = value.source;
    const node: Node = {
      ...head,
      type: value.type.name,
      kind: underlying(value.type).kind,
      value: text,
      address: address === undefined ? null : hex(address),
    };
    reading(node, () => {
      const content = contentOf(world, value);
      Object.assign(node, factsOf(content));
      if (childCount(content) > 0) open.push({ node, value, content, depth });
    });
    return node;
  };

  const grow = ({ node, value, content, depth }: Open): void => {
    const count = childCount(content);
    const shown = depth >= bounds.depth ? 0 : content.kind === 'struct' ? count : Math.min(count, most);
    const children: Node[] = [];
    reading(node, () => {
      for (const child of childrenOf(world, value, content)) {
        if (children.length === shown || parts <= 0 || characters <= 0) break;
        const text = printValue(world, child.value, short);
        parts--;
        characters -= text.length;
        children.push(nodeOf({ name: partName(child, world, short) }, child.value, text, depth + 1));
      }
    });
    node.children = children;
    if (children.length < count) node.truncated = true;
  };

  const nodes = roots.map(({ value, text }) => nodeOf({}, value, text, 0));
  for (const each of open) grow(each);
  return nodes;
}

/** What cannot be read is said in the node. */
function reading(node: Node, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    node.lost = error.lost;
    node.why = error.why;
  }
}

function factsOf(content: Content): Node {
  switch (content.kind) {
    case 'string':
    case 'array':
      return { length: content.length };
    case 'slice':
      return { length: content.length, capacity: content.capacity };
    case 'map':
      return { length: content.entries?.length ?? 0 };
    case 'chan':
      return { length: Number(content.channel?.length ?? 0n), capacity: Number(content.channel?.capacity ?? 0n) };
    case 'pointer':
      return { pointer: hex(content.address) };
    default:
      return {};
  }
}

/** What stands behind the whole's name in an expression, where there is one for it; of an embedded or nameless field, its name. */
export function partName(child: Child, world: World, options: PrintOptions): string {
  switch (child.is) {
    case 'field':
      return child.field.name;
    case 'element':
      return `[${child.index}]`;
    case 'entry':
      return `[${printValue(world, child.key, options)}]`;
    case 'target':
      return '*';
    case 'dynamic':
      return '.(data)';
    case 'captured':
      return child.name;
  }
}
