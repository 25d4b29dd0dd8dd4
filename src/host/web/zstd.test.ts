import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, utf8Text } from '../bytes.js';
import { unzstd } from './zstd.js';

const contents = 'debug information, '.repeat(50);

/** What zstd 1.5.4 has made of that. */
const PACKED = {
  'a frame with its size': 'KLUv/WC2AtUAAJhkZWJ1ZyBpbmZvcm1hdGlvbiwgAQBBWzXD',
  'a frame without, with a checksum': 'KLUv/QRY1QAAmGRlYnVnIGluZm9ybWF0aW9uLCABAEFbNcNpmEyK',
  'two frames': 'KLUv/QRY1QAAmGRlYnVnIGluZm9ybWF0aW9uLCABAL1NnWEoxPBuKLUv/QRY1QAAmGluZm9ybWF0aW9uLCBkZWJ1ZyABAFlNnWHiFtZD',
};

describe('zstd', () => {
  it.each(Object.entries(PACKED))('unpacks %s', (_, packed) => {
    expect(utf8Text(unzstd(fromBase64(packed), contents.length))).toBe(contents);
    expect(() => unzstd(fromBase64(packed), contents.length - 1)).toThrow('more than 949 bytes');
    expect(() => unzstd(fromBase64(packed).slice(0, -1), contents.length)).toThrow();
  });

  it('of what was changed ends, with an error or no more than was asked for', () => {
    const bytes = fc.constantFrom(...Object.values(PACKED)).map(fromBase64);
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(bytes, changes, (packed, each) => {
        for (const [at, byte] of each) packed[at % packed.length] = byte;
        try {
          expect(unzstd(packed, 2000).length).toBeLessThanOrEqual(2000);
        } catch (error) {
          expect(String(error)).not.toContain('AssertionError');
        }
      }),
      { numRuns: 300 },
    );
  });
});
