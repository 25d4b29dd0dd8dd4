import type { AddressSpace } from '../../cpu/api.js';
import type { CpuLevel } from '../../cpu/cpuid.js';
import type { VirtualClock } from '../clock.js';
import type { Prng } from '../prng.js';
import type { Program } from '../program.js';
import type { Refusals } from '../refusals.js';
import type { Task } from '../task.js';
import type { FdTable } from './fd-table.js';
import type { HostView } from './files.js';
import type { PageFiles } from './pages.js';

/** What files show of the process, and what opening them needs of it. */
export interface ProcessFacts {
  readonly memory: AddressSpace;
  readonly memoryLimit: number;
  readonly cpu: { readonly icount: number; readonly level: CpuLevel };
  readonly cpus: number;
  readonly clock: VirtualClock;
  readonly random: Prng;
  readonly refusals: Refusals;
  readonly pages: PageFiles;
  readonly view: HostView;
  /** Its number, that of its parent, its group and its session. */
  readonly pid: number;
  readonly parentPid: number;
  readonly group: number;
  readonly session: number;
  readonly cpuTime: number;
  /** A process by its number, and all of them; of one that has ended there is no memory. */
  process(pid: number): (ProcessFacts & { readonly exit: unknown }) | undefined;
  readonly system: { readonly processes: readonly { readonly pid: number }[]; readonly touchedPages: number };
  readonly program: Program;
  readonly fds: FdTable;
  readonly fs: { readonly cwd: string };
  readonly umask: number;
  readonly tasks: readonly Task[];
  readonly scheduler: { readonly current: Task | undefined };
  task(tid: number): Task | undefined;
}
