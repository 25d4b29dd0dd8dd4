import { FD_LIMIT, RLIMIT_NOFILE, SIGNAL_LIMIT, THREAD_LIMIT, UID } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import type { Kernel } from '../kernel.js';
import { STACK_LIMIT, TASK_SIZE } from '../load/layout.js';
import type { Task } from '../task.js';
import { processOf, usageOf } from './children.js';
import { int, rowsOf, type SyscallRow, size, uint } from './row.js';
import { SECOND } from './timespec.js';

const encoder = new TextEncoder();
const UTS_LENGTH = 65;
/** What uname(2) says: system, host, release, version, machine, domain. The release is that of Debian 12, whose glibc and Go ask for it. */
const UTSNAME = ['Linux', 'r14', '6.1.0', '#1 SMP', 'x86_64', '(none)'];

const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;
/** Soft and hard limits by RLIMIT number; unlimited where not named. */
const LIMITS: Readonly<Record<number, readonly [bigint, bigint]>> = {
  3: [STACK_LIMIT, RLIM_INFINITY],
  4: [0n, RLIM_INFINITY],
  6: [BigInt(THREAD_LIMIT), BigInt(THREAD_LIMIT)],
  [RLIMIT_NOFILE]: [BigInt(FD_LIMIT), BigInt(FD_LIMIT)],
  8: [8n << 20n, 8n << 20n],
  11: [BigInt(SIGNAL_LIMIT), BigInt(SIGNAL_LIMIT)],
  12: [819200n, 819200n],
  13: [0n, 0n],
  14: [0n, 0n],
};
const LIMIT_COUNT = 16;

function writeLimit(kernel: Kernel, which: number, address: bigint, of = kernel): void {
  if (which < 0 || which >= LIMIT_COUNT) throw new Errno(E.INVAL);
  const [soft, hard] = of.limits.get(which) ?? LIMITS[which] ?? [RLIM_INFINITY, RLIM_INFINITY];
  if (address !== 0n) kernel.user.write(address, new Uint8Array(new BigUint64Array([soft, hard]).buffer));
}

/** New limits are remembered, no more: the machine has its own. */
function readLimit(kernel: Kernel, which: number, address: bigint, of = kernel): void {
  if (which < 0 || which >= LIMIT_COUNT) throw new Errno(E.INVAL);
  if (address === 0n) return;
  const [soft, hard] = [kernel.user.u64(address), kernel.user.u64(address + 8n)];
  const ceiling = (of.limits.get(which) ?? LIMITS[which] ?? [0n, RLIM_INFINITY])[1];
  if (soft > hard) throw new Errno(E.INVAL);
  if (hard > ceiling) throw new Errno(E.PERM);
  of.limits.set(which, [soft, hard]);
}

const PR = {
  GET_DUMPABLE: 3,
  SET_DUMPABLE: 4,
  SET_NAME: 15,
  GET_NAME: 16,
  SET_TIMERSLACK: 29,
  GET_TIMERSLACK: 30,
  SET_NO_NEW_PRIVS: 38,
} as const;
const PR_GET_NO_NEW_PRIVS = 39;
const PR_SET_PDEATHSIG = 1;
const PR_CAPBSET_READ = 23;
const PR_SET_THP_DISABLE = 41;
const NAME_LENGTH = 16;

function prctl(kernel: Kernel, task: Task, args: readonly bigint[]): number {
  switch (int(args[0])) {
    case PR.SET_NAME:
      task.name = kernel.user.path(args[1]!).slice(0, NAME_LENGTH - 1);
      return 0;
    case PR.GET_NAME: {
      const bytes = new Uint8Array(NAME_LENGTH);
      bytes.set(encoder.encode(task.name).subarray(0, NAME_LENGTH - 1));
      kernel.user.write(args[1]!, bytes);
      return 0;
    }
    case PR.GET_DUMPABLE:
      return 1;
    case PR.GET_TIMERSLACK:
      return 50_000;
    case PR.SET_DUMPABLE:
    case PR.SET_TIMERSLACK:
    case PR.SET_NO_NEW_PRIVS:
    case PR_SET_PDEATHSIG:
    case PR_SET_THP_DISABLE:
    case PR_CAPBSET_READ:
    case PR_GET_NO_NEW_PRIVS:
      return 0;
    default:
      // Among them PR_SET_VMA, which a kernel without CONFIG_ANON_VMA_NAME does not know.
      return -E.INVAL;
  }
}

const ARCH = { SET_GS: 0x1001, SET_FS: 0x1002, GET_FS: 0x1003, GET_GS: 0x1004 } as const;

function archPrctl(kernel: Kernel, args: readonly bigint[]): number {
  const { registers } = kernel.cpu;
  const value = args[1]!;
  switch (int(args[0])) {
    case ARCH.SET_FS:
    case ARCH.SET_GS:
      if (value >= TASK_SIZE) return -E.PERM;
      if (int(args[0]) === ARCH.SET_FS) registers.fsBase = value;
      else registers.gsBase = value;
      return 0;
    case ARCH.GET_FS:
      kernel.user.setU64(value, registers.fsBase);
      return 0;
    case ARCH.GET_GS:
      kernel.user.setU64(value, registers.gsBase);
      return 0;
    default:
      return -E.INVAL;
  }
}

