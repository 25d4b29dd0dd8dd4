/** Has V8 optimise the WebAssembly modules in a folder, and keeps the machine code beside them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { callRuntime, machineCodeFile } from '../src/cli/modules.js';
import { spareProcessors } from '../src/cli/start.js';

const dist = process.argv[2]!;
spareProcessors();
/** Off, all functions are optimised at once. */
const LATER = ['liftoff', 'wasm-lazy-compilation', 'wasm-dynamic-tiering'];

for (const name of readdirSync(dist).filter(each => each.endsWith('.wasm'))) {
  const bytes = readFileSync(join(dist, name));
  for (const flag of LATER) setFlagsFromString(`--no-${flag}`);
  const module = new WebAssembly.Module(bytes);
  for (const flag of LATER) setFlagsFromString(`--${flag}`);
  const code = callRuntime('SerializeWasmModule', module) as ArrayBuffer;
  writeFileSync(join(dist, machineCodeFile(bytes)), Buffer.concat([new Uint8Array(code), bytes]));
}
