/**
 * The page: `npm run web:build` makes a folder of it that any server of files can serve, from any path; `npm run web` makes it and serves it here.
 * The core is bundled for a browser as `scripts/core.ts` does; what is not code is one file, which the worker fetches.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type InlineConfig, build as makePage, type Plugin, preview } from 'vite';
import { packAssets, packedAssets } from '../src/host/web/assets.js';
import { FIRST_LESSON } from '../src/web/messages.js';
import { paint } from '../src/web/paint.js';
import { type Prepared, packPrepared } from '../src/web/prepared.js';
import { Engine } from '../src/web/worker/engine.js';
import { build } from './build.js';
import { icedModule, opTraitsText } from './core.js';

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);

/** Where the page is built, unless the command line says otherwise. */
export const PAGE = join(root, 'dist-web');
/** Where `npm run web` serves it. */
const PORT = 8014;

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** What the core takes of its package, and what the build has made. */
function assets(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const folder of ['programs', 'src/runtime/bundled', 'src/web/examples']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = relative(root, join(entry.parentPath, entry.name));
      // Go's and C's programs are for toolchains, and not bundled.
      if (entry.isFile() && !/^programs\/(?:go|c)\//.test(path) && !path.endsWith('.test.ts'))
        files.set(path, readFileSync(join(root, path)));
    }
  }
  for (const name of ['interpreter.wasm', 'forms.bin', 'effects.jsonl', 'encodings.json'])
    files.set(name, readFileSync(join(root, 'dist', name)));
  files.set('iced_x86_bg.wasm', icedModule());
  return files;
}

/** The first lesson's screen, as an engine opens it. */
function prepared(packed: Uint8Array): Promise<Prepared> {
  return new Promise((resolve, reject) => {
    let course: Prepared['course'] = [];
    const engine = new Engine(
      packedAssets(packed),
      version,
      message => {
        if (message.kind === 'ready') ({ course } = message);
        else if (message.kind === 'refused' || message.kind === 'fault') reject(new Error(message.text));
      },
      state => {
        resolve({ course, state });
        return paint(state);
      },
    );
    void engine.receive({ kind: 'open', number: 1, subject: { kind: 'lesson', name: FIRST_LESSON }, run: undefined });
  });
}

/** How iced-x86 begins: it reads its WebAssembly beside itself. */
const BEGINS = /const path = require\('path'\)[\s\S]*$/;

/**
 * iced-x86 without Node, its exports named once (scripts/bundle.ts says why). Its WebAssembly is waited for when all of the code is there already: so
 * both come at the same time.
 */
const iced: Plugin = {
  name: 'iced-x86',
  enforce: 'pre',
  resolveId(id, importer) {
    if (id === 'iced-x86') return '\0iced-named';
    if (id === 'iced whole') return require.resolve('iced-x86');
    if (id === 'util' && importer?.includes('iced-x86')) return '\0iced-util';
    return undefined;
  },
  load(id) {
    switch (id) {
      case '\0iced-named':
        return `import iced from 'iced whole'; iced.begin(await self.icedModule); export const { ${Object.keys(require('iced-x86')).join(', ')} } = iced;`;
      case '\0iced-util':
        return 'export const TextDecoder = self.TextDecoder, TextEncoder = self.TextEncoder;';
      default:
        return undefined;
    }
  },
  transform(code, id) {
    if (!id.endsWith('iced_x86.js')) return undefined;
    if (!BEGINS.test(code)) throw new Error('iced-x86 does not end as it did: see scripts/web.ts');
    return code.replace(
      BEGINS,
      'module.exports.begin = compiled => { wasm = new WebAssembly.Instance(compiled, imports).exports; module.exports.__wasm = wasm; };',
    );
  },
};

/** What the first screen is drawn with is fetched beside the page's code, not behind it. */
const early: Plugin = {
  name: 'early',
  transformIndexHtml: {
    order: 'post',
    handler: (_, { bundle = {} }) =>
      Object.values(bundle)
        .filter(file => file.type === 'chunk' && file.name === 'first-screen')
        .map(({ fileName }) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `./${fileName}` },
          injectTo: 'head',
        })),
  },
};

const conditions = ['made-before', 'module', 'browser', 'import', 'default'];

function config(out: string, packed: string, first: string): InlineConfig {
  return {
    configFile: false,
    root: join(root, 'src/web'),
    base: './',
    logLevel: 'warn',
    resolve: { conditions },
    define: {
      OP_TRAITS: opTraitsText(),
      R14_VERSION: JSON.stringify(version),
      ASSETS: JSON.stringify(packed),
      PREPARED: JSON.stringify(first),
      'process.env.NODE_ENV': '"production"',
    },
    plugins: [iced, early],
    worker: {
      format: 'es',
      plugins: () => [iced],
      rolldownOptions: { output: { entryFileNames: 'assets/[name]-[hash].js', chunkFileNames: 'assets/part-[hash].js' } },
    },
    build: { outDir: out, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 4096, assetsInlineLimit: 0 },
  };
}

/** Builds the page into a folder. */
export async function buildPage(out = PAGE): Promise<void> {
  await build();
  const files = packAssets(assets());
  const bytes = gzipSync(files, { level: 9 });
  const name = `r14-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}.bin`;
  await makePage(config(out, name, packPrepared(await prepared(files))));
  writeFileSync(join(out, 'assets', name), bytes);
  writeFileSync(join(out, 'worker.js'), serviceWorker(out));
}

/** Keeps all of the page for when there is no network: what is named by its content never changes, the rest is asked for anew where that can be. */
function serviceWorker(out: string): string {
  const files = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(out, join(entry.parentPath, entry.name)))
    .filter(file => file !== 'worker.js')
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(out, file)));
  const name = `r14-${hash.digest('hex').slice(0, 16)}`;
  return readFileSync(join(root, 'src/web/service.js'), 'utf8')
    .replace('CACHE_NAME', JSON.stringify(name))
    .replace('CACHED_FILES', JSON.stringify(['./', ...files]));
}

if (process.argv[1] === import.meta.filename) {
  const serve = process.argv.includes('--serve');
  const out = process.argv.slice(2).find(each => !each.startsWith('--')) ?? PAGE;
  await buildPage(out);
  if (serve) {
    const server = await preview({
      configFile: false,
      base: './',
      root: join(root, 'src/web'),
      build: { outDir: out },
      preview: { port: PORT, strictPort: false },
    });
    server.printUrls();
  } else {
    console.log(`${relative(root, out) || out}: a static folder; index.html begins it`);
    // The engine that has opened the first lesson waits for messages.
    process.exit();
  }
}
