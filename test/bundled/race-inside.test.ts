/** Bundled programs are looked into as real ones are: what they do is known, and what their detector reports is what is told. */
import { describe, expect, it } from 'vitest';
import { nodeAssets } from '../../src/host/node/assets.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';
import { debugBundled } from '../support/debug.js';

const races = new Catalog(nodeAssets).list().filter(({ name }) => name.startsWith('race-'));
const cases = races.flatMap(({ name, variants }) => variants.map(variant => [name, variant] as const));

/** What the program says of itself, for variants whose race the detector loses. */
const LOST: Readonly<Record<string, string>> = {
  'race-byte unseen': 'first byte',
  'race-history lost': 'history',
  'race-slots many': 'slot reused',
};

describe('the race detector of bundled programs', () => {
  it.each(cases)('%s, %s: races are told as they are reported, and FastTrack misses none', async (name, variant) => {
    const at = debugBundled(name, variant);
    const written: Uint8Array[] = [];
    at.session.events.on('output', ({ descriptor, bytes }) => descriptor === 2 && written.push(bytes.slice()));
    await at.text('continue');
    const text = Buffer.concat(written).toString();
    const heads = [...text.matchAll(/^(?:Previous )?(read|write) at 0x0*(\w+) by (?:goroutine (\d+)|main goroutine):/gim)];
    const reported = heads.map(([, kind, address, tid = '1']) => `${kind!.toLowerCase()} 0x${address} ${tid}`);
    const told: string[] = [];
    for (let number = 1; number <= heads.length / 2; number++) {
      const story: { now: Told; before: Told } = await at.data(`race why ${number}`);
      told.push(...[story.now, story.before].map(({ access, address, tid }) => `${access} ${address} ${tid}`));
    }
    expect(told).toEqual(reported);
    expect((await at.run(`race why ${heads.length / 2 + 1}`)).ok).toBe(false);
    const { races: found }: { races: readonly { dropped: string | null }[] } = await at.data('race second-opinion');
    const lost = LOST[`${name} ${variant}`];
    expect(found.filter(({ dropped }) => dropped === null)).toHaveLength(heads.length / 2);
    expect(found.map(({ dropped }) => dropped).filter(dropped => dropped !== null)).toEqual(lost === undefined ? [] : [lost]);
  });

  it('stops in front of the report, with cells, threads and clocks of the same layout', async () => {
    const at = debugBundled('race-counter', 'racy');
    await at.text('break race');
    expect(await at.text('continue')).toMatch(
      /now: {4}read of byte 0 .* by goroutine 2 \(tid 2\).*\n {2}before: write of byte 0 .* by tid 3 \(ended\)/,
    );
    expect(at.session.wrote).toBe('');
    expect((await at.data('shadow main.counter')).cells.map(({ kind }: { kind: string }) => kind)).toEqual([
      'marker',
      'empty',
      'empty',
      'empty',
    ]);
    const threads: readonly { tid: number; goroutine: number | null }[] = await at.data('race threads');
    expect(threads.map(({ tid, goroutine }) => [tid, goroutine])).toEqual([
      [0, null],
      [1, 1],
      [2, 2],
    ]);
    expect(await at.text('hb')).toMatch(
      /WRITES main\.counter .*- - race\n.*releases .*sync\.\(\*WaitGroup\)\.Done.*\n.*ends\n.*READS main\.counter .*- - race/,
    );
  });
});

interface Told {
  readonly access: string;
  readonly address: string;
  readonly tid: number;
}
