import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../host/node/files.js';
import { OwnFiles } from './own-files.js';
import { Sandbox } from './sandbox.js';

describe('the sandbox', () => {
  let top = '';
  const at = (...parts: string[]) => path.join(top, ...parts);
  const make = (allowRead: string[], allowWrite: string[] = [], sysroot?: string) =>
    new Sandbox(new OwnFiles(nodeFiles), { cwd: '/', allowRead, allowWrite, allowExec: [], sysroot, overlay: [], own: [] });

  beforeAll(() => {
    top = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'r14-sandbox-')));
    for (const directory of ['open/deep', 'shut', 'root/lib', 'root/etc', 'root/data']) fs.mkdirSync(at(directory), { recursive: true });
    for (const file of ['open/file', 'open/deep/file', 'shut/file', 'root/lib/libx.so.1', 'root/lib/notes', 'root/data/file'])
      fs.writeFileSync(at(file), file);
    fs.symlinkSync(at('shut/file'), at('open/escape'));
    fs.symlinkSync('../shut', at('open/way-out'));
    fs.symlinkSync('deep/file', at('open/inside'));
    fs.symlinkSync('loop', at('open/loop'));
    fs.symlinkSync('/lib/libx.so.1', at('root/lib/libx.so'));
    fs.symlinkSync('/../../../../../../etc/passwd', at('root/lib/liby.so'));
  });
  afterAll(() => fs.rmSync(top, { recursive: true }));

  const mayRead = (sandbox: Sandbox, guest: string) => sandbox.mayRead(sandbox.locate(guest));

  it('opens nothing but libraries by itself', () => {
    const sandbox = make([]);
    expect(mayRead(sandbox, at('open/file'))).toBe(false);
    expect(mayRead(sandbox, '/etc/passwd')).toBe(false);
    const libc = ['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/libc.so.6'].find(file => fs.existsSync(file));
    if (libc) expect(mayRead(sandbox, libc)).toBe(true);
  });

  it('opens what was named, and all below it', () => {
    const sandbox = make([at('open')]);
    for (const file of ['open/file', 'open/deep/file', 'open/inside', 'open/../open/file', 'open'])
      expect(mayRead(sandbox, at(file)), file).toBe(true);
    expect(sandbox.mayWrite(sandbox.locate(at('open/file')))).toBe(false);
  });

  it.each(['open/escape', 'open/way-out/file', 'open/../shut/file', 'open/deep/../../shut/file'])('does not let %s out', file => {
    const sandbox = make([at('open')], [at('open')]);
    const place = sandbox.locate(`${top}/${file}`);
    expect(place.real).toBe(at('shut/file'));
    expect(sandbox.mayRead(place) || sandbox.mayWrite(place)).toBe(false);
  });

  it('does not let a name that begins like an open one in', () => {
    fs.writeFileSync(at('opened'), '');
    expect(mayRead(make([at('open')]), at('opened'))).toBe(false);
  });

  it('opens for writing, and then for reading, what --allow-write names, existing or not', () => {
    const sandbox = make([], [at('open/deep')]);
    expect(sandbox.mayWrite(sandbox.locate(at('open/deep/new')))).toBe(true);
    expect(mayRead(sandbox, at('open/deep/file'))).toBe(true);
    expect(sandbox.mayWrite(sandbox.locate(at('open/new')))).toBe(false);
  });

  it('looks up libraries below a sysroot, whose links stay in it', () => {
    const sandbox = make([], [], at('root'));
    expect(sandbox.locate('/lib/libx.so').real).toBe(at('root/lib/libx.so.1'));
    expect(mayRead(sandbox, '/lib/libx.so')).toBe(true);
    expect(mayRead(sandbox, '/lib/notes')).toBe(false);
    expect(sandbox.locate('/lib/liby.so')).toMatchObject({ real: at('root/etc/passwd'), exists: false });
    expect(() => sandbox.locate('/data/file')).toThrow('ENOENT');
  });

  it('follows no circle, and no path through a file', () => {
    const sandbox = make([at('open')]);
    expect(() => sandbox.locate(at('open/loop'))).toThrow('ELOOP');
    expect(() => sandbox.locate(at('open/file/x'))).toThrow('ENOTDIR');
    expect(() => sandbox.locate(at('open/none/x'))).toThrow('ENOENT');
    expect(sandbox.locate(at('open/none'))).toMatchObject({ exists: false });
    expect(sandbox.locate(at('open/loop'), false)).toMatchObject({ exists: true });
  });
});
