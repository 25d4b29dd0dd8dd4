/**
 * Bundles r14 into `dist/`: one small file that starts, and chunks that are loaded when they are needed (the engine, the screen). With
 * iced-x86 inside the bundle its 924 KB of source are parsed as 480, and `node_modules` is not searched: start-up to the first decoded
 * instruction drops from about 230 to 140 ms. Ink and React in the bundle save a sixth of the processor time to the first screen.
 */
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { generateInterpreter } from '../src/cpu/interpret/generate.js';
import { opRows } from '../src/cpu/ir/table.js';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const require = createRequire(import.meta.url);
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

/** The interpreter is made here, so the bundle needs of the op table only the rows' names and traits, not what they emit. */
const rowsWithoutEmission: Plugin = {
  name: 'op table',
  setup(plugins) {
    plugins.onLoad({ filter: /src\/cpu\/ir\/table\.ts$/ }, ({ path }) => ({
      contents: `import { opNumber, opRows, row } from './op.js';
        for (const [name, traits] of ${JSON.stringify(opRows.map(({ name, emit, ...traits }) => [name, traits]))}) row(name, undefined, traits);
        export { opNumber, opRows };`,
      resolveDir: dirname(path),
    }));
    plugins.onLoad({ filter: /src\/cpu\/interpret\/generate\.ts$/ }, () => ({
      contents: `export function generateInterpreter() { throw new Error('interpreter.wasm is missing beside this file: npm run build makes it'); }`,
    }));
  },
};

/** Replaces `dist/`. */
export async function bundle(): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: [join(root, 'src/cli/main.ts')],
    outdir: dist,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Ink asks for it only when DEV is set.
    external: ['react-devtools-core'],
    // Yoga's WebAssembly is in its source; with fetch it would be read through Node's whole HTTP client.
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"', fetch: 'undefined' },
    // Unbundled, the screen sets NODE_ENV itself.
    logOverride: { 'assign-to-define': 'silent' },
    metafile: true,
    plugins: [icedAsModule, rowsWithoutEmission],
    // iced-x86 is CommonJS and reads its .wasm beside itself.
    banner: {
      js: "import{createRequire as bundleRequire}from'node:module';const require=bundleRequire(import.meta.url),__dirname=import.meta.dirname;",
    },
    logLevel: 'warning',
  });
  copyFileSync(join(iced, 'iced_x86_bg.wasm'), join(dist, 'iced_x86_bg.wasm'));
  writeFileSync(join(dist, 'interpreter.wasm'), generateInterpreter());
  writeFileSync(join(dist, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)));
}

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

if (process.argv[1] === import.meta.filename) await bundle();
