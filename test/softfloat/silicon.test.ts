import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generator, operandOf } from './edges.js';
import { OPERATIONS } from './operations.js';
import { askSilicon, askSoftFloat, buildOracle, type Case, showAnswer, showCase } from './oracle.js';

const VECTORS = join(import.meta.dirname, 'vectors.txt');

function makeCases(count: number, seed: number, trapping: boolean): Case[] {
  const random = generator(seed);
  const cases: Case[] = [];
  OPERATIONS.forEach((o, op) => {
    for (let i = 0; i < count; i++) {
      const rounding = random() & 3;
      const masks = trapping ? random() & 63 : 63;
      const flush = (random() % 4 === 0 ? 0x40 : 0) | (random() % 4 === 0 ? 0x8000 : 0);
      const precision = [0, 2, 3, 3][random() & 3]!;
      const control = o.shape.startsWith('SSE')
        ? (masks << 7) | (rounding << 13) | flush
        : masks | 0x40 | (rounding << 10) | (precision << 8);
      cases.push({ op, control, a: operandOf(o.a, random), b: o.b === undefined ? 0n : operandOf(o.b, random) });
    }
  });
  return cases;
}

function parse(line: string): { c: Case; expected: string } {
  const [name, control, a, b, ...expected] = line.split(' ');
  const op = OPERATIONS.findIndex(o => o.name === name);
  if (op < 0) throw new Error(`vectors.txt names an operation that operations.ts lacks: ${name}`);
  return { c: { op, control: Number.parseInt(control!, 16), a: BigInt(`0x${a}`), b: BigInt(`0x${b}`) }, expected: expected.join(' ') };
}

describe('soft float', () => {
  it('answers the committed vectors as the processor did', () => {
    const lines = readFileSync(VECTORS, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(2000);
    const wrong: string[] = [];
    for (const line of lines) {
      const { c, expected } = parse(line);
      const actual = showAnswer(askSoftFloat(c));
      if (actual !== expected) wrong.push(`${line} but got ${actual}`);
    }
    expect(wrong).toEqual([]);
  });

  const oracle = buildOracle();
  it.skipIf(oracle === undefined && process.env.CI !== 'true')('answers as this processor does (needs x86-64 and gcc)', () => {
    // What x87 does with unmasked exceptions differs between makers; the soft float follows the one of vectors.txt.
    const isSameMaker = readFileSync('/proc/cpuinfo', 'utf8').includes('AuthenticAMD');
    const cases = [...makeCases(1000, 14, false), ...(isSameMaker ? makeCases(300, 41, true) : [])];
    const wrong: string[] = [];
    askSilicon(oracle!, cases).forEach((answer, i) => {
      const actual = showAnswer(askSoftFloat(cases[i]!));
      const expected = showAnswer(answer);
      if (actual !== expected) wrong.push(`${showCase(cases[i]!)} ${expected} but got ${actual}`);
    });
    expect(wrong.slice(0, 20)).toEqual([]);
  });

  // `R14_NEW_VECTORS=1 npx vitest run test/softfloat` makes the committed file anew.
  it.runIf(process.env.R14_NEW_VECTORS === '1')('writes vectors.txt', () => {
    const cases = [...makeCases(22, 1, false), ...makeCases(8, 2, true)];
    const answers = askSilicon(oracle!, cases);
    writeFileSync(VECTORS, cases.map((c, i) => `${showCase(c)} ${showAnswer(answers[i]!)}\n`).join(''));
    expect(existsSync(VECTORS)).toBe(true);
  });
});
