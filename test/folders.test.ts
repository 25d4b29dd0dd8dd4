import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A folder imports from itself and from those above it in this list. Of `host` there are two: what the core wants, and Node's answer to it. */
const ORDER = ['host', 'cpu', 'abi', 'asm', 'image', 'linux', 'runtime', 'debugger', 'tui', 'host/node', 'cli'];

const folderOf = (file: string): string => (file.startsWith('host/node/') ? 'host/node' : file.split('/')[0]!);

const src = join(import.meta.dirname, '../src');

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => /\.tsx?$/.test(file));

/** Folders that touch nothing outside r14 but through the ports in `host`, and so run wherever JavaScript and WebAssembly do. */
const CORE: ReadonlySet<string> = new Set(ORDER.slice(0, ORDER.indexOf('tui') + 1));
/** The screen's rim: what holds a terminal. The rest of `tui` decides what stands on it. */
const RIM: ReadonlySet<string> = new Set(['app.tsx', 'screen.tsx', 'surface.ts', 'terminal.ts'].map(file => `tui/${file}`));
/** Packages without environment. */
const PACKAGES: ReadonlySet<string> = new Set(['iced-x86', 'string-width']);

const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file);

function specifiersOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const specifiers = [
    ...text.matchAll(/^(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]/gms),
    ...text.matchAll(/^import\s*['"]([^'"]+)['"]/gm),
    ...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
  ];
  return specifiers.map(match => match[1]!);
}

const importsOf = (file: string): string[] => specifiersOf(file).filter(specifier => specifier.startsWith('.'));

describe('the folders of src', () => {
  it('are those that the list names', () => {
    const folders = readdirSync(src, { withFileTypes: true }).filter(entry => entry.isDirectory());
    expect(folders.map(entry => entry.name).filter(name => !ORDER.includes(name))).toEqual([]);
  });

  it('import only from the folders above them', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const from = folderOf(file);
      for (const specifier of importsOf(file)) {
        const target = relative(src, join(src, dirname(file), specifier));
        const to = folderOf(target);
        // Tests run on Node.
        if (isTest(file) && (to === '..' || to === 'host/node')) continue;
        if (ORDER.indexOf(to) > ORDER.indexOf(from) || to === '..') wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('import with the .js suffix that Node needs', () => {
    const wrong = sources.flatMap(file =>
      importsOf(file)
        .filter(s => !/\.(js|json)$/.test(s))
        .map(s => `${file}: ${s}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are free of Node below the rim', () => {
    const core = sources.filter(file => CORE.has(folderOf(file)) && !RIM.has(file) && !isTest(file));
    const wrong = core.flatMap(file =>
      specifiersOf(file)
        .filter(each => !each.startsWith('.') && !PACKAGES.has(each))
        .map(each => `${file} imports ${each}`),
    );
    // That nothing of Node's is used without an import, the compiler says: test/core.
    wrong.push(
      ...core.filter(file => readFileSync(join(src, file), 'utf8').includes('import.meta')).map(file => `${file} has import.meta`),
    );
    expect(wrong).toEqual([]);
    expect([...RIM].filter(file => !sources.includes(file))).toEqual([]);
    const { exclude } = JSON.parse(readFileSync(join(src, '../tsconfig.core.json'), 'utf8')) as { exclude: string[] };
    expect(exclude.filter(file => !file.includes('*')).sort()).toEqual([...RIM].map(file => `src/${file}`));
  });
});
