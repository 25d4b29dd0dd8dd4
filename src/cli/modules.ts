/**
 * WebAssembly with the machine code that V8's optimising compiler has made before: the interpreter and iced-x86 are fast from the first
 * instruction on, and no thread is busy with compiling them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';

/**
 * What `work` makes of one of V8's runtime functions (src/runtime/runtime-test-wasm.cc), of so many arguments. Throws SyntaxError where V8 has none
 * of that name: since Node 25 it has none that gives machine code away or takes it.
 */
export function withRuntime<T>(name: string, args: number, work: (call: (...values: readonly unknown[]) => unknown) => T): T {
  setFlagsFromString('--allow-natives-syntax');
  try {
    const names = Array.from({ length: args }, (_, index) => `value${index}`).join(', ');
    return work(runInThisContext(`((${names}) => %${name}(${names}))`));
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

/** Where a module's machine code is kept, with the module behind it. */
export const machineCodeFile = (module: Uint8Array): string => `module-${module.length}.compiled`;

/** WebAssembly, whose modules take their machine code from `folder`, where it is there and belongs to them. */
export function compiledWebAssembly(folder: string | undefined): typeof WebAssembly {
  if (folder === undefined) return WebAssembly;
  const Module = new Proxy(WebAssembly.Module, {
    construct: (plain, [module]: [Uint8Array]) => precompiled(folder, module) ?? new plain(module),
  });
  return Object.create(WebAssembly, { Module: { value: Module } });
}

/** The module with its machine code; undefined without that. V8 itself looks whether it is of its release, for its flags and for this processor. */
export function precompiled(folder: string, module: Uint8Array): WebAssembly.Module | undefined {
  try {
    const file = readFileSync(join(folder, machineCodeFile(module)));
    const end = file.length - module.length;
    if (!file.subarray(end).equals(module)) return undefined;
    const code = Uint8Array.prototype.slice.call(file, 0, end);
    return withRuntime('DeserializeWasmModule', 2, call => call(code.buffer, module) as WebAssembly.Module | undefined);
  } catch {
    return undefined;
  }
}
