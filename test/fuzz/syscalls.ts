/**
 * System calls with arguments at their edges, on states that earlier ones have left: `npm run fuzz -- --syscalls`. A case is a list of steps,
 * made from its seed alone, so that steps can be left out. Each call must give an answer of Linux's, in time, and nothing of r14's own.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { decodePart, encodePart } from '../../src/cpu/part.js';
import { nodePorts } from '../../src/host/node/ports.js';
import type { Kernel } from '../../src/linux/kernel.js';
import { startProcess } from '../../src/linux/process.js';
import { actOnSyscall, enterSyscall } from '../../src/linux/syscalls/dispatch.js';
import { SYSCALLS } from '../../src/linux/syscalls/table.js';
import type { SavedSystem } from '../../src/linux/system.js';
import { buildC } from '../support/build.js';
import { Random } from '../vectors/random.js';
import type { Fuzzed } from './fuzzed.js';

/** What ends the process or loads registers that the case has not made. */
const LEFT_OUT: ReadonlySet<string> = new Set(['exit_group', 'rt_sigreturn']);
/** Milliseconds of the processor within which Ctrl-C must be heard: no call may take longer. */
const MOST_TIME = 200;
/** Bytes of the guest's memory, and of what r14 may keep beside it. */
const MEMORY = 64 << 20;
const MOST_KEPT = 512 << 20;

/** Where the case's own data lie. */
const ROOM = 0x1000_0000n;
const ROOM_SIZE = 0x10000n;
/** Pages that cannot be read; that can only be read. */
const SHUT = 0x1800_0000n;
const READ_ONLY = 0x1801_0000n;

export interface Step {
  readonly number: number;
  readonly args: readonly bigint[];
  /** Which of the threads makes the call. */
  readonly thread: number;
  /** Nanoseconds that pass before. */
  readonly leap: number;
}

const PLACES = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'] as const;
const PAGE = 4096n;
const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 8n, 16n, 24n, 64n, 128n, PAGE - 1n, PAGE, PAGE + 1n, 65536n, 1n << 20n],
  ...[(1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n, 1n << 32n, 1n << 40n, 1n << 44n, (1n << 44n) - PAGE, 1n << 46n],
  ...[(1n << 47n) - PAGE, (1n << 47n) - 1n, 1n << 47n, (1n << 48n) - 1n, 1n << 62n, (1n << 63n) - 1n, 1n << 63n, (1n << 63n) + PAGE],
  ...[-1n, -2n, -3n, -4096n, -100n, -2147483648n].map(value => BigInt.asUintN(64, value)),
];
const ADDRESSES: readonly bigint[] = [
  ...[ROOM, ROOM + 1n, ROOM + 4n, ROOM + 8n, ROOM + 0x1000n, ROOM + 0x2000n, ROOM + 0x3ff8n, ROOM + ROOM_SIZE - 1n, ROOM + ROOM_SIZE - 8n],
  ...[ROOM + ROOM_SIZE - 4n, ROOM + ROOM_SIZE, SHUT, SHUT - 4n, READ_ONLY, READ_ONLY + PAGE - 4n, 0x7fff_ffff_e000n, 0x7fff_ffff_f000n],
];
/** Texts in the room, one each 0x100 bytes from 0x8000 on. */
const TEXTS = [
  ...[
    'file',
    'folder',
    'folder/inner',
    'link',
    'loop',
    'out',
    'new',
    '.',
    '..',
    '/',
    '',
    '/proc/self/maps',
    '/proc/self/fd/3',
    '/dev/zero',
  ],
  ...[
    '/dev/fd/4',
    '/proc/self/exe',
    '/proc/self/fd',
    'folder/../file',
    'file/',
    'file/x',
    '/etc/passwd',
    '/dev/urandom',
    '/proc/self/task',
  ],
];
/** Addresses of sockets in the room: struct sockaddr, 0x40 bytes each from 0xa000 on. */
const NAMES: readonly (readonly number[])[] = [
  ...[0x8000, 0x8001, 80, 53, 0].map(port => [2, 0, port >> 8, port & 255, 127, 0, 0, 1, ...Array<number>(8).fill(0)]),
  [2, 0, 0x80, 1, 0, 0, 0, 0, ...Array<number>(8).fill(0)],
  [2, 0, 0, 80, 8, 8, 8, 8, ...Array<number>(8).fill(0)],
  [10, 0, 0x80, 2, ...Array<number>(24).fill(0)],
  [10, 0, 0x80, 0, 0, 0, 0, 0, ...Array<number>(15).fill(0), 1, 0, 0, 0, 0],
  [10, 0, 0x80, 0, 0, 0, 0, 0, ...Array<number>(10).fill(0), 255, 255, 127, 0, 0, 1, 0, 0, 0, 0],
  [1, 0, 0, 97],
  [1, 0, ...new TextEncoder().encode('/tmp/socket'), 0],
  [1, 0, ...new TextEncoder().encode('file'), 0],
  [1, 0],
  [0, 0, 0, 0],
  [99, 0, 1, 2, 3, 4],
];
const nameAt = (index: number): bigint => ROOM + 0xa000n + BigInt(index) * 0x40n;
/** A message with a name, a piece, and descriptors that go along; and one with nothing. */
const MESSAGES = [ROOM + 0xb000n, ROOM + 0xb100n] as const;

