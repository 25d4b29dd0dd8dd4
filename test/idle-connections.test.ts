/** Connections at which nothing happens: what is done for the others does not grow with how many there are. What is counted is work, not time. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { nodePorts } from '../src/host/node/ports.js';
import { StreamSocket } from '../src/linux/net/stream-socket.js';
import { startProcess } from '../src/linux/process.js';
import { missing } from './support/build.js';

const why = missing('gcc');
const scratch = mkdtempSync(join(tmpdir(), 'r14-idle-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** An echo of a thousand bytes, one by one, by an epoll that watches many other connections: level- or edge-triggered. */
const SOURCE = `
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int many = atoi(argv[1]), mode = atoi(argv[2]) ? EPOLLET : 0, epoll = epoll_create1(0), pair[2], echoes = 0;
  for (int i = 0; i <= many; i++) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return 1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | mode, .data.fd = pair[0]};
    epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event);
  }
  for (int i = 0; i < 1000; i++) {
    struct epoll_event event;
    char byte;
    write(pair[1], "x", 1);
    if (epoll_wait(epoll, &event, 1, -1) != 1 || event.data.fd != pair[0] || read(pair[0], &byte, 1) != 1) return 2;
    echoes++;
  }
  printf("%d\\n", echoes);
}`;

describe.skipIf(why)(`idle connections${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each([
    ['level-triggered', '0'],
    ['edge-triggered', '1'],
  ])('cost nothing a step: %s', (_name, mode) => {
    const path = join(scratch, `idle${mode}`);
    writeFileSync(`${path}.c`, SOURCE);
    execFileSync('gcc', ['-w', '-O1', '-static', '-o', path, `${path}.c`]);
    const [looks, reads] = [vi.spyOn(StreamSocket.prototype, 'readiness'), vi.spyOn(StreamSocket.prototype, 'events', 'get')];
    const workOf = (many: number): number => {
      let text = '';
      const before = looks.mock.calls.length + reads.mock.calls.length;
      const process = startProcess({
        host: nodePorts,
        path,
        args: [path, String(many), mode],
        output: ({ bytes }) => (text += new TextDecoder().decode(bytes)),
      });
      expect(process.run({ budget: 1e9 })).toMatchObject({ kind: 'exited', status: 0 });
      expect(text).toBe('1000\n');
      return looks.mock.calls.length + reads.mock.calls.length - before;
    };
    const [few, many] = [workOf(0), workOf(500)];
    // Each is looked at when it comes, and not a thousand times.
    expect(many - few).toBeLessThan(500 * 10);
    expect(few).toBeGreaterThan(1000);
  });
});
