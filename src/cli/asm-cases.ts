/**
 * `r14 asm --cases cases.json FILE.s...`: calls with wanted results, for each of the files: an autograder. A student's file that does not assemble, does
 * not end or breaks a calling convention fails its cases, with the reason, and nobody else's.
 */
import { dirname, join } from 'node:path';
import { AssemblyError } from '../asm/diagnostics.js';
import { CallError } from '../asm/invoke.js';
import { run } from '../debugger/commands/execute.js';
import { RULES, type RuleName } from '../debugger/lens/rules.js';
import type { FileCase, TriedCase } from '../debugger/lesson/exercise.js';
import { assembledLauncher } from '../debugger/session/launcher.js';
import { Session } from '../debugger/session/session.js';
import { callResults } from '../debugger/show/call-results.js';
import { stopHeadline } from '../debugger/show/stop-text.js';
import { Told } from '../host/told.js';
import { type AssemblyWishes, complaintText } from '../runtime/bundled/assembly.js';
import { assembly } from './asm.js';
import { goFlag, type Parsed, UsageError } from './flags.js';
import { nodeHost } from './host.js';
import { writeOut } from './output.js';
import { processOptions } from './process-options.js';
import { readText } from './read-text.js';

/** One call, and what is wanted of it. */
interface Case {
  readonly name: string;
  readonly call: string;
  /** Results as they are printed, in order. */
  readonly want: readonly string[];
  readonly limit: number;
  readonly checks: ReadonlySet<string>;
  readonly points: number;
}

interface Cases {
  readonly files: readonly string[];
  readonly runtime: AssemblyWishes['runtime'];
  readonly cases: readonly Case[];
}

interface CaseResult {
  readonly file: string;
  readonly case: Case;
  readonly ok: boolean;
  readonly got: string;
}

/** The same calls with one file, as a lesson's exercise makes them: under all checks. */
export async function triedCalls(parsed: Parsed, path: string, calls: readonly FileCase[]): Promise<readonly TriedCase[]> {
  const results: TriedCase[] = [];
  for (const { call, want } of calls) {
    const wanted = { name: call, call, want: want.split(/,\s*/), limit: LIMIT, checks: new Set<string>(RULE_NAMES), points: 1 };
    results.push({ call, want, ...(await tried(parsed, [path], wanted, { go: goFlag(parsed), runtime: undefined })) });
  }
  return results;
}

/** Instructions that a case may take where nobody has said. */
const LIMIT = 10_000_000;

const RULE_NAMES = Object.keys(RULES) as RuleName[];

/** Exit status: 0 when all passed, 1 when some did not; throws Told for what is wrong with the cases themselves. */
export async function gradeFiles(parsed: Parsed, casesPath: string): Promise<number> {
  const { files, runtime, cases } = parseCases(casesPath, readText(casesPath, true));
  if (parsed.paths.length === 0) throw new UsageError('r14 asm --cases wants the files that are to be tried: FILE.s...');
  const style = styleOf(parsed);
  const wishes: AssemblyWishes = { go: goFlag(parsed), runtime };
  const extra = files.map(file => join(dirname(casesPath), file));
  const results: CaseResult[] = [];
  writeOut(1, style.begin(parsed.paths.length * cases.length));
  for (const file of parsed.paths) {
    for (const each of cases) {
      const result = { file, case: each, ...(await tried(parsed, [file, ...extra], each, wishes)) };
      results.push(result);
      writeOut(1, style.each(result, results.length, parsed.paths.length > 1));
    }
  }
  writeOut(1, style.end(results, parsed.paths));
  return results.every(({ ok }) => ok) ? 0 : 1;
}

async function tried(
  parsed: Parsed,
  paths: readonly string[],
  wanted: Case,
  wishes: AssemblyWishes,
): Promise<{ readonly ok: boolean; readonly got: string }> {
  try {
    const built = assembly(paths, [wanted.call], wishes);
    const session = new Session(assembledLauncher(built.program, processOptions(parsed, paths[0]!)), nodeHost(), wanted.limit);
    session.checks.on = wanted.checks.size > 0;
    do await run(session, 'continue');
    while (session.stop.reason === 'abi' && !wanted.checks.has(session.stop.violation.rule));
    const { data, unfinished } = callResults(built, session.target.process.memory);
    if (!session.exited || unfinished !== undefined) {
      const { what, detail } = stopHeadline(session);
      return { ok: false, got: `${what}${detail === '' ? '' : `: ${detail}`}` };
    }
    const { results } = data[0] as { results: readonly { value: string }[] };
    const got = results.map(({ value }) => value);
    return { ok: got.join(', ') === wanted.want.join(', '), got: got.join(', ') };
  } catch (error) {
    if (error instanceof AssemblyError || error instanceof CallError)
      return { ok: false, got: complaintText(error, paths[0]!, wishes).split('\n')[0]! };
    if (error instanceof Told) return { ok: false, got: error.message };
    throw error;
  }
}

// ---- the file ---------------------------------------------------------------------------------------------------------------------------------

const KEYS = ['files', 'runtime', 'limit', 'checks', 'cases'] as const;
const CASE_KEYS = ['name', 'call', 'want', 'limit', 'checks', 'points'] as const;

