/** `r14 open LINK [PROGRAM]`: what somebody has shared, from the page or from a terminal. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeOfLink, type SharedPlace, wrongProgram } from '../debugger/session/share.js';
import type { SharedGiven } from '../debugger/session/shared-run.js';
import { nodePorts } from '../host/node/ports.js';
import { wishesOf } from '../runtime/bundled/assembly-text.js';
import { bundled } from './bundled.js';
import { type FlagName, type Parsed, UsageError } from './flags.js';
import { writeOut } from './output.js';
import { programBytes } from './program-bytes.js';

const BAD_INPUT = 2;

/** Returns the exit status. Throws LinkError and UsageError. */
export async function openLink(parsed: Parsed, link: string): Promise<number> {
  const place = placeOfLink(link, nodePorts);
  const { subject, given } = place;
  // What is given here comes behind what is in the link, and in the place of it.
  const opened: Parsed = {
    ...parsed,
    args: parsed.args.length > 0 ? parsed.args : (given?.args ?? []),
    values: new Map([...startFlags(given), ...parsed.values]),
    script: [...place.commands.map(text => ({ kind: 'ex' as const, text })), ...parsed.script],
  };
  switch (subject.kind) {
    case 'lesson': {
      const { lessonCommand } = await import('./lesson.js');
      return lessonCommand(parsed, subject.name, false, { part: subject.part, commands: place.commands, look: place.look });
    }
    case 'bundled': {
      const { variant, race } = subject;
      const values = new Map(opened.values);
      if (variant !== undefined) values.set('variant', [variant]);
      if (race !== undefined) values.set('race', [String(race)]);
      const { debug } = await import('./exec.js');
      return debug({ ...opened, values }, subject.name, await bundled({ ...opened, values }, subject.name), place);
    }
    case 'assembly':
      return assembled(opened, subject, place);
    case 'binary': {
      const path = parsed.paths[1];
      if (path === undefined)
        throw new UsageError(`the link is of the program ${subject.name}, which is not in it: r14 open LINK PATH says where it lies`);
      const problem = wrongProgram(path, programBytes(path), subject, nodePorts.digest);
      if (problem !== undefined) throw new UsageError(problem);
      const { debug } = await import('./exec.js');
      return debug({ ...opened, paths: [path] }, path, undefined, place);
    }
  }
}

/** The flags that start a program as the link says. */
const startFlags = (given: SharedGiven | undefined): [FlagName, string[]][] =>
  (['seed', 'cpu', 'cpus'] as const).flatMap(name =>
    given?.[name] === undefined ? [] : [[name, [String(given[name])]] as [FlagName, string[]]],
  );

/** The texts become files, which the user may change: R starts them anew. */
async function assembled(
  parsed: Parsed,
  { text }: Extract<SharedPlace['subject'], { kind: 'assembly' }>,
  from: SharedPlace,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'r14-open-'));
  const path = join(folder, 'play.s');
  writeFileSync(path, text.source);
  if (text.types.trim() !== '') writeFileSync(join(folder, 'types.go'), text.types);
  writeOut(2, `r14: the assembly of the link is in ${folder}\n`);
  const { assembleFile } = await import('./asm.js');
  const wishes = wishesOf(text.runtime);
  const program = assembleFile([path], text.calls, wishes);
  if (program === undefined) return BAD_INPUT;
  const { debugAssembly } = await import('./exec-asm.js');
  return debugAssembly(parsed, path, { assembled: program, paths: [path], calls: text.calls, wishes }, from);
}
