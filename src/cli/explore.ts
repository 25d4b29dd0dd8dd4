/** `r14 explore`: looks for the order of goroutines in which a program fails. */
import { readFileSync } from 'node:fs';
import { SearchCount } from '../debugger/explore/count.js';
import { decisionText } from '../debugger/explore/decision-text.js';
import { Explorer, type RunOutcome } from '../debugger/explore/explorer.js';
import { binaryOf } from '../debugger/explore/scheduled.js';
import { ALWAYS, firstRunOf, runsOf, type SearchPart, type SearchRun, searchRun, usualRun } from '../debugger/explore/search.js';
import { type Shrunk, shrink } from '../debugger/explore/shrink.js';
import type { RunVerdict } from '../debugger/explore/verdict.js';
import { assembledLauncher, launcher } from '../debugger/session/launcher.js';
import { type ScheduledRun, scheduleText } from '../explore/schedule.js';
import { replayed } from '../explore/strategies.js';
import { nodePorts } from '../host/node/ports.js';
import { shellWord } from '../host/shell-word.js';
import { Told } from '../host/told.js';
import type { Runnable } from '../runtime/bundled/detected.js';
import { collectGarbage } from './collect.js';
import { failureText, keepSchedule, programWords } from './explore-failure.js';
import { decisionsOf, type ExploreLine, type RunLine, runLine } from './explore-lines.js';
import { EXPLORE_CPUS, type ExploreWishes, exploreWishes, scheduledRun } from './explore-options.js';
import { Workers } from './explore-workers.js';
import type { Parsed } from './flags.js';
import { isSystemError } from './host.js';
import { fileOfStdin } from './input.js';
import { writeOut } from './output.js';
import { processOptions } from './process-options.js';

/** Runs that making a schedule small may take. */
const SHRINKING = 500;
/** Lines of a verdict's details that are shown. */
const SHOWN = 12;
/** Decisions that are told in words; the others are in the file. */
const TOLD = 8;
/** Milliseconds between two lines of progress. */
const PROGRESS = 1000;

/** Runs between two collections of garbage, of which each run leaves as much as the one before. */
const COLLECT = 200;

/** As timeout(1) and shells have it: what was interrupted. */
const INTERRUPTED = 130;

/** The status: 0 nothing was found, 1 something was. */
export async function exploreCommand(parsed: Parsed, path: string, assembled?: Runnable): Promise<number> {
  const wishes = exploreWishes(parsed);
  const options = { ...processOptions(parsed, path), seed: 0, logged: false };
  const all = { ...options, cpus: options.cpus ?? EXPLORE_CPUS };
  const launch = assembled === undefined ? launcher(all) : assembledLauncher(assembled, all);
  const input = fileOfStdin(parsed);
  const interrupt = { wanted: false };
  const breathe = async () => {
    await new Promise(resolve => setImmediate(resolve));
    return interrupt.wanted;
  };
  const count = new SearchCount<RunLine>(() => performance.now());
  const { part, workers } = wishes;
  // They start beside this one, which does not wait for them.
  const pool = wishes.json ? undefined : new Workers(parsed, path, part, workers, line => count.add(line));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      interrupt.wanted = true;
      pool?.stop();
    });
  try {
    const explorer = await Explorer.begin(
      { ...launch, launch: (args, output) => launch.launch(args, output, input()) },
      { ...wishes.limits, breathe },
    );
    const run = scheduledRun(parsed, path, binaryOf(explorer.process, nodePorts.digest));
    const search = new Search(parsed, path, wishes, explorer, run, interrupt, count);
    const status = await (pool === undefined ? search.lines() : search.shown(pool));
    if (parsed.values.has('stats')) tellStats(explorer, count);
    return status;
  } finally {
    pool?.stop();
  }
}

