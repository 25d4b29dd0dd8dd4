/** A run is the same again when the host's files have changed or gone: all that it takes from them is in the log. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostFiles } from '../../src/host/files.js';
import { LoggedFiles, noFiles } from '../../src/host/log.js';
import { nodePorts } from '../../src/host/node/ports.js';
import { startProcess } from '../../src/linux/process.js';
import { buildC, buildGo, GUEST_ENVIRONMENT, missing } from '../support/build.js';

let top = '';
beforeAll(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'r14-replay-')));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const BUDGET = 100_000_000;

/** Runs a program of `top` on those files to its end: what it wrote and when, and the hashes of a moment on the way and of the end. */
function run(files: HostFiles, args: readonly string[]) {
  const path = join(top, 'program');
  const written: string[] = [];
  const process = startProcess({
    host: { ...nodePorts, files },
    cwd: top,
    path,
    args: [path, ...args],
    env: GUEST_ENVIRONMENT,
    stdin: new TextEncoder().encode('typed'),
    allowRead: [top],
    allowWrite: [join(top, 'open')],
    output: ({ t, descriptor, at, bytes }) => written.push(`${t} ${descriptor} ${at} ${new TextDecoder().decode(bytes)}`),
  });
  process.catch = { signals: new Set() };
  process.run({ budget: 20_000 });
  const hash = process.hash();
  const stop = process.run({ budget: BUDGET });
  const libraries = process.objects.map(({ path, bytes }) => `${path} ${bytes().length}`);
  return { written, stop, t: process.t, hashes: [hash, process.hash()], libraries };
}

const gap = missing('gcc', 'go1.26');

describe.skipIf(gap)(`a logged run${gap ? ` (skipped: ${gap})` : ''}`, () => {
  it.each([
    {
      name: 'a dynamic C program that copies files',
      binary: () => buildC('cat'),
      args: ['text', 'none'],
      said: /1 0 what is in the file\n.*none: No such file/s,
    },
    { name: 'a C program that reads and maps itself', binary: () => buildC('files', { static: true }), args: [], said: /inside/ },
    {
      name: 'a C program that asks all that there is of files',
      binary: () => buildC('kernel-files', { static: true }),
      args: [],
      said: /statx/,
    },
    { name: 'a Go program that reads itself', binary: () => buildGo('files'), args: ['one'], said: /stdin "typed" <nil>/ },
    { name: 'a C program that changes files', binary: changing, args: ['open'], said: /made first FIRST\n.* then/s, changes: true },
  ])('of $name is the same without the host', ({ binary, args, said, changes }) => {
    const path = binary();
    prepare(path, 'what is in the file\n');
    const files = new LoggedFiles(nodePorts.files);
    const recorded = run(files, args);
    expect(recorded.written.join('')).toMatch(said);
    // Logging changes nothing; but inodes and times of what a run makes are others each time.
    if (!changes) expect(run(nodePorts.files, args)).toEqual(recorded);
    prepare('/dev/null', 'something else\n');
    const again = new LoggedFiles(noFiles, structuredClone(files.save()));
    expect(run(again, args)).toEqual(recorded);
    expect(again.position).toBe(files.end);
  });
});

/** Empties `top`, but for a program, a file and a directory. */
function prepare(program: string, text: string): void {
  const bytes = readFileSync(program);
  rmSync(top, { recursive: true });
  mkdirSync(join(top, 'open'), { recursive: true });
  writeFileSync(join(top, 'program'), bytes, { mode: 0o755 });
  writeFileSync(join(top, 'text'), text);
}

/** Makes a file, maps and changes it, renames and lists it. */
function changing(): string {
  const source = join(top, 'changing.c');
  writeFileSync(
    source,
    `#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int argc, char **argv) {
  chdir(argv[1]);
  int fd = open("made", O_RDWR | O_CREAT | O_EXCL, 0600);
  write(fd, "first", 5);
  char *before = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  printf("made %s", before);
  pwrite(fd, "FIRST", 5, 0);
  char *after = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  printf(" %s\\n", after);
  rename("made", "then");
  DIR *here = opendir(".");
  for (struct dirent *entry; (entry = readdir(here));) printf(" %s", entry->d_name);
  return unlink("then");
}
`,
  );
  execFileSync('gcc', ['-w', '-static', '-o', join(top, 'changing'), source]);
  return join(top, 'changing');
}
