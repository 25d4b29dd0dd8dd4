/** The network's delay and loss: in the guest's own time, and the same in each run. Times are what the flags say, that is the oracle. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodePorts } from '../src/host/node/ports.js';
import type { ProcessOptions } from '../src/linux/api.js';
import { resumeProcess, startProcess } from '../src/linux/process.js';
import { missing, runR14 } from './support/build.js';

const why = missing('gcc');
const scratch = mkdtempSync(join(tmpdir(), 'r14-wire-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A connection and a thousand datagrams between two processes: how long connecting takes, an echo, and a megabyte; how many come, and in which order. */
const SOURCE = `
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static long now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000L + t.tv_nsec / 1000; }
static char buffer[1 << 20];
int main(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  bind(listener, (void *)&at, sizeof at), listen(listener, 5), getsockname(listener, (void *)&at, &length);
  if (fork() == 0) {
    int s = accept(listener, 0, 0);
    char c;
    read(s, &c, 1), write(s, &c, 1);
    for (int i = 0; i < sizeof buffer; i++) buffer[i] = i * 7 + (i >> 12);
    write(s, buffer, sizeof buffer);
    _exit(0);
  }
  int s = socket(AF_INET, SOCK_STREAM, 0);
  long start = now();
  if (connect(s, (void *)&at, sizeof at)) return 1;
  printf("connected %ld\\n", now() - start);
  start = now();
  write(s, "x", 1), read(s, buffer, 1);
  printf("echo %ld\\n", now() - start);
  long have = 0, wrong = 0;
  for (ssize_t n; (n = read(s, buffer, sizeof buffer)) > 0; )
    for (ssize_t i = 0; i < n; i++, have++) wrong += buffer[i] != (char)(have * 7 + (have >> 12));
  printf("read %ld, wrong %ld\\n", have, wrong);
  wait(0);
  int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  bind(in, (void *)&to, sizeof to), getsockname(in, (void *)&to, &length);
  struct timeval patience = {.tv_sec = 1};
  setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  int got = 0, last = -1, order = 1;
  for (int i = 0; i < 1000; i += 100) {
    for (int j = i; j < i + 100; j++) sendto(out, &j, sizeof j, 0, (void *)&to, sizeof to);
    for (int n; recv(in, &n, sizeof n, 0) == sizeof n; last = n) got++, order &= n > last;
  }
  printf("datagrams %d, in order %d\\n", got, order);
}`;

describe.skipIf(why)(`the network of a machine${why ? ` (skipped: ${why})` : ''}`, () => {
  const built = (): string => {
    const path = join(scratch, 'wire');
    writeFileSync(`${path}.c`, SOURCE);
    execFileSync('gcc', ['-w', '-O1', '-static', '-o', path, `${path}.c`]);
    return path;
  };
  const path = why === undefined ? built() : '';

  function run(options: Partial<ProcessOptions>) {
    let text = '';
    const output: ProcessOptions['output'] = ({ bytes }) => (text += new TextDecoder().decode(bytes));
    const process = startProcess({ host: nodePorts, path, output, ...options });
    expect(process.run({ budget: 1e10 })).toMatchObject({ kind: 'exited', status: 0 });
    const [connected, echo, read, wrong, datagrams, order] = text.match(/\d+/g)!.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return { connected, echo, read, wrong, datagrams, order, hash: process.hash() };
  }

  it('takes no time and loses nothing, unless that is wanted', () => {
    const { connected, echo, ...rest } = run({});
    expect(rest).toMatchObject({ read: 1 << 20, wrong: 0, datagrams: 1000, order: 1 });
    expect(connected).toBeLessThan(1000);
    expect(echo).toBeLessThan(1000);
  });

  it('has a delay: once for what is sent, there and back for a connection', () => {
    const { connected, echo, ...rest } = run({ netDelay: 5_000_000 });
    expect(rest).toMatchObject({ read: 1 << 20, wrong: 0, datagrams: 1000, order: 1 });
    expect(connected).toBeGreaterThanOrEqual(10_000);
    expect(connected).toBeLessThan(11_000);
    expect(echo).toBeGreaterThanOrEqual(10_000);
    expect(echo).toBeLessThan(11_000);
  });

  it('loses a tenth of the datagrams and nothing of a stream, the same for the same seed', () => {
    const first = run({ netLoss: 1 });
    expect(first).toMatchObject({ read: 1 << 20, wrong: 0, order: 1 });
    expect(first.datagrams).toBeGreaterThan(850);
    expect(first.datagrams).toBeLessThan(950);
    expect(run({ netLoss: 1 })).toEqual(first);
    expect(run({ netLoss: 2 }).hash).not.toBe(first.hash);
  });

  it('is saved with what is on its way', () => {
    const options = { host: nodePorts, path, output: () => {}, netDelay: 3_000_000, netLoss: 4 };
    const whole = startProcess(options);
    whole.run({ budget: 1e10 });
    const process = startProcess(options);
    for (const part of [0.3, 0.6, 0.9]) {
      process.run({ budget: Math.floor(whole.t * part) - process.t });
      const saved = process.save();
      const hash = process.hash();
      process.run({ budget: 1e10 });
      expect(process.hash()).toBe(whole.hash());
      const other = resumeProcess(saved.bytes(), { host: nodePorts, output: () => {} });
      expect(other.hash()).toBe(hash);
      other.run({ budget: 1e10 });
      expect(other.hash()).toBe(whole.hash());
      process.restore(saved);
    }
  });

  it('has flags that say so, or what is wrong with them', () => {
    expect(runR14(['run', '--net-delay', '2ms', path]).stdout).toMatch(/^connected 4\d\d\d\necho 4\d\d\d\n/);
    expect(runR14(['run', '--net-delay', 'soon', path])).toMatchObject({ status: 2, stdout: '' });
    expect(runR14(['run', '--net-delay', 'soon', path]).stderr).toMatch(
      /--net-delay: "soon" is not a time up to 60s, such as 5ms or 200us/,
    );
  });
});
