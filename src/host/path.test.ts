import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basename, dirname, normalise, resolve } from './path.js';

const name = fc.constantFrom('', '.', '..', 'a', 'lib64', '...', '.hidden', 'x.so.1');
const path = fc.tuple(fc.constantFrom('', '/', '//'), fc.array(name, { maxLength: 8 })).map(([start, names]) => start + names.join('/'));

describe('paths', () => {
  it('are as those of Node, but for a slash at the end', () => {
    fc.assert(
      fc.property(path, fc.constantFrom('/', '/work/r14'), (one, cwd) => {
        expect(normalise(one)).toBe(posix.normalize(one).replace(/(.)\/$/, '$1'));
        expect(resolve(cwd, one)).toBe(posix.resolve(cwd, one));
        const plain = normalise(one);
        expect(dirname(plain)).toBe(posix.dirname(plain));
        expect(basename(plain)).toBe(posix.basename(plain));
      }),
    );
  });
});
