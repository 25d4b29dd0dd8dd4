/** What `bin/r14.js` starts. Everything heavy is imported when it is needed: `--help` must answer at once. */

import { nodeAssets } from '../host/node/assets.js';
import { ownFault, Told } from '../host/told.js';
import { bundled } from './bundled.js';
import { goFlag, type Parsed, parseCommandLine, raceFlag, screenWanted, sizeFlag, UsageError, usage } from './flags.js';
import { writeOut } from './output.js';

/** Bad input: what r14 was given cannot be used. */
const BAD_INPUT = 2;
/** EX_SOFTWARE of sysexits(3). */
const OWN_FAULT = 70;

/** Flags of `r14` alone. */
const LOOK: ReadonlySet<string> = new Set(['ascii', 'line', 'screen-reader']);

/** What stands behind a command. */
const WANTED = {
  exec: 'the path of a program, or the name of a bundled one',
  run: 'the path of a program, or the name of a bundled one',
  explore: 'the path of a program, or the name of a bundled one',
  replay: 'a file that save has written: FILE.r14',
  asm: 'a file of Go assembly: FILE.s',
  lesson: 'the name of a bundled program, the path of one of your own, or a lesson of your own',
  race: 'what to do, and a file',
  info: 'the path of a program',
  cost: 'the name of a bundled program, or the paths of a plain and a -race build',
  core: 'the path of a core file, and perhaps of its program',
  completion: 'the name of a shell: bash, zsh or fish',
  open: 'a link: what the page or the command share has given',
  gdbserver: 'where to listen, and a program: :1234 PATH',
} as const;

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseCommandLine(argv);
  const flags = [...parsed.values.keys()];
  if (parsed.command === undefined && flags.every(flag => LOOK.has(flag))) return openCrash(parsed);
  if (flags.includes('help')) {
    writeOut(1, `${usage()}\n`);
    return 0;
  }
  if (parsed.values.has('version')) {
    const { versionLine } = await import('./self.js');
    writeOut(1, `${versionLine()}\n`);
    return 0;
  }
  if (parsed.values.get('memory')?.[0] === 'help') {
    const { boundsText } = await import('./bounds.js');
    writeOut(1, `${boundsText()}\n`);
    return 0;
  }
  if (parsed.command === undefined)
    throw new UsageError(
      'a command is missing: exec, run, explore, asm, replay, programs, lesson, race, info, cost, gdbserver, core, dap, completion or open',
    );
  if (parsed.command === 'programs') return listPrograms(parsed.values.has('json'));
  if (parsed.command === 'dap') {
    const { serveEditors } = await import('./dap.js');
    return serveEditors(parsed);
  }
  if (parsed.command === 'info' && parsed.values.has('self')) {
    if (parsed.path !== undefined) throw new UsageError('info --self tells of r14, not of a program');
    const { selfCommand } = await import('./self.js');
    return selfCommand(parsed.values.has('json'));
  }
  if (parsed.command === 'explore' && parsed.values.has('merge')) {
    const { mergeCommand } = await import('./explore-merge.js');
    return mergeCommand(parsed);
  }
  if (parsed.path === undefined) throw new UsageError(`r14 ${parsed.command} wants ${WANTED[parsed.command]}`);
  if (parsed.command === 'completion') {
    const { completionCommand } = await import('./completion.js');
    return completionCommand(parsed.path);
  }
  if (parsed.command === 'race') {
    const { raceCommand } = await import('./race.js');
    return raceCommand(parsed, parsed.path);
  }
  if (parsed.command === 'info') {
    const { infoCommand } = await import('./info.js');
    return infoCommand(parsed.path, parsed.values.has('json'));
  }
  if (parsed.command === 'cost') {
    const { costCommand } = await import('./cost.js');
    return costCommand(parsed, parsed.path);
  }
  if (parsed.command === 'open') {
    const { openLink } = await import('./open.js');
    return openLink(parsed, parsed.path);
  }
  const { reserveMemory } = await import('../cpu/memory/reserve.js');
  reserveMemory(sizeFlag(parsed, 'memory'));
  if (parsed.command === 'asm') return assembleCommand(parsed, parsed.path);
  if (parsed.command === 'replay') {
    const { replayCommand } = await import('./replay.js');
    return replayCommand(parsed, parsed.path);
  }
  if (parsed.command === 'core') {
    const { coreCommand } = await import('./core.js');
    return coreCommand(parsed, parsed.path);
  }
  if (parsed.command === 'gdbserver') {
    const program = parsed.paths[1];
    if (program === undefined) throw new UsageError(`r14 gdbserver wants ${WANTED.gdbserver}`);
    const { serveGdb } = await import('./gdbserver.js');
    return serveGdb(parsed, parsed.path, program, await bundled(parsed, program));
  }
  if (parsed.command === 'lesson') {
    const { lessonCommand } = await import('./lesson.js');
    return lessonCommand(parsed, parsed.path);
  }
  const assembled = await bundled(parsed, parsed.path);
  if (parsed.command === 'run') {
    const { runProgram } = await import('./run.js');
    return runProgram(parsed, parsed.path, assembled);
  }
  if (parsed.command === 'explore') {
    const { exploreCommand } = await import('./explore.js');
    return exploreCommand(parsed, parsed.path, assembled);
  }
  const { debug } = await import('./exec.js');
  return debug(parsed, parsed.path, assembled);
}

