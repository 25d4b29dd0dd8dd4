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
      expect(slices).toBeGreaterThan((60 * 25) / 8);
      expect([cut.t, cut.hash()]).toEqual([whole.t, whole.hash()]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
