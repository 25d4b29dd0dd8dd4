import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countLeading } from './count-leading.js';

it('counts what one by one would', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.nat(21), (numbers, limit) => {
      const sorted = [...numbers].sort((a, b) => a - b);
      expect(countLeading(sorted.length, index => sorted[index]! < limit)).toBe(sorted.filter(each => each < limit).length);
    }),
  );
});
