/**
 * Bundles r14: a function for each part that is imported when it is needed (the engine, the screen) and for what several of them have in
 * common, in files of those that are needed together; what V8 has compiled of them; and a small file that runs them. A start reads and evaluates
 * only what it needs.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, build, type Metafile, type OutputFile, type Plugin, transform } from 'esbuild';
import { Decoder, DecoderOptions, Instruction } from 'iced-x86';
import { calling, compiledName } from '../src/cli/compiled.js';
import { codeFile, MAIN, SURROUNDINGS } from '../src/cli/start.js';
import { packedEffects } from '../src/cpu/effects/pack.js';
import { recordRow } from '../src/cpu/effects/record.js';
import { generateInterpreter } from '../src/cpu/interpret/generate.js';
import { rows } from '../src/cpu/ir/rows.js';
import { knownForms, newForm } from '../src/cpu/lift/forms.js';
import { folderAssets } from '../src/host/node/assets.js';
import { Catalog, ENCODINGS } from '../src/runtime/bundled/catalog.js';
import { opTraitsText } from './core.js';

/** Encodings that Go's programs execute: see `forms.ts`. */
export const COMMON_FORMS = join(import.meta.dirname, 'common-forms.txt');

/** The file that `bin/r14.js` imports. */
const START = 'start.js';

/** What most starts need: the parts that the same of these need are in one file, for each file takes a start a tenth of a millisecond. */
const STARTS = [MAIN, 'run', 'exec'];
const sourceOf = (start: string): string => `src/cli/${start}.ts`;

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const widths = join(root, 'src/tui/width.ts');
const iced = dirname(require.resolve('iced-x86'));

/** iced-x86 is CommonJS, whose imports esbuild turns into getters: each use of an enum would call one. This names its exports once. */
const icedAsModule: Plugin = {
  name: 'iced-x86',
  setup(plugins) {
    plugins.onResolve({ filter: /^iced-x86$/ }, ({ namespace }) =>
      namespace === 'named' ? { path: require.resolve('iced-x86') } : { path: 'iced-x86', namespace: 'named' },
    );
    plugins.onLoad({ filter: /.*/, namespace: 'named' }, () => ({
      contents: `import iced from 'iced-x86'; export const { ${Object.keys(require('iced-x86')).join(', ')} } = iced;`,
      resolveDir: root,
    }));
  },
};

/**
 * Ink measures with the full rules of Unicode, which take long to load (the emoji 50 ms): it gets r14's function, for which plain text is plain,
 * and that loads the rules when it meets other text.
 */
const plainWidths: Plugin = {
  name: 'string-width',
  setup(plugins) {
    plugins.onResolve({ filter: /^string-width$/ }, ({ path, importer, namespace }) => {
      if (namespace === 'late') return undefined;
      return importer === widths ? { path, namespace: 'late' } : { path: widths };
    });
    plugins.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => ({
      contents: `let load; export default text => (load ??= require('${path}').default)(text);`,
      resolveDir: root,
    }));
  },
};

/** What unpacks zstd is loaded when something is packed so. */
const lateZstd: Plugin = {
  name: 'fzstd',
  setup(plugins) {
    plugins.onResolve({ filter: /^fzstd$/ }, ({ path, namespace }) =>
      namespace === 'late zstd' ? undefined : { path, namespace: 'late zstd' },
    );
    plugins.onLoad({ filter: /.*/, namespace: 'late zstd' }, () => ({
      contents: "let load; export const Decompress = function (told) { return new (load ??= require('fzstd')).Decompress(told); };",
      resolveDir: root,
    }));
  },
};

