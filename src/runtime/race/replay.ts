/** Replays an event script on a model, and prints what the driver of the real race runtime prints. */

import { type GoraceReader, parseGorace, type RaceFlags } from './gorace.js';
import { SparseRaceMemory } from './memory.js';
import { type AtomicKind, type RaceCost, type RaceModel, RaceRuntimeDied, type SeeRace } from './model.js';
import { type HISTORIES, PreciseDetector } from './precise/detector.js';
import { type RaceReport, raceReportText, reportedFrames, type SymbolizePc } from './report.js';
import { exactNumbers, SCRIPT_HEAP, ScriptError, scriptPieces, splitPiece } from './script.js';
import { metSuppressionsText, type Suppression, suppressionOf } from './suppressions.js';
import { TsanV2 } from './v2/detector.js';
import { TsanV3 } from './v3/detector.js';
import type { RaceRelease } from './v3/layout.js';

/** Where the driver's atomics are said to be called from, and to be. */
const ATOMIC = { caller: 0x7001, pc: 0x7002 } as const;
/** What the driver maps first, as data and bss. */
const DATA = { base: 0x50_0000, size: 4096 } as const;
const MOST_THREADS = 100_000;

/** The driver's atomics: the operation, bytes, and arguments behind the address. */
const ATOMICS: ReadonlyMap<string, { readonly kind: AtomicKind; readonly name: string; readonly size: 4 | 8 }> = new Map(
  (['load', 'store', 'add', 'xchg', 'cas'] as const).flatMap(name =>
    ([4, 8] as const).map(size => [
      `a${name}${size * 8}`,
      { kind: name === 'load' || name === 'store' ? name : name === 'cas' ? 'compareExchange' : 'update', name, size },
    ]),
  ),
);

export const RACE_MODELS = ['v3', 'v2', 'fasttrack', 'djit'] as const satisfies readonly ('v2' | 'v3' | keyof typeof HISTORIES)[];
export type RaceModelName = (typeof RACE_MODELS)[number];

/** Who reads GORACE in a release with ThreadSanitizer v3. */
export const goraceReader = (release?: RaceRelease): GoraceReader => (release?.equalAddresses ? 'v3-1.19' : 'v3');

export interface ReplayOptions {
  /** Default: v3. */
  readonly model?: RaceModelName;
  /** Default: those without GORACE. */
  readonly flags?: RaceFlags;
  readonly release?: RaceRelease;
  readonly print: (text: string) => void;
  /** Gets reports, and what is said at the end. Default: `print`. */
  readonly report?: (text: string) => void;
  readonly suppressions?: readonly Suppression[];
  /** The number of the process, as it is told. */
  readonly pid?: number;
  readonly see?: SeeRace;
  /** Called before each line is replayed. */
  readonly line?: (line: number) => void;
}

/** Replays a script; the exit status of the process that runs it. */
export function replayScript(text: string, options: ReplayOptions): number {
  return replayCounting(text, options).status;
}

/** The same, with what it has cost the model. */
export function replayCounting(
  text: string,
  options: ReplayOptions,
): { readonly status: number; readonly lines: number; readonly cost: RaceCost } {
  const replay = new Replay(options);
  let lines = 0;
  for (const [piece, line] of scriptPieces(text)) {
    lines = line;
    options.line?.(line);
    replay.command(piece, line);
    if (replay.status !== undefined) break;
  }
  return { status: replay.status ?? 0, lines, cost: replay.cost };
}

class Replay {
  /** Set when the process has ended. */
  status: number | undefined;
  readonly #memory = new SparseRaceMemory();
  readonly #model: RaceModel;
  readonly #threads: number[] = [];
  /** How often each thread was told to ignore synchronisation: the real one ends at once when it is to stop what it does not do. */
  readonly #ignoring = new Map<number, number>();
  /** How often each suppression was met. */
  readonly #met = new Map<number, number>();
  readonly #numbers = [0, 0, 0, 0];
  readonly #buffer = new Uint8Array(64);
  readonly #view = new DataView(this.#buffer.buffer);
  readonly #flags: RaceFlags;
  #line = 0;
  #piece = '';

  constructor(private readonly options: ReplayOptions) {
    this.#flags = options.flags ?? parseGorace('', options.model === 'v2' ? 'v2' : 'v3').flags;
    const tell = (report: RaceReport): boolean => this.#tell(report);
    const { model = 'v3', release, see } = options;
    if (model === 'v3') this.#model = new TsanV3(this.#memory, this.#flags, tell, release, see);
    else if (model === 'v2') this.#model = new TsanV2(this.#memory, this.#flags, tell, see);
    else this.#model = new PreciseDetector(model, tell, see);
    this.#model.mapShadow(DATA.base, DATA.size);
    this.#model.mapShadow(SCRIPT_HEAP.base, SCRIPT_HEAP.size);
    this.#threads[0] = this.#model.main;
  }

