/** The processes of the machine, as gdb's `info inferiors` lists them. */
import type { Process, ProcessRow } from '../../linux/api.js';

/** `current`: it is looked at. */
export type InferiorRow = ProcessRow & { readonly current: boolean };

export const inferiorRows = (process: Process): InferiorRow[] =>
  process.processes.map(row => ({ current: row.pid === process.pid, ...row }));

export function inferiorLine({ number, current, pid, parent, state, path, threads }: InferiorRow): string {
  const what = path === null ? 'has ended, and nobody has waited for it' : `${path}, ${threads} thread${threads === 1 ? '' : 's'}`;
  return `${current ? '*' : ' '} ${number} process ${pid} of ${parent}${state === 'stopped' ? ', stopped' : ''}: ${what}`;
}
