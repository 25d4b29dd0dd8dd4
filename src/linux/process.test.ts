import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildC, cPrograms, GUEST_ENVIRONMENT, missing, type RunInput, runNative } from '../../test/support/build.js';
import { caseName, cCases } from '../../test/support/cases.js';
import { nodePorts } from '../host/node/ports.js';
import { LoadError, type Process, type ProcessOptions, type ProcessStop } from './api.js';
import { startProcess } from './process.js';

const why = missing('gcc');
const suffix = why ? ` (skipped: ${why})` : '';
const LIMIT = 1e9;

interface Run {
  readonly process: Process;
  readonly output: { stdout: string; stderr: string };
}

function start(file: string, { args, env, stdin }: RunInput = {}, options: Partial<ProcessOptions> = {}): Run {
  const output = { stdout: '', stderr: '' };
  const process = startProcess({
    host: nodePorts,
    cwd: globalThis.process.cwd(),
    ...options,
    path: file,
    args: [file, ...(args ?? [])],
    env: { ...GUEST_ENVIRONMENT, ...env },
    stdin: new TextEncoder().encode(stdin ?? ''),
    output: ({ descriptor, bytes }) => {
      output[descriptor === 1 ? 'stdout' : 'stderr'] += Buffer.from(bytes).toString();
    },
  });
  process.catch = { signals: new Set() };
  return { process, output };
}

function finish({ process, output }: Run): { stdout: string; stderr: string; status: number | string } {
  const stop = process.run({ budget: LIMIT });
  return { ...output, status: stop.kind === 'exited' ? stop.status : stop.kind };
}

/** Makes, renames and removes things in the directory it is given; or tries to get out of it. */
const CHANGES = `
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define TRY(e) (errno = 0, r = (long)(e), printf("%s: %ld %d\\n", #e, r, r == -1 ? errno : 0))
static int fails(long r) { return r == -1 ? errno : 0; }
int main(int argc, char **argv) {
  long r;
  char text[32] = {0};
  if (chdir(argv[1])) return 1;
  if (argc > 2) {
    symlink("../shut/file", "link");
    symlink("../shut", "way");
    int a = fails(open("link", O_WRONLY)), b = fails(open("way/new", O_WRONLY | O_CREAT, 0600)), c = fails(open("../shut/file", O_RDWR));
    int d = fails(unlink("way/file")), e = fails(rename("link", "../shut/gone")), f = fails(truncate("../shut/file", 0));
    printf("%d %d %d %d %d %d\\n", a, b, c, d, e, f);
    return 0;
  }
  TRY(mkdir("d", 0777));
  TRY(mkdir("d", 0777));
  TRY(mkdir("none/d", 0777));
  int fd = open("d/f", O_RDWR | O_CREAT | O_EXCL, 0666);
  TRY(write(fd, "some text", 9));
  TRY(pwrite(fd, "S", 1, 0));
  TRY(lseek(fd, 0, SEEK_CUR));
  TRY(ftruncate(fd, 6));
  TRY(pread(fd, text, 20, 0));
  puts(text);
  struct stat s;
  TRY(fstat(fd, &s));
  printf("%ld %o\\n", (long)s.st_size, s.st_mode);
  close(fd);
  TRY(open("d/f", O_RDWR | O_CREAT | O_EXCL, 0666));
  TRY(open("d/f/x", O_RDWR | O_CREAT, 0666));
  TRY(open("d", O_WRONLY));
  TRY(open("d/none", O_WRONLY));
  fd = open("d/f", O_WRONLY | O_APPEND);
  TRY(write(fd, "more", 4));
  TRY(read(fd, text, 1));
  close(fd);
  TRY(rename("d/f", "d/g"));
  TRY(rename("d/f", "d/g"));
  TRY(chmod("d/g", 0640));
  TRY(symlink("g", "d/l"));
  TRY(readlink("d/l", text, 20));
  TRY(stat("d/l", &s));
  TRY(unlink("d"));
  TRY(rmdir("d"));
  TRY(unlink("d/l"));
  TRY(unlink("d/l"));
  TRY(creat("e", 0600));
  TRY(truncate("e", 3));
  TRY(rmdir("e"));
  TRY(access("e", W_OK));
  return 0;
}
`;

/** Has pages of its file that it never touches, and says how many it did touch. */
const TOUCHED = `
#include <stdio.h>
static int untouched[65536] = {1};
int main(int argc, char **argv) {
  char line[100] = {0};
  FILE *f = fopen("/proc/self/statm", "r");
  fgets(line, sizeof line, f);
  fputs(line, stdout);
  return argc > 5 ? untouched[argc * 5000] : 0;
}
`;