const textAt = (index: number): bigint => ROOM + 0x8000n + BigInt(index) * 0x100n;

function argument(random: Random, kind: string | undefined): bigint {
  if (random.chance(12)) return random.pick(EDGES);
  switch (kind) {
    case 'fd':
      return random.chance(85) ? BigInt(random.below(28)) : random.pick(EDGES);
    case 'path':
      return random.chance(85) ? textAt(random.below(TEXTS.length)) : random.pick(ADDRESSES);
    case 'ptr':
      return random.chance(70) ? random.pick(ADDRESSES) : random.chance(50) ? PAGE * BigInt(random.below(1 << 20)) : random.pick(EDGES);
    case 'signal':
      return BigInt(random.below(66));
    case 'family':
      return BigInt(random.pick([1, 1, 2, 2, 10, 0, 16, random.below(50)]));
    case 'sockettype':
      return BigInt(random.pick([1, 1, 2, 2, 3, 5, 7]) | random.pick([0, 0o4000, 0o4000, 0o2000000, 1 << random.below(31)]));
    case 'sockaddr':
      return random.chance(85) ? nameAt(random.below(NAMES.length)) : random.pick(ADDRESSES);
    case 'msghdr':
      return random.chance(80) ? random.pick(MESSAGES) : random.pick(ADDRESSES);
    case 'msgflags':
      return random.pick([0n, 0n, 0x40n, 2n, 0x20n, 0x100n, 0x4000n, 0x40000000n, 1n << BigInt(random.below(32))]);
    case 'size':
      if (random.chance(20)) return random.pick([2n, 3n, 16n, 28n, 110n]);
      return random.chance(50) ? BigInt(random.below(300)) : random.pick(EDGES);
    default:
      return random.chance(60) ? BigInt(random.below(20)) : random.chance(50) ? 1n << BigInt(random.below(64)) : random.pick(EDGES);
  }
}

/** The steps of a seed. */
export function stepsOf(seed: number, count: number): Step[] {
  const random = new Random(seed);
  // Some cases look at a few calls closely.
  const few = random.chance(50) ? Array.from({ length: 2 + random.below(8) }, () => random.pick(SYSCALLS)) : SYSCALLS;
  const rows = few.filter(row => !LEFT_OUT.has(row.name));
  if (rows.length === 0) return [];
  return Array.from({ length: count }, () => {
    const row = random.pick(rows);
    const args = PLACES.map((_, index) => argument(random, row.args[index]));
    return { number: row.number, args, thread: random.below(4), leap: random.chance(5) ? random.below(2 ** 31) : 0 };
  });
}

/** A process with files of all kinds open and its data in place, in a folder of its own. */
function ready(folder: string): Kernel {
  fs.mkdirSync(path.join(folder, 'folder/inner'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'file'), 'some bytes\n'.repeat(1000));
  for (const [target, name] of [
    ['file', 'link'],
    ['loop', 'loop'],
    ['/etc', 'out'],
  ] as const)
    fs.symlinkSync(target, path.join(folder, name));
  const options = { host: nodePorts, path: buildC('hello', { static: true }), cwd: folder, allowRead: [folder], allowWrite: [folder] };
  const { kernel } = startProcess({ ...options, memory: MEMORY, output: () => {} }) as unknown as { kernel: Kernel };
  const { memory } = kernel;
  memory.map(ROOM, ROOM_SIZE, 3);
  memory.map(SHUT, PAGE, 0);
  memory.map(READ_ONLY, PAGE, 1);
  const random = new Random(1);
  const bytes = Uint8Array.from({ length: 0x4000 }, () => (random.chance(70) ? 0 : random.below(256)));
  memory.write(ROOM, bytes);
  const words = new BigUint64Array([ROOM, 64n, ROOM + 0x1000n, 4096n, ROOM + ROOM_SIZE - 8n, 8n, 0n, 0n]);
  memory.write(ROOM + 0x1000n, new Uint8Array(words.buffer));
  for (const [index, text] of TEXTS.entries()) memory.write(textAt(index), new TextEncoder().encode(`${text}\0`));
  const call = (name: string, ...args: bigint[]) =>
    perform(kernel, { number: numberOf(name), args: [...args, 0n, 0n, 0n, 0n, 0n, 0n], ...FIRST });
  call('open', textAt(0), 2n);
  call('open', textAt(1), 0n);
  call('pipe2', ROOM + 0x3000n, 0n);
  call('eventfd2', 1n, 0o4000n);
  call('timerfd_create', 1n, 0n);
  call('epoll_create1', 0n);
  call('epoll_create1', 0n);
  call('memfd_create', textAt(0), 2n);
  call('open', textAt(13), 2n);
  for (const [index, name] of NAMES.entries()) memory.write(nameAt(index), Uint8Array.from(name));
  const control = new Int32Array([24, 0, 1, 1, 3, 4]);
  const header = [nameAt(0), 16n, ROOM + 0x1000n, 2n, ROOM + 0xb200n, 24n, 0n];
  for (const [index, message] of MESSAGES.entries())
    memory.write(message, new Uint8Array(new BigUint64Array(index === 0 ? header : header.map((word, at) => (at < 2 ? 0n : word))).buffer));
  memory.write(ROOM + 0xb200n, new Uint8Array(control.buffer));
  // One that listens at the first name, one that is connected to it, a pair, and one for datagrams.
  call('socket', 2n, 1n, 0n);
  call('bind', 12n, nameAt(0), 16n);
  call('listen', 12n, 3n);
  call('socket', 2n, 0o4001n, 0n);
  call('connect', 13n, nameAt(0), 16n);
  call('socketpair', 1n, 1n, 0n, ROOM + 0x3000n);
  call('socket', 10n, 2n, 0n);
  call('socket', 1n, 2n, 0n);
  return kernel;
}

