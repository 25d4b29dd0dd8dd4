import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { E, errnoName } from '../abi/errno.js';
import { defaultAction, signalName, signalNumber } from '../abi/signals.js';
import { SYSCALLS, syscallName, syscallNumber } from './table.js';

/** `#define` lines of a header as the C compiler sees them; undefined without one. */
function defines(header: string): ReadonlyMap<string, string> | undefined {
  const { status, stdout } = spawnSync('gcc', ['-dM', '-E', '-x', 'c', '-'], { input: `#include <${header}>\n`, encoding: 'utf8' });
  if (status !== 0) return undefined;
  return new Map([...stdout.matchAll(/^#define (\w+) (.+)$/gm)].map(match => [match[1]!, match[2]!]));
}

const numbers = defines('asm/unistd_64.h');
const skip = numbers || process.env.CI === 'true' ? '' : ' (skipped: gcc or its headers are missing: apt-get install gcc libc6-dev)';

describe('the table of system calls', () => {
  it('has each number and each name once, and something to do for each', () => {
    expect(new Set(SYSCALLS.map(row => row.number)).size).toBe(SYSCALLS.length);
    expect(new Set(SYSCALLS.map(row => row.name)).size).toBe(SYSCALLS.length);
    for (const row of SYSCALLS) expect(Boolean(row.run) !== Boolean(row.refuse), row.name).toBe(true);
    expect(syscallName(257)).toBe('openat');
    expect(syscallName(9999)).toBe('syscall 9999');
    expect(syscallNumber('futex')).toBe(202);
    expect(syscallNumber('frobnicate')).toBeUndefined();
  });

  it.skipIf(skip)(`has the numbers of the system's headers${skip}`, () => {
    for (const row of SYSCALLS) expect(numbers?.get(`__NR_${row.name}`), row.name).toBe(String(row.number));
  });

  it.skipIf(skip)(`has the error numbers of the system's headers${skip}`, () => {
    const errors = defines('errno.h');
    for (const [name, number] of Object.entries(E)) expect(errors?.get(`E${name}`), name).toBe(String(number));
  });

  it.skipIf(skip)(`has the signals of the system's headers${skip}`, () => {
    const signals = defines('signal.h');
    for (let number = 1; number <= 31; number++) {
      const value = signals?.get(signalName(number)) ?? '';
      expect(signals?.get(value) ?? value, signalName(number)).toBe(String(number));
    }
  });

  it('names errors and signals', () => {
    expect(errnoName(2)).toBe('ENOENT');
    expect(errnoName(4000)).toBe('errno 4000');
    expect([signalNumber('SIGSEGV'), signalNumber('segv'), signalNumber('SIGRTMIN+2'), signalNumber('SIGRTMIN+99')]).toEqual([
      11,
      11,
      34,
      undefined,
    ]);
    expect(signalNumber('SIGNOT')).toBeUndefined();
    expect([signalName(32), signalName(34)]).toEqual(['SIGRTMIN', 'SIGRTMIN+2']);
    expect([defaultAction(11), defaultAction(17), defaultAction(40)]).toEqual(['core', 'ignore', 'terminate']);
  });
});
