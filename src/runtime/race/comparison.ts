/** All models on the events of a program that runs with one of them, the machine's own. */
import { MODEL_CALLS, type RaceCall, WITHOUT_THREAD } from './calls.js';
import type { ModelRun } from './compare.js';
import { type GoraceReader, parseGorace } from './gorace.js';
import { SparseRaceMemory } from './memory.js';
import { type RaceModel, RaceRuntimeDied } from './model.js';
import { PreciseDetector } from './precise/detector.js';
import type { RaceModelName } from './replay.js';
import { TsanV2 } from './v2/detector.js';

/** What a machine's detector tells of its calls. */
export interface RaceTap {
  /** It has found a race in a word of 8 bytes, in the call that is told of next. */
  found(word: number): void;
  /** A call is done. `made`: the thread that it has started, or 0. */
  called(call: RaceCall, args: readonly number[], made: number, model: RaceModel): void;
}

/** Where an event happened: the return address of the detector's call. */
export interface ToldEvent {
  readonly call: RaceCall;
  readonly pc: number;
}

/** Place of the pc among the arguments of what accesses memory. */
const PC_PLACE: Readonly<Partial<Record<RaceCall, number>>> = {
  read: 2,
  write: 2,
  read_pc: 3,
  write_pc: 3,
  read_range: 3,
  write_range: 3,
  atomic: 2,
};

class Witness {
  readonly raced = new Map<number, number>();
  reports = 0;
  /** Why it has given up. */
  died: string | undefined;
  readonly model: RaceModel;
  /** Its threads, by the machine's. */
  readonly #threads = new Map<number, number>();

  constructor(
    readonly name: Exclude<RaceModelName, 'v3'>,
    gorace: string,
    now: () => number,
  ) {
    const tell = (): boolean => {
      this.reports++;
      return true;
    };
    const see = (word: number): void => {
      if (!this.raced.has(word)) this.raced.set(word, now());
    };
    const reader: GoraceReader = name === 'v2' ? 'v2' : 'v3';
    this.model =
      name === 'v2'
        ? new TsanV2(new SparseRaceMemory(), parseGorace(gorace, reader).flags, tell, see)
        : new PreciseDetector(name, tell, see);
  }

  perform(call: RaceCall, args: readonly number[], made: number): void {
    if (this.died !== undefined) return;
    try {
      this.#perform(call, args, made);
    } catch (error) {
      if (!(error instanceof RaceRuntimeDied)) throw error;
      this.died = error.message;
    }
  }

  #perform(call: RaceCall, args: readonly number[], made: number): void {
    const { model } = this;
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = args;
    const thread = this.#threads.get(a) ?? 0;
    if (call === 'init') this.#threads.set(made, model.main);
    else if (call === 'go_start') this.#threads.set(made, model.start(thread, c));
    else MODEL_CALLS[call]?.(model, WITHOUT_THREAD.has(call) ? a : thread, b, c, d, e);
    if (call === 'go_end') this.#threads.delete(a);
  }
}

export class RunComparison implements RaceTap {
  readonly events: ToldEvent[] = [{ call: 'init', pc: 0 }];
  readonly #witnesses: readonly Witness[];
  readonly #raced = new Map<number, number>();
  #model: RaceModel | undefined;

  constructor(gorace = '') {
    this.#witnesses = (['v2', 'fasttrack', 'djit'] as const).map(name => new Witness(name, gorace, () => this.events.length - 1));
  }

  found(word: number): void {
    if (!this.#raced.has(word)) this.#raced.set(word, this.events.length);
  }

  called(call: RaceCall, args: readonly number[], made: number, model: RaceModel): void {
    this.#model = model;
    const place = PC_PLACE[call];
    this.events.push({ call, pc: place === undefined ? 0 : (args[place] ?? 0) });
    for (const each of this.#witnesses) each.perform(call, args, made);
  }

  /** What each has made of the run; nothing, when the program has not called a detector. */
  runs(): readonly ModelRun[] {
    const model = this.#model;
    if (model === undefined) return [];
    const own: ModelRun = { model: 'v3', raced: this.#raced, reports: model.reportCount, ...model.cost };
    return [
      own,
      ...this.#witnesses.map(({ name, raced, reports, model: its }): ModelRun => ({ model: name, raced, reports, ...its.cost })),
    ];
  }

  /** Of models that have given up: which, and what they say. */
  get given(): readonly string[] {
    return this.#witnesses.flatMap(({ name, died }) => (died === undefined ? [] : [`${name} gave up: ${died.trim()}`]));
  }
}