/** All imports are inside the function that the bundle is, so that `Script` can run it. */
const builtinsRequired: Plugin = {
  name: 'builtins',
  setup(plugins) {
    const builtin = new RegExp(`^(node:.*|${builtinModules.join('|')})$`);
    plugins.onResolve({ filter: builtin }, ({ path, kind }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'builtin' },
    );
    plugins.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/** Ink looks for React's developer tools only when DEV is set. */
const withoutDevtools: Plugin = {
  name: 'devtools',
  setup(plugins) {
    plugins.onResolve({ filter: /^\.\/devtools\.js$/ }, ({ path }) => ({ path, namespace: 'empty' }));
    plugins.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: '' }));
  },
};

/** A statement that imports a part, as esbuild writes it at the head of another. */
const IMPORT = /^(?:\/\/.*\n)*import (?:\{([^}]*)\} from )?"\.\/([^"]+)\.js";\n/;
const EXPORT = /^export \{([^}]*)\};\n/m;
/** As it writes what a part of a CommonJS module alone exports. */
const DEFAULT = /^export default (.*);\n/m;

/**
 * A part as a function: `Script` cannot run modules with code that V8 has compiled before. What it imports are variables of it, for that is fast: no
 * part may assign later to what it exports.
 */
function asFunction({ path, text }: OutputFile, fileOf: (part: string) => string): string {
  let body = ascii(text);
  let imports = '';
  for (let found = IMPORT.exec(body); found !== null; found = IMPORT.exec(body)) {
    const names = found[1]?.replaceAll(' as ', ': ');
    imports += `${names === undefined ? '' : `var {${names}} = `}await importPart("${fileOf(found[2]!)}", "${found[2]}");\n`;
    body = body.slice(found[0].length);
  }
  const exported = EXPORT.exec(body)?.[1] ?? '';
  const result = exported.replace(/([^\s,]+) as ([^\s,]+)/g, '$2: $1');
  body = body
    .replace(EXPORT, '')
    .replace(DEFAULT, 'return { default: $1 };\n')
    .replace(/\bimport\("\.\/([^"]+)\.js"\)/g, (_, part: string) => `importPart("${fileOf(part)}", "${part}")`);
  if (/^(?:import|export) /m.test(body)) throw new Error(`${path}: an import or export that is not understood`);
  return `(async (${SURROUNDINGS}) => {\n${imports}${body}return {${result}};\n})`;
}

/** The file, without its ending, that each part shall be in. */
function filesOfParts({ outputs }: Metafile): ReadonlyMap<string, string> {
  const part = (path: string) => basename(path, '.js');
  const needed = STARTS.map(start => {
    const all = new Set<string>();
    const add = (path: string) => {
      if (all.has(path)) return;
      all.add(path);
      for (const each of outputs[path]!.imports) if (each.kind === 'import-statement') add(each.path);
    };
    add(Object.keys(outputs).find(path => outputs[path]!.entryPoint === sourceOf(start))!);
    return all;
  });
  const fileOf = (path: string): string => {
    const starts = STARTS.filter((_, i) => needed[i]!.has(path));
    return starts.includes(MAIN) ? MAIN : starts.length > 0 ? starts.join('-') : part(path);
  };
  return new Map(Object.keys(outputs).map(path => [part(path), fileOf(path)]));
}