/** RUSAGE_SELF, RUSAGE_CHILDREN and RUSAGE_THREAD. */
function getrusage(kernel: Kernel, task: Task, who: number, address: bigint): number {
  if (who !== 0 && who !== 1 && who !== -1) return -E.INVAL;
  const time = who === 1 ? task.cpuTime : who === 0 ? kernel.cpuTime : kernel.childrenTime;
  kernel.user.write(address, usageOf(time, who === -1 ? 0 : kernel.memory.touchedPages));
  return 0;
}

/** struct sysinfo: 112 bytes, memory in units of one byte. */
function sysinfo(kernel: Kernel, address: bigint): number {
  const view = new DataView(new ArrayBuffer(112));
  const free = Math.max(0, kernel.memoryLimit - kernel.system.touchedPages * 4096);
  view.setBigInt64(0, kernel.clock.read(1)! / SECOND, true);
  view.setBigUint64(32, BigInt(kernel.memoryLimit), true);
  view.setBigUint64(40, BigInt(free), true);
  view.setUint16(80, kernel.system.tasks.length, true);
  view.setUint32(104, 1, true);
  kernel.user.write(address, new Uint8Array(view.buffer));
  return 0;
}

/** Bytes of one answer: a caller asks again for the rest. */
const GETRANDOM_MAX = 1 << 18;

/** setuid(2) and its kin: the guest may become who it is; `kept`: -1 stands for that. */
function become(kernel: Kernel, call: string, ids: readonly bigint[], kept: boolean): number {
  if (!kept && ids.some(id => int(id) === -1)) return -E.INVAL;
  if (ids.every(id => uint(id) === UID || int(id) === -1)) return 0;
  kernel.refusals.add(call, 'the guest has no privileges', 'EPERM');
  return -E.PERM;
}

const row = rowsOf('process');

export const PROCESS_SYSCALLS: readonly SyscallRow[] = [
  row(102, 'getuid', '', () => UID),
  row(104, 'getgid', '', () => UID),
  row(107, 'geteuid', '', () => UID),
  row(108, 'getegid', '', () => UID),
  row(105, 'setuid', 'int', (k, _t, a) => become(k, 'setuid', a.slice(0, 1), false)),
  row(106, 'setgid', 'int', (k, _t, a) => become(k, 'setgid', a.slice(0, 1), false)),
  row(113, 'setreuid', 'int int', (k, _t, a) => become(k, 'setreuid', a.slice(0, 2), true)),
  row(114, 'setregid', 'int int', (k, _t, a) => become(k, 'setregid', a.slice(0, 2), true)),
  row(117, 'setresuid', 'int int int', (k, _t, a) => become(k, 'setresuid', a.slice(0, 3), true)),
  row(119, 'setresgid', 'int int int', (k, _t, a) => become(k, 'setresgid', a.slice(0, 3), true)),
  row(115, 'getgroups', 'int ptr', (_k, _t, a) => (int(a[0]) < 0 ? -E.INVAL : 0)),
  row(118, 'getresuid', 'ptr ptr ptr', (k, _t, a) => {
    for (const address of a.slice(0, 3)) k.user.setU32(address, UID);
    return 0;
  }),
  row(120, 'getresgid', 'ptr ptr ptr', (k, _t, a) => {
    for (const address of a.slice(0, 3)) k.user.setU32(address, UID);
    return 0;
  }),
  row(63, 'uname', 'ptr', (k, _t, a) => {
    const bytes = new Uint8Array(UTSNAME.length * UTS_LENGTH);
    for (const [i, text] of UTSNAME.entries()) bytes.set(encoder.encode(text), i * UTS_LENGTH);
    k.user.write(a[0]!, bytes);
    return 0;
  }),
  row(97, 'getrlimit', 'int ptr', (k, _t, a) => {
    writeLimit(k, int(a[0]), a[1]!);
    return 0;
  }),
  row(160, 'setrlimit', 'int ptr', (k, _t, a) => {
    readLimit(k, int(a[0]), a[1]!);
    return 0;
  }),
  row(302, 'prlimit64', 'int int ptr ptr', (k, _t, a) => {
    const of = processOf(k, int(a[0]));
    writeLimit(k, int(a[1]), a[3]!, of);
    readLimit(k, int(a[1]), a[2]!, of);
    return 0;
  }),
  row(98, 'getrusage', 'int ptr', (k, t, a) => getrusage(k, t, int(a[0]), a[1]!)),
  row(99, 'sysinfo', 'ptr', (k, _t, a) => sysinfo(k, a[0]!)),
  row(135, 'personality', 'hex', () => 0x40000),
  row(140, 'getpriority', 'int int', () => 20),
  row(141, 'setpriority', 'int int int', () => 0),
  row(157, 'prctl', 'int hex hex hex hex', (k, t, a) => prctl(k, t, a)),
  row(158, 'arch_prctl', 'hex ptr', (k, _t, a) => archPrctl(k, a)),
  row(125, 'capget', 'ptr ptr', (k, _t, a) => {
    if (a[1] !== 0n) k.user.write(a[1]!, new Uint8Array(24));
    return 0;
  }),
  row(318, 'getrandom', 'ptr size hex', (k, _t, a) => {
    if ((uint(a[2]) & ~7) !== 0) return -E.INVAL;
    const length = Math.min(size(a[1]), GETRANDOM_MAX);
    if ((uint(a[2]) & 6) === 6) return -E.INVAL;
    k.user.writable(a[0]!, length);
    k.user.write(a[0]!, k.random.bytes(length));
    return length;
  }),
];
