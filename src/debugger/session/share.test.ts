import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodePorts } from '../../host/node/ports.js';
import { LinkError, linkOf, placeOfLink, type SharedPlace } from './share.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const place: fc.Arbitrary<SharedPlace> = fc.record(
  {
    subject: fc.oneof(
      fc.record({ kind: fc.constant('lesson' as const), name: text, part: fc.nat() }),
      fc.record({ kind: fc.constant('binary' as const), name: text, sum: text }),
      fc.record({
        kind: fc.constant('assembly' as const),
        text: fc.record({
          source: text,
          types: text,
          calls: fc.array(text, { maxLength: 3 }),
          runtime: fc.constantFrom('none' as const, 'plain' as const, 'race' as const),
        }),
      }),
    ),
    commands: fc.array(text, { maxLength: 5 }),
    look: fc.record({ focus: text, zoomed: fc.boolean() }),
  },
  { requiredKeys: ['subject', 'commands'] },
);
const pack = nodePorts.pack!;

describe('links', () => {
  it('lead to where they were made, from an address or by themselves', () => {
    fc.assert(
      fc.property(place, given => {
        const link = linkOf(given, pack);
        expect(placeOfLink(link, nodePorts)).toEqual(given);
        expect(placeOfLink(`https://example.org/r14/?embed#${link}`, nodePorts)).toEqual(given);
      }),
    );
  });

  it('that were cut, changed or are of another version are refused in words', () => {
    const link = linkOf({ subject: { kind: 'lesson', name: 'closures', part: 3 }, commands: ['stepi'] }, pack);
    for (let length = 0; length < link.length; length++) expect(() => placeOfLink(link.slice(0, length), nodePorts)).toThrow(LinkError);
    fc.assert(
      fc.property(fc.nat(link.length - 1), fc.constantFrom('A', 'z', '-', '.'), (at, other) => {
        const changed = link.slice(0, at) + other + link.slice(at + 1);
        if (changed === link) return;
        try {
          // The last letter has bits that say nothing.
          expect(placeOfLink(changed, nodePorts)).toEqual(placeOfLink(link, nodePorts));
        } catch (error) {
          expect(error).toBeInstanceOf(LinkError);
        }
      }),
    );
    expect(() => placeOfLink(link.replace('r14=1', 'r14=2'), nodePorts)).toThrow(/version 2/);
    expect(() => placeOfLink(link.slice(0, -3), nodePorts)).toThrow(/was cut/);
    expect(() => placeOfLink('https://example.org/', nodePorts)).toThrow(/no link/);
    const other = (what: unknown) => linkOf(what as SharedPlace, pack);
    const text = { source: '', types: '', calls: [], runtime: 'wide' };
    for (const what of [
      ...[null, 7, {}, { subject: {}, commands: [] }, { subject: { kind: 'toString' }, commands: [] }],
      { subject: { kind: 'assembly', text }, commands: [] },
    ])
      expect(() => placeOfLink(other(what), nodePorts)).toThrow(/does not say what to open/);
  });
});