  get cost(): RaceCost {
    return this.#model.cost;
  }

  command(piece: string, line: number): void {
    const { options } = this;
    if (piece.startsWith('#')) {
      options.print(piece);
      return;
    }
    const numbers = this.#numbers;
    const word = splitPiece(piece, numbers);
    if (word === undefined) return;
    this.#line = line;
    this.#piece = piece;
    const [a, b, c, d] = numbers as [number, number, number, number];
    const atomic = ATOMICS.get(word);
    if (atomic !== undefined) this.#atomic(word, atomic);
    else if (!this.#event(word, a, b, c, d) && !this.#look(word, a)) options.print(`? ${piece}`);
  }

  #event(word: string, a: number, b: number, c: number, d: number): boolean {
    const model = this.#model;
    switch (word) {
      case 'start':
        this.#start(a, b, c);
        return true;
      case 'end':
        model.end(this.#thread(a));
        this.#ignoring.delete(this.#threads[a]!);
        delete this.#threads[a];
        return true;
      case 'enter':
        model.enter(this.#thread(a), b);
        return true;
      case 'exit':
        model.exit(this.#thread(a));
        return true;
      case 'r':
        model.read(this.#thread(a), this.#address(b), c);
        return true;
      case 'w':
        model.write(this.#thread(a), this.#address(b), c);
        return true;
      case 'rr':
      case 'wr':
        model.range(this.#thread(a), this.#address(b, c), c, d, word === 'wr');
        return true;
      case 'rpc':
      case 'wpc':
        model.accessFrom(this.#thread(a), this.#address(b), c, d, word === 'wpc');
        return true;
      case 'acq':
        model.acquire(this.#thread(a), this.#address(b));
        return true;
      case 'rel':
        model.release(this.#thread(a), this.#address(b));
        return true;
      case 'relacq':
        model.releaseAcquire(this.#thread(a), this.#address(b));
        return true;
      case 'relmerge':
        model.releaseMerge(this.#thread(a), this.#address(b));
        return true;
      case 'malloc':
        model.malloc(this.#address(a, b), b);
        return true;
      case 'free':
        model.free(this.#address(a, b), b);
        return true;
      case 'ignb':
      case 'igne':
        this.#ignore(a, word === 'ignb' ? 1 : -1);
        return true;
      case 'fing':
        model.finalizerGoroutine(this.#thread(a));
        return true;
      case 'mlock':
        model.mutexAfterLock(this.#thread(a), this.#address(b), c !== 0);
        return true;
      case 'munlock':
        model.mutexBeforeUnlock(this.#thread(a), this.#address(b), c !== 0);
        return true;
      default:
        return false;
    }
  }

  #look(word: string, a: number): boolean {
    const { print } = this.options;
    switch (word) {
      case 'sh':
        print(`sh[${hex(a)}]:${this.#model.shadowText(this.#address(a))}\n`);
        return true;
      case 'meta':
        print(`meta[${hex(a)}]=${this.#model.metaText(this.#address(a))}\n`);
        return true;
      case 'thr':
        print(`thr${a} ${this.#model.threadText(this.#thread(a))}\n`);
        return true;
      case 'clk':
        print(`clk${a}:${this.#model.clockText(this.#thread(a))}\n`);
        return true;
      case 'count':
        print(`count=${this.#model.reportCount}\n`);
        return true;
      case 'fini':
        this.#fini();
        return true;
      default:
        return false;
    }
  }

  #start(parent: number, index: number, pc: number): void {
    if (!(index >= 0 && index < MOST_THREADS)) throw this.#error(`thread ${index}: there are threads 0 to ${MOST_THREADS - 1}`);
    const creator = parent < 0 ? 0 : this.#thread(parent);
    try {
      this.#threads[index] = this.#model.start(creator, pc);
    } catch (error) {
      if (!(error instanceof RaceRuntimeDied)) throw error;
      this.#report(error.message);
      this.status = this.#flags.exitcode & 0xff;
    }
  }

  #ignore(index: number, change: 1 | -1): void {
    const thread = this.#thread(index);
    const count = (this.#ignoring.get(thread) ?? 0) + change;
    if (count < 0) throw this.#error(`thread ${index} does not ignore synchronisation`);
    this.#ignoring.set(thread, count);
    this.#model.ignoreSync(thread, change);
  }

  #atomic(word: string, { kind, name, size }: { kind: AtomicKind; name: string; size: 4 | 8 }): void {
    const [first = 0n, offset = 0n, c = 0n, d = 0n] = exactNumbers(this.#piece);
    const thread = this.#thread(Number(BigInt.asIntN(64, first)));
    const address = this.#address(Number(BigInt.asIntN(64, offset)), size);
    const view = this.#view;
    this.#buffer.fill(0);
    view.setBigUint64(0, BigInt(address), true);
    const at = 8 + size;
    const put = (place: number, value: bigint): void =>
      size === 8 ? view.setBigUint64(place, value, true) : view.setUint32(place, Number(value & 0xffff_ffffn), true);
    const get = (place: number): bigint => (size === 8 ? view.getBigUint64(place, true) : BigInt(view.getUint32(place, true)));
    put(8, c);
    put(at, d);
    // What the real one is handed ends where this operation's arguments do; results go behind them.
    this.#model.atomic(thread, ATOMIC.caller, ATOMIC.pc, address, size, kind, () => {
      const before = this.#load(address, size);
      if (name === 'load') put(8, before);
      else if (name === 'cas') {
        const done = before === get(8);
        if (done) this.#store(address, size, get(at));
        this.#buffer[8 + 2 * size] = done ? 1 : 0;
        return done;
      } else {
        this.#store(address, size, name === 'add' ? before + get(8) : get(8));
        if (name !== 'store') put(16, before);
      }
      return true;
    });
    // It may have been the last thing that happened.
    if (this.status !== undefined) return;
    const word64 = (place: number): string => hex(view.getBigUint64(place, true));
    this.options.print(`${word} -> +8=${word64(8)} +16=${word64(16)} +24=${hex(this.#buffer[24]!)}\n`);
  }

  #load(address: number, size: number): bigint {
    let value = 0n;
    for (let index = size - 1; index >= 0; index--) value = (value << 8n) | BigInt(this.#memory.get8(address + index));
    return value;
  }

  #store(address: number, size: number, value: bigint): void {
    for (let index = 0; index < size; index++) this.#memory.set8(address + index, Number((value >> BigInt(8 * index)) & 0xffn));
  }

  #fini(): void {
    const count = this.#model.reportCount;
    if (count > 0) this.#report(`Found ${count} data race(s)\n`);
    const { suppressions = [], pid = 0 } = this.options;
    const met = this.#flags.print_suppressions ? metSuppressionsText(suppressions, at => this.#met.get(at) ?? 0, pid) : '';
    if (met !== '') this.#report(met);
    this.status = count > 0 ? this.#flags.exitcode & 0xff : 0;
  }

  #report(text: string): void {
    (this.options.report ?? this.options.print)(text);
  }

  #tell(report: RaceReport): boolean {
    const flags = this.#flags;
    const stacks = report.mops.map(mop => reportedFrames(mop.stack, symbolize));
    const met = suppressionOf(this.options.suppressions ?? [], stacks);
    if (met >= 0) {
      this.#met.set(met, (this.#met.get(met) ?? 0) + 1);
      return false;
    }
    this.#report(raceReportText(report, symbolize, flags.strip_path_prefix));
    if (flags.halt_on_error) this.status = flags.exitcode & 0xff;
    return true;
  }

  #thread(index: number): number {
    const thread = this.#threads[index];
    if (thread === undefined) throw this.#error(`thread ${index} does not run`);
    return thread;
  }

  #address(offset: number, size = 1): number {
    if (size < 0) throw this.#error(`there are no ${size} bytes`);
    const last = Math.max(size, 1) - 1;
    if (!(offset >= 0 && offset + last < SCRIPT_HEAP.size)) {
      throw this.#error(`${offset}${size > 1 ? ` to ${offset + last}` : ''} is outside of the heap, which has 1 MiB`);
    }
    return SCRIPT_HEAP.base + offset;
  }

  #error(what: string): ScriptError {
    return new ScriptError(`line ${this.#line}: ${this.#piece.trim()}: ${what}`);
  }
}

/** As the driver names what is at a pc. */
const symbolize: SymbolizePc = pc => [{ function: `f${(pc + 1).toString(16)}`, file: 'x.go', line: 1, offset: pc + 1 }];

const hex = (value: number | bigint): string => (value === 0 || value === 0n ? '0' : `0x${value.toString(16)}`);
