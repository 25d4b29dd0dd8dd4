import { describe, expect, it } from 'vitest';
import { buildGo, missing, TOOLCHAINS, type Toolchain } from '../support/build.js';
import { PRINTED, REFUSED, TYPES } from './expectations.js';
import { type Fixture, fixture } from './fixture.js';

const withoutAddresses = (text: string): string => text.replace(/0x[0-9a-f]{3,}/g, '0x?');

const releases: readonly Toolchain[] = TOOLCHAINS;

describe.each(releases.map(name => ({ name, why: missing(name) })))('expressions in a program of $name', ({ name, why }) => {
  let made: Fixture | undefined;
  const stopped = (): Fixture => (made ??= fixture(buildGo('values', { toolchain: name, gcflags: 'all=-N -l' }), 'main.callee'));
  const test = it.skipIf(why !== undefined);
  const note = why === undefined ? '' : ` (${why})`;
  const wrong = (table: readonly (readonly [string, string])[], answer: (source: string) => string): string[] =>
    table.flatMap(([source, text]) => {
      const have = withoutAddresses(answer(source));
      return have === text ? [] : [`${source}: ${have} instead of ${text}`];
    });

  test(`prints values in Delve's form${note}`, () => {
    expect(wrong(PRINTED, source => stopped().p(source))).toEqual([]);
  });

  test(`says what is wrong and where${note}`, () => {
    expect(wrong(REFUSED, source => stopped().p(source))).toEqual([]);
  });

  test(`tells types${note}`, () => {
    expect(wrong(TYPES, source => stopped().whatis(source))).toEqual([]);
  });

  test(`looks into closures${note}`, () => {
    const frame = stopped();
    expect(frame.p('add')).toMatch(/^main\.callee\.func1 \{(\w+: [^,}]+(, )?){4}\}$/);
    for (const each of ['counter: 2', 'n: 7', 'local: 21', 'other: "hi!"']) expect(frame.p('add')).toContain(each);
    expect([frame.p('add.counter'), frame.p('add.other'), frame.p('add.local'), frame.p('add.n')]).toEqual(['2', '"hi!"', '21', '7']);
    expect(frame.p('add.foo')).toMatch(/^4: add .* has no field foo/);
    expect(frame.set('add.counter = 40')).toBe('ok');
    expect(frame.p('counter + 2')).toBe('42');
    expect(frame.set('add.counter = 2')).toBe('ok');
  });

  test(`finds every entry of a map${note}`, () => {
    const text = stopped().p('main.mbig', { maxArrayValues: 1000 });
    const entries = [...text.matchAll(/(\d+): (\d+)/g)].map(([, key, value]) => [Number(key), Number(value)]);
    expect(entries.sort((a, b) => a[0]! - b[0]!)).toEqual(Array.from({ length: 300 }, (_, i) => [i, i * i]));
  });
});
