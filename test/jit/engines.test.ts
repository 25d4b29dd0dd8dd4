/**
 * A program does the same in each tier: at every stop the same time, place and state hash, whose oracle is the interpreter. All code is hot here
 * after the first look, and looks are frequent, so that regions are entered, left and replaced all the time. For some of the guest programs; with
 * R14_ALL=1 for all.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type EngineName, loadJit, preferTiers } from '../../src/cpu/tier.js';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Process } from '../../src/linux/api.js';
import { startProcess } from '../../src/linux/process.js';
import { buildC, buildGo, cPrograms, GUEST_ENVIRONMENT, goPrograms, missing } from '../support/build.js';
import { SOON } from '../support/engine.js';

beforeAll(loadJit);

const all = process.env.R14_ALL === '1';

function start(engine: EngineName, path: string, args: readonly string[], seed = 0): { guest: Process; output: string[] } {
  preferTiers({ engine, ...SOON });
  const output: string[] = [];
  const listen = ({ bytes }: { readonly bytes: Uint8Array }): void => void output.push(Buffer.from(bytes).toString('latin1'));
  const guest = startProcess({ host: nodePorts, path, args: [path, ...args], env: GUEST_ENVIRONMENT, output: listen, seed });
  preferTiers({ engine: 'jit' });
  guest.catch = { signals: new Set() };
  return { guest, output };
}

/** Runs a program on both, by steps of some length, up to an end or a limit. Returns the instructions that were compiled. */
function compare(path: string, args: readonly string[], step: number, limit: number): number {
  const [reference, compiled] = [start('interpret', path, args), start('jit', path, args)];
  for (;;) {
    const stops = [reference, compiled].map(({ guest, output }) => {
      const { kind } = guest.run({ budget: step });
      return {
        kind,
        t: guest.t,
        rip: guest.cpu.registers.rip.toString(16),
        calls: guest.syscallCount,
        hash: guest.hash(),
        output: output.join(''),
      };
    });
    expect(stops[1]).toEqual(stops[0]);
    if (stops[0]!.kind !== 'budget' || stops[0]!.t >= limit) return compiled.guest.cpu.tierStats!.compiled;
  }
}

describe('a program on the interpreter and on compiled code', () => {
  const c = missing('gcc');
  it.skipIf(c).each(['sorting', 'strings', 'floats', 'threads'])('%s.c', name => {
    expect(compare(buildC(name, { static: true, flags: ['-O2'] }), [], 300_000, 4_000_000)).toBeGreaterThan(100_000);
  });

  const go = missing('go1.26');
  it.skipIf(go).each(['maps', 'hashes', 'goroutines'])('%s.go', name => {
    expect(compare(buildGo(name), [], 2_000_000, 8_000_000)).toBeGreaterThan(100_000);
  });

  it.skipIf(go)('hello.go with -race', () => {
    expect(compare(buildGo('hello', { race: true }), [], 4_000_000, 16_000_000)).toBeGreaterThan(100_000);
  });

  it.runIf(all).each(cPrograms())('%s.c', name => void compare(buildC(name), [], 1_000_000, 20_000_000));
  it.runIf(all).each(goPrograms())('%s.go', name => void compare(buildGo(name), [], 5_000_000, 20_000_000));
});

/** Runs a program to its end. */
function finish(engine: EngineName, path: string, seed: number) {
  const { guest, output } = start(engine, path, [], seed);
  const stop = guest.run({ budget: 400_000_000 });
  return { stop, t: guest.t, calls: guest.syscallCount, hash: guest.hash(), output: output.join('') };
}

/** What is scheduled how depends on the seed, and on nothing else. All of them a hundred times with R14_ALL=1. */
describe('a program with threads or goroutines, from its start to its end, on each engine', () => {
  const SEEDS = Array.from({ length: all ? 10 : 1 }, (_, index) => 20261130 + index);
  const programs = ['goroutines', 'channels', 'mutexes', 'selects', 'syncs', 'atomics', 'contexts', 'timers', 'deadlock'];
  const ends = (path: string): void => {
    for (const seed of SEEDS) {
      const interpreted = finish('interpret', path, seed);
      expect(interpreted.stop.kind).not.toBe('budget');
      expect(finish('jit', path, seed), `seed ${seed}`).toEqual(interpreted);
    }
  };
  const go = missing('go1.26');
  it.skipIf(go).each(all ? programs : ['channels', 'syncs'])('%s.go', name => ends(buildGo(name)));
  it.skipIf(missing('gcc'))('threads.c', () => ends(buildC('threads', { static: true, flags: ['-O2'] })));
});

describe('both', () => {
  it.skipIf(missing('gcc')).each(['sorting', 'floats'])('does %s.c in each, and finds no difference', name => {
    const path = buildC(name, { static: true, flags: ['-O2'] });
    const [native, { guest, output }] = [start('interpret', path, []), start('both', path, [])];
    expect(guest.run({ budget: 20_000_000 })).toEqual(native.guest.run({ budget: 20_000_000 }));
    expect([output.join(''), guest.hash()]).toEqual([native.output.join(''), native.guest.hash()]);
    expect(guest.cpu.tierStats!.compiled).toBeGreaterThan(100_000);
  });
});

describe('budgets', () => {
  it.skipIf(missing('gcc'))('of any size end at the same instruction', () => {
    const path = buildC('sorting', { static: true, flags: ['-O2'] });
    const [{ guest: reference }, { guest: compiled }] = [start('interpret', path, []), start('jit', path, [])];
    let state = 20261130;
    for (let turn = 0; turn < 4000; turn++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      const budget = 1 + ((state >>> 8) % 997);
      for (const guest of [reference, compiled]) guest.run({ budget });
      expect([compiled.t, compiled.cpu.registers.rip]).toEqual([reference.t, reference.cpu.registers.rip]);
    }
    expect(compiled.hash()).toBe(reference.hash());
    expect(compiled.cpu.tierStats!.compiled).toBeGreaterThan(500_000);
  });
});
