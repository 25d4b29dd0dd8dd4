import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Sha256 } from './digest.js';

it('sums are those of OpenSSL, however the bytes come', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), fc.string({ unit: 'binary' }), (pieces, text) => {
      const ours = new Sha256();
      const theirs = createHash('sha256');
      for (const each of [...pieces, text]) {
        ours.update(each);
        theirs.update(each);
      }
      expect(ours.hex()).toBe(theirs.digest('hex'));
    }),
  );
  for (const length of [55, 56, 63, 64, 119, 120, 1_000_003]) {
    const bytes = new Uint8Array(length).fill(0xa5);
    const ours = new Sha256();
    ours.update(bytes);
    expect(ours.hex()).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
});
