/**
 * Fresh cases, on the host's CPU and on r14, until time is up: `npm run fuzz -- [--seed N] [--seconds S] [--group NAME] [--engine NAME]`. Prints its seed,
 * and exits 1 when the two differ.
 */
import { Machine } from '../../src/cpu/cpu.js';
import { ENGINES, type EngineName, loadJit } from '../../src/cpu/tier.js';
import { buildAbsolute } from './absolute.js';
import { buildCase } from './build.js';
import { type Case, inputOf } from './case.js';
import { decode, formOf } from './draft.js';
import { Engine } from './engine.js';
import { testedForms } from './forms.js';
import { GAPS, HOST_GAPS } from './gaps.js';
import { buildGather } from './gather.js';
import { buildInvalid } from './invalid.js';
import { nativeObstacle, runNative } from './native.js';
import { Random } from './random.js';
import { buildReserved } from './reserved.js';
import { check, type Failure, gapOf, report } from './run.js';
import { buildPair, buildSequence, PAIRS } from './sequence.js';

const BATCH = 2000;

/** Bytes that the host may know and iced does not. */
function isNoInstruction(test: Case): boolean {
  const instruction = decode(test.code, test.rip);
  const { isInvalid } = instruction;
  instruction.free();
  return isInvalid;
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

function number(name: string, fallback: number): number {
  const text = option(name);
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} wants a number, not '${text}'`);
  return value;
}

async function main(): Promise<number> {
  const obstacle = nativeObstacle();
  if (obstacle) {
    console.error(`fuzz: compares with the real CPU, and ${obstacle}`);
    return 2;
  }
  const seed = number('seed', Date.now() % 0x1_0000_0000);
  const seconds = number('seconds', 30);
  const group = option('group');
  console.log(`seed ${seed}, ${seconds} s`);
  const random = new Random(seed);
  const forms = testedForms()
    .filter(form => !group || form.group === group)
    .map(form => formOf(form.code));
  const draw = (): Case | undefined => {
    if (group === 'sequence' || (!group && random.chance(20))) return buildSequence(random.u32());
    if (group === 'pair' || (!group && random.chance(10))) return buildPair(random.below(PAIRS), random.u32());
    if (group === 'absolute' || (!group && random.chance(1))) return buildAbsolute(random.u32());
    if (group === 'gather' || (!group && random.chance(2))) return buildGather(random.u32());
    if (group === 'reserved' || (!group && random.chance(2))) return buildReserved(random.u32());
    if (group === 'invalid' || (!group && random.chance(2))) return buildInvalid(random.u32());
    return buildCase(random.pick(forms), random.u32());
  };
  const name = (option('engine') ?? 'interpret') as EngineName;
  if (!ENGINES.includes(name)) throw new Error(`--engine wants one of ${ENGINES.join(', ')}, not '${name}'`);
  if (name !== 'interpret') await loadJit();
  // Whatever a case has is compiled before it runs.
  const engine = new Engine(
    new Machine({ memory: 1 << 24, level: 'v3', tiers: { engine: name, eager: true, warm: 0, changes: Number.POSITIVE_INFINITY } }),
  );
  const failures: Failure[] = [];
  const end = performance.now() + 1000 * seconds;
  let cases = 0;
  do {
    const tests: Case[] = [];
    while (tests.length < BATCH) {
      const test = draw();
      if (test) tests.push(test);
    }
    for (const [index, outcome] of runNative(tests.map(inputOf)).entries()) {
      const test = tests[index] as Case;
      if (!outcome || (outcome.fault?.vector !== '#UD' && isNoInstruction(test))) continue;
      cases++;
      const failure = check(engine, test, outcome);
      if (failure && !gapOf(failure, [...GAPS, ...HOST_GAPS])) failures.push(failure);
    }
  } while (performance.now() < end);
  if (failures.length) console.log(report(failures));
  console.log(`${cases} cases, ${failures.length} failed (seed ${seed})`);
  return failures.length ? 1 : 0;
}

process.exitCode = await main();
