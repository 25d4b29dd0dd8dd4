/** Bundles r14's core for any place that has JavaScript and WebAssembly: no module of Node is in it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build, type Plugin } from 'esbuild';
import { rows } from '../src/cpu/ir/rows.js';

const require = createRequire(import.meta.url);

/** The WebAssembly of iced-x86, for `run` of the bundle. */
export const icedModule = (): Uint8Array => readFileSync(require.resolve('iced-x86/iced_x86_bg.wasm'));

/** What iced-x86 takes of Node when it is loaded: its own WebAssembly, and two globals. */
const ICED_NEEDS: Readonly<Record<string, string>> = {
  fs: 'exports.readFileSync = () => icedModule;',
  path: "exports.join = () => '';",
  util: 'exports.TextDecoder = TextDecoder; exports.TextEncoder = TextEncoder;',
};

const icedAlone: Plugin = {
  name: 'iced-x86 alone',
  setup(plugins) {
    plugins.onResolve({ filter: /^(fs|path|util)$/ }, ({ path, importer }) =>
      importer.includes('/iced-x86/') ? { path, namespace: 'iced needs' } : undefined,
    );
    plugins.onLoad({ filter: /.*/, namespace: 'iced needs' }, ({ path }) => ({ contents: ICED_NEEDS[path]! }));
  },
};

/** The OP_TRAITS of `src/cpu/made/before.ts`, as a literal: a string that is JSON. */
export const opTraitsText = (): string => JSON.stringify(JSON.stringify(rows.map(({ emit, ...traits }) => traits)));

/** The text of a function that gets iced-x86's WebAssembly and gives what the module `entry` exports. Throws when it needs something of Node. */
export async function bundleCore(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'core',
    target: 'es2022',
    logLevel: 'silent',
    define: { __dirname: '""', OP_TRAITS: opTraitsText() },
    conditions: ['made-before'],
    plugins: [icedAlone],
  });
  return `(icedModule => { ${outputFiles[0]!.text}; return core; })`;
}
