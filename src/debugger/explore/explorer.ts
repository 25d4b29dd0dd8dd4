/**
 * One program, run again and again from the moment when its runs begin to differ. What differs is who goes on at its points; all else is the same, so
 * a run is a function of a strategy and a seed.
 */

import { GPR_NAMES } from '../../cpu/api.js';
import { AccessesSeen } from '../../explore/learning.js';
import type { OrderDecision, Strategy } from '../../explore/party.js';
import { steer } from '../../explore/steer.js';
import type { Steering } from '../../explore/steering.js';
import { replayed } from '../../explore/strategies.js';
import { Told } from '../../host/told.js';
import type { Process, ProcessStop, SavedProcess } from '../../linux/api.js';
import type { OutputRecord } from '../../linux/output.js';
import type { Goroutine } from '../../runtime/goroutine.js';
import { stuckGoroutines } from '../../runtime/reachable.js';
import { SecondOpinion } from '../memory/race-opinion.js';
import { Driver } from '../session/driver.js';
import type { Launcher } from '../session/host.js';
import { isUserGoroutine, waitingGoroutines, waitingLines, waitText } from '../show/goroutine-text.js';
import { DROPPED_WHY, NO_LOSS, secondRaceText } from '../show/race-second.js';
import { Target } from '../target.js';
import { endIn, type RunVerdict, raceIn, type Until } from './verdict.js';

/** What a search wants of each run. */
export interface ExploreLimits {
  readonly until: Until;
  /** Instructions of a run. */
  readonly limit: number;
  /** ns of virtual time in which nothing happens. */
  readonly hang: number;
  /** Races that the program's own detector drops count, too: FastTrack looks for them in each run. */
  readonly secondOpinion?: boolean;
  /** Between slices of a run: lets signals and keys in. True: it is enough, and the run ends as it stands. */
  readonly breathe?: () => Promise<boolean>;
}

/** What a run came to, and by which way. */
export interface RunOutcome {
  /** Undefined: nothing that is looked for. */
  readonly verdict: RunVerdict | undefined;
  /** The order in which its parties went on: equal runs have equal sums. */
  readonly order: string;
  /** Choices, and those of them between several. */
  readonly steps: number;
  readonly choices: number;
  readonly decisions: readonly OrderDecision[];
  readonly instructions: number;
  /** The process's `t` where it stopped, and whether that was its own end. */
  readonly t: number;
  readonly ended: boolean;
  /** It was cut off: there was no end within the limit. */
  readonly cut: boolean;
}

/** Instructions between two looks at what was printed. */
const SLICE = 2_000_000;
/** Bytes of output that are kept of a run: the first. */
const MOST_OUTPUT = 1 << 20;

export class Explorer {
  readonly process: Process;
  readonly target: Target;
  /** Choices of a run in the usual order, once that has been done. */
  steps = 1;
  private readonly driver: Driver;
  private readonly steering: Steering;
  private readonly opinion: SecondOpinion | undefined;
  private begun: SavedProcess | undefined;
  private before = '';
  private output = '';
  /** Virtual time from which on it is asked whether some wait for ever while others go on. */
  private patience = Number.POSITIVE_INFINITY;
  private verdict: RunVerdict | undefined;
  /** How it came to what was found in its output. */
  private way: Pick<RunOutcome, 'order' | 'steps' | 'choices' | 'decisions'> | undefined;
  /** The whole run, where there is nothing to choose in it. */
  private only: RunOutcome | undefined;

  private constructor(
    start: (output: (record: OutputRecord) => void) => Process,
    images: Launcher['images'],
    private readonly limits: ExploreLimits,
  ) {
    this.process = start(record => this.written(record));
    this.process.catch = { signals: new Set() };
    this.driver = new Driver(this.process);
    this.target = new Target(this.process, images);
    this.steering = steer(this.process, this.target.images.goImage ?? this.target.images.all[0]);
    const { stops } = this.steering;
    stops.first = true;
    stops.ends = true;
    stops.idle = limits.hang;
    if (limits.secondOpinion !== true) return;
    if (this.target.images.functionsNamed('__tsan_write').length === 0)
      throw new Told('--second-opinion is for programs with a race detector: build it with -race');
    this.opinion = new SecondOpinion(this.process, images);
    this.process.observe(this.opinion);
  }

  /** Runs the program to its first choice. Throws Told where r14 cannot run it. */
  static async begin(launcher: Launcher, limits: ExploreLimits): Promise<Explorer> {
    const explorer = new Explorer(
      output => launcher.launch(undefined, output),
      objects => launcher.images(objects),
      limits,
    );
    await explorer.toFirst();
    return explorer;
  }

