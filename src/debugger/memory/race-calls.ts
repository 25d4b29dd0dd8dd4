/** Watches what a program tells its race detector, while it runs: the calls of `__tsan_*`, at their entry and behind them. */
import type { EdgeKind, EdgeWatcher, Observer, Registers } from '../../cpu/api.js';
import type { Images } from '../../image/images.js';
import { instructionsIn } from '../code/decode.js';
import type { Target } from '../target.js';

/** Numbers of the registers of System V's integer arguments. */
const ARGUMENTS = [7, 6, 2, 1, 8] as const;
const RSP = 4;
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

  /** `on`: by name of the function; `behind`: of those whose return is waited for, which costs something. `others`: by address. */
  constructor(
    { process, images }: Pick<Target, 'process' | 'images'>,
    on: ReadonlyMap<string, OnRaceCall>,
    behind: { has(name: string): boolean },
    others: ReadonlyMap<bigint, OnRaceCall> = new Map(),
  ) {
    this.#registers = process.cpu.registers;
    for (const [name, work] of on) {
      for (const { entry } of images.functionsNamed(name)) {
        this.#entries.set(entry, work);
        if (behind.has(name)) for (const address of returnsOf(images, process.memory, entry)) this.#returns.add(address);
      }
    }
    for (const [address, work] of others) this.#entries.set(address, work);
  }

  readonly #argument: RaceArgument = index => this.#registers.gprAsNumber(ARGUMENTS[index]!);

  #site(pc: bigint, kind: EdgeKind): number {
    if (kind === 'return') return this.#returns.has(pc) ? this.#sites.push(() => this.#returned()) : 0;
    const work = kind === 'entry' ? this.#entries.get(pc) : undefined;
    return work === undefined ? 0 : this.#sites.push(() => this.#called(work));
  }

  #reached(site: number): boolean {
    this.#sites[site - 1]!();
    return true;
  }

  #called(work: OnRaceCall): void {
    const after = work(this.#argument);
    if (after !== undefined) this.#pending.set(this.#registers.gpr(RSP), after);
  }

  /** Calls that have begun are waited for no longer. */
  protected forget(): void {
    this.#pending.clear();
  }

  #returned(): void {
    if (this.#pending.size === 0) return;
    const slot = this.#registers.gpr(RSP);
    const after = this.#pending.get(slot);
    if (after === undefined) return;
    this.#pending.delete(slot);
    after();
  }
}

/** Most functions that a call goes through by jumps. */
const MOST_JUMPS = 8;

/** The returns of a function, and of those that it ends in by jumping there. */
function returnsOf(images: Images, memory: Target['memory'], entry: bigint): readonly bigint[] {
  const seen = new Set<bigint>();
  const returns: bigint[] = [];
  for (const pending = [entry]; pending.length > 0 && seen.size < MOST_JUMPS; ) {
    const func = images.functionAt(pending.pop()!);
    if (func === undefined || seen.has(func.entry)) continue;
    seen.add(func.entry);
    for (const { address, flow, target } of instructionsIn(memory, func.entry, func.end)) {
      if (flow === 'return') returns.push(address);
      const away = (flow === 'jump' || flow === 'branch') && target !== undefined && (target < func.entry || target >= func.end);
      if (away) pending.push(target);
    }
  }
  return returns;
}
