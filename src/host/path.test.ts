import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basename, childrenByFolder, dirname, normalise, resolve } from './path.js';

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

  it('lie in the folders that lead to them', () => {
    const below = fc.array(fc.constantFrom('a', 'b', 'c.s'), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(below), fc.constantFrom('/', '.'), (all, root) => {
        const paths = all.map(names => posix.join(root, ...names));
        const folders = childrenByFolder(paths, root);
        const inside = (folder: string) =>
          paths.flatMap(each => {
            const [first = ''] = posix.relative(folder, each).split('/');
            return ['', '..'].includes(first) ? [] : [first];
          });
        const leading = paths.flatMap(each => each.split('/').map((_, depth, parts) => parts.slice(0, depth).join('/') || root));
        expect(new Set(folders.keys())).toEqual(new Set([root, ...leading]));
        for (const [folder, children] of folders) expect(children).toEqual(new Set(inside(folder)));
      }),
    );
  });
});
