import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8, utf8Text } from './bytes.js';
import { HostFileError, type HostFiles } from './files.js';
import { DivergedError, LoggedFiles, noFiles } from './log.js';
import { nodeFiles } from './node/files.js';

let folder = '';
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'r14-log-'));
  writeFileSync(at('a'), 'first');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a small run does with its files, and what it was told. */
function play(files: HostFiles): unknown[] {
  const told: unknown[] = [];
  const tell = (call: () => unknown) => {
    try {
      told.push(call());
    } catch (error) {
      if (!(error instanceof HostFileError)) throw error;
      told.push(error.code);
    }
  };
  tell(() => files.stat(at('a'))?.size);
  tell(() => files.stat(at('nothing')));
  tell(() => files.open(at('nothing'), { access: 'read' }, 0));
  const a = files.open(at('a'), { access: 'both' }, 0);
  const text = () => utf8Text(files.read(a, 0, 100));
  const page = () => utf8Text(files.page(a, 0, 100));
  tell(text);
  tell(page);
  tell(() => files.write(a, 0, utf8('later')));
  tell(text);
  tell(page);
  tell(() => files.rename(at('a'), at('b')));
  tell(() => files.list(folder).map(({ name }) => name));
  tell(() => files.fstat(a).size);
  tell(() => files.unlink(at('nothing')));
  files.close(a);
  return told;
}

describe('the log of files', () => {
  it('is what the host says', () => {
    expect(play(new LoggedFiles(nodeFiles))).toEqual([
      ...[5n, undefined, 'ENOENT', 'first', 'first', 5, 'later', 'later'],
      ...[undefined, ['b'], 5n, 'ENOENT'],
    ]);
  });

  it('answers again without the host, in another process too', () => {
    const files = new LoggedFiles(nodeFiles);
    const told = play(files);
    rmSync(at('b'));
    files.seek(0);
    expect(play(files)).toEqual(told);
    const elsewhere = new LoggedFiles(noFiles, structuredClone(files.save()));
    expect(play(elsewhere)).toEqual(told);
    expect(elsewhere.position).toBe(files.end);
    expect(() => elsewhere.readlink(at('a'))).toThrow('there are no files here');
  });

  it('goes on with the host behind its end, with files open that the log has opened', () => {
    const files = new LoggedFiles(nodeFiles);
    const a = files.open(at('a'), { access: 'both' }, 0);
    files.write(a, 0, utf8('F'));
    const before = files.position;
    files.close(a);
    files.seek(before);
    files.cut();
    files.write(a, 4, utf8('T'));
    expect(utf8Text(files.read(a, 0, 100))).toBe('FirsT');
    const saved = structuredClone(files.save());
    const other = new LoggedFiles(nodeFiles, saved);
    other.seek(other.end);
    other.write(a, 1, utf8('I'));
    expect(readFileSync(at('a'), 'utf8')).toBe('FIrsT');
  });

  it('changes nothing twice', () => {
    const files = new LoggedFiles(nodeFiles);
    files.mkdir(at('made'), 0o755);
    files.rmdir(at('made'));
    files.seek(0);
    expect(() => files.mkdir(at('made'), 0o755)).not.toThrow();
    expect(nodeFiles.stat(at('made'))).toBeUndefined();
  });

  it('keeps a page as it was seen until the guest changes the file', () => {
    const files = new LoggedFiles(nodeFiles);
    const a = files.open(at('a'), { access: 'both' }, 0);
    const start = files.position;
    const page = () => utf8Text(files.page(a, 0, 100));
    expect(page()).toBe('first');
    writeFileSync(at('a'), 'other');
    expect(page()).toBe('first');
    files.write(a, 0, utf8('O'));
    expect(page()).toBe('Other');
    files.seek(start);
    expect(page()).toBe('first');
    // Nobody has read so little of it then.
    expect(() => files.page(a, 0, 3)).toThrow('nobody had read it');
  });

  it('says when the run is another', () => {
    const files = new LoggedFiles(nodeFiles);
    const a = files.open(at('a'), { access: 'both' }, 0);
    files.write(a, 0, utf8('x'));
    files.seek(0);
    expect(() => files.open(at('b'), { access: 'both' }, 0)).toThrow(DivergedError);
    files.open(at('a'), { access: 'both' }, 0);
    expect(() => files.write(a, 0, utf8('y'))).toThrow(
      /call 1 of the log of files is write\(0, 0, 1, .*\), the run wants write\(0, 0, 1, /,
    );
  });

  it('is bounded: the oldest answers go', () => {
    const files = new LoggedFiles(nodeFiles, undefined, 2000);
    for (let i = 0; i < 100; i++) files.stat(at('a'));
    const { first, calls } = files.save();
    expect(calls.length * 64).toBeLessThanOrEqual(2000);
    expect(first + calls.length).toBe(100);
    expect(() => files.seek(first - 1)).toThrow(RangeError);
    files.seek(first);
    for (let i = first; i < 100; i++) expect(files.stat(at('a'))?.size).toBe(5n);
  });
});
