/** What is told of a run that has failed, and its schedule kept: by the search itself, and by who puts its parts together. */
import { basename } from 'node:path';
import type { RunVerdict } from '../debugger/explore/verdict.js';
import { replaceFile } from '../host/node/kept.js';
import { shellWord } from '../host/shell-word.js';
import { writeOut } from './output.js';

export const failureText = (run: number, { kind, text }: RunVerdict): string => `FAILED at run ${run}: ${kind}: ${text}`;

/** Program and arguments, as they are typed. */
export const programWords = (program: string, args: readonly string[]): readonly string[] =>
  [program, ...(args.length === 0 ? [] : ['--', ...args])].map(shellWord);

/** Writes the schedule of a run to a file, `pool-138.schedule` of `pool.test`, and tells how it is run; to standard output where the file cannot be. */
export function keepSchedule(program: string, args: readonly string[], run: number, schedule: string): void {
  const file = `${basename(program, '.test')}-${run}.schedule`;
  try {
    replaceFile(file, schedule);
    writeOut(1, `  r14 exec --schedule ${[shellWord(file), ...programWords(program, args)].join(' ')}\n`);
  } catch (error) {
    writeOut(2, `r14: ${file} cannot be written (${(error as NodeJS.ErrnoException).code}); this is what was to be in it:\n`);
    writeOut(1, schedule);
  }
}