const FIRST = { thread: 0, leap: 0 };
const numberOf = (name: string): number => SYSCALLS.find(row => row.name === name)!.number;

/** Has a thread make a call; what it then waits for is broken off. Throws what r14 throws. Returns what is wrong with the answer. */
function perform(kernel: Kernel, { number, args, thread, leap }: Step): string | undefined {
  const { registers } = kernel.cpu;
  const { scheduler, tasks } = kernel;
  const task = tasks[thread % tasks.length]!;
  if (leap > 0) kernel.clock.leapTo(kernel.clock.now() + leap);
  scheduler.expire();
  scheduler.load(task);
  if (task.state === 'waiting') kernel.cancelWait(task);
  task.state = 'runnable';
  task.wait = undefined;
  registers.set('rsp', ROOM + 0x3000n);
  registers.set('rax', BigInt(number));
  for (const [index, name] of PLACES.entries()) registers.set(name, args[index]!);
  enterSyscall(kernel, task);
  actOnSyscall(kernel, task);
  if (task.state !== 'runnable') return undefined;
  const result = BigInt.asIntN(64, registers.get('rax'));
  return result > -4096n || result < -(1n << 62n) ? undefined : `the answer is ${result}`;
}

const shownStep = ({ number, args, thread, leap }: Step): string => {
  const row = SYSCALLS.find(each => each.number === number)!;
  const shown = args.slice(0, row.args.length).map(arg => `0x${arg.toString(16)}`);
  return `${leap > 0 ? `+${leap} ns ` : ''}thread ${thread}: ${row.name}(${shown.join(', ')})`;
};

/** Runs the steps; what went wrong at which, or undefined. */
export function runSteps(steps: readonly Step[]): string | undefined {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r14-syscalls-'));
  let kernel: Kernel | undefined;
  try {
    kernel = ready(folder);
    for (const step of steps) {
      if (kernel.exit || kernel.tasks.length === 0) break;
      const begun = process.cpuUsage();
      let wrong: string | undefined;
      try {
        wrong = perform(kernel, step);
      } catch (error) {
        wrong = `r14's own: ${(error as Error).stack}`;
      }
      const { user, system } = process.cpuUsage(begun);
      const took = (user + system) / 1000;
      if (took > MOST_TIME) wrong ??= `it took ${took.toFixed(0)} ms`;
      if (wrong !== undefined) return `${shownStep(step)}: ${wrong}`;
    }
    const { system } = kernel;
    const memories = system.spaces.map(space => ({ space, snapshot: space.memory.snapshot() }));
    const bytes = encodePart(system.save());
    const back = memories.map(({ space, snapshot }) => ({ space, load: () => snapshot }));
    system.restore(decodePart(bytes) as SavedSystem, back);
    const again = encodePart(system.save());
    if (Buffer.compare(again, bytes) !== 0) return 'what is restored is not what was saved';
    const size = bytes.length;
    return size > MOST_KEPT ? `r14 keeps ${size} bytes of the process` : undefined;
  } finally {
    if (kernel && !kernel.exit) kernel.end(0);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

export const syscalls: Fuzzed<Step> = {
  name: 'syscalls',
  made: seed => stepsOf(seed, 400),
  run: runSteps,
  shown: shownStep,
  unit: 'calls',
};
