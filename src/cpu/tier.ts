/**
 * Which tier runs what. The interpreter runs everything; where a program turns out to spend its time, `jit/` compiles, and is loaded when there is
 * something to compile. What a program does, and when, is the same in each tier.
 */
import type { TierStats } from './api.js';
import type { Jit, JitHost } from './jit/jit.js';
import { STATE } from './layout.js';
import type { Block } from './translate.js';

/** `both`: what the compiled code has done, the interpreter does again, and the two are compared. */
export const ENGINES = ['interpret', 'jit', 'both'] as const;
export type EngineName = (typeof ENGINES)[number];

/** When code is hot. The defaults are for people; tests want all of it compiled soon. */
export interface TierOptions {
  readonly engine: EngineName;
  /** Instructions before the program is looked at, and between two looks at least. */
  readonly warm: number;
  readonly slice: number;
  /** Instructions that must have been spent at a block, as far as looks tell, until it is hot, and how many such blocks are compiled at once. */
  readonly hot: number;
  readonly batch: number;
  /** The share of the time since the start that compiling may take. */
  readonly share: number;
  /** Bytes of WebAssembly that there may be at once; what V8 makes of it takes some ten times as much. */
  readonly most: number;
  /** How often compiled code of a page may change until the page is left to the interpreter. */
  readonly changes: number;
  /** From then on every block is compiled before it runs. */
  readonly eager: boolean;
  /** Called before the first is compiled. */
  readonly onBegin?: () => void;
  /** Is told of each region that has been compiled: a name for a file, and a text for people. */
  readonly onRegion?: (name: string, text: string) => void;
}

/**
 * What a region costs V8 is as much as several million instructions cost the interpreter, and there are some ten blocks in it that are met often: `hot` is
 * when what was spent there is about that.
 */
let defaults: TierOptions = {
  engine: 'jit',
  warm: 40_000_000,
  slice: 20_000,
  hot: 300_000,
  batch: 8,
  share: 0.1,
  most: 8 << 20,
  changes: 4,
  eager: false,
};

/** Changes what holds for machines that are made from now on and do not say otherwise. */
export function preferTiers(options: Partial<TierOptions>): void {
  defaults = { ...defaults, ...options };
}

export const tierOptions = (options: Partial<TierOptions> = {}): TierOptions => ({ ...defaults, ...options });

let loaded: typeof import('./jit/jit.js') | undefined;
let loading: Promise<void> | undefined;

/** Loads the compiler of regions. Until that is done, machines interpret. */
export function loadJit(): Promise<void> {
  loading ??= import('./jit/jit.js').then(module => {
    loaded = module;
  });
  return loading;
}

/** Instructions between two looks at a program that is not looked at yet, or whose code is all compiled. */
const LONGEST = 1_000_000;

/** Regions that are begun at once; what waited besides must get hot again. */
const MOST_ROOTS = 24;

/** Milliseconds of compiling that are free. */
const FREE = 40;

/** A slice that is shorter, the rest of a turn, says nothing: it ends in the middle of blocks. */
const LEAST = 1000;

/** Slices that end in interpreted code until blocks that wait for others are compiled without them. */
const PATIENCE = 16;

export class Tiers {
  private jit: Jit | undefined;
  /** Instructions that were spent at blocks that are not compiled, as far as looks tell. */
  private readonly heat = new Map<Block, number>();
  private waiting: Block[] = [];
  /** When the first region was wanted, by performance.now(), which takes its time to load. */
  private started: number | undefined;
  private suspended = false;
  private delay = 0;
  private slice: number;
  private readonly least: number;
  private readonly view: DataView;

  constructor(
    private readonly host: JitHost,
    private readonly options: TierOptions,
  ) {
    this.slice = options.slice;
    this.least = Math.min(options.slice >> 2, LEAST);
    this.view = new DataView(host.memory.buffer);
  }

  get engine(): EngineName {
    return this.options.engine;
  }

  /** Has the interpreter do everything, until `goOn`. */
  suspend(): void {
    this.suspended = true;
    this.jit?.suspend();
  }

  goOn(): void {
    this.suspended = false;
    this.jit?.goOn();
  }

  /** Instructions until `sliceEnded`, where so many have retired since the start. */
  lengthAt(retired: number): number {
    return retired < this.options.warm ? LONGEST : this.slice;
  }

  get stats(): TierStats {
    const compiled = Number(this.view.getBigUint64(STATE.inRegions, true));
    const none = { regions: 0, modules: 0, codeBytes: 0, milliseconds: 0, dropped: 0, failed: 0 };
    return { compiled, ...(this.jit?.stats ?? none) };
  }

  /** A block is about to run. */
  meet(block: Block, retired: number): void {
    if (this.options.eager && !this.suspended && retired >= this.options.warm && loaded !== undefined) this.compile([block], undefined);
  }

  /** Compiling has taken no more than its share of the time; a program that goes everywhere is compiled by larger parts, and less of it. */
  private get hasTime(): boolean {
    const spent = this.jit?.stats.milliseconds ?? 0;
    this.started ??= performance.now();
    return spent <= FREE + (performance.now() - this.started) * this.options.share;
  }

  private compile(roots: readonly Block[], weight: ((block: Block) => number) | undefined): void {
    if (this.jit === undefined) {
      this.options.onBegin?.();
      this.jit = new loaded!.Jit(this.host, this.options, this.options.onRegion);
    }
    this.jit.compile(roots, weight);
  }

  /** A slice of so many instructions has ended at an address. `retired`: instructions since the start. */
  sliceEnded(instructions: number, pc: number, retired: number): void {
    const { options, view, heat } = this;
    if (retired < options.warm || this.suspended) return;
    const inside = view.getUint32(STATE.endedInside, true) !== 0;
    view.setUint32(STATE.endedInside, 0, true);
    if (instructions < this.least) return;
    // A program that is in compiled code is looked at ever more seldom.
    this.slice = inside ? Math.min(this.slice * 1.25, LONGEST) | 0 : Math.max(this.slice >> 1, options.slice);
    const block = inside ? undefined : this.host.blocks.known(pc);
    if (block === undefined) return;
    const before = heat.get(block) ?? 0;
    const now = before + instructions;
    heat.set(block, now);
    if (before < options.hot && now >= options.hot) this.waiting.push(block);
    if (this.waiting.length === 0 || (this.waiting.length < options.batch && ++this.delay < PATIENCE) || !this.hasTime) return;
    this.delay = 0;
    if (loaded === undefined) void loadJit();
    else {
      const hottest = this.waiting.sort((one, other) => heat.get(other)! - heat.get(one)!).splice(0, MOST_ROOTS);
      this.compile(hottest, each => heat.get(each) ?? 0);
      for (const each of [...hottest, ...this.waiting]) heat.delete(each);
      this.waiting = [];
    }
  }

  /** A block is about to go. `changed`: since its code has changed. */
  dropped(block: Block, changed: boolean): void {
    if (this.heat.delete(block)) this.waiting = this.waiting.filter(each => each !== block);
    this.jit?.dropped(block, changed);
  }

  /** All blocks are. */
  flushed(): void {
    this.heat.clear();
    this.waiting = [];
    this.jit?.flushed();
  }
}
