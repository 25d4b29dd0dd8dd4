/**
 * Where values come from. The oracles: the run itself, gone to in front of each instruction that is named, and one step further; and for the crash the
 * facts about it, which gdb and Go's sources tell.
 */
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, missing, toolchains } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

let state = 19700101;
const random = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

interface Told {
  readonly mark: number;
  readonly t: number;
  readonly function: string;
  readonly instruction: string;
  readonly wrote: string;
  readonly value: string | null;
  readonly sources: readonly string[];
  readonly where: string;
}
interface Trail {
  readonly links: readonly Told[];
  readonly source: string;
  readonly end: string;
}

const REGISTERS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r12', 'r14'] as const;

/** Each link of a trail, looked at in front of its instruction and behind it: a register that it says to write holds then what it says. */
async function holdsThere(at: Debugging, trail: Trail): Promise<number> {
  let seen = 0;
  for (const { mark, t, wrote, value } of trail.links) {
    await at.text(`goto ${mark}`);
    expect(at.session.target.process.t).toBe(t);
    if (!(REGISTERS as readonly string[]).includes(wrote) || value === null) continue;
    const { process } = at.session.target;
    const { tid } = process.current;
    await at.run('stepi');
    if (process.t !== t + 1 || process.current.tid !== tid) continue;
    expect(BigInt.asUintN(32, process.current.registers.get(wrote as 'rax')), `${wrote} behind t=${t}`).toBe(
      BigInt.asUintN(32, BigInt(value)),
    );
    seen++;
  }
  return seen;
}

const why = missing('go1.26', 'gcc');

describe('the origin of a value', () => {
  const subjects: readonly (readonly [string, () => Debugging])[] = [
    ['newproc-race', () => debugBundled('newproc-race')],
    ['scheduler', () => debugBundled('scheduler')],
    ...(why
      ? []
      : ([
          ['sorting in C', () => debug(buildC('sorting'))],
          ['goroutines', () => debug(buildGo('goroutines'))],
        ] as const)),
  ];
  for (const [name, open] of subjects) {
    it(`${name}: the first link has written what the register holds, and each what it says`, async () => {
      const at = open();
      await at.run('continue');
      const { t: length } = at.session.target.process;
      let seen = 0;
      for (let n = 0; n < 10; n++) {
        const t = 50 + random(length - 51);
        const register = REGISTERS[random(REGISTERS.length)]!;
        await at.text(`seek ${t}`);
        const { process } = at.session.target;
        const hash = process.hash();
        const value = process.current.registers.get(register);
        const trail = (await at.data(`origin ${register}`)) as Trail;
        expect(process.hash()).toBe(hash);
        const [first] = trail.links;
        if (first === undefined) continue;
        // Of a register of which an instruction writes a byte, that byte is told.
        expect(first.wrote).toMatch(new RegExp(`^(?:byte .* of )?${register}$`));
        if (first.value !== null && first.wrote === register)
          expect(BigInt(first.value), `${register} at t=${t}: ${first.instruction}`).toBe(value);
        seen += await holdsThere(at, { ...trail, links: trail.links.slice(0, 8) });
      }
      expect(seen).toBeGreaterThan(1);
    });
  }

  it('the crash: runtime.main has cleared the g0 that systemstack has loaded', async () => {
    await theCrash(debugBundled('newproc-race'));
  });

  for (const toolchain of why ? [] : toolchains()) {
    it(`the crash in ${toolchain}: runtime.main has cleared the g0 that systemstack has loaded`, async () => {
      await theCrash(debug(buildGo('crash', { race: true, toolchain })));
    });
  }

  async function theCrash(at: Debugging): Promise<void> {
    await at.text('continue');
    const rdi = (await at.data('origin rdi')) as Trail;
    expect(rdi.links.map(each => each.function.replace(/\+.*/, ''))).toEqual(['racefuncenter', 'runtime.main']);
    expect(rdi.links[0]!.sources[0]).toContain('runtime.g0.racectx');
    expect(rdi.links[1]!.wrote).toContain('runtime.g0.racectx');
    expect([rdi.source, rdi.links[1]!.value, rdi.links[1]!.where]).toEqual(['constant', '0x0', 'goroutine 1']);
    const r14 = (await at.data('origin r14')) as Trail;
    expect(r14.links.map(each => each.function).join()).toContain('runtime.systemstack');
    expect(r14.source).toBe('constant');
    expect((await at.data('info state')).t).toBe((await at.data('seek fault')).t);
  }

  it.skipIf(why)(`what cannot be followed is said${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = debug(buildC('sorting'));
    await at.text('start');
    expect((await at.run('origin')).output).toContain('origin wants an expression');
    expect((await at.run('origin 5')).output).toContain('lies nowhere');
    expect((await at.run('origin nosuchname')).ok).toBe(false);
    expect((await at.data('origin rsp')).links.length).toBeGreaterThan(0);
  });
});
