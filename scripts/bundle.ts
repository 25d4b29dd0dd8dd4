/**
 * Bundles r14 into `dist/`: one small file that starts, and chunks that are loaded when they are needed (the engine, the screen). With
 * iced-x86 inside the bundle its 924 KB of source are parsed as 480, and `node_modules` is not searched: start-up to the first decoded
 * instruction drops from about 230 to 140 ms.
 */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  await build({
    entryPoints: [join(root, 'src/cli/main.ts')],
    outdir: dist,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['ink', 'react', 'react/jsx-runtime'],
    plugins: [icedAsModule, rowsWithoutEmission],
    // iced-x86 is CommonJS and reads its .wasm beside itself.
    banner: {
      js: "import{createRequire as bundleRequire}from'node:module';const require=bundleRequire(import.meta.url),__dirname=import.meta.dirname;",
    },
    logLevel: 'warning',
  });
  copyFileSync(join(iced, 'iced_x86_bg.wasm'), join(dist, 'iced_x86_bg.wasm'));
  writeFileSync(join(dist, 'interpreter.wasm'), generateInterpreter());
  writeFileSync(join(dist, 'LICENSE-iced-x86.txt'), readFileSync(join(iced, 'LICENSE.txt')));
}

if (process.argv[1] === import.meta.filename) await bundle();
