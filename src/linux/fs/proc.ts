import { PROT } from '../../cpu/api.js';
import { CPU_LEVELS, type CpuLevel, cpuid } from '../../cpu/cpuid.js';
import { isUnder } from '../../host/path.js';
import { FD_LIMIT, UID } from '../abi/constants.js';
import { nanosecondsOf } from '../clock.js';
import { STACK_LIMIT } from '../load/layout.js';
import type { ProcessFacts } from './process-facts.js';

/** A file of /proc, /sys or /etc that is made of the kernel's state, never of the host's. */
export type Synthetic =
  | { readonly kind: 'file'; readonly text: () => string | Uint8Array }
  | { readonly kind: 'link'; readonly target: () => string }
  | { readonly kind: 'directory'; readonly names: () => readonly string[] };

/** Where nothing of the host ever shows. */
const TREES = ['/proc', '/sys', '/dev'];
/**
 * Files that programs look for and do well without: not there, and not worth a refusal. Names that end in a slash stand for all below them.
 */
const ABSENT = [
  '/etc/ld.so.preload',
  '/etc/localtime',
  '/etc/malloc.conf',
  '/etc/gnutls/config',
  '/usr/lib/locale/',
  '/usr/share/locale/',
  '/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache',
  '/usr/lib/x86_64-linux-gnu/gconv/gconv-modules',
];

/** Shared memory is a folder of the guest's own (shm_overview(7)). */
export const SHARED_MEMORY = '/dev/shm';

export function isSyntheticPath(guest: string): boolean {
  if (isUnder(guest, SHARED_MEMORY)) return false;
  return TREES.some(tree => isUnder(guest, tree));
}

export function isKnownAbsent(guest: string): boolean {
  return ABSENT.some(entry => guest === entry || (entry.endsWith('/') && guest.startsWith(entry)));
}

function file(text: () => string | Uint8Array): Synthetic {
  return { kind: 'file', text };
}

function directory(names: () => readonly string[]): Synthetic {
  return { kind: 'directory', names };
}

/** Names of ports that programs ask for (RFC 6335). */
const SERVICES = (
  [
    ['ftp', 21],
    ['ssh', 22],
    ['telnet', 23],
    ['smtp', 25],
    ['domain', 53],
    ['http', 80],
    ['pop3', 110],
    ['ntp', 123],
    ['imap2', 143],
    ['ldap', 389],
    ['https', 443],
    ['imaps', 993],
    ['mysql', 3306],
    ['postgresql', 5432],
  ] as const
)
  .map(([name, port]) => `${name}\t${port}/tcp\n${name}\t${port}/udp\n`)
  .join('');

/** What name services and resolvers ask for: there is this machine, and a name server on it that knows of no other (src/linux/net/name-server.ts). */
const OWN_FILES: Readonly<Record<string, string>> = {
  '/etc/hosts': '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n',
  // Whose the guest is: os/user, getpwuid(3).
  '/etc/passwd': `root:x:0:0:root:/root:/bin/sh\nuser:x:${UID}:${UID}:user:/:/bin/sh\n`,
  '/etc/group': `root:x:0:\nuser:x:${UID}:\n`,
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nservices: files\nprotocols: files\n',
  '/etc/resolv.conf': 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n',
  '/etc/services': SERVICES,
  '/etc/protocols': 'ip\t0\tIP\nicmp\t1\tICMP\ntcp\t6\tTCP\nudp\t17\tUDP\nipv6\t41\tIPv6\n',
};

/** Whether the guest has a file of r14's own there, in place of the host's. */
export const isOwnFile = (guest: string): boolean => Object.hasOwn(OWN_FILES, guest);

/** What stands for the process's descriptors in /dev (fd(4)). */
const STREAMS: Readonly<Record<string, string>> = {
  '/dev/fd': '/proc/self/fd',
  '/dev/stdin': '/proc/self/fd/0',
  '/dev/stdout': '/proc/self/fd/1',
  '/dev/stderr': '/proc/self/fd/2',
};