function parseCases(path: string, text: string): Cases {
  const wrong = (where: string, problem: string): never => {
    throw new Told(`${path}: ${where}: ${problem}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Told(`${path}: this is no JSON: ${error.message}`);
  }
  const object = (each: unknown, where: string, keys: readonly string[]): Record<string, unknown> => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return wrong(where, 'an object is wanted');
    const unknown = Object.keys(each).find(key => !keys.includes(key));
    return unknown === undefined ? (each as Record<string, unknown>) : wrong(where, `"${unknown}" is none of ${keys.join(', ')}`);
  };
  const text1 = (each: unknown, where: string): string =>
    typeof each === 'string' ? each : wrong(where, `a string is wanted, not ${JSON.stringify(each)}`);
  const count = (each: unknown, where: string, otherwise: number): number =>
    each === undefined
      ? otherwise
      : Number.isSafeInteger(each) && (each as number) > 0
        ? (each as number)
        : wrong(where, `a whole number of at least 1 is wanted, not ${JSON.stringify(each)}`);
  const checks = (each: unknown, where: string, otherwise: ReadonlySet<string>): ReadonlySet<string> => {
    if (each === undefined) return otherwise;
    if (each === 'all') return new Set(RULE_NAMES);
    if (each === 'none') return new Set();
    if (!Array.isArray(each)) return wrong(where, '"all", "none" or an array of rules is wanted');
    const unknown = each.find(rule => !(RULE_NAMES as readonly unknown[]).includes(rule));
    return unknown === undefined
      ? new Set(each as string[])
      : wrong(where, `there is no rule ${JSON.stringify(unknown)}; there are ${RULE_NAMES.join(', ')}`);
  };
  const shown = (each: unknown, where: string): string =>
    ['string', 'number', 'boolean'].includes(typeof each)
      ? String(each)
      : wrong(where, `a string, number or boolean is wanted, not ${JSON.stringify(each)}`);
  const whole = object(value, 'the file', KEYS);
  const limit = count(whole.limit, 'limit', LIMIT);
  const all = checks(whole.checks, 'checks', new Set(RULE_NAMES));
  if (whole.files !== undefined && !Array.isArray(whole.files)) wrong('files', 'an array of names is wanted');
  if (![undefined, true, false, 'race'].includes(whole.runtime as boolean | undefined)) wrong('runtime', 'true, false or "race" is wanted');
  if (!Array.isArray(whole.cases) || whole.cases.length === 0) return wrong('cases', 'an array with at least one case is wanted');
  const cases = whole.cases.map((each: unknown, index): Case => {
    const where = `cases[${index}]`;
    const one = object(each, where, CASE_KEYS);
    const call = text1(one.call, `${where}.call`);
    if (one.want === undefined) wrong(where, 'want is missing: the results, as r14 asm --call prints them');
    return {
      call,
      name: one.name === undefined ? call : text1(one.name, `${where}.name`),
      want: Array.isArray(one.want)
        ? one.want.map((result, at) => shown(result, `${where}.want[${at}]`))
        : [shown(one.want, `${where}.want`)],
      limit: count(one.limit, `${where}.limit`, limit),
      checks: checks(one.checks, `${where}.checks`, all),
      points: count(one.points, `${where}.points`, 1),
    };
  });
  return {
    files: (whole.files as unknown[] | undefined)?.map((file, index) => text1(file, `files[${index}]`)) ?? [],
    runtime: whole.runtime === true ? { race: false } : whole.runtime === 'race' ? { race: true } : undefined,
    cases,
  };
}

// ---- what is printed --------------------------------------------------------------------------------------------------------------------------

interface Style {
  begin(count: number): string;
  each(result: CaseResult, number: number, several: boolean): string;
  end(results: readonly CaseResult[], files: readonly string[]): string;
}

const points = (results: readonly CaseResult[]): readonly [got: number, of: number] => [
  results.reduce((sum, { ok, case: { points: each } }) => sum + (ok ? each : 0), 0),
  results.reduce((sum, { case: { points: each } }) => sum + each, 0),
];

const saidOf = ({ ok, got, case: { want } }: CaseResult): string => (ok ? `= ${got}` : `${got}; wanted ${want.join(', ')}`);
const nameOf = ({ file, case: { name } }: CaseResult, several: boolean): string => (several ? `${file}: ${name}` : name);

const TEXT: Style = {
  begin: () => '',
  each: (result, _, several) => `${result.ok ? 'ok  ' : 'FAIL'}  ${nameOf(result, several)}  ${saidOf(result)}\n`,
  end: (results, files) =>
    files
      .map(file => {
        const [got, of] = points(results.filter(each => each.file === file));
        return `${file}: ${got} of ${of}\n`;
      })
      .join(''),
};

const JSON_LINES: Style = {
  begin: () => '',
  each: ({ file, ok, got, case: { name, call, want, points: each } }) =>
    `${JSON.stringify({ file, name, call, ok, got, want, points: ok ? each : 0, of: each })}\n`,
  end: (results, files) =>
    files
      .map(file => {
        const [got, of] = points(results.filter(each => each.file === file));
        return `${JSON.stringify({ file, points: got, of })}\n`;
      })
      .join(''),
};

const TAP: Style = {
  begin: count => `TAP version 13\n1..${count}\n`,
  each: (result, number, several) =>
    `${result.ok ? 'ok' : 'not ok'} ${number} - ${nameOf(result, several).replace(/#/g, '\\#')}\n${result.ok ? '' : `  ---\n  message: ${JSON.stringify(saidOf(result))}\n  ...\n`}`,
  end: () => '',
};

function styleOf({ values }: Parsed): Style {
  if (values.has('json') && values.has('tap')) throw new UsageError('--json and --tap: one of them');
  return values.has('tap') ? TAP : values.has('json') ? JSON_LINES : TEXT;
}
