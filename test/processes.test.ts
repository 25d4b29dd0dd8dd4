/** Several processes on one machine: what the runs of `programs` against the host do not say. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodePorts } from '../src/host/node/ports.js';
import type { Process, ProcessOptions } from '../src/linux/api.js';
import { resumeProcess, startProcess } from '../src/linux/process.js';
import { buildC, missing, runNative, runR14 } from './support/build.js';

const why = missing('gcc');
const scratch = mkdtempSync(join(tmpdir(), 'r14-processes-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function buildText(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(`${path}.c`, text);
  execFileSync('gcc', ['-w', '-O1', '-static', '-pthread', '-o', path, `${path}.c`]);
  return path;
}

function run(options: Omit<ProcessOptions, 'host' | 'output'>): { process: Process; text: string; status: number | undefined } {
  let text = '';
  const process = startProcess({ host: nodePorts, output: ({ bytes }) => (text += new TextDecoder().decode(bytes)), ...options });
  const stop = process.run({ budget: 1e10 });
  return { process, text, status: stop.kind === 'exited' ? stop.status : undefined };
}

/** Two processes of eight threads each, which count under locks and send what they have counted. */
const THREADS = `
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long count;
static void *work(void *end) {
  for (int i = 0; i < 300; i++) {
    pthread_mutex_lock(&lock);
    count++;
    pthread_mutex_unlock(&lock);
    if (i % 50 == 0) write(*(int *)end, &i, 1);
  }
  return 0;
}
int main(void) {
  int ends[2], status;
  pipe(ends);
  pid_t child = fork();
  pthread_t threads[8];
  for (int i = 0; i < 8; i++) pthread_create(&threads[i], 0, work, &ends[1]);
  for (int i = 0; i < 8; i++) pthread_join(threads[i], 0);
  if (child == 0) return count == 2400 ? 0 : 1;
  waitpid(child, &status, 0);
  close(ends[1]);
  unsigned char byte;
  unsigned long order = 0, bytes = 0;
  for (; read(ends[0], &byte, 1) == 1; bytes++) order = order * 31 + byte;
  printf("%ld %d %lu %lx\\n", count, status, bytes, order);
}`;

/** Makes children that stay until there can be no more. */
const STORM = `
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  int made = 0, failed;
  for (pid_t child; (child = fork()) >= 0; made++)
    if (child == 0) for (;;) pause();
  failed = errno;
  signal(SIGTERM, SIG_IGN);
  kill(0, SIGTERM);
  while (wait(0) > 0) {}
  int again = fork();
  if (again == 0) _exit(0);
  printf("%d children, then %s; afterwards %s\\n", made, strerror(failed), again > 0 ? "one more" : "none");
}`;

/** Ends before its child does, which has more to say. */
const ORPHAN = `
#include <stdio.h>
#include <unistd.h>
int main(void) {
  if (fork() > 0) return 3;
  while (getppid() != 1) usleep(1000);
  printf("alone\\n");
  return 4;
}`;

const STARTER = `
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int status;
  if (fork() == 0) {
    execv(argv[1], argv + 1);
    printf("%s\\n", strerror(errno));
    fflush(stdout);
    _exit(99);
  }
  wait(&status);
  printf("%d\\n", WEXITSTATUS(status));
}`;

