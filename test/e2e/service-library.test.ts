/**
 * Packages of Go's standard library that services are made of, their own tests as guests: what passes on the host passes here, but for what is listed
 * with its reason. A sample runs here; R14_STD=all runs each, which takes ten minutes.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missing } from '../support/build.js';
import { standardTests } from '../support/go-tests.js';

/** Of these the tests are not run at all. */
const LONG = {
  go: 'starts the go command, which would build packages for minutes',
  gigabytes: 'copies gigabytes, in single pieces',
} as const;
const NAMED_PIPES = 'no named pipes are made';
const TERMINAL = 'there are no terminals';
const RAW = 'raw sockets want privileges';
const FOLDER = "lists a folder of the host's that is not given: / or /etc";

/** What of a package's tests is not as on the host, and why. */
const PACKAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  context: {},
  'encoding/json': {},
  'internal/synctest': {},
  net: {
    TestCopyFromTTY: TERMINAL,
    TestIPConnRemoteName: RAW,
    TestIPConnSpecificMethods: RAW,
    TestMultiPathTCP: 'there is no multipath TCP',
    TestSplice: LONG.gigabytes,
  },
  'net/http': {
    TestCmdGoNoHTTPServer: LONG.go,
    TestOmitHTTP2Vet: LONG.go,
    TestLinuxSendfile: 'starts strace',
  },
  'net/rpc': {},
  os: {
    TestChdirAndGetwd: FOLDER,
    TestDoubleCloseError: FOLDER,
    TestExecutableDeleted: LONG.go,
    TestFIFONonBlockingEOF: NAMED_PIPES,
    TestFifoEOF: NAMED_PIPES,
    TestFileReadDir: FOLDER,
    TestFileReaddir: FOLDER,
    TestFileReaddirnames: FOLDER,
    TestRootConsistencyChmod: 'the name of a socket is not opened with O_PATH',
  },
  'os/exec': {
    TestFindExecutableVsNoexec: 'mounts a file system, in a namespace of its own',
  },
  'os/signal': {
    TestDetectNohup: 'starts nohup, which is not given',
    TestNohup: 'starts nohup',
    TestTerminalSignal: TERMINAL,
  },
};
const SAMPLE: readonly string[] = ['context', 'net/rpc'];

const why = missing('go1.26');

function run(command: string, args: readonly string[], cwd: string, env: Record<string, string>): string {
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 }).stdout;
}

const passes = (text: string): readonly string[] => [...text.matchAll(/^--- PASS: (\S+)/gm)].map(([, name]) => name!).sort();

describe.skipIf(why)(`packages of services${why ? ` (skipped: ${why})` : ''}`, () => {
  for (const name of process.env.R14_STD === 'all' ? Object.keys(PACKAGES) : SAMPLE)
    it(name, { timeout: 1_800_000 }, () => {
      const { binary, folder, goroot } = standardTests(name);
      const different = PACKAGES[name]!;
      const skipped = Object.keys(different).filter(each => (Object.values(LONG) as string[]).includes(different[each]!));
      const args = ['-test.short', '-test.v', ...(skipped.length === 0 ? [] : [`-test.skip=^(${skipped.join('|')})$`])];
      const env = { PATH: '/usr/bin:/bin', HOME: '/tmp', GOROOT: goroot, LANG: 'C', TERM: 'dumb' };
      const given = ['--overlay', goroot, '--allow-read', '/usr/bin', '--allow-exec', '/usr/bin/pwd', '--allow-exec', '/usr/bin/hostname'];
      const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const r14 = join(import.meta.dirname, '../../bin/r14.js');
      const guest = run(process.execPath, [r14, 'run', ...settings, ...given, '--processes', '256', binary, '--', ...args], folder, {
        ...env,
      });
      const [here, there] = [new Set(passes(guest)), passes(run(binary, args, folder, env))];
      expect(there.length).toBeGreaterThan(10);
      expect(there.filter(each => !here.has(each) && different[each] === undefined)).toEqual([]);
      // What has come to pass is listed no more.
      expect(Object.keys(different).filter(each => here.has(each))).toEqual([]);
    });
});
