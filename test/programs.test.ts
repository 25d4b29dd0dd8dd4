import { describe, expect, it } from 'vitest';
import { buildC, buildGo, type CrashVariant, MATRIX, missing, runNative, type Toolchain } from './support/build.js';

const full: readonly Toolchain[] = MATRIX;

describe('the guest programs on the host itself', () => {
  for (const toolchain of full) {
    const why = missing(toolchain);
    const suffix = why ? ` (skipped: ${why})` : '';
    const crash = (variant: CrashVariant, race: boolean) => runNative(buildGo('crash', { toolchain, variant, race }));

    it.skipIf(why)(`crash prints 42 without -race, in all variants, ${toolchain}${suffix}`, () => {
      for (const variant of ['injected', 'norace', 'norace-nomap', 'clean'] as const) {
        expect(crash(variant, false)).toEqual({ stdout: '42\n', stderr: '', status: 0 });
      }
    });

    it.skipIf(why)(`crash dies with -race when instrumented code runs on g0, ${toolchain}${suffix}`, () => {
      for (const variant of ['injected', 'norace'] as const) {
        const { stderr, status } = crash(variant, true);
        expect(status).toBe(2);
        expect(stderr).toMatch(/SIGSEGV: segmentation violation/);
        expect(stderr).toMatch(/addr=0x10\b/);
      }
      for (const variant of ['norace-nomap', 'clean'] as const) {
        expect(crash(variant, true)).toEqual({ stdout: '42\n', stderr: '', status: 0 });
      }
    });
  }

  const why = missing('gcc');
  it.skipIf(why)(`a C program, static and dynamic${why ? ` (skipped: ${why})` : ''}`, () => {
    for (const isStatic of [false, true]) {
      const outcome = runNative(buildC('hello', { static: isStatic }), { args: ['r14', 'x'] });
      expect(outcome).toEqual({ stdout: 'hello, r14\n', stderr: '2 arguments\n', status: 2 });
    }
  });

  for (const toolchain of ['go1.22.12', 'go1.24.0'] as const) {
    const absent = missing(toolchain);
    it.skipIf(absent)(`hello with ${toolchain}${absent ? ` (skipped: ${absent})` : ''}`, () => {
      expect(runNative(buildGo('hello', { toolchain })).stdout).toBe('hello, world\n');
    });
  }
});