/** What lies at a normalised path of /proc, /sys or /dev, or at one of a file of r14's own; undefined: nothing. */
export function syntheticAt(process: ProcessFacts, path: string): Synthetic | undefined {
  const link = STREAMS[path];
  if (link !== undefined) return { kind: 'link', target: () => link };
  if (isOwnFile(path)) return file(() => OWN_FILES[path]!);
  const guest = path.replace(/^\/dev\/fd(?=\/)/, '/proc/self/fd');
  const other = process.process(Number(/^\/proc\/(\d+)(?=\/|$)/.exec(guest)?.[1]));
  if (other !== undefined && other.pid !== process.pid) {
    const rest = guest.slice(`/proc/${other.pid}`.length);
    return other.exit ? endedFile(other, rest) : syntheticAt(other, `/proc/self${rest}`);
  }
  const own = guest.replace(/^\/proc\/(self|thread-self|\d+)(?=\/|$)/, (whole, who: string) => {
    if (who === 'self' || who === String(process.pid)) return '/proc/self';
    return who === 'thread-self' || process.task(Number(who)) ? `/proc/self/task/${tidOf(process, who)}` : whole;
  });
  if (guest === '/proc/self') return { kind: 'link', target: () => String(process.pid) };
  const task = /^\/proc\/self\/task\/(\d+)(\/.*)?$/.exec(own);
  if (task) {
    const tid = Number(task[1]);
    if (!process.task(tid)) return undefined;
    return processFile(process, tid, task[2] ?? '');
  }
  if (own === '/proc/self' || own.startsWith('/proc/self/')) return processFile(process, process.pid, own.slice('/proc/self'.length));
  return systemFile(process, guest);
}

function tidOf(process: ProcessFacts, who: string): number {
  return who === 'thread-self' ? (process.scheduler.current?.tid ?? process.pid) : Number(who);
}

const PROCESS_FILES = [
  'auxv',
  'cmdline',
  'comm',
  'environ',
  'exe',
  'fd',
  'limits',
  'maps',
  'oom_score_adj',
  'stat',
  'statm',
  'status',
  'task',
];

/** A file of /proc/self or of one of its tasks (proc(5)). */
function processFile(process: ProcessFacts, tid: number, name: string): Synthetic | undefined {
  const { program } = process;
  switch (name) {
    case '':
      return directory(() => PROCESS_FILES);
    case '/maps':
      return file(() => maps(process));
    case '/exe':
      return { kind: 'link', target: () => program.real || program.path };
    case '/cwd':
      return { kind: 'link', target: () => process.fs.cwd };
    case '/root':
      return { kind: 'link', target: () => '/' };
    case '/cmdline':
      return file(() => program.args.map(arg => `${arg}\0`).join(''));
    case '/environ':
      return file(() => program.env.map(entry => `${entry}\0`).join(''));
    case '/auxv':
      return file(() => program.auxv);
    case '/comm':
      return file(() => `${process.task(tid)?.name ?? ''}\n`);
    case '/stat':
      return file(() => stat(process, tid));
    case '/statm':
      return file(() => `${process.memory.mappedPages} ${process.memory.touchedPages} 0 1 0 ${process.memory.touchedPages} 0\n`);
    case '/status':
      return file(() => status(process, tid));
    case '/limits':
      return file(limits);
    case '/oom_score_adj':
      return file(() => '0\n');
    case '/task':
      return directory(() => process.tasks.map(task => String(task.tid)));
    case '/fd':
    case '/fdinfo':
      return directory(() => process.fds.numbers().map(String));
  }
  const descriptor = /^\/fd\/(\d+)$/.exec(name);
  if (descriptor && process.fds.has(Number(descriptor[1])))
    return { kind: 'link', target: () => process.fds.get(Number(descriptor[1])).path };
  return undefined;
}

