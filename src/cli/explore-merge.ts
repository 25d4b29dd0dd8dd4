/** `r14 explore --merge FILE.jsonl...`: the parts of a search, put together. */
import { SearchCount } from '../debugger/explore/count.js';
import { scheduleText } from '../explore/schedule.js';
import { Told } from '../host/told.js';
import { failureText, keepSchedule } from './explore-failure.js';
import { decisionsOf, type HeaderLine, parseExploreLine, type RunLine, type SearchOf } from './explore-lines.js';
import { type Parsed, UsageError } from './flags.js';
import { writeOut } from './output.js';
import { readText } from './read-text.js';

/** Parts that are missing: so many are named. */
const NAMED = 100;

interface Part {
  readonly file: string;
  readonly header: HeaderLine;
  readonly runs: readonly RunLine[];
  /** It says that it has done all that it was to do. */
  readonly whole: boolean;
}

/** The status: 0 nothing was found, 1 something was, 2 parts are missing or not whole and nothing was found. */
export function mergeCommand(parsed: Parsed): number {
  const { paths } = parsed;
  if (paths.length === 0) throw new UsageError('r14 explore --merge wants files: what --json has printed');
  const parts = paths.map(readPart);
  const first = parts[0]!;
  const of = first.header.shard[1];
  const there = new Map<number, Part>();
  for (const part of parts) {
    belongs(part, first);
    const [index] = part.header.shard;
    const twin = there.get(index);
    if (twin !== undefined) throw new Told(`${part.file} and ${twin.file} are both part ${index}/${of}`);
    there.set(index, part);
  }
  const count = new SearchCount<RunLine>(() => performance.now());
  for (const { runs } of parts) for (const run of runs) count.add(run);
  const missing = of - there.size;
  const search = first.header.explore;
  writeOut(
    1,
    `${search.program} ${search.args.join(' ')}: ${parts.length} of ${of} parts, ${count.runs} runs, ${count.different} different orders\n`,
  );
  if (missing > 0) writeOut(1, `  missing: ${missingText(missing, of, there)}\n`);
  for (const { file, header, whole, runs } of parts)
    if (!whole) writeOut(1, `  ${file} (${header.shard.join('/')}) is not whole: it ends behind run ${runs.at(-1)?.run ?? 0}\n`);
  const { failed } = count;
  if (failed === undefined) {
    writeOut(1, 'nothing found\n');
    return missing > 0 || parts.some(({ whole }) => !whole) ? 2 : 0;
  }
  const { run, failure } = failed;
  const { strategy, seed } = search;
  writeOut(1, `${failureText(run, failure!.verdict)}\n`);
  const schedule = {
    run: search,
    strategy,
    seed: seed + run,
    stir: failure!.stir ?? undefined,
    begins: 0,
    decisions: decisionsOf(failure!),
  };
  keepSchedule(
    search.program,
    search.args,
    run,
    scheduleText(schedule, () => undefined),
  );
  return 1;
}

/** `2/3, 3/3`: of many the first. */
function missingText(missing: number, of: number, there: ReadonlyMap<number, Part>): string {
  const named: string[] = [];
  for (let index = 1; index <= of && named.length < NAMED; index++) if (!there.has(index)) named.push(`${index}/${of}`);
  return `${named.join(', ')}${missing > named.length ? ` and ${missing - named.length} more` : ''}`;
}

function readPart(file: string): Part {
  const lines = readText(file).split('\n');
  const header = parseExploreLine(lines[0]!, `${file}:1`);
  if (!('explore' in header)) throw new Told(`${file}:1: this is no header of r14 explore --json`);
  const runs: RunLine[] = [];
  let whole = false;
  for (const [index, text] of lines.entries()) {
    if (index === 0 || text === '') continue;
    // The last line of one who was killed may be cut off.
    if (index === lines.length - 1) break;
    const line = parseExploreLine(text, `${file}:${index + 1}`);
    if ('explore' in line) throw new Told(`${file}:${index + 1}: a second header: one file is for one part`);
    if ('run' in line) runs.push(line);
    else whole = line.interrupted === undefined;
  }
  return { file, header, runs, whole };
}

function belongs(part: Part, first: Part): void {
  const [mine, theirs] = [first.header.explore, part.header.explore];
  for (const name of Object.keys(mine) as (keyof SearchOf)[]) {
    const [a, b] = [mine[name], theirs[name]].map(value => JSON.stringify(value));
    if (a !== b) throw new Told(`${part.file} is no part of the search that ${first.file} is of: its ${name} is ${b}, not ${a}`);
  }
  if (part.header.shard[1] !== first.header.shard[1])
    throw new Told(
      `${part.file} is part ${part.header.shard.join('/')}, ${first.file} is part ${first.header.shard.join('/')}: they were cut otherwise`,
    );
}
