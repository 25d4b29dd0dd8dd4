/** Cases in which `npm run fuzz` has found r14 to differ from the host's processor, asked of both again. */
import { Code } from 'iced-x86';
import { describe, expect, it } from 'vitest';
import { Machine } from '../../src/cpu/cpu.js';
import { buildCase } from './build.js';
import { inputOf } from './case.js';
import { formOf } from './draft.js';
import { Engine } from './engine.js';
import { nativeObstacle, runNative } from './native.js';
import { check } from './run.js';

const FOUND: readonly (readonly [what: string, form: Code, seed: number])[] = [
  [
    'an upper half whose products trap hides what the sums of the lower half would have told',
    Code.VEX_Vdpps_ymm_ymm_ymmm256_imm8,
    2_353_097_781,
  ],
];

const why = nativeObstacle();

describe.skipIf(why)(`what fuzzing has found${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each(FOUND)('%s', (_, form, seed) => {
    const test = buildCase(formOf(form), seed)!;
    const [outcome] = runNative([inputOf(test)]);
    expect(check(new Engine(new Machine({ memory: 1 << 24, level: 'v3' })), test, outcome!)).toBeUndefined();
  });
});
