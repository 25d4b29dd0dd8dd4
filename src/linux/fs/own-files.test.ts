import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { decodePart, encodePart } from '../../cpu/part.js';
import { FILE_TYPE, HostFileError, type HostFiles, typeOf } from '../../host/files.js';
import { nodeFiles } from '../../host/node/files.js';
import { OwnFiles } from './own-files.js';
import type { SavedTree } from './own-tree.js';

const scratch = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'r14-own-')));
afterAll(() => fs.rmSync(scratch, { recursive: true }));

/** A tree to begin with. */
function given(name: string): string {
  const top = path.join(scratch, name);
  fs.mkdirSync(path.join(top, 'a/b'), { recursive: true });
  fs.mkdirSync(path.join(top, 'c'));
  for (const file of ['f', 'a/f', 'a/b/f']) fs.writeFileSync(path.join(top, file), `content of ${file}`);
  fs.symlinkSync('f', path.join(top, 'l'));
  for (const each of ['.', 'a', 'a/b', 'c']) fs.chmodSync(path.join(top, each), 0o755);
  for (const each of ['f', 'a/f', 'a/b/f']) fs.chmodSync(path.join(top, each), 0o644);
  return top;
}

const name = fc.constantFrom('f', 'l', 'a', 'c', 'n');
const place = fc.array(name, { minLength: 1, maxLength: 3 }).map(names => names.join('/'));
const action = fc.oneof(
  fc.record({ do: fc.constantFrom('mkdir' as const, 'rmdir' as const, 'unlink' as const, 'symlink' as const, 'list' as const), at: place }),
  fc.record({ do: fc.constant('rename' as const), at: place, to: place }),
  fc.record({ do: fc.constant('chmod' as const), at: place, mode: fc.constantFrom(0o600, 0o755) }),
  fc.record({ do: fc.constant('read' as const), at: place }),
  fc.record({
    do: fc.constant('write' as const),
    at: place,
    exclusive: fc.boolean(),
    truncate: fc.boolean(),
    offset: fc.nat(40),
    size: fc.nat(30),
  }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Whether all but the last name of a path are folders. */
function reached(files: HostFiles, top: string, at: string): boolean {
  const parents = at.split('/').slice(0, -1);
  return parents.every((_, depth) => {
    const stat = files.stat(path.join(top, ...parents.slice(0, depth + 1)));
    return stat !== undefined && typeOf(stat) === FILE_TYPE.directory;
  });
}

/** What one call gives; a failure by its name. Whoever calls has walked the path. */
function does(files: HostFiles, top: string, one: Action): unknown {
  const at = path.join(top, one.at);
  if (!reached(files, top, one.at) || (one.do === 'rename' && !reached(files, top, one.to))) return 'no way there';
  const there = files.stat(at);
  try {
    switch (one.do) {
      case 'mkdir':
        return files.mkdir(at, 0o750);
      case 'rmdir':
        return files.rmdir(at);
      case 'unlink':
        // That a folder is none to unlink is judged before.
        return there && typeOf(there) === FILE_TYPE.directory ? 'a folder' : files.unlink(at);
      case 'symlink':
        return files.symlink('target', at);
      case 'list':
        if (there && typeOf(there) === FILE_TYPE.link) return 'a link';
        return [...files.list(at)].sort((a, b) => (a.name < b.name ? -1 : 1));
      case 'rename':
        return files.rename(at, path.join(top, one.to));
      case 'chmod':
        return there && typeOf(there) === FILE_TYPE.link ? 'a link' : files.chmod(at, one.mode);
      case 'read': {
        const file = files.open(at, { access: 'read' }, 0);
        const bytes = files.read(file, 0, 100);
        files.close(file);
        return Buffer.from(bytes).toString();
      }
      default: {
        const { exclusive, truncate, offset, size } = one;
        // A folder is not opened for writing: that is judged before.
        if (there && typeOf(there) === FILE_TYPE.directory) return 'a folder';
        const file = files.open(at, { access: 'both', create: true, exclusive, truncate, fresh: there === undefined }, 0o640);
        const written = files.write(file, offset, Buffer.alloc(size, 'w'));
        files.truncate(file, offset + size + 3);
        const left = Buffer.from(files.read(file, 0, 100)).toString();
        files.close(file);
        return { written, left };
      }
    }
  } catch (error) {
    if (!(error instanceof HostFileError)) throw error;
    return error.code;
  }
}

/** All there is: type, permissions and contents of each. */
function everything(files: HostFiles, top: string, at = ''): string[] {
  return [...files.list(path.join(top, at))]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name: entry, type }) => {
      const real = path.join(top, at, entry);
      const { mode } = files.stat(real)!;
      const line = `${at}/${entry} ${type.toString(8)} ${type === FILE_TYPE.link ? files.readlink(real) : mode.toString(8)}`;
      if (type === FILE_TYPE.directory) return [line, ...everything(files, top, `${at}/${entry}`)];
      return [`${line} ${type === FILE_TYPE.file ? does(files, top, { do: 'read', at: `.${at}/${entry}` }) : ''}`];
    });
}

