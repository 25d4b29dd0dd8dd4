/** The second tier: regions of blocks are compiled, and the first records of their entries lead the interpreter there. */
import { PAGE_SIZE } from '../api.js';
import { opNumber } from '../ir/ops.js';
import { ENTRY, RECORD } from '../layout.js';
import type { Block } from '../translate.js';
import { compileRegions, nameOf } from './compile.js';
import { listingOf } from './listing.js';
import { type Blocks, type Choice, type CodeRegion, regionAt } from './region.js';

const REGION = opNumber('region');
/** Places that the table of functions grows by. */
const GROWTH = 256;

interface Compiled {
  readonly place: number;
  readonly bytes: number;
  readonly blocks: readonly Block[];
  readonly entries: Set<Block>;
}

/** An entry of a region: whose, and the first word of its block's first record as it was. */
interface Entry {
  readonly word: number;
  readonly owner: Compiled;
}

/** What the machine gives. */
export interface JitHost {
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  /** ModuleFunctions that regions may call, by name. */
  readonly imports: Readonly<Record<string, unknown>>;
  readonly blocks: Omit<Blocks, 'opOf' | 'words'>;
  /** The bytes of guest code, for listings. */
  code(pc: number, length: number): Uint8Array;
}

export class Jit {
  readonly stats = { regions: 0, modules: 0, codeBytes: 0, milliseconds: 0, dropped: 0, failed: 0 };
  private readonly words: Int32Array;
  private readonly blocks: Blocks;
  /** By the address of a block's first record. */
  private readonly entries = new Map<number, Entry>();
  private readonly byBlock = new Map<Block, Set<Compiled>>();
  private readonly freePlaces: number[] = [];
  /** By page: times that compiled code there has changed. */
  private readonly changes = new Map<number, number>();
  /** Roots of which no region can be made. */
  private readonly refused = new Set<Block>();

  /**
   * `limits`: see TierOptions; when all bytes are used up, all begins anew. `onRegion` is told of each region: a name for a file, and a text for people.
   */
  constructor(
    private readonly host: JitHost,
    private readonly limits: { readonly most: number; readonly changes: number },
    private readonly onRegion?: (name: string, text: string) => void,
  ) {
    this.words = new Int32Array(host.memory.buffer);
    this.blocks = {
      ...host.blocks,
      words: this.words,
      opOf: record => {
        const entry = this.entries.get(record);
        return entry && entry.word & 0xffff;
      },
    };
  }

  /**
   * Compiles regions of these blocks, of what `weight` says is met often. What cannot be compiled, and code that changes often, stays with the
   * interpreter.
   */
  compile(roots: readonly Block[], weight: Choice['weight']): void {
    const isQuiet = (root: Block): boolean => (this.changes.get(pageOf(root)) ?? 0) < this.limits.changes;
    const wanted = roots.filter(root => isQuiet(root) && !this.entries.has(root.record) && !this.refused.has(root));
    const start = performance.now();
    try {
      this.compileFrom(wanted, weight);
    } catch (error) {
      if (!(error instanceof RangeError) && !(error instanceof WebAssembly.CompileError)) throw error;
      // A limit of WebAssembly's or of the host's memory: the interpreter does what it would have done.
      this.stats.failed += wanted.length;
      for (const root of wanted) this.refused.add(root);
    }
    this.stats.milliseconds += performance.now() - start;
  }

  private compileFrom(roots: readonly Block[], weight: Choice['weight']): void {
    const covered = new Set<Block>();
    const wanted = new Set(roots);
    const isEntry = (block: Block): boolean => this.entries.has(block.record) || wanted.has(block);
    const regions = roots.flatMap(root => {
      if (covered.has(root) || this.blocks.at(root.record) !== root) return [];
      const region = regionAt(this.blocks, root, { isEntry, weight });
      for (const { block, isOuter } of region?.nodes ?? []) if (block !== undefined && isOuter) covered.add(block);
      return region ?? [];
    });
    if (regions.length > 0) this.make(regions);
  }

