import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A folder imports from itself and from those above it in this list. Of `host` there are three: what the core wants, and a browser's and Node's answers to it. */
const ORDER = [
  'host',
  'cpu',
  'abi',
  'asm',
  'image',
  'linux',
  'runtime',
  'explore',
  'debugger',
  'tui',
  'server',
  'host/web',
  'web',
  'host/node',
  'cli',
];

/**
 * The same inside of src/debugger, for its folders and the files at its top. What looks stands before what drives: `target` knows no session.
 */
const IN_DEBUGGER = [
  ...['answer', 'errors', 'known', 'values', 'evaluate', 'code', 'stack', 'target', 'lens', 'memory', 'timeline'],
  ...['session', 'show', 'run', 'why', 'explore', 'commands', 'complete', 'lesson'],
];

/** Files that import each other, and why they may. */
const CIRCLES: readonly { readonly files: readonly string[]; readonly because: string }[] = [
  { files: ['image/dwarf/die.ts', 'image/dwarf/unit.ts'], because: 'an entry is read as its unit says, and a unit begins with an entry' },
  { files: ['linux/kernel.ts', 'linux/system.ts'], because: 'a machine has its processes, and each is on its machine' },
  { files: ['image/elf/elf.ts', 'image/elf/memory.ts'], because: "a file has its memory, which is laid out as the file's headers say" },
];

const folderOf = (file: string): string => /^host\/(?:node|web)(?=\/)/.exec(file)?.[0] ?? file.split('/')[0]!;

const src = join(import.meta.dirname, '../src');

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => /\.tsx?$/.test(file));

/** Folders that touch nothing outside r14 but through the ports in `host`, and so run wherever JavaScript and WebAssembly do. */
const CORE: ReadonlySet<string> = new Set(ORDER.slice(0, ORDER.indexOf('tui') + 1));
/** The screen's rim: what holds a terminal. The rest of `tui` decides what stands on it. */
const RIM: ReadonlySet<string> = new Set(['app.tsx', 'screen.tsx', 'surface.ts', 'terminal.ts'].map(file => `tui/${file}`));
/** Packages without environment. */
const PACKAGES: ReadonlySet<string> = new Set(['iced-x86', 'string-width']);
/** Those of a page. */
const PAGE_PACKAGES = /^(?:fflate|fzstd|react|react-dom\/client|@codemirror\/\w+|@lezer\/\w+)$/;

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

/** The package's own imports: files of src under other names, of which a build chooses one. */
const INNER = Object.entries(
  (JSON.parse(readFileSync(join(src, '../package.json'), 'utf8')) as { imports: Record<string, Record<string, string>> }).imports,
);
const innerTargetsOf = (file: string): readonly string[] =>
  INNER.filter(([name]) => specifiersOf(file).includes(name)).flatMap(([, targets]) =>
    Object.values(targets).map(target => relative(src, join(src, '..', target)).replace(/\.ts$/, '.js')),
  );

/** What a file imports of src, itself too when only types come from there. */
const targetsOf = (file: string): readonly string[] => [
  ...importsOf(file).map(specifier => relative(src, join(src, dirname(file), specifier))),
  ...innerTargetsOf(file),
];

/** Each file with those that lead to it and that it leads to, by imports; alone, when no import leads back (Tarjan's algorithm). */
function circles(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const seen = new Map<string, number>();
  const path: string[] = [];
  const visit = (file: string): number => {
    const index = seen.size;
    seen.set(file, index);
    path.push(file);
    let lowest = index;
    for (const next of imports.get(file) ?? []) {
      if (!seen.has(next)) lowest = Math.min(lowest, visit(next));
      else if (path.includes(next)) lowest = Math.min(lowest, seen.get(next)!);
    }
    if (lowest === index) found.push(path.splice(path.indexOf(file)));
    return lowest;
  };
  for (const file of imports.keys()) if (!seen.has(file)) visit(file);
  return found.filter(each => each.length > 1).map(each => each.sort());
}

describe('the folders of src', () => {
  it('are those that the list names', () => {
    const folders = readdirSync(src, { withFileTypes: true }).filter(entry => entry.isDirectory());
    expect(folders.map(entry => entry.name).filter(name => !ORDER.includes(name))).toEqual([]);
  });

  it('import only from the folders above them', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const from = folderOf(file);
      for (const target of targetsOf(file)) {
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
        .filter(s => !/\.(js|json|css)$/.test(s))
        .map(s => `${file}: ${s}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are free of Node below the rim', () => {
    const core = sources.filter(file => CORE.has(folderOf(file)) && !RIM.has(file) && !isTest(file));
    const wrong = core.flatMap(file =>
      specifiersOf(file)
        .filter(each => !each.startsWith('.') && !PACKAGES.has(each) && !INNER.some(([name]) => name === each))
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

  it('are free of Node where they are a page', () => {
    const page = sources.filter(file => ['host/web', 'web'].includes(folderOf(file)) && !isTest(file));
    const wrong = page.flatMap(file =>
      specifiersOf(file)
        .filter(each => !each.startsWith('.') && !PAGE_PACKAGES.test(each))
        .map(each => `${file} imports ${each}`),
    );
    expect(wrong).toEqual([]);
  });

  it('have an order inside of debugger too', () => {
    const placeOf = (file: string): number => IN_DEBUGGER.indexOf(/^debugger\/(\w+)/.exec(file)![1]!);
    const inside = sources.filter(file => file.startsWith('debugger/'));
    expect(inside.filter(file => placeOf(file) < 0)).toEqual([]);
    const wrong = inside
      .filter(file => !isTest(file))
      .flatMap(file =>
        targetsOf(file)
          .filter(target => target.startsWith('debugger/') && placeOf(target) > placeOf(file))
          .map(target => `${file} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('have no circles of files but a few', () => {
    const files = sources.filter(file => !isTest(file));
    const named = new Map(files.map(file => [file.replace(/\.tsx?$/, '.js'), file]));
    const imports = new Map(files.map(file => [file, targetsOf(file).flatMap(target => named.get(target) ?? [])]));
    const known = CIRCLES.map(({ files }) => [...files].sort().join(' '));
    const found = circles(imports).map(each => each.join(' '));
    expect(found.filter(each => !known.includes(each))).toEqual([]);
    // A circle that is gone is to be struck from the list.
    expect(known.filter(each => !found.includes(each))).toEqual([]);
  });

  it('have one place that lets a process run', () => {
    const above = sources.filter(file => ['debugger', 'tui', 'cli'].includes(folderOf(file)) && !isTest(file));
    const running = above.filter(file => /\.run\(\{/.test(readFileSync(join(src, file), 'utf8')));
    expect(running).toEqual(['debugger/session/driver.ts']);
  });
});

/** What lies at the top: tools that are run there leave dumps and logs, which are no part of r14. */
const TOP = [
  ...['.ci', '.gitignore', 'bin', 'docs', 'editors', 'findings', 'programs', 'scripts', 'src', 'test'],
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md'],
  ...['biome.json', 'knip.json', 'package.json', 'package-lock.json', 'vitest.config.ts'],
  ...['tsconfig.json', 'tsconfig.core.json', 'tsconfig.web.json'],
];

it('nothing else lies at the top of the repository', () => {
  const files = execFileSync('git', ['ls-files'], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const top = new Set(
    files
      .trimEnd()
      .split('\n')
      .map(file => file.split('/')[0]!),
  );
  expect([...top].sort()).toEqual([...TOP].sort());
});