  /** The same of a process that has run already, from where it was saved. */
  static async from(
    saved: SavedProcess,
    resume: NonNullable<Launcher['resume']>,
    images: Launcher['images'],
    limits: ExploreLimits,
  ): Promise<Explorer> {
    const explorer = new Explorer(output => resume(saved, output), images, limits);
    await explorer.toFirst();
    return explorer;
  }

  private async toFirst(): Promise<void> {
    const { process, steering, limits } = this;
    const from = process.t;
    const stop = await this.go(from + limits.limit);
    this.before = this.output;
    if (stop?.kind === 'deadlock' && steering.atFirst) this.begun = process.save();
    else this.only = this.outcome(from, stop);
    steering.stops.first = false;
  }

  /** Whether there is anything to choose. */
  get open(): boolean {
    return this.begun !== undefined;
  }

  /** How many points there are. */
  get points(): number {
    return this.steering.points.size;
  }

  /** The run in the usual order, from which is learnt how many choices a run has, and which accesses matter to nobody else. */
  async usual(): Promise<RunOutcome> {
    const { steering } = this;
    const seen = new AccessesSeen();
    steering.learning = seen;
    steering.private = new Set();
    const outcome = await this.run(replayed([]), undefined);
    steering.learning = undefined;
    steering.private = seen.private;
    this.beginWithCode();
    const again = await this.run(replayed([]), undefined);
    this.steps = Math.max(1, again.steps);
    return outcome;
  }

  /** Has runs begin with the pages of code that one has come to: what is translated of a page that is not there yet when they begin would go with it each time. */
  private beginWithCode(): void {
    const { begun, process } = this;
    if (begun === undefined) return;
    const { memory } = process;
    const pages = [...memory.codePages].map(page => BigInt(page) << 12n);
    process.restore(begun);
    for (const page of pages) if (memory.allows(page, 1, 'exec')) memory.touch(page, 1);
    this.begun = process.save();
  }

  /** A run; `stir`: what Go's own random choices are drawn from, undefined: as they are. */
  async run(strategy: Strategy, stir: number | undefined): Promise<RunOutcome> {
    const { begun, steering, process } = this;
    if (begun === undefined) return this.only!;
    steering.strategy = replayed([]);
    process.restore(begun);
    steering.strategy = strategy;
    steering.stir = stir;
    this.opinion?.anew();
    this.output = this.before;
    this.verdict = undefined;
    this.way = undefined;
    const from = process.t;
    this.patience = steering.now + this.limits.hang;
    return this.outcome(from, await this.go(from + this.limits.limit));
  }

  private outcome(from: number, stop: ProcessStop | undefined): RunOutcome {
    const verdict = this.verdict ?? this.judged(stop) ?? this.wanted(this.dropped());
    return {
      verdict,
      ...(this.way ?? this.wayHere()),
      instructions: this.process.t - from,
      t: this.process.t,
      ended: stop?.kind === 'exited',
      cut: stop === undefined,
    };
  }

  /** How the run has come to where it is. */
  private wayHere(): Pick<RunOutcome, 'order' | 'steps' | 'choices' | 'decisions'> {
    const { order, step, choices, decisions } = this.steering;
    return { order: order.toString(16), steps: step, choices, decisions };
  }

  /** Until the run is over, or something was found; undefined: the limit came first. */
  private async go(end: number): Promise<ProcessStop | undefined> {
    const { process, driver, steering } = this;
    while (process.t < end) {
      const stop = driver.run(Math.min(SLICE, end - process.t), false, () => this.verdict !== undefined);
      if (this.verdict !== undefined) return stop;
      switch (stop.kind) {
        case 'budget':
          if ((await this.limits.breathe?.()) === true) return stop;
          this.verdict = this.wanted(this.part());
          if (this.verdict !== undefined) return stop;
          break;
        case 'signal':
          break;
        case 'deadlock':
          if (!steering.atEnd) return stop;
          this.verdict = this.wanted(this.leak());
          if (this.verdict !== undefined) return stop;
          break;
        case 'unsupported':
          throw new Told(`${this.place()}: ${stop.text} is not in r14's instruction table`);
        case 'memory-limit':
          throw new Told(`${this.place()}: the program would touch more memory than --memory allows`);
        case 'input':
          throw new Told('the program reads its standard input, which a search does not have: --stdin FILE gives it one');
        default:
          return stop;
      }
    }
    return undefined;
  }

  private place(): string {
    const { images } = this.target;
    const { rip } = this.process.current.registers;
    return images.functionAt(rip)?.name ?? `0x${rip.toString(16)}`;
  }

