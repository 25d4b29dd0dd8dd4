import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../host/bytes.js';
import { nodePorts } from '../../host/node/ports.js';
import { LinkError, linkOf, placeOfLink, type SharedPlace } from './share.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const numbers = fc.array(fc.nat(), { maxLength: 3 });
const input = fc.record(
  {
    pieces: fc.array(fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 20 }).map(toBase64)), { maxLength: 3 }),
    known: fc.nat(),
    passes: numbers,
    closed: fc.nat(),
    ended: fc.nat(),
  },
  { requiredKeys: ['pieces', 'known', 'passes'] },
);
const place: fc.Arbitrary<SharedPlace> = fc.record(
  {
    given: fc.record(
      {
        args: fc.array(text, { maxLength: 3 }),
        seed: fc.nat(),
        cpu: fc.constantFrom('v1' as const, 'v3' as const),
        cpus: fc.integer({ min: 1, max: 256 }),
        inputs: fc.array(fc.option(input), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
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
const NOTHING = { pieces: [], known: 0, passes: [] };
const pack = nodePorts.pack!;
const NULL = toBase64(pack(utf8('null')))
  .replaceAll('+', '-')
  .replaceAll('/', '_')
  .replace(/=+$/, '');

/** A link that was made before links had a version 2. */
const OLD = 'r14=1.114.eNoVybsNwCAMBcBVolejDOBVohQGXBCwkfhUiN0jmmtuoU__SRighZwsguCnxSIRDsYqIIRS-2zSsR1CVWWLHfTAN-F8KSe7DzhrI9kUvPsHeeofDg';

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

  it('lead there when they are old', () => {
    expect(placeOfLink(OLD, nodePorts)).toEqual({
      subject: { kind: 'bundled', name: 'closures' },
      commands: ['break main.main', 'continue'],
    });
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
    expect(() => placeOfLink(link.replace('r14=1', 'r14=3'), nodePorts)).toThrow(/version 3/);
    expect(() => placeOfLink(link.slice(0, -3), nodePorts)).toThrow(/was cut/);
    expect(() => placeOfLink('https://example.org/', nodePorts)).toThrow(/no link/);
    const other = (what: unknown) => linkOf(what as SharedPlace, pack);
    const text = { source: '', types: '', calls: [], runtime: 'wide' };
    expect(() => placeOfLink(`r14=1.${NULL.length}.${NULL}`, nodePorts)).toThrow(/does not say what to open/);
    for (const what of [
      ...[7, {}, { subject: {}, commands: [] }, { subject: { kind: 'toString' }, commands: [] }],
      { subject: { kind: 'assembly', text }, commands: [] },
      ...[
        { args: [1] },
        { seed: -1 },
        { cpu: 'v9' },
        { cpus: 0 },
        { cpus: 1e6 },
        { inputs: [{}] },
        { inputs: [{ ...NOTHING, pieces: [[1, '?']] }] },
      ].map(given => ({ subject: { kind: 'bundled', name: 'closures' }, commands: [], given })),
    ])
      expect(() => placeOfLink(other(what), nodePorts)).toThrow(/does not say what to open/);
  });
});