/** /proc/self/maps: one line a mapping, names from column 74 on. */
function maps(process: ProcessFacts): string {
  return process.memory
    .mappings()
    .map(mapping => {
      const rights = `${mapping.prot & PROT.read ? 'r' : '-'}${mapping.prot & PROT.write ? 'w' : '-'}${mapping.prot & PROT.exec ? 'x' : '-'}p`;
      const isFile = mapping.name.startsWith('/');
      const head = `${hex(mapping.start, 8)}-${hex(mapping.end, 8)} ${rights} ${hex(mapping.offset, 8)} ${isFile ? '08:01 1' : '00:00 0'} `;
      return mapping.name === '' ? `${head}\n` : `${head.padEnd(73)}${mapping.name}\n`;
    })
    .join('');
}

function hex(value: bigint, width: number): string {
  return value.toString(16).padStart(width, '0');
}

/** What is left of a process that has ended and has not been waited for. */
function endedFile(process: ProcessFacts, name: string): Synthetic | undefined {
  if (name === '') return directory(() => ['stat', 'status']);
  if (name === '/stat')
    return file(() => `${process.pid} () Z ${process.parentPid} ${process.group} ${process.session}${' 0'.repeat(46)}\n`);
  if (name !== '/status') return undefined;
  return file(() => `State:\tZ (zombie)\nTgid:\t${process.pid}\nPid:\t${process.pid}\nPPid:\t${process.parentPid}\n`);
}

function stat(process: ProcessFacts, tid: number): string {
  const task = process.task(tid);
  const ticks = Math.floor(nanosecondsOf(process.cpuTime) / 10_000_000);
  const fields = [
    ...[
      tid,
      `(${task?.name ?? ''})`,
      'R',
      process.parentPid,
      process.group,
      process.session,
      0,
      -1,
      0x400000,
      0,
      0,
      0,
      0,
      ticks,
      0,
      0,
      0,
      20,
      0,
    ],
    ...[process.tasks.length, 0, 100000, BigInt(process.memory.mappedPages) << 12n, process.memory.touchedPages, '18446744073709551615'],
    ...Array<number>(27).fill(0),
  ];
  return `${fields.join(' ')}\n`;
}

