/** The core where there is no Node: bundled for a browser, in a context that has only what any browser's worker has. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { expect, it } from 'vitest';
import { bundleCore, icedModule } from '../../scripts/core.js';
import { debugBundled } from '../support/debug.js';
import type { debug } from './browser.js';

const root = join(import.meta.dirname, '../..');
const COMMANDS = ['continue', 'bt', 'abi', 'p $rdi', 'list', 'goroutines', 'x/4i $pc'];

/** What r14 comes with, by path; what the build makes has no folder. */
function assets(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const folder of ['programs/newproc-race', 'src/runtime/bundled']) {
    for (const name of readdirSync(join(root, folder))) files.set(`${folder}/${name}`, readFileSync(join(root, folder, name)));
  }
  for (const name of ['interpreter.wasm', 'forms.bin', 'effects.jsonl', 'encodings.json'])
    files.set(name, readFileSync(join(root, 'dist', name)));
  return files;
}

it('the crash runs to its fault and is explained, without Node', async () => {
  const context = createContext({ console, performance, TextDecoder, TextEncoder });
  const bundle = runInContext(await bundleCore(join(import.meta.dirname, 'browser.ts')), context) as (iced: Uint8Array) => {
    readonly debug: typeof debug;
  };
  for (const name of ['process', 'Buffer', 'require', 'setTimeout', 'global'])
    expect(runInContext(`typeof ${name}`, context)).toBe('undefined');
  const { outcomes, written } = await bundle(icedModule()).debug('newproc-race', COMMANDS, assets());
  expect(outcomes.map(({ command, ok }) => ({ command, ok }))).toEqual(COMMANDS.map(command => ({ command, ok: true })));
  const frames = outcomes[1]!.data as { readonly function: string; readonly stack: string }[];
  expect(frames.map(frame => frame.stack)).toEqual([...Array(10).fill('g0'), ...Array(4).fill('goroutine 1')]);

  const here = debugBundled('newproc-race');
  for (const { command, output } of outcomes) expect(output).toBe((await here.run(command)).output);
  expect(written).toBe(here.written());
});

it.each(['update', 'draw'])('what stands on the screen needs no Node either: %s', async name => {
  const context = createContext({ console, performance, TextDecoder, TextEncoder });
  const bundle = runInContext(await bundleCore(join(root, `src/tui/${name}.ts`)), context) as (iced: Uint8Array) => Record<string, unknown>;
  expect(bundle(icedModule())[name]).toBeTypeOf('function');
});