  private make(regions: readonly CodeRegion[]): void {
    const { memory, table, imports } = this.host;
    const bytes = compileRegions(regions);
    if (bytes.length > this.limits.most) throw new RangeError('larger than all regions may be');
    if (this.stats.codeBytes + bytes.length > this.limits.most) this.removeAll();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), {
      m: { memory, regions: table, ...imports },
    });
    this.stats.modules++;
    for (const [index, region] of regions.entries()) {
      this.install(region, exports[`r${index}`], Math.ceil(bytes.length / regions.length));
      this.onRegion?.(`${nameOf(region)}.txt`, listingOf(region, this.host.code));
    }
  }

  private place(): number {
    if (this.freePlaces.length === 0) {
      const first = this.host.table.grow(GROWTH);
      for (let index = GROWTH - 1; index >= 0; index--) this.freePlaces.push(first + index);
    }
    return this.freePlaces.pop()!;
  }

  private install({ nodes }: CodeRegion, code: unknown, bytes: number): void {
    const place = this.place();
    this.host.table.set(place, code);
    const blocks = [...new Set(nodes.slice(1).map(({ block }) => block!))];
    const compiled: Compiled = { place, bytes, blocks, entries: new Set() };
    for (const block of blocks) this.byBlock.set(block, (this.byBlock.get(block) ?? new Set()).add(compiled));
    this.stats.regions++;
    this.stats.codeBytes += bytes;
    for (const [number, node] of nodes[0]!.successors.entries()) this.enterBy(nodes[node]!.block!, compiled, number);
  }

  /** Has the interpreter go to a region where it comes to a block. */
  private enterBy(block: Block, compiled: Compiled, number: number): void {
    const { record } = block;
    const { words } = this;
    const known = this.entries.get(record);
    const word = record >> 2;
    this.entries.set(record, { word: known?.word ?? words[word]!, owner: compiled });
    compiled.entries.add(block);
    words[word] = (words[word]! & ~0xffff) | REGION;
    words[(record - RECORD.size + ENTRY.region) >> 2] = compiled.place;
    words[(record - RECORD.size + ENTRY.entry) >> 2] = number;
    if (known === undefined) return;
    known.owner.entries.delete(block);
    if (known.owner.entries.size === 0) this.remove(known.owner);
  }

  /** Has blocks begin as they did before there were regions, until `goOn`. */
  suspend(): void {
    for (const [record, { word }] of this.entries) this.words[record >> 2] = word;
  }

  goOn(): void {
    for (const record of this.entries.keys()) this.words[record >> 2] = (this.words[record >> 2]! & ~0xffff) | REGION;
  }

  /** A block is about to go: so do the regions that it is part of. `changed`: its code has, or is no more. */
  dropped(block: Block, changed: boolean): void {
    this.refused.delete(block);
    const all = this.byBlock.get(block);
    if (all === undefined) return;
    if (changed) this.changes.set(pageOf(block), (this.changes.get(pageOf(block)) ?? 0) + 1);
    for (const compiled of all) this.remove(compiled);
  }

  /** All blocks go. */
  flushed(): void {
    this.removeAll();
    this.changes.clear();
    this.refused.clear();
  }

  private removeAll(): void {
    for (const compiled of new Set([...this.byBlock.values()].flatMap(set => [...set]))) this.remove(compiled);
  }

  private remove(compiled: Compiled): void {
    for (const { record } of compiled.entries) {
      this.words[record >> 2] = this.entries.get(record)!.word;
      this.entries.delete(record);
    }
    for (const block of compiled.blocks) {
      const set = this.byBlock.get(block)!;
      set.delete(compiled);
      if (set.size === 0) this.byBlock.delete(block);
    }
    this.host.table.set(compiled.place, null);
    this.freePlaces.push(compiled.place);
    this.stats.regions--;
    this.stats.codeBytes -= compiled.bytes;
    this.stats.dropped++;
  }
}

const pageOf = (block: Block): number => Math.floor(block.pc / PAGE_SIZE);
