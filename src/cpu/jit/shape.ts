/**
 * The control flow of a region as WebAssembly wants it: nested blocks and loops, from the tree of dominators (Ramsey, "Beyond Relooper",
 * ICFP 2022). Node 0 stands in front of the entries. An edge back to what does not dominate it goes through node 0, which then is a loop.
 */

export interface FlowShape {
  /** Places of the nodes in reverse postorder. */
  readonly order: readonly number[];
  /** Children in the tree of dominators that more than one edge leads to, the last in the order first. */
  readonly merges: readonly (readonly number[])[];
  readonly isMerge: readonly boolean[];
  readonly isLoop: readonly boolean[];
  /** Nodes that edges back lead to by way of node 0, besides the entries. */
  readonly detours: readonly number[];
  /** Whether an edge goes by way of node 0. */
  detoured(from: number, to: number): boolean;
}

/** `successors` of each node, those of 0 being the entries. Nodes that nothing leads to are in no order. */
export function flowShape(successors: readonly (readonly number[])[]): FlowShape {
  const detours = new Set<number>();
  for (;;) {
    const edges = successors.map((next, node) => (node === 0 ? [...new Set([...next, ...detours])] : next));
    const order = reversePostorder(edges);
    const dominators = immediateDominators(edges, order);
    const detoured = (from: number, to: number): boolean =>
      detours.has(to) && order[to]! <= order[from]! && !dominates(dominators, order, to, from);
    const more = edges.flatMap((next, from) =>
      order[from]! < 0 ? [] : next.filter(to => !detours.has(to) && order[to]! <= order[from]! && !dominates(dominators, order, to, from)),
    );
    if (more.length === 0) return finish(edges, order, dominators, detours, detoured);
    for (const node of more) detours.add(node);
  }
}

function finish(
  edges: readonly (readonly number[])[],
  order: readonly number[],
  dominators: readonly number[],
  detours: ReadonlySet<number>,
  detoured: FlowShape['detoured'],
): FlowShape {
  const forward = edges.map(() => 0);
  const isLoop = edges.map(() => false);
  for (const [from, next] of edges.entries()) {
    if (order[from]! < 0) continue;
    for (const to of next) {
      if (detoured(from, to)) isLoop[0] = true;
      else if (order[to]! <= order[from]!) isLoop[to] = true;
      else forward[to]!++;
    }
  }
  // Several entries are told apart by a branch table, which needs a place to go to for each.
  const isMerge = forward.map((count, node) => count > 1 || (edges[0]!.length > 1 && edges[0]!.includes(node)));
  const merges: number[][] = edges.map(() => []);
  for (const [node, dominator] of dominators.entries()) if (node > 0 && order[node]! >= 0 && isMerge[node]) merges[dominator]!.push(node);
  for (const list of merges) list.sort((one, other) => order[other]! - order[one]!);
  return { order, merges, isMerge, isLoop, detours: [...detours], detoured };
}

function reversePostorder(edges: readonly (readonly number[])[]): number[] {
  const order = edges.map(() => -1);
  const post: number[] = [];
  const seen = new Set([0]);
  const stack = [{ node: 0, next: 0 }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const to = edges[top.node]![top.next++];
    if (to === undefined) {
      post.push(top.node);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ node: to, next: 0 });
    }
  }
  for (const [index, node] of post.reverse().entries()) order[node] = index;
  return order;
}

/** By Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm". */
function immediateDominators(edges: readonly (readonly number[])[], order: readonly number[]): number[] {
  const before: number[][] = edges.map(() => []);
  for (const [from, next] of edges.entries()) if (order[from]! >= 0) for (const to of next) before[to]!.push(from);
  const inOrder = edges.map((_, node) => node).filter(node => order[node]! >= 0);
  inOrder.sort((one, other) => order[one]! - order[other]!);
  const dominators = edges.map(() => -1);
  dominators[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of inOrder) {
      if (node === 0) continue;
      let best = -1;
      for (const from of before[node]!) if (dominators[from]! >= 0) best = best < 0 ? from : common(dominators, order, from, best);
      if (best !== dominators[node]) {
        dominators[node] = best;
        changed = true;
      }
    }
  }
  return dominators;
}

function common(dominators: readonly number[], order: readonly number[], one: number, other: number): number {
  let [left, right] = [one, other];
  while (left !== right) {
    while (order[left]! > order[right]!) left = dominators[left]!;
    while (order[right]! > order[left]!) right = dominators[right]!;
  }
  return left;
}

function dominates(dominators: readonly number[], order: readonly number[], node: number, of: number): boolean {
  let at = of;
  while (order[at]! > order[node]!) at = dominators[at]!;
  return at === node;
}
