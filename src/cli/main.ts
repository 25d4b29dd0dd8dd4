/** What `bin/r14.js` starts. Everything heavy is imported when it is needed: `--help` must answer at once. */
import { type Parsed, parseCommandLine, UsageError, usage } from './flags.js';
import { writeOut } from './output.js';
import { version } from './version.js';

/** Bad input: what r14 was given cannot be used. */
const BAD_INPUT = 2;

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseCommandLine(argv);
  if (parsed.values.has('help') || (parsed.command === undefined && parsed.values.size === 0)) {
    writeOut(1, `${usage()}\n`);
    return 0;
  }
  if (parsed.values.has('version')) {
    writeOut(1, `r14 ${version()}\n`);
    return 0;
  }
  if (parsed.command === undefined) throw new UsageError('a command is missing: exec or run');
  if (parsed.path === undefined) throw new UsageError(`r14 ${parsed.command} wants the path of a program`);
  return parsed.command === 'run' ? runCommand(parsed, parsed.path) : execCommand(parsed, parsed.path);
}

async function runCommand(parsed: Parsed, path: string): Promise<number> {
  const { runProgram } = await import('./run.js');
  return runProgram(parsed, path);
}

async function execCommand(parsed: Parsed, path: string): Promise<number> {
  const { debug } = await import('./exec.js');
  return debug(parsed, path);
}

/** One line for whatever ends r14: never a stack trace. */
function lastWords(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof UsageError ? ' (r14 --help)' : '';
  writeOut(2, `r14: ${message.split('\n')[0]}${hint}\n`);
  process.exit(BAD_INPUT);
}

process.on('uncaughtException', lastWords);
process.on('unhandledRejection', lastWords);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  lastWords(error);
}