describe("a guest's own files", () => {
  const lower = given('lower');
  const before = everything(nodeFiles, lower);
  let round = 0;

  /** Own files over that tree, and the same as the host has it. */
  const pair = (top = lower) => {
    const own = new OwnFiles(nodeFiles);
    let used = 0;
    own.grow = bytes => {
      used += bytes;
    };
    own.overlay(top);
    return { own, native: given(`native-${round++}`), used: () => used };
  };

  it.each([
    ['a tree of the host', lower],
    ['all that the host has', '/'],
  ])('over %s are as the host has files, and that stays as it is', (_, top) => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 1, maxLength: 25 }), actions => {
        const { own, native, used } = pair(top);
        for (const one of actions) {
          const [here, there] = [does(own, lower, one), does(nodeFiles, native, one)];
          // A folder of the host's is not renamed, as with overlayfs.
          if (here === 'EXDEV') break;
          expect(here).toEqual(there);
          expect(used()).toBeGreaterThanOrEqual(0);
        }
        if (!actions.some(one => one.do === 'rename')) expect(everything(own, lower)).toEqual(everything(nodeFiles, native));
        fs.rmSync(native, { recursive: true });
        expect(everything(nodeFiles, lower)).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it('are as they were where they are restored, in another r14 too, with what is open', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 15 }), fc.array(action, { maxLength: 15 }), (first, second) => {
        const { own, native } = pair();
        for (const one of first) does(own, lower, one);
        const file = own.open(path.join(lower, 'kept'), { access: 'both', create: true }, 0o600);
        own.write(file, 0, Buffer.from('kept'));
        own.unlink(path.join(lower, 'kept'));
        const bytes = encodePart(own.save());
        const then = everything(own, lower);
        for (const one of second) does(own, lower, one);
        own.write(file, 2, Buffer.from('PT'));
        const later = encodePart(own.save());
        const other = new OwnFiles(nodeFiles);
        other.restore(decodePart(bytes) as SavedTree);
        expect(everything(other, lower)).toEqual(then);
        expect(Buffer.from(other.read(file, 0, 10)).toString()).toBe('kept');
        // And goes on as the first has gone on.
        for (const one of second) does(other, lower, one);
        other.write(file, 2, Buffer.from('PT'));
        expect(encodePart(other.save())).toEqual(later);
        fs.rmSync(native, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  it('begin empty, show what was given by its path and by links to it, and tell nothing of what is beside', () => {
    const top = path.join(scratch, 'hidden');
    fs.mkdirSync(path.join(top, 'deep/tree'), { recursive: true });
    fs.writeFileSync(path.join(top, 'deep/tree/file'), 'given');
    fs.writeFileSync(path.join(top, 'deep/secret'), 'secret');
    fs.symlinkSync('deep', path.join(top, 'way'));
    const own = new OwnFiles(nodeFiles);
    own.begin(top, 0o755);
    own.show(path.join(top, 'way/tree'));
    expect(own.list(top).map(entry => entry.name)).toEqual(['way', 'deep']);
    expect(own.list(path.join(top, 'deep')).map(entry => entry.name)).toEqual(['tree']);
    expect(own.stat(path.join(top, 'deep/secret'))).toBeUndefined();
    expect(own.readlink(path.join(top, 'way'))).toBe('deep');
    expect(does(own, top, { do: 'read', at: 'deep/tree/file' })).toBe('given');
    expect([own.owns(path.join(top, 'deep/tree/file')), own.owns(path.join(top, 'deep/secret')), own.owns(`${top}x`)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(does(own, top, { do: 'rename', at: 'deep/tree', to: 'moved' })).toBe('EXDEV');
    expect(does(own, top, { do: 'rename', at: 'deep', to: 'moved' })).toBe('EXDEV');
  });

  it('take no more than there is room for, and give back what is gone', () => {
    const own = new OwnFiles(nodeFiles);
    let room = 100_000;
    own.grow = bytes => {
      if (bytes > room) throw new HostFileError('ENOSPC');
      room -= bytes;
    };
    own.begin('/own', 0o755);
    const file = own.open('/own/file', { access: 'both', create: true }, 0o600);
    expect(() => own.truncate(file, 1e12)).toThrow('ENOSPC');
    for (let at = 0; ; at += 1000) {
      try {
        own.write(file, at, new Uint8Array(1000));
      } catch (error) {
        expect((error as HostFileError).code).toBe('ENOSPC');
        break;
      }
    }
    expect(own.fstat(file).size).toBe(99_000n);
    let made = 0;
    const folders = () => {
      for (;;) own.mkdir(`/own/${made++}`, 0o755);
    };
    expect(folders).toThrow('ENOSPC');
    expect(made).toBeLessThan(10);
    own.unlink('/own/file');
    expect(folders).toThrow('ENOSPC');
    expect(made).toBeLessThan(15);
    own.close(file);
    expect(folders).toThrow('ENOSPC');
    expect(made).toBeGreaterThan(100);
  });
});