/** Bytes of memory that this process shares with no other: the program of Node itself is one file to all of them (proc(5)). */
function ownMemory(): number {
  const [, kibibytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  return kibibytes === undefined ? process.memoryUsage.rss() : Number(kibibytes) * 1024;
}

/** The last line of --stats: of this process, which is one of the workers. `cpu`: its seconds on a processor; `own`: bytes that it shares with no other. */
function tellStats({ process: { memory } }: Explorer, { runs, different: orders, seconds }: SearchCount<RunLine>): void {
  const { user, system } = process.cpuUsage();
  const stats = {
    runs,
    orders,
    seconds,
    cpu: (user + system) / 1e6,
    pages: memory.touchedPages,
    rss: process.memoryUsage.rss(),
    own: ownMemory(),
  };
  writeOut(2, `${JSON.stringify(stats)}\n`);
}

class Search {
  private get interrupted(): boolean {
    return this.interrupt.wanted;
  }

  private readonly terminal = process.stderr.isTTY === true;

  constructor(
    private readonly parsed: Parsed,
    private readonly path: string,
    private readonly wishes: ExploreWishes,
    private readonly explorer: Explorer,
    private readonly run: ScheduledRun,
    private readonly interrupt: { readonly wanted: boolean },
    private readonly count: SearchCount<RunLine>,
  ) {}

  /** Lines for `--merge`, or for who has started this as a worker. */
  async lines(): Promise<number> {
    const { wishes, run, explorer } = this;
    const { strategy, seed, until, part } = wishes;
    let behind = 0;
    const print = (line: ExploreLine) => {
      try {
        writeOut(1, `${JSON.stringify(line)}\n`);
      } catch (error) {
        if (!isSystemError(error)) throw error;
        const next = behind === 0 ? 'nothing is written' : `what is written ends behind run ${behind}, and --merge says so`;
        throw new Told(`its lines cannot be written (${(error as NodeJS.ErrnoException).code}): ${next}`);
      }
      if ('run' in line) behind = line.run;
    };
    print({ explore: { ...run, strategy, seed, until, from: part.from, runs: part.runs }, shard: [part.index, part.of] });
    const usual = await usualRun(explorer);
    // Only the first part tells of it: it is the same in all.
    if (part.index === 1 && part.from === 1 && (usual.outcome.verdict !== undefined || (!explorer.open && !this.interrupted)))
      print(runLine(0, usual.outcome, undefined));
    let failed = usual.outcome.verdict !== undefined;
    if (explorer.open && !failed)
      failed = (await this.own(part, found => print(runLine(found.run, found.outcome, found.stir)))) !== undefined;
    print({ done: this.count.runs, ...(this.interrupted ? { interrupted: true } : {}) });
    return this.interrupted ? INTERRUPTED : failed ? 1 : 0;
  }

  async shown(pool: Workers): Promise<number> {
    const { wishes, explorer, count } = this;
    const { part, strategy, workers } = wishes;
    const usual = await usualRun(explorer);
    if (this.interrupted && usual.outcome.verdict === undefined) return this.goesOn(part.from);
    if (!explorer.open) return this.nothingToChoose(usual.outcome);
    if (usual.outcome.verdict !== undefined) {
      pool.stop();
      return this.fails(usual, await this.always());
    }
    writeOut(
      2,
      `  exploring with ${workers} worker${workers === 1 ? '' : 's'}, ${strategyText(strategy)}: ${explorer.points} points in its code, ${usual.outcome.steps} steps in a run ...\n`,
    );
    count.changed = () => this.progress();
    let next = firstRunOf(pool.own);
    await this.own(
      pool.own,
      ({ run, outcome }) => {
        next = run + pool.own.of;
        if (outcome.verdict !== undefined) pool.failed(run);
      },
      () => pool.bound,
    );
    const rests = await pool.end();
    for (const { trouble, rest } of rests) {
      if (trouble !== undefined) this.aside(`r14: ${trouble}; what it has found is kept, and the rest of its part is done here`);
      let from = firstRunOf(rest);
      if (trouble !== undefined)
        await this.own(
          rest,
          ({ run, outcome }) => {
            from = run + rest.of;
            if (outcome.verdict !== undefined) pool.failed(run);
          },
          () => pool.bound,
        );
      next = Math.min(next, from);
    }
    this.progress(true);
    if (count.failed !== undefined) return this.fails(await this.again(count.failed), undefined);
    if (next < part.from + part.runs) return this.goesOn(next);
    writeOut(1, `nothing found: ${[count.text(), ...count.remarks].join('; ')}\n`);
    return 0;
  }

  /** Tells the line for what is left, from the run `next` on. */
  private goesOn(next: number): number {
    const { from, runs } = this.wishes.part;
    const line = this.commandLine({ from: next, runs: from + runs - next });
    writeOut(2, `${this.interrupted ? 'interrupted' : 'not all was done'}; this goes on:\n  ${line}\n`);
    return this.interrupted ? INTERRUPTED : 2;
  }

  /** Runs in this process until one fails, or all below the one that has failed elsewhere are done. */
  private async own(
    part: SearchPart,
    told: (found: SearchRun) => void,
    bound = () => Number.POSITIVE_INFINITY,
  ): Promise<SearchRun | undefined> {
    const { wishes, explorer, count } = this;
    const { strategy, seed } = wishes;
    let made = 0;
    for (const number of runsOf(part)) {
      if (++made % COLLECT === 0) collectGarbage();
      await new Promise(resolve => setImmediate(resolve));
      if (this.interrupted || number >= bound()) return undefined;
      const found = await searchRun(explorer, strategy, seed, number);
      // Cut off.
      if (this.interrupted) return undefined;
      told(found);
      count.add(runLine(number, found.outcome, found.stir));
      if (found.outcome.verdict !== undefined) return found;
    }
    return undefined;
  }

  #shown = 0;

  private progress(last = false): void {
    this.line(this.count.progress(), last);
    if (last && this.terminal) writeOut(2, '\n');
    else if (last) writeOut(2, `  ${this.count.text()}\n`);
  }

  /** Shows a line in the place of the one before, now and then, or `now`; undefined: none any more. Only a terminal can. */
  private line(text: string | undefined, at = false): void {
    const now = performance.now();
    if (!this.terminal || (text !== undefined && !at && now - this.#shown < PROGRESS)) return;
    this.#shown = now;
    const columns = process.stderr.columns || 80;
    writeOut(2, Buffer.from(`\r\x1b[K${text === undefined ? '' : `  ${text}`.slice(0, columns - 1)}`));
  }

  /** A line for itself, where there may be one of progress. */
  private aside(text: string): void {
    this.line(undefined);
    writeOut(2, `${text}\n`);
  }

  private nothingToChoose({ verdict, cut }: RunOutcome): number {
    const { explorer } = this;
    if (cut && verdict === undefined) {
      writeOut(2, `r14: --limit ended it before there was anything to choose: ${this.wishes.limits.limit} instructions are too few\n`);
      return 2;
    }
    const why =
      explorer.points === 0 ? 'r14 finds no goroutines in its code to steer' : 'no two of its goroutines could ever go on at the same time';
    if (verdict === undefined) writeOut(1, `nothing to explore: ${why}, so it has one order, in which it does not fail\n`);
    else this.tell(0, verdict, `in its only order: ${why}`);
    return verdict === undefined ? 0 : 1;
  }

  /** The run that has failed elsewhere, here. */
  private async again({ run, failure, order }: RunLine): Promise<SearchRun> {
    const { explorer, wishes } = this;
    const stir = failure!.stir ?? undefined;
    const found = { run, stir, outcome: await explorer.run(replayed(decisionsOf(failure!)), stir) };
    if (found.outcome.verdict?.kind === failure!.verdict.kind && found.outcome.order === order) return found;
    const whole = await searchRun(explorer, wishes.strategy, wishes.seed, run);
    if (whole.outcome.verdict?.kind === failure!.verdict.kind && whole.outcome.order === order) return whole;
    writeOut(
      2,
      `r14: run ${run} does not come again: the program depends on something outside of r14, such as a file that has changed meanwhile\n`,
    );
    return { ...whole, outcome: { ...whole.outcome, verdict: failure!.verdict } };
  }

  /** How many more orders have failed of those that were tried. */
  private async always(): Promise<{ failed: number; of: number }> {
    const { explorer, wishes } = this;
    let failed = 1;
    for (let run = 1; run <= ALWAYS; run++)
      if ((await searchRun(explorer, wishes.strategy, wishes.seed, run)).outcome.verdict !== undefined) failed++;
    return { failed, of: 1 + ALWAYS };
  }

  /** Makes the schedule small, writes it, and tells. */
  private async fails({ run, outcome, stir }: SearchRun, always: { failed: number; of: number } | undefined): Promise<number> {
    const { explorer, wishes } = this;
    const verdict = outcome.verdict!;
    const everywhere =
      always === undefined
        ? undefined
        : `in the usual order, where nothing is decided${always.failed === always.of ? `: it fails in every order that was tried (${always.of})` : ''}`;
    this.tell(run, verdict, everywhere);
    const small = await shrink(explorer, outcome, stir, {
      most: SHRINKING,
      enough: () => this.interrupted,
      tell: (runs, left) => this.line(`making it small: ${left} of ${outcome.decisions.length} decisions, ${runs} runs`, runs === 0),
    });
    this.line(undefined);
    const { images } = explorer.target;
    const { decisions } = small.outcome;
    const text = scheduleText(
      { run: this.run, strategy: wishes.strategy, seed: wishes.seed + run, stir: small.stir, begins: 0, decisions },
      decision => decisionText(images, decision),
    );
    keepSchedule(this.path, this.parsed.args, run, text);
    if (everywhere === undefined && small.outcome.decisions.length === 0 && small.stir === undefined)
      writeOut(
        2,
        'r14: now it fails in the usual order too, in which it did well at first: it depends on something outside of r14, such as a file that has changed meanwhile\n',
      );
    else if (everywhere === undefined) writeOut(1, this.decisionsText(outcome, small));
    return 1;
  }

  private tell(run: number, verdict: RunVerdict, where: string | undefined): void {
    writeOut(1, `${failureText(run, verdict)}${where === undefined ? '' : `, ${where}`}\n`);
    for (const line of verdict.details.slice(0, SHOWN)) writeOut(1, `    ${line}\n`);
    if (verdict.details.length > SHOWN) writeOut(1, `    ... ${verdict.details.length - SHOWN} more lines\n`);
  }

  private decisionsText({ decisions: before }: RunOutcome, { outcome, stir, least, runs }: Shrunk): string {
    const { decisions } = outcome;
    const { images } = this.explorer.target;
    const lines = decisions
      .slice(0, TOLD)
      .map(each => `    ${decisionText(images, each) ?? `${each.who}.${each.count} -> ${each.chosen}`}`);
    if (decisions.length > TOLD) lines.push(`    ... ${decisions.length - TOLD} more, in the file`);
    const chance = stir === undefined ? '' : "; and what Go's own random choices are drawn from";
    const more = least ? '' : ` (as far as ${runs} runs went)`;
    if (decisions.length === 0 && stir !== undefined) return `  no decision matters, but what Go's own random choices are drawn from\n`;
    return `  ${decisions.length} of ${before.length} decisions matter${more}${chance}${lines.length === 0 ? '' : ':'}\n${lines.map(line => `${line}\n`).join('')}`;
  }

  private commandLine(instead: { readonly from: number; readonly runs: number }): string {
    const flags = [...this.parsed.values].flatMap(([name, values]) =>
      name in instead ? [] : values.map(value => (value === '' ? `--${name}` : `--${name} ${shellWord(value)}`)),
    );
    return ['r14 explore', `--from ${instead.from}`, `--runs ${instead.runs}`, ...flags, ...programWords(this.path, this.parsed.args)].join(
      ' ',
    );
  }
}

const strategyText = (strategy: string): string => {
  const [name, number] = strategy.split(':');
  if (name === 'mixed') return 'strategies by turns';
  if (name === 'pct') return `PCT depth ${number}`;
  return number === undefined ? name! : `${name}, ${number}`;
};