describe.skipIf(why)(`several processes${why ? ` (skipped: ${why})` : ''}`, () => {
  it('do the same in each run: two processes with sixteen threads, twenty times', () => {
    const path = buildText('two-processes', THREADS);
    const results = Array.from({ length: 20 }, () => {
      const { process, text, status } = run({ path });
      return `${status} ${text} ${process.t} ${process.hash()}`;
    });
    expect(results[0]).toMatch(/^0 2400 0 96 [0-9a-f]+\n/);
    expect(new Set(results).size).toBe(1);
    expect(run({ path, seed: 1 }).text).toMatch(/^2400 0 96 /);
  });

  it('are as many as may be, and no more', () => {
    const path = buildText('storm', STORM);
    const { text, process } = run({ path, processes: 8 });
    expect(text).toBe('7 children, then Resource temporarily unavailable; afterwards one more\n');
    expect(process.refusals).toContainEqual({
      syscall: 'clone',
      detail: 'more than 8 processes: --processes N allows more',
      errno: 'EAGAIN',
      count: 1,
    });
    expect(run({ path }).text).toMatch(/^63 children, /);
  });

  it('go on when the first has ended, whose status counts', () => {
    const path = buildText('orphan', ORPHAN);
    expect(run({ path })).toMatchObject({ text: 'alone\n', status: 3 });
  });

  it('share the memory that there is', () => {
    const path = buildText(
      'hungry',
      `#include <stdlib.h>
       #include <string.h>
       #include <sys/wait.h>
       #include <unistd.h>
       static volatile char room[48 << 20];
       int main(void) {
         fork();
         for (int i = 0; i < sizeof room; i += 4096) room[i] = 1;
         wait(0);
         return 0;
       }`,
    );
    expect(run({ path, memory: 128 << 20 }).status).toBe(0);
    expect(run({ path, memory: 80 << 20 }).status).toBeUndefined();
  });

  it('take back SIGCONT when they are to stop, and the other way about, also where both are blocked', () => {
    const path = buildText(
      'taken-back',
      `#include <signal.h>
       #include <stdio.h>
       #include <unistd.h>
       static void send(int signal) {
         sigset_t pending;
         kill(getpid(), signal);
         sigpending(&pending);
         printf("%d: %d %d\\n", signal, sigismember(&pending, SIGCONT), sigismember(&pending, SIGTSTP));
       }
       int main(void) {
         sigset_t both;
         sigemptyset(&both);
         sigaddset(&both, SIGTSTP);
         sigaddset(&both, SIGCONT);
         sigprocmask(SIG_BLOCK, &both, 0);
         send(SIGCONT);
         send(SIGTSTP);
         send(SIGCONT);
         return 0;
       }`,
    );
    expect(runR14(['run', path])).toEqual(runNative(path));
  });

  it('start the program that they began as once more, also where they were saved as another', () => {
    const text = `
      #include <stdio.h>
      #include <unistd.h>
      int main(int argc, char **argv) {
        if (argc > 1) execv(argv[1], argv + 1);
        puts(argc > 1 ? "cannot" : "back");
        return 0;
      }`;
    const [first, other] = [buildText('first', text), buildText('other', text)];
    let said = '';
    const host = {
      host: nodePorts,
      allowExec: [other],
      output: ({ bytes }: { bytes: Uint8Array }) => (said += new TextDecoder().decode(bytes)),
    };
    const process = startProcess({ ...host, path: first, args: [first, other, first] });
    process.catch = { processes: new Set(['exec']) };
    expect(process.run({ budget: 1e9 })).toMatchObject({ kind: 'process', event: 'exec', path: other });
    const resumed = resumeProcess(process.save().bytes(), host);
    expect(resumed.run({ budget: 1e9 })).toEqual({ kind: 'exited', status: 0 });
    expect(said).toBe('back\n');
  });

  it('are told who is at the other side of a connection', () => {
    const path = buildText(
      'peers',
      `#define _GNU_SOURCE
       #include <stdio.h>
       #include <string.h>
       #include <sys/socket.h>
       #include <sys/un.h>
       #include <sys/wait.h>
       #include <unistd.h>
       static pid_t parent;
       static void tell(const char *what, int fd) {
         struct ucred peer;
         socklen_t length = sizeof peer;
         if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return perror(what);
         const char *who = peer.pid == parent ? "parent" : peer.pid == getpid() ? "itself" : peer.pid == 0 ? "nobody" : "child";
         printf("%s: %s %d\\n", what, who, peer.uid == (uid_t)-1);
         fflush(stdout);
       }
       int main(void) {
         struct sockaddr_un name = {AF_UNIX};
         socklen_t size = sizeof(sa_family_t) + 10;
         int pair[2], status, back[2];
         parent = getpid();
         snprintf(name.sun_path + 1, 40, "r14-%d", parent);
         socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
         pipe(back);
         int listener = socket(AF_UNIX, SOCK_STREAM, 0), datagrams = socket(AF_UNIX, SOCK_DGRAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);
         bind(listener, (void *)&name, sizeof name);
         bind(datagrams, (void *)&name, size);
         tell("bound", listener);
         listen(listener, 4);
         tell("listening", listener);
         connect(other, (void *)&name, size);
         tell("datagrams", other);
         if (fork() == 0) {
           int fd = socket(AF_UNIX, SOCK_STREAM, 0);
           tell("new", fd);
           connect(fd, (void *)&name, sizeof name);
           tell("connected", fd);
           tell("pair", pair[1]);
           write(back[1], "x", 1);
           return 0;
         }
         char byte;
         read(back[0], &byte, 1);
         tell("accepted", accept(listener, 0, 0));
         wait(&status);
         return 0;
       }`,
    );
    const native = runNative(path);
    expect(native.stdout).toContain('accepted: child 0');
    expect(runR14(['run', path])).toEqual(native);
  });

  it('are other programs only where that was allowed', () => {
    const path = buildText('starter', STARTER);
    const other = buildC('hello', { static: true });
    const shut = run({ path, args: [path, other, 'there', 'x'] });
    // What it is told does not depend on whether there is such a file.
    expect(shut.text).toMatch(/^(Permission denied|No such file or directory)\n99\n$/);
    expect(shut.process.refusals.map(({ detail }) => detail)).toContain(`${other}: not open to the guest (--allow-exec)`);
    const native = runNative(path, { args: [other, 'there', 'x'] });
    const dynamic = buildC('hello', { static: false });
    expect(runR14(['run', '--allow-exec', other, path, '--', other, 'there', 'x'])).toEqual(native);
    expect(runR14(['run', '--allow-exec', dynamic, path, '--', dynamic, 'there', 'x']).status).toBe(0);
  });
});
