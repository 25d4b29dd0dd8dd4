/** `r14 asm FILE.s...`: the user's own assembly, from its files. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AssemblyError, diagnosticsText } from '../asm/diagnostics.js';
import { CallError } from '../asm/invoke.js';
import { listed, listing } from '../asm/listing.js';
import type { Assembled } from '../asm/program.js';
import { nodeAssets } from '../host/node/assets.js';
import { type Assembly, type AssemblySources, type AssemblyWishes, assembledCalls, complaintText } from '../runtime/bundled/assembly.js';
import { declaredPackage } from '../runtime/bundled/assembly-text.js';
import { writeOut } from './output.js';
import { readText } from './read-text.js';

export { diagnosticsText, listing };

/** The same as `listing`, an object of JSON a line. */
export const listingData = (program: Assembled): string =>
  listed(program)
    .map(instruction => `${JSON.stringify(instruction)}\n`)
    .join('');

/**
 * Assembles files with the `types.go` beside them; a start comes with them where they have none, or for calls. Undefined when something is
 * wrong: all that is wrong has been written.
 */
export function assembleFile(
  paths: string | readonly string[],
  calls: string | readonly string[] = [],
  wishes: AssemblyWishes = {},
): Assembly | undefined {
  const [path] = [paths].flat();
  try {
    return assembly([paths].flat(), [calls].flat(), wishes);
  } catch (error) {
    if (!(error instanceof AssemblyError || error instanceof CallError)) throw error;
    writeOut(2, `${complaintText(error, path!, wishes)}\n`);
    return undefined;
  }
}

/** As `assembleFile`; throws AssemblyError and CallError. */
export const assembly = (paths: readonly string[], calls: readonly string[], wishes: AssemblyWishes): Assembly =>
  assembledCalls(readAll(paths), calls, wishes);

/** Text of the files and of the `types.go` beside each. Throws Told. */
function readAll(paths: readonly string[]): AssemblySources {
  const folders = [...new Set(paths.map(path => dirname(path)))];
  const types = new Map(
    folders.flatMap(folder => {
      const file = join(folder, 'types.go');
      return existsSync(file) ? [[folder, { file, text: readText(file, true) }] as const] : [];
    }),
  );
  return {
    sources: paths.map(path => ({ file: path, text: readText(path), package: declaredPackage(types.get(dirname(path))?.text ?? '') })),
    declarations: [...types.values()],
    includes: (name, from) => {
      const included = join(dirname(from), name);
      return existsSync(included) ? { file: included, text: readText(included, true) } : undefined;
    },
    assets: nodeAssets,
  };
}
