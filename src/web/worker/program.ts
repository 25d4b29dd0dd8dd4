/** A program that was given to the page, with the libraries that it wants, as a tree of files. */
import type { HostFiles } from '../../host/files.js';
import { basename, dirname } from '../../host/path.js';
import { Told } from '../../host/told.js';
import { memoryFiles } from '../../host/web/files.js';
import { Elf } from '../../image/elf/elf.js';
import { LoadError } from '../../linux/api.js';
import type { GivenFile } from '../messages.js';

/** Where loaders look for libraries: of Debian, of Red Hat, of others, of musl. */
const LIBRARY_FOLDERS = ['/lib/x86_64-linux-gnu', '/lib64', '/usr/lib', '/lib'];

/**
 * The tree that the program finds around itself. Throws LoadError and the reader's errors, and Told for libraries that are missing: which, and how
 * to go on.
 */
export async function treeOf(
  program: GivenFile,
  libraries: readonly GivenFile[],
): Promise<{ readonly files: HostFiles; readonly path: string; readonly bytes: Uint8Array }> {
  const [bytes, ...rest] = await Promise.all([program, ...libraries].map(bytesOf));
  const elf = new Elf(bytes!, program.name);
  const { interpreter } = elf;
  const given = new Map(libraries.map(({ name }, index) => [basename(name), rest[index]!]));
  if (interpreter === undefined && elf.header.entry === 0)
    throw new LoadError(`${program.name}: a library without an entry point, not a program: drop the program together with it`);
  if (interpreter !== undefined) {
    const wanted = [interpreter, ...elf.dynamic.needed];
    const missing = wanted.filter(each => !given.has(basename(each)));
    if (missing.length > 0) throw new Told(missingText(program.name, missing));
  }
  const path = `/${program.name}`;
  const tree = new Map([[path, bytes!]]);
  for (const [name, bytes] of given) {
    const folders = [...LIBRARY_FOLDERS, ...(name === basename(interpreter ?? '') ? [dirname(interpreter!)] : [])];
    for (const folder of folders) tree.set(`${folder}/${name}`, bytes);
  }
  return { files: memoryFiles(tree), path, bytes: bytes! };
}

/** Throws Told: a file may have gone since it was given. */
const bytesOf = async ({ name, content }: GivenFile): Promise<Uint8Array> =>
  new Uint8Array(
    await content.arrayBuffer().catch((error: Error) => {
      throw new Told(`${name} cannot be read: ${error.message}`);
    }),
  );

const missingText = (name: string, missing: readonly string[]): string =>
  `${name} is dynamic and wants ${missing.join(', ')}, which a browser does not have. ` +
  `Drop ${missing.length === 1 ? 'it' : 'them'} here now (ldd ${name} says where ${missing.length === 1 ? 'it lies' : 'they lie'}), ` +
  `or build the program static: for Go, CGO_ENABLED=0, or with -race -ldflags '-linkmode external -extldflags -static'.`;
