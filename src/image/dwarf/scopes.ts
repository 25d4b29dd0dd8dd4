import { DW_TAG } from './constants.js';
import type { Die } from './die.js';
import type { DwarfFunction } from './functions.js';
import { inRanges, type Ranges, rangesOf } from './ranges.js';
import type { DebugInfo } from './unit.js';

/** A function body, an inlined copy of one, or a block, with the offsets of the parameters, variables and constants right in it. */
export interface Scope {
  readonly kind: 'function' | 'inlined' | 'block';
  readonly die: number;
  readonly ranges: Ranges;
  readonly parent: Scope | undefined;
  readonly children: Scope[];
  readonly variables: number[];
}

/** Blocks nested deeper than this are not looked into. */
const MAX_DEPTH = 200;

/** DW_TAG_try_block and DW_TAG_catch_block hold variables as lexical blocks do. */
const BLOCK_TAGS: ReadonlySet<number> = new Set([DW_TAG.lexical_block, 0x25, 0x32]);

/** Scopes of functions, each function read once. */
export class Scopes {
  private readonly cache = new Map<number, Scope>();

  constructor(private readonly info: DebugInfo) {}

  of(f: DwarfFunction): Scope {
    let scope = this.cache.get(f.die);
    if (!scope) {
      const root: Scope = { kind: 'function', die: f.die, ranges: f.ranges, parent: undefined, children: [], variables: [] };
      this.info.sections.guard(`variables and inlined calls of ${f.name} are missing from there on`, undefined, () =>
        this.fill(root, this.info.die(f.unit, f.die), 0),
      );
      this.cache.set(f.die, (scope = root));
    }
    return scope;
  }

  private fill(scope: Scope, die: Die, depth: number): void {
    for (const child of die.children()) {
      const tag = child.tag;
      if (tag === DW_TAG.formal_parameter || tag === DW_TAG.variable || tag === DW_TAG.constant) scope.variables.push(child.offset);
      else if (tag === DW_TAG.inlined_subroutine || BLOCK_TAGS.has(tag)) {
        if (depth >= MAX_DEPTH) continue;
        const kind = tag === DW_TAG.inlined_subroutine ? 'inlined' : 'block';
        const inner: Scope = { kind, die: child.offset, ranges: rangesOf(child), parent: scope, children: [], variables: [] };
        scope.children.push(inner);
        this.fill(inner, child, depth + 1);
      }
    }
  }
}

/** Whether the scope's code has `pc`. A block without ranges of its own has what its parent has. */
export function covers(scope: Scope, pc: number): boolean {
  if (scope.ranges.length > 0 || scope.kind === 'inlined') return inRanges(scope.ranges, pc);
  return true;
}

/** The innermost function body or inlined copy at `pc`, outward: the last is the function. */
export function inlineChain(root: Scope, pc: number): Scope[] {
  const path: Scope[] = [root];
  const descend = (scope: Scope): boolean => {
    for (const child of scope.children) {
      if (!covers(child, pc)) continue;
      const length = path.length;
      if (child.kind === 'inlined') path.push(child);
      // A block without ranges leads on only if an inlined call in it does.
      const deeper = descend(child);
      if (child.kind === 'inlined' || deeper) return true;
      path.length = length;
    }
    return false;
  };
  descend(root);
  return path.reverse();
}
