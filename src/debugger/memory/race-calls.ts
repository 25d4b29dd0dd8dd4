/** Watches what a program tells its race detector, while it runs: the calls of `__tsan_*`, at their entry and behind them. */
import type { EdgeKind, EdgeWatcher, Observer, Registers } from '../../cpu/api.js';
import type { Images } from '../../image/images.js';
import { instructionsIn } from '../code/decode.js';
import type { Target } from '../target.js';

/** Numbers of the registers of System V's integer arguments. */
const ARGUMENTS = [7, 6, 2, 1, 8] as const;
const RSP = 4;
/** Where Go's runtime calls the C functions. */
const CALLER = 'racecall';

/** An argument of a call: a pointer, or another number below 2^53. */
export type RaceArgument = (index: number) => number;

/** Called at a function's entry. What it returns is called when the function has returned. */
export type OnRaceCall = (argument: RaceArgument) => (() => void) | undefined;

export class RaceCalls implements Observer {
  readonly edges: EdgeWatcher = { site: (pc, kind) => this.#site(pc, kind), reached: site => this.#reached(site) };
  /** By entry. */
  readonly #entries = new Map<bigint, OnRaceCall>();
  readonly #returns = new Set<bigint>();
  readonly #sites: (() => void)[] = [];
  /** What is to be called behind a call, by the place of its return address. */
  readonly #pending = new Map<bigint, () => void>();
  readonly #registers: Registers;

  /** `on`: by name of the function. `others`: by address. */
  constructor(
    { process, images }: Pick<Target, 'process' | 'images'>,
    on: ReadonlyMap<string, OnRaceCall>,
    others: ReadonlyMap<bigint, OnRaceCall> = new Map(),
  ) {
    this.#registers = process.cpu.registers;
    for (const [name, work] of on) for (const { entry } of images.functionsNamed(name)) this.#entries.set(entry, work);
    for (const [address, work] of others) this.#entries.set(address, work);
    for (const address of returnsOf(images, process.memory)) this.#returns.add(address);
  }

  readonly #argument: RaceArgument = index => Number(this.#registers.gpr(ARGUMENTS[index]!));

  #site(pc: bigint, kind: EdgeKind): number {
    if (kind !== 'entry') return 0;
    const work = this.#entries.get(pc);
    if (work !== undefined) return this.#sites.push(() => this.#called(work));
    return this.#returns.has(pc) ? this.#sites.push(() => this.#returned()) : 0;
  }

  #reached(site: number): boolean {
    this.#sites[site - 1]!();
    return true;
  }

  #called(work: OnRaceCall): void {
    const after = work(this.#argument);
    if (after !== undefined) this.#pending.set(this.#registers.gpr(RSP), after);
  }

  #returned(): void {
    if (this.#pending.size === 0) return;
    const slot = this.#registers.gpr(RSP) - 8n;
    const after = this.#pending.get(slot);
    if (after === undefined) return;
    this.#pending.delete(slot);
    after();
  }
}

/** Addresses behind the calls in `racecall`. */
function returnsOf(images: Images, memory: Target['memory']): readonly bigint[] {
  return images
    .functionsNamed(CALLER)
    .flatMap(({ entry, end }) =>
      [...instructionsIn(memory, entry, end)].filter(({ flow }) => flow === 'call').map(({ address, length }) => address + BigInt(length)),
    );
}
