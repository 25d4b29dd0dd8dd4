/** Runs the committed vectors on r14's CPU: `npx tsx test/vectors/run.ts [group...] [--form REGEXP] [--all]`. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Code, Formatter, FormatterSyntax } from 'iced-x86';
import { type Case, inputOf } from './case.js';
import { decode } from './draft.js';
import { Engine } from './engine.js';
import { decodeVectors, type VectorFile } from './format.js';
import type { Gap } from './gaps.js';
import { INPUT } from './layout.js';
import { compare, flagsText, hex, type Outcome } from './outcome.js';

const DATA = fileURLToPath(new URL('data/', import.meta.url));

export interface Failure {
  readonly test: Case;
  /** The form of the case's first instruction, or `sequence`. */
  readonly form: string;
  readonly differences: readonly string[];
}

export function readVectors(group: string): VectorFile {
  return decodeVectors(readFileSync(`${DATA}${group}.br`));
}

export function vectorGroups(): string[] {
  return readdirSync(DATA)
    .filter(name => name.endsWith('.br'))
    .map(name => name.slice(0, -'.br'.length))
    .sort();
}

/** Form of the first instruction; `sequence` when it is not the only one. */
export function formNameOf(test: Case): string {
  const instruction = decode(test.code, test.rip);
  const name = instruction.length < test.code.length && !instruction.isInvalid ? 'sequence' : (Code[instruction.code] as string);
  instruction.free();
  return name;
}

/** What is wrong with r14's outcome of a case; undefined when nothing is. */
export function check(engine: Engine, test: Case, expected: Outcome): Failure | undefined {
  const got = engine.run(inputOf(test));
  const differences = typeof got === 'string' ? [got] : compare(expected, got, test.undefinedFlags);
  return differences.length ? { test, form: formNameOf(test), differences } : undefined;
}

/** The gap that explains a failure. */
export function gapOf(failure: Failure, gaps: readonly Gap[]): Gap | undefined {
  return gaps.find(gap => gap.forms.test(failure.form) && failure.differences.every(text => gap.differences.test(text)));
}

const GPRS = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');

function disassemble(test: Case): string {
  const formatter = new Formatter(FormatterSyntax.Intel);
  const lines: string[] = [];
  for (let at = 0; at < test.code.length; ) {
    const instruction = decode(test.code.subarray(at), test.rip + BigInt(at));
    lines.push(formatter.format(instruction));
    at += instruction.length;
    const stop = instruction.isInvalid;
    instruction.free();
    if (stop) break;
  }
  formatter.free();
  return lines.join('; ');
}

/** One example in full: bytes, text, what went in, what differs. */
export function explain({ test, differences }: Failure): string {
  const view = new DataView(inputOf(test).buffer);
  const registers = GPRS.map((name, i) => `${name}=${hex(view.getBigUint64(INPUT.gpr + 8 * i, true))}`).join(' ');
  const overlay = test.overlay
    ? `\n    memory ${hex(test.overlay.address)}: ${Buffer.from(view.buffer, INPUT.overlay, test.overlay.length).toString('hex')}`
    : '';
  return [
    `    ${Buffer.from(test.code).toString('hex')}  ${disassemble(test)}  (seed ${test.seed}, ${test.profile})`,
    `    ${registers} flags=${flagsText(view.getUint32(INPUT.rflags, true))}${overlay}`,
    ...differences.map(text => `    ${text}`),
  ].join('\n');
}

/** Failures by form, the most numerous first, each with its first example. */
export function report(failures: readonly Failure[]): string {
  const byForm = new Map<string, Failure[]>();
  for (const failure of failures) byForm.set(failure.form, [...(byForm.get(failure.form) ?? []), failure]);
  return [...byForm]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([form, list]) => `${form}: ${list.length} failed\n${explain(list[0] as Failure)}`)
    .join('\n');
}

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const formAt = argv.indexOf('--form');
  const form = formAt >= 0 ? new RegExp(argv.splice(formAt, 2)[1] as string) : /./;
  const all = argv.includes('--all');
  const groups = argv.filter(word => !word.startsWith('--'));
  const engine = new Engine();
  for (const group of groups.length ? groups : vectorGroups()) {
    const start = performance.now();
    const { measured } = readVectors(group);
    const failures = measured.flatMap(({ test, outcome }) => check(engine, test, outcome) ?? []).filter(failure => form.test(failure.form));
    console.log(`${group}: ${failures.length} of ${measured.length} failed, ${((performance.now() - start) / 1000).toFixed(1)} s`);
    if (failures.length) console.log(all ? failures.map(explain).join('\n') : report(failures));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
