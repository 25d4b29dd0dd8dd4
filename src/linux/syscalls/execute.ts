/** execve(2) and execveat(2): a process becomes another program. */
import { Elf } from '../../image/elf/elf.js';
import { AT_EMPTY_PATH } from '../abi/constants.js';
import { E, Errno, host } from '../abi/errno.js';
import { SIG, signalName } from '../abi/signals.js';
import { LoadError } from '../api.js';
import type { Kernel } from '../kernel.js';
import { commandName, loadProgram, MissingInterpreter, type ProgramFiles, readFiles, type Start } from '../load/load.js';
import { Task } from '../task.js';
import { pathAt } from './paths.js';
import { int, rowsOf, type SyscallRow } from './row.js';
import { leaveMemory } from './task-edges.js';

/** Bytes of all arguments and the environment, and of one of them (execve(2): a quarter of the stack's limit, MAX_ARG_STRLEN). */
const MOST_ARGUMENTS = 2 << 20;
const MOST_ARGUMENT = 128 << 10;
/** Bytes of a script's first line that are looked at, and scripts that may be each other's interpreters (BINPRM_BUF_SIZE, fs/exec.c). */
const FIRST_LINE = 256;
const MOST_SCRIPTS = 5;

/** The strings of a list of pointers that ends with NULL. Throws E2BIG, EFAULT. */
function strings(kernel: Kernel, list: bigint): string[] {
  const out: string[] = [];
  if (list === 0n) return out;
  let size = 0;
  for (let at = list; ; at += 8n) {
    const address = kernel.user.u64(at);
    if (address === 0n) return out;
    const text = kernel.user.string(address, MOST_ARGUMENT);
    if (text === undefined) throw new Errno(E['2BIG']);
    size += text.length + 9;
    if (size > MOST_ARGUMENTS) throw new Errno(E['2BIG']);
    out.push(text);
  }
}

/** The files of the program that the first process began as, by its place: they are in memory. */
function loadedBefore({ system }: Kernel, real: string, path: string): ProgramFiles | undefined {
  const { program, pages } = system;
  if (program === undefined || program.real !== real) return undefined;
  const { interpreter, libraries } = program;
  const main = { elf: new Elf(pages.content('program').bytes, path), real };
  const loader = interpreter && { elf: new Elf(pages.content('interpreter').bytes, interpreter), real: interpreter };
  return { path, main, interpreter: loader ? { ...loader, guest: main.elf.interpreter! } : undefined, libraries };
}

/** What is to be loaded for a path, and with which arguments: a script's interpreter comes before it (execve(2)). */
function programFor(
  kernel: Kernel,
  absolute: string,
  args: readonly string[],
  scripts = 0,
): { files: ProgramFiles; args: readonly string[] } {
  const { system } = kernel;
  const place = kernel.fs.executable(absolute);
  const own = system.own;
  // The program itself is in memory already: whatever the host has there by now, it is started as it was.
  const again = loadedBefore(kernel, place.real, place.guest);
  if (again !== undefined) return { files: again, args };
  const handle = host(() => own.open(place.real, { access: 'read' }, 0));
  let head: string;
  try {
    head = new TextDecoder('latin1').decode(host(() => own.read(handle, 0, FIRST_LINE)));
  } finally {
    host(() => own.close(handle));
  }
  const script = /^#![ \t]*([^ \t\n\0]+)(?:[ \t]+([^\n\0]*?))?[ \t]*(?:[\n\0]|$)/.exec(head);
  if (script === null) {
    const files = readFiles(own, place.real, place.guest, system.sysroot, system.sandbox);
    return { files: { ...files, path: place.guest }, args };
  }
  if (scripts + 1 >= MOST_SCRIPTS) throw new Errno(E.LOOP);
  const [, interpreter, argument] = script;
  const more = [interpreter!, ...(argument ? [argument] : []), absolute, ...args.slice(1)];
  return programFor(kernel, kernel.fs.absolute(interpreter!), more, scripts + 1);
}

function execute(kernel: Kernel, task: Task, path: string, absolute: string, argv: bigint, envp: bigint): number {
  if (path === '') return -E.NOENT;
  const given = strings(kernel, argv);
  const env = strings(kernel, envp);
  try {
    const { files, args } = programFor(kernel, absolute, given.length > 0 ? given : ['']);
    become(kernel, task, files, { path, args, env });
  } catch (error) {
    if (error instanceof MissingInterpreter) throw new Errno(E.NOENT);
    if (error instanceof LoadError) throw new Errno(E.NOEXEC);
    throw error;
  }
  return 0;
}

/** The task is the only one of its process from now on, and begins with a program's first instruction. */
function become(kernel: Kernel, task: Task, files: ProgramFiles, start: Start): void {
  const { system } = kernel;
  for (const other of [...kernel.tasks]) if (other !== task) kernel.removeTask(other);
  const before = kernel.space!;
  if (before.users > 1) {
    leaveMemory(kernel, task);
    before.loaded = undefined;
    kernel.space = system.newSpace();
  } else before.clear();
  const space = kernel.space!;
  system.runOn(space.cpu);
  try {
    loadProgram(space, system.pages, files, start, system.random);
  } catch (error) {
    // What was there is gone: there is nowhere to return to (fs/exec.c, begin_new_exec).
    if (!(error instanceof LoadError)) throw error;
    kernel.end(128 + SIG.SEGV, signalName(SIG.SEGV));
    return;
  }
  system.sandbox.allowProgram(space.program);
  kernel.signals.withoutHandlers();
  kernel.timers.forget('posix');
  kernel.fds.closeOnExec();
  space.loaded = beginAnew(kernel, task, commandName(start.path));
  system.processEvents.push({ event: 'exec', pid: kernel.pid, path: files.path });
  system.releaseParent(kernel);
  system.filesChanged();
}

/** The task with nothing left of what it was; one that was not its process's first is that now, by its number. */
function beginAnew(kernel: Kernel, task: Task, name: string): Task {
  const main = new Task(kernel.pid, kernel.cpu.registers.save(), name);
  const { blocked, cpuTime, quantumEnd, sliceEnd } = task;
  Object.assign(main, { blocked, cpuTime, quantumEnd, sliceEnd });
  main.pending.restore(task.pending.save());
  main.syscall = task.syscall && { ...task.syscall, stage: 'done' };
  kernel.removeTask(task);
  kernel.addTask(main);
  return main;
}

const row = rowsOf('process');

export const EXECUTE_SYSCALLS: readonly SyscallRow[] = [
  row(59, 'execve', 'path ptr ptr', (k, t, a) => {
    const path = k.user.path(a[0]!);
    return execute(k, t, path, k.fs.absolute(path), a[1]!, a[2]!);
  }),
  row(322, 'execveat', 'fd path ptr ptr hex', (k, t, a) => {
    const path = k.user.path(a[1]!);
    const byFile = path === '' && (int(a[4]) & AT_EMPTY_PATH) !== 0;
    if (byFile) {
      const file = k.fds.get(int(a[0])).path;
      return execute(k, t, `/dev/fd/${int(a[0])}`, file, a[2]!, a[3]!);
    }
    return execute(k, t, path, path === '' ? '' : pathAt(k, int(a[0]), a[1]!), a[2]!, a[3]!);
  }),
];
