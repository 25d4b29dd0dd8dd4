/**
 * A condition or any other expression that is watched: what it reads is what is watched, and when that is written it is evaluated again, so that of
 * `p->x` the place is found anew when p is changed. Variables of the frame stay those that they were when the watchpoint was set.
 */
import { utf8 } from '../../host/bytes.js';
import { told } from '../../host/told.js';
import type { SyntaxNode } from '../evaluate/ast.js';
import type { EvaluationContext } from '../evaluate/context.js';
import { ExpressionError } from '../evaluate/errors.js';
import { evaluateNode } from '../evaluate/evaluate.js';
import { parseExpression } from '../evaluate/parser.js';
import { printResult, rangeOfResult } from '../evaluate/result.js';
import { OperationError } from '../evaluate/untyped.js';
import type { PrintOptions } from '../values/print.js';
import { lookAtWatched, type Watched } from './watches.js';

/** Bytes of memory that an expression depends on. */
export interface Range {
  readonly address: bigint;
  readonly length: number;
}

/** Ranges, and bytes of them, that are watched at most. */
const MOST_RANGES = 64;
const MOST_BYTES = 1 << 16;

/** Kinds of expression that make a value, and are not the place of one. */
const MAKING: ReadonlySet<SyntaxNode['kind']> = new Set(['binary', 'unary', 'call', 'cast', 'conditional', 'paren']);

export class WatchedExpression {
  readonly #root: SyntaxNode;
  /** Its value has a place in memory, which may be another each time. */
  readonly placed: boolean;
  /** Places of the variables that it names. */
  readonly places: { address: bigint }[] = [];

  /** Throws ExpressionError for what cannot be watched, and OperationError for what is too much. */
  private constructor(
    private readonly source: string,
    context: EvaluationContext,
  ) {
    this.#root = this.#pinned(parseExpression(source, context.frame?.language === 'c').root, context);
    const result = evaluateNode(this.source, this.#root, this.#recording(context).seen);
    this.placed = result.kind === 'value' && result.value.source.address !== undefined;
    const { ranges } = this.look(context, {});
    if (ranges.length === 0) throw new ExpressionError(`${source} reads no memory, so it never changes; *${source} is the word there`, 0);
  }

  /**
   * An expression whose value lies nowhere, or where memory says, as that of `p->x` and `a[i]` does; undefined: it lies in one place for good.
   * Throws ExpressionError and OperationError for one that lies nowhere and cannot be watched.
   */
  static of(source: string, context: EvaluationContext): WatchedExpression | undefined {
    const { root } = parseExpression(source);
    const result = evaluateNode(source, root, context);
    // What a star leads to lies in memory; `*0x1000` is the word there.
    const makes = MAKING.has(root.kind) && !(root.kind === 'unary' && root.operator === '*');
    const nowhere =
      result.kind === 'constant' || (result.kind === 'value' && result.value.source.address === undefined && !result.value.loose);
    if (makes && nowhere) return new WatchedExpression(source, context);
    if (result.kind !== 'value' || result.value.source.address === undefined) return undefined;
    try {
      const expression = new WatchedExpression(source, context);
      return expression.#parts(context).length > 0 ? expression : undefined;
    } catch (error) {
      // By way of a register, or of too much memory: then it is the place of now.
      told(error);
      return undefined;
    }
  }

  /** Memory that says where it lies. */
  #parts(context: EvaluationContext): readonly Range[] {
    const { seen, read } = this.#recording(context);
    evaluateNode(this.source, this.#root, seen);
    return read;
  }

  /** A context that notes what is read. */
  #recording(context: EvaluationContext) {
    const read: Range[] = [];
    const memory = {
      read: (address: bigint, length: number): Uint8Array => {
        read.push({ address, length });
        return context.memory.read(address, length);
      },
      write: (): never => {
        throw new OperationError('what is watched changes nothing');
      },
    };
    const { call: _, ...seen } = { ...context, memory };
    return { seen, read };
  }

  /** Its value, and what it depends on now. A value that cannot be had is said to be so. */
  look(context: EvaluationContext, print: PrintOptions): { readonly watched: Watched; readonly ranges: readonly Range[] } {
    const { seen, read } = this.#recording(context);
    let watched: Watched;
    try {
      const result = evaluateNode(this.source, this.#root, seen);
      if (result.kind === 'value' && result.value.source.address !== undefined) {
        const range = rangeOfResult(result);
        watched = lookAtWatched(context, { ...range, access: 'write' }, result.value.type, print);
        if (watched.bytes !== undefined) read.push(range);
      } else watched = ofText(printResult(seen, result, print));
    } catch (error) {
      watched = { bytes: undefined, text: `<${told(error).message}>` };
    }
    return { watched, ranges: merged(read) };
  }

  /** Follows variables of a stack that was copied. */
  move(lo: bigint, hi: bigint, by: bigint): void {
    for (const place of this.places) if (place.address >= lo && place.address < hi) place.address += by;
  }

  /** The tree with variables as their places. */
  #pinned(node: SyntaxNode, context: EvaluationContext): SyntaxNode {
    if (node.kind === 'name') return this.#pin(node, context);
    if (node.kind === 'register') {
      const found = evaluateNode(this.source, node, context);
      if (found.kind === 'value' && found.value.loose)
        throw new ExpressionError(`$${node.name} is a register, which cannot be watched`, node.start);
    }
    const part = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(part);
      return typeof value === 'object' && value !== null && 'kind' in value && 'start' in value
        ? this.#pinned(value as SyntaxNode, context)
        : value;
    };
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, part(value)])) as unknown as SyntaxNode;
  }

  #pin(node: SyntaxNode & { kind: 'name' }, context: EvaluationContext): SyntaxNode {
    let found: ReturnType<typeof evaluateNode>;
    try {
      found = evaluateNode(this.source, node, context);
    } catch (error) {
      // A package, or a field's name.
      told(error);
      return node;
    }
    if (found.kind !== 'value') return node;
    const { type, source } = found.value;
    if (source.address === undefined) throw new ExpressionError(`${node.name} lies in no memory here, so it cannot be watched`, node.start);
    const place = { address: source.address };
    this.places.push(place);
    return { kind: 'pinned', place, type, start: node.start, end: node.end };
  }
}

const ofText = (text: string): Watched => ({ bytes: utf8(text), text });

/** In the order of addresses, those that touch as one. Throws OperationError when that is too much. */
function merged(read: readonly Range[]): readonly Range[] {
  const ranges: { address: bigint; length: number }[] = [];
  for (const { address, length } of [...read].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))) {
    const last = ranges.at(-1);
    const end = last === undefined ? -1n : last.address + BigInt(last.length);
    if (last !== undefined && address <= end) last.length = Math.max(last.length, Number(address - last.address) + length);
    else ranges.push({ address, length });
  }
  const bytes = ranges.reduce((sum, { length }) => sum + length, 0);
  if (ranges.length > MOST_RANGES || bytes > MOST_BYTES)
    throw new OperationError(`it reads ${bytes} bytes in ${ranges.length} places, which is too much to be watched`);
  return ranges;
}
