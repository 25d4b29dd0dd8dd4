/** FastTrack beside the real detector: what that has dropped is found, and nothing is invented. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, runNative } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';

const why = missing('go1.26');
const ENVIRONMENT = ['--env', 'GORACE=atexit_sleep_ms=0'];

interface Opinion {
  readonly accesses: number;
  readonly races: readonly { readonly places: readonly string[]; readonly dropped: string | null }[];
}

async function ended(program: string, args: readonly string[] = []): Promise<Debugging> {
  const binary = buildGo(program, { race: true });
  const at = debug(binary, ENVIRONMENT);
  if (args.length > 0) {
    await at.text(`set args ${args.join(' ')}`);
    await at.text('restart');
  }
  expect(await at.data('continue')).toMatchObject({ reason: 'exited' });
  return at;
}

describe.skipIf(why)(`race second-opinion${why ? ` (skipped: ${why})` : ''}`, () => {
  // The programs say what is lost; that the real detector reports nothing, its native run does.
  it.each([
    ['found', null],
    ['byte', 'first byte'],
    ['history', 'history'],
    ['slots', 'slot reused'],
    ['cells', 'evicted'],
  ])('race-missed %s: %s', async (mode, dropped) => {
    const native = runNative(buildGo('race-missed', { race: true }), { args: [mode], env: { GORACE: 'atexit_sleep_ms=0' } });
    expect(native.stderr.includes('DATA RACE')).toBe(dropped === null);
    const at = await ended('race-missed', [mode]);
    const { races }: Opinion = await at.data('race second-opinion');
    expect(races.map(race => race.dropped)).toEqual([dropped]);
    const text = await at.text('race second-opinion');
    expect(text.includes('DROPPED')).toBe(dropped !== null);
  });

  it('calls none dropped that is about to be reported', async () => {
    for (const at of [debug(buildGo('race-counter', { race: true }), ENVIRONMENT), debugBundled('race-counter')]) {
      await at.text('break race');
      await at.text('continue');
      const { races }: Opinion = await at.data('race second-opinion');
      expect(races.map(race => race.dropped)).toEqual([null]);
      expect(await at.text('race second-opinion')).toMatch(/has reported each, or is about to\.\n {2}at hand {3}read in /);
      expect(at.written()).not.toContain('DATA RACE');
    }
  });

  it.each(['race-free', 'mutexes', 'channels', 'selects', 'syncs', 'atomics', 'timers', 'contexts'])(
    'finds nothing in %s',
    async program => {
      const { races, accesses }: Opinion = await (await ended(program)).data('race second-opinion');
      expect(accesses).toBeGreaterThan(100);
      expect(races).toEqual([]);
    },
  );

  it('knows of each race that the real one reports, and of the range that its marker has hidden', async () => {
    const { races }: Opinion = await (await ended('race-shapes')).data('race second-opinion');
    const native = runNative(buildGo('race-shapes', { race: true }), { env: { GORACE: 'atexit_sleep_ms=0' } });
    expect(races.filter(race => race.dropped === null)).toHaveLength(native.stderr.match(/WARNING: DATA RACE/g)!.length);
    expect(races.filter(race => race.dropped !== null).map(race => race.dropped)).toEqual(['marked']);
  });
});
