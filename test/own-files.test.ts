/** What the program writes where nobody has let it write: files of its own, which end with it, or are kept. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePorts } from '../src/host/node/ports.js';
import type { Process, ProcessOptions } from '../src/linux/api.js';
import { startProcess } from '../src/linux/process.js';
import { missing, runR14 } from './support/build.js';

const why = missing('gcc');

/** Works on files of its folder: changes, removes, renames and makes some, fills one, and tells what is there. */
const WORKS = `
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
static void tell(int result) { printf("%d ", result == -1 ? errno : 0); }
int main(int argc, char **argv) {
  if (argc > 1) tell(chdir(argv[1]));
  FILE *file = fopen("old", "a");
  if (file) fputs(" and new", file), fclose(file);
  tell(rename("renamed", "deep/moved"));
  tell(unlink("deep/removed"));
  tell(mkdir("made", 0755));
  tell(rename("deep/moved", "made/again"));
  tell(symlink("old", "link"));
  tell(chmod("deep/kept", 0600));
  file = fopen("link", "r");
  char line[100] = "";
  if (file) fgets(line, sizeof line, file);
  printf("%s\\n", line);
  return 0;
}`;
/** Fills the disk. */
const FILLS = `
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
static char room[1 << 20];
int main(void) {
  int fd = open("/tmp/large", O_CREAT | O_RDWR, 0600);
  while (write(fd, room, sizeof room) > 0) {}
  printf("%d\\n", errno == ENOSPC);
  ftruncate(fd, 0);
  lseek(fd, 0, SEEK_SET);
  printf("%d\\n", write(fd, room, sizeof room) == sizeof room);
  for (int i = 0; ; i++) {
    char name[50];
    sprintf(name, "/dev/shm/%d", i);
    if (mkdir(name, 0700)) break;
  }
  printf("%d\\n", errno == ENOSPC);
  return 0;
}`;

describe.skipIf(why)(`files of the program's own${why ? ` (skipped: ${why})` : ''}`, () => {
  let top = '';
  const at = (name: string): string => join(top, name);
  beforeAll(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'r14-own-')));
    for (const [name, text] of [
      ['works', WORKS],
      ['fills', FILLS],
    ] as const) {
      writeFileSync(at(`${name}.c`), text);
      execFileSync('gcc', ['-w', '-O1', '-static', '-o', at(name), at(`${name}.c`)]);
    }
    mkdirSync(at('tree/deep'), { recursive: true });
    for (const name of ['old', 'renamed', 'deep/removed', 'deep/kept']) writeFileSync(at(`tree/${name}`), name);
    cpSync(at('tree'), at('native'), { recursive: true });
    cpSync(at('tree'), at('before'), { recursive: true });
  });
  afterAll(() => rmSync(top, { recursive: true }));

  function begin(options: Partial<ProcessOptions> & { path: string }): { process: Process; said: () => string } {
    let said = '';
    const listen: ProcessOptions['output'] = ({ bytes }) => {
      said += Buffer.from(bytes).toString();
    };
    const process = startProcess({ host: nodePorts, output: listen, ...options });
    process.catch = { signals: new Set() };
    return { process, said: () => said };
  }

  const listed = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .map(entry => join(entry.parentPath, entry.name).slice(folder.length))
      .sort()
      .map(name => `${name} ${statSync(folder + name).isFile() ? readFileSync(folder + name, 'utf8') : ''}`);

  it('in front of a tree: as natively, and the tree is as it was', () => {
    const native = execFileSync(at('works'), { cwd: at('native'), encoding: 'utf8' });
    const { process, said } = begin({ path: at('works'), cwd: at('tree'), overlay: ['.'] });
    expect(process.run({ budget: 1e9 })).toEqual({ kind: 'exited', status: 0 });
    expect(said()).toBe(native);
    expect(listed(at('tree'))).toEqual(listed(at('before')));
  });

  it('are kept in a folder that is asked for', () => {
    const { stdout, status, stderr } = runR14(['run', '--overlay', at('tree'), '--keep', at('kept'), at('works'), '--', at('tree')]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toBe('0 0 0 0 0 0 0 old and new\n');
    const tree = `${at('kept')}${at('tree')}`;
    expect(readdirSync(tree).sort()).toEqual(['deep', 'link', 'made', 'old']);
    expect([readFileSync(`${tree}/made/again`, 'utf8'), readFileSync(`${tree}/link`, 'utf8')]).toEqual(['renamed', 'old and new']);
    expect(statSync(`${tree}/deep/kept`).mode & 0o777).toBe(0o600);
    const again = runR14(['run', '--keep', at('kept'), at('works')]);
    expect(again).toMatchObject({ status: 2, stdout: '' });
    expect(again.stderr).toContain(`r14: --keep: ${at('kept')} is not empty`);
  });

  it('are bounded, with the memory', () => {
    const { process, said } = begin({ path: at('fills'), memory: 8 << 20 });
    expect(process.run({ budget: 1e9 })).toEqual({ kind: 'exited', status: 0 });
    expect(said()).toBe('1\n1\n1\n');
  });

  it('are of the state: gone back before them they are not there', () => {
    const { process, said } = begin({ path: at('works'), cwd: at('tree'), overlay: ['.'] });
    process.run({ budget: 1000 });
    const saved = process.save();
    const own = [...process.ownFiles].length;
    process.run({ budget: 1e9 });
    const [hash, first] = [process.hash(), said()];
    expect([...process.ownFiles].length).toBeGreaterThan(own);
    process.restore(saved);
    expect([...process.ownFiles].length).toBe(own);
    process.run({ budget: 1e9 });
    expect(process.hash()).toBe(hash);
    expect(said()).toBe(first + first);
  });

  it('hide what the host has there, and what was given shows', () => {
    symlinkSync('tree', at('way'));
    const { process, said } = begin({ path: at('works'), cwd: top, args: ['works', at('way')], allowRead: ['way'] });
    expect(process.run({ budget: 1e9 })).toEqual({ kind: 'exited', status: 0 });
    // The folder is there, and cannot be written.
    expect(said().split(' ').slice(0, 2)).toEqual(['0', '13']);
    expect(listed(at('tree'))).toEqual(listed(at('before')));
    const { process: other, said: told } = begin({ path: at('works'), cwd: top, args: ['works', at('tree')] });
    other.run({ budget: 1e9 });
    expect(told().split(' ')[0]).toBe('2');
  });
});