/** Writes to more pages of its file than it may. */
const GREEDY = `
static int big[1000000] = {[0 ... 999999] = 7};
int main(void) {
  for (int i = 0; i < 1000000; i += 1024) *(volatile int *)(big + i) = 8;
  return 0;
}
`;

/** Reads every page that is mapped, as a debugger does. */
function lookAtAll({ memory }: Process): void {
  for (const { start: from, end } of memory.mappings()) for (let at = from; at < end; at += 4096n) memory.read(at, 4096);
}

/** Programs that ask much of the kernel; all are run through the command line elsewhere. */
const ASKING = cPrograms().filter(name => name.startsWith('kernel-') || ['pipes', 'processor', 'signals', 'threads'].includes(name));

describe.skipIf(why)(`C programs do as on the host${suffix}`, () => {
  for (const isStatic of [true, false]) {
    describe(isStatic ? 'static' : 'dynamic', () => {
      for (const one of cCases(ASKING)) {
        it(caseName(one), () => {
          const binary = buildC(one.program, { static: isStatic });
          expect(finish(start(binary, one))).toEqual(runNative(binary, one));
        });
      }
    });
  }
});

describe.skipIf(why)(`a process${suffix}`, () => {
  const scratch = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'r14-process-')));
  afterAll(() => fs.rmSync(scratch, { recursive: true }));

  it('is the same for the same seed, however it is cut into slices', () => {
    const binary = buildC('threads', { static: true });
    const whole = start(binary);
    whole.process.run({ budget: 300_000 });
    const cut = start(binary);
    for (const size of [1, 2, 4000, 995_997 - 4000]) {
      const left = Math.min(size, 300_000 - cut.process.t);
      cut.process.run({ budget: left });
    }
    expect(cut.process.t).toBe(whole.process.t);
    expect(cut.process.hash()).toBe(whole.process.hash());
    finish(whole);
    finish(cut);
    expect(cut.process.hash()).toBe(whole.process.hash());
    expect(cut.output).toEqual(whole.output);
    const other = start(binary, {}, { seed: 1 });
    finish(other);
    expect(other.process.hash()).not.toBe(whole.process.hash());
  });

  it('does not change by being looked at', () => {
    const binary = buildC('hello');
    const plain = start(binary);
    const seen = start(binary);
    for (const { process } of [plain, seen]) process.run({ budget: 20_000 });
    for (const mapping of seen.process.memory.mappings()) seen.process.memory.read(mapping.start, 4096);
    expect(seen.process.hash()).toBe(plain.process.hash());
    const touched = seen.process.memory.touchedPages;
    lookAtAll(seen.process);
    expect(seen.process.memory.touchedPages).toBe(touched);
  });

  it('goes on as if it had not been looked at, also where it asks how much memory it has touched', () => {
    const source = path.join(scratch, 'touched.c');
    fs.writeFileSync(source, TOUCHED);
    execFileSync('gcc', ['-O0', '-o', path.join(scratch, 'touched'), source]);
    const plain = start(path.join(scratch, 'touched'));
    const seen = start(path.join(scratch, 'touched'));
    const expected = finish(plain);
    expect(expected).toMatchObject({ status: 0, stderr: '' });
    expect(expected.stdout).toMatch(/^\d+ \d+ 0 1 0 \d+ 0\n$/);
    for (let stop = 0; stop < plain.process.t; stop += plain.process.t / 7) {
      seen.process.run({ budget: Math.ceil(stop) - seen.process.t });
      lookAtAll(seen.process);
    }
    expect(finish(seen)).toEqual(expected);
    expect(seen.process.hash()).toBe(plain.process.hash());
    lookAtAll(seen.process);
    expect(seen.process.hash()).toBe(plain.process.hash());
  });

  it('can be read where it is mapped when its memory is used up', () => {
    const source = path.join(scratch, 'greedy.c');
    fs.writeFileSync(source, GREEDY);
    execFileSync('gcc', ['-O0', '-static', '-o', path.join(scratch, 'greedy-c'), source]);
    const { process } = start(path.join(scratch, 'greedy-c'), {}, { memory: 1 << 20 });
    expect(process.run({ budget: LIMIT })).toEqual({ kind: 'memory-limit' });
    lookAtAll(process);
    const data = process.memory.mappings().find(mapping => mapping.prot === 3 && mapping.end - mapping.start > 1n << 20n)!;
    expect(process.memory.readU32(data.end - 0x10000n)).toBe(7);
    expect(process.run({ budget: LIMIT })).toEqual({ kind: 'memory-limit' });
  });

  it('stands at the first instruction, with the loader and the program as objects', () => {
    const { process } = start(buildC('hello'));
    expect(process.t).toBe(0);
    expect(process.objects.map(object => object.role)).toEqual(['program', 'interpreter']);
    expect(process.objects[0]?.bias).toBe(0x5555_5555_4000n);
    expect(process.current.registers.rip).toBeGreaterThan(0x7fff_f000_0000n);
    expect(process.current.registers.get('rsp')).toBeGreaterThan(0x7fff_ffff_0000n);
    process.run({ budget: LIMIT });
    expect(process.objects.some(object => object.role === 'library' && object.path.includes('libc.so'))).toBe(true);
  });

  it('stops before a fault is delivered, and delivers or drops it', () => {
    const { process } = start(buildC('aborts', { static: true }), { args: ['null'] });
    process.catch = {};
    const stop = process.run({ budget: LIMIT });
    expect(stop).toMatchObject({
      kind: 'signal',
      signal: { signal: 11, name: 'SIGSEGV', code: 1, fault: { vector: '#PF', mapped: false } },
    });
    const { rip } = process.current.registers;
    process.suppressSignal();
    expect(process.run({ budget: LIMIT })).toMatchObject({ kind: 'signal' });
    expect(process.current.registers.rip).toBe(rip);
    const end: ProcessStop = { kind: 'exited', status: 139, signal: 'SIGSEGV' };
    expect(process.run({ budget: LIMIT })).toEqual(end);
    expect(process.run({ budget: LIMIT })).toEqual(end);
  });

  it('catches system calls at entry and return', () => {
    const { process, output } = start(buildC('hello', { static: true }));
    process.catch = { signals: new Set(), syscalls: new Set([1]) };
    const entry = process.run({ budget: LIMIT });
    expect(entry).toMatchObject({ kind: 'syscall', phase: 'entry', number: 1, name: 'write' });
    expect(output.stdout + output.stderr).toBe('');
    const length = process.current.registers.get('rdx');
    const { registers } = process.current;
    const text = `write(${registers.get('rdi')}, 0x${registers.get('rsi').toString(16)}, ${length})`;
    expect(entry).toMatchObject({ text });
    expect(process.run({ budget: LIMIT })).toMatchObject({ kind: 'syscall', phase: 'return', text: `${text} = ${length}` });
    expect(process.current.registers.get('rax')).toBe(length);
    expect(output.stdout + output.stderr).not.toBe('');
  });

  it('tells observers of system calls and of threads that go on, and runs as it would without', () => {
    const binary = buildC('kernel-threads', { static: true });
    const [plain, seen] = [start(binary), start(binary)];
    const calls = { entry: 0, return: 0 };
    const threads = new Set<number>();
    seen.process.observe({ syscall: ({ phase }) => calls[phase]++ });
    const leave = seen.process.observe({
      threadSwitched(tid) {
        expect(seen.process.current.tid).toBe(tid);
        threads.add(tid);
      },
    });
    for (const { process } of [plain, seen]) process.run({ budget: 200_000 });
    for (const { tid } of seen.process.threads) expect(threads).toContain(tid);
    const { size } = threads;
    leave();
    expect(finish(seen)).toEqual(finish(plain));
    expect(seen.process.hash()).toBe(plain.process.hash());
    expect(threads.size).toBe(size);
    expect(calls.entry).toBe(seen.process.syscallCount);
    // Those that end a thread or the process do not return; those that wait when it ends neither.
    expect(calls.return).toBeLessThan(calls.entry);
  });

  it('catches threads, shows what they wait for, and has one of them go on', () => {
    const { process } = start(buildC('kernel-threads', { static: true }));
    process.catch = { signals: new Set(), threads: true };
    const born = process.run({ budget: LIMIT });
    expect(born).toMatchObject({ kind: 'thread', event: 'created', tid: 1001 });
    process.catch = { signals: new Set() };
    while (process.threads.length < 9) process.run({ budget: 1000 });
    process.run({ budget: 1_000_000 });
    const waiting = process.threads.filter(thread => thread.state === 'waiting');
    expect(waiting.some(thread => thread.waitingFor?.startsWith('futex 0x'))).toBe(true);
    for (const thread of waiting) expect(thread.registers.rip).toBeGreaterThan(0x400000n);
    const chosen = waiting[0]!.tid;
    process.select(chosen);
    expect(process.current.tid).toBe(chosen);
    expect(process.run({ budget: LIMIT })).toEqual({ kind: 'exited', status: 44 });
  });

  it('reads and writes only where it was told', () => {
    const binary = buildC('cat', { static: true });
    const file = path.join(scratch, 'file');
    fs.writeFileSync(file, 'contents');
    const shut = start(binary, { args: [file] });
    expect(finish(shut).stdout).not.toContain('contents');
    expect(shut.process.refusals).toEqual([
      { syscall: 'openat', detail: `${file}: not open to the guest (--allow-read)`, errno: 'ENOENT', count: 1 },
    ]);
    expect(finish(start(binary, { args: [file] }, { allowRead: [scratch] })).stdout).toContain('contents');
  });

  it('changes files below --allow-write as the host would, and none beside', () => {
    const source = path.join(scratch, 'change.c');
    fs.writeFileSync(source, CHANGES);
    execFileSync('gcc', ['-w', '-static', '-o', path.join(scratch, 'change'), source]);
    const tree = (name: string) => {
      fs.mkdirSync(path.join(scratch, name, 'shut'), { recursive: true });
      fs.writeFileSync(path.join(scratch, name, 'shut', 'file'), 'untouched');
      fs.mkdirSync(path.join(scratch, name, 'open'));
      return path.join(scratch, name);
    };
    const list = (top: string) =>
      fs
        .readdirSync(top, { recursive: true })
        .map(String)
        .sort()
        .map(name => {
          const stat = fs.lstatSync(path.join(top, name));
          return `${name} ${(stat.mode & 0o777).toString(8)} ${stat.isFile() ? fs.readFileSync(path.join(top, name)) : ''}`;
        });
    const [native, emulated] = [tree('native'), tree('emulated')];
    const before = process.umask(0o022);
    const expected = execFileSync(path.join(scratch, 'change'), [`${native}/open`], { encoding: 'utf8' });
    process.umask(before);
    const run = start(path.join(scratch, 'change'), { args: [`${emulated}/open`] }, { allowWrite: [`${emulated}/open`] });
    expect(finish(run)).toEqual({ stdout: expected, stderr: '', status: 0 });
    expect(list(`${emulated}/open`)).toEqual(list(`${native}/open`));
    const way = start(path.join(scratch, 'change'), { args: [`${emulated}/open`, 'escape'] }, { allowWrite: [`${emulated}/open`] });
    expect(finish(way).stdout).toBe('2 2 2 2 2 2\n');
    expect(fs.readFileSync(`${emulated}/shut/file`, 'utf8')).toBe('untouched');
    expect(fs.readdirSync(`${emulated}/shut`)).toEqual(['file']);
  });

  it('finds interpreter and libraries below a sysroot', () => {
    const root = path.join(scratch, 'sysroot');
    const binary = buildC('hello');
    const ordinary = start(binary);
    finish(ordinary);
    for (const { path: file } of ordinary.process.objects.slice(1)) {
      fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
      fs.copyFileSync(file, path.join(root, file));
    }
    const run = start(binary, { args: ['a'] }, { sysroot: root });
    expect(finish(run)).toEqual(runNative(binary, { args: ['a'] }));
    expect(run.process.objects.map(object => object.role)).toContain('library');
  });

  it('stops when nothing can ever run again, and when memory is used up', () => {
    const waits = path.join(scratch, 'waits');
    fs.writeFileSync(`${waits}.s`, '.globl _start\n_start: mov $34, %eax\nsyscall\n');
    assemble(waits);
    expect(start(waits).process.run({ budget: LIMIT })).toEqual({ kind: 'deadlock' });
    // A periodic timer whose signal is ignored: signal(SIGALRM, SIG_IGN); setitimer(...); pause().
    const ticking = path.join(scratch, 'ticking');
    const ignore = 'mov $13, %eax\nmov $14, %edi\nlea act(%rip), %rsi\nxor %edx, %edx\nmov $8, %r10d\nsyscall\n';
    const timer = 'mov $38, %eax\nxor %edi, %edi\nlea every(%rip), %rsi\nxor %edx, %edx\nsyscall\n';
    const data = '.data\nact: .quad 1, 0, 0, 0\nevery: .quad 0, 1000, 0, 1000\n';
    fs.writeFileSync(`${ticking}.s`, `.globl _start\n_start: ${ignore}${timer}mov $34, %eax\nsyscall\n${data}`);
    assemble(ticking);
    expect(start(ticking).process.run({ budget: LIMIT })).toEqual({ kind: 'deadlock' });
    const greedy = path.join(scratch, 'greedy');
    fs.writeFileSync(
      `${greedy}.s`,
      '.globl _start\n_start: lea room(%rip), %rax\nmore: movb $1, (%rax)\nadd $4096, %rax\njmp more\n.comm room, 0x4000000\n',
    );
    assemble(greedy);
    expect(start(greedy, {}, { memory: 1 << 20 }).process.run({ budget: LIMIT })).toEqual({ kind: 'memory-limit' });
  });

  it('tells of calls that it refuses or does not know', () => {
    const calls = path.join(scratch, 'calls');
    const call = (number: number) => `mov $${number}, %eax\nsyscall\npush %rax\n`;
    fs.writeFileSync(`${calls}.s`, `.globl _start\n_start: ${call(41)}${call(101)}${call(999)}${call(999)}mov $231, %eax\nsyscall\n`);
    assemble(calls);
    const { process } = start(calls);
    expect(process.run({ budget: LIMIT })).toMatchObject({ kind: 'exited' });
    const sp = process.current.registers.get('rsp');
    expect([24n, 16n, 8n, 0n].map(at => BigInt.asIntN(64, process.memory.readU64(sp + at)))).toEqual([-97n, -1n, -38n, -38n]);
    expect(process.refusals).toEqual([
      { syscall: 'socket', detail: 'address family 0: there are AF_UNIX, AF_INET and AF_INET6', errno: 'EAFNOSUPPORT', count: 1 },
      { syscall: 'ptrace', detail: 'the guest has no privileges', errno: 'EPERM', count: 1 },
      { syscall: 'syscall 999', detail: 'unknown to r14', errno: 'ENOSYS', count: 2 },
    ]);
  });

  function assemble(target: string): void {
    execFileSync('gcc', ['-nostdlib', '-static', '-o', target, `${target}.s`], { stdio: 'pipe' });
  }

  const refused = (change: (bytes: Uint8Array) => Uint8Array | undefined): string => {
    const file = path.join(scratch, 'bad');
    const bytes = new Uint8Array(fs.readFileSync(buildC('hello')));
    fs.writeFileSync(file, change(bytes) ?? bytes);
    try {
      start(file);
    } catch (error) {
      expect(error).toBeInstanceOf(LoadError);
      return (error as Error).message.replace(file, 'bad');
    }
    return 'loaded';
  };

  it('refuses what cannot be loaded in one line that says why', () => {
    expect(() => start(path.join(scratch, 'none'))).toThrow(new LoadError(`${scratch}/none: no such file`));
    expect(() => start(scratch)).toThrow(new LoadError(`${scratch}: not a file but a directory`));
    expect(() => start('/dev/null')).toThrow(new LoadError('/dev/null: not a file but a device, pipe or socket'));
    expect(refused(() => new Uint8Array(0))).toBe('bad: the file is empty');
    expect(refused(bytes => bytes.subarray(0, 1000))).toMatch(/^bad: .*truncated/);
    expect(refused(bytes => void (bytes[18] = 183))).toBe('bad: not for amd64 but for AArch64');
    const interpreter = (text: string) => (bytes: Uint8Array) =>
      void bytes.set(Buffer.from(text), Buffer.from(bytes).indexOf('/lib64/ld-'));
    expect(refused(interpreter('/lib64/xx'))).toMatch(/^bad: its interpreter \/lib64\/xx-linux-x86-64.so.2 does not exist; --sysroot/);
    expect(refused(interpreter('/lib64/\n\x1b'))).toMatch(/^bad: its interpreter \/lib64\/\\n\\x1b.* does not exist/);
    expect(refused(interpreter('lib'))).toMatch(/^bad: its interpreter \(PT_INTERP\) is "lib.*", not an absolute path$/);
    expect(() => start(buildC('hello'), {}, { sysroot: scratch })).toThrow(/does not exist; --sysroot DIR names a tree that has it/);
  });

  it('refuses any corrupt header with one line, or runs it', () => {
    let state = 12345;
    const random = (below: number) => (state = (state * 1103515245 + 12345) % 2 ** 31) % below;
    for (let i = 0; i < 60; i++) {
      const message = refused(bytes => {
        for (let n = 0; n < 3; n++) bytes[random(0x340)] = random(256);
        return undefined;
      });
      expect(message).not.toContain('\n');
    }
  });
});
