/** `r14 race replay FILE` and `r14 race compare FILE|NAME`: the models of the race detector, on their own or on what a bundled program does. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { assembledLauncher } from '../debugger/session/launcher.js';
import { nodeAssets } from '../host/node/assets.js';
import { basename } from '../host/path.js';
import { Told } from '../host/told.js';
import { assembledImage } from '../image/assembled.js';
import { Catalog } from '../runtime/bundled/catalog.js';
import { withDetector } from '../runtime/bundled/detected.js';
import { compareModels, comparisonText } from '../runtime/race/compare.js';
import { RunComparison } from '../runtime/race/comparison.js';
import { raceSymbolizer } from '../runtime/race/extension.js';
import { parseGorace, type RaceOptions } from '../runtime/race/gorace.js';
import { goraceReader, RACE_MODELS, type RaceModelName, replayScript } from '../runtime/race/replay.js';
import { parseSuppressions, type Suppression } from '../runtime/race/suppressions.js';
import { raceRelease } from '../runtime/race/v3/layout.js';
import { environmentFlag, numberFlag, type Parsed, UsageError } from './flags.js';
import { writeOut } from './output.js';
import { processOptions } from './process-options.js';
import { readText } from './read-text.js';
import { runToEnd } from './run-to-end.js';

/** So much text is written at once. */
const CHUNK = 1 << 16;
const TOOL = 'ThreadSanitizer';

/**
 * Replays a script and prints what the driver of the real race runtime prints; the status is that process's. Or compares the models on it, with
 * status 0.
 */
export function raceCommand(parsed: Parsed, path: string): number {
  const catalog = new Catalog(nodeAssets);
  const isFile = existsSync(path);
  if (parsed.action === 'compare' && !isFile && catalog.has(path)) return compareRun(parsed, path, catalog);
  if (parsed.action === 'compare' && !isFile) throw new Told(`${path}: there is no such file, and no bundled program of that name`);
  if (parsed.values.has('variant') || parsed.values.has('limit'))
    throw new UsageError(`--${parsed.values.has('variant') ? 'variant' : 'limit'} is for r14 race compare NAME, of a bundled program`);
  const text = readText(path);
  const { GORACE: gorace = '', GOAMD64: level = 'v1' } = environmentFlag(parsed) ?? {};
  const release = raceRelease(goRelease(parsed), /^v[34]$/.test(level));
  const model = modelFlag(parsed);
  if (parsed.action === 'compare') {
    if (model !== undefined) throw new UsageError('--model: r14 race compare replays on all of them');
    writeOut(1, compareModels(text, { release, gorace }));
    return 0;
  }
  const options = parseGorace(gorace, model === 'v2' ? 'v2' : goraceReader(release));
  for (const name of options.withoutEffect) writeOut(2, `r14: GORACE: ${name} has no effect on the model\n`);
  writeOut(2, options.said);
  if (options.status !== undefined) return options.status;
  const { flags } = options;
  const suppressions = readSuppressions(options);
  if (suppressions === undefined) return flags.exitcode & 0xff;
  if (flags.verbosity > 0) writeOut(2, `***** Running under ${TOOL} ${model === 'v2' ? 'v2' : 'v3'} (pid ${process.pid}) *****\n`);
  let printed = '';
  const flush = (): void => {
    writeOut(1, printed);
    printed = '';
  };
  const print = (more: string): void => {
    printed += more;
    if (printed.length > CHUNK) flush();
  };
  const inFile = flags.log_path !== 'stderr' && flags.log_path !== 'stdout';
  const report = inFile ? (more: string): void => appendReport(`${flags.log_path}.${process.pid}`, more) : print;
  try {
    return replayScript(text, { ...(model === undefined ? {} : { model }), release, flags, suppressions, pid: process.pid, print, report });
  } finally {
    flush();
  }
}

/** Runs a bundled program's -race build to its end, with all models on what its detector is told. */
function compareRun(parsed: Parsed, name: string, catalog: Catalog): number {
  for (const flag of ['model', 'go'] as const)
    if (parsed.values.has(flag))
      throw new UsageError(`--${flag}: ${name} is a bundled program, which is compared as it runs, on all models`);
  const variant = parsed.values.get('variant')?.[0];
  const comparison = new RunComparison(environmentFlag(parsed)?.GORACE);
  const built = catalog.build(name, { variant, race: true });
  const program = withDetector(built, built.instrumented, comparison);
  runToEnd(assembledLauncher(program, { ...processOptions(parsed, name), logged: false }), name, numberFlag(parsed, 'limit', 1));
  const image = assembledImage(program, '');
  const symbolize = raceSymbolizer(image);
  const place = (pc: number): string => {
    const [frame] = symbolize(pc - 1);
    return `${frame!.function} at ${basename(frame!.file)}:${frame!.line}`;
  };
  const where = (word: number, found: number): string => {
    const at = image.symbolAt(BigInt(word));
    const known = at === undefined ? '' : ` (${at.symbol.name}${at.offset === 0 ? '' : `+${at.offset}`})`;
    return `the word at 0x${word.toString(16)}${known}, which is found in ${place(comparison.events[found]!.pc)}`;
  };
  const runs = comparison.runs();
  if (runs.length === 0) throw new Told(`${name}: it calls no race detector`);
  writeOut(1, comparisonText(runs, where) + comparison.given.map(line => `${line}\n`).join(''));
  return 0;
}

/** Undefined when there are none to be had, of which the reason is told then. */
function readSuppressions({ flags }: RaceOptions): readonly Suppression[] | undefined {
  if (flags.suppressions === '') return [];
  let text: string;
  try {
    text = readFileSync(flags.suppressions, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    writeOut(2, `${TOOL}: failed to read suppressions file '${flags.suppressions}'\n`);
    return undefined;
  }
  const parsed = parseSuppressions(text);
  if (parsed === undefined) writeOut(2, `${TOOL}: failed to parse suppressions\n`);
  return parsed;
}

function appendReport(path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    throw new Told(`${path}: reports cannot be written there (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** `--go 1.19`: any release with ThreadSanitizer v3. */
function goRelease(parsed: Parsed): string {
  const text = parsed.values.get('go')?.[0] ?? '1.27';
  const minor = /^(?:go)?1\.(19|2[0-7])(?:\.\d+)?$/.exec(text)?.[1];
  if (minor === undefined) throw new UsageError(`--go: "${text}" is none of the releases 1.19 to 1.27; --model v2 is what was before`);
  return `1.${minor}`;
}

function modelFlag(parsed: Parsed): RaceModelName | undefined {
  const text = parsed.values.get('model')?.[0];
  if (text === undefined) return undefined;
  const model = RACE_MODELS.find(each => each === text);
  if (model === undefined) throw new UsageError(`--model: "${text}" is none of ${RACE_MODELS.join(', ')}`);
  return model;
}