/** The bundled crash where it stopped: in the screen with its lesson, in lines as `r14 exec` would. */
async function openCrash(parsed: Parsed): Promise<number> {
  const name = 'newproc-race';
  if (!screenWanted(parsed)) {
    const { debug } = await import('./exec.js');
    const crash: Parsed = { ...parsed, script: [{ kind: 'ex', text: 'continue' }] };
    return debug(crash, name, await bundled(parsed, name));
  }
  const { lessonCommand } = await import('./lesson.js');
  return lessonCommand(parsed, name, true);
}

async function listPrograms(json: boolean): Promise<number> {
  const { Catalog } = await import('../runtime/bundled/catalog.js');
  const catalog = new Catalog(nodeAssets);
  const course = catalog.course();
  for (const { name, title, variants, race } of catalog.list()) {
    if (json) {
      const lesson = course.findIndex(each => each.name === name);
      const place = lesson < 0 ? {} : { lesson: lesson + 1, minutes: course[lesson]!.minutes };
      writeOut(1, `${JSON.stringify({ name, title, variants, race, ...place })}\n`);
      continue;
    }
    const choices = variants.length > 1 ? `  --variant ${variants.join('|')}` : '';
    writeOut(
      1,
      `${name.padEnd(16)} ${title}\n${choices === '' && !race ? '' : `${''.padEnd(15)}${choices}${race ? '  --race=true|false' : ''}\n`}`,
    );
  }
  if (json) return 0;
  const minutes = course.reduce((sum, each) => sum + each.minutes, 0);
  const lines = course.map(
    (each, index) => `${String(index + 1).padStart(3)}  ${each.name.padEnd(16)} ${String(each.minutes).padStart(3)} minutes`,
  );
  writeOut(1, `\n  The lessons as a course, ${minutes} minutes in all (r14 lesson NAME):\n${lines.join('\n')}\n`);
  return 0;
}

async function assembleCommand(parsed: Parsed, path: string): Promise<number> {
  const cases = parsed.values.get('cases')?.[0];
  if (cases !== undefined) {
    const { gradeFiles } = await import('./asm-cases.js');
    return gradeFiles(parsed, cases);
  }
  if (parsed.values.has('tap')) throw new UsageError('--tap is of --cases: it wants --cases FILE.json');
  const { assembleFile, diagnosticsText, listing, listingData } = await import('./asm.js');
  const listed = parsed.values.has('list');
  const race = raceFlag(parsed);
  if (race !== undefined && !parsed.values.has('runtime')) throw new UsageError("--race is of r14's runtime: it wants --runtime");
  const calls = parsed.values.get('call') ?? [];
  const wishes = { listed, go: goFlag(parsed), runtime: parsed.values.has('runtime') ? { race: race ?? false } : undefined };
  const assembled = assembleFile(parsed.paths, calls, wishes);
  if (assembled === undefined) return BAD_INPUT;
  const { sources } = assembled.program;
  const warnings = assembled.program.warnings.filter(({ file }) => !file.startsWith('src/runtime/bundled/'));
  if (warnings.length > 0) writeOut(2, `${diagnosticsText(warnings, sources)}\n`);
  if (listed) {
    writeOut(1, parsed.values.has('json') ? listingData(assembled.program) : listing(assembled.program));
    return 0;
  }
  const { debugAssembly } = await import('./exec-asm.js');
  return debugAssembly(parsed, path, { assembled, paths: parsed.paths, calls, wishes });
}

/** One line for whatever ends r14, and never a stack trace that nobody asked for. */
function lastWords(error: unknown): never {
  const hint = error instanceof UsageError ? ' (r14 --help)' : '';
  // What the system refuses (a full disk, too many open files) is nobody's fault here.
  const meant = error instanceof Told || (error instanceof Error && 'syscall' in error);
  const text = meant ? `r14: ${error.message.split('\n')[0]}${hint}` : ownFault(error, process.env.R14_DEBUG === '1');
  writeOut(2, `${text}\n`);
  process.exit(meant ? BAD_INPUT : OWN_FAULT);
}

process.on('uncaughtException', lastWords);
process.on('unhandledRejection', lastWords);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  lastWords(error);
}
