/** One script on every model: what each saw of the races that there are, and what that cost. */
import { Told } from '../../host/told.js';
import { parseGorace } from './gorace.js';
import { goraceReader, RACE_MODELS, type RaceModelName, replayCounting } from './replay.js';
import { SCRIPT_HEAP } from './script.js';
import type { RaceRelease } from './v3/layout.js';

export interface CompareOptions {
  /** The value of GORACE, which each model reads in its own way. */
  readonly gorace?: string;
  readonly release?: RaceRelease;
}

/** What a model made of a script. */
export interface ModelRun {
  readonly model: RaceModelName;
  /** The words of 8 bytes that it found a race in, with the line, or the number of the event, of the first. */
  readonly raced: ReadonlyMap<number, number>;
  readonly reports: number;
  readonly clockOperations: number;
  readonly clockEntries: number;
  readonly bytes: number;
}

/** Replays a script on all models, without a word. */
export function runModels(text: string, { gorace = '', release }: CompareOptions = {}): readonly ModelRun[] {
  return RACE_MODELS.map(model => {
    const raced = new Map<number, number>();
    let line = 0;
    let reports = 0;
    const { flags, status, said } = parseGorace(gorace, model === 'v2' ? 'v2' : goraceReader(release));
    if (status !== undefined) throw new Told(`${model} does not start: ${said.trim().replaceAll('\n', ': ')}`);
    const { cost } = replayCounting(text, {
      ...(release === undefined ? {} : { release }),
      flags,
      model,
      print: () => {},
      report: said => {
        if (said.startsWith('=')) reports++;
      },
      line: now => {
        line = now;
      },
      see: word => {
        if (!raced.has(word)) raced.set(word, line);
      },
    });
    return { model, raced, reports, ...cost };
  });
}

/** The same as a table, and below it each word with a race that a model has missed. */
export function compareModels(text: string, options: CompareOptions = {}): string {
  const lines = text.split('\n');
  const where = (word: number, line: number): string =>
    `the word at ${word - SCRIPT_HEAP.base}, which is found in line ${line}: ${lines[line - 1]!.trim()}`;
  return comparisonText(runModels(text, options), where);
}

/** Runs of models on the same events, as a table. `where`: what word it is, and where the race in it was found, by a run's number for that. */
export function comparisonText(runs: readonly ModelRun[], where: (word: number, found: number) => string): string {
  const all = new Map<number, number>();
  for (const { raced } of runs) for (const [word, found] of raced) all.set(word, Math.min(found, all.get(word) ?? found));
  const rows = [
    ['model', 'racing words', 'missed', 'reports', 'clock operations', 'clock entries', 'bytes'],
    ...runs.map(run =>
      [run.model, run.raced.size, all.size - run.raced.size, run.reports, run.clockOperations, run.clockEntries, run.bytes].map(String),
    ),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  const table = rows.map(row =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
  const missed = runs.flatMap(run =>
    [...all]
      .filter(([word]) => !run.raced.has(word))
      .sort(([one], [other]) => one - other)
      .map(([word, found]) => `${run.model} missed the race in ${where(word, found)}`),
  );
  return `${[...table, ...missed].join('\n')}\n`;
}
