/** A guest that does nothing but what is dear lets others in between, and runs as it would without them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Process } from '../../src/linux/api.js';
import { startProcess } from '../../src/linux/process.js';
import { missing } from '../support/build.js';

const why = missing('gcc');

/** Reads, faults and handles the fault, and writes code and runs it, in turns. */
const DEAR = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static sigjmp_buf back;
static void jump(int signal) { siglongjmp(back, 1); }
static char room[1 << 20];
int main(void) {
  unsigned char *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int zero = open("/dev/zero", O_RDONLY);
  signal(SIGSEGV, jump);
  for (volatile int i = 0; i < 60; i++) {
    for (volatile int j = 0; j < 5; j++) read(zero, room, sizeof room);
    for (volatile int j = 0; j < 20; j++) if (!sigsetjmp(back, 1)) *(volatile int *)8 = 1;
    for (volatile int j = 0; j < 100; j++) {
      memcpy(code, "\\xb8\\0\\0\\0\\0\\xc3", 6);
      code[1] = j;
      if (((int (*)(void))code)() != j) return 1;
    }
  }
  return 7;
}`;

/** The dearest calls there are, one after another, for ever. */
const DEAREST = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>
static char room[16 << 20], pages[1 << 20];
int main(void) {
  unsigned long all = 1ul << 40;
  char *huge = mmap(0, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  int zero = open("/dev/zero", O_RDONLY), memory = syscall(SYS_memfd_create, "", 0), poll_in = epoll_create(1), poll_out = epoll_create(1);
  int pipes[2];
  pipe(pipes);
  struct epoll_event event = {EPOLLIN};
  for (int i = 0; i < 500; i++) epoll_ctl(poll_in, EPOLL_CTL_ADD, dup(pipes[0]), &event);
  epoll_ctl(poll_out, EPOLL_CTL_ADD, poll_in, &event);
  struct pollfd fds[1000];
  for (int i = 0; i < 1000; i++) fds[i] = (struct pollfd){poll_out, POLLIN};
  for (long i = 0;; i++) {
    huge = mremap(huge, all, all << (i & 1), MREMAP_MAYMOVE);
    mincore(huge, all, pages);
    madvise(huge, all, MADV_DONTNEED);
    mprotect(huge, all, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE);
    read(zero, room, sizeof room);
    getrandom(room, sizeof room, 0);
    pwrite(memory, room, sizeof room, 0);
    poll(fds, 1000, 0);
    munmap(huge + (1ul << 39), all);
    mmap(huge + (1ul << 39), 1ul << 39, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    syscall(SYS_close_range, 2000, ~0u, 0);
  }
}`;

/** System calls between two questions whether it is enough. */
const BETWEEN = 4;

describe.skipIf(why)(`a guest that is dear${why ? ` (skipped: ${why})` : ''}`, () => {
  it('lets in who wants to be heard, and does what it does', () => {
    const folder = mkdtempSync(join(tmpdir(), 'r14-pace-'));
    try {
      const path = join(folder, 'dear');
      writeFileSync(`${path}.c`, DEAR);
      execFileSync('gcc', ['-w', '-O1', '-static', '-o', path, `${path}.c`]);
      const begin = (): Process => {
        const process = startProcess({ host: nodePorts, path, memory: 64 << 20, output: () => undefined });
        process.catch = { signals: new Set() };
        return process;
      };
      const [whole, cut] = [begin(), begin()];
      expect(whole.run({ budget: 1e9 })).toEqual({ kind: 'exited', status: 7 });
      let slices = 0;
      for (let stop = cut.run({ budget: 1e9, enough: () => true }); ; stop = cut.run({ budget: 1e9, enough: () => true })) {
        if (stop.kind !== 'budget') {
          expect(stop).toEqual({ kind: 'exited', status: 7 });
          break;
        }
        slices++;
      }
      // Every few of its calls and faults; and while it writes code and runs it, without any.
      expect(slices).toBeGreaterThan((60 * 25) / BETWEEN);
      expect([cut.t, cut.hash()]).toEqual([whole.t, whole.hash()]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is held up in its dearest calls, by who asks and by a limit', () => {
    const folder = mkdtempSync(join(tmpdir(), 'r14-pace-'));
    try {
      const path = join(folder, 'dearest');
      writeFileSync(`${path}.c`, DEAREST);
      execFileSync('gcc', ['-w', '-O1', '-static', '-o', path, `${path}.c`]);
      const guest = startProcess({ host: nodePorts, path, memory: 128 << 20, output: () => undefined });
      // Up to where it has made all that it works on.
      while (guest.syscallCount < 1200) guest.run({ budget: 1000 });
      for (let i = 0; i < 30; i++) {
        const before = guest.syscallCount;
        expect(guest.run({ budget: 1e12, enough: () => true })).toEqual({ kind: 'budget' });
        expect(guest.syscallCount - before).toBeLessThanOrEqual(BETWEEN);
        // What they do is in proportion to what is there, not to what they are asked for.
        expect(guest.memory.touchedPages).toBeLessThan((40 << 20) / 4096);
      }
      const { t } = guest;
      expect(guest.run({ budget: 1000 })).toEqual({ kind: 'budget' });
      expect(guest.t).toBe(t + 1000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