  /** What an end means; undefined as `stop`: there was none. */
  private judged(stop: ProcessStop | undefined): RunVerdict | undefined {
    const { until, limit } = this.limits;
    if (stop?.kind === 'exited') return this.wanted(endIn(this.output, stop.status, stop.signal));
    if (stop?.kind === 'deadlock') return this.wanted(this.waiting());
    if (stop === undefined && until.kinds.has('hang')) return { kind: 'hang', text: `no end within ${limit} instructions`, details: [] };
    return undefined;
  }

  /** A race that FastTrack has found in the run, and the program's own detector has not told of. */
  private dropped(): RunVerdict | undefined {
    const { opinion, target } = this;
    const races = (opinion?.races() ?? []).filter(({ dropped }) => !NO_LOSS.has(dropped));
    const [first] = races;
    if (first === undefined) return undefined;
    target.changed();
    const details = races.map(race => `${secondRaceText(target, race)}: ${DROPPED_WHY[race.dropped!]}`);
    return { kind: 'race', text: `data race, by FastTrack alone: ${secondRaceText(target, first)}`, details: [...new Set(details)] };
  }

  private wanted(verdict: RunVerdict | undefined): RunVerdict | undefined {
    return verdict !== undefined && this.limits.until.kinds.has(verdict.kind) ? verdict : undefined;
  }

  /** Everybody waits, and nothing ends that for as long as is asked. */
  private waiting(): RunVerdict {
    this.target.changed();
    const details = waitingLines(this.target);
    // Not of the lines, which are the first of very many.
    const blocked = waitingGoroutines(this.target).filter(each => !/^(sleep|IO wait|select, )/.test(each.waitReason));
    if (blocked.length === 0) return { kind: 'hang', text: `nothing but waiting for ${this.limits.hang / 1e9} s`, details };
    return { kind: 'deadlock', text: `${blocked.length} goroutine${blocked.length === 1 ? ' waits' : 's wait'} for ever`, details };
  }

  /** Goroutines that wait for each other while others go on, in a run that has taken long: looked for ever more rarely. */
  private part(): RunVerdict | undefined {
    const { now } = this.steering;
    if (now < this.patience || !this.limits.until.kinds.has('deadlock')) return undefined;
    this.patience = now + 2 * (now - this.patience + this.limits.hang);
    const stuck = this.stuck();
    if (stuck.length === 0) return undefined;
    const details = stuck.map(goroutine => waitText(this.target, goroutine));
    return {
      kind: 'deadlock',
      text: `${stuck.length} goroutine${stuck.length === 1 ? ' waits' : 's wait'} for ever while others go on`,
      details,
    };
  }

  /** Goroutines that nothing can wake, at an end of the program's own work. Those of its start are none of a test's. */
  private leak(): RunVerdict | undefined {
    if (!this.limits.until.kinds.has('leak')) return undefined;
    const stuck = this.stuck();
    if (stuck.length === 0) return undefined;
    const details = stuck.map(goroutine => waitText(this.target, goroutine));
    return { kind: 'leak', text: `${stuck.length} goroutine${stuck.length === 1 ? ' is' : 's are'} left that nothing can wake`, details };
  }

  private stuck(): readonly Goroutine[] {
    const { target, process } = this;
    target.changed();
    const { go } = target;
    const image = target.images.goImage;
    if (go === undefined || image === undefined) return [];
    const registers = process.threads.flatMap(thread => GPR_NAMES.map(name => thread.registers.get(name)));
    const stacks = new Map(
      process.threads.flatMap(thread => {
        const goroutine = target.goroutineOf(thread);
        return goroutine === undefined ? [] : [[goroutine.address, thread.registers.get('rsp')] as const];
      }),
    );
    return (stuckGoroutines(go, image, registers, stacks) ?? []).filter(each => isUserGoroutine(target, each));
  }

  private written({ bytes }: OutputRecord): void {
    if (this.output.length > MOST_OUTPUT) return;
    const text = new TextDecoder().decode(bytes);
    this.output += text;
    if (this.verdict !== undefined) return;
    this.look(text);
    // What stops the run stops it somewhat later, as the host has time.
    if (this.verdict !== undefined) this.way = this.wayHere();
  }

  private look(text: string): void {
    const { until } = this.limits;
    if (until.kinds.has('race') && (text.includes('RACE') || text.includes('===='))) this.verdict = raceIn(this.output);
    if (this.verdict === undefined && until.output?.test(this.output) === true) {
      const line = until.output.exec(this.output)![0];
      this.verdict = { kind: 'output', text: `it has printed ${JSON.stringify(line.slice(0, 200))}`, details: [] };
    }
  }
}
