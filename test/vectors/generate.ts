/**
 * Makes the committed vectors: cases of every tested form, run on this host's CPU, into test/vectors/data. `npm run vectors [-- GROUP...]`.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildAbsolute } from './absolute.js';
import { buildCase } from './build.js';
import { type Case, inputOf } from './case.js';
import { formOf } from './draft.js';
import { encodeVectors, type Measured } from './format.js';
import { testedForms } from './forms.js';
import { buildGather } from './gather.js';
import { buildInvalid } from './invalid.js';
import { nativeObstacle, runNative } from './native.js';
import { buildReserved } from './reserved.js';
import { buildPair, buildSequence, PAIRS } from './sequence.js';

const DATA = fileURLToPath(new URL('data/', import.meta.url));

/** Cases of each form, by group; 150 for the others. */
const CASES: Readonly<Record<string, number>> = {
  arith: 130,
  shift: 160,
  muldiv: 500,
  string: 500,
  control: 90,
  condition: 60,
  system: 50,
  privileged: 20,
  stack: 250,
  bits: 200,
  x87: 170,
  avx: 60,
  avx256: 70,
  avx2: 75,
  mmx: 60,
  fma: 125,
  f16c: 300,
};
const SEQUENCES = 16_000;
const INVALID = 1500;
const GATHERS = 3600;
const RESERVED = 2500;
const ABSOLUTE = 1500;

/** A seed for every case of a form, whatever other forms there are: a form's vectors stay when another is added. */
function seedOf(code: number, index: number): number {
  return (Math.imul(code, 0x10001) + index * 4099 + 1) >>> 0;
}

export function candidates(): Map<string, Case[]> {
  const groups = new Map<string, Case[]>();
  const add = (group: string, test: Case | undefined) => {
    if (!test) return;
    const cases = groups.get(group);
    if (cases) cases.push(test);
    else groups.set(group, [test]);
  };
  for (const { code, group } of testedForms()) {
    const form = formOf(code);
    for (let i = 0; i < (CASES[group] ?? 150); i++) add(group, buildCase(form, seedOf(code, i)));
  }
  for (let i = 0; i < SEQUENCES; i++) add('sequence', buildSequence(seedOf(0x4000, i)));
  for (let i = 0; i < PAIRS; i++) add('pair', buildPair(i, seedOf(0x4002, i)));
  for (let i = 0; i < ABSOLUTE; i++) add('absolute', buildAbsolute(seedOf(0x4003, i)));
  for (let i = 0; i < GATHERS; i++) add('gather', buildGather(seedOf(0x4004, i)));
  for (let i = 0; i < RESERVED; i++) add('reserved', buildReserved(seedOf(0x4005, i)));
  for (let i = 0; i < INVALID; i++) add('invalid', buildInvalid(seedOf(0x4001, i)));
  return groups;
}

function cpuModel(): string {
  const text = readFileSync('/proc/cpuinfo', 'utf8');
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1] ?? '?';
  return `${field('vendor_id')} ${field('model name')}, family ${field('cpu family')} model ${field('model')} stepping ${field('stepping')}`;
}

function main(): void {
  const obstacle = nativeObstacle();
  if (obstacle) throw new Error(`vectors are measured on the real CPU: ${obstacle}`);
  mkdirSync(DATA, { recursive: true });
  const wanted = process.argv.slice(2);
  if (wanted.length === 0) for (const name of readdirSync(DATA)) if (name.endsWith('.br')) rmSync(DATA + name);
  let total = 0;
  let bytes = 0;
  for (const [group, cases] of candidates()) {
    if (wanted.length > 0 && !wanted.includes(group)) continue;
    const outcomes = runNative(cases.map(inputOf));
    const measured: Measured[] = [];
    for (const [index, test] of cases.entries()) {
      const outcome = outcomes[index];
      // Bytes that the host knows and iced does not are no test of anything; the measured one takes VPERMQ without W.
      if (outcome && (!['invalid', 'reserved'].includes(group) || outcome.fault?.vector === '#UD')) measured.push({ test, outcome });
    }
    const file = encodeVectors({ cpu: cpuModel(), group, measured });
    writeFileSync(`${DATA}${group}.br`, file);
    total += measured.length;
    bytes += file.length;
    console.log(`${group}: ${measured.length} cases, ${file.length} bytes`);
  }
  console.log(`${total} cases, ${bytes} bytes, on ${cpuModel()}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