/** Bundles into a folder that is there. */
export async function bundleInto(folder: string): Promise<void> {
  const common: BuildOptions & { readonly write: false } = {
    outdir: folder,
    write: false,
    minifySyntax: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  };
  const { metafile, outputFiles } = await build({
    ...common,
    entryPoints: { [MAIN]: join(root, 'src/cli/main.ts') },
    bundle: true,
    splitting: true,
    // Yoga's WebAssembly is in its source; with fetch it would be read through Node's whole HTTP client.
    define: {
      'process.env.NODE_ENV': '"production"',
      'process.env.DEV': '"false"',
      fetch: 'undefined',
      'import.meta.url': 'bundleUrl',
      OP_TRAITS: opTraitsText(),
    },
    // Unbundled, the screen sets NODE_ENV itself.
    logOverride: { 'assign-to-define': 'silent' },
    metafile: true,
    // What is made of the op table's rows is in files beside the bundle: it needs of them only the traits.
    conditions: ['made-before'],
    plugins: [icedAsModule, plainWidths, lateZstd, withoutDevtools, builtinsRequired],
  });
  const files = filesOfParts(metafile);
  const parts = await Promise.all(
    outputFiles.map(async output => {
      const part = basename(output.path, '.js');
      const { code } = await transform(
        asFunction(output, each => files.get(each)!),
        { minifyWhitespace: true },
      );
      return { file: files.get(part)!, text: `${JSON.stringify(part)}:${code.trimEnd().replace(/;$/, '')}` };
    }),
  );
  const hash = createHash('sha256');
  for (const file of new Set(files.values())) {
    const own = parts.filter(each => each.file === file).map(({ text }) => text);
    const code = `({\n${own.join(',\n')}\n})\n`;
    hash.update(code);
    writeFileSync(join(folder, codeFile(file)), code);
  }
  const digest = hash.digest('hex');
  const started = await build({
    ...common,
    minifyWhitespace: true,
    entryPoints: [join(root, 'src/cli/entry.ts')],
    bundle: true,
    define: { BUNDLE_DIGEST: JSON.stringify(digest) },
  });
  writeFileSync(join(folder, START), started.outputFiles[0]!.text);
  // iced-x86 reads its .wasm beside itself.
  copyFileSync(join(iced, 'iced_x86_bg.wasm'), join(folder, 'iced_x86_bg.wasm'));
  writeFileSync(join(folder, 'interpreter.wasm'), generateInterpreter());
  writeFileSync(join(folder, 'effects.jsonl'), packedEffects(rows.map(({ emit }) => recordRow(emit))));
  writeFileSync(join(folder, 'forms.bin'), packedCommonForms());
  writeFileSync(join(folder, ENCODINGS), packedEncodings());
  writeFileSync(join(folder, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)));
  compileBeside(folder, compiledName(digest));
}

/** What V8 compiles of the bundle in a folder, in that folder, made by a process of its own: it only saves time. */
function compileBeside(folder: string, name: string): void {
  const target = join(folder, name);
  mkdirSync(target);
  const { status } = spawnSync(process.execPath, calling(join(folder, START), 'compileInto', folder, target), {
    cwd: root,
    env: { PATH: process.env.PATH, R14_CACHE: '' },
    stdio: 'ignore',
    timeout: 60_000,
  });
  if (status === 0) return;
  console.error('V8 has not compiled the bundle: r14 will start more slowly');
  rmSync(target, { recursive: true });
}

/** The forms of `common-forms.txt`: their numbers do not matter, so they are zeros. */
export function packedCommonForms(): Uint8Array {
  const ins = new Instruction();
  for (const line of readFileSync(COMMON_FORMS, 'utf8').trimEnd().split('\n')) {
    const [start, ...ends] = line.split(' ');
    for (const end of ends) {
      const code = new Uint8Array(32);
      code.set(Buffer.from(`${start}${end}`, 'hex'));
      const decoder = new Decoder(64, code, DecoderOptions.None);
      decoder.decodeOut(ins);
      newForm(ins, decoder, code, 0);
      decoder.free();
    }
  }
  ins.free();
  return knownForms().pack();
}

/** What each program that comes with r14 needs, as it runs when nothing else is said. */
function packedEncodings(): Uint8Array {
  const catalog = new Catalog(folderAssets(() => root));
  for (const { name } of catalog.list()) catalog.build(name);
  return catalog.encodings.pack();
}

/** esbuild leaves other characters in regular expressions only. */
const ascii = (code: string): string => code.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The licences of the packages that some of `files` belong to, each with its name. */
function licences(files: readonly string[]): string {
  const packages = new Set(files.flatMap(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  const texts = [...packages].sort().map(folder => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find(each => /^licen[cs]e/i.test(each));
    // yoga-layout comes without its text.
    const text = file === undefined ? `${license}, ${author?.name ?? author}` : readFileSync(join(root, folder, file), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}
