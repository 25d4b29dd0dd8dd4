/** Watchpoints on registers. The oracle is the run itself, one instruction after the other. */
import { describe, expect, it } from 'vitest';
import type { GprName } from '../../src/cpu/api.js';
import { buildC, buildGo, missing } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

interface Seen {
  readonly t: number;
  readonly value: bigint;
}

/** When a register of the first thread changes within so many instructions, and what to, as stepping shows. */
function stepped(at: Debugging, name: GprName, instructions: number): readonly Seen[] {
  const { process } = at.session.target;
  const seen: Seen[] = [];
  const end = process.t + instructions;
  let value = process.current.registers.get(name);
  process.cpu.setBreakpoints([]);
  process.catch = { signals: new Set() };
  while (process.t < end) {
    const before = process.t;
    process.run({ budget: 1, pass: true });
    if (process.t === before) break;
    const now = process.current.registers.get(name);
    if (now !== value) seen.push({ t: process.t, value: now });
    value = now;
  }
  return seen;
}

const why = missing('go1.26', 'gcc');
const subjects: readonly (readonly [string, () => Debugging])[] = [
  ['bundled systemstack', () => debugBundled('systemstack')],
  ...(why
    ? []
    : ([
        ['strings in C', () => debug(buildC('strings'))],
        ['defers in Go', () => debug(buildGo('defers'))],
      ] as const)),
];

describe(`a register that is watched${why ? ` (real programs skipped: ${why})` : ''}`, () => {
  for (const [name, open] of subjects) {
    for (const register of ['rax', 'rsp', 'r14'] as const) {
      it(`${register}, ${name}: each change is stopped at, forwards and backwards`, async () => {
        const begin = 300;
        const far = 1500;
        const own = open();
        await own.text(`seek ${begin}`);
        const expected = stepped(own, register, far).slice(0, 12);
        const at = open();
        await at.text(`seek ${begin}`);
        await at.text(`watch $${register}`);
        const forth: Seen[] = [];
        for (const _ of expected) {
          const { t, reason } = await at.data('continue');
          expect(reason).toBe('watchpoint');
          forth.push({ t, value: at.session.target.process.current.registers.get(register) });
        }
        expect(forth).toEqual(expected);
        const back: number[] = [];
        for (const _ of expected.slice(1)) back.push((await at.data('reverse-continue')).t);
        expect(back).toEqual(
          expected
            .slice(0, -1)
            .map(({ t }) => t)
            .reverse(),
        );
      });
    }
  }

  it('is watched with a condition, in part, and in one thread; others cannot be', async () => {
    const at = debugBundled('newproc-race');
    await at.text('watch $rdi if $rdi == 0 && $pc == __tsan_func_enter');
    const { t } = await at.data('continue');
    const { process } = at.session.target;
    expect(at.session.stop.reason === 'signal' || process.current.registers.get('rdi') === 0n).toBe(true);
    expect(t).toBeGreaterThan(0);
    await at.text('delete');
    await at.text('seek 100');
    expect((await at.data('watch $eax thread 1')).length).toBe(4);
    expect((await at.data('watch XMM15')).length).toBe(16);
    await at.text('breakpoints -save saved');
    expect(at.files.get('saved')).toContain('watch $eax thread 1\nwatch XMM15\n');
    expect((await at.run('watch $rip')).output).toContain('general registers and XMM registers are');
    expect((await at.run('rwatch $rax')).output).toContain('for changes of its value alone');
    // A function that is called writes registers, and nobody is told.
    expect((await at.run('p $rax')).ok).toBe(true);
  });
});