function status(process: ProcessFacts, tid: number): string {
  const kiB = (pages: number) => `${String(pages * 4).padStart(8)} kB`;
  const cpuMask = ((1n << BigInt(process.cpus)) - 1n).toString(16);
  const rows: readonly (readonly [string, string | number | bigint])[] = [
    ['Name', process.task(tid)?.name ?? ''],
    ['Umask', process.umask.toString(8).padStart(4, '0')],
    ['State', 'R (running)'],
    ['Tgid', process.pid],
    ['Pid', tid],
    ['PPid', process.parentPid],
    ['TracerPid', 0],
    ['Uid', Array(4).fill(UID).join('\t')],
    ['Gid', Array(4).fill(UID).join('\t')],
    ['FDSize', 64],
    ['VmPeak', kiB(process.memory.peakPages)],
    ['VmSize', kiB(process.memory.mappedPages)],
    ['VmRSS', kiB(process.memory.touchedPages)],
    ['Threads', process.tasks.length],
    ['Cpus_allowed', cpuMask],
    ['Cpus_allowed_list', process.cpus === 1 ? '0' : `0-${process.cpus - 1}`],
  ];
  return rows.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

function limits(): string {
  const rows = [
    ['Limit', 'Soft Limit', 'Hard Limit', 'Units'],
    ['Max stack size', String(STACK_LIMIT), 'unlimited', 'bytes'],
    ['Max open files', String(FD_LIMIT), String(FD_LIMIT), 'files'],
    ['Max address space', 'unlimited', 'unlimited', 'bytes'],
  ];
  return rows.map(([a, b, c, d]) => `${a!.padEnd(26)}${b!.padEnd(21)}${c!.padEnd(21)}${d!.padEnd(10)}\n`).join('');
}

function systemFile(process: ProcessFacts, guest: string): Synthetic | undefined {
  const cpuList = process.cpus === 1 ? '0\n' : `0-${process.cpus - 1}\n`;
  const cpuNames = () => Array.from({ length: process.cpus }, (_, i) => `cpu${i}`);
  switch (guest) {
    case '/dev':
      return directory(() => ['fd', 'full', 'null', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'urandom', 'zero']);
    case '/proc':
      return directory(() => [
        ...process.system.processes.map(({ pid }) => String(pid)),
        'cpuinfo',
        'meminfo',
        'self',
        'stat',
        'sys',
        'uptime',
        'version',
      ]);
    case '/proc/cpuinfo':
      return file(() =>
        cpuNames()
          .map((_, i) => cpuInfo(process.cpu.level, i))
          .join(''),
      );
    case '/proc/meminfo':
      return file(() => memInfo(process));
    case '/proc/stat':
      return file(() => ['cpu', ...cpuNames()].map(name => `${name} 0 0 0 0 0 0 0 0 0 0\n`).join(''));
    case '/proc/uptime':
      return file(() => `${(Number(process.clock.read(1)!) / 1e9).toFixed(2)} 0.00\n`);
    case '/proc/version':
      return file(() => 'Linux version 6.1.0 (r14)\n');
    case '/proc/sys/vm/overcommit_memory':
      return file(() => '1\n');
    case '/proc/sys/vm/max_map_count':
      return file(() => '65530\n');
    case '/proc/sys/kernel/randomize_va_space':
      return file(() => '0\n');
    case '/proc/sys/fs/pipe-max-size':
      return file(() => '1048576\n');
    case '/proc/sys/kernel/osrelease':
      return file(() => '6.1.0\n');
    case '/proc/sys/kernel/pid_max':
      return file(() => '32768\n');
    case '/proc/sys/net/core/somaxconn':
      return file(() => '4096\n');
    case '/sys/kernel/mm/transparent_hugepage/hpage_pmd_size':
      return file(() => '2097152\n');
    case '/sys/kernel/mm/transparent_hugepage/enabled':
      return file(() => 'always [madvise] never\n');
    case '/sys/devices/system/cpu':
      return directory(() => [...cpuNames(), 'online', 'possible', 'present']);
    case '/sys/devices/system/cpu/online':
    case '/sys/devices/system/cpu/possible':
    case '/sys/devices/system/cpu/present':
      return file(() => cpuList);
    default:
      return undefined;
  }
}

function cpuInfo(level: CpuLevel, index: number): string {
  const signature = cpuid(level, 1, 0)[0];
  const rows = [
    ['processor', index],
    ['vendor_id', 'GenuineIntel'],
    ['cpu family', 6],
    ['model', ((signature >> 12) & 0xf0) | ((signature >> 4) & 15)],
    ['model name', 'r14 emulated amd64 CPU'],
    ['cpu MHz', '1000.000'],
    [
      'flags',
      CPU_LEVELS.slice(0, CPU_LEVELS.indexOf(level) + 1)
        .map(each => CPU_FLAGS[each])
        .join(' '),
    ],
  ];
  return `${rows.map(([name, value]) => `${String(name).padEnd(15)}\t: ${value}\n`).join('')}\n`;
}

/** Linux's names of CPUID's bits. */
const CPU_FLAGS: Readonly<Record<CpuLevel, string>> = {
  v1: 'fpu tsc msr cx8 cmov clflush mmx fxsr sse sse2 syscall nx rdtscp lm fsgsbase',
  v2: 'pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm',
  v3:
    'pclmulqdq fma movbe aes xsave avx f16c rdrand abm 3dnowprefetch bmi1 avx2 bmi2 rdseed adx clflushopt sha_ni rdpid ' +
    'xsaveopt xsavec xgetbv1',
};

function memInfo(process: ProcessFacts): string {
  const total = Math.floor(process.memoryLimit / 1024);
  const free = Math.max(0, total - process.system.touchedPages * 4);
  const rows = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', free],
    ['Buffers', 0],
    ['Cached', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Hugepagesize', 2048],
  ];
  return rows.map(([name, value]) => `${`${name}:`.padEnd(16)}${String(value).padStart(8)} kB\n`).join('');
}
