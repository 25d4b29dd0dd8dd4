import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleFile } from '../../src/cli/asm.js';
import { AssemblyLauncher } from '../../src/cli/asm-launcher.js';
import { parseCommandLine } from '../../src/cli/flags.js';
import { processOptions } from '../../src/cli/process-options.js';
import type { Outcome } from '../../src/debugger/commands/command.js';
import { run } from '../../src/debugger/commands/execute.js';
import type { Launcher } from '../../src/debugger/session/host.js';
import { assembledLauncher, launcher } from '../../src/debugger/session/launcher.js';
import { Session } from '../../src/debugger/session/session.js';
import { folderAssets, nodeAssets } from '../../src/host/node/assets.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';

/** A debugging session inside the test's own process. */
export interface Debugging {
  readonly session: Session;
  /** Runs one line, whatever comes of it. */
  readonly run: (line: string) => Promise<Outcome>;
  /** Output of a line that must succeed. */
  readonly text: (line: string) => Promise<string>;
  /** Data of a line that must succeed. */
  // biome-ignore lint/suspicious/noExplicitAny: each command has data of its own shape, which the tests check.
  readonly data: (line: string) => Promise<any>;
  /** What the program has written to standard output. */
  readonly written: () => string;
  /** Files that the session has written, which it can read as scripts. */
  readonly files: ReadonlyMap<string, string>;
}

/** Opens a program as `r14 exec FLAGS PATH` does. */
export function debug(path: string, flags: readonly string[] = []): Debugging {
  return debugging(path, flags, launcher);
}

/** Opens a bundled program, as `r14 exec NAME --variant VARIANT` does. */
export function debugBundled(name: string, variant?: string, race?: boolean): Debugging {
  const catalog = new Catalog(nodeAssets);
  const program = catalog.build(name, { ...(variant === undefined ? {} : { variant }), ...(race === undefined ? {} : { race }) });
  return debugging(name, [], options => assembledLauncher(program, options));
}

/** Opens an assembly file, as `r14 asm FILE` does. */
export function debugFile(text: string): Debugging {
  const folder = mkdtempSync(join(tmpdir(), 'r14-file-'));
  try {
    const path = join(folder, 'a.s');
    writeFileSync(path, text);
    const { program } = assembleFile(path)!;
    return debugging(path, [], options => assembledLauncher(program, options));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Opens assembly files that are assembled anew with each start, as `r14 asm FILE... --call CALL...` does. */
export function debugFiles(paths: readonly string[], calls: readonly string[]): Debugging {
  const asked = { assembled: assembleFile(paths, calls)!, paths, calls, wishes: {} };
  return debugging(paths[0]!, [], options => new AssemblyLauncher(asked, options));
}

/** Opens a program of Go assembly under the bundled runtime: `main` is the source of package main. */
export function debugAssembly(main: string, types = 'package main\n'): Debugging {
  const root = join(import.meta.dirname, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'r14-assembly-'));
  try {
    const own = join(folder, 'programs', 'own');
    mkdirSync(own, { recursive: true });
    mkdirSync(join(folder, 'src', 'runtime'), { recursive: true });
    symlinkSync(join(root, 'src/runtime/bundled'), join(folder, 'src/runtime/bundled'));
    writeFileSync(join(own, 'main.s'), `#include "textflag.h"\n${main}`);
    writeFileSync(join(own, 'types.go'), types);
    const sources = [{ file: 'main.s', package: 'main' }];
    writeFileSync(
      join(own, 'program.json'),
      JSON.stringify({ title: 'own', sources, declarations: ['types.go'], variants: { own: [] }, race: false }),
    );
    const program = new Catalog(folderAssets(() => folder)).build('own');
    return debugging('own', [], options => assembledLauncher(program, options));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function debugging(path: string, flags: readonly string[], launch: (options: ReturnType<typeof processOptions>) => Launcher): Debugging {
  const output: Uint8Array[] = [];
  const options = processOptions(parseCommandLine(['exec', ...flags, path]), path);
  const files = new Map<string, string>();
  const session = new Session(launch(options), {
    breathe: () => Promise.resolve(),
    now: () => performance.now(),
    readSource: () => undefined,
    openInput: path => Buffer.from(files.get(path) ?? ''),
    readScript: path => files.get(path) ?? '',
    writeFile: (path, contents) => void files.set(path, typeof contents === 'string' ? contents : 'pieces'),
    appendFile: () => undefined,
    version: 'of a test',
    again: 25_000_000,
    notesCourse: true,
    debug: false,
    settingsFile: '',
    readSettings: () => '',
    changeSettings: () => undefined,
  });
  session.events.on('output', ({ descriptor, bytes }) => {
    if (descriptor === 1) output.push(bytes.slice());
  });
  const must = async (line: string): Promise<Outcome> => {
    const outcome = await run(session, line);
    if (!outcome.ok) throw new Error(`${line}: ${outcome.output}`);
    return outcome;
  };
  return {
    session,
    run: line => run(session, line),
    text: async line => (await must(line)).output,
    data: async line => (await must(line)).data,
    written: () => Buffer.concat(output).toString(),
    files,
  };
}
