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
  readonly program: Program;
  readonly fds: FdTable;
  readonly fs: { readonly cwd: string };
  readonly umask: number;
  readonly tasks: readonly Task[];
  readonly scheduler: { readonly current: Task | undefined };
  task(tid: number): Task | undefined;
}
