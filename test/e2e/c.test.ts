import { describe, expect, it } from 'vitest';
import { buildC, cPrograms, missing, runEmulated, runNative } from '../support/build.js';
import { caseName, cCases } from '../support/cases.js';
import { addresses } from '../support/masks.js';

const why = missing('gcc');

describe.skipIf(why)(`r14 run equals native: C${why ? ` (skipped: ${why})` : ''}`, () => {
  for (const isStatic of [false, true]) {
    for (const one of cCases(cPrograms())) {
      it(`${caseName(one)}, ${isStatic ? 'static' : 'dynamic'}`, () => {
        const binary = buildC(one.program, { static: isStatic });
        const native = runNative(binary, one);
        expect(native.status, 'the status of the host run').toBe(one.status ?? 0);
        const emulated = runEmulated(binary, one);
        expect({ ...emulated, stderr: addresses(emulated.stderr) }).toEqual({ ...native, stderr: addresses(native.stderr) });
      });
    }
  }
});
